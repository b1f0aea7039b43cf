"""A number for how likely a candidate is one for us, with reasons that anybody can check."""

from registry.domain.relevance import (
    ENOUGH,
    NEUTRAL,
    Feature,
    FeatureKind,
    Features,
    heard,
    learn,
    relevance,
    site_of,
    words_of,
)

BOARD = Feature(FeatureKind.SOURCE, "Show board")
NEWS = Feature(FeatureKind.SOURCE, "Money news")


def word(text: str) -> Feature:
    return Feature(FeatureKind.WORD, text)


def of(*features: Feature) -> Features:
    return frozenset(features)


def an_office() -> list[tuple[Features, bool]]:
    """Lets in what the board shows, dismisses what the news tell of newsletters."""
    return [
        *[(of(BOARD, word("agent")), True)] * 9,
        (of(BOARD, word("newsletter")), False),
        *[(of(NEWS, word("newsletter")), False)] * 9,
        (of(NEWS, word("agent")), True),
    ]


def test_what_is_like_what_was_let_in_has_a_higher_number_than_what_is_like_what_was_dismissed():
    learnt = learn(an_office())
    numbers = [relevance(each, learnt).number for each in (of(BOARD, word("agent")), of(BOARD), of(NEWS))]
    assert numbers == sorted(numbers, reverse=True)
    assert numbers[0] > 80
    assert numbers[2] < 25


def test_reasons_count_what_was_decided_the_weightiest_first():
    learnt = learn(an_office())
    assert relevance(of(BOARD, word("agent")), learnt).reasons == (
        "10 of 10 with the word “agent” were let in.",
        "9 of 10 from Show board were let in.",
    )
    assert (
        "10 of 10 with the word “newsletter” were dismissed."
        in relevance(of(NEWS, word("newsletter")), learnt).reasons
    )


def test_a_reason_of_a_minority_says_what_is_usual():
    rare = [(of(BOARD), True)] * 2 + [(of(BOARD), False)] * 3
    learnt = learn([*rare, *[(of(NEWS), False)] * 40, *[(of(NEWS), True)] * 3])
    assert relevance(of(BOARD), learnt).reasons == (
        "2 of 5 from Show board were let in; of all it is 5 of 48.",
    )


def test_with_nothing_like_it_the_number_is_neutral():
    found = relevance(of(word("zither")), learn(an_office()))
    assert (found.number, found.reasons) == (NEUTRAL, ("Nothing like it was decided yet.",))


def test_nothing_is_learnt_from_a_handful_of_decisions():
    few = [(of(BOARD), True)] * (ENOUGH - 1) + [(of(NEWS), False)] * 30
    found = relevance(of(BOARD), learn(few))
    assert found.number == NEUTRAL
    assert found.reasons == (
        "Too little was decided to learn from: 4 let in, 30 dismissed as not for us; 5 of each are needed.",
    )


def test_one_decision_moves_the_number_little_and_many_move_it_much():
    once = relevance(of(word("oboe")), learn([*an_office(), (of(word("oboe")), True)])).number
    often = relevance(of(word("oboe")), learn([*an_office(), *[(of(word("oboe")), True)] * 12])).number
    assert NEUTRAL < once < 65 < often


def test_words_that_come_together_count_less_than_each_by_itself():
    learnt = learn([(of(word("a1"), word("b1"), word("c1")), True)] * 9 + [(of(NEWS), False)] * 9)
    one, three = (
        relevance(of(*each), learnt).number for each in ((word("a1"),), (word("a1"), word("b1"), word("c1")))
    )
    assert one < three < 99


def test_the_same_decisions_in_any_order_give_the_same_number_and_reasons():
    office = an_office()
    asked = of(BOARD, NEWS, word("agent"), word("newsletter"))
    assert relevance(asked, learn(office)) == relevance(asked, learn(office[::-1]))


def test_a_number_is_never_outside_0_and_100():
    sure = learn([(of(*(word(f"w{n}") for n in range(40)), BOARD), True)] * 500 + [(of(NEWS), False)] * 500)
    assert 0 <= relevance(of(NEWS), sure).number <= relevance(of(BOARD), sure).number <= 100


def test_words_are_folded_told_once_and_without_the_small_ones():
    assert words_of("The Café", "an AI-first café for C++ teams") == ["cafe", "ai-first", "c++", "teams"]


def test_homes_and_mentions_come_in_a_few_sorts():
    assert [site_of(each) for each in ("", "pkg:pypi/x", "github.com/a/b", "a.example", "a.example/b")] == [
        "none",
        "package",
        "repository",
        "site",
        "site",
    ]
    assert [heard(each) for each in (0, 1, 2, 3, 4)] == [
        "once",
        "once",
        "a few times",
        "a few times",
        "often",
    ]
