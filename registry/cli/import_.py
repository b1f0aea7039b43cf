"""`registry import`: tools and verdicts out of another list, with a report per row, all or nothing."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from registry.cli.acting import As, acting
from registry.cli.common import AsJson, opened, print_json, utc_now

if TYPE_CHECKING:
    from registry.services.lists.import_plan import RowReport
    from registry.services.lists.importing import Report

app = typer.Typer()


@app.command("import")
def import_list(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.csv|.json|.xlsx", exists=True, dir_okay=False, help="The list.")
    ],
    map_file: Annotated[
        Path | None,
        typer.Option("--map", metavar="FILE.toml", exists=True, dir_okay=False, help="How its headers map."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Report what would come in; store nothing.")
    ] = False,
    as_email: As = "",
    as_json: AsJson = False,
) -> None:
    """Import a list. A fault in any row leaves everything as it was; a second import changes nothing."""
    from registry.cli.progress import steps
    from registry.services.lists.importing import import_rows
    from registry.services.lists.mapping import ListMap, apply, read_map
    from registry.services.lists.spreadsheets import format_of
    from registry.services.people.house import house
    from registry.store.engine import snapshot, transaction

    opens = snapshot if dry_run else transaction
    with steps() as bar:
        reading = bar.add_task("Reading the file", total=None)  # how long it is shows when it is read
        sheet = format_of(file.name).read(file.read_bytes())
        mapping = read_map(map_file.read_bytes()) if map_file else ListMap()
        if map_file:
            sheet = apply(mapping, sheet)
        bar.update(reading, completed=len(sheet), total=len(sheet))
        with opened() as (settings, engine), opens(engine) as session:
            report = import_rows(
                session,
                sheet,
                house(session, settings),
                by=acting(session, as_email),
                now=utc_now(),
                date_format=mapping.date_format,
                dry_run=dry_run,
                track=lambda items, what: bar.track(items, description=what),
            )
    if as_json:
        print_json(_told(report, dry_run))
    else:
        _print(report, dry_run)
    if report.faulty:
        raise typer.Exit(1)


def _print(report: "Report", dry_run: bool) -> None:
    for note in report.notes:
        print(note, file=sys.stderr)
    for row in report.rows:
        for line in _lines(row):
            print(f"row {row.number}, {row.name or '(no name)'}: {line}")
    counted = f"{report.tools} tools and {report.verdicts} verdicts out of {len(report.rows)} rows"
    if report.faulty:
        print(f"Nothing was imported: {len(report.faulty)} rows have faults.", file=sys.stderr)
    else:
        print(f"{'Would import' if dry_run else 'Imported'} {counted}.", file=sys.stderr)


def _lines(row: "RowReport") -> list[str]:
    faults = [f"FAULT in {column}: {sentence}" for column, sentence in row.faults.items()]
    return faults or [
        " ".join([", ".join(row.stored) or "nothing new", *(f"- {note}" for note in row.notes)])
    ]


def _told(report: "Report", dry_run: bool) -> dict[str, Any]:
    return {
        "done": report.done,
        "dry_run": dry_run,
        "tools": 0 if report.faulty else report.tools,
        "verdicts": 0 if report.faulty else report.verdicts,
        "faults": len(report.faulty),
        "notes": list(report.notes),
        "rows": [
            {
                "row": row.number,
                "name": row.name,
                "stored": [] if report.faulty else list(row.stored),
                "notes": list(row.notes),
                "faults": dict(row.faults),
            }
            for row in report.rows
        ],
    }
