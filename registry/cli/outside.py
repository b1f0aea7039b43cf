"""`registry outside`: what other registries decided, from a terminal."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from registry.cli.common import AsJson, opened, print_json, print_rows

app = typer.Typer(help="What other registries decided: evidence beside our tools, never our answer.")
Placed = Annotated[
    bool | None,
    typer.Option("--placed/--not-placed", help="Only those beside a tool of ours, or those nobody placed."),
]


@app.callback()
def _outside() -> None:
    """Keeps `list` a command of its own."""


@app.command("list")
def list_outside(
    tool: Annotated[str, typer.Option(help="Slug of a tool of ours.")] = "",
    placed: Placed = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 1_000,
    as_json: AsJson = False,
) -> None:
    """What other registries decided, the newest here first."""
    from registry.services.outside import evidence
    from registry.store import outside
    from registry.store.columns import id_of
    from registry.store.engine import snapshot

    now = datetime.now(UTC)
    with opened() as (settings, engine), snapshot(engine) as session:
        found = outside.page(session, outside.Wanted(tool=tool, placed=placed), limit=limit)
        rows = [
            evidence.as_json(each)
            for each in evidence.pieces(
                session,
                [(row, source) for row, source, _ in found],
                today=now.astimezone(settings.zone).date(),
                now=now,
                tools={id_of(each): each for _, _, each in found if each is not None},
            )
        ]
    if as_json:
        print_json(rows)
        return
    shown = ("id", "registry", "number", "tool_name", "tool", "label", "validity", "decided_on")
    print_rows(
        [{name: row[name] for name in shown} for row in rows],
        none="No other registry told anything. `registry sources add URL` follows one.",
    )
