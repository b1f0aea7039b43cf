"""Adopting what another registry decided, with local conditions: one act of an approver, in person, without scores.

The verdict says whose it was and that nothing was scored here. How far it may go is domain/adoption.py's.
"""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from registry.domain.adoption import beyond, latest_day, left_out
from registry.domain.condition import Condition
from registry.domain.errors import InvalidInput, NotAllowed, RuleBroken, StaleVersion
from registry.domain.evaluation import Alone, Tier
from registry.domain.language import day_text
from registry.domain.lookup import House
from registry.domain.outcome import MEANINGS
from registry.domain.outside import STANDS, Outside, read_outside
from registry.domain.validity import STATE_LABELS, ValidityState, validity
from registry.domain.values import dataclass
from registry.domain.verdict import AssessmentFacts, Draft, Scope, day_faults, demands
from registry.services.decisions.decider import Permission, independent_rights
from registry.services.decisions.decision import Decision, Terms, form_faults, publish, verdict_row
from registry.services.evaluations import evaluation as rounds
from registry.services.evaluations.scoring import declare
from registry.services.outside.said import linked
from registry.services.people.acting import Actor
from registry.services.people.reach import DECIDERS
from registry.store import asked, evaluations, outside, tables, tools, verdicts
from registry.store.columns import id_of
from registry.store.tables import Adoption, Evaluation, OutsideVerdict, Role, Source, Tool

PURPOSE = "As another registry decided: {registry}, verdict {number}."
MAX_QUOTE = 2_000
GONE = frozenset({ValidityState.REVOKED, ValidityState.SUPERSEDED, ValidityState.LAPSED})


@dataclass(frozen=True)
class Model:
    """What is adopted: another registry's verdict as it stands today, and our tool."""

    row: OutsideVerdict
    source: Source
    outside: Outside
    tool: Tool

    @property
    def named(self) -> str:
        """`verdict 12 of Harbour City Registry`."""
        number = f"verdict {self.outside.number}" if self.outside.number else "a verdict"
        return f"{number} of {self.source.name}"


@dataclass(frozen=True, kw_only=True)
class Adopting:
    """What was filled in besides the decision itself."""

    decision: Decision
    revision: int | None = None
    """Of the other verdict, as it was read; None where any will do."""
    no_effect: bool = False
    """Confirms that it has no effect on people's rights."""
    independent: bool = False
    """Declares: did not ask for it, no contact of the vendor, no interest."""


def model(session: Session, outside_id: int, *, now: datetime, terms: Terms) -> Model:
    """What there is to adopt. Raises NotFound, and RuleBroken naming why it cannot be adopted as it stands."""
    row = outside.get(session, outside_id)
    read = read_outside(row.said)
    if row.tool_id is None or read is None:
        raise RuleBroken("Say first which of our tools it is about.")
    source = outside.source_of(session, row)
    found = Model(
        row, source, linked(read, (source.url, source.answered_url)), tools.get_by_id(session, row.tool_id)
    )
    state = read.state_on(now.astimezone(terms.zone).date())
    if state not in STANDS:
        label = STATE_LABELS[state].lower()
        raise RuleBroken(f"It does not stand there: “{label}”. Only what stands can be adopted.")
    if read.adopted_from is not None:
        if asked.ours_among(session, {read.adopted_from["id"]}):
            raise RuleBroken("It is this registry’s own verdict, taken over there. It is no evidence for us.")
        whose = read.adopted_from["registry"] or "another registry"
        raise RuleBroken(f"It was taken over there from {whose}, unscored. Adopt the verdict of {whose}.")
    return found


def require_adopter(by: Actor) -> None:
    """Raises NotAllowed unless this person may adopt at all."""
    if by.id is None or by.scopes is not None:
        raise NotAllowed("Only a person decides, never a token. Sign in first.")
    if Role.APPROVER not in by.roles:
        raise NotAllowed("Only an approver adopts a verdict. Ask one of them.")


def filled(found: Model, house: House, *, today: date) -> Decision:
    """The decision as it would be theirs here: what our words have no match for is left to the approver."""
    theirs = found.outside
    scope = theirs.scope
    return Decision(
        outcome=theirs.outcome,
        rationale=_rationale(found),
        conditions=tuple(_local(each, today) for each in theirs.conditions if not each.waived_reason),
        scope=Scope(
            edition=scope.edition,
            versions=scope.versions,
            deployment=scope.deployment,
            data_ceiling=scope.data_ceiling if scope.data_ceiling in house.data_classes else None,
            accounts=frozenset(scope.accounts) & frozenset(house.account_types),
            audience=frozenset(scope.audience) & frozenset(house.audiences),
        ),
        citation=theirs.citation,
        valid_until=latest_day(theirs.outcome, theirs, today),
    )


