"""`registry sources`: the places we poll, from a terminal."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from registry.cli.acting import As, acting
from registry.cli.common import AsJson, opened, print_json, print_rows, utc_now
from registry.domain.errors import InvalidInput, RuleBroken
from registry.domain.proposal import Announcer
from registry.store.columns import id_of

if TYPE_CHECKING:
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
    from registry.services import sources
    from registry.store.engine import transaction

    with opened() as (_settings, engine), transaction(engine) as session:
        by = acting(session, as_email)
        source = sources.add_source(
            session, url=url, name=name, announcer=announcer, group=group, kind=kind, by=by, now=utc_now()
        )
        row = _row(source)
    if as_json:
        print_json(row)
    else:
        print(f"Added source {row['id']}, {row['name']}. `registry scrape {row['id']}` reads it now.")


@app.command("list")
def list_sources(group: Group = "", as_json: AsJson = False) -> None:
    """All sources and how they fare."""
    from registry.store import sources
    from registry.store.engine import snapshot

    with opened() as (_settings, engine), snapshot(engine) as session:
        rows = [_row(source) for source in sources.sources(session, group=group)]
    if as_json:
        print_json(rows)
        return
    shown = ("id", "name", "state", "succeeded_at", "due_at", "url", "error")
    print_rows(
        [{key: row[key] for key in shown} for row in rows],
        none="No source yet. Add one: registry sources add URL",
    )


@app.command("remove")
def remove(source: Named, as_email: As = "", as_json: AsJson = False) -> None:
    """Take a source off the list; its entries and what they led to stay."""
    _act("remove", source, as_email, as_json, "is removed")


@app.command("pause")
def pause(source: Named, as_email: As = "", as_json: AsJson = False) -> None:
    """Poll a source no longer until it is resumed."""
    _act("pause", source, as_email, as_json, "is paused")


@app.command("resume")
def resume(source: Named, as_email: As = "", as_json: AsJson = False) -> None:
    """Poll a paused source again, from now."""
    _act("resume", source, as_email, as_json, "is polled again")


@app.command("check")
def check(url: Url, announcer: Says = Announcer.NEWS, kind: Kind = "feed", as_json: AsJson = False) -> None:
    """Fetch an address and show what would come in; nothing is stored."""
    from registry.cli.scrape import checked_row, entry_line
    from registry.settings import load_settings
    from registry.trying import check_address
    from scrapers.errors import ScrapeError

    try:
        checked = check_address(load_settings(), url, kind=kind, announcer=announcer)
    except ScrapeError as error:
        _refused(url, error, as_json)
        raise typer.Exit(1) from None
    row = {"ok": True, "url": checked.url, "malformed": checked.malformed, **checked_row(checked)}
    if as_json:
        print_json(row)
        return
    print(f"{checked.title or checked.url}: {len(checked.entries)} entries")
    for entry in row["entries"]:
        print(entry_line(entry))
    if checked.note:
        print(checked.note, file=sys.stderr)


@app.command("import")
def import_opml(
    file: Annotated[Path, typer.Argument(metavar="FILE.opml", exists=True, dir_okay=False)],
    announcer: Says = Announcer.NEWS,
    as_email: As = "",
    as_json: AsJson = False,
) -> None:
    """Add the feeds of an OPML file; those that are polled already are left as they are."""
    from registry.services import sources
    from registry.services.opml import read_opml
    from registry.store.engine import transaction

    added: list[dict[str, Any]] = []
    skipped: list[dict[str, str]] = []
    with opened() as (_settings, engine), transaction(engine) as session:
        by, now = acting(session, as_email), utc_now()
        for each in read_opml(file.read_bytes()):
            try:
                source = sources.add_source(
                    session,
                    url=each.url,
                    name=each.name,
                    announcer=each.announcer or announcer,
                    group=each.group,
                    by=by,
                    now=now,
                )
                added.append(_row(source))
            except (InvalidInput, RuleBroken) as refused:
                skipped.append({"url": each.url, "why": refused.sentence})
    if as_json:
        print_json({"added": added, "skipped": skipped})
        return
    for skip in skipped:
        print(f"{skip['url']}: {skip['why']}", file=sys.stderr)
    print(f"{len(added)} sources added, {len(skipped)} left out.")


@app.command("export")
def export_opml(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE.opml]", help="Else standard output.")] = None,
    as_json: AsJson = False,
) -> None:
    """All sources as OPML, for another registry or feed reader."""
    from registry.services.opml import write_opml
    from registry.store import sources
    from registry.store.engine import snapshot

    with opened() as (settings, engine), snapshot(engine) as session:
        found = sources.sources(session)
        written, rows = write_opml(found, title=f"Sources of {settings.name}"), [_row(each) for each in found]
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


def _act(act: str, named: str, as_email: str, as_json: bool, done: str) -> None:
    from registry.services import sources as services
    from registry.store import sources
    from registry.store.engine import transaction

    acts = {"remove": services.remove, "pause": services.pause, "resume": services.resume}
    with opened() as (_settings, engine), transaction(engine) as session:
        found = sources.named(session, named)
        row = _row(acts[act](session, id_of(found), by=acting(session, as_email), now=utc_now()))
    if as_json:
        print_json(row)
    else:
        print(f"{row['name']} {done}.", file=sys.stderr)


def _refused(url: str, error: Exception, as_json: bool) -> None:
    suggested = list(getattr(error, "suggested", ()))
    sentence = getattr(error, "sentence", str(error))
    if as_json:
        row = {"ok": False, "url": url, "error_code": getattr(error, "code", ""), "error": sentence}
        print_json({**row, "suggested": suggested})
        return
    print(sentence, file=sys.stderr)
    for address in suggested:
        print(f"  perhaps {address}", file=sys.stderr)


def _row(source: "Source") -> dict[str, Any]:
    return {
        "id": source.id,
        "name": source.name,
        "url": source.url,
        "kind": source.kind,
        "announcer": source.announcer.value,
        "group": source.group,
        "state": _state(source),
        "succeeded_at": source.succeeded_at,
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
