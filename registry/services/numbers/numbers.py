"""The numbers by which an office sees how it does: how long, how much waits, what lapsed, what was overridden."""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Protocol, TypeVar

from sqlmodel import Session

from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.spans import DecidedCase, Span, Stage, spans
from registry.domain.validity import ValidityState, validity
from registry.domain.values import dataclass
from registry.store import numbers as store
from registry.store import standing
from registry.store.rulings import next_moment

DUE_SOON_DAYS = 90
YEAR = timedelta(days=365)
TOP = 20
BANDS = (
    (7, "under a week"),
    (30, "a week to a month"),
    (90, "one to three months"),
    (None, "over three months"),
)
"""Up to how many days old, and in words."""
IN_FORCE = frozenset(
    {
        ValidityState.ACTIVE,
        ValidityState.REVIEW_DUE,
        ValidityState.SUNSET_ANNOUNCED,
        ValidityState.GRADUATED,
        ValidityState.GRACE,
        ValidityState.SUSPENDED,
    }
)
"""With the lapsed ones, what people take for approved."""
STANDING = frozenset({ValidityState.ACTIVE, ValidityState.REVIEW_DUE, ValidityState.SUNSET_ANNOUNCED})
HIDDEN = frozenset({ValidityState.SUPERSEDED, ValidityState.REVOKED, ValidityState.SCHEDULED})


class By(StrEnum):
    QUARTER = "quarter"
    MONTH = "month"
    TIER = "tier"
    OUTCOME = "outcome"


@dataclass(frozen=True)
class Wanted:
    """Which decided cases the times speak of."""

    since: date | None = None
    """None: the last year."""
    tier: int | None = None
    outcome: Outcome | None = None
    by: By = By.QUARTER


@dataclass(frozen=True)
class Group:
    key: str
    """`2026-Q3`, `2026-07`, a tier's number or an outcome."""
    verdicts: int
    stages: Mapping[Stage, Span]


@dataclass(frozen=True)
class Standing:
    number: int
    outcome: Outcome
    state: ValidityState
    ends_on: date | None


@dataclass(frozen=True)
class SourceLine:
    id: int
    name: str
    candidates: int
    accepted: int


@dataclass(frozen=True)
class Numbers:
    wanted: Wanted
    since: date
    verdicts: int
    stages: Mapping[Stage, Span]
    groups: Sequence[Group]
    """In the order of their keys."""
    overrides: int
    milder: int
    candidates: Sequence[int]
    """Open ones by age, a number for each of BANDS."""
    evaluations: Sequence[int]
    overdue: int
    due_soon: int
    lapsed: int
    permitted: int
    """Permissive verdicts in force, and the lapsed ones."""
    mix: Mapping[Outcome, int]
    """What stands or has lapsed, by outcome; nothing that was replaced, withdrawn or has not begun."""
    sources: Sequence[SourceLine]
    unanswered: Sequence[tuple[str, int, datetime]]

    @property
    def empty(self) -> bool:
        told = (self.verdicts, *self.candidates, *self.evaluations, *self.mix.values(), len(self.unanswered))
        return not any(told)


Value = TypeVar("Value")


class Keep(Protocol):
    """Gives the value kept under `key`, or makes it; it is good until one of the acts `of` happens."""

    def __call__(self, key: Hashable, of: frozenset[str], make: Callable[[], Value]) -> Value: ...


def anew(key: Hashable, of: frozenset[str], make: Callable[[], Value]) -> Value:  # noqa: ARG001 - as Keep
    """Keeps nothing."""
    return make()


OF_TIMES = frozenset(
    {"verdict"} | {f"candidate.{each}" for each in ("accepted", "joined", "merged", "unmerged", "undone")}
)
OF_STANDINGS = frozenset({"verdict", "condition"})
OF_YIELDS = OF_TIMES | {f"source.{each}" for each in ("added", "edited", "removed")}


def numbers(session: Session, wanted: Wanted, *, zone: tzinfo, now: datetime, keep: Keep = anew) -> Numbers:
    """Every number of the dashboard, in a fixed number of queries; what takes long to count may be kept."""
    today = now.astimezone(zone).date()
    turn = (today, next_moment(session, now=now))
    times = keep(("times", wanted, *turn), OF_TIMES, lambda: _times(session, wanted, zone=zone, now=now))
    in_all = keep(("standings", *turn), OF_STANDINGS, lambda: tallied(session, zone=zone, now=now))
    sources = keep(
        ("yields", today, store.newest_mention(session)),
        OF_YIELDS,
        lambda: store.source_yields(session, since=now - YEAR),
    )
    mix = Counter[Outcome]()
    for outcome, state, _, count in in_all:
        if state not in HIDDEN:
            mix[outcome] += count
    moments = band_moments(now)
    return Numbers(
        wanted=wanted,
        since=since(wanted, today),
        verdicts=times.verdicts,
        stages=times.stages,
        groups=times.groups,
        overrides=times.overrides,
        milder=times.milder,
        candidates=store.aged(session, "candidates", moments),
        evaluations=store.aged(session, "evaluations", moments),
        overdue=store.overdue(session, today),
        due_soon=sum(count for *_, soon, count in in_all if soon),
        lapsed=sum(count for _, state, _, count in in_all if state is ValidityState.LAPSED),
        permitted=sum(
            count
            for outcome, state, _, count in in_all
            if MEANINGS[outcome].may_use and (state in IN_FORCE or state is ValidityState.LAPSED)
        ),
        mix={outcome: mix[outcome] for outcome in Outcome},
        sources=[SourceLine(*row) for row in sources],
        unanswered=store.unanswered(session, limit=TOP),
    )


