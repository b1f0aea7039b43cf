"""Words that people put on candidates and take off again; rules put them on in services/entries/judging.py."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from registry.domain.errors import InvalidInput, RuleBroken
from registry.domain.intake_rule import MAX_LABEL, spelled
from registry.domain.triage import Verb
from registry.services.candidates.recording import Chosen, Recording
from registry.services.people.acting import Actor
from registry.store import candidates
from registry.store.columns import id_of
from registry.store.tables import Candidate, CandidateLabel

MOST_LABELS = 20


def label(
    session: Session,
    candidate_id: int,
    *,
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
    by: Actor,
    now: datetime,
) -> Sequence[str]:
    """Put labels on a candidate and take others off; gives those it bears then. What two people do adds up.

    A label that is in use in another spelling is put on as it is spelled there. Raises NotFound, InvalidInput.
    """
    act = labelling(session, [Chosen(candidate_id)], add=add, remove=remove, by=by, now=now)
    if act.refused:
        error = act.refused[0].error
        raise _refused(error.sentence) if isinstance(error, RuleBroken) else error
    if act.done:
        act.write_as_it_is()
    found = candidates.labels(session, [candidate_id]).get(candidate_id, ())
    return sorted(found, key=str.lower)


def labelling(
    session: Session,
    chosen: Sequence[Chosen],
    *,
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
    by: Actor,
    now: datetime,
) -> Recording:
    """On several at once; those that bear them already, or none of those to take off, stay out of the act."""
    known = {spelled(each): each for each, _ in candidates.label_counts(session)}
    wanted = [known.get(spelled(each), each) for each in _cleaned(add)]
    gone = {spelled(each) for each in remove}
    borne = candidates.labels(session, [each.id for each in chosen])
    after = {each.id: _after(borne.get(each.id, ()), wanted, gone) for each in chosen}
    changing = [each for each in chosen if after[each.id] != list(borne.get(each.id, ()))]
    told = " and ".join(
        part
        for part in (
            f"labelled {', '.join(wanted)}" if wanted else "",
            f"rid of the label {', '.join(sorted(remove))}" if gone else "",
        )
        if part
    )
    if len(changing) < len(chosen):
        _must_be_there(session, chosen)
    act = Recording(session, Verb.LABEL, changing, by, now, told, {"add": wanted, "remove": sorted(gone)})

    def do(candidate: Candidate) -> dict[str, Any]:
        candidate_id = id_of(candidate)
        before, now_is = list(borne.get(candidate_id, ())), after[candidate_id]
        if len(now_is) > MOST_LABELS:
            raise RuleBroken(f"At most {MOST_LABELS} labels; these would be {len(now_is)}.")
        added = [each for each in now_is if each not in before]
        removed = [each for each in before if each not in now_is]
        for each in removed:
            session.delete(session.get_one(CandidateLabel, (candidate_id, each)))
        session.add_all(CandidateLabel(candidate_id=candidate_id, label=each) for each in added)
        return {
            "added": added,
            "removed": removed,
            "was": {"labels": ", ".join(sorted(before))},
            "told": {"labels": ", ".join(sorted(now_is))},
        }

    act.each(do, "candidate.labelled")
    return act


def parted(typed: str) -> list[str]:
    """The labels in a line that parts them by commas."""
    return [each.strip() for each in typed.split(",") if each.strip()]


def _after(before: Sequence[str], wanted: Sequence[str], gone: set[str]) -> list[str]:
    return [each for each in dict.fromkeys([*before, *wanted]) if spelled(each) not in gone]


def _must_be_there(session: Session, chosen: Sequence[Chosen]) -> None:
    known = candidates.by_id(session, [each.id for each in chosen])
    for each in chosen:
        if each.id not in known:
            candidates.get(session, each.id)


def _cleaned(labels: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(" ".join(each.split()) for each in labels))
    for each in found:
        if not each or len(each) > MAX_LABEL or "," in each:
            raise _refused(f"A label has 1 to {MAX_LABEL} characters, and no comma.")
    return found


def _refused(sentence: str) -> InvalidInput:
    return InvalidInput("The labels stay as they were.", {"add": sentence})
