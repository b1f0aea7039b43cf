"""`registry scrape`: read sources now, a line for each."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from registry.cli.common import AsJson, opened, print_json, utc_now

if TYPE_CHECKING:
    from rich.progress import Progress
    from sqlalchemy import Engine

    from registry.jobs import Refreshed
    from registry.store.tables import Source
    from registry.trying import Checked
    from scrapers.fetch import Fetcher
    from scrapers.workers import Workers

app = typer.Typer()

PARTLY = 3


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
    from registry.jobs import make_fetcher
    from registry.store.engine import snapshot
    from scrapers.workers import Workers

    if named and everything:
        raise typer.BadParameter("Name sources or give --all, not both.")
    with opened() as (settings, engine):
        with snapshot(engine) as session:
            wanted = _wanted(session, named or [], everything)
        with make_fetcher(settings) as fetcher, Workers() as workers, _bar(len(wanted)) as bar:
            read = _try_out if dry_run else _read
            rows = []
            for row in read(engine, fetcher, workers, wanted):
                rows.append(row)
                bar.advance(bar.task_ids[0])
                if not as_json:
                    style = None if row["ok"] else "red"
                    bar.console.print(_line(row), style=style, highlight=False, markup=False, soft_wrap=True)
    left = [source for source in wanted if source.id not in {row["id"] for row in rows}]
    rows += [_left_out(source) for source in left if named or everything]
    _finish(rows, dry_run=dry_run, as_json=as_json)


def _wanted(session: Any, named: list[str], everything: bool) -> list["Source"]:
    from registry.store import sources

    if named:
        return list({each.id: each for each in (sources.named(session, text) for text in named)}.values())
    if everything:
        return list(sources.polled(session))
    return list(sources.due(session, utc_now(), 10_000))


def _read(
    engine: "Engine", fetcher: "Fetcher", workers: "Workers", wanted: list["Source"]
) -> Iterator[dict[str, Any]]:
    from registry import jobs

    only = {source.id for source in wanted if source.id is not None}
    for refreshed in jobs.refresh_due(engine, fetcher, workers, utc_now, only=only):
        yield _told(refreshed)


def _try_out(
    _engine: "Engine",
    fetcher: "Fetcher",
    workers: "Workers",
    wanted: list["Source"],
) -> Iterator[dict[str, Any]]:
    from registry import trying
    from scrapers.errors import ScrapeError

    for source in wanted:
        row = {"id": source.id, "name": source.name, "url": source.url}
        try:
            checked = trying.check_source(
                source.url, fetcher, workers, kind=source.kind, announcer=source.announcer
            )
        except ScrapeError as error:
            yield {**row, "ok": False, "error_code": error.code, "error": error.sentence}
        else:
            yield {**row, "ok": True, **checked_row(checked)}


def checked_row(checked: "Checked") -> dict[str, Any]:
    """What an address holds, as data."""
    return {
        "title": checked.title,
        "note": checked.note,
        "entries": [
            {
                "title": each.entry.title,
                "link": each.entry.link,
                "published_at": each.entry.published_at,
                "kind": each.kind.value,
                "proposes": each.name,
                "homepage": each.homepage,
            }
            for each in checked.entries
        ],
    }


def _told(refreshed: "Refreshed") -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": refreshed.source_id,
        "name": refreshed.name,
        "url": refreshed.url,
        "ok": refreshed.ok,
    }
    if not refreshed.ok:
        return {**row, "error_code": refreshed.error_code, "error": refreshed.error}
    brought = refreshed.brought
    return {
        **row,
        "unchanged": refreshed.unchanged,
        "entries": brought.entries,
        "new": brought.new,
        "revised": brought.revised,
        "candidates": brought.candidates,
        "held": brought.held,
        "note": refreshed.note,
    }


def _left_out(source: "Source") -> dict[str, Any]:
    why = (
        "It is paused."
        if source.paused_at
        else "Another process reads it, or its host rests. Try again soon."
    )
    row = {"id": source.id, "name": source.name, "url": source.url, "ok": False}
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


def _finish(rows: list[dict[str, Any]], *, dry_run: bool, as_json: bool) -> None:
    failed = sum(not row["ok"] for row in rows)
    if as_json:
        print_json({"dry_run": dry_run, "sources": rows, "failed": failed})
    elif not rows:
        print("No source is due.", file=sys.stderr)
    else:
        for row in rows:
            if row.get("error_code") in ("busy", "paused"):
                print(_line(row))
        sources = "1 source" if len(rows) == 1 else f"{len(rows)} sources"
        stored = " Nothing was stored." if dry_run else ""
        print(f"{sources} read, {failed} failed.{stored}", file=sys.stderr)
    if failed:
        raise typer.Exit(PARTLY if failed < len(rows) else 1)


@contextmanager
def _bar(total: int) -> Iterator["Progress"]:
    """A progress bar on standard error where that is a terminal; lines go to standard output."""
    from rich.console import Console
    from rich.progress import Progress

    shown = sys.stderr.isatty()
    # With a live bar both must share a console, or the bar would write over the lines.
    console = (
        Console(stderr=True) if shown and sys.stdout.isatty() else Console(file=sys.stdout, soft_wrap=True)
    )
    with Progress(console=console, disable=not shown, transient=True) as bar:
        bar.add_task("Reading sources", total=total)
        yield bar
