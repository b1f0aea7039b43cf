"""The radar for other programs: Backstage's and Zalando's shapes, and one of our own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

COLOURS = ("#17663a", "#7d4e00", "#2b5286", "#a3201c")
"""Of the rings, from the middle outwards."""
QUADRANTS = 4
"""Both other shapes want just so many."""
BACKSTAGE_MOVES = {"in": 1, "out": -1}
ZALANDO_MOVES = {"in": 1, "out": -1, "new": 2}


@dataclass(frozen=True)
class Entry:
    slug: str
    name: str
    url: str
    category: str
    ring: str
    answer: str
    moved: str
    """`new`, `in`, `out` or `none`."""
    was: str
    """The ring before, or empty."""
    says: str
    """Its answer, in a sentence."""
    move_says: str
    """What moved, in a sentence; empty where nothing did."""


@dataclass(frozen=True)
class Radar:
    title: str
    day: date
    since: date
    rings: Sequence[tuple[str, str]]
    """Code and label, from the middle outwards."""
    quadrants: Sequence[str]
    """Categories."""
    entries: Sequence[Entry]


def as_json(radar: Radar) -> dict[str, Any]:
    return {
        "title": radar.title,
        "as_of": radar.day.isoformat(),
        "since": radar.since.isoformat(),
        "rings": [{"id": code, "name": label} for code, label in radar.rings],
        "categories": list(radar.quadrants),
        "entries": rows(radar),
    }


def rows(radar: Radar) -> list[dict[str, str]]:
    return [
        {
            "name": each.name,
            "category": each.category,
            "ring": each.ring,
            "answer": each.answer,
            "moved": each.moved,
            "was": each.was,
            "slug": each.slug,
            "url": each.url,
        }
        for each in radar.entries
    ]


def as_backstage(radar: Radar) -> dict[str, Any]:
    """What Backstage's tech-radar plugin loads (TechRadarLoaderResponse); up is towards the middle."""
    ids = {name: f"q{at}" for at, name in enumerate(radar.quadrants)}
    return {
        "title": radar.title,
        "quadrants": [{"id": f"q{at}", "name": name} for at, name in enumerate(_padded(radar.quadrants))],
        "rings": [
            {"id": code, "name": label, "color": colour}
            for (code, label), colour in zip(radar.rings, COLOURS, strict=True)
        ],
        "entries": [
            {
                "key": each.slug,
                "id": each.slug,
                "quadrant": ids[each.category],
                "title": each.name,
                "url": each.url,
                "description": each.says,
                "links": [],
                "timeline": [
                    {
                        "moved": BACKSTAGE_MOVES.get(each.moved, 0),
                        "ringId": each.ring,
                        "date": radar.day.isoformat(),
                        "description": each.move_says,
                    },
                    *(
                        [{"moved": 0, "ringId": each.was, "date": radar.since.isoformat(), "description": ""}]
                        if each.was
                        else []
                    ),
                ],
            }
            for each in radar.entries
        ],
    }


def as_zalando(radar: Radar) -> Mapping[str, Any]:
    """The settings of Zalando's radar_visualization: quadrants and rings by place, 2 for what is new."""
    quadrants, rings = list(radar.quadrants), [code for code, _ in radar.rings]
    return {
        "title": radar.title,
        "date": f"{radar.day:%Y.%m}",
        "quadrants": [{"name": name} for name in _padded(radar.quadrants)],
        "rings": [
            {"name": label.upper(), "color": colour}
            for (_, label), colour in zip(radar.rings, COLOURS, strict=True)
        ],
        "entries": [
            {
                "label": each.name,
                "quadrant": quadrants.index(each.category),
                "ring": rings.index(each.ring),
                "active": True,
                "moved": ZALANDO_MOVES.get(each.moved, 0),
                "link": each.url,
            }
            for each in radar.entries
        ],
    }


def _padded(quadrants: Sequence[str]) -> list[str]:
    return [*quadrants, *["–"] * (QUADRANTS - len(quadrants))]
