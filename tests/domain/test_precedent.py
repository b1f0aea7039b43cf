"""How alike two cases are, in points that can be counted by hand."""

from registry.domain.precedent import LEAST, MOST, Case, likeness

LETTERS = Case(
    category="Writing",
    vendor="Northlight",
    data_class="internal",
    accounts=frozenset({"work"}),
    audience=frozenset({"staff"}),
    ratings={"R1": "1", "R2": "3", "F1": "4", "R12": "NA"},
)


def test_the_same_case_is_a_hundred_of_a_hundred_and_says_why_the_weightiest_first():
    found = likeness(LETTERS, LETTERS)
    assert found.points == sum(MOST.values()) == 100
    assert found.reasons[0] == "4 of 4 ratings are at most one step apart"
    assert found.reasons[1] == "both are of the category Writing"


def test_the_same_category_alone_is_just_enough_for_a_precedent():
    assert likeness(LETTERS, Case(category="Writing")).points == LEAST
    assert likeness(LETTERS, Case(category="Physics")).points == 0


def test_nothing_said_is_no_likeness():
    assert likeness(Case(), Case()).points == 0


def test_ratings_count_by_the_share_that_is_at_most_one_step_apart_where_that_is_more_than_half():
    past = Case(ratings={"R1": "2", "R2": "U", "F1": "1", "R12": "NA", "R3": "0"})
    found = likeness(LETTERS, past)
    assert (found.points, found.reasons) == (30, ("3 of 4 ratings are at most one step apart",))
    assert likeness(LETTERS, Case(ratings={"R1": "4", "R2": "3"})).points == 0
