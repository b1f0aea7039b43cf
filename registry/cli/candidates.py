"""`registry candidates`: triage from a terminal."""

import sys
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from registry.cli.acting import As, acting
from registry.cli.common import AsJson, opened, print_json, print_rows, utc_now
from registry.domain.triage import CandidateStatus, DismissReason

if TYPE_CHECKING:
    from sqlmodel import Session

    from registry.services.acting import Actor
    from registry.store.candidates import InboxRow
    from registry.store.tables import Candidate

app = typer.Typer(no_args_is_help=True, help="Tools that were proposed.")

Number = Annotated[int, typer.Argument(metavar="CANDIDATE", help="Its number.")]


@app.command("list")
def list_candidates(
    status: Annotated[CandidateStatus, typer.Option(help="Where they stand.")] = CandidateStatus.NEW,
    words: Annotated[str, typer.Option("--search", help="Words in name, home page or tagline.")] = "",
    label: Annotated[str, typer.Option(help="Only those that bear this label.")] = "",
    relevant: Annotated[bool, typer.Option("--relevant", help="The most relevant first.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    after: Annotated[str, typer.Option(help="The page mark that the page before ended with.")] = "",
    as_json: AsJson = False,
) -> None:
    """The inbox, newest first unless told otherwise."""
    from registry.store import candidates
    from registry.store.engine import snapshot

    with opened() as (_settings, engine), snapshot(engine) as session:
        page = candidates.page(
            session,
            status=status,
            words=words,
            label=label,
            by_relevance=relevant,
            after=after,
            limit=limit,
        )
    if as_json:
        print_json({"candidates": [_listed(row) for row in page.rows], "next": page.next_cursor})
        return
    shown = ("id", "name", "homepage", "mentions", "requests", "sources", "relevance", "labels")
    rows = [{key: value for key, value in _listed(row).items() if key in shown} for row in page.rows]
    print_rows(rows, none="No candidate here.")
    if page.next_cursor:
        print(f"More: registry candidates list --after {page.next_cursor}", file=sys.stderr)


@app.command("show")
def show(candidate: Number, as_json: AsJson = False) -> None:
    """One candidate and every entry that speaks of it."""
    from registry.store import candidates, entries
    from registry.store.engine import snapshot

    with opened() as (_settings, engine), snapshot(engine) as session:
        found = candidates.get(session, candidate)
        (row,) = candidates.rows(session, [found])
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
    as_email: As = "",
    as_json: AsJson = False,
) -> None:
    """Let a candidate in as a tool."""
    from registry.services import triage
    from registry.store import tools
    from registry.store.engine import transaction

    with opened() as (_settings, engine), transaction(engine) as session:
        tool_id = tools.get(session, into).id if into else None
        by = acting(session, as_email)
        tool = triage.accept(session, candidate, tool_id=tool_id, category=category, by=by, now=utc_now())
        told = {"tool": {"slug": tool.slug, "name": tool.name, "homepage": tool.homepage}}
    if as_json:
        print_json(told)
    else:
        print(f"Accepted as the tool {told['tool']['slug']}.")


@app.command("dismiss")
def dismiss(
    candidate: Number,
    reason: Annotated[DismissReason, typer.Option(help="Why it is not looked at.")],
    note: Annotated[str, typer.Option(help="A sentence more.")] = "",
    as_email: As = "",
    as_json: AsJson = False,
) -> None:
    """Close a candidate without evaluating it."""
    from registry.services import triage

    _act(
        lambda session, by, now: triage.dismiss(session, candidate, reason=reason, note=note, by=by, now=now),
        as_email,
        as_json,
    )


@app.command("merge")
def merge(
    candidate: Number,
    into: Annotated[int, typer.Option(help="Number of the candidate that it is the same as.")],
    as_email: As = "",
    as_json: AsJson = False,
) -> None:
    """Say that two candidates are one; every mention and request goes along."""
    from registry.services import triage

    _act(
        lambda session, by, now: triage.merge(session, candidate, into=into, by=by, now=now),
        as_email,
        as_json,
    )


@app.command("watch")
def watch(
    candidate: Number,
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day it comes back.")],
    as_email: As = "",
    as_json: AsJson = False,
) -> None:
    """Put a candidate aside; it comes back on that day, or when enough is heard of it before."""
    from registry.services import triage

    _act(
        lambda session, by, now: triage.watch(session, candidate, until=until.date(), by=by, now=now),
        as_email,
        as_json,
    )


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
    from registry.services import labels
    from registry.store import candidates
    from registry.store.engine import transaction

    with opened() as (_settings, engine), transaction(engine) as session:
        by = acting(session, as_email)
        labels.label(session, candidate, add=add or (), remove=remove or (), by=by, now=utc_now())
        (row,) = candidates.rows(session, [candidates.get(session, candidate)])
        told = _listed(row)
    if as_json:
        print_json(told)
    else:
        print(f"{told['name']} ({told['id']}) bears {', '.join(told['labels']) or 'no label'}.")


def _act(act: "Callable[[Session, Actor, datetime], Candidate]", as_email: str, as_json: bool) -> None:
    from registry.store.engine import transaction

    with opened() as (_settings, engine), transaction(engine) as session:
        told = _row(act(session, acting(session, as_email), utc_now()))
    if as_json:
        print_json(told)
    else:
        print(f"{told['name']} ({told['id']}) is {told['status']}.")


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
        "sources": list(row.sources),
        "labels": list(row.labels),
        "relevance": row.candidate.relevance,
    }
