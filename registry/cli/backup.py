"""`registry backup` and `registry restore`: the whole registry in one file, and back."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from registry.cli.common import AsJson, print_json, utc_now, visible
from registry.settings import load_settings
from registry.store.engine import make_engine
from registry.store.plain import require_registry

backup = typer.Typer()
restore = typer.Typer()

SECRETS = {
    "restored": "The secret came with it. Everybody signs in again. Tokens that were revoked since then work again: "
    "see registry tokens list.",
    "same": "The secret here is the one it was made with. Everybody signs in again. Tokens that were revoked since "
    "then work again: see registry tokens list.",
    "another": "The secret here is not the one it was made with: everybody signs in again, and tokens, second "
    "factors, the signing secrets of webhooks, and links in mails end. "
    "If you have kept the old one, put it in as {secret} now.",
    "none": "It was made before there was a secret.",
}


@backup.command()
def back_up(
    file: Annotated[Path, typer.Argument(help="The file to write, such as registry.zip.")],
    with_secret: Annotated[
        bool,
        typer.Option(
            "--with-secret", help="Put the secret in too; then keep the file as you keep the secret."
        ),
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the place of a file that is there.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write everything the registry holds into one file, while it runs; from SQLite or PostgreSQL, for either."""
    from registry.services.backups import making

    settings = load_settings()
    require_registry(settings.resolved_database_url)
    engine = make_engine(settings.resolved_database_url)
    try:
        made = making.back_up(settings, engine, file, now=utc_now(), with_secret=with_secret, replace=replace)
    finally:
        engine.dispose()
    size, rows = file.stat().st_size, sum(made.counts.values())
    if as_json:
        print_json(
            {
                "file": str(file),
                "bytes": size,
                "schema": made.schema,
                "made_at": made.made_at,
                "last_event": made.last_event,
                "counts": dict(made.counts),
                "secret": with_secret,
            }
        )
        return
    held = f"{rows:,} rows of {len(made.counts)} tables, {size:,} bytes, up to event {made.last_event}"
    print(f"{file}: {held}.", file=sys.stderr)
    if not with_secret:
        told = f"The secret is not in it. Keep a copy of {settings.secret_path} in another place."
        print(told, file=sys.stderr)


@restore.command()
def put_back(
    file: Annotated[Path, typer.Argument(help="What `registry backup` wrote.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Look it all through and put nothing anywhere.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put a backup into an empty place: verified first, all of it or nothing, brought to the newest schema."""
    from registry.services.backups import restoring

    settings = load_settings()
    done = restoring.restore(settings, file, dry_run=dry_run)
    made = done.manifest
    if as_json:
        print_json(
            {
                "file": str(file),
                "restored": not dry_run,
                "into": restoring.shown_url(settings),
                "made_at": made.made_at,
                "program": made.program,
                "schema_before": made.schema,
                "schema": done.schema,
                "counts": dict(made.counts),
                "last_event": made.last_event,
                "secret": done.secret,
                "settings": {name: {"was": was, "is": here} for name, (was, here) in done.settings.items()},
                "rubrics": str(done.rubrics) if done.rubrics else None,
            }
        )
        return
    rows = sum(made.counts.values())
    did = "is sound and would be restored into" if dry_run else "was restored into"
    lines = [
        f"The backup of {made.made_at:%Y-%m-%d %H:%M} UTC {did} {restoring.shown_url(settings)}: "
        f"{rows:,} rows of {len(made.counts)} tables, up to event {made.last_event}.",
    ]
    if done.schema != made.schema:
        lines.append(f"Its schema went from {made.schema} to {done.schema}.")
    lines.append(SECRETS[done.secret].format(secret=settings.secret_path))
    if done.rubrics and done.rubrics != settings.rubrics_dir:
        lines.append(f"Its rubric files are in {done.rubrics}: set REGISTRY_RUBRICS_DIR to it.")
    for name, (was, here) in done.settings.items():
        lines.append(f"{name} was {_told(was)} when it was made, and is {_told(here)} here.")
    print("\n".join(lines), file=sys.stderr)


def _told(value: object) -> str:
    return visible(",".join(map(str, value)) if isinstance(value, list) else str(value)) or "empty"
