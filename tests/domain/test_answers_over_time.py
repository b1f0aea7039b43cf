"""Properties that hold for every set of verdicts and every question, looked for with random ones."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from registry.domain.answer import PERMITS, STRICTNESS_OF_ANSWERS
from registry.domain.lookup import AnswerCode, exit_code
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.validity import MarkKind, Ruling
from tests.domain.verdict_builders import SIGN_IN, STARTED, THE_HOUSE, a_mark, a_ruling, ask, dated

DAY = timedelta(days=1)
VALUES = {
    "data_class": THE_HOUSE.data_classes,
    "account": THE_HOUSE.account_types,
    "audience": THE_HOUSE.audiences,
    "office": THE_HOUSE.offices,
}
PERMISSIVE = [each for each in Outcome if MEANINGS[each].may_use]
days = st.integers(0, 400).map(lambda days: STARTED.date() + days * DAY)


def some(values: Sequence[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), unique=True, max_size=2)


@st.composite
def marks(draw: Any) -> list[Any]:
    kinds = draw(st.lists(st.sampled_from(MarkKind), max_size=2, unique=True))
    return [a_mark(kind, STARTED, effective_on=draw(days)) for kind in kinds]


@st.composite
def rulings(
    draw: Any, *, editions: Sequence[str] = ("", "Free", "Pro"), with_marks: bool = True
) -> list[Ruling]:
    made = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        outcome = draw(st.sampled_from(Outcome))
        conditions = [SIGN_IN] if MEANINGS[outcome].needs_conditions else []
        if draw(st.booleans()):
            conditions.append(replace(dated("2026-01-01"), due_on=draw(days)))
        made.append(
            a_ruling(
                outcome,
                number,
                edition=draw(st.sampled_from(editions)),
                offices=draw(some(VALUES["office"])),
                accounts=draw(some(VALUES["account"])),
                audience=draw(some(VALUES["audience"])),
                data_ceiling=draw(st.sampled_from([None, *VALUES["data_class"]])),
                conditions=tuple(conditions),
                valid_until=draw(st.none() | days),
                marks=draw(marks()) if with_marks else [],
            )
        )
    return made


@st.composite
def questions(draw: Any) -> dict[str, str]:
    said = {name: draw(st.sampled_from([None, *values])) for name, values in VALUES.items()}
    return {name: value for name, value in said.items() if value is not None}


moments = st.integers(0, 500).map(lambda days: STARTED + days * DAY)


def every_way_to_say_it(said: dict[str, str]) -> list[dict[str, str]]:
    """The question with every value of all that was not said, the edition among them."""
    open_values = {name: values for name, values in VALUES.items() if name not in said}
    return [said | dict(zip(open_values, each, strict=True)) for each in product(*open_values.values())]


@given(outcome=st.sampled_from(PERMISSIVE), valid_until=days, said=questions())
def test_expiry_changes_the_answer_with_no_human_act(
    outcome: Outcome, valid_until: date, said: dict[str, str]
):
    ruling = a_ruling(outcome, valid_until=valid_until)
    last_moment = datetime.combine(valid_until, datetime.max.time(), STARTED.tzinfo)
    assert ask(ruling, at=max(last_moment, STARTED), **said).code in PERMITS
    assert ask(ruling, at=last_moment + 31 * DAY, **said).code is AnswerCode.LAPSED


@given(several=rulings(), said=questions(), start=moments, later=st.integers(1, 200))
def test_silence_never_makes_an_answer_more_permissive(
    several: list[Ruling], said: dict[str, str], start: datetime, later: int
):
    now, then = ask(several, at=start, **said), ask(several, at=start + later * DAY, **said)
    assert STRICTNESS_OF_ANSWERS[then.code] >= STRICTNESS_OF_ANSWERS[now.code]


@given(several=rulings(editions=("",)), said=questions(), at=moments)
def test_it_depends_on_nothing_exactly_where_all_values_give_the_same_answer(
    several: list[Ruling], said: dict[str, str], at: datetime
):
    found = ask(several, at=at, **said)
    all_ways = [ask(several, at=at, **way) for way in every_way_to_say_it(said)]
    agreed = len({(each.code, each.conditions) for each in all_ways}) == 1
    assert (found.depends_on == ()) == agreed
    assert set(found.depends_on).isdisjoint(said)
    if agreed:
        assert (found.code, found.conditions) == (all_ways[0].code, all_ways[0].conditions)


@given(several=rulings(editions=("",)), said=questions(), at=moments)
def test_where_it_depends_the_answer_is_the_most_permissive_one_and_never_a_plain_yes(
    several: list[Ruling], said: dict[str, str], at: datetime
):
    found = ask(several, at=at, **said)
    best = min((ask(several, at=at, **way).code for way in every_way_to_say_it(said)), key=strictness)
    turned = AnswerCode.YES_IF if best is AnswerCode.YES and found.depends_on else best
    assert found.code is turned
    assert not (found.depends_on and exit_code(found) == 0)


@given(several=rulings(editions=("",)), said=questions(), at=moments)
def test_saying_what_the_answer_does_not_depend_on_changes_nothing(
    several: list[Ruling], said: dict[str, str], at: datetime
):
    found = ask(several, at=at, **said)
    for name in VALUES.keys() - said.keys() - set(found.depends_on):
        for value in VALUES[name]:
            assert ask(several, at=at, **(said | {name: value})).code is found.code


@given(several=rulings(), said=questions(), at=moments)
def test_without_an_edition_the_answer_is_never_more_permissive_than_any_edition_listed(
    several: list[Ruling], said: dict[str, str], at: datetime
):
    found = ask(several, at=at, **said)
    assert all(strictness(found.code) >= strictness(each.code) for each in found.editions)


@given(several=rulings(), said=questions(), at=moments)
def test_it_depends_on_nothing_exactly_where_all_editions_listed_agree_for_all_values(
    several: list[Ruling], said: dict[str, str], at: datetime
):
    found = ask(several, at=at, **said)
    names = [each.name for each in found.editions] or ["Free"]
    all_ways = [
        ask(several, at=at, edition=name, **way) for name in names for way in every_way_to_say_it(said)
    ]
    agreed = len({(each.code, each.conditions) for each in all_ways}) == 1
    assert (found.depends_on == ()) == agreed


@given(several=rulings(with_marks=False), said=questions(), at=moments, extra=st.sampled_from(Outcome))
def test_one_more_verdict_that_covers_everything_is_never_milder_than_itself(
    several: list[Ruling], said: dict[str, str], at: datetime, extra: Outcome
):
    """The strictest wins: whatever stands beside it, the answer is at least as strict as this verdict alone."""
    alone = a_ruling(extra, 9)
    both = ask([*several, alone], at=at, **said)
    assert strictness(both.code) >= strictness(ask(alone, at=at, **said).code)


@given(several=rulings(), said=questions(), at=moments, data=st.data())
def test_the_order_in_which_verdicts_are_given_does_not_matter(
    several: list[Ruling], said: dict[str, str], at: datetime, data: st.DataObject
):
    shuffled = data.draw(st.permutations(several))
    one, other = ask(several, at=at, **said), ask(shuffled, at=at, **said)
    assert (one.code, one.depends_on, one.verdict) == (other.code, other.depends_on, other.verdict)
    assert set(one.conditions) == set(other.conditions)


@given(several=rulings(), said=questions(), at=moments)
def test_more_data_is_never_permitted_where_less_is_not(
    several: list[Ruling], said: dict[str, str], at: datetime
):
    """However many verdicts there are, and whichever of them is the newer one."""
    plain = {"office": "North", "account": "work", "audience": "teachers"} | said
    found = [ask(several, at=at, **(plain | {"data_class": each})) for each in VALUES["data_class"]]
    permitted = [each.code in PERMITS for each in found]
    assert permitted == sorted(permitted, reverse=True)
    for ruling in several:
        codes = [ask(ruling, at=at, **(plain | {"data_class": each})).code for each in VALUES["data_class"]]
        assert codes == sorted(codes, key=strictness)


@given(several=rulings(), said=questions(), at=moments)
def test_every_answer_is_told_in_a_whole_sentence(several: list[Ruling], said: dict[str, str], at: datetime):
    sentence = ask(several, at=at, **said).sentence
    assert sentence.endswith((".", "!", "?"))
    assert not any(bad in sentence for bad in ("None", "  ", " .", "..", "{", "}", "an unknown day"))


def strictness(code: AnswerCode) -> int:
    return STRICTNESS_OF_ANSWERS[code]
