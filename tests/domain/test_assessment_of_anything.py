"""What holds of every assessment, whatever the reviewers give and the conditions say."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from registry.domain.assessment import Scorecard, assess
from registry.domain.condition import Check, Condition, Duty
from registry.domain.rubric import DEGREES, KnockOutAnswer, Rating, badness
from tests.builders_domain import FITS, KNOCK_OUTS, RISKS, a_scorecard, the_rubric

scorecards = st.builds(
    Scorecard,
    reviewer=st.sampled_from(["Rosa", "Ravi", "Ruth"]),
    ratings=st.fixed_dictionaries(
        {}, optional={each: st.sampled_from([*DEGREES, Rating.UNKNOWN]) for each in (*RISKS, *FITS)}
    ),
    knock_outs=st.fixed_dictionaries(
        {}, optional={each: st.sampled_from(KnockOutAnswer) for each in KNOCK_OUTS}
    ),
)
conditions = st.builds(
    Condition,
    text=st.just("Do it."),
    duty=st.sampled_from([None, *Duty]),
    check=st.sampled_from([None, *Check]),
    mitigates=st.frozensets(st.sampled_from([*RISKS, *KNOCK_OUTS])),
    standing=st.booleans(),
    due_on=st.sampled_from([None, date(2027, 1, 1)]),
)


@given(st.lists(scorecards, min_size=1, max_size=5), st.lists(conditions, max_size=4))
def test_whatever_is_given_has_one_assessment_with_medians_among_those_given(cards, drafted):
    result = assess(the_rubric(), cards, drafted)
    for each in result.criteria:
        assert each.rating in (each.given or (Rating.UNKNOWN,))
    assert set(result.uncovered) <= set(result.needs_cover) == set(result.covers)
    assert 0 <= result.fit_sum <= 400


@given(st.lists(scorecards, min_size=2, max_size=5), st.lists(conditions, max_size=4), st.randoms())
def test_the_order_of_scorecards_and_conditions_does_not_matter(cards, drafted, random):
    first = assess(the_rubric(), cards, drafted)
    again = assess(the_rubric(), random.sample(cards, len(cards)), random.sample(drafted, len(drafted)))
    assert (first.risk, first.fit, first.mitigation) == (again.risk, again.fit, again.mitigation)
    assert [each.rating for each in first.criteria] == [each.rating for each in again.criteria]
    assert [each.answer for each in first.knock_outs] == [each.answer for each in again.knock_outs]


@given(
    st.lists(st.sampled_from([*DEGREES, Rating.UNKNOWN]), min_size=1, max_size=7),
    st.sampled_from(["R2", "F1"]),
)
def test_fewer_than_half_of_the_reviewers_rate_worse_than_the_median_and_at_most_half_better(
    ratings, criterion_id
):
    side = the_rubric().criterion(criterion_id).side
    cards = [
        a_scorecard(f"reviewer {number}", ratings={criterion_id: each}) for number, each in enumerate(ratings)
    ]
    median = badness(side, assess(the_rubric(), cards, []).rating(criterion_id))
    worse = [each for each in ratings if badness(side, each) > median]
    better = [each for each in ratings if badness(side, each) < median]
    assert len(worse) < len(ratings) / 2
    assert len(better) <= len(ratings) / 2
