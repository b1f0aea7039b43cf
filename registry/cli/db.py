"""`registry db`: the schema's version."""

import sys
from typing import Annotated

import typer

from registry.cli.common import AsJson, print_json, utc_now
from registry.services.backups import making
from registry.settings import load_settings
from registry.store import schema
from registry.store.engine import make_engine

app = typer.Typer(no_args_is_help=True, help="The database's schema.")


@app.command()
def upgrade(
    no_backup: Annotated[
        bool, typer.Option("--no-backup", help="Make no copy first, where there is no room for one.")
    ] = False,
) -> None:
    """Bring the schema to the newest version, with a backup first; changes nothing where it is there already."""
    settings = load_settings()
    engine = make_engine(settings.resolved_database_url)
    try:
        before = schema.status(engine)
        kept = None
        if not no_backup:
            kept = making.back_up_before_upgrade(settings, engine, now=utc_now())
        schema.upgrade(engine)
    finally:
        engine.dispose()
    if kept is not None:
        print(f"The database as it was is in {kept}; `registry restore` takes it.", file=sys.stderr)
    if before.up_to_date:
        print(f"The schema is at {before.newest} already.", file=sys.stderr)
    else:
        print(f"The schema went from {before.current or 'nothing'} to {before.newest}.", file=sys.stderr)


@app.command()
def head() -> None:
    """The newest version of the schema that this program knows."""
    print(schema.of_revision("").newest)


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
        if not found.known:
            print(found.sentence, file=sys.stderr)
    if not found.up_to_date:
        raise typer.Exit(1)
