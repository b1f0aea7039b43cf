"""The places we poll, and trying one out."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import Query, Request, Response
from sqlmodel import Session

from registry.domain.errors import StaleVersion
from registry.domain.visit import visits
from registry.services.sources import sources as acts
from registry.services.sources import starting
from registry.services.sources.source_health import SourceState as Fares
from registry.store import sources
from registry.store.engine import snapshot
from registry.store.sources import SourceYield
from registry.store.tables import Source
from registry.web.api.replies import IfMatch, Once, mark_in, told
from registry.web.deps import House, Now, Plain, Read, RowId, SourceKeeper, SourceReader, Tx
from registry.web.parts import parts_of
from registry.web.routing import api_router
from registry.web.schemas import Page
from registry.web.source_filter import YEAR, Filter, Sort, listed
from registry.web.source_rows import lines_out, mark_of, source_out
from registry.web.source_schemas import (
    AddedOut,
    CheckedEntry,
    CheckedOut,
    LeftOutOut,
    SourceChange,
    SourceIn,
    SourceLineOut,
    SourceOut,
    SourceWhole,
    SourceYieldOut,
    StarterIn,
    StarterOut,
    UrlIn,
    VisitOut,
)
from scrapers.errors import ScrapeError
from scrapers.links import public_url

if TYPE_CHECKING:
    from registry.trying import Checked

router = api_router("/sources", tag="sources")


@router.get("", response_model=Page[SourceLineOut], summary="Every source and how it fares")
def list_sources(
    request: Request,
    read: Read,
    _user: SourceReader,
    now: Now,
    group: Annotated[Plain, Query(max_length=80, description="Only those of this group; - for none.")] = "",
    health: Annotated[
        Fares | Literal["trouble"] | None,
        Query(description="Only those that fare so; trouble: all not well."),
    ] = None,
    q: Annotated[Plain, Query(max_length=200, description="Words in name, address, group or sort.")] = "",
    sort: Annotated[Sort, Query(description="In which order.")] = Sort.NAME,
) -> Response:
    """Paused ones too; all of them on one page."""
    found = listed(read, Filter(state=health or "", group=group, text=q, sort=sort), now)
    return told(request, Page[SourceLineOut](items=lines_out(read, found, now), next=None), private=True)


@router.post("", response_model=SourceOut, status_code=201, summary="Start to poll an address")
def add_source(
    tx: Tx, user: SourceKeeper, settings: House, now: Now, asked: SourceIn, once: Once
) -> Response:
    """It is read at the scheduler's next tick. 409 where it is polled already."""
    return once(
        asked,
        lambda: source_out(
            acts.add_source(tx, **asked.model_dump(), own=settings.base_url, by=user, now=now), now
        ),
        by=user,
        status=201,
    )


@router.post("/check", response_model=CheckedOut, summary="Try an address out")
def check_source(_user: SourceKeeper, settings: House, asked: UrlIn) -> CheckedOut:
    """Fetches it now, or finds the feeds of a site, and tells what would come in; nothing is stored.

    A failure is told with `ok` false, and `suggested` holds feeds to take instead.
    """
    from registry.trying import check_address  # the fetcher is loaded when the first address is tried

    try:
        return _checked_out(check_address(settings, asked.url, kind=asked.kind, announcer=asked.announcer))
    except ScrapeError as error:
        return _refused(public_url(asked.url), error)


@router.get("/starter", response_model=Page[StarterOut], summary="Public feeds to start from")
def list_starters(
    request: Request,
    read: Read,
    _user: SourceKeeper,
    group: Annotated[Plain, Query(max_length=80, description="Only those of this group.")] = "",
) -> Response:
    """In groups; none of them is polled until it is added."""
    items = [
        StarterOut(**asdict(each.starter), source_id=each.source_id)
        for each in starting.offers(read, group=group)
    ]
    return told(request, Page[StarterOut](items=items, next=None), private=True)


@router.post("/starter", response_model=AddedOut, summary="Add several of the starter list")
def add_starters(tx: Tx, user: SourceKeeper, now: Now, asked: StarterIn, once: Once) -> Response:
    """What is named, and all of the named groups, in one act; what is polled already is left out."""

    def act() -> AddedOut:
        added, left_out = starting.add_starters(tx, asked.names, asked.groups, by=user, now=now)
        return AddedOut(
            added=[source_out(each, now) for each in added],
            left_out=[
                LeftOutOut(name=each.wanted.name, url=public_url(each.wanted.url), why=each.why)
                for each in left_out
            ],
        )

    return once(asked, act, by=user)


@router.get("/{source_id}", response_model=SourceWhole, summary="One source")
def show_source(source_id: RowId, request: Request, read: Read, _user: SourceReader, now: Now) -> Response:
    """With its visits and its yield. Its ETag is what `If-Match` of an act wants; being read does not change it."""
    source = sources.get(read, source_id)
    harvest = sources.yields(read, now - YEAR, only=[source_id]).get(source_id, SourceYield())
    whole = SourceWhole(
        **source_out(source, now).model_dump(),
        year=SourceYieldOut(proposed=harvest.candidates, accepted=harvest.accepted),
        visits=[
            VisitOut(
                at=each.at,
                status=each.status,
                bytes=each.wire_bytes,
                entries=each.entries,
                new=each.new,
                elapsed_ms=each.elapsed_ms,
                error_code=each.error_code,
            )
            for each in visits(source.strip)[::-1]
        ],
    )
    return told(request, whole, mark=mark_of(source), private=True)


