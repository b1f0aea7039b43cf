"""`registry candidates undo`, `acts`, `duplicates`, `differ`, `dismissals`: what goes with triage from a terminal."""

from typing import Annotated

import typer

from registry.cli.acting import As, acting
from registry.cli.candidates import Number, app
from registry.cli.common import AsJson, opened, print_json, print_rows, utc_now


@app.command("acts")
def acts(limit: Annotated[int, typer.Option(min=1, max=200)] = 20, as_json: AsJson = False) -> None:
    """What was done in triage, newest first."""
    from registry.store import triage_acts
    from registry.store.engine import snapshot

    with opened() as (_settings, engine), snapshot(engine) as session:
        rows = [
            {
                "act": each.id,
                "at": each.at,
                "by": each.actor,
                "count": each.count,
                "told": each.told,
                "undone_at": each.undone_at,
            }
            for each in triage_acts.newest(session, limit=limit)
        ]
    if as_json:
        print_json({"acts": rows})
    else:
        print_rows(rows, none="Nothing was done yet.")


@app.command("undo")
def undo(
    act: Annotated[int, typer.Argument(help="Its number, as told when it was done and by `acts`.")],
    as_email: As = "",
    as_json: AsJson = False,
) -> None:
    """Take back what you did: within ten minutes, and while nothing that came later depends on it."""
    from registry.services.candidates import undoing
    from registry.store.engine import transaction

    with opened() as (_settings, engine), transaction(engine) as session:
        done = undoing.undo(session, act, by=acting(session, as_email), now=utc_now())
        told = {"act": done.id, "count": done.count, "told": done.told, "undone_at": done.undone_at}
    if as_json:
        print_json(told)
    else:
        print(f"Undone: {told['count']} no longer {told['told']}.")


@app.command("duplicates")
def duplicates(candidate: Number, as_json: AsJson = False) -> None:
    """What a candidate is probably the same as, the likest first."""
    from registry.services.candidates.likeness import twins
    from registry.store import candidates
    from registry.store.engine import snapshot

    with opened() as (_settings, engine), snapshot(engine) as session:
        found = twins(session, [candidates.get(session, candidate)], now=utc_now())[candidate]
    rows = [
        {
            "candidate": each.candidate_id or None,
            "tool": each.tool_slug or None,
            "name": each.name,
            "reason": each.reason,
        }
        for each in found
    ]
    if as_json:
        print_json({"duplicates": rows})
    else:
        print_rows(rows, none="Nothing is named alike.")


@app.command("differ")
def differ(
    candidate: Number,
    other: Annotated[int | None, typer.Option("--from", help="Number of the other candidate.")] = None,
    tool: Annotated[str, typer.Option(help="Or the slug of the tool that it differs from.")] = "",
    as_email: As = "",
    as_json: AsJson = False,
) -> None:
    """Say that a candidate and another one, or a tool, are two: it is not suggested again."""
    from registry.services.candidates import merging
    from registry.store import tools
    from registry.store.engine import transaction

    if bool(tool) == (other is not None):
        raise typer.BadParameter("name the other candidate (--from) or the tool (--tool)")
    with opened() as (_settings, engine), transaction(engine) as session:
        tool_id = tools.get(session, tool).id if tool else None
        by = acting(session, as_email)
        found = merging.differ(session, candidate, other_id=other, tool_id=tool_id, by=by, now=utc_now())
        told = {"id": found.id, "name": found.name, "differs_from": tool or other}
    if as_json:
        print_json(told)
    else:
        print(
            f"{told['name']} ({told['id']}) differs from {told['differs_from']}; it is not suggested again."
        )


@app.command("dismissals")
def dismissals(as_json: AsJson = False) -> None:
    """What was dismissed in the last twelve months, by month and reason, and by source and reason."""
    from registry.services.candidates.dismissals import report
    from registry.store.engine import snapshot

    with opened() as (settings, engine), snapshot(engine) as session:
        found = report(session, zone=settings.zone, now=utc_now())
    rows = [
        {"by": "month", "name": month, "reason": reason.value, "count": count}
        for (month, reason), count in sorted(found.counts.items(), reverse=True)
    ]
    rows += [
        {"by": "source", "name": each.name, "reason": reason.value, "count": count}
        for each in found.sources
        for reason, count in sorted(each.counts.items())
    ]
    if as_json:
        print_json({"rows": rows})
    else:
        print_rows(rows, none="Nothing was dismissed.")
