"""The points of a memo in words: what is open, and what would flip the recommendation."""

from collections.abc import Sequence

from registry.domain.outcome import MEANINGS
from registry.domain.rubric import KnockOutAnswer, Rating, Side
from registry.domain.values import dataclass
from registry.services.evaluations.assessing import Weighed
from registry.store.evaluations import StoredScorecard
from registry.web.pages.evaluation_page import item_name, words_of

MOST_FLIPS = 6
LOW = "low"


@dataclass(frozen=True)
class Point:
    title: str
    said: str
    more: Sequence[str] = ()


def open_questions(weighed: Weighed, cards: Sequence[StoredScorecard]) -> list[Point]:
    """What is unknown, or covered by no complete condition, or known with little confidence; the weightiest first."""
    found = []
    uncovered = set(weighed.assessment.uncovered)
    for criterion in weighed.rubric.criteria:
        rating = weighed.assessment.rating(criterion.id)
        unsure = [
            card.ratings[criterion.id].sentence
            for card in cards
            if criterion.id in card.ratings
            and (
                card.ratings[criterion.id].rating is Rating.UNKNOWN
                or card.ratings[criterion.id].confidence == LOW
            )
        ]
        if criterion.id in uncovered:
            said = f"{_rated(rating)}, and no complete condition covers it."
        elif rating is Rating.UNKNOWN:
            said = "Unknown; a condition covers it." if criterion.side is Side.RISK else "Unknown."
        elif unsure:
            said = f"{_rated(rating)}, with low confidence."
        else:
            continue
        found.append(
            (criterion.id not in uncovered, Point(item_name(weighed.rubric, criterion.id), said, unsure))
        )
    for result in weighed.assessment.knock_outs:
        if result.answer is KnockOutAnswer.UNKNOWN:
            bare = result.id in uncovered
            said = (
                "Unknown, and no complete condition covers it." if bare else "Unknown; a condition covers it."
            )
            sentences = [
                card.knock_outs[result.id].sentence
                for card in cards
                if result.id in card.knock_outs and card.knock_outs[result.id].sentence
            ]
            found.append((not bare, Point(item_name(weighed.rubric, result.id), said, sentences)))
    return [point for _, point in sorted(found, key=lambda each: each[0])]


def flip_lines(weighed: Weighed) -> list[str]:
    return [
        f"{item_name(weighed.rubric, each.id)}: {words_of(each.after)} instead of {words_of(each.before)} "
        f"would lead to: {MEANINGS[each.outcome].label.lower()}."
        for each in weighed.flips()[:MOST_FLIPS]
    ]


def _rated(rating: Rating) -> str:
    return "Unknown" if rating is Rating.UNKNOWN else f"Rated {rating}"
