"""What the shelf finds, counts and orders is what one finds by looking at every verdict in turn."""

import random
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest

from registry.domain.lookup import House
from registry.domain.outcome import MEANINGS, Outcome, members
from registry.domain.validity import ValidityState
from registry.services.verdicts.publishing import HIDDEN
from registry.services.verdicts.shelf import OLDER, ORDERS, Filter, Judges, Shelf
from registry.store.shelf import Fact

CLASSES = ("public", "internal", "sensitive", "regulated")
HOUSE = House(data_classes=CLASSES, account_types=(), offices=("hq", "field", "depot"))
JUDGES = Judges({"r1": "standard-1", "r2": "standard-2"}, frozenset({"r2", "t1"}))
DAY = date(2026, 11, 29)


def made(dice: random.Random, number: int) -> list[Fact]:
    tools = [
        (at, f"tool-{at:02}", dice.choice("ABCDEF") + f"ool {at}", f"V{at % 4}")
        for at in range(number // 2 + 1)
    ]
    found = []
    for at in range(1, number + 1):
        tool_id, slug, name, vendor = dice.choice(tools)
        found.append(
            Fact(
                id=1000 + at,
                number=at * 3,
                tool_id=tool_id,
                slug=slug,
                name=name,
                vendor=vendor,
                category=f"C{tool_id % 3}" if tool_id % 4 else "",
                tags=tuple(f"t{n}" for n in (2, 3, 5) if tool_id % n == 0),
                outcome=dice.choice(list(Outcome)),
                offices=tuple(dice.sample(HOUSE.offices, dice.choice((0, 0, 1, 2)))),
                data_ceiling=dice.choice((None, *CLASSES, "gone")),
                judged=dice.choice((None, ("r1", "t1"), ("r2", "t1"), ("r2", "t0"))),
                state=dice.choice(list(ValidityState)),
                ends_on=dice.choice((None, DAY, DAY + timedelta(days=dice.randrange(400)))),
            )
        )
    return found


def asked(dice: random.Random) -> Filter:
    some = lambda values: frozenset(dice.sample(list(values), dice.choice((0, 0, 0, 1, 2))))  # noqa: E731
    return Filter(
        outcomes=some(Outcome),
        categories=some(("C0", "C1", "none")),
        tags=some(("t2", "t3", "none")),
        offices=some((*HOUSE.offices, "nowhere")),
        tools=some(("tool-01", "tool-02", "tool-03")),
        data_classes=some((*CLASSES, "unheard")),
        validities=some(ValidityState),
        rubrics=some(("standard-1", "standard-2", OLDER)),
    )


def covers(fact: Fact, name: str) -> bool:
    if fact.data_ceiling is None:
        return True
    return (
        name in CLASSES
        and fact.data_ceiling in CLASSES
        and CLASSES.index(name) <= CLASSES.index(fact.data_ceiling)
    )


def passes(fact: Fact, facet: str, wanted: Filter) -> bool:
    judged = JUDGES.told(fact.judged) if fact.judged else frozenset()
    return {
        "outcome": not wanted.outcomes or any(fact.outcome in members(each) for each in wanted.outcomes),
        "category": not wanted.categories or fact.category in wanted.categories,
        "tag": not wanted.tags or bool(wanted.tags & set(fact.tags)),
        "office": not wanted.offices or not fact.offices or bool(wanted.offices & set(fact.offices)),
        "tool": not wanted.tools or fact.slug in wanted.tools,
        "data_class": all(covers(fact, name) for name in wanted.data_classes),
        "rubric": not wanted.rubrics or bool(wanted.rubrics & judged),
        "validity": fact.state in wanted.validities if wanted.validities else fact.state not in HIDDEN,
    }[facet]


FACETS = ("outcome", "category", "tag", "office", "tool", "data_class", "rubric", "validity")


def values(fact: Fact, facet: str) -> set[str]:
    return {
        "outcome": {fact.outcome.value, MEANINGS[fact.outcome].group.value},
        "category": {fact.category} - {""},
        "tag": set(fact.tags),
        "office": set(fact.offices or HOUSE.offices),
        "data_class": {name for name in CLASSES if covers(fact, name)},
        "rubric": set(JUDGES.told(fact.judged)) if fact.judged else set(),
        "validity": {fact.state.value},
    }[facet]


@pytest.mark.parametrize("seed", range(60))
def test_it_finds_and_counts_what_passes_every_facet(seed: int) -> None:
    dice = random.Random(seed)
    facts, wanted = made(dice, dice.choice((0, 1, 7, 8, 9, 60))), asked(dice)
    says = {each.id for each in facts if dice.random() < 0.7} if dice.random() < 0.3 else None
    shelf = Shelf(dice.sample(facts, len(facts)))
    said = [each for each in facts if says is None or each.id in says]
    found = shelf.ordered(shelf.find(wanted, HOUSE, JUDGES, says))
    assert found == [
        each
        for each in reversed(facts)
        if each in said and all(passes(each, facet, wanted) for facet in FACETS)
    ]
    counted = {}
    for facet in FACETS:
        if facet == "tool":
            continue
        others = [
            each for each in said if all(passes(each, other, wanted) for other in FACETS if other != facet)
        ]
        counts = Counter(value for each in others for value in values(each, facet))
        counted[facet] = {value: counts[value] for value in sorted(counts)}
    assert shelf.count(wanted, HOUSE, JUDGES, says) == counted


@pytest.mark.parametrize("sort", [sign + name for name in ORDERS for sign in ("", "-")])
def test_page_after_page_gives_each_once_and_back_again(sort: str) -> None:
    shelf = Shelf(made(random.Random(5), 40))
    found = shelf.find(Filter(), HOUSE, JUDGES, None)
    every = shelf.ordered(found, sort)
    assert [ORDERS[sort.strip("-")](each) for each in every] == sorted(
        (ORDERS[sort.strip("-")](each) for each in every), reverse=sort.startswith("-")
    )
    pages, after = [], 0
    while True:
        cut = shelf.cut(found, sort=sort, after=after, limit=7)
        assert cut.start == 7 * len(pages)
        pages.append(cut)
        if not cut.more:
            break
        after = cut.facts[-1].number
    assert [each for cut in pages for each in cut.facts] == every
    for earlier, later in pairwise(pages):
        assert later.before is not None
        assert shelf.cut(found, sort=sort, after=later.before, limit=7) == earlier
    assert pages[0].before is None


def test_a_page_goes_on_where_the_last_verdict_left_the_list_meanwhile() -> None:
    facts = made(random.Random(3), 20)
    shelf = Shelf(facts)
    everything = shelf.find(Filter(validities=frozenset(ValidityState)), HOUSE, JUDGES, None)
    last = shelf.cut(everything, sort="tool", limit=5).facts[-1]
    without = everything & ~shelf.find(Filter(validities=frozenset(ValidityState)), HOUSE, JUDGES, {last.id})
    assert (
        shelf.cut(without, sort="tool", after=last.number, limit=5).facts
        == shelf.cut(everything, sort="tool", after=last.number, limit=5).facts
    )
