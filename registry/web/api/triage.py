"""Triage as a whole: acts on several candidates, undoing, saved filters, duplicates, and the report of dismissals."""

from collections.abc import Sequence
from datetime import datetime

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput, StaleVersion
from registry.domain.triage import Verb
from registry.services.candidates import bulk, dismissals, merging, saved_filters, undoing
from registry.services.candidates.bulk import Order
from registry.services.candidates.likeness import twins
from registry.services.candidates.recording import Chosen
from registry.services.people.acting import Actor
from registry.settings import Settings
from registry.store import candidates, inbox, tools, triage_acts
from registry.store import saved_filters as kept
from registry.store.columns import id_of
from registry.store.paging import row_mark
from registry.store.tables import TriageAct
from registry.web.api.replies import (
    Cursor,
    IfMatch,
    Limit,
    Once,
    as_json,
    mark_in,
    next_link,
    told,
)
from registry.web.candidate_schemas import (
    ActOut,
    BulkIn,
    BulkOut,
    CandidateOut,
    DifferIn,
    DismissalsOut,
    DismissedOut,
    RefusedOut,
    SavedFilterIn,
    SavedFilterOut,
    TwinOut,
    TwinsOut,
    candidate_out,
)
from registry.web.deps import House, Insider, Now, Read, RowId, Triager, Tx
from registry.web.inbox_filter import wanted_in
from registry.web.pages import dismissals as report
from registry.web.routing import api_router
from registry.web.schemas import Page

router = api_router("/candidates", tag="candidates")


@router.post("/bulk", response_model=BulkOut, summary="Act on several at once")
def act_on_several(
    tx: Tx, user: Triager, settings: House, now: Now, asked: BulkIn, once: Once, if_match: IfMatch = None
) -> Response:
    """In one transaction, whole or not at all. The ETag of a dry run is what `If-Match` of the act wants: then it is
    done to exactly those candidates, or to none (412) where anything about them has changed."""
    if bool(asked.ids) == (asked.matching is not None):
        raise InvalidInput(
            "Name candidates by `ids`, or all that match by `matching`.", {"ids": "or matching"}
        )
    chosen: Sequence[Chosen] = [Chosen(each.id, each.version) for each in asked.ids]
    if asked.matching is not None:
        chosen = bulk.matching(tx, asked.matching.filter(zone=settings.zone, now=now))
    order = Order(
        Verb(asked.act),
        reason=asked.reason,
        note=asked.note,
        until=asked.until,
        into=asked.into,
        add=tuple(asked.add),
        remove=tuple(asked.remove),
    )
    if asked.dry_run:
        plan = bulk.plan(tx, chosen, order, by=user, now=now)
        out = BulkOut(
            act=None,
            count=plan.count,
            told=plan.told,
            ids=[each.id for each in plan.chosen],
            refused=[
                RefusedOut(id=each.candidate_id, name=each.name, reason=each.error.sentence)
                for each in plan.refused
            ],
            undo_until=None,
        )
        sent = {"Cache-Control": "no-store", **({"ETag": f'"{plan.mark}"'} if plan.mark else {})}
        return Response(as_json(out), headers=sent, media_type="application/json")
    mark = mark_in(if_match) or ""
    if if_match is not None and not mark and if_match.strip() != "*":
        raise StaleVersion("This is no ETag of a dry run. Ask for one again, then repeat your act.")

    def act() -> BulkOut:
        done = bulk.act(tx, chosen, order, by=user, now=now, mark=mark, leaving_out=asked.leave_out)
        ids = list(triage_acts.candidate_ids(tx, [id_of(done)]).get(id_of(done), ()))
        left = [each for each in chosen if each.id not in set(ids)] if asked.leave_out else []
        names = {key: each.name for key, each in candidates.by_id(tx, [each.id for each in left]).items()}
        return BulkOut(
            act=done.id,
            count=done.count,
            told=done.told,
            ids=ids,
            refused=[
                RefusedOut(id=each.id, name=names.get(each.id, ""), reason="It refused, and was left out.")
                for each in left
            ],
            undo_until=done.at + undoing.UNDO_FOR,
        )

    return once(asked, act, by=user)


@router.get("/acts", response_model=Page[ActOut], summary="What was done in triage, newest first")
def list_acts(
    request: Request, read: Read, _user: Triager, cursor: Cursor = "", limit: Limit = 50
) -> Response:
    """By whomever; one's own can be undone for ten minutes."""
    found = triage_acts.newest(read, before=row_mark(cursor), limit=limit + 1)
    following = str(found[limit - 1].id) if len(found) > limit else None
    ids = triage_acts.candidate_ids(read, [id_of(each) for each in found[:limit]])
    body = Page[ActOut](
        items=[_act(each, ids.get(id_of(each), ())) for each in found[:limit]], next=following
    )
    return told(request, body, link=next_link(request, following), private=True)


