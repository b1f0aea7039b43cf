"""The form of a reviewer's one re-score: what it offers, filled with their own ratings, and what was typed into it."""

from collections.abc import Mapping, Sequence

from registry.domain.disagreement import Disagreement, DisagreementKind
from registry.domain.errors import InvalidInput
from registry.domain.rubric import DEGREES, KnockOutAnswer, Rating, Rubric
from registry.domain.scorecard import TypedAnswer, TypedRating
from registry.domain.values import dataclass
from registry.store.evaluations import StoredScorecard
from registry.web.pages.evaluation_page import item_name
from registry.web.shapes import Option
from registry.web.typed import Typed
from registry.web.words import words


@dataclass(frozen=True)
class RescoreLine:
    """One flagged item; `confidence` is empty for a knock-out."""

    id: str
    name: str
    question: str
    value: str
    options: Sequence[Option]
    sentence: str
    evidence: str
    confidence: str


def rating_options(rubric: Rubric, item: str) -> list[Option]:
    """Every rating of a criterion, or every answer of a knock-out, in words."""
    if item not in {each.id for each in rubric.criteria}:
        return [Option(each, words(each)) for each in KnockOutAnswer]
    criterion = rubric.criterion(item)
    more = (Rating.NOT_APPLICABLE,) if criterion.may_not_apply else ()
    return [
        Option(each, f"{each}: {criterion.anchors[int(each)]}" if each.isdigit() else words(each))
        for each in (*DEGREES, Rating.UNKNOWN, *more)
    ]


def rescore_lines(
    rubric: Rubric, flagged: Sequence[Disagreement], own: StoredScorecard, typed: Mapping[str, object] | None
) -> list[RescoreLine]:
    """A line for each flagged criterion and knock-out; with `typed` as the form came back, else as it was handed in."""
    lines = []
    for each in flagged:
        rating, answer = own.ratings.get(each.id), own.knock_outs.get(each.id)
        if each.kind is DisagreementKind.BAND:
            continue
        kept = {
            "value": str((rating and rating.rating) or (answer and answer.answer) or ""),
            "sentence": rating.sentence if rating else answer.sentence if answer else "",
            "evidence": rating.evidence if rating else "",
            "confidence": rating.confidence if rating else "",
        }
        if typed is not None:
            names = {"value": "rating" if rating else "answer"}
            kept = {
                key: str(typed.get(f"{each.id}.{names.get(key, key)}", value)) for key, value in kept.items()
            }
        question = rubric.criterion(each.id).question if rating else rubric.knock_out(each.id).question
        name = item_name(rubric, each.id)
        lines.append(RescoreLine(each.id, name, question, options=rating_options(rubric, each.id), **kept))
    return lines


def read_lines(typed: Typed) -> tuple[dict[str, TypedRating], dict[str, TypedAnswer]]:
    """What was typed of each flagged item: `R1.rating`, `R1.sentence` and so on, `K1.answer`. Raises InvalidInput."""
    ratings: dict[str, TypedRating] = {}
    answers: dict[str, TypedAnswer] = {}
    for name in typed.values:
        item, _, part = name.partition(".")
        try:
            if part == "rating":
                ratings[item] = TypedRating(
                    Rating(typed.one(name)),
                    typed.one(f"{item}.confidence", "medium"),
                    typed.one(f"{item}.sentence"),
                    typed.one(f"{item}.evidence"),
                )
            elif part == "answer":
                answers[item] = TypedAnswer(KnockOutAnswer(typed.one(name)), typed.one(f"{item}.sentence"))
        except ValueError as error:
            sentence = f"{item}: choose one of the ratings or answers."
            raise InvalidInput(sentence, {item: sentence}) from error
    return ratings, answers
