"""The places we poll, and trying one out."""

from collections.abc import Callable
from hashlib import sha256

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from registry.domain.errors import StaleVersion
from registry.services import sources as acts
from registry.store import sources
from registry.store.columns import id_of
from registry.store.tables import Source
from registry.web.api.replies import IdempotencyKey, IfMatch, mark_in, once, told
from registry.web.deps import House, Now, Read, RowId, SourceKeeper, SourceReader, Tx
from registry.web.schemas import CheckedEntry, CheckedOut, Page, SourceIn, SourceOut, SourceState, UrlIn
from scrapers.errors import ScrapeError

router = APIRouter(prefix="/sources", tags=["sources"])


@router.get("", response_model=Page[SourceOut], summary="Every source and how it fares")
def list_sources(request: Request, read: Read, _user: SourceReader) -> Response:
    """By name, paused ones too; all of them on one page."""
    return told(
        request,
        Page[SourceOut](items=[_out(each) for each in sources.sources(read)], next=None),
        private=True,
    )


@router.post("", response_model=SourceOut, status_code=201, summary="Start to poll an address")
def add_source(
    request: Request,
    tx: Tx,
    user: SourceKeeper,
    now: Now,
    asked: SourceIn,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """It is read at the scheduler's next tick. 409 where it is polled already."""
    return once(
        request,
        tx,
        idempotency_key,
        asked,
        lambda: _out(acts.add_source(tx, **asked.model_dump(), by=user, now=now)),
        by=user,
        now=now,
        status=201,
    )


@router.post("/check", response_model=CheckedOut, summary="Try an address out")
def check_source(_user: SourceKeeper, settings: House, asked: UrlIn) -> CheckedOut:
    """Fetches it now and tells what would come in; nothing is stored. A failure is told, with `ok` false."""
    from registry.trying import check_address  # the fetcher is loaded when the first address is tried

    try:
        found = check_address(settings, asked.url, kind=asked.kind, announcer=asked.announcer)
    except ScrapeError as error:
        suggested = [str(each) for each in getattr(error, "suggested", ())]
        return CheckedOut(
            ok=False, url=asked.url, error_code=error.code, error=error.sentence, suggested=suggested
        )
    entries = [
        CheckedEntry(
            title=each.entry.title,
            link=each.entry.link,
            kind=each.kind.value,
            name=each.name,
            homepage=each.homepage,
        )
        for each in found.entries
    ]
    return CheckedOut(
        ok=True,
        url=found.url,
        title=found.title,
        note=found.note,
        malformed=found.malformed,
        entries=entries,
    )


@router.get("/{source_id}", response_model=SourceOut, summary="One source")
def show_source(source_id: RowId, request: Request, read: Read, _user: SourceReader) -> Response:
    """Its ETag is what `If-Match` of an act wants; being read does not change the version, being paused does."""
    source = sources.get(read, source_id)
    return told(request, _out(source), mark=_mark(source), private=True)


@router.post("/{source_id}/pause", response_model=SourceOut, summary="Poll it no longer")
def pause(
    source_id: RowId,
    request: Request,
    tx: Tx,
    user: SourceKeeper,
    now: Now,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Until it is resumed."""
    act = _checked(tx, source_id, if_match, lambda: acts.pause(tx, source_id, by=user, now=now))
    return once(request, tx, idempotency_key, None, act, by=user, now=now)


@router.post("/{source_id}/resume", response_model=SourceOut, summary="Poll it again")
def resume(
    source_id: RowId,
    request: Request,
    tx: Tx,
    user: SourceKeeper,
    now: Now,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """From now; also one that was given up as gone."""
    act = _checked(tx, source_id, if_match, lambda: acts.resume(tx, source_id, by=user, now=now))
    return once(request, tx, idempotency_key, None, act, by=user, now=now)


@router.post("/{source_id}/fetch", response_model=SourceOut, summary="Read it at the next tick")
def fetch(
    source_id: RowId,
    request: Request,
    tx: Tx,
    user: SourceKeeper,
    now: Now,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Makes it due at once; 409 within five minutes of the last visit, out of politeness."""
    act = _checked(tx, source_id, if_match, lambda: acts.fetch_now(tx, source_id, by=user, now=now))
    return once(request, tx, idempotency_key, None, act, by=user, now=now)


def _checked(
    session: Session, source_id: int, if_match: str | None, act: Callable[[], Source]
) -> Callable[[], SourceOut]:
    def acted() -> SourceOut:
        wanted = mark_in(if_match)
        if wanted is not None and wanted != _mark(sources.get(session, source_id)):
            raise StaleVersion("Somebody changed this source meanwhile. Read it again, then repeat your act.")
        return _out(act())

    return acted


def _mark(source: Source) -> str:
    """What a person set, as a short digest: a source has no version of its own."""
    said = (
        source.name,
        source.url,
        source.kind,
        source.announcer,
        source.group,
        source.paused_at,
        source.gone_at,
    )
    return sha256(repr([str(each) for each in said]).encode()).hexdigest()[:12]


def _out(source: Source) -> SourceOut:
    return SourceOut(
        id=id_of(source),
        version=_mark(source),
        name=source.name,
        url=source.url,
        kind=source.kind,
        announcer=source.announcer,
        group=source.group,
        state=_state(source),
        due_at=source.due_at,
        fetched_at=source.fetched_at,
        succeeded_at=source.succeeded_at,
        failures=source.failures,
        error_code=source.error_code,
        error=source.error,
    )


def _state(source: Source) -> SourceState:
    if source.gone_at:
        return SourceState.GONE
    if source.paused_at:
        return SourceState.PAUSED
    if source.failures:
        return SourceState.FAILING
    return SourceState.OK if source.succeeded_at else SourceState.NEW
