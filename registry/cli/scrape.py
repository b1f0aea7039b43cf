"""`registry scrape`: read sources now, a line for each."""

import sys
from collections.abc import Callable, Iterator
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

from registry.cli.common import AsJson, opened, print_json, utc_now
from scrapers.links import public_url

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from registry.jobs import Refreshed
    from registry.store.tables import Source
    from registry.trying import Checked
    from scrapers.fetch import Fetcher
    from scrapers.workers import Workers

app = typer.Typer()

PARTLY = 3
NOT_READ = frozenset({"busy", "paused"})
"""Why a source that was asked for was left alone."""

Starts = Callable[[int, str], None]
"""Hears number and name of each source as its reading begins."""


@app.command()
def scrape(
    named: Annotated[
        list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Number, address or name of a source.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every source that is polled, due or not.")
    ] = False,
    dry_run: Annotated[bool, typer.Option(help="Show what would come in, and store nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read what is due now, or the named sources, or all. Ends with 3 where some failed, with 1 where all did."""
    from registry.cli.progress import Reading
    from registry.jobs import make_fetcher, make_workers
    from registry.services.sources import source_health
    from registry.store.engine import snapshot, transaction

    if named and everything:
        raise typer.BadParameter("Name sources or give --all, not both.")
    began = monotonic()
    with opened() as (settings, engine):
        with snapshot(engine) as session:
            wanted = _wanted(session, named or [], everything)
        with make_fetcher(settings) as fetcher, make_workers() as workers, Reading(len(wanted)) as bar:
            read = _try_out if dry_run else _read
            rows = []
            for row in read(engine, fetcher, workers, wanted, bar.starts):
                rows.append(row)
                bar.ends(row["id"], new=_new(row), failed=not row["ok"])
                if not as_json:
                    style = None if row["ok"] else "red"
                    bar.lines.print(_line(row), style=style, highlight=False, markup=False, soft_wrap=True)
        if rows and not dry_run:
            with transaction(engine) as session:
                source_health.notice(session, utc_now())
    left = [source for source in wanted if source.id not in {row["id"] for row in rows}]
    rows += [_left_out(source) for source in left if named or everything]
    _finish(rows, monotonic() - began, dry_run=dry_run, as_json=as_json)


def _wanted(session: Any, named: list[str], everything: bool) -> list["Source"]:
    from registry.store import sources

    if named:
        return list({each.id: each for each in (sources.named(session, text) for text in named)}.values())
    if everything:
        return list(sources.polled(session))
    return list(sources.due(session, utc_now(), 10_000))


def _read(
    engine: "Engine", fetcher: "Fetcher", workers: "Workers", wanted: list["Source"], starts: Starts
) -> Iterator[dict[str, Any]]:
    from registry import rounds

    names = {source.id: source.name for source in wanted if source.id is not None}
    for refreshed in rounds.refresh_due(
        engine,
        fetcher,
        workers,
        utc_now,
        only=set(names),
        on_start=lambda lease: starts(lease.source_id, names.get(lease.source_id, "")),
    ):
        yield _told(refreshed)


def _try_out(
    engine: "Engine", fetcher: "Fetcher", workers: "Workers", wanted: list["Source"], starts: Starts
) -> Iterator[dict[str, Any]]:
    for source in wanted:
        starts(source.id or 0, source.name)
        yield tried_row(source, engine, fetcher, workers)


def tried_row(
    source: "Source", engine: "Engine", fetcher: "Fetcher", workers: "Workers", *, looking: bool = False
) -> dict[str, Any]:
    """What a source would bring now, as data; where it cannot be read, why and which feeds to take instead."""
    from registry import trying
    from scrapers.errors import ScrapeError

    row = {"id": source.id, "name": source.name, "url": public_url(source.url)}
    try:
        checked = trying.try_source(engine, source, fetcher, workers, utc_now(), looking=looking)
    except ScrapeError as error:
        suggested = list(getattr(error, "suggested", ()))
        return {
            **row,
            "ok": False,
            "error_code": error.code,
            "error": error.sentence,
            "suggested": suggested,
        }
    return {**row, "ok": True, "new": checked.new, **checked_row(checked)}


def checked_row(checked: "Checked") -> dict[str, Any]:
    """What an address holds, as data."""
    return {
        "title": checked.title,
        "kind": checked.kind,
        "verdicts": checked.verdicts,
        "note": checked.note,
        "entries": [
            {
                "title": each.entry.title,
                "link": each.entry.link,
                "published_at": each.entry.published_at,
                "kind": each.kind.value,
                "proposes": each.name,
                "homepage": each.homepage,
                "new": each.is_new,
            }
            for each in checked.entries
        ],
    }


def _told(refreshed: "Refreshed") -> dict[str, Any]:
    """One row, with the same keys whatever happened."""

    brought = refreshed.brought
    return {
        "id": refreshed.source_id,
        "name": refreshed.name,
        "url": public_url(refreshed.url),
        "ok": refreshed.ok,
        "unchanged": refreshed.unchanged,
        "entries": brought.entries,
        "new": brought.new,
        "revised": brought.revised,
        "candidates": brought.candidates,
        "verdicts": brought.verdicts,
        "held": brought.held,
        "bytes": refreshed.wire_bytes,
        "elapsed_s": round(refreshed.elapsed_s, 3),
        "note": refreshed.note,
        "error_code": refreshed.error_code,
        "error": refreshed.error,
    }


def _new(row: dict[str, Any]) -> int:
    return int(row.get("new", 0))


def _left_out(source: "Source") -> dict[str, Any]:

    why = (
        "It is paused."
        if source.paused_at
        else "Another process reads it, or its host rests. Try again soon."
    )
    row = {"id": source.id, "name": source.name, "url": public_url(source.url), "ok": False}
    return {**row, "error_code": "paused" if source.paused_at else "busy", "error": why}


def _line(row: dict[str, Any]) -> str:
    if not row["ok"]:
        return f"{row['name']}: {row['error']}"
    if row.get("unchanged"):
        return f"{row['name']}: nothing new"
    if isinstance(row["entries"], list):
        return "\n".join([f"{row['name']}: {len(row['entries'])} entries", *map(entry_line, row["entries"])])
    held = f", {row['held']} held back because there are so many" if row["held"] else ""
    return (
        f"{row['name']}: {row['new']} new of {row['entries']} entries, {row['candidates']} candidates{held}"
    )


def entry_line(entry: dict[str, Any]) -> str:
    """One entry for people to read: what it proposes, else what it is, and its title."""
    return f"  {entry['proposes'] or '(' + entry['kind'] + ')'}: {entry['title'] or entry['link']}"


def totals(rows: list[dict[str, Any]], elapsed_s: float) -> dict[str, Any]:
    """What a round came to: each number over all sources."""
    read = [row for row in rows if row.get("error_code", "") not in NOT_READ]
    return {
        "sources": len(rows),
        "read": sum(row["ok"] for row in read),
        "unchanged": sum(bool(row.get("unchanged")) for row in rows),
        "failed": sum(not row["ok"] for row in read),
        "left_out": len(rows) - len(read),
        "new": sum(_new(row) for row in rows),
        "candidates": sum(row.get("candidates", 0) for row in rows),
        "bytes": sum(row.get("bytes", 0) for row in rows),
        "elapsed_s": round(elapsed_s, 3),
    }


def _finish(rows: list[dict[str, Any]], elapsed_s: float, *, dry_run: bool, as_json: bool) -> None:
    failed = sum(not row["ok"] for row in rows)
    if as_json:
        print_json({"dry_run": dry_run, "sources": rows, "failed": failed, "totals": totals(rows, elapsed_s)})
    elif not rows:
        print("No source is due.", file=sys.stderr)
    else:
        for row in rows:
            if row.get("error_code") in NOT_READ:
                print(_line(row))
        sources = "1 source" if len(rows) == 1 else f"{len(rows)} sources"
        stored = " Nothing was stored." if dry_run else ""
        print(f"{sources} read, {failed} failed.{stored}", file=sys.stderr)
        if not dry_run:
            print("\n".join(_table(totals(rows, elapsed_s))), file=sys.stderr)
    if failed:
        raise typer.Exit(PARTLY if failed < len(rows) else 1)


def _table(came_to: dict[str, Any]) -> list[str]:
    """Heads and numbers below each other, for people to read."""
    cells = {
        "read": f"{came_to['read']:,}",
        "unchanged": f"{came_to['unchanged']:,}",
        "failed": f"{came_to['failed']:,}",
        "left out": f"{came_to['left_out']:,}",
        "new entries": f"{came_to['new']:,}",
        "candidates": f"{came_to['candidates']:,}",
        "received": _size(came_to["bytes"]),
        "time": f"{came_to['elapsed_s']:.1f} s",
    }
    widths = [max(len(head), len(cell)) for head, cell in cells.items()]
    heads, values = list(cells), list(cells.values())
    return [
        "  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True))
        for line in (heads, values)
    ]


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB"
