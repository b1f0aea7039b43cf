"""Until when an answer holds by itself: for who writes it down where nobody computes it anew."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

from sqlmodel import Session

from registry.domain import lookup as rules
from registry.domain.answer import AnswerCode, House, Question
from registry.domain.validity import GRACE_DAYS, Ruling
from registry.store import verdicts
from registry.store.columns import id_of
from registry.store.tables import Tool


def holds_until(
    session: Session, found: Sequence[Tool], house: House, *, now: datetime
) -> dict[int, date | None]:
    """Tool id -> the last day on which its answer is the one of now though nobody does anything; None for no such day.

    The answer to who says nothing but the tool. A few queries, however many tools.
    """
    known = verdicts.rulings(session, [id_of(each) for each in found], now=now)
    return {id_of(tool): _last_day(tool, known.get(id_of(tool), ()), house, now) for tool in found}


def _last_day(tool: Tool, rulings: Sequence[Ruling], house: House, now: datetime) -> date | None:
    today = now.astimezone(house.zone).date()
    code = _code(tool, rulings, house, now)
    for day in sorted({each for each in _turns(rulings, house) if each > today}):
        if _code(tool, rulings, house, datetime.combine(day, time(12), house.zone)) is not code:
            return day - timedelta(days=1)
    return None


def _code(tool: Tool, rulings: Sequence[Ruling], house: House, at: datetime) -> AnswerCode:
    return rules.answer(tool.name, rulings, Question(at=at), house).code


def _turns(rulings: Iterable[Ruling], house: House) -> set[date]:
    """Days on which time alone may change where one of them stands."""
    days: set[date] = set()
    for each in rulings:
        dues = [condition.due_on for condition in each.verdict.conditions]
        ends = [day for day in (each.verdict.valid_until, *dues) if day is not None]
        days |= {day + timedelta(days=over) for day in ends for over in (1, GRACE_DAYS + 1)}
        days |= {mark.effective_on for mark in each.marks if mark.effective_on is not None}
        begins = [moment for moment in (each.verdict.starts_at, each.superseded_at) if moment is not None]
        days |= {moment.astimezone(house.zone).date() for moment in begins}
    return days
