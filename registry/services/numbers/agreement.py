"""How well reviewers agree on each criterion of a rubric, by quarter, and the evaluations behind each figure."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from sqlmodel import Session

from registry.domain import agreement as rule
from registry.domain.agreement import Agreement
from registry.domain.assessment import spread
from registry.domain.rubric import Criterion, Rating, Rubric
from registry.domain.values import dataclass
from registry.services.numbers.numbers import Keep, anew
from registry.store import ratings

QUARTERS = 8


@dataclass(frozen=True)
class Reading:
    """How one criterion is read."""

    criterion: Criterion
    whole: Agreement
    series: Sequence[Agreement]
    """A figure for each quarter, the oldest first."""
    trend: str

    @property
    def said(self) -> str:
        return rule.in_words(self.whole)


@dataclass(frozen=True)
class Behind:
    evaluation_id: int
    tool: str
    opened_at: datetime
    verdict: int | None
    given: Sequence[Rating]
    apart: int


OF_AGREEMENT = frozenset({"verdict", "evaluation.moved", "evaluation.reopened"})
Given = dict[tuple[int, int], Sequence[str]]
"""(Evaluation, version) -> what was given to it, as the store tells it."""


def readings(
    session: Session, rubric: Rubric, *, zone: tzinfo, now: datetime, keep: Keep = anew
) -> list[Reading]:
    """Of the last eight quarters, the criteria that are read least alike first; those that cannot tell at the end."""

    def make() -> list[Reading]:
        # What a decided evaluation was given does not change any more: it is read once.
        known: Given = keep(("given", rubric.content_hash), frozenset(), dict)
        return _readings(session, rubric, known, zone=zone, now=now)

    return keep(("agreement", rubric.content_hash, now.astimezone(zone).date()), OF_AGREEMENT, make)


def _readings(
    session: Session, rubric: Rubric, known: Given, *, zone: tzinfo, now: datetime
) -> list[Reading]:
    bounds = [each for _, each in quarters(now, zone)]
    decided = ratings.decided(session, rubric_hash=rubric.content_hash, bounds=bounds)
    new = {number: version for number, version, _ in decided if (number, version) not in known}
    for number, given in (ratings.given(session, new) if new else {}).items():
        known[number, new[number]] = given
    counted = [Counter[str]() for _ in range(QUARTERS + 1)]
    for number, version, place in decided:
        counted[place].update(known[number, version])
    found: dict[tuple[str, int], dict[tuple[Rating, ...], int]] = defaultdict(dict)
    for place, told_here in enumerate(counted):
        for told_of_one, times in told_here.items():
            criterion_id, *each = told_of_one.split()
            found[criterion_id, place][tuple(Rating(rating) for rating in each)] = times
    told = []
    for criterion in rubric.criteria:
        whole = Counter[tuple[Rating, ...]]()
        series = []
        for place in range(1, QUARTERS + 1):
            here = found[criterion.id, place]
            whole.update(here)
            series.append(rule.agreement(criterion.side, here))
        told.append(Reading(criterion, rule.agreement(criterion.side, whole), series, rule.trend(series)))
    return sorted(told, key=_worst_first)


def behind(
    session: Session, rubric: Rubric, criterion_id: str, *, quarter: str, zone: tzinfo, now: datetime
) -> list[Behind]:
    """The decided evaluations that two or more people rated on this criterion, widest apart first.

    `quarter` is one of the last eight, such as `2026-Q3`; for anything else all of them. Raises UnknownCriterion.
    """
    criterion = rubric.criterion(criterion_id)
    bounds = quarters(now, zone)
    places = [place for place, (name, _) in enumerate(bounds) if name == quarter]
    since = bounds[places[0] if places else 0][1]
    later = places[0] + 1 if places else len(bounds)
    rows = ratings.behind(
        session,
        rubric_hash=rubric.content_hash,
        criterion=criterion_id,
        since=since,
        until=bounds[later][1] if later < len(bounds) else None,
    )
    told = []
    for evaluation_id, tool, edition, opened_at, verdict, said in rows:
        given = sorted(Rating(each) for each in said.split() if each != Rating.NOT_APPLICABLE)
        if len(given) > 1:
            name = f"{tool} ({edition})" if edition else tool
            told.append(Behind(evaluation_id, name, opened_at, verdict, given, spread(criterion.side, given)))
    return sorted(told, key=lambda each: -each.apart)


def quarters(now: datetime, zone: tzinfo) -> list[tuple[str, datetime]]:
    """The last eight, this one included, the oldest first: `2026-Q3` and the moment at which it begins, in UTC."""
    here = now.astimezone(zone)
    last = here.year * 4 + (here.month - 1) // 3
    return [
        (
            f"{each // 4}-Q{each % 4 + 1}",
            datetime(each // 4, each % 4 * 3 + 1, 1, tzinfo=zone).astimezone(UTC),
        )
        for each in range(last - QUARTERS + 1, last + 1)
    ]


def _worst_first(each: Reading) -> tuple[bool, float]:
    tells = each.whole.alpha is not None and each.whole.evaluations >= rule.FEW
    return not tells, each.whole.alpha if each.whole.alpha is not None else 1