def adopt(
    session: Session,
    outside_id: int,
    told: Adopting,
    terms: Terms,
    *,
    by: Actor,
    now: datetime,
) -> tables.Verdict:
    """Publish it as a numbered verdict of ours, with undo window and all.

    Raises NotFound, NotAllowed, StaleVersion where the other registry says something else by now, RuleBroken where our
    own scores or a colleague's decision stand in the way, InvalidInput naming every field at fault.
    """
    require_adopter(by)
    found = model(session, outside_id, now=now, terms=terms)
    session.refresh(found.row, with_for_update=True)
    if told.revision is not None and told.revision != found.row.revision:
        raise StaleVersion(
            f"{found.source.name} says something else by now. Look at what is new, then decide."
        )
    edition = told.decision.scope.edition
    _refuse_untold(session, found.tool, edition, by=by, now=now)
    _refuse_scored(session, found.tool, edition, terms, now=now)
    decision, faults = _checked(session, found, told, terms, now=now)
    if faults:
        raise InvalidInput("Nothing was published. See what is missing.", faults)
    evaluation, opened = _evaluation(session, found, edition, terms, by=by, now=now)
    allowed = _permission(session, evaluation, found, decision, solo=terms.solo, by=by, now=now)
    declare(session, id_of(evaluation), interested=False, statement="", by=by, now=now)
    row = verdict_row(evaluation, decision, terms, allowed, by=by, now=now)
    row.step_reason = ""
    row.assessment = _record(found) | {"opened_for_it": opened}
    published = publish(session, evaluation, row, decision, allowed, zone=terms.zone, by=by, now=now)
    session.add(
        Adoption(verdict_id=id_of(published), outside_id=id_of(found.row), revision=found.row.revision)
    )
    session.flush()
    return published


def adopted_just_now(session: Session, outside_id: int, *, by: Actor, now: datetime) -> tables.Verdict | None:
    """What this person made of it and can still take back."""
    return next(
        (
            row
            for row in outside.adopted_rows(session, outside_id)
            if row.undone_at is None and row.published_at > now and row.decided_by_id == by.id
        ),
        None,
    )


def _checked(
    session: Session, found: Model, told: Adopting, terms: Terms, *, now: datetime
) -> tuple[Decision, dict[str, str]]:
    today = now.astimezone(terms.zone).date()
    decision = told.decision
    latest = latest_day(decision.outcome, found.outside, today)
    draft = Draft(
        outcome=decision.outcome,
        conditions=decision.conditions,
        rationale=decision.rationale,
        alternatives=decision.alternatives,
        reason_code=decision.reason_code,
        citation=decision.citation,
        pilot=decision.pilot,
    )
    faults = demands(draft, AssessmentFacts()) | form_faults(decision, terms, known=frozenset(), today=today)
    faults |= beyond(
        decision.outcome,
        decision.scope,
        found.outside,
        data_classes=terms.data_classes,
        accounts=terms.account_types,
        audiences=terms.audiences,
        valid_until=decision.valid_until,
        latest=latest,
        no_effect=told.no_effect,
    )
    faults |= {
        name: sentence
        for name, sentence in day_faults(
            decision.outcome, starts_on=decision.starts_on, valid_until=decision.valid_until, by_rule=latest
        ).items()
        if name not in faults
    }
    dropped = left_out(decision.conditions, found.outside) if MEANINGS[decision.outcome].may_use else []
    if dropped and not decision.step_reason.strip():
        faults["step_reason"] = f"Say why this of theirs is left out or said otherwise: {dropped[0]}"
    if not told.independent:
        faults["independent"] = "Confirm it. Who cannot asks a colleague to decide."
    known = {row.number for row in verdicts.published(session, now=now, tool_ids=[id_of(found.tool)])}
    if strangers := sorted(set(decision.supersedes) - known):
        faults["supersedes"] = f"Verdict {strangers[0]} is not about this tool."
    return replace(decision, valid_until=decision.valid_until or latest), faults


