"""Acts of a person on sources: add, pause, resume, remove, fetch now, edit, give another address, undo a move."""

from collections.abc import Collection, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotFound, RuleBroken
from registry.domain.proposal import Announcer
from registry.domain.values import dataclass
from registry.services.people.acting import Actor, record, refuse_long
from registry.services.sources import moves
from registry.services.sources.leases import release
from registry.store import outside, sources
from registry.store.columns import id_of
from registry.store.tables import Source
from scrapers.catalogue import SCRAPERS
from scrapers.discovery import read_as
from scrapers.links import canonical_url, host_of, is_within, link_key

FETCH_NOW_EVERY = timedelta(minutes=5)
MAX_URL = 2_000
OWN_FEED = (
    "This is the feed of this very registry: what is decided here is no evidence for it."
    " Give the address of another registry."
)


@dataclass(frozen=True)
class Wanted:
    """A source as somebody asks for it; an empty name takes the host's."""

    url: str
    name: str = ""
    announcer: Announcer = Announcer.NEWS
    group: str = ""
    kind: str = "feed"


@dataclass(frozen=True)
class LeftOut:
    wanted: Wanted
    why: str


@dataclass
class Plan:
    """What adding a list would do: what comes in, and what stays out and why, both in the list's order."""

    wanted: list[Wanted] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


class ManyAct(StrEnum):
    PAUSE = "pause"
    RESUME = "resume"
    REMOVE = "remove"
    GROUP = "group"


@dataclass(frozen=True)
class Done:
    """What an act on several did: how many, and of each other one why not."""

    count: int
    left: Sequence[str]


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
    own: str = "",
) -> Source:
    """Start to poll an address; a removed source with this address comes back with all it had.

    `own` is where this registry is served. Raises InvalidInput for what is no http address, is our own or of a kind
    nobody reads, RuleBroken where it is polled already.
    """
    wanted = _read(Wanted(url, name, announcer, group, kind))
    if own and is_within(wanted.url, own):
        raise InvalidInput(OWN_FEED, {"url": OWN_FEED})
    twin = _twins(session).get(link_key(wanted.url))
    if twin is not None:
        raise RuleBroken(_polled_already(twin))
    return _add(session, [wanted], by=by, now=now)[0]


def plan(session: Session, asked: Sequence[Wanted]) -> Plan:
    """What adding all of these would do; changes nothing."""
    twins, planned = _twins(session), Plan()
    seen: set[str] = set()
    for each in asked:
        try:
            wanted = _read(each)
            key = link_key(wanted.url)
            if key in twins:
                raise RuleBroken(_polled_already(twins[key]))
            if key in seen:
                raise RuleBroken("This address stands in the list twice.")
        except (InvalidInput, RuleBroken) as refused:
            planned.left_out.append(LeftOut(each, refused.sentence))
        else:
            seen.add(key)
            planned.wanted.append(wanted)
    return planned


def add_all(
    session: Session, asked: Sequence[Wanted], *, by: Actor, now: datetime
) -> tuple[Sequence[Source], Sequence[LeftOut]]:
    """Add what `plan` says can be added, in one act; gives what was added and what was left out."""
    planned = plan(session, asked)
    return _add(session, planned.wanted, by=by, now=now), planned.left_out


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
    _take_from_reader(source)
    outside.touch(session, [source_id])
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
    after = _described(source)
    record(session, "source.edited", ("source", source.id), by=by, now=now, before=before, after=after)
    return source


def change_address(session: Session, source_id: int, *, url: str, by: Actor, now: datetime) -> Source:
    """Poll another address from now on; the one before stays on record, and `undo_move` goes back to it.

    Raises NotFound, InvalidInput for what is no address, RuleBroken where this or another source has it.
    """
    source = sources.get(session, source_id)
    wanted = _read(Wanted(url))
    if wanted.url == source.url:
        raise RuleBroken("This is the address that it has.")
    twin = _twins(session).get(link_key(wanted.url))
    if twin is not None and twin.source_id != source.id:
        raise RuleBroken(_polled_already(twin))
    taken = sources.find_by_url(session, wanted.url)
    if taken is not None and taken.id != source.id:
        raise RuleBroken("A source with this address was removed earlier. Add it again, and remove this one.")
    _move(session, source, wanted.url, "source.moved", by, now)
    return source


def fetch_now(session: Session, source_id: int, *, by: Actor, now: datetime) -> Source:
    """Make it due at once.

    Raises NotFound, and RuleBroken while it is paused, within five minutes of the last visit, and for as long as the
    publisher asked us to stay away.
    """
    source = sources.get(session, source_id)
    if source.paused_at is not None:
        raise RuleBroken("This source is paused. Resume it first.")
    if source.wait_until is not None and source.wait_until > now:
        raise RuleBroken(
            f"Its publisher asked us to stay away until {source.wait_until:%Y-%m-%d %H:%M} UTC. It is read then."
        )
    if now < may_fetch_at(source, now):
        raise RuleBroken("This source was read less than five minutes ago. Wait a little, out of politeness.")
    if source.due_at is None or source.due_at > now:
        source.due_at = now
    source.gone_at = None
    record(session, "source.asked_now", ("source", source.id), by=by, now=now)
    return source


