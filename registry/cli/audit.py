"""`registry audit`: the log of what happened, verified."""

import sys

import typer

from registry.cli.common import AsJson, opened, print_json
from registry.cli.progress import counting

app = typer.Typer(no_args_is_help=True, help="The log of what happened.")


@app.callback()
def _audit() -> None:
    """The log of what happened."""


@app.command()
def verify(as_json: AsJson = False) -> None:
    """Derive the log again; exit code 1, naming the first bad number, where it is not what was recorded."""
    from registry.services.log.verifying import verify as derive

    with opened() as (_settings, engine), counting("Reading the log") as heard:
        report = derive(engine, heard=heard)
    if as_json:
        print_json(
            {
                "sound": report.sound,
                "first_bad": report.first_bad,
                "size": report.size,
                "root": report.root,
                "faults": [{"number": each.number, "sentence": each.sentence} for each in report.faults],
            }
        )
    elif report.sound:
        print(f"The log is as it was recorded: {report.size:,} lines, root {report.root}.")
    for each in report.faults:
        print(each.sentence, file=sys.stderr)
    if not report.sound:
        if report.first_bad is not None:
            print(f"The first bad number is {report.first_bad}.", file=sys.stderr)
        raise typer.Exit(1)
