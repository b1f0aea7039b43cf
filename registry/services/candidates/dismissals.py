"""What was dismissed in the last months, by reason, month and source: which source costs most for nothing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session

from registry.domain.triage import CandidateStatus, DismissReason
from registry.domain.values import dataclass
from registry.store import dismissals
from registry.store.inbox import Filter

MONTHS = 12


@dataclass(frozen=True)
class SourceCounts:
    source_id: int
    name: str
    counts: Mapping[DismissReason, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True)
class Dismissals:
    months: Sequence[str]
    """As `2026-11`, the newest first, in the organisation's time zone."""
    counts: Mapping[tuple[str, DismissReason], int]
    """By month and reason; what is not there is none."""
    sources: Sequence[SourceCounts]
    """Most dismissed first; what several sources spoke of counts at each."""

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def of_reason(self, reason: DismissReason) -> int:
        return sum(self.counts.get((month, reason), 0) for month in self.months)

    def of_month(self, month: str) -> int:
        return sum(self.counts.get((month, reason), 0) for reason in DismissReason)


def report(session: Session, *, zone: ZoneInfo, now: datetime) -> Dismissals:
    """Of this month and the eleven before it, by when they were dismissed; two queries."""
    today = now.astimezone(zone)
    names = [month_before(today.year, today.month, back) for back in range(MONTHS)]
    months = [(name, month_bounds(name, zone)[0]) for name in names]
    wanted = Filter(status=CandidateStatus.DISMISSED, closed_from=months[-1][1])
    known = set(DismissReason)
    counts = {
        (month, DismissReason(reason)): number
        for month, reason, number in dismissals.by_month(session, wanted, months)
        if reason in known
    }
    sources: dict[int, tuple[str, Counter[DismissReason]]] = {}
    for source_id, name, reason, number in dismissals.by_source(session, wanted):
        if reason in known:
            sources.setdefault(source_id, (name, Counter()))[1][DismissReason(reason)] = number
    told = [SourceCounts(source_id, name, each) for source_id, (name, each) in sources.items()]
    return Dismissals(names, counts, sorted(told, key=lambda each: (-each.total, each.name.lower())))


def month_bounds(month: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of a month such as `2026-11`, and of the next one. Raises ValueError for what is no month."""
    first = datetime.strptime(month, "%Y-%m")  # noqa: DTZ007 - a day of the calendar, set into its zone below
    year, number = first.year + first.month // 12, first.month % 12 + 1
    return (
        datetime(first.year, first.month, 1, tzinfo=zone).astimezone(UTC),
        datetime(year, number, 1, tzinfo=zone).astimezone(UTC),
    )


def month_before(year: int, month: int, back: int) -> str:
    place = year * 12 + month - 1 - back
    return f"{place // 12:04}-{place % 12 + 1:02}"
