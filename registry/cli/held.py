"""`registry sources held`: what is held back of a source, and what becomes of it."""

import sys

from registry.cli.acting import acting
from registry.cli.common import opened, print_json, utc_now
from registry.store.columns import id_of


def show(named: str, *, as_json: bool) -> None:
    from registry.services.entries.holding import sentence
    from registry.store import entries, sources
    from registry.store.engine import snapshot

    with opened() as (_settings, engine), snapshot(engine) as session:
        source = sources.named(session, named)
        rows = [
            {
                "id": each.id,
                "title": each.title,
                "link": each.link,
                "published_at": each.published_at,
                "seen_at": each.seen_at,
            }
            for each in entries.held(session, id_of(source))
        ]
    if as_json:
        print_json({"source": source.id, "name": source.name, "held": rows})
        return
    for row in rows:
        print(f"  {row['title'] or row['link']}")
    if not rows:
        print(f"Nothing of {source.name} is held back.", file=sys.stderr)
        return
    asked = f"Decide with `registry sources held {source.id} --let-in` or `--leave`."
    print(f"{source.name}: {sentence(len(rows))} {asked}", file=sys.stderr)


def decide(named: str, *, let_in: bool, as_email: str, as_json: bool) -> None:
    from registry.services.entries import holding
    from registry.store import sources
    from registry.store.engine import transaction

    with opened() as (_settings, engine), transaction(engine) as session:
        source = sources.named(session, named)
        by, now = acting(session, as_email), utc_now()
        if let_in:
            found = holding.let_in(session, id_of(source), by=by, now=now)
            told = {
                "entries": found.entries,
                "candidates": found.proposed.candidates,
                "kept_out": found.kept_out,
            }
        else:
            left = holding.leave(session, id_of(source), by=by, now=now)
            told = {"entries": left, "candidates": 0, "kept_out": 0}
    if as_json:
        print_json({"source": source.id, "let_in": let_in, **told})
    elif let_in:
        print(f"{told['entries']} entries of {source.name} let in; {told['candidates']} candidates are new.")
    else:
        print(f"{told['entries']} entries of {source.name} left as seen.")
