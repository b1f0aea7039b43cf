"""The scorecard as a form: its questions with what was typed, read back, beside what another window saved."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from registry.domain.rubric import DEGREES, Criterion, KnockOutAnswer, Rating, Rubric, Side, evidence_required
from registry.domain.scorecard import TypedAnswer, TypedRating, TypedScorecard
from registry.domain.values import dataclass
from registry.services.evaluations import scoring
from registry.services.evaluations.scorecards import unfinished
from registry.web.shapes import Option, Task
from registry.web.typed import Typed
from registry.web.words import words

ANSWER_OPTIONS = (
    Option(KnockOutAnswer.NO, "No"),
    Option(KnockOutAnswer.UNKNOWN, "Unknown", "Counts as a significant risk until somebody knows."),
    Option(KnockOutAnswer.YES, "Yes"),
)
MINE, SAVED, BOTH = "mine", "saved", "both"
KEEP_OPTIONS = (
    Option(MINE, "What stands here"),
    Option(SAVED, "What the other window saved"),
    Option(BOTH, "Both texts, with the rating that stands here"),
)
CONFIDENCE_OPTIONS = tuple(Option(each, each.capitalize()) for each in scoring.CONFIDENCES)


@dataclass(frozen=True)
class Question:
    """One line of the form; the names of its fields begin with `<id>.`."""

    id: str
    name: str
    question: str
    options: Sequence[Option]
    value: str
    sentence: str
    confidence: str = ""
    """Empty for a knock-out, which has none."""
    evidence: str = ""
    evidence_hint: str = ""
    fault: str = ""
    stored: str = ""
    """What another window saved in this line, where it differs."""
    keep: str = ""
    """Which of the two is kept unless another one is chosen: a value of KEEP_OPTIONS; empty where they are the same."""
    carried: bool = False
    """Taken from an earlier scorecard, and not yet confirmed."""
    lacks: bool = False
    """It cannot be handed in like this."""


@dataclass(frozen=True)
class Group:
    id: str
    title: str
    hint: str
    questions: Sequence[Question]

    @property
    def begun(self) -> Sequence[str]:
        """Ids of the lines that have an answer and still lack something."""
        return [each.id for each in self.questions if each.value and each.lacks]


def group_task(group: Group) -> Task:
    """How many lines could be handed in as they are, and which of those answered could not."""
    count, done = len(group.questions), sum(not each.lacks for each in group.questions)
    hint = f"Answered, and not finished yet: {', '.join(group.begun)}." if group.begun else ""
    return Task(group.title, f"#{group.id}", f"{done} of {count}", done=done == count, hint=hint)


def read_scorecard(rubric: Rubric, typed: Typed) -> TypedScorecard:
    return TypedScorecard(
        ratings={
            each.id: TypedRating(
                rating=_rating(typed.one(f"{each.id}.rating")),
                confidence=typed.one(f"{each.id}.confidence", "medium"),
                sentence=typed.one(f"{each.id}.sentence"),
                evidence=typed.one(f"{each.id}.evidence"),
            )
            for each in rubric.criteria
        },
        knock_outs={
            each.id: TypedAnswer(_answer(typed.one(f"{each.id}.answer")), typed.one(f"{each.id}.sentence"))
            for each in rubric.knock_outs
        },
    )


def picked(given: TypedScorecard, saved: TypedScorecard, typed: Typed) -> TypedScorecard:
    """Line by line what the person chose to keep of the two: `<id>.keep` is a value of KEEP_OPTIONS."""

    def choose(key: str, mine: TypedRating, other: TypedRating | None) -> TypedRating:
        said = typed.one(f"{key}.keep", MINE)
        if other is None or said == MINE:
            return mine
        if said == SAVED:
            return other
        return replace(
            mine,
            rating=mine.rating or other.rating,
            sentence=_both(mine.sentence, other.sentence),
            evidence=_both(mine.evidence, other.evidence),
        )

    def choose_answer(key: str, mine: TypedAnswer, other: TypedAnswer | None) -> TypedAnswer:
        said = typed.one(f"{key}.keep", MINE)
        if other is None or said == MINE:
            return mine
        if said == SAVED:
            return other
        return replace(
            mine, answer=mine.answer or other.answer, sentence=_both(mine.sentence, other.sentence)
        )

    return TypedScorecard(
        ratings={key: choose(key, line, saved.ratings.get(key)) for key, line in given.ratings.items()},
        knock_outs={
            key: choose_answer(key, line, saved.knock_outs.get(key)) for key, line in given.knock_outs.items()
        },
    )


def said_so(typed: Typed) -> frozenset[str]:
    """Ids of the lines whose carried-over answer was confirmed."""
    return frozenset(name.removesuffix(".confirmed") for name in typed.values if name.endswith(".confirmed"))


def _both(mine: str, other: str) -> str:
    return mine if other in mine else other if mine in other else f"{mine}\n{other}"


def _keep(other: TypedRating | TypedAnswer, mine: TypedRating | TypedAnswer) -> str:
    """Nobody's words are given up unasked: where one of the two is empty the other one is kept."""
    if other == mine:
        return ""
    return SAVED if mine in (TypedRating(), TypedAnswer()) else MINE


