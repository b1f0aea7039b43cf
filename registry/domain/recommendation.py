"""What the decision table recommends for an assessment, the best one within reach, which single change
would flip it, and why in plain sentences; deciding is left to the approver."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from registry.domain.assessment import (
    SIGNIFICANT,
    Assessment,
    Moderated,
    Scorecard,
    assess,
    weigh,
)
from registry.domain.condition import Check, Condition, Duty
from registry.domain.decision_table import DecisionTable, FitBand, Mitigation, RiskBand, Row
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.rubric import (
    DEGREES,
    KnockOutAnswer,
    Rating,
    Rubric,
    Side,
    answer_badness,
    badness,
    counted,
)
from registry.domain.values import dataclass


@dataclass(frozen=True)
class Recommendation:
    outcome: Outcome
    row: Row
    """The row of the decision table that it came from."""
    risk: RiskBand
    fit: FitBand
    mitigation: Mitigation
    conditions: tuple[Condition, ...] = ()
    """Standing conditions that come with it: the row's own, and ordinary guidance where nothing needs
    cover."""

    @property
    def note(self) -> str:
        return self.row.note

    @property
    def preset_conditions(self) -> tuple[str, ...]:
        """The texts of `conditions`."""
        return tuple(each.text for each in self.conditions)


@dataclass(frozen=True)
class Flip:
    """One rating or answer that would change the recommendation if it were another one, all else the same."""

    id: str
    before: Rating | KnockOutAnswer
    after: Rating | KnockOutAnswer
    outcome: Outcome
    """What would be recommended then."""
    distance: int
    """How many numbers, or answers, it is away."""


class _Change(NamedTuple):
    id: str
    before: Rating | KnockOutAnswer
    after: Rating | KnockOutAnswer
    distance: int


def recommend(assessment: Assessment, table: DecisionTable) -> Recommendation:
    """The recommendation as drafted: of the first row that matches. Raises RubricInvalid where none does."""
    row = table.row_for(assessment.risk, assessment.fit, assessment.mitigation)
    guidance = assessment.guidance if MEANINGS[row.outcome].needs_conditions else ()
    return Recommendation(
        outcome=row.outcome,
        row=row,
        risk=assessment.risk,
        fit=assessment.fit,
        mitigation=assessment.mitigation,
        conditions=(*map(_standing, row.preset_conditions), *guidance),
    )


def reachable(
    rubric: Rubric,
    scorecards: Sequence[Scorecard],
    conditions: Sequence[Condition],
    moderated: Moderated,
    table: DecisionTable,
) -> Recommendation:
    """The best recommendation within reach: if complete conditions covered every open point. Raises as
    `assess` does."""
    assessment = assess(rubric, scorecards, conditions, moderated)
    return recommend(replace(assessment, mitigation=Mitigation.FULL), table)


def flips(
    rubric: Rubric,
    scorecards: Sequence[Scorecard],
    conditions: Sequence[Condition],
    moderated: Moderated,
    table: DecisionTable,
) -> tuple[Flip, ...]:
    """The single changes that would lead to another outcome, the nearest first, then in the rubric's order.

    What changes is the settled rating (median or moderated value) of a criterion: the nearest better one and
    the nearest worse one that flip it are told; and a knock-out's answer, told only where a better one flips
    it. Conditions stay. Raises as `assess` does.
    """
    assessment = assess(rubric, scorecards, conditions, moderated)
    outcome = recommend(assessment, table).outcome
    found: list[Flip] = []
    for line in (*_rating_lines(rubric, assessment), *_answer_lines(assessment)):
        for change in line:
            changed = recommend(_changed(rubric, assessment, conditions, change), table).outcome
            if changed is not outcome:
                found.append(Flip(change.id, change.before, change.after, changed, change.distance))
                break
    return tuple(sorted(found, key=lambda flip: flip.distance))


def explain(rubric: Rubric, assessment: Assessment, recommendation: Recommendation) -> tuple[str, ...]:
    """Why it is recommended, in plain sentences: what made the risk band, the fit band, the mitigation,
    and the row."""
    return (
        _explain_risk(rubric, assessment),
        _explain_fit(rubric, assessment),
        _explain_mitigation(rubric, assessment),
        f"Row {recommendation.row.number} of the decision table recommends: "
        f"{MEANINGS[recommendation.outcome].label}. {recommendation.note}".strip(),
    )


def _standing(text: str) -> Condition:
    return Condition(text=text, duty=Duty.USER, check=Check.SELF_ATTESTED, standing=True)


def _rating_lines(rubric: Rubric, assessment: Assessment) -> Iterator[list[_Change]]:
    """For each criterion the better ratings, then the worse ones, nearest first; equal counts left out."""
    for result in assessment.criteria:
        side, key, was = rubric.criterion(result.criterion_id).side, result.criterion_id, result.rating
        changes = [_Change(key, was, each, abs(counted(side, each) - counted(side, was))) for each in DEGREES]
        changes = sorted((each for each in changes if each.distance), key=lambda each: each.distance)
        yield [each for each in changes if badness(side, Rating(each.after)) < badness(side, was)]
        yield [each for each in changes if badness(side, Rating(each.after)) > badness(side, was)]


def _answer_lines(assessment: Assessment) -> Iterator[list[_Change]]:
    """For each knock-out that is not answered with a no the better answers, nearest first."""
    for result in assessment.knock_outs:
        was = answer_badness(result.answer)
        yield [
            _Change(result.id, result.answer, each, was - answer_badness(each))
            for each in reversed(KnockOutAnswer)
            if answer_badness(each) < was
        ]


def _changed(
    rubric: Rubric, assessment: Assessment, conditions: Sequence[Condition], change: _Change
) -> Assessment:
    return weigh(
        rubric,
        tuple(
            replace(each, rating=Rating(change.after)) if each.criterion_id == change.id else each
            for each in assessment.criteria
        ),
        tuple(
            replace(each, answer=KnockOutAnswer(change.after)) if each.id == change.id else each
            for each in assessment.knock_outs
        ),
        conditions,
    )


def _explain_risk(rubric: Rubric, assessment: Assessment) -> str:
    risks = {each.id for each in rubric.risks}
    at = {
        number: [
            each.criterion_id
            for each in assessment.criteria
            if each.criterion_id in risks and counted(Side.RISK, each.rating) == number
        ]
        for number in (2, SIGNIFICANT, 4)
    }
    holding = [each.id for each in assessment.knock_outs if each.answer is KnockOutAnswer.YES]
    unknown = [each.id for each in assessment.knock_outs if each.answer is KnockOutAnswer.UNKNOWN]
    causes = {
        RiskBand.FORBIDDEN: [
            f"{_named(rubric, each)} holds" for each in holding if rubric.knock_out(each).forbids
        ],
        RiskBand.EXTREME: [f"{_named(rubric, each)} holds" for each in holding]
        + [f"{_named(rubric, each)} is rated 4" for each in at[4]],
        RiskBand.LOW: ["nothing is significant or unknown, and fewer than five risks need guidance"],
    }
    significant = [_significant(rubric, assessment, each) for each in at[SIGNIFICANT]]
    significant += [f"{_named(rubric, each)} is unknown" for each in unknown]
    twos = [f"{len(at[2])} risks are rated 2: {_listed(rubric, at[2])}"]
    return f"Risk is {assessment.risk}: {'; '.join(causes.get(assessment.risk, significant or twos))}."


def _significant(rubric: Rubric, assessment: Assessment, criterion_id: str) -> str:
    unknown = assessment.rating(criterion_id) is Rating.UNKNOWN
    return f"{_named(rubric, criterion_id)} is {'unknown, which counts as 3' if unknown else 'rated 3'}"


def _explain_fit(rubric: Rubric, assessment: Assessment) -> str:
    weights = sum(each.weight for each in rubric.fits)
    return (
        f"Fit is {assessment.fit}: {assessment.fit_sum} of {4 * weights} points, "
        f"where {2 * weights} is adequate and {3 * weights} strong."
    )


def _explain_mitigation(rubric: Rubric, assessment: Assessment) -> str:
    if not assessment.needs_cover:
        return "Mitigation is full: nothing needs a condition that covers it."
    if not assessment.uncovered:
        return f"Mitigation is full: complete conditions cover {_listed(rubric, assessment.needs_cover)}."
    bare = [each for each in assessment.uncovered if assessment.covers[each] is Mitigation.NONE]
    partial = [each for each in assessment.uncovered if assessment.covers[each] is Mitigation.PARTIAL]
    causes = [f"no condition covers {_listed(rubric, bare)}"] if bare else []
    if partial:
        causes.append(f"who, check or date is missing in what covers {_listed(rubric, partial)}")
    return f"Mitigation is {assessment.mitigation}: {'; '.join(causes)}."


def _named(rubric: Rubric, key: str) -> str:
    names = {each.id: each.name for each in rubric.criteria} | {
        each.id: each.name for each in rubric.knock_outs
    }
    return f"{key} ({names[key].lower()})"


def _listed(rubric: Rubric, keys: Sequence[str]) -> str:
    return ", ".join(_named(rubric, each) for each in keys)
