"""Weighs scorecards and conditions against a rubric: median and spread per criterion, risk and fit band,
mitigation; what follows from them is left to recommendation."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

from registry.domain.condition import Check, Condition, Duty
from registry.domain.decision_table import MITIGATION_BADNESS, FitBand, Mitigation, RiskBand
from registry.domain.errors import NoScorecards, RatingOutOfRange, RuleBroken, UnknownCriterion
from registry.domain.rubric import (
    Criterion,
    KnockOut,
    KnockOutAnswer,
    Rating,
    Rubric,
    Side,
    answer_badness,
    badness,
    counted,
)
from registry.domain.values import dataclass

SIGNIFICANT = 3
"""A risk that counts as this much needs cover; so does an unknown knock-out."""
THREES_FOR_HIGH = 3
TWOS_FOR_MODERATE = 5


@dataclass(frozen=True)
class Scorecard:
    reviewer: str
    ratings: Mapping[str, Rating]
    knock_outs: Mapping[str, KnockOutAnswer]


@dataclass(frozen=True)
class Moderated:
    """What the owner of an evaluation resolved, by id; it stands in the place of the median or the worst
    answer."""

    ratings: Mapping[str, Rating] = field(default_factory=dict)
    knock_outs: Mapping[str, KnockOutAnswer] = field(default_factory=dict)


@dataclass(frozen=True)
class CriterionResult:
    criterion_id: str
    given: tuple[Rating, ...]
    """In the order of the scorecards, those that leave it out left out."""
    rating: Rating
    """The median, the worse one of an even number, or the moderated value; U where nobody rated it."""
    spread: int
    """0 to 4, between the lowest and the highest given, each taken as the number that it counts as."""
    moderated: bool = False


@dataclass(frozen=True)
class KnockOutResult:
    id: str
    given: tuple[KnockOutAnswer, ...]
    answer: KnockOutAnswer
    """The worst one given, or the moderated one; unknown where nobody answered."""
    moderated: bool = False


@dataclass(frozen=True)
class Assessment:
    criteria: tuple[CriterionResult, ...]
    knock_outs: tuple[KnockOutResult, ...]
    risk: RiskBand
    fit: FitBand
    fit_sum: int
    """Weight times number, summed over the fits: 0 to 4 times the sum of their weights."""
    mitigation: Mitigation
    uncovered: tuple[str, ...]
    """Those of `needs_cover` whose cover is not complete, in the same order."""
    needs_cover: tuple[str, ...]
    """Ids of the criteria at 3 or U, then of the unknown knock-outs, in the rubric's order."""
    covers: Mapping[str, Mitigation] = field(default_factory=dict)
    """How well each of `needs_cover` is covered: full is complete, partial incomplete."""
    guidance: tuple[Condition, ...] = ()
    """Standing conditions from the ordinary guidance of each risk at 2, where such risks alone make the
    band moderate."""

    def rating(self, criterion_id: str) -> Rating:
        """Raises UnknownCriterion."""
        for each in self.criteria:
            if each.criterion_id == criterion_id:
                return each.rating
        raise UnknownCriterion(f"The assessment has no criterion {criterion_id}.")

    def answer(self, knock_out_id: str) -> KnockOutAnswer:
        """Raises UnknownCriterion."""
        for each in self.knock_outs:
            if each.id == knock_out_id:
                return each.answer
        raise UnknownCriterion(f"The assessment has no knock-out {knock_out_id}.")


NOT_MODERATED = Moderated()


def assess(
    rubric: Rubric,
    scorecards: Sequence[Scorecard],
    conditions: Sequence[Condition],
    moderated: Moderated = NOT_MODERATED,
) -> Assessment:
    """Weigh one evaluation's scorecards against the rubric it was opened with; their order does not matter.

    Per criterion the median rating (of an even number the worse one), per knock-out the worst answer, unless
    moderated. Conditions may name ids that the rubric lacks; they cover nothing. Raises NoScorecards;
    UnknownCriterion and RatingOutOfRange for what the rubric does not ask or allow; RuleBroken for a
    moderated value that does not lie between the lowest and the highest given. Source: docs/rubric.md, "How
    ratings are weighed".
    """
    if not scorecards:
        raise NoScorecards("There is no scorecard yet; submit one first.")
    for each in scorecards:
        _refuse_unasked(rubric, each.ratings, each.knock_outs)
    _refuse_unasked(rubric, moderated.ratings, moderated.knock_outs)
    return weigh(
        rubric,
        tuple(_criterion_result(each, scorecards, moderated) for each in rubric.criteria),
        tuple(_knock_out_result(each, scorecards, moderated) for each in rubric.knock_outs),
        conditions,
    )


def weigh(
    rubric: Rubric,
    criteria: tuple[CriterionResult, ...],
    knock_outs: tuple[KnockOutResult, ...],
    conditions: Iterable[Condition],
) -> Assessment:
    """The bands and the mitigation of results that are settled, one of each criterion and knock-out of
    the rubric."""
    rating_of = {each.criterion_id: each.rating for each in criteria}
    answer_of = {each.id: each.answer for each in knock_outs}
    numbers = [counted(Side.RISK, rating_of[each.id]) for each in rubric.risks]
    numbers += [SIGNIFICANT for answer in answer_of.values() if answer is KnockOutAnswer.UNKNOWN]
    risk = _risk_band(
        [each for each in rubric.knock_outs if answer_of[each.id] is KnockOutAnswer.YES], numbers
    )
    needs_cover = tuple(
        [each.id for each in rubric.risks if counted(Side.RISK, rating_of[each.id]) == SIGNIFICANT]
        + [each.id for each in rubric.knock_outs if answer_of[each.id] is KnockOutAnswer.UNKNOWN]
    )
    covers = _covers(needs_cover, conditions)
    fit_sum = sum(each.weight * counted(Side.FIT, rating_of[each.id]) for each in rubric.fits)
    return Assessment(
        criteria=criteria,
        knock_outs=knock_outs,
        risk=risk,
        fit=_fit_band(fit_sum, sum(each.weight for each in rubric.fits)),
        fit_sum=fit_sum,
        mitigation=max(covers.values(), key=MITIGATION_BADNESS.__getitem__, default=Mitigation.FULL),
        uncovered=tuple(each for each in needs_cover if covers[each] is not Mitigation.FULL),
        needs_cover=needs_cover,
        covers=covers,
        guidance=_guidance(rubric, rating_of) if risk is RiskBand.MODERATE and not needs_cover else (),
    )


