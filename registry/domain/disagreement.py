"""Where reviewers disagree in one evaluation; agreement over many is agreement.py's, resolving it is moderation's."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from registry.domain.assessment import Assessment, Scorecard, assess, spread
from registry.domain.decision_table import FIT_BADNESS, RISK_BADNESS
from registry.domain.rubric import Rubric, answer_badness
from registry.domain.values import dataclass

FLAGGED_SPREAD = 2
STRONG_SPREAD = 3
BANDS = ("risk_band", "fit_band")


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


def by_severity(found: Sequence[Disagreement]) -> list[Disagreement]:
    """Split knock-outs first, then ratings with the widest apart at the top, then bands; else the rubric's order."""
    order = (DisagreementKind.KNOCK_OUT, DisagreementKind.RATING, DisagreementKind.BAND)
    return sorted(found, key=lambda each: (order.index(each.kind), -each.spread))


def in_words(each: Disagreement, name: str) -> str:
    """`Strong disagreement on privacy: 0, 1, 4`, without who gave what."""
    how = "Strong disagreement" if each.spread >= STRONG_SPREAD else "Disagreement"
    if each.kind is not DisagreementKind.RATING:
        how = "Split"
    return f"{how} on {name}: {', '.join(sorted(each.given.values()))}"


def dissenting(each: Disagreement, resolved: str) -> int:
    """How many reviewers gave something else than what it was resolved to; 0 where it was left as it is."""
    return sum(value != resolved for value in each.given.values()) if resolved else 0


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
