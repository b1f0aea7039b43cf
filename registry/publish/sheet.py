"""Verdicts as a CSV sheet with the columns that an import takes: for a spreadsheet, or for another registry."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

COLUMNS = (
    *("name", "number", "outcome", "validity", "ends_on", "conditions", "rationale", "decided_at"),
    *(
        "decided_by",
        "decided_for",
        "valid_from",
        "valid_until",
        "data_class",
        "accounts",
        "offices",
        "editions",
    ),
    *("versions", "audience", "deployment", "reason_code", "alternatives", "supersedes", "url"),
)
MOST_HELD = 60_000
"""Letters of a long sheet before they are handed on."""
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", "'")


def written(verdicts: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """One row a verdict, from the machine-readable ones; UTF-8 with the mark that spreadsheets know it by."""
    return _written(COLUMNS, map(row, verdicts))


def table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Any rows as a sheet of these columns; what a row lacks is an empty cell."""
    return b"".join(table_written(columns, rows))


def table_written(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    return _written(columns, ([each.get(name) for name in columns] for each in rows))


def _written(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    text = io.StringIO("\ufeff")
    text.seek(1)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
        if text.tell() > MOST_HELD:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def row(each: Mapping[str, Any]) -> list[Any]:
    """The cells of one verdict, under COLUMNS."""
    scope = each["scope"]
    plain = {name: each.get(name) for name in COLUMNS}
    structured = {
        "name": each["tool"]["name"],
        "conditions": json.dumps(each["conditions"], ensure_ascii=False) if each["conditions"] else "",
        "data_class": scope["data_ceiling"],
        "accounts": ";".join(scope["accounts"]),
        "offices": ";".join(scope["offices"]),
        "editions": scope["edition"],
        "versions": scope["versions"],
        "audience": ";".join(scope["audience"]),
        "deployment": scope["deployment"],
        "alternatives": ";".join(each["alternatives"]),
        "supersedes": ";".join(str(number) for number in each["supersedes"]),
    }
    return list((plain | structured).values())


def _cell(value: Any) -> Any:
    # A spreadsheet runs a text that begins with one of these as a formula.
    if isinstance(value, str) and value.startswith(FORMULA_SIGNS):
        return "'" + value
    return "" if value is None else value
