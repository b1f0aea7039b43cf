"""A list as a file: CSV or Excel for a spreadsheet, JSON for a program; a staff list belongs to whoever asked."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastapi import Request, Response

from registry.publish import sheet
from registry.services.lists.spreadsheets import can_write_xlsx, workbook
from registry.web.etag import conditional
from registry.web.shapes import Link

PRIVATE = "private, no-cache"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST = 10_000
"""Rows of a list that is not read whole."""


def sheet_file(
    request: Request, name: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> Response:
    """CSV or Excel, as the address ends."""
    if request.url.path.endswith(".xlsx"):
        return excel_file(request, name, columns, ([each.get(column) for column in columns] for each in rows))
    sent = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Vary": "Authorization, Cookie"}
    body = sheet.table(columns, rows)
    return conditional(request, body, "text/csv; charset=utf-8", cache=PRIVATE, headers=sent)


def json_file(request: Request, name: str, rows: Sequence[Mapping[str, Any]]) -> Response:
    """An object with the rows under the list's name."""
    body = json.dumps({name: rows}, ensure_ascii=False).encode()
    sent = {"Vary": "Authorization, Cookie"}
    return conditional(request, body, "application/json", cache=PRIVATE, headers=sent)


def excel_file(
    request: Request,
    name: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    public: bool = False,
) -> Response:
    """A workbook with one sheet. Raises InvalidInput where the library for it is missing."""
    sent = {"Content-Disposition": f'attachment; filename="{name}.xlsx"'}
    if public:
        return conditional(request, workbook(name, columns, rows), EXCEL, headers=sent)
    sent["Vary"] = "Authorization, Cookie"
    return conditional(request, workbook(name, columns, rows), EXCEL, cache=PRIVATE, headers=sent)


def as_files(csv_url: str) -> list[Link]:
    """The same list as each kind of file that can be written here, from the address of the CSV."""
    path, _, query = csv_url.partition(".csv")
    kinds = {"CSV": "csv", **({"Excel": "xlsx"} if can_write_xlsx() else {}), "JSON": "json"}
    return [Link(label, f"{path}.{ending}{query}") for label, ending in kinds.items()]
