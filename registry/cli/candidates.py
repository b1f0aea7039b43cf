"""`registry candidates`: triage from a terminal."""

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from registry.cli.acting import As, acting
from registry.cli.common import AsJson, opened, print_json, print_rows, utc_now
from registry.domain.triage import CandidateStatus, DismissReason, Verb

if TYPE_CHECKING:
    from registry.services.candidates.bulk import Order
    from registry.store.inbox import InboxRow
    from registry.store.tables import Candidate

app = typer.Typer(no_args_is_help=True, help="Tools that were proposed.")

Number = Annotated[int, typer.Argument(metavar="CANDIDATE", help="Its number.")]
Numbers = Annotated[list[int], typer.Argument(metavar="CANDIDATE...", help="Their numbers.")]


@app.command("list")
def list_candidates(
    status: Annotated[CandidateStatus, typer.Option(help="Where they stand.")] = CandidateStatus.NEW,
    words: Annotated[str, typer.Option("--search", help="Words in name, home page or tagline.")] = "",
    label: Annotated[
        list[str] | None, typer.Option(help="Only those that bear this label; may be repeated.")
    ] = None,
    source: Annotated[
        list[int] | None, typer.Option(help="Only those that this source speaks of; may be repeated.")
    ] = None,
    reason: Annotated[
        list[DismissReason] | None, typer.Option(help="Only those dismissed so; may be repeated.")
    ] = None,
    wanted: Annotated[
        bool, typer.Option("--wanted", help="Only those asked for or looked up in vain.")
    ] = False,
    relevant: Annotated[bool, typer.Option("--relevant", help="The most relevant first.")] = False,
    sort: Annotated[str, typer.Option(help="newest, oldest, relevance or demand.")] = "newest",
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    after: Annotated[str, typer.Option(help="The page mark that the page before ended with.")] = "",
    as_json: AsJson = False,
) -> None:
    """The inbox, newest first unless told otherwise."""
    from registry.store import inbox
    from registry.store.engine import snapshot
    from registry.store.inbox import Demand, Filter, Order

    if sort not in {each.value for each in Order}:
        raise typer.BadParameter(f"choose among: {', '.join(Order)}", param_hint="--sort")
    chosen = Filter(
        status=status,
        words=words,
        labels=tuple(label or ()),
        sources=tuple(source or ()),
        reasons=tuple(reason or ()),
        demand=tuple(Demand) if wanted else (),
    )
    order = Order.RELEVANCE if relevant else Order(sort)
    with opened() as (_settings, engine), snapshot(engine) as session:
        page = inbox.page(session, chosen, order=order, after=after, limit=limit)
    if as_json:
        print_json({"candidates": [_listed(row) for row in page.rows], "next": page.next_cursor})
        return
    shown = ("id", "name", "homepage", "mentions", "requests", "look_ups", "sources", "relevance", "labels")
    rows = [{key: value for key, value in _listed(row).items() if key in shown} for row in page.rows]
    print_rows(rows, none="No candidate here.")
    if page.next_cursor:
        print(f"More: registry candidates list --after {page.next_cursor}", file=sys.stderr)


@app.command("show")
def show(candidate: Number, as_json: AsJson = False) -> None:
    """One candidate and every entry that speaks of it."""
    from registry.store import candidates, entries, inbox
    from registry.store.engine import snapshot

    with opened() as (_settings, engine), snapshot(engine) as session:
        found = candidates.get(session, candidate)
        (row,) = inbox.rows(session, [found])
        told = {**_listed(row), "findings": found.findings}
        told["entries"] = [
            {"source": source.name, "title": entry.title, "link": entry.link, "seen_at": entry.seen_at}
            for entry, source in entries.mentions(session, candidate)
        ]
    if as_json:
        print_json(told)
        return
    for key, value in told.items():
        if key not in ("entries", "findings") and value not in (None, "", []):
            print(f"{key}: {', '.join(value) if isinstance(value, list) else value}")
    for each in told["findings"]:
        print(f"  {each['field']} “{each['value']}” ({each['confidence']}): {each['reason']}")
    for entry in told["entries"]:
        print(f"  {entry['source']}: {entry['title']} {entry['link']}")


@app.command("accept")
def accept(
    candidate: Number,
    into: Annotated[str, typer.Option(help="Slug of the tool that it is; else a new tool is made.")] = "",
    category: Annotated[str, typer.Option(help="Category of the new tool.")] = "",
    tag: Annotated[list[str] | None, typer.Option(help="A tag of the new tool; may be repeated.")] = None,
    beside: Annotated[bool, typer.Option("--beside", help="It shares a host with another tool.")] = False,
    as_email: As = "",
    as_json: AsJson = False,
) -> None:
    """Let a candidate in as a tool."""
    from registry.services.candidates import triage
    from registry.store import tools
    from registry.store.engine import transaction

    with opened() as (_settings, engine), transaction(engine) as session:
        tool_id = tools.get(session, into).id if into else None
        by = acting(session, as_email)
        tool = triage.accept(
            session,
            candidate,
            tool_id=tool_id,
            category=category,
            with_tags=tag or (),
            beside=beside,
            by=by,
            now=utc_now(),
        )
        told = {"tool": {"slug": tool.slug, "name": tool.name, "homepage": tool.homepage}}
    if as_json:
        print_json(told)
    else:
        print(f"Accepted as the tool {told['tool']['slug']}.")


