"""Where everything on the radar and on the chart of risk and fit stands, in units of their SVG; pure arithmetic.

Each sector (a quadrant's part of a ring) has places on arcs, so far apart that two blips never touch; a blip takes
the place that follows from its slug, or the next free one. So the same tools always stand at the same places, one more
moves few others, and none leaves its sector. What finds no place is left to the list beside the picture.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import sha256
from math import asin, cos, floor, pi, sin

from registry.domain.values import dataclass

SPACE = 25.0
"""From one blip's middle to the next one's, so that each has 24 units to be hit in."""
RADII = (30.0, 165.0, 255.0, 330.0, 390.0)
"""Of the rings' edges, from the middle outwards."""
MIDDLE = 400.0
LABEL_WIDTH, LABEL_HEIGHT = 48, 32
"""What is kept free at both sides of the line upwards, and below each ring's edge, for the ring's name."""
SIZE = 800
QUADRANTS = 4
"""Top left, top right, bottom right, bottom left."""


@dataclass(frozen=True)
class Spot:
    slug: str
    x: float
    y: float


Spots = Sequence[tuple[float, float]]


def sector(quadrant: int, ring: int) -> Spots:
    """The places of a sector, from its inner edge outwards; quadrants count clockwise from the top left."""
    inner, outer = RADII[ring] + SPACE / 2, RADII[ring + 1] - SPACE / 2
    arcs = floor((outer - inner) / SPACE) + 1
    step = (outer - inner) / (arcs - 1) if arcs > 1 else 0.0
    found = []
    for arc in range(arcs):
        radius = inner + arc * step
        margin = asin(min(1.0, SPACE / 2 / radius))
        span = pi / 2 - 2 * margin
        if span < 0:
            continue
        apart = 2 * asin(min(1.0, SPACE / 2 / radius))
        steps = floor(span / apart + 1e-9)
        slack = (span - steps * apart) / 2
        for place in range(steps + 1):
            angle = pi + quadrant * pi / 2 + margin + slack + place * apart
            found.append((MIDDLE + radius * cos(angle), MIDDLE + radius * sin(angle)))
    top = MIDDLE - RADII[ring + 1]
    return [(x, y) for x, y in found if abs(x - MIDDLE) > LABEL_WIDTH or not top <= y <= top + LABEL_HEIGHT]


def placed(slugs: Collection[str], places: Spots) -> list[Spot]:
    """In the order of the slugs; as many as there are places."""
    free = dict(enumerate(places))
    found = []
    for slug in sorted(slugs)[: len(places)]:
        at = int.from_bytes(sha256(slug.encode()).digest()[:8]) % len(places)
        while at not in free:
            at = (at + 1) % len(places)
        x, y = free.pop(at)
        found.append(Spot(slug, round(x, 1), round(y, 1)))
    return found


def on_radar(sectors: Mapping[tuple[int, int], Collection[str]]) -> dict[str, Spot]:
    """(quadrant, ring) -> slugs; gives slug -> its spot."""
    return _all(sectors, sector)


CELL_WIDTH, CELL_HEIGHT = 230, 110
LEFT, TOP = 90, 10


def cell(column: int, row: int) -> Spots:
    """The places of a cell of the chart of risk and fit, counted from the top left."""
    across, down = floor((CELL_WIDTH - 8) / SPACE), floor((CELL_HEIGHT - 8) / SPACE)
    x0 = LEFT + column * CELL_WIDTH + (CELL_WIDTH - across * SPACE + SPACE) / 2
    y0 = TOP + row * CELL_HEIGHT + (CELL_HEIGHT - down * SPACE + SPACE) / 2
    return [(x0 + x * SPACE, y0 + y * SPACE) for y in range(down) for x in range(across)]


def on_chart(cells: Mapping[tuple[int, int], Collection[str]]) -> dict[str, Spot]:
    """(column, row) -> slugs; gives slug -> its spot."""
    return _all(cells, cell)


def _all(
    groups: Mapping[tuple[int, int], Collection[str]], places: Callable[[int, int], Spots]
) -> dict[str, Spot]:
    return {
        spot.slug: spot
        for (first, second), slugs in groups.items()
        for spot in placed(slugs, places(first, second))
    }
