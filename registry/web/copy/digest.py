"""What a document is made of, as a short text: the same text, the same bytes of the document."""

import json
import sys
from collections.abc import Mapping, Set
from dataclasses import is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import jinja2
from sqlmodel import SQLModel

import scrapers
from registry.web.rendering import PACKAGE, templates_dir


def digest(value: object) -> str:
    """Of dataclasses, rows and plain values, whole. Raises TypeError for anything whose content cannot be told."""
    told = json.dumps(value, default=_plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(told.encode()).hexdigest()[:32]


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


def _plain(value: Any) -> object:
    kind = type(value)
    if isinstance(value, SQLModel):
        return {name: each for name, each in vars(value).items() if not name.startswith("_")}
    if is_dataclass(value):
        return [kind.__name__, *(getattr(value, name) for name in value.__dataclass_fields__)]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Set):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{kind.__name__} cannot be told from another one")
