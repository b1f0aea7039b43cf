"""A staff list as a file: CSV for a spreadsheet, JSON for a program; the reply belongs to whoever asked."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request, Response

from registry.publish import sheet
from registry.web.etag import conditional

PRIVATE = "private, no-cache"
MOST = 10_000
"""Rows of a list that is not read whole."""


def csv_file(
    request: Request, name: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> Response:
    sent = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Vary": "Authorization, Cookie"}
    body = sheet.table(columns, rows)
    return conditional(request, body, "text/csv; charset=utf-8", cache=PRIVATE, headers=sent)


def json_file(request: Request, name: str, rows: Sequence[Mapping[str, Any]]) -> Response:
    """An object with the rows under the list's name."""
    body = json.dumps({name: rows}, ensure_ascii=False).encode()
    sent = {"Vary": "Authorization, Cookie"}
    return conditional(request, body, "application/json", cache=PRIVATE, headers=sent)
