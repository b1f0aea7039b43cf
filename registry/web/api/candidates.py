"""Candidates and their triage."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Query, Request, Response
from sqlmodel import Session

from registry.services.candidates import editing, labels, merging, triage
from registry.services.candidates.tool_suggestions import suggestions_of
from registry.store import candidates, inbox, tools
from registry.store.columns import id_of
from registry.web.api.replies import Cursor, IfMatch, Limit, Once, next_link, told, version_in
from registry.web.candidate_schemas import (
    AcceptIn,
    CandidateFilter,
    CandidateOut,
    DismissIn,
    EditIn,
    LabelsIn,
    MergeIn,
    SuggestionsOut,
    WatchIn,
    candidate_out,
    suggestions_out,
)
from registry.web.deps import Called, House, Now, Read, RowId, Triager, Tx
from registry.web.routing import api_router
from registry.web.schemas import Page, ToolRef

router = api_router("/candidates", tag="candidates")


@router.get("", response_model=Page[CandidateOut], summary="The inbox, newest first")
def list_candidates(
    request: Request,
    read: Read,
    _user: Triager,
    settings: House,
    now: Now,
    asked: Annotated[CandidateFilter, Query()],
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Response:
    """Tools that an entry of a source, or a colleague, proposed. The same filters as the inbox's address has."""
    page = inbox.page(
        read, asked.filter(zone=settings.zone, now=now), order=asked.sort, after=cursor, limit=limit
    )
    following = page.next_cursor or None
    body = Page[CandidateOut](items=[candidate_out(row) for row in page.rows], next=following)
    return told(request, body, link=next_link(request, following), private=True)


@router.get("/{candidate_id}", response_model=CandidateOut, summary="One candidate")
def show_candidate(candidate_id: RowId, request: Request, read: Read, _user: Triager) -> Response:
    """Its ETag is what `If-Match` of an act wants."""
    out = _read(read, candidate_id)
    return told(request, out, mark=str(out.version), private=True)


@router.get(
    "/{candidate_id}/suggestions",
    response_model=SuggestionsOut,
    summary="Category and tags that it may want as a tool",
)
def show_suggestions(
    candidate_id: RowId, request: Request, roll: Called, read: Read, _user: Triager
) -> Response:
    """From what is said of it and from the tools most like it, each with why; nothing where that says too little.

    Nothing of it is set by itself: give what you take of it to accept.
    """
    out = suggestions_out(suggestions_of(read, candidate_id, mark=roll.mark))
    return told(request, out, private=True)


@router.post("/{candidate_id}/accept", response_model=ToolRef, summary="Let it in as a tool")
def accept(
    candidate_id: RowId,
    tx: Tx,
    user: Triager,
    now: Now,
    settings: House,
    once: Once,
    asked: AcceptIn | None = None,
    if_match: IfMatch = None,
) -> Response:
    """As a new tool with its aliases, or into the tool that is named."""
    asked = asked or AcceptIn()

    def act() -> ToolRef:
        tool = triage.accept(
            tx,
            candidate_id,
            tool_id=id_of(tools.get(tx, asked.tool)) if asked.tool else None,
            category=asked.category,
            with_tags=asked.tags,
            beside=asked.beside,
            version=version_in(if_match),
            by=user,
            now=now,
        )
        return ToolRef(slug=tool.slug, name=tool.name, url=f"{settings.base_url}/tools/{tool.slug}")

    return once(asked, act, by=user)


@router.post("/{candidate_id}/dismiss", response_model=CandidateOut, summary="Close it without evaluating it")
def dismiss(
    candidate_id: RowId,
    tx: Tx,
    user: Triager,
    now: Now,
    asked: DismissIn,
    once: Once,
    if_match: IfMatch = None,
) -> Response:
    """It can be reopened later."""
    version = version_in(if_match)
    act = _then_read(
        tx,
        candidate_id,
        lambda: triage.dismiss(
            tx, candidate_id, reason=asked.reason, note=asked.note, version=version, by=user, now=now
        ),
    )
    return once(asked, act, by=user)


@router.post("/{candidate_id}/merge", response_model=CandidateOut, summary="Say that two are one")
def merge(
    candidate_id: RowId, tx: Tx, user: Triager, now: Now, asked: MergeIn, once: Once, if_match: IfMatch = None
) -> Response:
    """Every mention and every request goes along; the reply is the candidate that is merged, as it now stands."""
    version = version_in(if_match)
    act = _then_read(
        tx,
        candidate_id,
        lambda: merging.merge(tx, candidate_id, into=asked.into, version=version, by=user, now=now),
    )
    return once(asked, act, by=user)


@router.post("/{candidate_id}/watch", response_model=CandidateOut, summary="Put it aside until a day")
def watch(
    candidate_id: RowId, tx: Tx, user: Triager, now: Now, asked: WatchIn, once: Once, if_match: IfMatch = None
) -> Response:
    """It comes back on that day, or earlier when enough is heard of it."""
    version = version_in(if_match)
    act = _then_read(
        tx,
        candidate_id,
        lambda: triage.watch(tx, candidate_id, until=asked.until, version=version, by=user, now=now),
    )
    return once(asked, act, by=user)


@router.post("/{candidate_id}/reopen", response_model=CandidateOut, summary="Make it new again")
def reopen(
    candidate_id: RowId, tx: Tx, user: Triager, now: Now, once: Once, if_match: IfMatch = None
) -> Response:
    """One that was dismissed, is on watch, or was merged: then it takes back what was its own."""
    version = version_in(if_match)
    act = _then_read(
        tx, candidate_id, lambda: merging.bring_back(tx, candidate_id, version=version, by=user, now=now)
    )
    return once(None, act, by=user)


@router.post("/{candidate_id}/edit", response_model=CandidateOut, summary="Correct what is known of it")
def edit(
    candidate_id: RowId, tx: Tx, user: Triager, now: Now, asked: EditIn, once: Once, if_match: IfMatch = None
) -> Response:
    """What is left out stays as it is."""
    version = version_in(if_match)
    act = _then_read(
        tx,
        candidate_id,
        lambda: editing.edit(tx, candidate_id, **asked.model_dump(), version=version, by=user, now=now),
    )
    return once(asked, act, by=user)


@router.post(
    "/{candidate_id}/labels", response_model=CandidateOut, summary="Put labels on it, take others off"
)
def change_labels(
    candidate_id: RowId, tx: Tx, user: Triager, now: Now, asked: LabelsIn, once: Once
) -> Response:
    """What two people do adds up; the version stays."""
    act = _then_read(
        tx,
        candidate_id,
        lambda: labels.label(tx, candidate_id, add=asked.add, remove=asked.remove, by=user, now=now),
    )
    return once(asked, act, by=user)


def _then_read(session: Session, candidate_id: int, act: Callable[[], object]) -> Callable[[], CandidateOut]:
    def acted() -> CandidateOut:
        act()
        return _read(session, candidate_id)

    return acted


def _read(session: Session, candidate_id: int) -> CandidateOut:
    (row,) = inbox.rows(session, [candidates.get(session, candidate_id)])
    return candidate_out(row)