def spread(side: Side, ratings: Sequence[Rating]) -> int:
    """Between the lowest and the highest number that the ratings count as; 0 of none."""
    numbers = [counted(side, each) for each in ratings]
    return max(numbers, default=0) - min(numbers, default=0)


def _risk_band(holding: Sequence[KnockOut], numbers: Sequence[int]) -> RiskBand:
    if any(each.forbids for each in holding):
        return RiskBand.FORBIDDEN
    if holding or 4 in numbers:
        return RiskBand.EXTREME
    if numbers.count(SIGNIFICANT) >= THREES_FOR_HIGH:
        return RiskBand.HIGH
    if SIGNIFICANT in numbers or numbers.count(2) >= TWOS_FOR_MODERATE:
        return RiskBand.MODERATE
    return RiskBand.LOW


def _fit_band(fit_sum: int, weights: int) -> FitBand:
    if fit_sum >= 3 * weights:
        return FitBand.STRONG
    return FitBand.ADEQUATE if fit_sum >= 2 * weights else FitBand.WEAK


def _covers(needs_cover: Sequence[str], conditions: Iterable[Condition]) -> dict[str, Mitigation]:
    """The best cover that any condition gives to each id."""
    covers = dict.fromkeys(needs_cover, Mitigation.NONE)
    for condition in conditions:
        for each in condition.mitigates & covers.keys():
            if condition.complete:
                covers[each] = Mitigation.FULL
            elif covers[each] is Mitigation.NONE:
                covers[each] = Mitigation.PARTIAL
    return covers


def _guidance(rubric: Rubric, rating_of: Mapping[str, Rating]) -> tuple[Condition, ...]:
    return tuple(
        Condition(
            text=each.ordinary_guidance,
            duty=Duty.USER,
            check=Check.SELF_ATTESTED,
            mitigates=frozenset({each.id}),
            standing=True,
        )
        for each in rubric.risks
        if rating_of[each.id] is Rating.TWO
    )


def _criterion_result(
    criterion: Criterion, scorecards: Sequence[Scorecard], moderated: Moderated
) -> CriterionResult:
    given = tuple(card.ratings[criterion.id] for card in scorecards if criterion.id in card.ratings)
    ranked = sorted(given or (Rating.UNKNOWN,), key=lambda each: badness(criterion.side, each))
    resolved = moderated.ratings.get(criterion.id)
    if resolved is not None:
        ranks = [badness(criterion.side, each) for each in ranked]
        if not ranks[0] <= badness(criterion.side, resolved) <= ranks[-1]:
            raise RuleBroken(_outside(criterion.id, resolved, ranked[0], ranked[-1]))
    return CriterionResult(
        criterion_id=criterion.id,
        given=given,
        rating=ranked[len(ranked) // 2] if resolved is None else resolved,
        spread=spread(criterion.side, given),
        moderated=resolved is not None,
    )


def _knock_out_result(
    knock_out: KnockOut, scorecards: Sequence[Scorecard], moderated: Moderated
) -> KnockOutResult:
    given = tuple(card.knock_outs[knock_out.id] for card in scorecards if knock_out.id in card.knock_outs)
    ranked = sorted(given or (KnockOutAnswer.UNKNOWN,), key=answer_badness)
    resolved = moderated.knock_outs.get(knock_out.id)
    if resolved is not None:
        ranks = [answer_badness(each) for each in ranked]
        if not ranks[0] <= answer_badness(resolved) <= ranks[-1]:
            raise RuleBroken(_outside(knock_out.id, resolved, ranked[0], ranked[-1]))
    return KnockOutResult(
        id=knock_out.id,
        given=given,
        answer=ranked[-1] if resolved is None else resolved,
        moderated=resolved is not None,
    )


def _outside(key: str, resolved: str, one: str, other: str) -> str:
    return (
        f"{key} was moderated to {resolved}; the reviewers gave {one} to {other}: choose a value among these."
    )


def _refuse_unasked(
    rubric: Rubric, ratings: Mapping[str, Rating], answers: Mapping[str, KnockOutAnswer]
) -> None:
    for criterion_id, rating in ratings.items():
        criterion = rubric.criterion(criterion_id)
        if not isinstance(rating, Rating):
            raise RatingOutOfRange(f"{criterion_id} cannot be rated {rating!r}; choose 0 to 4 or U.")
        if rating is Rating.NOT_APPLICABLE and not criterion.may_not_apply:
            raise RatingOutOfRange(f'{criterion_id} always applies; choose 0 to 4, or U instead of "NA".')
    for knock_out_id, answer in answers.items():
        rubric.knock_out(knock_out_id)
        if not isinstance(answer, KnockOutAnswer):
            raise RatingOutOfRange(
                f"{knock_out_id} cannot be answered {answer!r}; choose yes, no or unknown."
            )
