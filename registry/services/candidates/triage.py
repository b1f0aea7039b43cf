"""What a person does with candidates: accept, dismiss, watch, reopen, or propose one by hand.

Merging is merging.py's, corrections editing.py's. Each act checks the versions that were read, writes
one event for each candidate, can be undone for a while, and never commits. The verbs in -ing prepare an act on several,
to be written or dropped (bulk.py).
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from registry.domain.announcement import by_person
from registry.domain.errors import InvalidInput, RuleBroken
from registry.domain.identity import name_key, slug
from registry.domain.triage import REASON_LABELS, DismissReason, Verb, move
from registry.services.candidates.recording import Chosen, Recording, closed, opened
from registry.services.entries.keys import product_key
from registry.services.entries.ownership import alias_kind, standing, tools_by_link
from registry.services.people.acting import Actor, record, refuse_long
from registry.store import candidates, tools
from registry.store.columns import id_of
from registry.store.engine import serialise
from registry.store.tables import Alias, AliasKind, Candidate, Tool
from scrapers.links import canonical_url, untracked


def accept(
    session: Session,
    candidate_id: int,
    *,
    by: Actor,
    now: datetime,
    version: int | None = None,
    tool_id: int | None = None,
    category: str = "",
) -> Tool:
    """Let a candidate in: as a new tool with its aliases, or into the tool that is named.

    Raises NotFound, StaleVersion, and RuleBroken where its status forbids it or its name or address is taken.
    """
    one = [Chosen(candidate_id, version)]
    accepting(session, one, tool_id=tool_id, category=category, by=by, now=now).write()
    return tools.get_by_id(session, candidates.get(session, candidate_id).tool_id or 0)


def accepting(
    session: Session,
    chosen: Sequence[Chosen],
    *,
    by: Actor,
    now: datetime,
    tool_id: int | None = None,
    category: str = "",
) -> Recording:
    """Each as a new tool, or all into the one that is named."""
    serialise(session, "tools")
    into = tools.get_by_id(session, tool_id) if tool_id is not None else None
    told = f"accepted into the tool “{into.name}”" if into else "accepted"
    asked = {"tool": tool_id, "category": category}
    act = Recording(session, Verb.ACCEPT, chosen, by, now, told, asked)

    def do(candidate: Candidate) -> dict[str, Any]:
        accepted = move(candidate.status, "accept")
        tool = into or _make_tool(session, candidate, category, by, now)
        aliases = _add_aliases(session, tool, candidate, name_must_be_free=into is None)
        candidate.status, candidate.tool_id = accepted, tool.id
        closed(candidate, by, now)
        made = {"tool": tool.id, "new_tool": into is None, "aliases": aliases}
        return {**made, "told": {"tool": tool.slug}}

    act.each(do, "candidate.accepted", within=True)
    return act


def dismiss(
    session: Session,
    candidate_id: int,
    *,
    reason: DismissReason,
    by: Actor,
    now: datetime,
    note: str = "",
    version: int | None = None,
) -> Candidate:
    """Close a candidate without evaluating it. Raises NotFound, StaleVersion, or RuleBroken by its status."""
    act = dismissing(session, [Chosen(candidate_id, version)], reason=reason, note=note, by=by, now=now)
    act.write()
    return act.done[0]


def dismissing(
    session: Session,
    chosen: Sequence[Chosen],
    *,
    reason: DismissReason,
    by: Actor,
    now: datetime,
    note: str = "",
) -> Recording:
    refuse_long("Nothing was dismissed.", note=(note, 1000))
    note = note.strip()
    told = f"dismissed: {REASON_LABELS[reason].lower()}" + (f" – {note}" if note else "")
    act = Recording(session, Verb.DISMISS, chosen, by, now, told, {"reason": reason.value, "note": note})

    def do(candidate: Candidate) -> None:
        candidate.status = move(candidate.status, "dismiss")
        candidate.reason, candidate.note = reason.value, note
        closed(candidate, by, now)

    act.each(do, "candidate.dismissed", note=note)
    return act


def watch(
    session: Session, candidate_id: int, *, until: date, by: Actor, now: datetime, version: int | None = None
) -> Candidate:
    """Put a candidate aside until a day to come. Raises NotFound, StaleVersion, InvalidInput, RuleBroken."""
    act = watching(session, [Chosen(candidate_id, version)], until=until, by=by, now=now)
    act.write()
    return act.done[0]


def watching(
    session: Session, chosen: Sequence[Chosen], *, until: date, by: Actor, now: datetime
) -> Recording:
    if until <= now.date():
        raise InvalidInput("Choose a day to come to watch it until.", {"until": "must be later than today"})
    told = f"put on watch until {until.isoformat()}"
    act = Recording(session, Verb.WATCH, chosen, by, now, told, {"until": until.isoformat()})

    def do(candidate: Candidate) -> None:
        candidate.status = move(candidate.status, "watch")
        candidate.watch_until = until
        closed(candidate, by, now)  # what comes in after this moment counts as fresh

    act.each(do, "candidate.watched", until=until.isoformat())
    return act


def reopen(
    session: Session, candidate_id: int, *, by: Actor, now: datetime, version: int | None = None
) -> Candidate:
    """Make a dismissed or watched candidate new again. Raises NotFound, StaleVersion, RuleBroken."""
    act = reopening(session, [Chosen(candidate_id, version)], by=by, now=now)
    act.write()
    return act.done[0]


def reopening(session: Session, chosen: Sequence[Chosen], *, by: Actor, now: datetime) -> Recording:
    act = Recording(session, Verb.REOPEN, chosen, by, now, "made new again")

    def do(candidate: Candidate) -> None:
        candidate.status = move(candidate.status, "reopen")
        opened(candidate)

    act.each(do, "candidate.reopened")
    return act


def propose_by_hand(
    session: Session, *, name: str, by: Actor, now: datetime, homepage: str = "", tagline: str = ""
) -> Candidate:
    """A candidate that a person knows of; one with the same strong key is given back instead of a second one.

    Raises InvalidInput, and RuleBroken where the address belongs to a tool of the registry.
    """
    name, homepage = named(name), address(homepage)
    identity = product_key(homepage, name)
    serialise(session, "candidates")
    owner = tools_by_link(session, [homepage]).get(homepage)
    if owner is not None:
        tool = tools.get_by_id(session, owner.tool_id)
        raise RuleBroken(f"This address belongs to “{tool.name}”, which the registry holds already.")
    known = candidates.find_by_identity(session, identity)
    if known is not None:
        return standing(session, known)
    return make_candidate(
        session, name=name, homepage=homepage, tagline=tagline, method="by hand", by=by, now=now
    )


def make_candidate(
    session: Session, *, name: str, homepage: str, tagline: str, method: str, by: Actor, now: datetime
) -> Candidate:
    candidate = Candidate(
        name=name,
        name_key=name_key(name)[:120],
        homepage=homepage,
        identity=product_key(homepage, name) or None,
        tagline=tagline.strip()[:500],
        method=method,
        sure=True,
        findings=by_person(name=name, homepage=homepage, tagline=tagline.strip()[:500]),
        seen_at=now,
    )
    session.add(candidate)
    session.flush()
    after = {"name": candidate.name, "homepage": candidate.homepage}
    record(session, "candidate.proposed", ("candidate", candidate.id), by=by, now=now, after=after)
    return candidate


def named(name: str) -> str:
    """A name as it is kept. Raises InvalidInput where nothing of it could ever be found."""
    name = " ".join(name.split())[:120]
    if not name_key(name):
        raise InvalidInput("A candidate needs a name.", {"name": "must not be empty"})
    return name


def address(homepage: str) -> str:
    """A home page as it is kept, with its scheme; empty stays empty. Raises InvalidInput for what is no address."""
    homepage = homepage.strip()
    if homepage and "://" not in homepage:
        homepage = f"https://{homepage}"
    if homepage and (not canonical_url(homepage) or len(homepage) > 2000):
        raise InvalidInput(
            "The home page is no web address. Write it out, such as https://example.org.",
            {"homepage": "must be an http or https address"},
        )
    return untracked(homepage)


def _make_tool(session: Session, candidate: Candidate, category: str, by: Actor, now: datetime) -> Tool:
    tool = Tool(
        slug=tools.free_slug(session, slug(candidate.name) or f"tool-{candidate.id}"),
        name=candidate.name,
        category=(category.strip() or candidate.category)[:80],
        homepage=candidate.homepage,
        description=candidate.tagline,
        created_at=now,
    )
    session.add(tool)
    session.flush()
    after = {"slug": tool.slug, "name": tool.name}
    record(session, "tool.made", ("tool", tool.id), by=by, now=now, after=after)
    return tool


def _add_aliases(session: Session, tool: Tool, candidate: Candidate, *, name_must_be_free: bool) -> list[int]:
    """The candidate's strong key and name as ways to say the tool; gives the ids of those that are new.

    Raises RuleBroken where another tool has one.
    """
    home = product_key(candidate.homepage, candidate.name)
    keys = dict.fromkeys(key for key in (candidate.identity, home) if key)
    wanted = [
        (AliasKind.NAME, candidate.name, candidate.name_key),
        *((alias_kind(key), key, key) for key in keys),
    ]
    made = []
    for kind, text, key in wanted:
        owner = candidates.aliases_by_key(session, (kind,), [key]).get(key)
        if owner is None:
            made.append(Alias(tool_id=id_of(tool), kind=kind, text=text, key=key))
        elif owner.tool_id != tool.id and (kind is not AliasKind.NAME or name_must_be_free):
            other = tools.get_by_id(session, owner.tool_id)
            raise RuleBroken(
                f"“{text}” belongs to the tool “{other.name}” already. "
                "Accept this candidate into that tool, or change what they share first."
            )
    session.add_all(made)
    session.flush()
    return [id_of(each) for each in made]
