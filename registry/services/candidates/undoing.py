"""Takes back what a person did in triage, for ten minutes and as long as nothing that came later depends on it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session

from registry.domain.errors import NotAllowed, RuleBroken
from registry.domain.identity import name_key
from registry.domain.triage import CandidateStatus, Verb
from registry.domain.values import dataclass
from registry.services.candidates.merging import carry_back
from registry.services.candidates.recording import TOLD
from registry.services.people.acting import Actor, event_of, record_all
from registry.store import candidates, tools, triage_acts
from registry.store.columns import id_of
from registry.store.tables import (
    AliasKind,
    Candidate,
    CandidateLabel,
    Difference,
    Tool,
    TriageAct,
    TriageStep,
)

UNDO_FOR = timedelta(minutes=10)
MOST_OFFERED = 8


@dataclass(frozen=True)
class Undoable:
    """An act of somebody that they can still take back."""

    act: TriageAct
    sentence: str
    until: datetime


def undoable(session: Session, by: Actor, now: datetime) -> Sequence[Undoable]:
    """What a person did in the last ten minutes and did not undo, newest first, at most eight; one query."""
    found = triage_acts.standing(session, by.id, since=now - UNDO_FOR, limit=MOST_OFFERED)
    return [Undoable(act, sentence(act, name), act.at + UNDO_FOR) for act, name in found]


def sentence(act: TriageAct, name: str) -> str:
    """What an act did, such as "“Plumeria” dismissed: spam" or "12 candidates put on watch until 2027-03-01"."""
    return f"“{name}” {act.told}" if act.count == 1 else f"{act.count:,} candidates {act.told}"


def undo(session: Session, act_id: int, *, by: Actor, now: datetime) -> TriageAct:
    """Put everything back that an act changed, in one go; an act undone before stays undone.

    Raises NotFound, NotAllowed where somebody else did it, and RuleBroken where the time is over or where something
    that came later depends on it, naming it.
    """
    act = triage_acts.get(session, act_id)
    session.refresh(act, with_for_update=True)
    if act.actor_id != by.id or (by.id is None and act.actor != by.name):
        raise NotAllowed(
            f"{act.actor} did this, and only {act.actor} can undo it. Look at the candidates instead."
        )
    if act.undone_at is not None:
        return act
    if now - act.at > UNDO_FOR:
        raise RuleBroken(
            "This is more than ten minutes ago and can no longer be undone in one step. "
            "A candidate that was dismissed, put on watch or merged can be made new again on its own page."
        )
    steps = triage_acts.steps(session, act_id)
    found = candidates.locked(session, [step.candidate_id for step in steps])
    verb = Verb(act.verb)
    _check_versions(steps, found, verb)
    take_back: Callable[[Session, Candidate, TriageStep], None] = {
        Verb.LABEL: _labels,
        Verb.DIFFER: _difference,
    }.get(verb, _columns)
    told = []
    for step in steps:
        candidate = found[step.candidate_id]
        was = {name: str(getattr(candidate, name)) for name in TOLD}
        take_back(session, candidate, step)
        if verb not in (Verb.LABEL, Verb.DIFFER):
            candidate.version += 1
            session.add(candidate)
        changed = {
            name: str(getattr(candidate, name)) for name in TOLD if str(getattr(candidate, name)) != was[name]
        }
        told.append(
            event_of(
                "candidate.undone",
                ("candidate", candidate.id),
                by=by,
                now=now,
                before={name: was[name] for name in changed},
                after={**changed, "act": act.id, "undid": verb.value},
            )
        )
    session.flush()
    if verb is Verb.ACCEPT:
        _tools(session, steps, by, now)
    record_all(session, told)
    act.undone_at = now
    session.add(act)
    session.flush()
    return act


def _check_versions(steps: Sequence[TriageStep], found: Mapping[int, Candidate], verb: Verb) -> None:
    if verb in (Verb.LABEL, Verb.DIFFER):
        return
    later = [
        found[step.candidate_id].name for step in steps if found[step.candidate_id].version != step.version
    ]
    if later:
        names = ", ".join(f"“{name}”" for name in later[:3])
        more = f" and {len(later) - 3} more" if len(later) > 3 else ""
        raise RuleBroken(
            f"{names}{more} changed after this, so it cannot be undone in one step. "
            "Undo what came later first, or change the candidates one by one."
        )


def _columns(session: Session, candidate: Candidate, step: TriageStep) -> None:
    merged_into = candidate.merged_into_id
    kept = _read_back(step.before)
    identity = kept.get("identity")
    if identity and identity != candidate.identity:
        with session.no_autoflush:
            owner = candidates.find_by_identity(session, identity)
        if owner is not None and owner.id != candidate.id:
            raise RuleBroken(
                f"The home page that “{candidate.name}” had belongs to candidate {owner.id}, “{owner.name}”, by now. "
                "Merge the two instead."
            )
    for name, value in kept.items():
        setattr(candidate, name, value)
    session.add(candidate)
    if merged_into == candidate.merged_into_id:
        return
    session.flush()
    if candidate.merged_into_id is None:
        carry_back(session, id_of(candidate))
    else:
        candidates.hand_over(session, id_of(candidate), candidate.merged_into_id)


def _labels(session: Session, _candidate: Candidate, step: TriageStep) -> None:
    """What somebody else put on or took off since stays as they left it."""
    borne = set(candidates.labels(session, [step.candidate_id]).get(step.candidate_id, ()))
    for label in borne & set(step.made["added"]):
        session.delete(session.get_one(CandidateLabel, (step.candidate_id, label)))
    missing = set(step.made["removed"]) - borne
    session.add_all(CandidateLabel(candidate_id=step.candidate_id, label=label) for label in missing)


def _difference(session: Session, _candidate: Candidate, step: TriageStep) -> None:
    row = session.get(Difference, step.made["difference"])
    if row is not None:
        session.delete(row)


def _tools(session: Session, steps: Sequence[TriageStep], by: Actor, now: datetime) -> None:
    """Take away the names and tools that accepting made. Raises RuleBroken where somebody built on one of them."""
    known = tools.aliases_of(session, [step.made["tool"] for step in steps if not step.made["new_tool"]])
    called = tools.by_ids(session, list(known))
    own = {
        alias.id
        for tool_id, aliases in known.items()
        for alias in aliases
        if (alias.kind, alias.key) == (AliasKind.NAME, name_key(called[tool_id].name))
    }  # it was renamed to what the candidate is called
    made = [alias for step in steps for alias in step.made["aliases"]]
    tools.drop_aliases(session, [alias for alias in made if alias not in own])
    ids = [step.made["tool"] for step in steps if step.made["new_tool"]]
    found = tools.by_ids(session, ids)
    named = tools.aliases_of(session, ids)
    for tool_id in ids:
        if tool_id in named or found[tool_id].version > 1:
            raise _in_use(found[tool_id])
    told = [
        event_of(
            "tool.unmade",
            ("tool", tool_id),
            by=by,
            now=now,
            before={"slug": found[tool_id].slug, "name": found[tool_id].name},
        )
        for tool_id in ids
    ]
    record_all(session, told)
    held = tools.drop(session, ids)
    if held is not None:
        raise _in_use(found[held])


def _in_use(tool: Tool) -> RuleBroken:
    return RuleBroken(
        f"The tool “{tool.name}” is in use by now, so accepting it cannot be undone. "
        "Somebody has asked for it, opened an evaluation or given it another name."
    )


def _read_back(columns: Mapping[str, Any]) -> dict[str, Any]:
    read: dict[str, Callable[[Any], Any]] = {
        "status": CandidateStatus,
        "watch_until": date.fromisoformat,
        "closed_at": datetime.fromisoformat,
    }
    return {
        name: read[name](value) if name in read and value is not None else value
        for name, value in columns.items()
    }