def may_fetch_at(source: Source, now: datetime) -> datetime:
    """From when on a person may ask for it to be read at once."""
    read_at = source.fetched_at
    return max(now, source.wait_until or now, now if read_at is None else read_at + FETCH_NOW_EVERY)


def undo_move(session: Session, source_id: int, *, by: Actor, now: datetime) -> Source:
    """Go back to the address before the last move, and stay there. Raises NotFound, RuleBroken where there was none."""
    source = sources.get(session, source_id)
    if not source.former_url:
        raise RuleBroken("This source never moved.")
    left = source.url
    _move(session, source, source.former_url, "source.moved_back", by, now)
    source.former_url, source.refused_url = "", left
    return source


def act_on_many(
    session: Session, source_ids: Collection[int], act: ManyAct, *, by: Actor, now: datetime, group: str = ""
) -> Done:
    """One act on each of several, for those that it can be done to; the others are named with why not.

    Raises InvalidInput for a group's name that is too long.
    """
    refuse_long("Nothing was done.", group=(group, 80))
    known = {id_of(each): each for each in sources.some(session, source_ids)}  # one read for all
    count, left = 0, []
    for source_id in sorted(set(source_ids)):
        try:
            if source_id not in known:
                raise sources.missing(source_id)
            if act is ManyAct.PAUSE:
                pause(session, source_id, by=by, now=now)
            elif act is ManyAct.RESUME:
                resume(session, source_id, by=by, now=now)
            elif act is ManyAct.REMOVE:
                remove(session, source_id, by=by, now=now)
            elif known[source_id].group == group.strip():
                raise RuleBroken("This source is in that group already.")
            else:
                edit(session, source_id, group=group, by=by, now=now)
            count += 1
        except (RuleBroken, NotFound) as refused:
            name = known[source_id].name if source_id in known else f"Source {source_id}"
            left.append(f"{name}: {refused.sentence}")
    return Done(count, left)


def _read(asked: Wanted) -> Wanted:
    """As it will be stored. Raises InvalidInput."""
    url = read_as(asked.url)
    canonical = canonical_url(url)
    if not canonical or len(url) > MAX_URL:
        raise InvalidInput(
            "This is no address of a feed. It must begin with http:// or https:// and name a host.",
            {"url": "must begin with http:// or https:// and name a host"},
        )
    if asked.kind not in SCRAPERS:
        raise InvalidInput(
            f"There is no scraper for {asked.kind!r}. Choose one of: {', '.join(SCRAPERS)}.",
            {"kind": "is not known"},
        )
    return Wanted(url, asked.name.strip()[:120], asked.announcer, asked.group.strip()[:80], asked.kind)


def _twins(session: Session) -> dict[str, sources.Address]:
    """What is polled, by what makes two addresses one."""
    return {link_key(each.url): each for each in sources.addresses(session) if each.removed_at is None}


def _polled_already(twin: sources.Address) -> str:
    return f"This address is polled already, as source {twin.source_id}, “{twin.name}”."


def _add(session: Session, wanted: Sequence[Wanted], *, by: Actor, now: datetime) -> list[Source]:
    """Sources of addresses that are not polled; removed ones with just that address come back."""
    urls = {each.url for each in wanted}
    gone = [each.source_id for each in sources.addresses(session) if each.removed_at and each.url in urls]
    removed = {each.url: each for each in sources.removed(session, [each for each in gone if each])}
    added = []
    for each in wanted:
        source = removed.get(each.url) or Source(
            name="", url=each.url, announcer=each.announcer, created_at=now
        )
        source.name = each.name or source.name or host_of(each.url)[:120]
        known_as = source.kind if source.id is not None and each.kind == "feed" else each.kind
        source.announcer, source.kind, source.group = each.announcer, known_as, each.group
        source.removed_at = source.paused_at = source.gone_at = None
        source.due_at = now
        added.append(source)
    session.add_all(added)
    session.flush()
    outside.touch(session, [id_of(each) for each in removed.values()])
    for source in added:
        told = {**_described(source), "url": source.url}
        record(session, "source.added", ("source", source.id), by=by, now=now, after=told)
    return added


def _move(session: Session, source: Source, url: str, action: str, by: Actor, now: datetime) -> None:
    before = {"url": source.url}
    source.former_url = source.url
    moves.change_address(source, url)
    source.gone_at = source.gone_since = None
    source.due_at = now
    _take_from_reader(source)
    record(session, action, ("source", source.id), by=by, now=now, before=before, after={"url": url})


def _take_from_reader(source: Source) -> None:
    """Whoever reads it at this moment may not write any more."""
    source.fence += 1
    release(source)


def _described(source: Source) -> dict[str, str]:
    return {"name": source.name, "announcer": source.announcer.value, "group": source.group}
