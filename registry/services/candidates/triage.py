"""What a person does with candidates: accept, dismiss, watch, reopen, or propose one by hand.

Merging is merging.py's, corrections editing.py's. Each act checks the versions that were read, writes
one event for each candidate, can be undone for a while, and never commits. The verbs in -ing prepare an act on several,
to be written or dropped (bulk.py).
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from registry.domain.announcement import by_person
from registry.domain.errors import InvalidInput, RuleBroken
from registry.domain.identity import name_key
from registry.domain.spelling import agrees
from registry.domain.tag import tags_of
from registry.domain.triage import REASON_LABELS, DismissReason, Verb, move
from registry.services.candidates.letting_in import LettingIn
from registry.services.candidates.recording import Chosen, Recording, closed, opened
from registry.services.entries.keys import is_site, page_key, product_key
from registry.services.entries.ownership import standing, tools_by_link
from registry.services.people.acting import Actor, record, refuse_long
from registry.services.tools.home_pages import read_home_page
from registry.store import candidates, tools
from registry.store.engine import serialise, write_one
from registry.store.tables import Candidate, Tool
from scrapers.links import untracked


def accept(
    session: Session,
    candidate_id: int,
    *,
    by: Actor,
    now: datetime,
    version: int | None = None,
    tool_id: int | None = None,
    category: str = "",
    with_tags: Iterable[str] = (),
    beside: bool = False,
) -> Tool:
    """Let a candidate in: as a new tool with its aliases, its category and tags, or into the tool that is named.

    Raises NotFound, StaleVersion, InvalidInput for what is no category or tag, and RuleBroken where its status forbids
    it or its name or address is taken; OnAnothersHost where it is one of several tools of a host, which may be so
    `beside` the others.
    """
    refuse_long("It was not accepted.", category=(category, 80))
    try:
        tags = tags_of(with_tags)
    except InvalidInput as refused:
        raise InvalidInput(refused.sentence, {"tags": refused.sentence}) from refused
    if tags and tool_id is not None:
        sentence = (
            "That tool has its own tags. Change them on its page, and accept the candidate without any."
        )
        raise InvalidInput(sentence, {"tags": sentence})
    one = [Chosen(candidate_id, version)]
    accepting(
        session, one, tool_id=tool_id, category=category, tags=tags, beside=beside, by=by, now=now
    ).write()
    return tools.get_by_id(session, candidates.get(session, candidate_id).tool_id or 0)


def accepting(
    session: Session,
    chosen: Sequence[Chosen],
    *,
    by: Actor,
    now: datetime,
    tool_id: int | None = None,
    category: str = "",
    tags: Sequence[str] = (),
    beside: bool = False,
) -> Recording:
    """Each as a new tool, or all into the one that is named; `tags` in their one spelling."""
    serialise(session, "tools")
    into = tools.get_by_id(session, tool_id) if tool_id is not None else None
    told = f"accepted into the tool “{into.name}”" if into else "accepted"
    asked = {
        "tool": tool_id,
        "category": category,
        "tags": list(tags),
        **({"beside": True} if beside else {}),
    }
    act = Recording(session, Verb.ACCEPT, chosen, by, now, told, asked)

    letting_in = LettingIn(session, act.read, into=into, beside=beside)

    def do(candidate: Candidate) -> dict[str, Any]:
        accepted = move(candidate.status, "accept")
        tool, called, aliases = letting_in.let_in(candidate, category=category, tags=tags, now=now)
        candidate.status, candidate.tool_id = accepted, tool
        closed(candidate, by, now)
        return {"tool": tool, "new_tool": into is None, "aliases": aliases, "told": {"tool": called}}

    with session.no_autoflush:  # a candidate names a tool that is written after all of them were tried
        act.each(do, "candidate.accepted")
    letting_in.write(by=by, now=now)
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
    serialise(session, "candidates")
    identity, owner = identity_at(session, homepage, name), tools_by_link(session, [homepage]).get(homepage)
    if owner is not None and (owner.key == identity or is_site(identity)):
        tool = tools.get_by_id(session, owner.tool_id)
        raise RuleBroken(f"This address belongs to “{tool.name}”, which the registry holds already.")
    known = candidates.find_by_identity(session, identity)
    if known is not None:
        return standing(session, known)
    return make_candidate(
        session,
        name=name,
        homepage=homepage,
        identity=identity,
        tagline=tagline,
        method="by hand",
        by=by,
        now=now,
    )


def make_candidate(
    session: Session,
    *,
    name: str,
    homepage: str,
    identity: str,
    tagline: str,
    method: str,
    by: Actor,
    now: datetime,
) -> Candidate:
    candidate = Candidate(
        name=name,
        name_key=name_key(name)[:120],
        homepage=homepage,
        identity=identity or None,
        tagline=tagline.strip()[:500],
        method=method,
        sure=True,
        findings=by_person(name=name, homepage=homepage, tagline=tagline.strip()[:500]),
        seen_at=now,
    )
    write_one(session, candidate)
    after = {"name": candidate.name, "homepage": candidate.homepage}
    record(session, "candidate.proposed", ("candidate", candidate.id), by=by, now=now, after=after)
    return candidate


def identity_at(session: Session, homepage: str, name: str) -> str:
    """The strong key by which a candidate is told from others; "" for none.

    On a host that a tool has which is called otherwise it is that of the very page: several may live there.
    """
    key = product_key(homepage, name)
    shares = key and is_site(key) and not agrees(name, key) and tools_by_link(session, [homepage])
    return (page_key(homepage) or key) if shares else key


def named(name: str) -> str:
    """A name as it is kept. Raises InvalidInput where nothing of it could ever be found."""
    name = " ".join(name.split())[:120]
    if not name_key(name):
        raise InvalidInput("A candidate needs a name.", {"name": "must not be empty"})
    return name


def address(homepage: str) -> str:
    """A home page as it is kept, without what only tells where its reader came from. Raises InvalidInput."""
    return untracked(read_home_page(homepage))
