"""What befalls a verdict after its publication: marks such as revoked or suspended, and conditions met or waived."""

from datetime import date, datetime, tzinfo

from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotAllowed, NotFound, RuleBroken
from registry.domain.validity import Mark, MarkKind, check_mark
from registry.services.acting import Actor, record, refuse_long
from registry.store import tables, verdicts
from registry.store.columns import id_of
from registry.store.engine import serialise
from registry.store.tables import Role, VerdictCondition

SUSPENDERS = frozenset({Role.APPROVER, Role.ADMIN})


def mark(
    session: Session,
    number: int,
    kind: MarkKind,
    *,
    reason: str,
    replacement: str = "",
    effective_on: date | None = None,
    zone: tzinfo,
    by: Actor,
    now: datetime,
) -> tables.Verdict:
    """Let something befall a verdict; it is seen at once everywhere. Raises RuleBroken where it cannot, now.

    An admin may suspend, confirm and lift; everything else is an approver's.
    """
    refuse_long("Nothing was done.", reason=(reason, 1000), replacement=(replacement, 200))
    serialise(session, "verdict")
    row = verdicts.get(session, number)
    suspending = kind in (MarkKind.SUSPENDED, MarkKind.SUSPENSION_CONFIRMED, MarkKind.SUSPENSION_LIFTED)
    if not by.roles & (SUSPENDERS if suspending else {Role.APPROVER}):
        raise NotAllowed("Only an approver can do this to a verdict. Ask one of them.")
    befallen = Mark(kind, now, by.name, reason.strip(), replacement.strip(), effective_on)
    check_mark(verdicts.as_rulings(session, [row])[0], befallen, now, zone)
    record(
        session,
        f"verdict.{kind.value}",
        ("verdict", row.id),
        by=by,
        now=now,
        after={
            "number": number,
            "reason": befallen.reason,
            "replacement": befallen.replacement,
            "effective_on": effective_on and effective_on.isoformat(),
        },
    )
    return row


def meet_condition(
    session: Session, number: int, position: int, *, on: date, by: Actor, now: datetime
) -> VerdictCondition:
    """Note that a dated condition was met on a day."""
    row, condition = _dated(session, number, position)
    condition.met_on = on
    session.flush()
    record(
        session,
        "condition.met",
        ("verdict", row.id),
        by=by,
        now=now,
        after={"number": number, "position": position, "text": condition.text, "met_on": on.isoformat()},
    )
    return condition


def waive_condition(
    session: Session, number: int, position: int, *, reason: str, by: Actor, now: datetime
) -> VerdictCondition:
    """Waive a dated condition, with a reason that stays on record. An approver's act."""
    if Role.APPROVER not in by.roles:
        raise NotAllowed("Only an approver can waive a condition.")
    if not reason.strip():
        raise InvalidInput("Say why the condition is waived.", {"reason": "Say why it is waived."})
    refuse_long("The condition still holds.", reason=(reason, 500))
    row, condition = _dated(session, number, position)
    condition.waived_reason = reason.strip()
    session.flush()
    record(
        session,
        "condition.waived",
        ("verdict", row.id),
        by=by,
        now=now,
        after={
            "number": number,
            "position": position,
            "text": condition.text,
            "reason": condition.waived_reason,
        },
    )
    return condition


def _dated(session: Session, number: int, position: int) -> tuple[tables.Verdict, VerdictCondition]:
    serialise(session, "verdict")
    row = verdicts.get(session, number)
    for condition in verdicts.conditions(session, [id_of(row)]).get(id_of(row), []):
        if condition.position == position:
            if condition.standing:
                raise RuleBroken("A standing condition has no state: it always holds.")
            return row, condition
    raise NotFound(f"Verdict {number} has no condition {position}.")
