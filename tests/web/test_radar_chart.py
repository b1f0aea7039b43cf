"""Nothing on the radar leaves its sector or covers another, and the same stands at the same place."""

import random
from itertools import combinations
from math import atan2, dist, pi

import pytest

from registry.web.radar_chart import MIDDLE, RADII, SPACE, Spots, cell, on_chart, on_radar, placed, sector

SECTORS = [(quadrant, ring) for quadrant in range(4) for ring in range(4)]
CELLS = [(column, row) for column in range(3) for row in range(5)]
SIGNS = ((-1, -1), (1, -1), (1, 1), (-1, 1))
"""Of x and y from the middle: top left, top right, bottom right, bottom left."""


@pytest.mark.parametrize("at", SECTORS)
def test_every_place_lies_well_inside_its_sector(at: tuple[int, int]) -> None:
    quadrant, ring = at
    places = sector(quadrant, ring)
    assert len(places) >= 20
    for x, y in places:
        away = dist((x, y), (MIDDLE, MIDDLE))
        assert RADII[ring] + 12 <= away <= RADII[ring + 1] - 12
        across, down = (x - MIDDLE) * SIGNS[quadrant][0], (y - MIDDLE) * SIGNS[quadrant][1]
        assert min(across, down) >= 12


@pytest.mark.parametrize("places", [*(sector(*at) for at in SECTORS), *(cell(*at) for at in CELLS)])
def test_no_two_places_touch(places: Spots) -> None:
    assert min(dist(one, other) for one, other in combinations(places, 2)) >= 24


def test_all_sectors_together_are_apart_as_well() -> None:
    every = [place for at in SECTORS for place in sector(*at)]
    assert min(dist(one, other) for one, other in combinations(every, 2)) >= 24


def test_the_place_follows_from_the_slug_and_not_from_the_order() -> None:
    slugs = [f"tool-{number}" for number in range(12)]
    first = on_radar({(2, 1): slugs})
    random.Random(1).shuffle(slugs)
    assert on_radar({(2, 1): slugs}) == first
    assert len({(spot.x, spot.y) for spot in first.values()}) == 12


def test_one_more_moves_few_others() -> None:
    before = on_radar({(0, 3): [f"tool-{number}" for number in range(20)]})
    after = on_radar({(0, 3): [f"tool-{number}" for number in range(20)] + ["another"]})
    assert sum(after[slug] != spot for slug, spot in before.items()) <= 3


def test_what_finds_no_place_is_left_out() -> None:
    places = sector(0, 0)
    found = placed([f"tool-{number:03}" for number in range(len(places) + 9)], places)
    assert len(found) == len(places) == len({(each.x, each.y) for each in found})


def test_a_cell_of_the_chart_holds_its_own() -> None:
    found = on_chart({(1, 2): ["one", "two"], (2, 0): ["three"]})
    assert found["one"].y == pytest.approx(found["two"].y, abs=110)
    assert found["three"].x > found["one"].x
    assert found["three"].y < found["one"].y


def test_quadrants_go_round_clockwise_from_the_top_left() -> None:
    angles = [
        atan2(*reversed([value - MIDDLE for value in sector(quadrant, 3)[0]])) % (2 * pi)
        for quadrant in range(4)
    ]
    turned = [(angle - pi) % (2 * pi) for angle in angles]
    assert turned == sorted(turned)
    assert SPACE >= 24
