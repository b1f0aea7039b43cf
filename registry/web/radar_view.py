"""The radar and the chart of risk and fit laid out: the picture, and the list that says the same in words."""

from collections.abc import Mapping, Sequence

from registry.domain.language import gettext_noop as _
from registry.domain.language import joined, worded
from registry.domain.radar import RING_LABELS, Move, Ring
from registry.domain.values import dataclass
from registry.services.answers.radar import Blip
from registry.web import radar_chart
from registry.web.radar_chart import CELL_HEIGHT, CELL_WIDTH, LEFT, RADII, SIZE, TOP
from registry.web.radar_shown import Shown
from registry.web.words import words

MOVED = {Move.IN: _("moved in, was “{ring}”"), Move.OUT: _("moved out, was “{ring}”")}
MOST_LETTERS = 32
"""Of a category's name in the corner of the picture."""
RISKS = ("forbidden", "extreme", "high", "moderate", "low")
RISK_WORDS = {
    "forbidden": worded("Forbidden"),
    "extreme": worded("Extreme"),
    "high": worded("High"),
    "moderate": worded("Moderate"),
    "low": worded("Low"),
}
FITS = ("weak", "adequate", "strong")


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    number: int
    url: str
    ring: str
    move: str
    said: str
    """Name, ring and move in words."""


@dataclass(frozen=True)
class Mark:
    """A text in the picture."""

    text: str
    x: float
    y: float
    anchor: str


@dataclass(frozen=True)
class Line:
    number: int | None
    """In the picture; None where it has no place there."""
    name: str
    url: str
    answer: str
    move: str
    moved: str
    """How it moved, in words; empty where it did not."""


@dataclass(frozen=True)
class Group:
    name: str
    rings: Sequence[tuple[str, Sequence[Line]]]
    """Label of the ring, or of the cell, and what is on it."""


@dataclass(frozen=True)
class Drawn:
    dots: Sequence[Dot]
    marks: Sequence[Mark]
    legend: Sequence[Group]
    left_out: int
    """How many stand only in the list."""


def on_radar(shown: Shown, base_url: str = "") -> Drawn:
    """`base_url` makes the links of a file whole."""
    sectors = {
        (at, place): [each.entry.slug for each in shown.of(name, ring)]
        for at, name in enumerate(shown.quadrants)
        for place, ring in enumerate(Ring)
    }
    ordered = [each for name in shown.quadrants for ring in Ring for each in shown.of(name, ring)]
    lines, dots = _numbered(ordered, radar_chart.on_radar(sectors), base_url)
    legend = [
        Group(
            name,
            [
                (RING_LABELS[ring], [lines[each.entry.slug] for each in found])
                for ring in Ring
                if (found := shown.of(name, ring))
            ],
        )
        for name in shown.quadrants
    ]
    places = ((8, 24, "start"), (SIZE - 8, 24, "end"), (SIZE - 8, SIZE - 12, "end"), (8, SIZE - 12, "start"))
    corners = [Mark(_short(name), *place) for name, place in zip(shown.quadrants, places, strict=False)]
    radii = zip(RADII[1:], Ring, strict=True)
    rings = [
        Mark(RING_LABELS[ring], radar_chart.MIDDLE, radar_chart.MIDDLE - radius + 15, "middle")
        for radius, ring in radii
    ]
    return Drawn(dots, [*corners, *rings], legend, len(ordered) - len(dots))


def on_chart(shown: Shown, bands: Mapping[str, tuple[str, str]]) -> Drawn:
    """`bands` holds risk and fit of what was scored, by slug."""
    scored = [each for each in shown.blips if each.entry.slug in bands]
    cells: dict[tuple[int, int], list[Blip]] = {
        (column, row): [each for each in scored if bands[each.entry.slug] == (risk, fit)]
        for row, risk in enumerate(RISKS)
        for column, fit in enumerate(FITS)
    }
    ordered = [each for found in cells.values() for each in found]
    spots = radar_chart.on_chart({at: [each.entry.slug for each in found] for at, found in cells.items()})
    lines, dots = _numbered(ordered, spots, "")
    legend = [
        Group(
            words(risk),
            [
                (words(fit), [lines[each.entry.slug] for each in cells[column, row]])
                for column, fit in enumerate(FITS)
                if cells[column, row]
            ],
        )
        for row, risk in enumerate(RISKS)
    ]
    bottom = TOP + len(RISKS) * CELL_HEIGHT
    marks = [
        *(
            Mark(
                RISK_WORDS[risk],
                LEFT - 8,
                TOP + row * CELL_HEIGHT + CELL_HEIGHT / 2 + 5,
                "end",
            )
            for row, risk in enumerate(RISKS)
        ),
        *(
            Mark(words(fit), LEFT + column * CELL_WIDTH + CELL_WIDTH / 2, bottom + 22, "middle")
            for column, fit in enumerate(FITS)
        ),
    ]
    return Drawn(dots, marks, [each for each in legend if each.rings], len(ordered) - len(dots))


def _numbered(
    ordered: Sequence[Blip], spots: Mapping[str, radar_chart.Spot], base_url: str
) -> tuple[dict[str, Line], list[Dot]]:
    lines: dict[str, Line] = {}
    dots: list[Dot] = []
    for each in ordered:
        entry, spot = each.entry, spots.get(each.entry.slug)
        url, moved = f"{base_url}/tools/{entry.slug}", _moved(each)
        number = len(dots) + 1 if spot else None
        lines[entry.slug] = Line(number, entry.name, url, entry.code.value, each.move.value, moved)
        if spot and number:
            answer = joined(": ", [entry.name, words(entry.code.value)])
            said = joined(", ", filter(None, [answer, moved]))
            dots.append(Dot(spot.x, spot.y, number, url, each.ring.value, each.move.value, said))
    return lines, dots


def _moved(blip: Blip) -> str:
    if blip.move is Move.NEW:
        return worded("new")
    if blip.move is Move.NONE or blip.before is None:
        return ""
    return worded(MOVED[blip.move], ring=RING_LABELS[blip.before])


def _short(name: str) -> str:
    return name if len(name) <= MOST_LETTERS else name[: MOST_LETTERS - 1].rstrip() + "…"