@app.command("dismiss")
def dismiss(
    candidates: Numbers,
    reason: Annotated[DismissReason, typer.Option(help="Why it is not looked at.")],
    note: Annotated[str, typer.Option(help="A sentence more.")] = "",
    as_email: As = "",
    as_json: AsJson = False,
) -> None:
    """Close candidates without evaluating them: all that are named, or none."""
    from registry.services.candidates.bulk import Order

    _act(candidates, Order(Verb.DISMISS, reason=reason, note=note), as_email, as_json)


@app.command("merge")
def merge(
    candidates: Numbers,
    into: Annotated[int, typer.Option(help="Number of the candidate that it is the same as.")],
    as_email: As = "",
    as_json: AsJson = False,
) -> None:
    """Say that candidates are one with another; every mention and request goes along."""
    from registry.services.candidates.bulk import Order

    _act(candidates, Order(Verb.MERGE, into=into), as_email, as_json, shown=into)


@app.command("watch")
def watch(
    candidates: Numbers,
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day it comes back.")],
    as_email: As = "",
    as_json: AsJson = False,
) -> None:
    """Put candidates aside; each comes back on that day, or when enough is heard of it before."""
    from registry.services.candidates.bulk import Order

    _act(candidates, Order(Verb.WATCH, until=until.date()), as_email, as_json)


@app.command("reopen")
def reopen(candidates: Numbers, as_email: As = "", as_json: AsJson = False) -> None:
    """Make candidates new again that were dismissed or put on watch."""
    from registry.services.candidates.bulk import Order

    _act(candidates, Order(Verb.REOPEN), as_email, as_json)


@app.command("reread")
def reread(
    named: Annotated[
        list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Of these sources alone; else of all.")
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Show what would change, and store nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read stored entries again that an older extractor has read; what a person decided stays as it is."""
    from registry.cli.reread import reread

    reread(named or [], dry_run=dry_run, as_json=as_json)


@app.command("label")
def label(
    candidate: Number,
    add: Annotated[list[str] | None, typer.Argument(metavar="[LABEL]...", help="Labels to put on.")] = None,
    remove: Annotated[list[str] | None, typer.Option(help="A label to take off; may be repeated.")] = None,
    as_email: As = "",
    as_json: AsJson = False,
) -> None:
    """Put labels on a candidate, or take them off."""
    from registry.services.candidates import labels
    from registry.store import candidates, inbox
    from registry.store.engine import transaction

    with opened() as (_settings, engine), transaction(engine) as session:
        by = acting(session, as_email)
        labels.label(session, candidate, add=add or (), remove=remove or (), by=by, now=utc_now())
        (row,) = inbox.rows(session, [candidates.get(session, candidate)])
        told = _listed(row)
    if as_json:
        print_json(told)
    else:
        print(f"{told['name']} ({told['id']}) bears {', '.join(told['labels']) or 'no label'}.")


def _act(
    numbers: list[int], order: "Order", as_email: str, as_json: bool, *, shown: int | None = None
) -> None:
    """Tells the one candidate, or what befell how many; what it was merged into (`shown`) instead of what was."""
    from registry.services.candidates import bulk
    from registry.services.candidates.recording import chosen
    from registry.store import candidates
    from registry.store.engine import transaction

    with opened() as (_settings, engine), transaction(engine) as session:
        by = acting(session, as_email)
        act = bulk.act(session, chosen(dict.fromkeys(numbers)), order, by=by, now=utc_now())
        told: dict[str, Any] = {"act": act.id, "count": act.count, "told": act.told}
        if len(numbers) == 1:
            told |= _row(candidates.get(session, shown or numbers[0]))
    if as_json:
        print_json(told)
        return
    if "name" in told:
        print(f"{told['name']} ({told['id']}) is {told['status']}.")
    else:
        print(f"{told['count']} candidates {told['told']}.")
    print(f"To undo it within ten minutes: registry candidates undo {told['act']}", file=sys.stderr)


def _row(candidate: "Candidate") -> dict[str, Any]:
    return {
        "id": candidate.id,
        "name": candidate.name,
        "homepage": candidate.homepage,
        "tagline": candidate.tagline,
        "category": candidate.category,
        "status": candidate.status.value,
        "reason": candidate.reason,
        "note": candidate.note,
        "sure": candidate.sure,
        "watch_until": candidate.watch_until.isoformat() if candidate.watch_until else None,
        "merged_into": candidate.merged_into_id,
        "seen_at": candidate.seen_at,
    }


def _listed(row: "InboxRow") -> dict[str, Any]:
    return {
        **_row(row.candidate),
        "mentions": row.mentions,
        "requests": row.requests,
        "look_ups": row.look_ups,
        "sources": list(row.sources),
        "labels": list(row.labels),
        "relevance": row.candidate.relevance,
    }
