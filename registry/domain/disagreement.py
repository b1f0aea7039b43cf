"""Where reviewers disagree in one evaluation, and how well they agree on a criterion over many; resolving
it is left to moderation."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from registry.domain.assessment import Assessment, Scorecard, assess, spread
from registry.domain.decision_table import FIT_BADNESS, RISK_BADNESS
from registry.domain.rubric import Rating, Rubric, Side, answer_badness, badness

FLAGGED_SPREAD = 2


class DisagreementKind(StrEnum):
    RATING = "rating"
    KNOCK_OUT = "knock_out"
    BAND = "band"


@dataclass(frozen=True)
class Disagreement:
    id: str
    """A criterion, a knock-out, `risk_band` or `fit_band`."""
    kind: DisagreementKind
    given: Mapping[str, str]
    """What each reviewer gave, by the reviewer's name."""
    spread: int
    """Ratings: 2 to 4. Answers: 1 or 2. Bands: how many bands apart."""


def disagreements(rubric: Rubric, scorecards: Sequence[Scorecard]) -> tuple[Disagreement, ...]:
    """What must be moderated before a decision: knock-outs, criteria, then bands, in the rubric's order.

    Flagged are ratings of one criterion that differ by 2 or more, a knock-out that splits, and bands that
    differ between the reviewers when each scorecard is weighed alone. Raises UnknownCriterion and
    RatingOutOfRange, as `assess` does.
    """
    alone = {card.reviewer: assess(rubric, [card], ()) for card in scorecards}
    return (
        *_split_knock_outs(rubric, scorecards),
        *_distant_ratings(rubric, scorecards),
        *_different_bands(alone),
    )


def agreement(side: Side, units: Sequence[Sequence[Rating]]) -> float | None:
    """Krippendorff's alpha with the ordinal metric, over what reviewers gave to one criterion in many
    evaluations.

    Each unit holds one evaluation's ratings, in any order. 1 is full agreement, 0 what chance would give,
    less is worse. None where it is not defined: no evaluation has two ratings, or all ratings are the same.
    "Not applicable" is left out; U has its own rank. Source: K. Krippendorff, "Computing Krippendorff's
    Alpha-Reliability" (2011).
    """
    return ordinal_alpha(
        [[badness(side, each) for each in unit if each is not Rating.NOT_APPLICABLE] for unit in units]
    )


def ordinal_alpha(units: Sequence[Sequence[int]]) -> float | None:
    """As `agreement`, of whole numbers of which only the order counts."""
    coincidences: dict[tuple[int, int], float] = {}
    for unit in units:
        if len(unit) < 2:
            continue
        counts = Counter(unit)
        for one, other in product(counts, counts):
            pairs = counts[one] * (counts[other] - (one == other)) / (len(unit) - 1)
            coincidences[one, other] = coincidences.get((one, other), 0.0) + pairs
    values = sorted({one for one, _ in coincidences})
    totals = {value: sum(coincidences.get((value, other), 0.0) for other in values) for value in values}
    number = sum(totals.values())
    observed = expected = 0.0
    for one, other in product(values, values):
        distance = _ordinal_distance(totals, one, other)
        observed += coincidences.get((one, other), 0.0) * distance
        expected += totals[one] * totals[other] * distance
    return None if expected == 0 else 1 - (number - 1) * observed / expected


def _ordinal_distance(totals: Mapping[int, float], one: int, other: int) -> float:
    low, high = min(one, other), max(one, other)
    between = sum(total for value, total in totals.items() if low <= value <= high)
    return float((between - (totals[low] + totals[high]) / 2) ** 2)


def _split_knock_outs(rubric: Rubric, scorecards: Sequence[Scorecard]) -> list[Disagreement]:
    found = []
    for knock_out in rubric.knock_outs:
        given = {
            card.reviewer: card.knock_outs[knock_out.id]
            for card in scorecards
            if knock_out.id in card.knock_outs
        }
        ranks = [answer_badness(each) for each in given.values()]
        if len(set(ranks)) > 1:
            found.append(
                Disagreement(knock_out.id, DisagreementKind.KNOCK_OUT, given, max(ranks) - min(ranks))
            )
    return found


def _distant_ratings(rubric: Rubric, scorecards: Sequence[Scorecard]) -> list[Disagreement]:
    found = []
    for criterion in rubric.criteria:
        given = {
            card.reviewer: card.ratings[criterion.id] for card in scorecards if criterion.id in card.ratings
        }
        distance = spread(criterion.side, list(given.values()))
        if distance >= FLAGGED_SPREAD:
            found.append(Disagreement(criterion.id, DisagreementKind.RATING, given, distance))
    return found


def _different_bands(alone: Mapping[str, Assessment]) -> list[Disagreement]:
    bands: dict[str, dict[str, tuple[str, int]]] = {
        "risk_band": {name: (each.risk, RISK_BADNESS[each.risk]) for name, each in alone.items()},
        "fit_band": {name: (each.fit, FIT_BADNESS[each.fit]) for name, each in alone.items()},
    }
    found = []
    for key, given in bands.items():
        ranks = [rank for _, rank in given.values()]
        if len(set(ranks)) > 1:
            told = {name: band for name, (band, _) in given.items()}
            found.append(Disagreement(key, DisagreementKind.BAND, told, max(ranks) - min(ranks)))
    return found
