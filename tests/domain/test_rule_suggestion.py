"""Words of which an office never let anything in are suggested, and nothing else."""

from registry.domain.rule_suggestion import Example, Fate, suggestions


def told(fate: Fate, *marks: str, times: int = 1) -> list[Example]:
    return [Example(marks, fate)] * times


LET_IN = told(Fate.ACCEPTED, "notes", "agent", times=20)


def test_a_word_that_was_always_dismissed_is_suggested_with_its_figures():
    found = suggestions(
        [*LET_IN, *told(Fate.DISMISSED, "funding", times=14), *told(Fate.OTHER, "funding", times=2)]
    )
    assert [(each.mark, each.dismissed, each.other) for each in found] == [("funding", 14, 2)]


def test_one_that_was_let_in_spoils_a_word():
    found = [*LET_IN, *told(Fate.DISMISSED, "funding", times=30), *told(Fate.ACCEPTED, "funding")]
    assert suggestions(found) == ()


def test_seven_are_too_few():
    assert suggestions([*LET_IN, *told(Fate.DISMISSED, "funding", times=7)]) == ()


def test_where_most_is_dismissed_anyway_it_takes_more_to_suggest_a_word():
    mostly = [*LET_IN, *told(Fate.DISMISSED, times=180)]
    assert suggestions([*mostly, *told(Fate.DISMISSED, "funding", times=20)]) == ()
    assert len(suggestions([*mostly, *told(Fate.DISMISSED, "funding", times=60)])) == 1


def test_where_nothing_was_ever_let_in_nothing_is_suggested():
    assert suggestions(told(Fate.DISMISSED, "funding", times=500)) == ()


def test_words_of_the_same_entries_are_one_suggestion_and_there_are_at_most_five():
    same = told(Fate.DISMISSED, "series", "funding", times=10)
    assert [each.mark for each in suggestions([*LET_IN, *same])] == ["funding"]
    many = [each for n in range(9) for each in told(Fate.DISMISSED, f"word{n}", times=10)]
    assert len(suggestions([*LET_IN * 3, *many])) == 5
