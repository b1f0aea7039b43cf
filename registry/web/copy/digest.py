"""What a document is made of, as a short text: the same text, the same bytes of the document."""

import json
import sys
from collections.abc import Callable, Mapping, Set
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from enum import Enum
from functools import cache
from hashlib import sha256
from operator import attrgetter, methodcaller
from pathlib import Path
from typing import Any

import jinja2
from sqlmodel import SQLModel

import scrapers
from registry.settings import Settings
from registry.web.rendering import PACKAGE, templates_dir


def digest(value: object) -> str:
    """Of dataclasses, rows and plain values, whole. Raises TypeError for anything whose content cannot be told."""
    return sha256(_ENCODER.encode(value).encode()).hexdigest()[:32]


def made_of(settings: Settings, value: object) -> str:
    """Digest of a value that this program shows under these settings."""
    return digest([of_program(), settings.time_zone, settings.public, settings.language, value])


@cache
def of_program() -> str:
    """Of every file of this program, its templates and catalogues."""
    places = (PACKAGE, templates_dir(), Path(scrapers.__file__).parent)
    files = {each for place in places for each in place.rglob("*") if each.is_file() and _counts(each)}
    known = sha256(f"{sys.version} {jinja2.__version__}".encode())
    for each in sorted(files):
        known.update(each.name.encode() + sha256(each.read_bytes()).digest())
    return known.hexdigest()[:32]


def _counts(file: Path) -> bool:
    return "__pycache__" not in file.parts


_known_ways: dict[type, Callable[[Any], object]] = {}


def _plain(value: Any) -> object:
    kind = type(value)
    if kind not in _known_ways:
        _known_ways[kind] = _way_to_tell(kind)
    return _known_ways[kind](value)


def _way_to_tell(kind: type) -> Callable[[Any], object]:
    if issubclass(kind, SQLModel):
        return lambda value: {name: each for name, each in vars(value).items() if not name.startswith("_")}
    if is_dataclass(kind):
        names = [each.name for each in fields(kind)]
        told = (
            attrgetter(*names) if len(names) > 1 else lambda value: [getattr(value, name) for name in names]
        )
        return lambda value: [kind.__name__, *told(value)]
    for general, way in _WAYS:
        if issubclass(kind, general):
            return way
    raise TypeError(f"{kind.__name__} cannot be told from another one")


_WAYS: tuple[tuple[type, Callable[[Any], object]], ...] = (
    (date, methodcaller("isoformat")),
    (timedelta, methodcaller("total_seconds")),
    (Enum, attrgetter("value")),
    (Set, sorted),
    (Mapping, dict),
)
_ENCODER = json.JSONEncoder(
    default=_plain, sort_keys=True, ensure_ascii=False, check_circular=False, separators=(",", ":")
)
