"""What somebody owes by a day: dated conditions, a word on a suspension, a review, what a pilot came to."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlmodel import Session

from registry.domain.condition import ConditionState
from registry.domain.lookup import House
from registry.domain.outcome import Outcome
from registry.domain.validity import CONFIRM_DAYS, MarkKind, Ruling, ValidityState, validity
from registry.domain.values import dataclass
from registry.services.verdicts.publishing import pilot_result
from registry.store import standing, verdicts

SOON_DAYS = 30
_V = ValidityState
_OWING = frozenset(
    {_V.ACTIVE, _V.REVIEW_DUE, _V.SUNSET_ANNOUNCED, _V.GRACE, _V.LAPSED, _V.SUSPENDED, _V.GRADUATED}
)


class DueKind(StrEnum):
    CONDITION = "condition"
    SUSPENSION = "suspension"
    REVIEW = "review"
    PILOT_RESULT = "pilot_result"


class When(StrEnum):
    OVERDUE = "overdue"
    SOON = "soon"
    """Within 30 days."""
    LATER = "later"


@dataclass(frozen=True)
class DueThing:
    kind: DueKind
    who: str
    """A duty's code, or `approver`."""
    text: str
    due_on: date
    when: When
    number: int
    tool_name: str
    tool_slug: str
    owner: str
    """Who owned the evaluation, or decided."""
    owner_id: int | None
    decided_by_id: int | None


def due(
    session: Session,
    house: House,
    *,
    kinds: frozenset[DueKind] = frozenset(),
    whos: frozenset[str] = frozenset(),
    whens: frozenset[When] = frozenset(),
    of: int | None = None,
    now: datetime,
) -> list[DueThing]:
    """All that is owed under these filters, the earliest first; `of` is a person who owned or decided it. Its queries
    do not grow with the number of verdicts."""
    today = now.astimezone(house.zone).date()
    owed = [
        (ruling, *thing)
        for ruling in standing.owing(session, today=today, now=now)
        for thing in _owed(ruling, today, house, now)
        if (not kinds or thing[0] in kinds) and (not whos or thing[1] in whos)
    ]
    of_whom = verdicts.owners(session, {ruling.verdict.number for ruling, *_ in owed})
    found = [
        DueThing(
            kind, who, text, day, _when(day, today), ruling.verdict.number, *of_whom[ruling.verdict.number]
        )
        for ruling, kind, who, text, day in owed
    ]
    wanted = [
        each
        for each in found
        if (not whens or each.when in whens) and (of is None or of in (each.owner_id, each.decided_by_id))
    ]
    return sorted(wanted, key=lambda each: (each.due_on, each.number))


def _owed(
    ruling: Ruling, today: date, house: House, now: datetime
) -> Sequence[tuple[DueKind, str, str, date]]:
    at = validity(ruling, at=now, zone=house.zone)
    if at.state not in _OWING:
        return []
    owed: list[tuple[DueKind, str, str, date]] = [
        (DueKind.CONDITION, condition.duty or "registry", condition.text, condition.due_on)
        for condition in ruling.verdict.conditions
        if condition.due_on is not None
        and condition.state(today) in (ConditionState.OPEN, ConditionState.OVERDUE)
    ]
    state, ends_on = at.state, at.ends_on
    if state is _V.SUSPENDED:
        last = [
            mark for mark in ruling.marks if mark.kind in (MarkKind.SUSPENDED, MarkKind.SUSPENSION_CONFIRMED)
        ]
        if last and last[-1].kind is MarkKind.SUSPENDED:
            day = last[-1].at.astimezone(house.zone).date() + timedelta(days=CONFIRM_DAYS)
            owed.append((DueKind.SUSPENSION, "approver", f"Confirm or lift: {last[-1].reason}", day))
    if ends_on is not None and state in (_V.REVIEW_DUE, _V.GRACE):
        owed.append((DueKind.REVIEW, "approver", "Decide anew, or let it lapse.", ends_on))
    pilot = ruling.verdict.outcome is Outcome.PILOT and pilot_result(ruling) is None
    if pilot and ends_on is not None and state in (_V.REVIEW_DUE, _V.LAPSED):
        owed.append((DueKind.PILOT_RESULT, "approver", "Record what the pilot came to.", ends_on))
    return owed


def _when(day: date, today: date) -> When:
    if day < today:
        return When.OVERDUE
    return When.SOON if day <= today + timedelta(days=SOON_DAYS) else When.LATER