def _refuse_untold(session: Session, tool: Tool, edition: str, *, by: Actor, now: datetime) -> None:
    """RuleBroken while a colleague can still take back what they decided on it, whatever that is."""
    for row in verdicts.of_tool(session, id_of(tool)):
        if row.published_at > now and row.edition == edition:
            if row.decided_by_id == by.id:
                raise RuleBroken(f"You have just decided on {tool.name}: verdict {row.number}.")
            raise RuleBroken(
                f"{row.decided_by} has decided on {tool.name}. What was decided is told when it goes out; "
                "look at it then."
            )


def _refuse_scored(session: Session, tool: Tool, edition: str, terms: Terms, *, now: datetime) -> None:
    """RuleBroken where our own scores say something about it: they are not overridden by what others found."""
    rows = verdicts.published(session, now=now, tool_ids=[id_of(tool)])
    for row, ruling in zip(rows, verdicts.as_rulings(session, rows, now=now), strict=True):
        stands = validity(ruling, at=now, zone=terms.zone).state not in GONE
        if stands and row.edition == edition and row.assessment.get("criteria"):
            raise RuleBroken(
                f"Verdict {row.number} was scored here and holds. Open its case again; the evidence counts there."
            )
    running = evaluations.find_running(session, id_of(tool), edition)
    if running is not None and any(
        card.submitted for card in evaluations.scorecards(session, id_of(running))
    ):
        raise RuleBroken(
            f"Evaluation {running.id} has scores already. Decide there, with them and the evidence."
        )


def _evaluation(
    session: Session, found: Model, edition: str, terms: Terms, *, by: Actor, now: datetime
) -> tuple[Evaluation, bool]:
    """The one under way for this edition, else one that is opened for this; and whether it was."""
    running = evaluations.find_running(session, id_of(found.tool), edition)
    if running is not None:
        current = evaluations.get(session, id_of(running))
        session.refresh(current)
        if current.state not in evaluations.CLOSED:
            return current, False
    opened = rounds.open_evaluation(
        session,
        id_of(found.tool),
        tier=Tier.TWO,
        owner_id=by.person_id,
        intended_use={"purpose": PURPOSE.format(registry=found.source.name, number=found.outside.number)},
        edition=edition,
        zone=terms.zone,
        by=by,
        now=now,
    )
    return opened, True


def _permission(
    session: Session,
    evaluation: Evaluation,
    found: Model,
    decision: Decision,
    *,
    solo: bool,
    by: Actor,
    now: datetime,
) -> Permission:
    rights = independent_rights(session, evaluation, solo=solo, own=DECIDERS, by=by, now=now)
    scorers = {card.reviewer.id for card in evaluations.scorecards(session, id_of(evaluation))}
    notes = [f"Adopted from {found.named}; nothing was scored here."]
    if found.outside.imported:
        notes.append("It was imported there from an older list, and not scored there either.")
    dropped = left_out(decision.conditions, found.outside) if MEANINGS[decision.outcome].may_use else []
    if dropped:
        told = " ".join(f"“{each.rstrip('.')}.”" for each in dropped)
        notes.append(f"Left out of theirs, or said otherwise: {told} Why: {decision.step_reason.strip()}")
    return Permission(Alone.SOLO if by.id in scorers else None, tuple(notes), rights)


def _record(found: Model) -> dict[str, Any]:
    """What stands in the place of an assessment: whose verdict it was, all of it, as it stood."""
    return {
        "adopted": {
            "registry": found.source.name,
            "number": found.outside.number,
            "url": found.outside.url,
            "uid": found.row.key,
            "revision": found.row.revision,
            "said": found.row.said,
        },
        "criteria": [],
        "knock_outs": [],
        "reasons": [],
    }


def _rationale(found: Model) -> str:
    theirs = found.outside
    on = f" on {day_text(theirs.decided_on)}" if theirs.decided_on else ""
    quote = f": “{theirs.rationale[:MAX_QUOTE]}”" if theirs.rationale else "."
    where = f" ({theirs.url})" if theirs.url else ""
    outcome = MEANINGS[theirs.outcome].label.lower()
    return f"{found.source.name} decided “{outcome}”{on}{where}{quote}"


def _local(theirs: Condition, today: date) -> Condition:
    """A duty that was done there is none the less one here; a day that is over there is none here."""
    dated = not theirs.standing and theirs.due_on is not None and theirs.due_on > today
    return replace(
        theirs, standing=not dated, due_on=theirs.due_on if dated else None, met_on=None, evidence=""
    )
