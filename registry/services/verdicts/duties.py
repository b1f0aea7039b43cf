"""What becomes of a verdict's dated conditions: met, waived, and either of them taken back."""

from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from typing import Any

from sqlmodel import Session

from registry.domain.condition import Check, ConditionState
from registry.domain.errors import InvalidInput, NotAllowed, NotFound, RuleBroken
from registry.domain.language import day_text
from registry.domain.validity import ValidityState, validity
from registry.services.people.acting import Actor, record, refuse_long
from registry.services.people.reach import Authority, require_reach
from registry.services.verdicts.announcing import announce
from registry.services.verdicts.verdict_life import check_seen
from registry.store import tables, verdicts
from registry.store.columns import id_of
from registry.store.conditions import as_condition
from registry.store.engine import serialise
from registry.store.tables import Role, VerdictCondition

OVER = frozenset({ValidityState.REVOKED, ValidityState.SUPERSEDED, ValidityState.SUNSET_REACHED})


def meet_condition(
    session: Session,
    number: int,
    position: int,
    *,
    on: date,
    evidence: str = "",
    seen: int | None = None,
    zone: tzinfo,
    by: Actor,
    now: datetime,
) -> VerdictCondition:
    """Note that a dated condition was met on a day, with its evidence where the condition asks for some.

    It is noted by its due date or never: what ended with it begins again by a new decision only.
    """
    row, condition, right = _dated(session, number, position, seen, by, now)
    today = now.astimezone(zone).date()
    decided_on = row.decided_at.astimezone(zone).date()
    faults = {}
    if on > today:
        faults["met_on"] = "Choose today or an earlier day."
    elif on < decided_on:
        faults["met_on"] = f"Choose {day_text(decided_on)}, when the verdict was decided, or a later day."
    if condition.checked is Check.EVIDENCE and not evidence.strip():
        faults["evidence"] = "Give a link, or say in a sentence what shows it."
    if faults:
        raise InvalidInput("The condition is not noted as met.", faults)
    refuse_long("The condition is not noted as met.", evidence=(evidence, 2000))
    _refuse_reviving(session, row, condition, now=now, zone=zone)
    before = {"met_on": condition.met_on and str(condition.met_on), "evidence": condition.evidence}
    condition.met_on, condition.evidence = on, evidence.strip()
    session.flush()
    after = {"met_on": on.isoformat(), "evidence": condition.evidence, **right.told}
    _tell(session, "condition.met", row, condition, by, now, before, after)
    announce(session, [id_of(row)], zone=zone, now=now)
    return condition


def waive_condition(
    session: Session,
    number: int,
    position: int,
    *,
    reason: str,
    seen: int | None = None,
    zone: tzinfo,
    by: Actor,
    now: datetime,
) -> VerdictCondition:
    """Waive a dated condition, with a reason that stays on record; not once the verdict has ended with it."""
    row, condition, right = _dated(session, number, position, seen, by, now)
    if not reason.strip():
        raise InvalidInput("Say why the condition is waived.", {"reason": "Say why it is waived."})
    refuse_long("The condition still holds.", reason=(reason, 500))
    _refuse_reviving(session, row, condition, now=now, zone=zone)
    condition.waived_reason = reason.strip()
    session.flush()
    after = {"reason": condition.waived_reason, **right.told}
    _tell(session, "condition.waived", row, condition, by, now, {}, after)
    announce(session, [id_of(row)], zone=zone, now=now)
    return condition


def take_back(
    session: Session,
    number: int,
    position: int,
    *,
    reason: str,
    seen: int | None = None,
    zone: tzinfo,
    by: Actor,
    now: datetime,
) -> VerdictCondition:
    """Say that a condition was noted as met, or waived, by mistake: it is open again, or overdue, from now on."""
    row, condition, right = _dated(session, number, position, seen, by, now)
    if condition.met_on is None and not condition.waived_reason:
        raise RuleBroken(f"Condition {position} of verdict {number} is neither met nor waived.")
    if not reason.strip():
        raise InvalidInput("Say why it is taken back.", {"reason": "Say what was wrong."})
    refuse_long("Nothing was taken back.", reason=(reason, 500))
    before = {
        "met_on": condition.met_on and str(condition.met_on),
        "evidence": condition.evidence,
        "waived_reason": condition.waived_reason,
    }
    condition.met_on, condition.evidence, condition.waived_reason = None, "", ""
    session.flush()
    after = {"reason": reason.strip(), **right.told}
    _tell(session, "condition.reopened", row, condition, by, now, before, after)
    announce(session, [id_of(row)], zone=zone, now=now)
    return condition


def _dated(
    session: Session, number: int, position: int, seen: int | None, by: Actor, now: datetime
) -> tuple[tables.Verdict, VerdictCondition, Authority]:
    if Role.APPROVER not in by.roles:
        raise NotAllowed("Only an approver can say what became of a condition. Tell one of them.")
    serialise(session, "verdict")
    row = verdicts.get_published(session, number, now=now)
    right = require_reach(session, by, row.offices, now=now)
    check_seen(session, [row], {} if seen is None else {number: seen})
    for condition in verdicts.conditions(session, [id_of(row)]).get(id_of(row), []):
        if condition.position == position:
            if condition.standing:
                raise RuleBroken("A standing condition has no state: it always holds.")
            return row, condition, right
    raise NotFound(f"Verdict {number} has no condition {position}.")


def _refuse_reviving(
    session: Session, row: tables.Verdict, condition: VerdictCondition, *, now: datetime, zone: tzinfo
) -> None:
    """An extension of what has ended is a new decision: RuleBroken once the condition's day is over.

    The day is asked for and not the state shown, which a suspension or a graduation hides.
    """
    state = validity(verdicts.as_rulings(session, [row], now=now)[0], at=now, zone=zone).state
    if state in OVER:
        raise RuleBroken(f"Verdict {row.number} holds no longer, so nothing is owed by it.")
    known = as_condition(condition)
    if known.state(now.astimezone(zone).date()) is ConditionState.OVERDUE and known.due_on is not None:
        raise RuleBroken(
            f"The condition was due on {day_text(known.due_on)}, and the approval ended with that day. "
            f"Noting it now would bring verdict {row.number} back. Renew it by a new decision."
        )


def _tell(
    session: Session,
    action: str,
    row: tables.Verdict,
    condition: VerdictCondition,
    by: Actor,
    now: datetime,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    told = {"number": row.number, "position": condition.position, "text": condition.text, **after}
    record(session, action, ("verdict", row.id), by=by, now=now, before=before, after=told)
