"""One visit to a source as its health strip keeps it: short enough that the last thirty stand in the source's row."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime

from registry.domain.values import dataclass

VISITS_KEPT = 30

Packed = list[int | str]


@dataclass(frozen=True)
class Visit:
    at: datetime
    """Whole seconds, UTC."""
    status: int = 0
    """HTTP status; 0 where no reply came."""
    wire_bytes: int = 0
    entries: int = 0
    new: int = 0
    elapsed_ms: int = 0
    error_code: str = ""


_FIELDS = tuple(field.name for field in fields(Visit))


def visits(strip: Sequence[Packed]) -> list[Visit]:
    """What a strip holds, oldest first."""
    return [Visit(datetime.fromtimestamp(int(at), UTC), *more) for at, *more in strip]  # type: ignore[arg-type]


def with_visit(strip: Sequence[Packed], visit: Visit) -> list[Packed]:
    """The strip with one more visit at its end, and without the oldest beyond thirty."""
    at, *more = (getattr(visit, name) for name in _FIELDS)
    return [*strip[1 - VISITS_KEPT :], [int(at.timestamp()), *more]]
