"""How another list's headers and words become ours: a small TOML file, read and applied to rows."""

import tomllib
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from registry.domain.errors import InvalidInput
from registry.domain.values import dataclass
from registry.services.lists.import_rows import COLUMNS
from registry.services.lists.spreadsheets import Row, Sheet

TABLES = ("columns", "values", "defaults", "date_format")


@dataclass(frozen=True)
class ListMap:
    columns: Mapping[str, str] = field(default_factory=dict)
    """Our column to their header."""
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Our column, then their word to ours; an empty outcome is no verdict."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """What stands in every row where their list says nothing."""
    date_format: str = ""
    """As of strptime, where their dates are not ISO."""


def read_map(body: bytes) -> ListMap:
    """Raises InvalidInput naming what a map may hold."""
    try:
        data = tomllib.loads(body.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"The map is no TOML file ({error}).") from error
    unknown = sorted(set(data) - set(TABLES))
    if unknown:
        raise InvalidInput(f"The map has no use for {unknown[0]}. It may hold: {', '.join(TABLES)}.")
    columns, values, defaults = (data.get(name, {}) for name in ("columns", "values", "defaults"))
    if not all(isinstance(table, dict) for table in (columns, values, defaults, *values.values())):
        raise InvalidInput("In the map, columns, values and defaults are tables, and each value map is one.")
    strange = sorted({*columns, *values, *defaults} - set(COLUMNS))
    if strange:
        raise InvalidInput(f"There is no column {strange[0]} here. Choose among: {', '.join(COLUMNS)}.")
    folded = {
        column: {_fold(theirs): str(ours) for theirs, ours in table.items()}
        for column, table in values.items()
    }
    return ListMap(columns, folded, defaults, str(data.get("date_format", "")))


def apply(mapping: ListMap, sheet: Sheet) -> Sheet:
    """The rows under our headers. Raises InvalidInput for a header that the list does not have."""
    missing = sorted(set(mapping.columns.values()) - sheet.columns)
    if len(sheet) and missing:
        raise InvalidInput(
            f"The list has no column {missing[0]!r}. It has: {', '.join(sorted(sheet.columns))}."
        )
    ours = frozenset({*mapping.columns, *mapping.defaults})
    return Sheet(ours, len(sheet), lambda: (_mapped(mapping, row) for row in sheet))


def _mapped(mapping: ListMap, row: Row) -> Row:
    cells: dict[str, Any] = dict(mapping.defaults)
    for ours, theirs in mapping.columns.items():
        value = row.get(theirs, "")
        table = mapping.values.get(ours)
        if table is not None and isinstance(value, str):
            value = table.get(_fold(value), value)
        if value not in ("", None) or ours in mapping.values:
            cells[ours] = value
    return cells


def _fold(text: str) -> str:
    return " ".join(text.split()).casefold()
