"""Krippendorff's alpha against his own example and against another implementation; what a figure says in words."""

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.agreement import Agreement, Metric, agreement, alpha, in_words, trend
from registry.domain.rubric import Rating, Side

# Four observers, twelve units: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section C.
PUBLISHED = [
    [1, 1, 1],
    [2, 2, 3, 2],
    [3, 3, 3, 3],
    [3, 3, 3, 3],
    [2, 2, 2, 2],
    [1, 2, 3, 4],
    [4, 4, 4, 4],
    [1, 1, 2, 1],
    [2, 2, 2, 2],
    [5, 5, 5],
    [1, 1],
    [3],
]
EACH_ONCE = [(unit, 1) for unit in PUBLISHED]


@pytest.mark.parametrize(
    ("metric", "expected"), [(Metric.NOMINAL, 0.743), (Metric.ORDINAL, 0.815), (Metric.INTERVAL, 0.849)]
)
def test_alpha_of_the_published_example(metric: Metric, expected: float) -> None:
    assert alpha(EACH_ONCE, metric) == pytest.approx(expected, abs=0.0005)


# Section A of the same paper: two observers, ten units, yes or no.
def test_alpha_of_the_published_example_with_two_values() -> None:
    meg = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    owen = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    units = [(pair, 1) for pair in zip(meg, owen, strict=True)]
    assert alpha(units, Metric.NOMINAL) == pytest.approx(0.095, abs=0.0005)


@given(
    st.lists(
        st.lists(st.one_of(st.none(), st.integers(0, 5)), min_size=3, max_size=3), min_size=2, max_size=15
    ),
    st.sampled_from(Metric),
)
def test_another_implementation_says_the_same(table: list[list[int | None]], metric: Metric) -> None:
    ours = alpha([([each for each in unit if each is not None], 1) for unit in table], metric)
    if ours is None:
        return
    theirs = krippendorff.alpha(
        reliability_data=np.array([[np.nan if each is None else each for each in unit] for unit in table]).T,
        level_of_measurement=metric.value,
    )
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_units_that_occurred_several_times_count_as_often() -> None:
    twice = [(unit, 2) for unit in PUBLISHED]
    assert alpha(twice, Metric.ORDINAL) == alpha(EACH_ONCE + EACH_ONCE, Metric.ORDINAL)


def test_of_ordinal_ratings_only_the_order_counts() -> None:
    stretched = [([10**each for each in unit], 1) for unit in PUBLISHED]
    assert alpha(stretched, Metric.ORDINAL) == alpha(EACH_ONCE, Metric.ORDINAL)


ZERO, ONE, TWO, THREE, FOUR, U, NA = Rating


def test_full_agreement_is_1_and_systematic_disagreement_is_below_0() -> None:
    assert agreement(Side.RISK, {(ONE, ONE): 3, (FOUR, FOUR): 1}).alpha == 1
    assert (agreement(Side.RISK, {(ZERO, FOUR): 2}).alpha or 0) < 0


@pytest.mark.parametrize("units", [{}, {(ONE,): 4}, {(ONE, ONE): 4}, {(NA, ONE): 4}])
def test_agreement_is_undefined_without_two_ratings_that_could_have_differed(
    units: dict[tuple[Rating, ...], int],
) -> None:
    assert agreement(Side.RISK, units).alpha is None


def test_unknown_has_a_rank_of_its_own_beside_the_number_that_it_counts_as() -> None:
    with_three = agreement(Side.RISK, {(ONE, THREE): 4, (TWO, TWO): 2, (FOUR, FOUR): 2}).alpha
    with_unknown = agreement(Side.RISK, {(ONE, U): 4, (TWO, TWO): 2, (FOUR, FOUR): 2}).alpha
    assert with_three == with_unknown  # alone, U takes the place of 3 in the order
    assert (agreement(Side.RISK, {(THREE, U): 4, (ZERO, ZERO): 4}).alpha or 0) < 1


def test_an_evaluation_that_one_person_scored_is_not_counted() -> None:
    found = agreement(Side.FIT, {(ONE, TWO, NA): 3, (FOUR,): 9})
    assert (found.evaluations, found.ratings) == (3, 6)


@pytest.mark.parametrize(
    ("figure", "count", "said"),
    [
        (0.81, 9, "alike"),
        (0.7, 9, "mostly"),
        (0.3, 9, "differently"),
        (-0.1, 9, "chance"),
        (0.3, 4, "Too few"),
        (None, 9, "always gave the same"),
        (None, 0, "Nobody can tell"),
    ],
)
def test_a_figure_is_told_in_words(figure: float | None, count: int, said: str) -> None:
    assert said in in_words(Agreement(figure, count, 2 * count))


def test_the_trend_compares_the_first_and_the_last_period_that_can_tell() -> None:
    low, high, few = Agreement(0.4, 9, 18), Agreement(0.7, 9, 18), Agreement(-1, 2, 4)
    assert [trend(each) for each in ([few, low, few, high], [high, low], [low, low], [low, few])] == [
        "better",
        "worse",
        "about the same",
        "too early to tell",
    ]
