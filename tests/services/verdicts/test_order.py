"""Sets of bits over notices in an order say what a plain list of the same notices says."""

from random import Random

import pytest

from registry.services.verdicts.order import Key, Mark, cut, downward, order_of


def some(number: int, dice: Random) -> list[tuple[Key, tuple[Mark, ...]]]:
    """Notices as they are written, some of them to be told much later or earlier than those beside them."""
    return [
        (
            (each + dice.choice((0, 0, 0, 5, -5, 300)), each),
            (("outcome", dice.choice("ab")), ("office", "hq")),
        )
        for each in range(1, number + 1)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_what_comes_later_finds_its_place_as_if_it_had_been_there(seed: int) -> None:
    rows = some(200, Random(seed))
    order = order_of(rows[:120])
    for start in range(120, 200, 16):
        order = order.with_more(rows[start : start + 16])
    assert order == order_of(rows)


def test_places_are_told_by_moment_and_number() -> None:
    rows = some(200, Random(7))
    order, plain = order_of(rows), sorted(key for key, _ in rows)
    assert [*downward(order.before(90))] == [at for at in reversed(range(200)) if plain[at][0] < 90]
    assert [*downward(order.among([plain[5], plain[150], (90, 7000)]))] == [150, 5]
    assert [*downward(order.later_than(190))] == [at for at in reversed(range(200)) if plain[at][1] > 190]


@pytest.mark.parametrize(("skip", "limit"), [(0, 50), (50, 50), (95, 50), (100, 50), (400, 50), (3, 1)])
def test_a_part_is_cut_as_from_a_list(skip: int, limit: int) -> None:
    order = order_of(some(200, Random(1)))
    bits = order.any("outcome", ["a"])
    assert cut(bits, skip=skip, limit=limit) == [*downward(bits)][::-1][skip : skip + limit]
