"""`registry db`: the schema's version."""

import sys

import typer

from registry.cli.common import AsJson, print_json
from registry.settings import load_settings
from registry.store import schema
from registry.store.engine import make_engine

app = typer.Typer(no_args_is_help=True, help="The database's schema.")


@app.command()
def upgrade() -> None:
    """Bring the schema to the newest version; changes nothing where it is there already."""
    engine = make_engine(load_settings().resolved_database_url)
    try:
        before = schema.status(engine)
        schema.upgrade(engine)
    finally:
        engine.dispose()
    if before.up_to_date:
        print(f"The schema is at {before.newest} already.", file=sys.stderr)
    else:
        print(f"The schema went from {before.current or 'nothing'} to {before.newest}.", file=sys.stderr)


@app.command()
def status(as_json: AsJson = False) -> None:
    """Where the schema stands; exit code 1 where it is not the newest."""
    engine = make_engine(load_settings().resolved_database_url)
    try:
        found = schema.status(engine)
    finally:
        engine.dispose()
    if as_json:
        print_json({"current": found.current, "newest": found.newest, "up_to_date": found.up_to_date})
    else:
        print(f"{found.current or 'empty'}, newest {found.newest}")
    if not found.up_to_date:
        raise typer.Exit(1)
