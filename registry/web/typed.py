"""A whole form whose field names are not known beforehand, as it was typed."""

from collections.abc import Mapping
from dataclasses import field
from datetime import date
from typing import Annotated

from fastapi import Depends, Request

from registry.domain.language import worded
from registry.domain.typed import clean
from registry.domain.values import dataclass


@dataclass(frozen=True)
class Typed:
    """Name -> all values given under it, cleaned; a name that was not sent has none."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def one(self, name: str, otherwise: str = "") -> str:
        given = self.values.get(name, ())
        return given[-1] if given else otherwise

    def several(self, name: str) -> tuple[str, ...]:
        return tuple(value for value in self.values.get(name, ()) if value)

    def has(self, name: str) -> bool:
        return name in self.values

    def day(self, name: str, faults: dict[str, str]) -> date | None:
        """None where nothing was typed; what is no day is told in `faults`."""
        text = self.one(name)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            faults[name] = worded("Write the day as year-month-day, such as 2027-03-31.")
            return None


async def read_fields(request: Request) -> Typed:
    form = await request.form()
    found: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            found.setdefault(name, []).append(clean(value))
    return Typed({name: tuple(values) for name, values in found.items()})


Fields = Annotated[Typed, Depends(read_fields)]


def version_of(text: str) -> int | None:
    """The version on which a form was filled in; None where it names none, and 0, which nothing has, where what it
    names cannot be read."""
    return (number(text) or 0) if text else None


def number(text: str) -> int | None:
    """An id as it was typed; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
