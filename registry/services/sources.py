"""Acts of a person on sources: add, pause, resume, remove, fetch now, rename, and undo a move of address."""

from datetime import datetime, timedelta

from sqlmodel import Session

from registry.domain.errors import InvalidInput, RuleBroken
from registry.domain.proposal import Announcer
from registry.services import moves
from registry.services.acting import Actor, record, refuse_long
from registry.store import sources
from registry.store.tables import Source
from scrapers.catalogue import SCRAPERS
from scrapers.links import canonical_url, host_of, link_key

FETCH_NOW_EVERY = timedelta(minutes=5)
MAX_URL = 2_000


def add_source(
    session: Session,
    *,
    url: str,
    by: Actor,
    now: datetime,
    announcer: Announcer = Announcer.NEWS,
    name: str = "",
    group: str = "",
    kind: str = "feed",
) -> Source:
    """Start to poll an address; a removed source with this address comes back with all it had.

    Raises InvalidInput for what is no http address or a kind nobody reads, RuleBroken where it is polled already.
    """
    url = url.strip()
    canonical = canonical_url(url)
    if not canonical or len(url) > MAX_URL:
        raise InvalidInput(
            "This is no address of a feed. It must begin with http:// or https:// and name a host.",
            {"url": "must begin with http:// or https:// and name a host"},
        )
    if kind not in SCRAPERS:
        raise InvalidInput(
            f"There is no scraper for {kind!r}. Choose one of: {', '.join(SCRAPERS)}.",
            {"kind": "is not known"},
        )
    removed = _removed_or_refused(session, url)
    source = removed or Source(name="", url=url, announcer=announcer, created_at=now)
    source.name = (name.strip() or source.name or host_of(canonical))[:120]
    source.announcer, source.kind, source.group = announcer, kind, group.strip()[:80]
    source.removed_at = source.paused_at = source.gone_at = None
    source.due_at = now
    session.add(source)
    session.flush()
    after = {
        "name": source.name,
        "url": source.url,
        "announcer": source.announcer.value,
        "group": source.group,
    }
    record(session, "source.added", ("source", source.id), by=by, now=now, after=after)
    return source


def pause(session: Session, source_id: int, *, by: Actor, now: datetime) -> Source:
    """Poll it no longer until it is resumed. Raises NotFound, RuleBroken."""
    source = sources.get(session, source_id)
    if source.paused_at is not None:
        raise RuleBroken("This source is paused already.")
    source.paused_at = now
    record(session, "source.paused", ("source", source.id), by=by, now=now)
    return source


def resume(session: Session, source_id: int, *, by: Actor, now: datetime) -> Source:
    """Poll a paused source, or one that was given up as gone, again from now. Raises NotFound, RuleBroken."""
    source = sources.get(session, source_id)
    if source.paused_at is None and source.gone_at is None:
        raise RuleBroken("This source is polled already.")
    source.paused_at = source.gone_at = None
    source.due_at = now
    record(session, "source.resumed", ("source", source.id), by=by, now=now)
    return source


def remove(session: Session, source_id: int, *, by: Actor, now: datetime) -> Source:
    """Take it off the list for good; its entries and what they led to stay. Raises NotFound."""
    source = sources.get(session, source_id)
    source.removed_at, source.due_at = now, None
    source.fence += 1  # whoever reads it at this moment may not write any more
    source.lease_owner, source.lease_until = "", None
    record(session, "source.removed", ("source", source.id), by=by, now=now, before={"url": source.url})
    return source


def edit(
    session: Session,
    source_id: int,
    *,
    by: Actor,
    now: datetime,
    name: str | None = None,
    announcer: Announcer | None = None,
    group: str | None = None,
) -> Source:
    """Change what is given. Raises NotFound, InvalidInput for an empty name."""
    refuse_long("The source stays as it was.", name=(name or "", 120), group=(group or "", 80))
    source = sources.get(session, source_id)
    before = _described(source)
    if name is not None:
        if not name.strip():
            raise InvalidInput("A source needs a name.", {"name": "must not be empty"})
        source.name = name.strip()
    if announcer is not None:
        source.announcer = announcer
    if group is not None:
        source.group = group.strip()
    record(
        session,
        "source.edited",
        ("source", source.id),
        by=by,
        now=now,
        before=before,
        after=_described(source),
    )
    return source


def fetch_now(session: Session, source_id: int, *, by: Actor, now: datetime) -> Source:
    """Make it due at once.

    Raises NotFound, and RuleBroken while it is paused, within five minutes of the last visit, and for as long as the
    publisher asked us to stay away.
    """
    source = sources.get(session, source_id)
    if source.paused_at is not None:
        raise RuleBroken("This source is paused. Resume it first.")
    if source.fetched_at is not None and now - source.fetched_at < FETCH_NOW_EVERY:
        raise RuleBroken("This source was read less than five minutes ago. Wait a little, out of politeness.")
    if source.wait_until is not None and source.wait_until > now:
        raise RuleBroken(
            f"Its publisher asked us to stay away until {source.wait_until:%Y-%m-%d %H:%M} UTC. It is read then."
        )
    if source.due_at is None or source.due_at > now:
        source.due_at = now
    source.gone_at = None
    record(session, "source.asked_now", ("source", source.id), by=by, now=now)
    return source


def undo_move(session: Session, source_id: int, *, by: Actor, now: datetime) -> Source:
    """Go back to the address before the last move, which is not made again.

    Raises NotFound, and RuleBroken where there was none.
    """
    source = sources.get(session, source_id)
    if not source.former_url:
        raise RuleBroken("This source never moved.")
    before = {"url": source.url}
    source.refused_url = source.url
    moves.change_address(source, source.former_url)
    source.former_url = ""
    source.due_at = now
    record(
        session,
        "source.moved_back",
        ("source", source.id),
        by=by,
        now=now,
        before=before,
        after={"url": source.url},
    )
    return source


def _removed_or_refused(session: Session, url: str) -> Source | None:
    same = sources.find_by_url(session, url)
    if same is not None and same.removed_at is not None:
        return same
    key = link_key(url)
    twin = same or next((each for each in sources.sources(session) if link_key(each.url) == key), None)
    if twin is not None:
        raise RuleBroken(f"This address is polled already, as source {twin.id}, “{twin.name}”.")
    return None


def _described(source: Source) -> dict[str, str]:
    return {"name": source.name, "announcer": source.announcer.value, "group": source.group}
