"""The starter list: public feeds that a registry may choose from, as scrapers/sources.toml names them."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Starter:
    name: str
    url: str
    kind: str
    announcer: str
    group: str
    brings: str
    """One sentence: what to expect of it."""


@cache
def starters() -> tuple[Starter, ...]:
    """All of them, in the file's order: those of one group together."""
    table = tomllib.loads((Path(__file__).parent / "sources.toml").read_text("utf-8"))
    return tuple(Starter(**each) for each in table["source"])