@router.patch("/{source_id}", response_model=SourceOut, summary="Change name, address, sort or group")
def change(
    source_id: RowId,
    tx: Tx,
    user: SourceKeeper,
    now: Now,
    asked: SourceChange,
    once: Once,
    if_match: IfMatch = None,
) -> Response:
    """Only what is given. Another address drops what the old one's replies taught; 409 where it is polled already."""

    def act() -> Source:
        given = asked.model_dump(exclude_none=True, exclude={"url"})
        source = acts.edit(tx, source_id, by=user, now=now, **given) if given else sources.get(tx, source_id)
        if asked.url is None or asked.url in (source.url, public_url(source.url)):
            return source
        return acts.change_address(tx, source_id, url=asked.url, by=user, now=now)

    checked = _checked(tx, source_id, if_match, act, now)
    return once(asked, checked, by=user)


@router.delete("/{source_id}", response_model=SourceOut, summary="Take it off the list")
def remove(
    source_id: RowId, tx: Tx, user: SourceKeeper, now: Now, once: Once, if_match: IfMatch = None
) -> Response:
    """Its entries, and what they led to, stay; a source that is added again has all it had."""
    act = _checked(tx, source_id, if_match, lambda: acts.remove(tx, source_id, by=user, now=now), now)
    return once(None, act, by=user)


@router.post("/{source_id}/try", response_model=CheckedOut, summary="See what it would bring now")
def try_out(source_id: RowId, request: Request, _user: SourceKeeper, settings: House, now: Now) -> CheckedOut:
    """Reads it once and marks what is new; nothing is stored. A failure is told, with `ok` false."""
    from registry.trying import try_stored  # the fetcher is loaded when the first address is tried

    engine = parts_of(request).engine
    with snapshot(engine) as session:
        source = sources.get(session, source_id)
    try:
        return _checked_out(try_stored(engine, settings, source, now))
    except ScrapeError as error:
        return _refused(public_url(source.url), error)


@router.post("/{source_id}/undo-move", response_model=SourceOut, summary="Go back to the address before")
def undo_move(
    source_id: RowId, tx: Tx, user: SourceKeeper, now: Now, once: Once, if_match: IfMatch = None
) -> Response:
    """And stay there; 409 where it never moved."""
    act = _checked(tx, source_id, if_match, lambda: acts.undo_move(tx, source_id, by=user, now=now), now)
    return once(None, act, by=user)


@router.post("/{source_id}/pause", response_model=SourceOut, summary="Poll it no longer")
def pause(
    source_id: RowId, tx: Tx, user: SourceKeeper, now: Now, once: Once, if_match: IfMatch = None
) -> Response:
    """Until it is resumed."""
    act = _checked(tx, source_id, if_match, lambda: acts.pause(tx, source_id, by=user, now=now), now)
    return once(None, act, by=user)


@router.post("/{source_id}/resume", response_model=SourceOut, summary="Poll it again")
def resume(
    source_id: RowId, tx: Tx, user: SourceKeeper, now: Now, once: Once, if_match: IfMatch = None
) -> Response:
    """From now; also one that was given up as gone."""
    act = _checked(tx, source_id, if_match, lambda: acts.resume(tx, source_id, by=user, now=now), now)
    return once(None, act, by=user)


@router.post("/{source_id}/fetch", response_model=SourceOut, summary="Read it at the next tick")
def fetch(
    source_id: RowId, tx: Tx, user: SourceKeeper, now: Now, once: Once, if_match: IfMatch = None
) -> Response:
    """Makes it due at once; 409 within five minutes of the last visit, out of politeness."""
    act = _checked(tx, source_id, if_match, lambda: acts.fetch_now(tx, source_id, by=user, now=now), now)
    return once(None, act, by=user)


def _checked(
    session: Session, source_id: int, if_match: str | None, act: Callable[[], Source], now: datetime
) -> Callable[[], SourceOut]:
    def acted() -> SourceOut:
        wanted = mark_in(if_match)
        if wanted is not None and wanted != mark_of(sources.get(session, source_id)):
            raise StaleVersion("Somebody changed this source meanwhile. Read it again, then repeat your act.")
        return source_out(act(), now)

    return acted


def _checked_out(found: "Checked") -> CheckedOut:
    entries = [
        CheckedEntry(
            title=each.entry.title,
            link=each.entry.link,
            kind=each.kind.value,
            name=each.name,
            homepage=each.homepage,
            new=each.is_new,
        )
        for each in found.entries
    ]
    return CheckedOut(
        ok=True,
        url=found.url,
        title=found.title,
        kind=found.kind,
        verdicts=found.verdicts,
        note=found.note,
        malformed=found.malformed,
        entries=entries,
    )


def _refused(url: str, error: ScrapeError) -> CheckedOut:
    suggested = [str(each) for each in getattr(error, "suggested", ())]
    return CheckedOut(ok=False, url=url, error_code=error.code, error=error.sentence, suggested=suggested)
