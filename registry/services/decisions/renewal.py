"""Renewing a verdict because nothing changed: earlier scorecards confirmed, then a new verdict as the old one was.

It is a decision like any other, under the same rules; the old verdict is superseded, never prolonged.
"""

from datetime import datetime

from sqlmodel import Session

from registry.domain.condition import ConditionState
from registry.domain.errors import InvalidInput, RuleBroken
from registry.domain.language import day_text
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.validity import ValidityState, announced_end, validity
from registry.domain.values import dataclass
from registry.services.decisions.decision import Decision, Terms, decide
from registry.services.people.acting import Actor
from registry.services.verdicts.publishing import pilot_result
from registry.store import evaluations, reopenings, tables, verdicts
from registry.store.columns import id_of
from registry.store.tables import Evaluation

RENEWED = "Nothing changed since verdict {number}: renewed as it was."


@dataclass(frozen=True)
class Renewable:
    """What a case would renew, and what keeps it from being renewed as it was."""

    row: tables.Verdict
    hindrances: tuple[str, ...]
    """Sentences; none where the decision may go out as the old verdict was."""


def renewable(session: Session, evaluation: Evaluation, terms: Terms, *, now: datetime) -> Renewable | None:
    """The verdict that a reopened case would renew; None for a case that was opened in the ordinary way."""
    row = reopenings.reopened_verdict(session, id_of(evaluation))
    if row is None:
        return None
    ruling = verdicts.as_rulings(session, [row], now=now)[0]
    state = validity(ruling, at=now, zone=terms.zone).state
    today = now.astimezone(terms.zone).date()
    found = []
    if state in (ValidityState.REVOKED, ValidityState.SUPERSEDED, ValidityState.SUNSET_REACHED):
        found.append("The verdict ended for good. Decide anew instead.")
    if state is ValidityState.SUSPENDED:
        found.append("The verdict is suspended. Lift that first, or decide anew.")
    announced = announced_end(ruling, at=now, zone=terms.zone)
    if announced is not None and state is not ValidityState.SUNSET_REACHED:
        found.append(f"Its end on {day_text(announced)} is announced. Call that off first, or decide anew.")
    overdue = [each for each in ruling.verdict.conditions if each.state(today) is ConditionState.OVERDUE]
    if overdue:
        found.append(f"A condition is overdue: {overdue[0].text} Decide anew.")
    if row.outcome is Outcome.PILOT and pilot_result(ruling) is None:
        found.append("Nobody said what the pilot came to. Record it on the verdict first.")
    return Renewable(row, tuple(found))


def renew(
    session: Session,
    evaluation_id: int,
    terms: Terms,
    *,
    version: int | None = None,
    by: Actor,
    now: datetime,
) -> tables.Verdict:
    """Decide as the verdict that is looked at again says: its outcome, scope, conditions and reasons, superseding it.

    Raises what `decide` raises, and RuleBroken naming what keeps it from being renewed as it was.
    """
    evaluation = evaluations.get(session, evaluation_id)
    found = renewable(session, evaluation, terms, now=now)
    if found is None:
        raise RuleBroken("This case looks at no earlier verdict. Decide it in the ordinary way.")
    if found.hindrances:
        raise RuleBroken(" ".join(found.hindrances))
    try:
        return decide(
            session,
            evaluation_id,
            as_it_was_decided(session, found.row, now),
            terms,
            version=version,
            by=by,
            now=now,
        )
    except InvalidInput as refused:
        told = " ".join(refused.faults.values())
        raise RuleBroken(
            f"It cannot be renewed as it was, since it was scored otherwise or a condition was waived. {told}"
        ) from refused


def as_it_was_decided(session: Session, row: tables.Verdict, now: datetime) -> Decision:
    """The decision that a verdict was, to be made again; dated conditions go along as what became of them, but one
    that was waived covers nothing any more and stays behind."""
    verdict = verdicts.as_rulings(session, [row], now=now)[0].verdict
    permissive = MEANINGS[row.outcome].may_use
    return Decision(
        outcome=row.outcome,
        rationale=_rationale(row),
        conditions=tuple(each for each in verdict.conditions if not each.waived_reason),
        scope=verdict.scope,
        alternatives=verdict.alternatives,
        reason_code=row.reason_code,
        citation=row.citation,
        pilot=verdict.pilot if permissive else None,
        step_reason=row.step_reason,
        supersedes=(row.number,),
    )


def _rationale(row: tables.Verdict) -> str:
    told = RENEWED.format(number=row.number)
    kept = row.rationale.rpartition("\n\n")[0] if "renewed as it was." in row.rationale else row.rationale
    return f"{kept[: 4000 - len(told) - 2]}\n\n{told}"
