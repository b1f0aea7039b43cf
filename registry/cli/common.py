"""What commands share: the opened store, the clock, and how data is printed; who acts is said in acting.py."""

import gc
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from registry.domain.errors import RuleBroken

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from registry.settings import Settings

_SPACES = "\u00a0\u202f"
AsJson = Annotated[bool, typer.Option("--json", help="Print data alone, as JSON.")]


@contextmanager
def opened(
    settings: "Settings | None" = None, *, in_service: bool = False, begun: bool = False
) -> "Iterator[tuple[Settings, Engine]]":
    """The settings and an engine; an empty database gets its schema, an older one is refused with RuleBroken.

    With `begun` a place where there is no registry is refused too, and left as it is.
    """
    from registry.settings import load_settings
    from registry.store import schema  # loads Alembic, which not every command needs
    from registry.store.engine import make_engine
    from registry.store.plain import require_registry

    settings = settings or load_settings()
    if begun:
        require_registry(settings.resolved_database_url)
    engine = make_engine(settings.resolved_database_url, in_service=in_service)
    try:
        found = schema.status(engine)
        if not found.current:
            schema.upgrade(engine)
        elif not found.up_to_date:
            raise RuleBroken(found.sentence)
        yield settings, engine
    finally:
        engine.dispose()


@contextmanager
def loading() -> Iterator[None]:
    """Round what a long-running command imports and makes once: none of it is garbage, now or later."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def utc_now() -> datetime:
    return datetime.now(UTC)


def visible(text: str) -> str:
    """What somebody else wrote, with escapes in the place of what a terminal would obey or hide."""
    return "".join(sign if sign.isprintable() or sign in _SPACES else repr(sign)[1:-1] for sign in text)


def print_json(data: object) -> None:
    json.dump(data, sys.stdout, indent=2, ensure_ascii=False, default=_plain)
    sys.stdout.write("\n")


def print_rows(rows: list[dict[str, Any]], *, none: str) -> None:
    """Columns for people to read, headed by the keys; `none` where there is no row."""
    if not rows:
        print(none, file=sys.stderr)
        return
    cells = [list(rows[0])] + [[_told(value) for value in row.values()] for row in rows]
    widths = [max(len(line[place]) for line in cells) for place in range(len(cells[0]))]
    for line in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _told(value: object) -> str:
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(str(each) for each in value) or "-"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return "-" if value is None or value == "" else str(value)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return sorted(value) if isinstance(value, set | frozenset) else str(value)
