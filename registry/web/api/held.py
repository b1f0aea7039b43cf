"""Entries held back because so many came at once: which they are, and what becomes of them."""

from fastapi import Request, Response

from registry.services.entries import holding
from registry.store import entries, sources
from registry.store.columns import id_of
from registry.web.api.replies import Cursor, Limit, Once, next_link, told
from registry.web.deps import Now, Read, RowId, SourceKeeper, SourceReader, Tx
from registry.web.routing import api_router
from registry.web.schemas import HeldEntry, HeldIn, HeldOut, Page

router = api_router("/sources", tag="sources")


@router.get("/{source_id}/held", response_model=Page[HeldEntry], summary="What is held back of a source")
def list_held(
    source_id: RowId,
    request: Request,
    read: Read,
    _user: SourceReader,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Response:
    """Newest first. Entries are held where more than 50 came at once that are over four fifths of the feed."""
    sources.get(read, source_id)
    page = entries.page(read, source_id=source_id, held=True, after=cursor, limit=limit)
    items = [
        HeldEntry(
            id=id_of(each),
            title=each.title,
            link=each.link,
            published_at=each.published_at,
            seen_at=each.seen_at,
        )
        for each in page.rows
    ]
    following = page.next_cursor or None
    body = Page[HeldEntry](items=items, next=following)
    return told(request, body, link=next_link(request, following), private=True)


@router.post("/{source_id}/held", response_model=HeldOut, summary="Let in what is held back, or leave it")
def decide_held(
    source_id: RowId, tx: Tx, user: SourceKeeper, now: Now, asked: HeldIn, once: Once
) -> Response:
    """All of it at once. 409 where nothing is held."""

    def act() -> HeldOut:
        if not asked.let_in:
            left = holding.leave(tx, source_id, by=user, now=now)
            return HeldOut(entries=left, candidates=0, kept_out=0)
        found = holding.let_in(tx, source_id, by=user, now=now)
        return HeldOut(entries=found.entries, candidates=found.proposed.candidates, kept_out=found.kept_out)

    return once(asked, act, by=user)
