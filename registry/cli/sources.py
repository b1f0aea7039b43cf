"""`registry sources`: the places we poll, from a terminal."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from registry.cli.acting import As, acting
from registry.cli.common import AsJson, opened, print_json, print_rows, utc_now
from registry.domain.proposal import Announcer
from registry.store.columns import id_of
from scrapers.links import public_url

if TYPE_CHECKING:
    from datetime import datetime

    from sqlmodel import Session

    from registry.services.people.acting import Actor
    from registry.services.sources.sources import LeftOut
    from registry.store.tables import Source

app = typer.Typer(no_args_is_help=True, help="The places we poll.")

Named = Annotated[str, typer.Argument(metavar="SOURCE", help="Its number, address or name.")]
Url = Annotated[str, typer.Argument(metavar="URL", help="Address of a feed.")]
Says = Annotated[Announcer, typer.Option("--announcer", help="What sort of source it is.")]
Group = Annotated[str, typer.Option(help="The group that it belongs to.")]
Kind = Annotated[str, typer.Option(help="Which scraper reads it.")]


@app.command("add")
def add(
    url: Url,
    name: Annotated[str, typer.Option(help="As lists show it; else its host.")] = "",
    announcer: Says = Announcer.NEWS,
    group: Group = "",
    kind: Kind = "feed",
    as_email: As = "",
    as_json: AsJson = False,
) -> None:
    """Start to poll an address."""
    from registry.services.sources import sources
    from registry.store.engine import transaction

    with opened() as (settings, engine), transaction(engine) as session:
        by = acting(session, as_email)
        source = sources.add_source(
            session,
            url=url,
            name=name,
            announcer=announcer,
            group=group,
            kind=kind,
            own=settings.base_url,
            by=by,
            now=utc_now(),
        )
        row = _row(source)
    if as_json:
        print_json(row)
    else:
        print(f"Added source {row['id']}, {row['name']}. `registry scrape {row['id']}` reads it now.")


@app.command("list")
def list_sources(
    group: Group = "",
    state: Annotated[str, typer.Option(help="Only those that fare so, such as broken, gone or quiet.")] = "",
    as_json: AsJson = False,
) -> None:
    """All sources and how they fare."""
    from registry.store import sources
    from registry.store.engine import snapshot

    with opened() as (_settings, engine), snapshot(engine) as session:
        rows = [_row(source) for source in sources.sources(session, group=group)]
    rows = [row for row in rows if not state or state in (row["state"], row["health"])]
    if as_json:
        print_json(rows)
        return
    shown = ("id", "name", "health", "succeeded_at", "due_at", "url", "error")
    print_rows(
        [{key: row[key] for key in shown} for row in rows],
        none="No source yet. Add one: registry sources add URL",
    )


@app.command("remove")
def remove(source: Named, as_email: As = "", as_json: AsJson = False) -> None:
    """Take a source off the list; its entries and what they led to stay."""
    from registry.services.sources import sources as services

    _act(services.remove, source, as_email, as_json, "is removed")


@app.command("pause")
def pause(source: Named, as_email: As = "", as_json: AsJson = False) -> None:
    """Poll a source no longer until it is resumed."""
    from registry.services.sources import sources as services

    _act(services.pause, source, as_email, as_json, "is paused")


@app.command("resume")
def resume(source: Named, as_email: As = "", as_json: AsJson = False) -> None:
    """Poll a paused source again, from now."""
    from registry.services.sources import sources as services

    _act(services.resume, source, as_email, as_json, "is polled again")


@app.command("edit")
def edit(
    source: Named,
    name: Annotated[str | None, typer.Option(help="As lists show it.")] = None,
    url: Annotated[str | None, typer.Option(help="Another address; undo-move goes back.")] = None,
    announcer: Annotated[Announcer | None, typer.Option(help="What sort of source it is.")] = None,
    group: Annotated[str | None, typer.Option(help="The group that it belongs to.")] = None,
    as_email: As = "",
    as_json: AsJson = False,
) -> None:
    """Change what is given of a source: its name, address, sort or group."""
    from registry.services.sources import sources as services

    def act(session: "Session", source_id: int, *, by: "Actor", now: "datetime") -> "Source":
        changed = services.edit(
            session, source_id, name=name, announcer=announcer, group=group, by=by, now=now
        )
        if url is None or url in (changed.url, public_url(changed.url)):
            return changed
        return services.change_address(session, source_id, url=url, by=by, now=now)

    _act(act, source, as_email, as_json, "is changed")


@app.command("undo-move")
def undo_move(source: Named, as_email: As = "", as_json: AsJson = False) -> None:
    """Go back to the address before the last move, and stay there."""
    from registry.services.sources import sources as services

    _act(services.undo_move, source, as_email, as_json, "has its address before")


@app.command("check")
def check(url: Url, announcer: Says = Announcer.NEWS, kind: Kind = "feed", as_json: AsJson = False) -> None:
    """Fetch an address, or find the feeds of a site, and show what would come in; nothing is stored."""
    from registry.cli.scrape import checked_row
    from registry.settings import load_settings
    from registry.trying import check_address
    from scrapers.errors import ScrapeError

    try:
        checked = check_address(load_settings(), url, kind=kind, announcer=announcer)
    except ScrapeError as error:
        suggested = list(getattr(error, "suggested", ()))
        refused = {"ok": False, "url": public_url(url), "error_code": error.code, "error": error.sentence}
        _shown({**refused, "suggested": suggested}, as_json)
        raise typer.Exit(1) from None
    row = {"ok": True, "asked": public_url(checked.asked), "url": checked.url, "malformed": checked.malformed}
    _shown({**row, **checked_row(checked)}, as_json)


@app.command("try")
def try_out(source: Named, as_json: AsJson = False) -> None:
    """Show what a source would bring at this moment, and what of it is new; nothing is stored."""
    from registry.cli.scrape import tried_row
    from registry.jobs import make_fetcher
    from registry.store import sources
    from registry.store.engine import snapshot
    from scrapers.workers import Workers

    with opened() as (settings, engine):
        with snapshot(engine) as session:
            found = sources.named(session, source)
        with make_fetcher(settings) as fetcher, Workers(count=1) as workers:
            row = tried_row(found, engine, fetcher, workers, looking=True)
    _shown(row, as_json)
    if not row["ok"]:
        raise typer.Exit(1)


@app.command("import")
def import_opml(
    file: Annotated[Path, typer.Argument(metavar="FILE.opml", exists=True, dir_okay=False)],
    announcer: Says = Announcer.NEWS,
    dry_run: Annotated[bool, typer.Option(help="Show what would be added, and add nothing.")] = False,
    as_email: As = "",
    as_json: AsJson = False,
) -> None:
    """Add the feeds of an OPML file; those that are polled already are left as they are."""
    from registry.services.sources import sources
    from registry.services.sources.opml import as_wanted, read_opml
    from registry.store.engine import transaction

    wanted = as_wanted(read_opml(file.read_bytes()), announcer)
    with opened() as (_settings, engine), transaction(engine) as session:
        if dry_run:
            plan = sources.plan(session, wanted)
            rows = [
                {"name": each.name, "url": public_url(each.url), "group": each.group} for each in plan.wanted
            ]
            left_out: Sequence[LeftOut] = plan.left_out
        else:
            by = acting(session, as_email)
            added, left_out = sources.add_all(session, wanted, by=by, now=utc_now())
            rows = [_row(each) for each in added]
    _told_added(rows, left_out, as_json, dry_run=dry_run)


starter = typer.Typer(help="Public feeds to start from, none of them polled until it is added.")
app.add_typer(starter, name="starter")


@starter.callback(invoke_without_command=True)
def list_starters(context: typer.Context, group: Group = "", as_json: AsJson = False) -> None:
    """List the public feeds to start from, by group; those that are polled bear their number."""
    from registry.services.sources.starting import offers
    from registry.store.engine import snapshot

    if context.invoked_subcommand is not None:
        return
    with opened() as (_settings, engine), snapshot(engine) as session:
        rows = [
            {
                "group": each.starter.group,
                "name": each.starter.name,
                "announcer": each.starter.announcer,
                "source": each.source_id,
                "brings": each.starter.brings,
                "url": each.starter.url,
            }
            for each in offers(session, group=group)
        ]
    if as_json:
        print_json(rows)
        return
    shown = ("group", "name", "source", "brings")
    print_rows([{key: row[key] for key in shown} for row in rows], none="There is none.")


@starter.command("add")
def add_starters(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="As listed.")] = None,
    group: Annotated[
        list[str] | None, typer.Option("--group", help="All of this group; may be repeated.")
    ] = None,
    as_email: As = "",
    as_json: AsJson = False,
) -> None:
    """Poll what is named, or all of a group."""
    from registry.services.sources import starting
    from registry.store.engine import transaction

    with opened() as (_settings, engine), transaction(engine) as session:
        by = acting(session, as_email)
        added, left_out = starting.add_starters(session, names or (), group or (), by=by, now=utc_now())
        rows = [_row(each) for each in added]
    _told_added(rows, left_out, as_json)


@app.command("export")
def export_opml(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE.opml]", help="Else standard output.")] = None,
    as_json: AsJson = False,
) -> None:
    """All sources as OPML, for another registry or feed reader."""
    from registry.services.sources.opml import write_opml
    from registry.store import sources
    from registry.store.engine import snapshot

    with opened() as (settings, engine), snapshot(engine) as session:
        found = sources.sources(session)
        written, rows = (
            write_opml(found, title=f"Sources of {settings.name}", now=utc_now()),
            [_row(each) for each in found],
        )
    if as_json:
        print_json(rows)
    elif file is None:
        sys.stdout.write(written.decode())
    else:
        file.write_bytes(written)
        print(f"{len(rows)} sources written to {file}.", file=sys.stderr)


@app.command("held")
def held(
    source: Named,
    let_in: Annotated[
        bool, typer.Option("--let-in", help="They propose candidates now, as if they had just come.")
    ] = False,
    leave: Annotated[
        bool, typer.Option("--leave", help="They stay seen for ever and propose nothing.")
    ] = False,
    as_email: As = "",
    as_json: AsJson = False,
) -> None:
    """Entries held back because so many came at once: show them, let them in, or leave them."""
    from registry.cli.held import decide, show

    if let_in and leave:
        raise typer.BadParameter("Give --let-in or --leave, not both.")
    if let_in or leave:
        decide(source, let_in=let_in, as_email=as_email, as_json=as_json)
    else:
        show(source, as_json=as_json)


def _act(act: Callable[..., "Source"], named: str, as_email: str, as_json: bool, done: str) -> None:
    from registry.store import sources
    from registry.store.engine import transaction

    with opened() as (_settings, engine), transaction(engine) as session:
        found = sources.named(session, named)
        row = _row(act(session, id_of(found), by=acting(session, as_email), now=utc_now()))
    if as_json:
        print_json(row)
    else:
        print(f"{row['name']} {done}.", file=sys.stderr)


def _told_added(
    rows: list[dict[str, Any]], left_out: Sequence["LeftOut"], as_json: bool, *, dry_run: bool = False
) -> None:
    skipped = [
        {"url": public_url(each.wanted.url), "name": each.wanted.name, "why": each.why} for each in left_out
    ]
    if as_json:
        print_json({"dry_run": dry_run, "added": rows, "skipped": skipped})
        return
    for skip in skipped:
        print(f"{skip['name'] or skip['url']}: {skip['why']}", file=sys.stderr)
    would = "would be " if dry_run else ""
    sources = "1 source" if len(rows) == 1 else f"{len(rows)} sources"
    print(f"{sources} {would}added, {len(skipped)} left out.")


def _shown(row: dict[str, Any], as_json: bool) -> None:
    """What an address brings: its entries with those new here marked, or why not and what to take instead."""
    from registry.cli.scrape import entry_line

    if as_json:
        print_json(row)
    elif row["ok"]:
        told = f", {row['new']} new" if "new" in row else ""
        print(f"{row['title'] or row['url']}: {len(row['entries'])} entries{told}")
        for entry in row["entries"]:
            mark = "+" if entry["new"] and "new" in row else " "
            print(f"{mark}{entry_line(entry)}")
        if row["note"]:
            print(row["note"], file=sys.stderr)
    else:
        print(row["error"], file=sys.stderr)
        for address in row["suggested"]:
            print(f"  perhaps {address}", file=sys.stderr)


def _row(source: "Source") -> dict[str, Any]:
    from registry.services.sources.source_health import health

    fares = health(source, utc_now())
    return {
        "id": source.id,
        "name": source.name,
        "url": public_url(source.url),
        "kind": source.kind,
        "announcer": source.announcer.value,
        "group": source.group,
        "state": _state(source),
        "health": fares.state.value,
        "says": fares.sentence,
        "succeeded_at": source.succeeded_at,
        "changed_at": source.changed_at,
        "due_at": source.due_at,
        "failures": source.failures,
        "error_code": source.error_code,
        "error": source.error,
    }


def _state(source: "Source") -> str:
    if source.removed_at:
        return "removed"
    if source.gone_at:
        return "gone"
    if source.paused_at:
        return "paused"
    return "failing" if source.failures else "ok" if source.succeeded_at else "new"
