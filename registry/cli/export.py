"""`registry export`: everything published, as a file that another registry imports."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from registry.cli.common import AsJson, opened, utc_now
from registry.domain.errors import InvalidInput

app = typer.Typer()
SCHEMA = Path(__file__).resolve().parents[1] / "schemas" / "export.json"


class ExportFormat(StrEnum):
    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"


@app.command("export")
def export_all(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", dir_okay=False, help="Else standard output.")
    ] = None,
    form: Annotated[
        ExportFormat | None, typer.Option("--format", help="Else what the file's ending says, or csv.")
    ] = None,
    as_json: AsJson = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON schema of an export alone.")
    ] = False,
) -> None:
    """Write every published tool and verdict; importing the file into an empty registry gives the same export."""
    from registry.services.lists.exporting import export_rows
    from registry.services.lists.import_rows import COLUMNS
    from registry.services.lists.spreadsheets import FORMATS
    from registry.store.engine import snapshot

    if schema:
        print(SCHEMA.read_text("utf-8"), end="")
        return
    chosen = _format(file, form, as_json)
    if file is None and chosen is ExportFormat.XLSX and sys.stdout.isatty():
        raise InvalidInput("An Excel file is nothing for a terminal. Name a file to write it to.")
    with opened() as (_settings, engine), snapshot(engine) as session:
        rows = export_rows(session, now=utc_now())
    body = FORMATS[chosen].write(COLUMNS, rows)
    if file is None:
        sys.stdout.buffer.write(body)
        return
    try:
        file.write_bytes(body)
    except OSError as refused:
        raise InvalidInput(f"{file} cannot be written: {refused.strerror}.") from None
    print(f"{len(rows)} rows written to {file}.", file=sys.stderr)


def _format(file: Path | None, form: ExportFormat | None, as_json: bool) -> ExportFormat:
    if form is not None:
        return form
    if as_json:
        return ExportFormat.JSON
    ending = file.suffix.lower().removeprefix(".") if file else "csv"
    if ending not in tuple(ExportFormat):
        raise InvalidInput(f"“{file}” has none of the endings .csv, .json, .xlsx. Say --format.")
    return ExportFormat(ending)