@router.post("/acts/{act_id}/undo", response_model=ActOut, summary="Take an act back")
def undo(act_id: RowId, tx: Tx, user: Triager, now: Now, once: Once) -> Response:
    """One's own, whole, within ten minutes, and while nothing that came later depends on it (409)."""

    def act() -> ActOut:
        done = undoing.undo(tx, act_id, by=user, now=now)
        return _act(done, triage_acts.candidate_ids(tx, [act_id]).get(act_id, ()))

    return once(None, act, by=user)


@router.get("/filters", response_model=Page[SavedFilterOut], summary="The filters that you keep")
def list_filters(request: Request, read: Read, user: Insider, settings: House, now: Now) -> Response:
    """By name; each is an ordinary address of the inbox."""
    return told(request, _filters(read, user, settings, now), private=True)


@router.post("/filters", response_model=SavedFilterOut, status_code=201, summary="Keep a filter under a name")
def save_filter(
    tx: Tx, user: Insider, settings: House, now: Now, asked: SavedFilterIn, once: Once
) -> Response:
    """A name of yours that is in use is given the new filter."""

    def act() -> SavedFilterOut:
        wanted = asked.filter.wanted()
        row = saved_filters.save(tx, name=asked.name, query=wanted.query, by=user, now=now)
        count = inbox.count(tx, wanted.filter(zone=settings.zone, now=now))
        return SavedFilterOut(id=id_of(row), name=row.name, url=_address(row.query, settings), count=count)

    return once(asked, act, by=user, status=201)


@router.delete("/filters/{filter_id}", response_model=Page[SavedFilterOut], summary="Keep a filter no longer")
def remove_filter(filter_id: RowId, tx: Tx, user: Insider, settings: House, now: Now, once: Once) -> Response:
    """The reply is those that you still keep."""

    def act() -> Page[SavedFilterOut]:
        saved_filters.remove(tx, filter_id, by=user)
        tx.flush()
        return _filters(tx, user, settings, now)

    return once(None, act, by=user)


@router.get("/dismissals", response_model=DismissalsOut, summary="Dismissals by reason, month and source")
def show_dismissals(request: Request, read: Read, _user: Triager, settings: House, now: Now) -> Response:
    """Of this month and the eleven before it; what several sources spoke of counts at each."""
    found = report.as_json(dismissals.report(read, zone=settings.zone, now=now), settings.base_url)
    body = DismissalsOut(rows=[DismissedOut.model_validate(row) for row in found["rows"]])
    return told(request, body, private=True)


@router.get("/{candidate_id}/duplicates", response_model=TwinsOut, summary="What it is probably the same as")
def list_duplicates(candidate_id: RowId, request: Request, read: Read, _user: Triager, now: Now) -> Response:
    """The likest first, at most four; what was said to differ is left out."""
    found = twins(read, [candidates.get(read, candidate_id)], now=now)[candidate_id]
    items = [
        TwinOut(
            candidate=each.candidate_id or None,
            tool=each.tool_slug or None,
            name=each.name,
            score=each.score,
            reason=each.reason,
        )
        for each in found
    ]
    return told(request, TwinsOut(items=items), private=True)


@router.post("/{candidate_id}/differ", response_model=CandidateOut, summary="Say that two differ")
def differ(candidate_id: RowId, tx: Tx, user: Triager, now: Now, asked: DifferIn, once: Once) -> Response:
    """It is not suggested again that they are one."""
    if bool(asked.tool) == (asked.candidate is not None):
        raise InvalidInput("Name the other candidate, or the tool.", {"candidate": "or tool"})

    def act() -> CandidateOut:
        tool_id = id_of(tools.get(tx, asked.tool)) if asked.tool else None
        merging.differ(tx, candidate_id, other_id=asked.candidate, tool_id=tool_id, by=user, now=now)
        (row,) = inbox.rows(tx, [candidates.get(tx, candidate_id)])
        return candidate_out(row)

    return once(asked, act, by=user)


def _filters(session: Session, user: Actor, settings: Settings, now: datetime) -> Page[SavedFilterOut]:
    rows = kept.of(session, user.person_id)
    counts = inbox.counts(session, [wanted_in(row.query).filter(zone=settings.zone, now=now) for row in rows])
    items = [
        SavedFilterOut(id=id_of(row), name=row.name, url=_address(row.query, settings), count=count)
        for row, count in zip(rows, counts, strict=True)
    ]
    return Page[SavedFilterOut](items=items, next=None)


def _act(act: TriageAct, ids: Sequence[int]) -> ActOut:
    return ActOut(
        id=id_of(act),
        at=act.at,
        by=act.actor,
        verb=act.verb,
        told=act.told,
        count=act.count,
        ids=list(ids),
        undo_until=act.at + undoing.UNDO_FOR,
        undone_at=act.undone_at,
    )


def _address(query: str, settings: Settings) -> str:
    return settings.base_url + wanted_in(query).address
