from typing import Any

from registry.domain.outcome import Outcome
from registry.domain.wording import scope_limits
from tests.domain.verdict_builders import THE_HOUSE, a_verdict

SCOPE: dict[str, Any] = {
    "data_ceiling": THE_HOUSE.data_classes[1],
    "accounts": frozenset({"tenant"}),
    "audience": frozenset({"interns"}),
    "offices": frozenset({"north"}),
    "edition": "Business",
    "versions": "2.x",
}


def test_a_yes_tells_every_limit_of_its_scope_in_the_words_of_the_answer() -> None:
    data, *others = scope_limits(a_verdict(Outcome.APPROVED, **SCOPE), THE_HOUSE)
    assert data == f"Only with data up to {THE_HOUSE.data_classes[1]}."
    assert others == [
        "Only with these accounts: tenant.",
        "Only for: interns.",
        "Only in the office: north.",
        "Only for the edition: Business.",
        "This covers only version 2.x.",
    ]


def test_a_no_tells_whom_and_what_it_concerns_and_nothing_that_sounds_like_a_permission() -> None:
    told = scope_limits(a_verdict(Outcome.REJECTED, **SCOPE), THE_HOUSE)
    assert told[0] == "Only in the office: north."


def test_what_limits_nothing_says_nothing() -> None:
    assert scope_limits(a_verdict(Outcome.APPROVED), THE_HOUSE) == []
