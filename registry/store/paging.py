"""Pages of a list that stays the same while rows come in: a cursor names the last row that was shown."""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Generic, TypeVar

from registry.domain.errors import InvalidInput
from registry.domain.language import worded
from registry.domain.values import dataclass

Row = TypeVar("Row")
MAX_LIMIT = 200


@dataclass(frozen=True)
class Page(Generic[Row]):
    rows: Sequence[Row]
    next_cursor: str
    """Empty on the last page."""


class NoMark(InvalidInput):
    """What an address gives to name a page of a list, and names none."""

    def __init__(self, mark: str) -> None:
        shown = mark if len(mark) <= 40 else mark[:40] + "…"
        sentence = worded(
            "“{mark}” marks no page of this list. Without it the list begins with its first page.", mark=shown
        )
        super().__init__(sentence, {"cursor": sentence})


def row_mark(cursor: str) -> int:
    """A mark that is a row's number; 0 for none. Raises NoMark."""
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 18):
        raise NoMark(cursor)
    return int(cursor)


def encode_cursor(at: datetime, row_id: int) -> str:
    return (
        base64.urlsafe_b64encode(f"{at.astimezone(UTC).isoformat()}~{row_id}".encode()).decode().rstrip("=")
    )


def decode_cursor(cursor: str) -> tuple[datetime, int]:
    """Raises NoMark for anything that encode_cursor did not give."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        at, _, row_id = base64.urlsafe_b64decode(padded.encode("ascii")).decode().partition("~")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError("a moment without a zone")
        return moment, int(row_id)
    except (ValueError, binascii.Error) as error:
        raise NoMark(cursor) from error


def moment_mark(cursor: str) -> tuple[datetime, int] | None:
    """The same where there may be none. Raises NoMark."""
    return decode_cursor(cursor) if cursor else None


def encode_rank(rank: int, row_id: int) -> str:
    """The cursor of a list by a number, highest first."""
    return f"{rank}~{row_id}"


def decode_rank(cursor: str) -> tuple[int, int]:
    """Raises NoMark for anything that encode_rank did not give."""
    rank, _, row_id = cursor.partition("~")
    if not all(each.isascii() and each.isdigit() and len(each) < 18 for each in (rank, row_id)):
        raise NoMark(cursor)
    return int(rank), int(row_id)


def bounded(limit: int) -> int:
    return max(1, min(limit, MAX_LIMIT))