def _rating(text: str) -> Rating | None:
    return Rating(text) if text in tuple(Rating) else None


def _answer(text: str) -> KnockOutAnswer | None:
    return KnockOutAnswer(text) if text in tuple(KnockOutAnswer) else None


def groups_of(
    rubric: Rubric, shown: TypedScorecard, faults: Mapping[str, str], stored: TypedScorecard | None
) -> list[Group]:
    lacking = unfinished(rubric, shown)
    risk_hint = "0 is no risk, 4 is not acceptable as it is. Unknown counts as 3."
    fit_hint = "Here 4 is best. Unknown counts as 1."
    return [
        Group(
            "knock-outs",
            "Knock-outs",
            "One yes ends it, however good the rest is.",
            [
                Question(
                    each.id,
                    each.name,
                    each.question,
                    ANSWER_OPTIONS,
                    value=line.answer or "",
                    sentence=line.sentence,
                    fault=faults.get(each.id, ""),
                    stored=_stored_answer(stored, each.id, line),
                    keep=_keep(stored.knock_outs.get(each.id, TypedAnswer()) if stored else line, line),
                    carried=line.carried,
                    lacks=each.id in lacking,
                )
                for each in rubric.knock_outs
                for line in [shown.knock_outs.get(each.id, TypedAnswer())]
            ],
        ),
        Group(
            "risk", "Risk", risk_hint, [_rated(each, shown, faults, stored, lacking) for each in rubric.risks]
        ),
        Group("fit", "Fit", fit_hint, [_rated(each, shown, faults, stored, lacking) for each in rubric.fits]),
    ]


def _rated(
    criterion: Criterion,
    shown: TypedScorecard,
    faults: Mapping[str, str],
    stored: TypedScorecard | None,
    lacking: Collection[str],
) -> Question:
    line = shown.ratings.get(criterion.id, TypedRating())
    options = [Option(each, f"{each}: {criterion.anchors[int(each)]}") for each in DEGREES]
    options.append(Option(Rating.UNKNOWN, "Unknown: I need evidence"))
    if criterion.may_not_apply:
        options.append(Option(Rating.NOT_APPLICABLE, "Not applicable"))
    hint = "A link, or the quoted paragraph."
    if criterion.side is Side.RISK:
        hint += f" Needed for {', '.join(each for each in DEGREES if evidence_required(each))}."
    return Question(
        criterion.id,
        criterion.name,
        criterion.question,
        options,
        value=line.rating or "",
        sentence=line.sentence,
        confidence=line.confidence,
        evidence=line.evidence,
        evidence_hint=f"{hint} {criterion.evidence}".strip(),
        fault=faults.get(criterion.id, ""),
        stored=_stored_rating(stored, criterion, line),
        keep=_keep(stored.ratings.get(criterion.id, TypedRating()) if stored else line, line),
        carried=line.carried,
        lacks=criterion.id in lacking,
    )


def _stored_answer(stored: TypedScorecard | None, key: str, line: TypedAnswer) -> str:
    other = stored.knock_outs.get(key, TypedAnswer()) if stored else line
    if other == line:
        return ""
    return f"{words(other.answer) if other.answer else 'Not answered'}. {other.sentence}".strip()


def _stored_rating(stored: TypedScorecard | None, criterion: Criterion, line: TypedRating) -> str:
    other = stored.ratings.get(criterion.id, TypedRating()) if stored else line
    if other == line:
        return ""
    rating = words(other.rating) if other.rating else "Not rated"
    parts = (f"{rating}, {other.confidence} confidence.", other.sentence, other.evidence)
    return " ".join(part for part in parts if part)
