"""The inbox's filters as they stand in an address, for the page, its files, saved filters and acts on all of it."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from starlette.datastructures import QueryParams

from registry.domain.errors import InvalidInput
from registry.domain.intake_rule import MAX_LABEL
from registry.domain.triage import CandidateStatus, DismissReason
from registry.domain.values import dataclass
from registry.services.candidates.dismissals import month_bounds
from registry.store.inbox import Demand, Filter, Order
from registry.web.typed import number
from registry.web.understood import code, codes

ALL = "all"
MOST_VALUES = 40
SINCE = ".."


class Age(StrEnum):
    """How long ago a candidate was first seen."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    OLDER = "older"


AGES: dict[Age, tuple[str, int, int | None]] = {
    Age.WEEK: ("7 days or less", 0, 7),
    Age.MONTH: ("8 to 30 days", 7, 30),
    Age.QUARTER: ("31 to 90 days", 30, 90),
    Age.OLDER: ("More than 90 days", 90, None),
}
"""Words, and the days before now between which it was seen."""


@dataclass(frozen=True)
class Wanted:
    """What an address asks for; `status` None means all."""

    status: CandidateStatus | None = CandidateStatus.NEW
    sources: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    demand: tuple[Demand, ...] = ()
    reasons: tuple[DismissReason, ...] = ()
    unsure: bool = False
    age: Age | None = None
    month: str = ""
    """In which it was decided, as `2026-11`; with `..` behind it, in or after which."""
    words: str = ""
    order: Order = Order.NEWEST
    after: str = ""
    facets: bool = False
    """Whether the filters stand open, with how many each matches."""

    @property
    def narrowed(self) -> bool:
        return (
            replace(self, status=CandidateStatus.NEW, order=Order.NEWEST, after="", facets=False) != Wanted()
        )

    @property
    def query(self) -> str:
        """The same for the same filters, in an order that never changes, so that it can be kept and sent."""
        parts: list[tuple[str, object]] = [
            ("status", "" if self.status is CandidateStatus.NEW else self.status or ALL),
            *(("source", each) for each in self.sources),
            *(("label", each) for each in self.labels),
            *(("demand", each.value) for each in self.demand),
            *(("reason", each.value) for each in self.reasons),
            ("name", "unsure" if self.unsure else ""),
            ("age", self.age or ""),
            ("decided", self.month),
            ("q", self.words),
            ("sort", "" if self.order is Order.NEWEST else self.order.value),
        ]
        return urlencode([(name, value) for name, value in parts if value])

    @property
    def address(self) -> str:
        more = urlencode(
            [
                *([("filters", "open")] if self.facets else []),
                *([("after", self.after)] if self.after else []),
            ]
        )
        query = "&".join(part for part in (self.query, more) if part)
        return f"/inbox?{query}" if query else "/inbox"

    def filter(self, *, zone: ZoneInfo, now: datetime) -> Filter:
        _, youngest, oldest = AGES[self.age] if self.age else ("", 0, None)
        closed = month_bounds(self.month.removesuffix(SINCE), zone) if self.month else (None, None)
        return Filter(
            status=self.status,
            sources=self.sources,
            labels=self.labels,
            demand=self.demand,
            reasons=self.reasons,
            unsure=self.unsure,
            words=self.words,
            seen_from=now - timedelta(days=oldest) if oldest else None,
            seen_before=now - timedelta(days=youngest) if youngest else None,
            closed_from=closed[0],
            closed_before=None if self.month.endswith(SINCE) else closed[1],
        )


def as_wanted(query: QueryParams) -> Wanted:
    """The filter that an address names. Raises InvalidInput, naming what may stand there, for an unknown code."""
    said = code(query.get("status", ""), [*CandidateStatus, ALL], "status") or CandidateStatus.NEW
    ages = codes(Age, query.getlist("age")[:1], "age")
    orders = codes(Order, query.getlist("sort")[:1], "sort")
    return Wanted(
        status=None if said == ALL else CandidateStatus(said),
        sources=tuple(sorted({each for each in map(number, query.getlist("source")) if each}))[:MOST_VALUES],
        labels=tuple(sorted({_plain(each)[:MAX_LABEL] for each in query.getlist("label")} - {""}))[
            :MOST_VALUES
        ],
        demand=codes(Demand, query.getlist("demand"), "demand"),
        reasons=codes(DismissReason, query.getlist("reason"), "reason"),
        unsure=query.get("name", "") == "unsure",
        age=ages[0] if ages else None,
        month=checked_month(query.get("decided", "")),
        words=_plain(query.get("q", ""))[:200],
        order=orders[0] if orders else Order.NEWEST,
        after=query.get("after", ""),
        facets=query.get("filters", "") == "open",
    )


def checked_month(month: str) -> str:
    """Raises InvalidInput for what is neither empty nor a month."""
    if month:
        try:
            month_bounds(month.removesuffix(SINCE), ZoneInfo("UTC"))
        except (ValueError, OverflowError) as error:
            sentence = (
                "Write the month as year-month, such as 2026-11, or 2026-11.. for it and those after it."
            )
            raise InvalidInput(sentence, {"decided": sentence}) from error
    return month


def wanted_in(query: str) -> Wanted:
    """Of a query that this registry made; all new candidates where it is none."""
    try:
        return as_wanted(QueryParams(parse_qsl(query)))
    except (InvalidInput, ValueError):
        return Wanted()


def _plain(text: str) -> str:
    return text.replace("\0", "").strip()
