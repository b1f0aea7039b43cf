"""`registry candidates reread`: stored entries read again by today's extractor, batch by batch."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from registry.cli.common import opened, print_json, utc_now

if TYPE_CHECKING:
    from rich.progress import Progress
    from sqlalchemy import Engine
    from sqlmodel import Session

    from registry.services.entries.rereading import Change, Reread


class _NotKept(Exception):
    """Ends a transaction whose changes were only to be looked at."""


def reread(named: list[str], *, dry_run: bool, as_json: bool) -> None:
    from registry.services.entries import rereading
    from registry.store import sources
    from registry.store.columns import id_of
    from registry.store.engine import snapshot

    with opened() as (_settings, engine):
        with snapshot(engine) as session:
            wanted = [id_of(sources.named(session, text)) for text in named] if named else None
            ahead = rereading.ahead(session, source_ids=wanted)
        found = rereading.Reread()
        with _bar(ahead) as bar:
            for batch in _tried(engine, wanted) if dry_run else _done(engine, wanted):
                found.add(batch)
                bar.advance(bar.task_ids[0], batch.entries)
    if as_json:
        print_json({"dry_run": dry_run, **_counted(found), "changes": [_row(each) for each in found.changes]})
        return
    for each in found.changes:
        print(_line(each))
    print(_sentence(found, dry_run=dry_run), file=sys.stderr)


def _done(engine: "Engine", wanted: list[int] | None) -> "Iterator[Reread]":
    """A transaction for each batch, so that nobody has to wait long, and what was done stays done."""
    from registry.services.entries import rereading
    from registry.store.engine import transaction

    last = 0
    while True:
        with transaction(engine) as session:
            batch, last = rereading.read_batch(session, source_ids=wanted, after=last, now=utc_now())
        if not last:
            return
        yield batch


def _tried(engine: "Engine", wanted: list[int] | None) -> "Iterator[Reread]":
    """All in one transaction that is not kept: a later batch meets what an earlier one would have made."""
    from registry.store.engine import transaction

    batches: list[Reread] = []
    try:
        with transaction(engine) as session:
            batches.extend(_all_batches(session, wanted))
            raise _NotKept
    except _NotKept:
        yield from batches


def _all_batches(session: "Session", wanted: list[int] | None) -> "Iterator[Reread]":
    from registry.services.entries import rereading

    last, now = 0, utc_now()
    while True:
        batch, last = rereading.read_batch(session, source_ids=wanted, after=last, now=now)
        if not last:
            return
        yield batch


@contextmanager
def _bar(total: int) -> "Iterator[Progress]":
    """On standard error, where that is a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        bar.add_task("Reading entries again", total=total)
        yield bar


def _counted(found: "Reread") -> dict[str, int]:
    return {
        "entries": found.entries,
        "kinds": found.kinds,
        "candidates": found.candidates,
        "mentions": found.mentions,
        "tool_events": found.tool_events,
        "bettered": found.bettered,
    }


def _row(change: "Change") -> dict[str, Any]:
    return {
        "entry": change.entry_id,
        "candidate": change.candidate_id,
        "title": change.title,
        "before": dict(change.before),
        "after": dict(change.after),
    }


def _line(change: "Change") -> str:
    told = []
    for name, after in change.after.items():
        before = change.before.get(name, "")
        if before != after:
            told.append(
                f"{name} {before or 'nothing'} → {after or 'nothing'}" if change.before else f"{name} {after}"
            )
    what = f"entry {change.entry_id}" if change.entry_id else f"candidate {change.candidate_id}"
    return f"  {what}, {change.title}: {', '.join(told)}"


def _sentence(found: "Reread", *, dry_run: bool) -> str:
    if not found.entries:
        return "Every stored entry has been read by today's extractor."
    begin = "Would read" if dry_run else "Read"
    kept = " Nothing was stored." if dry_run else ""
    return (
        f"{begin} {found.entries} entries again: {found.kinds} are something else, {found.candidates} candidates are"
        f" new, {found.bettered} are called otherwise, tools are told {found.tool_events} times.{kept}"
    )