@dataclass(frozen=True)
class _Times:
    verdicts: int
    stages: Mapping[Stage, Span]
    groups: Sequence[Group]
    overrides: int
    milder: int


def _times(session: Session, wanted: Wanted, *, zone: tzinfo, now: datetime) -> _Times:
    cases = chosen(session, wanted, zone=zone, now=now)
    grouped = sorted(_grouped(cases, wanted.by, zone))
    return _Times(
        len(cases),
        spans(cases),
        [Group(key, len(members), spans(members)) for key, members in grouped],
        overrides=sum(case.overridden for case in cases),
        milder=sum(case.milder for case in cases),
    )


def since(wanted: Wanted, today: date) -> date:
    return wanted.since or today - YEAR


def chosen(
    session: Session, wanted: Wanted, *, zone: tzinfo, now: datetime, group: str = ""
) -> list[DecidedCase]:
    """The decided cases that the times speak of, oldest first; with `group` those of one group alone."""
    first = since(wanted, now.astimezone(zone).date())
    begin = datetime(first.year, first.month, first.day, tzinfo=zone)
    cases = [
        case
        for case in store.decided(session, since=begin.astimezone(UTC), now=now)
        if wanted.tier in (None, case.tier) and wanted.outcome in (None, case.outcome)
    ]
    if not group:
        return cases
    key = _keys(zone)[wanted.by]
    return [case for case in cases if key(case) == group]


def is_due_soon(state: ValidityState, ends_on: date | None, today: date) -> bool:
    """It stands, and its last day is within the next 90, today included."""
    return (
        state in STANDING and ends_on is not None and today <= ends_on < today + timedelta(days=DUE_SOON_DAYS)
    )


def standing_of_each(session: Session, *, zone: tzinfo, now: datetime) -> list[Standing]:
    """Every published verdict with where it stands, highest number first: what the counts of verdicts are made of."""
    today = now.astimezone(zone).date()
    found = [
        Standing(number, outcome, ValidityState(state), ends)
        for _, number, outcome, state, ends in standing.rows(session, today=today, now=now)
    ]
    for ruling in standing.marked(session, now=now):
        at = validity(ruling, at=now, zone=zone)
        found.append(Standing(ruling.verdict.number, ruling.verdict.outcome, at.state, at.ends_on))
    return sorted(found, key=lambda each: -each.number)


def band_moments(now: datetime) -> list[datetime]:
    """The moments that part the bands of age, the latest first."""
    return [now - timedelta(days=most) for most, _ in BANDS if most is not None]


def tallied(
    session: Session, *, zone: tzinfo, now: datetime
) -> list[tuple[Outcome, ValidityState, bool, int]]:
    """(outcome, state, whether it is due soon, how many) of all published verdicts."""
    today = now.astimezone(zone).date()
    soon = today + timedelta(days=DUE_SOON_DAYS)
    counted = [
        (outcome, ValidityState(state), ends and ValidityState(state) in STANDING, count)
        for outcome, state, ends, count in standing.counts(session, today=today, soon=soon, now=now)
    ]
    for ruling in standing.marked(session, now=now):
        at = validity(ruling, at=now, zone=zone)
        counted.append((ruling.verdict.outcome, at.state, is_due_soon(at.state, at.ends_on, today), 1))
    return counted


def _grouped(cases: Sequence[DecidedCase], by: By, zone: tzinfo) -> list[tuple[str, list[DecidedCase]]]:
    key, groups = _keys(zone)[by], dict[str, list[DecidedCase]]()
    for case in cases:
        groups.setdefault(key(case), []).append(case)
    return list(groups.items())


def _keys(zone: tzinfo) -> Mapping[By, Callable[[DecidedCase], str]]:
    def day(case: DecidedCase) -> datetime:
        return datetime.fromtimestamp(case.decided, zone)

    def quarter(at: datetime) -> str:
        return f"{at.year}-Q{(at.month + 2) // 3}"

    return {
        By.QUARTER: lambda case: quarter(day(case)),
        By.MONTH: lambda case: f"{day(case):%Y-%m}",
        By.TIER: lambda case: str(case.tier),
        By.OUTCOME: lambda case: case.outcome.value,
    }
