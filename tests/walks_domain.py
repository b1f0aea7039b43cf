"""Random evaluations and steps that make them worse, for what must hold whatever is given."""

import random
from dataclasses import dataclass, replace
from datetime import date

from registry.domain.assessment import Scorecard
from registry.domain.condition import Check, Condition, Duty
from registry.domain.rubric import Criterion, KnockOutAnswer, Rating, Rubric, Side, answer_badness, badness


@dataclass(frozen=True)
class Case:
    scorecards: tuple[Scorecard, ...]
    conditions: tuple[Condition, ...]


def random_case(draw: random.Random, rubric: Rubric, *, reviewers: int) -> Case:
    """Whole scorecards and up to a dozen conditions, from harmless to grave, so that every row of the
    table is met."""
    gravity, unfitness, doubt = (draw.choice((0.0, 0.0, 0.03, 0.1, 0.4)) for _ in range(3))
    return Case(
        scorecards=tuple(
            Scorecard(
                reviewer=f"reviewer {number}",
                ratings={each.id: _random_rating(draw, each, gravity, unfitness) for each in rubric.criteria},
                knock_outs={each.id: _random_answer(draw, doubt) for each in rubric.knock_outs},
            )
            for number in range(reviewers)
        ),
        conditions=tuple(_random_condition(draw, rubric) for _ in range(draw.randrange(13))),
    )


def worsened(draw: random.Random, rubric: Rubric, case: Case) -> Case:
    """The case with one rating, one answer or one cover made worse; as it is where the chosen one is the
    worst already."""
    return draw.choice((_with_worse_rating, _with_worse_rating, _with_worse_answer, _with_worse_cover))(
        draw, rubric, case
    )


def _ranked(criterion: Criterion) -> list[Rating]:
    """The ratings that the criterion allows, best first."""
    allowed = [each for each in Rating if each is not Rating.NOT_APPLICABLE or criterion.may_not_apply]
    return sorted(allowed, key=lambda each: badness(criterion.side, each))


def _random_rating(draw: random.Random, criterion: Criterion, gravity: float, unfitness: float) -> Rating:
    ranked = _ranked(criterion)
    if draw.random() < (gravity if criterion.side is Side.RISK else unfitness):
        return draw.choice(ranked)
    return draw.choice(ranked[:3])


def _random_answer(draw: random.Random, doubt: float) -> KnockOutAnswer:
    return (
        draw.choice((KnockOutAnswer.UNKNOWN, KnockOutAnswer.NO))
        if draw.random() < doubt
        else KnockOutAnswer.NO
    )


def _random_condition(draw: random.Random, rubric: Rubric) -> Condition:
    coverable = [each.id for each in rubric.risks] + [each.id for each in rubric.knock_outs]
    return Condition(
        text="Do it.",
        duty=draw.choice((None, *Duty, *Duty, *Duty)),
        check=draw.choice((None, *Check, *Check, *Check)),
        mitigates=frozenset(draw.sample(coverable, draw.choice((1, 2, 5, len(coverable))))),
        standing=draw.random() < 0.5,
        due_on=draw.choice((None, *[date(2027, 1, 1)] * 4)),
    )


def _with_worse_rating(draw: random.Random, rubric: Rubric, case: Case) -> Case:
    at = draw.randrange(len(case.scorecards))
    card, criterion = case.scorecards[at], draw.choice(rubric.criteria)
    now = badness(criterion.side, card.ratings[criterion.id])
    worse = [each for each in _ranked(criterion) if badness(criterion.side, each) > now]
    if not worse:
        return case
    # Mostly the next one, so that a walk meets every band before it ends in the worst.
    rating = worse[0] if draw.random() < 0.8 else draw.choice(worse)
    return _with_card(case, at, replace(card, ratings={**card.ratings, criterion.id: rating}))


def _with_worse_answer(draw: random.Random, rubric: Rubric, case: Case) -> Case:
    at = draw.randrange(len(case.scorecards))
    card, knock_out = case.scorecards[at], draw.choice(rubric.knock_outs)
    now = answer_badness(card.knock_outs[knock_out.id])
    worse = [each for each in KnockOutAnswer if answer_badness(each) > now]
    if (
        not worse or draw.random() < 0.5
    ):  # half as often, for a knock-out ends a walk in the strictest outcomes
        return case
    return _with_card(case, at, replace(card, knock_outs={**card.knock_outs, knock_out.id: worse[0]}))


def _with_worse_cover(draw: random.Random, _rubric: Rubric, case: Case) -> Case:
    if not case.conditions:
        return case
    at = draw.randrange(len(case.conditions))
    condition = case.conditions[at]
    if not condition.mitigates or draw.random() < 0.1:
        return replace(case, conditions=case.conditions[:at] + case.conditions[at + 1 :])
    one = draw.choice(sorted(condition.mitigates))
    worse = draw.choice(
        (
            replace(condition, duty=None),
            replace(condition, check=None),
            replace(condition, due_on=None, standing=False),
            replace(condition, mitigates=condition.mitigates - {one}),
        )
    )
    return replace(case, conditions=(*case.conditions[:at], worse, *case.conditions[at + 1 :]))


def _with_card(case: Case, at: int, card: Scorecard) -> Case:
    return replace(case, scorecards=(*case.scorecards[:at], card, *case.scorecards[at + 1 :]))
