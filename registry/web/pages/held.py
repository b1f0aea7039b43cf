"""What is held back of a source because so many came at once: shown to whoever works here, decided by admins."""

from collections.abc import Sequence
from datetime import datetime

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput, RuleBroken
from registry.domain.values import dataclass
from registry.services.entries import holding
from registry.services.people.acting import Actor
from registry.store import entries, sources
from registry.store.tables import Entry, Role, Source
from registry.web.deps import Asked, Now, Read, RowId, SourceKeeper, SourceReader, Text, Tx
from registry.web.render import go, render
from registry.web.routing import page_router
from registry.web.shapes import Pager

router = page_router()
SHOWN = 50


@dataclass(frozen=True)
class HeldPage:
    source: Source
    says: str
    held: int
    entries: Sequence[Entry]
    """Newest first."""
    pager: Pager
    newest_url: str
    keeps: bool
    """Whether the reader may decide."""
    refused: str = ""


@router.get("/sources/{source_id}/held")
def show_held(
    request: Request, source_id: RowId, read: Read, user: SourceReader, after: Asked = ""
) -> Response:
    return render(request, "sources/held.html", held_page(read, source_id, user, after=after))


@router.post("/sources/{source_id}/held")
def decide_held(
    request: Request, source_id: RowId, tx: Tx, user: SourceKeeper, now: Now, act: Text = ""
) -> Response:
    try:
        with tx.begin_nested():
            _decide(tx, source_id, act, user, now)
    except (RuleBroken, InvalidInput) as refused:
        page = held_page(tx, source_id, user, refused=refused.sentence)
        status = 422 if isinstance(refused, InvalidInput) else 409
        return render(request, "sources/held.html", page, status=status)
    return go(f"/sources/{source_id}")


def held_page(
    session: Session, source_id: int, user: Actor, *, after: str = "", refused: str = ""
) -> HeldPage:
    source = sources.get(session, source_id)
    held = entries.held_by_source(session).get(source_id, 0)
    page = entries.page(session, source_id=source_id, held=True, after=after, limit=SHOWN)
    path = f"/sources/{source_id}/held"
    shown = f", {len(page.rows)} on this page" if len(page.rows) < held else ""
    return HeldPage(
        source=source,
        says=holding.sentence(held),
        held=held,
        entries=page.rows,
        pager=Pager(
            f"{held:,} held back{shown}",
            next_url=f"{path}?after={page.next_cursor}" if page.next_cursor else "",
        ),
        newest_url=path if after else "",
        keeps=Role.ADMIN in user.roles,
        refused=refused,
    )


def _decide(session: Session, source_id: int, act: str, user: Actor, now: datetime) -> None:
    if act == "let-in":
        holding.let_in(session, source_id, by=user, now=now)
    elif act == "leave":
        holding.leave(session, source_id, by=user, now=now)
    else:
        raise InvalidInput("Say whether to let them in or to leave them.", {"act": "is not known"})
