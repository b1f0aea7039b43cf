from registry.domain.choice_of_reviewers import Choosable, propose
from registry.domain.evaluation import Tier


def person(number: int, *areas: str, load: int = 0, late: int = 0, barred: str = "") -> Choosable:
    return Choosable(number, f"P{number}", frozenset(areas), load, late, barred)


def test_the_least_loaded_are_proposed_up_to_the_number_of_the_tier():
    people = [person(1, load=4), person(2, load=1), person(3, load=2)]
    assert propose(Tier.ONE, people) == (2,)
    assert propose(Tier.TWO, people) == (2, 3)


def test_of_equally_loaded_people_the_one_with_less_that_is_late_is_proposed():
    assert propose(Tier.ONE, [person(1, load=2, late=2), person(2, load=2, late=1)]) == (2,)


def test_tier_3_proposes_who_covers_privacy_security_and_accessibility_however_busy():
    people = [
        person(1, load=0),
        person(2, "privacy", load=9),
        person(3, "security", "accessibility", load=5),
        person(4, "security", load=1),
    ]
    assert propose(Tier.THREE, people) == (3, 2, 1)


def test_nobody_is_proposed_who_may_not_score():
    people = [person(1, "privacy", barred="Asked for this tool."), person(2, "privacy", load=7)]
    assert propose(Tier.ONE, people) == (2,)


def test_who_is_asked_already_counts():
    people = [person(1), person(2, "accessibility")]
    asked = [frozenset({"privacy", "security"}), frozenset()]
    assert propose(Tier.TWO, people, asked=asked) == ()
    assert propose(Tier.THREE, people, asked=asked) == (2,)


def test_an_area_that_nobody_brings_is_asked_for_even_where_enough_are_asked():
    asked = [frozenset({"privacy"}), frozenset({"security"}), frozenset()]
    assert propose(Tier.THREE, [person(1), person(2, "accessibility")], asked=asked) == (2,)


def test_an_office_of_one_person_asks_one():
    assert propose(Tier.THREE, [person(1)], solo=True) == (1,)
