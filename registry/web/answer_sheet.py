"""The answers to a whole list of software as rows of a sheet, and how such a list is read from pasted text."""

import csv
import re
from collections.abc import Iterable, Sequence
from typing import Any

from registry.domain.errors import InvalidInput
from registry.domain.language import gettext_noop as _
from registry.domain.language import worded
from registry.publish import sheet
from registry.services.answers import answer_object
from registry.services.answers.lookup import LookUp
from registry.web.words import answer_heading, words

_NUMBERED = re.compile(r"([0-9]{1,4})[.)]\s+(\S.*)")
MOST_QUERIES = 1_000
MOST_SIGNS = 500
DELIMITERS = "\t;,"
NAME_HEADERS = frozenset(
    f"{noun}{name}"
    for noun in (
        "",
        "tool ",
        "software ",
        "application ",
        "app ",
        "product ",
        "program ",
        "package ",
        "display ",
    )
    for name in ("name", "title")
) | frozenset(("tool", "software", "application", "app", "product", "program", "package", "query"))
"""What lists of software call the column that holds it."""
COLUMNS = (
    *("query", "answer", "in_words", "tool", "sentence", "conditions", "depends_on"),
    *("use_instead", "did_you_mean", "verdict", "valid_until", "url"),
)


def read_list(text: str) -> list[str]:
    """One query a line, empty lines left out; of rows of a sheet the column of names, by its header or the first.

    Raises InvalidInput where there is none, too many, or one is too long.
    """
    found = _names_of_rows(
        _unnumbered([line.strip(" \r") for line in text.lstrip("\ufeff").splitlines() if line.strip()])
    )
    if not found:
        raise InvalidInput(
            worded("There is nothing to look up."), {"list": worded("Paste at least one name or address.")}
        )
    if len(found) > MOST_QUERIES:
        many = _("{n} lines are too many for one go; at most {most} fit. Ask in parts.")
        fault = worded(many, n=f"{len(found):,}", most=f"{MOST_QUERIES:,}")
        raise InvalidInput(worded("The list is too long."), {"list": fault})
    long = next((number for number, line in enumerate(found, 1) if len(line) > MOST_SIGNS), None)
    if long is not None:
        wide = _("Line {number} is too long for a name or an address; at most {most} characters fit.")
        fault = worded(wide, number=long, most=MOST_SIGNS)
        raise InvalidInput(worded("A line is too long."), {"list": fault})
    return found


def _unnumbered(lines: Sequence[str]) -> Sequence[str]:
    """Without the numbers of a list that counts from 1 to its end."""
    parts = [_NUMBERED.fullmatch(line) for line in lines]
    counted = [int(part[1]) for part in parts if part] == [*range(1, len(lines) + 1)]
    return [part[2] for part in parts if part] if counted and len(lines) > 1 else lines


def _names_of_rows(lines: Sequence[str]) -> list[str]:
    """Lines are rows where a header says so, or where all have as many cells, of which commas part none unless some are
    quoted: those of `Acme, Inc.` belong to the name."""
    for delimiter in DELIMITERS:
        rows = [_cells(line, delimiter) for line in lines]
        if not rows:
            break
        named = next((at for at, cell in enumerate(rows[0]) if _fold(cell) in NAME_HEADERS), None)
        below = (
            [
                # A comma too many is one of a name, and nobody can tell of which: the line stays whole.
                line if delimiter == "," and any(row[len(rows[0]) :]) else row[named]
                for line, row in zip(lines[1:], rows[1:], strict=True)
                if len(row) > named
            ]
            if named is not None
            else []
        )
        if len(rows[0]) > 1 and named is not None and (below or len(rows) == 1):
            return [name for name in below if name]
        parts = delimiter != "," or any(line.startswith('"') for line in lines)
        if parts and len(rows) > 1 and len(rows[0]) > 1 and len({len(row) for row in rows}) == 1:
            return [row[0] for row in rows if row[0]]
    return [line.strip() for line in lines]


def _cells(line: str, delimiter: str) -> list[str]:
    if len(line) > csv.field_size_limit():
        return [line]
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))]


def _fold(header: str) -> str:
    return " ".join(header.replace("_", " ").split()).casefold()


def render(found: Sequence[LookUp], *, base_url: str) -> bytes:
    """A CSV sheet, one row an answer in the order of the list. Codes as in the API, and the same in words."""
    return sheet.table(COLUMNS, (_row(answer_object.told(each, base_url=base_url)) for each in found))


def _row(told: dict[str, Any]) -> dict[str, Any]:
    match, verdict = told["match"], told["verdict"]
    return {
        "query": told["query"],
        "answer": told["answer"],
        "in_words": answer_heading(told["answer"], len(told["conditions"])),
        "tool": match and match["tool"]["name"],
        "sentence": told["sentence"],
        "conditions": " | ".join(each["text"] for each in told["conditions"]),
        "depends_on": "; ".join(told["depends_on"]),
        "use_instead": _named(told["alternatives"]),
        "did_you_mean": _named(told["suggestions"]),
        "verdict": verdict and verdict["number"],
        "valid_until": verdict and verdict["valid_until"],
        "url": match and match["tool"]["url"],
    }


def _named(tools: Iterable[dict[str, str]]) -> str:
    return "; ".join(f"{each['name']} ({words(each['answer'])})" for each in tools)
