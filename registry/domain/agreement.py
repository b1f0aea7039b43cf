"""How well reviewers agree on one question over many evaluations: Krippendorff's alpha, and what it says in words."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum

from registry.domain.rubric import Rating, Side, badness
from registry.domain.values import dataclass

FEW = 5
"""With fewer evaluations that two people scored the figure says next to nothing."""
SURE, TENTATIVE = 0.8, 0.667
"""What Krippendorff asks for firm and for tentative conclusions (Content Analysis, 2004, page 241)."""
TREND = 0.1
"""A change that is smaller is none."""

Distance = Callable[[int, int], float]


class Metric(StrEnum):
    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"


@dataclass(frozen=True)
class Agreement:
    alpha: float | None
    """1 is full agreement, 0 what chance would give, less is worse; None where it is not defined."""
    evaluations: int
    """How many were scored by two or more."""
    ratings: int


def agreement(side: Side, units: Mapping[tuple[Rating, ...], int]) -> Agreement:
    """What reviewers gave to one criterion, each alone; a unit is one evaluation's ratings with how often it occurred.

    Ordinal. "Not applicable" is no rating and is left out; U has its own rank, between 3 and 4 for a risk. An
    evaluation with one rating says nothing about agreement and is left out.
    """
    ranked = [
        (tuple(badness(side, each) for each in unit if each is not Rating.NOT_APPLICABLE), times)
        for unit, times in units.items()
    ]
    paired = [(unit, times) for unit, times in ranked if len(unit) > 1]
    return Agreement(
        alpha=alpha(paired, Metric.ORDINAL),
        evaluations=sum(times for _, times in paired),
        ratings=sum(len(unit) * times for unit, times in paired),
    )


def alpha(units: Iterable[tuple[Sequence[int], int]], metric: Metric) -> float | None:
    """Krippendorff's alpha of (values given to one unit, how many such units there are), by any number of people.

    None where no unit has two values, or where all values are the same: nothing could have differed. Source: K.
    Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011).
    """
    coincidences: dict[tuple[int, int], float] = defaultdict(float)
    totals: dict[int, float] = defaultdict(float)
    for values, times in units:
        if len(values) < 2:
            continue
        for place, one in enumerate(values):
            totals[one] += times
            for other in (*values[:place], *values[place + 1 :]):
                coincidences[one, other] += times / (len(values) - 1)
    distance = _distance(metric, totals)
    number = sum(totals.values())
    observed = sum(pairs * distance(*pair) for pair, pairs in coincidences.items())
    expected = sum(totals[one] * totals[other] * distance(one, other) for one in totals for other in totals)
    return None if not expected else 1 - (number - 1) * observed / expected


def in_words(found: Agreement) -> str:
    """One plain sentence about a figure."""
    if not found.evaluations:
        return "Nobody can tell yet: no evaluation was scored by two people."
    if found.alpha is None:
        return "Everybody always gave the same rating, so the question has not been put to the test."
    if found.evaluations < FEW:
        return f"Too few evaluations to tell ({found.evaluations})."
    if found.alpha >= SURE:
        return "People read this question alike."
    if found.alpha >= TENTATIVE:
        return "People mostly read this question alike."
    if found.alpha > 0:
        return "People read this question differently. Look at its wording and its examples."
    return "People agree no better than by chance. The question needs other words."


def trend(series: Sequence[Agreement]) -> str:
    """How the figure moved from the first to the last period that has enough evaluations."""
    known = [each.alpha for each in series if each.alpha is not None and each.evaluations >= FEW]
    if len(known) < 2:
        return "too early to tell"
    change = known[-1] - known[0]
    return "about the same" if abs(change) < TREND else "better" if change > 0 else "worse"


def _distance(metric: Metric, totals: Mapping[int, float]) -> Distance:
    if metric is Metric.NOMINAL:
        return lambda one, other: float(one != other)
    if metric is Metric.INTERVAL:
        return lambda one, other: float((one - other) ** 2)

    up_to, running = dict[int, float](), 0.0
    for value in sorted(totals):
        running += totals[value]
        up_to[value] = running

    def ordinal(one: int, other: int) -> float:
        low, high = min(one, other), max(one, other)
        between = up_to[high] - up_to[low] + totals[low]
        return (between - (totals[low] + totals[high]) / 2) ** 2

    return ordinal
