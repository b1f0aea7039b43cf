"""The radar: which ring an answer puts a tool on, the quarters it is kept for, and what moved between two days."""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum

from registry.domain.answer import AnswerCode
from registry.domain.errors import InvalidInput
from registry.domain.language import worded
from registry.domain.values import dataclass


class Ring(StrEnum):
    """From the middle outwards."""

    YES = "yes"
    YES_IF = "yes_if"
    IN_REVIEW = "in_review"
    NO = "no"


RING_LABELS = {
    Ring.YES: worded("Yes"),
    Ring.YES_IF: worded("Yes, if"),
    Ring.IN_REVIEW: worded("In review"),
    Ring.NO: worded("No"),
}
RINGS: dict[AnswerCode, Ring] = {
    AnswerCode.YES: Ring.YES,
    AnswerCode.YES_IF: Ring.YES_IF,
    AnswerCode.PILOT: Ring.YES_IF,
    AnswerCode.UNDER_REVIEW: Ring.IN_REVIEW,
    AnswerCode.NO: Ring.NO,
    AnswerCode.LAPSED: Ring.NO,
    AnswerCode.SUSPENDED: Ring.NO,
}
"""An answer that is not here keeps a tool off the radar."""


EARLIEST_YEAR = 1970


class Move(StrEnum):
    NEW = "new"
    """It was not on the radar before."""
    IN = "in"
    OUT = "out"
    NONE = "none"


def moved(before: Ring | None, now: Ring) -> Move:
    if before is None:
        return Move.NEW
    order = list(Ring)
    step = order.index(now) - order.index(before)
    return Move.NONE if step == 0 else Move.OUT if step > 0 else Move.IN


@dataclass(frozen=True, order=True)
class Quarter:
    year: int
    number: int
    """1 to 4."""

    def __str__(self) -> str:
        return f"{self.year}-Q{self.number}"

    @property
    def label(self) -> str:
        return worded("Q{number} {year}", number=self.number, year=self.year)

    @property
    def last_day(self) -> date:
        return self.next.first_day - timedelta(days=1)

    @property
    def first_day(self) -> date:
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def next(self) -> "Quarter":
        return Quarter(self.year + 1, 1) if self.number == 4 else Quarter(self.year, self.number + 1)

    @property
    def before(self) -> "Quarter":
        return Quarter(self.year - 1, 4) if self.number == 1 else Quarter(self.year, self.number - 1)


def quarter_of(day: date) -> Quarter:
    return Quarter(day.year, (day.month + 2) // 3)


def quarters(first: date, today: date, most: int) -> Iterator[Quarter]:
    """Those that are over, newest first, back to the one that holds `first`."""
    found = quarter_of(today).before
    while most and found >= quarter_of(first):
        yield found
        found, most = found.before, most - 1


def read_day(said: str, today: date) -> date | None:
    """The last day of a quarter such as `2026-Q3`, or a day such as `2026-09-30`; None for an empty text.

    Raises InvalidInput for anything else, and for a day that has not come.
    """
    if not said:
        return None
    day = _read(said)
    if day is None or day > today or day.year < EARLIEST_YEAR:
        raise InvalidInput(
            worded(
                "“{text}” is no day of the past. Write 2026-09-30, or 2026-Q3 for a quarter that is over.",
                text=said[:40],
            )
        )
    return day


def _read(said: str) -> date | None:
    year, _, number = said.partition("-Q")
    try:
        if number:
            return Quarter(int(year), int(number)).last_day if number in "1234" and len(year) == 4 else None
        return date.fromisoformat(said) if len(said) == 10 else None
    except ValueError:
        return None
