"""The places we poll: how they fare for whoever works here, every act on them for admins."""

from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from fastapi import Request, Response
from sqlmodel import Session
from starlette.datastructures import QueryParams

from registry.domain.errors import InvalidInput, RuleBroken
from registry.domain.proposal import Announcer
from registry.domain.values import dataclass
from registry.publish.atom import MEDIA_TYPE as ATOM
from registry.services.people.acting import Actor
from registry.services.sources import sources as acts
from registry.services.sources.sources import ManyAct
from registry.store import sources
from registry.store.engine import snapshot
from registry.store.tables import Source
from registry.web.deps import House, Now, Read, RowId, Several, SourceKeeper, SourceReader, Text, Tx
from registry.web.files import json_file, sheet_file
from registry.web.pages.source_feed import HEALTH_FEED
from registry.web.pages.sources_list import sources_page
from registry.web.pages.sources_view import TryPage, as_options, source_page
from registry.web.parts import parts_of
from registry.web.render import go, local_path, render
from registry.web.rendering import FeedLink
from registry.web.routing import page_router
from registry.web.shapes import Form
from registry.web.source_filter import Filter, as_filter, listed, matching_ids
from registry.web.source_rows import lines_out
from registry.web.source_schemas import SourceLineOut
from registry.web.understood import understood
from scrapers.errors import ScrapeError
from scrapers.links import public_url

router = page_router("/sources")
downloads = page_router()
COLUMNS = (
    *(
        "id",
        "name",
        "url",
        "kind",
        "announcer",
        "group",
        "health",
        "says",
        "visits",
        "visits_worked",
        "new_entries",
    ),
    *(
        "succeeded_at",
        "changed_at",
        "accepted_in_a_year",
        "proposed_in_a_year",
        "due_at",
        "failures",
        "error_code",
    ),
)
MOST_AT_ONCE = 10_000
NAMED = 20
DID = {
    ManyAct.PAUSE: "paused",
    ManyAct.RESUME: "resumed",
    ManyAct.REMOVE: "removed",
    ManyAct.GROUP: "moved to the group",
}


@dataclass(frozen=True)
class RemovePage:
    ids: str
    """Just those that are named, whatever the filter shows meanwhile; parted by commas."""
    names: Sequence[str]
    """The first of them."""
    more: int
    count: int
    back: str


@router.get("")
def show_sources(request: Request, read: Read, user: SourceReader, now: Now) -> Response:
    feed = FeedLink("How the sources fare", ATOM, HEALTH_FEED)
    page = sources_page(read, user, now, understood(request, as_filter, marks=("page",)))
    return render(request, "sources/list.html", page, feeds=[feed])


@downloads.get("/sources.csv")
@downloads.get("/sources.xlsx")
def download_sheet(request: Request, read: Read, _user: SourceReader, now: Now) -> Response:
    return sheet_file(request, "sources", COLUMNS, [_flat(each) for each in _told(request, read, now)])


@downloads.get("/sources.json")
def download_json(request: Request, read: Read, _user: SourceReader, now: Now) -> Response:
    told = [each.model_dump(mode="json") for each in _told(request, read, now)]
    return json_file(request, "sources", told)


def _told(request: Request, session: Session, now: datetime) -> list[SourceLineOut]:
    return lines_out(session, listed(session, as_filter(request.query_params), now), now)


def _flat(each: SourceLineOut) -> dict[str, object]:
    return each.model_dump(mode="json") | {
        "visits": each.last_visits.count,
        "visits_worked": each.last_visits.worked,
        "new_entries": each.last_visits.new,
        "accepted_in_a_year": each.year.accepted,
        "proposed_in_a_year": each.year.proposed,
    }


@router.post("/bulk")
def act_on_many(
    request: Request,
    tx: Tx,
    user: SourceKeeper,
    now: Now,
    act: Text = "",
    ids: Several = (),
    everything: Text = "",
    group: Text = "",
    sure: Text = "",
    back: Text = "",
) -> Response:
    """For those ticked, or for all that the list's filter shows. Removing asks once more, with the names."""
    wanted = _filter_in(back)
    chosen = matching_ids(tx, wanted, now) if everything else _ids(ids)
    if act not in set(ManyAct) or not chosen:
        sentence = (
            "Tick at least one source first." if act in set(ManyAct) else "Choose what to do with them."
        )
        page = sources_page(tx, user, now, wanted, bulk=Form({}, {"ids": sentence}))
        return render(request, "sources/list.html", page, status=422)
    if act == ManyAct.REMOVE and sure != "yes":
        names = [each.name for each in sources.some(tx, chosen)]
        asked = RemovePage(
            ids=",".join(map(str, chosen)),
            names=names[:NAMED],
            more=len(names) - NAMED,
            count=len(names),
            back=wanted.address,
        )
        return render(request, "sources/remove.html", asked)
    done = acts.act_on_many(tx, chosen[:MOST_AT_ONCE], ManyAct(act), group=group[:80], by=user, now=now)
    tx.flush()
    told = f"{done.count} source{'' if done.count == 1 else 's'} {DID[ManyAct(act)]}"
    told += f" “{group}”" if act == ManyAct.GROUP and group else ""
    told += f", {len(done.left)} left as they were" if done.left else ""
    page = sources_page(tx, user, now, wanted, told=told, left_out=done.left[:NAMED])
    return render(request, "sources/list.html", page)


@router.get("/{source_id}")
def show_source(
    request: Request, source_id: RowId, read: Read, user: SourceReader, now: Now, after: str = ""
) -> Response:
    return render(request, "sources/show.html", source_page(read, source_id, user, now, after=after))


@router.post("/{source_id}/try")
def try_out(request: Request, source_id: RowId, _user: SourceKeeper, house: House, now: Now) -> Response:
    """Reads it once and shows what would come in, or which feeds to take instead; no transaction is open meanwhile."""
    from registry.trying import try_stored  # the fetcher is loaded when the first address is tried

    engine = parts_of(request).engine
    with snapshot(engine) as session:
        source = sources.get(session, source_id)
    try:
        checked = try_stored(engine, house, source, now)
    except ScrapeError as error:
        feeds = as_options(getattr(error, "suggested", ()))
        page = TryPage(source_id, source.name, refused=error.sentence, feeds=feeds)
        return render(request, "sources/try.html", page, status=422)
    return render(request, "sources/try.html", TryPage(source_id, source.name, checked))


@router.post("/{source_id}/edit")
def edit(
    request: Request,
    source_id: RowId,
    tx: Tx,
    user: SourceKeeper,
    now: Now,
    name: Text = "",
    url: Text = "",
    announcer: Text = "",
    group: Text = "",
) -> Response:
    """An empty address, or the one it has, leaves the address alone."""
    try:
        with tx.begin_nested():
            says = as_announcer(announcer)
            source = acts.edit(tx, source_id, name=name, announcer=says, group=group, by=user, now=now)
            if url and url not in (source.url, public_url(source.url)):
                acts.change_address(tx, source_id, url=url, by=user, now=now)
    except (InvalidInput, RuleBroken) as refused:
        faults = refused.faults if isinstance(refused, InvalidInput) else {"url": refused.sentence}
        form = Form({"name": name, "url": url, "announcer": announcer, "group": group}, faults)
        page = source_page(tx, source_id, user, now, form=form)
        return render(request, "sources/show.html", page, status=422)
    return go(f"/sources/{source_id}")


@router.post("/{source_id}/address")
def change_address(
    request: Request, source_id: RowId, tx: Tx, user: SourceKeeper, now: Now, url: Text = ""
) -> Response:
    """One of the feeds that were offered for it."""

    def act(session: Session, source_id: int, *, by: Actor, now: datetime) -> Source:
        return acts.change_address(session, source_id, url=url, by=by, now=now)

    return _act(request, source_id, tx, user, now, act)


@router.post("/{source_id}/pause")
def pause(request: Request, source_id: RowId, tx: Tx, user: SourceKeeper, now: Now) -> Response:
    return _act(request, source_id, tx, user, now, acts.pause)


@router.post("/{source_id}/resume")
def resume(request: Request, source_id: RowId, tx: Tx, user: SourceKeeper, now: Now) -> Response:
    return _act(request, source_id, tx, user, now, acts.resume)


@router.post("/{source_id}/fetch")
def fetch_now(request: Request, source_id: RowId, tx: Tx, user: SourceKeeper, now: Now) -> Response:
    return _act(request, source_id, tx, user, now, acts.fetch_now)


@router.post("/{source_id}/undo-move")
def undo_move(request: Request, source_id: RowId, tx: Tx, user: SourceKeeper, now: Now) -> Response:
    return _act(request, source_id, tx, user, now, acts.undo_move)


@router.post("/{source_id}/remove")
def remove(source_id: RowId, tx: Tx, user: SourceKeeper, now: Now) -> Response:
    acts.remove(tx, source_id, by=user, now=now)
    return go("/sources")


def as_announcer(typed: str) -> Announcer:
    if typed not in set(Announcer):
        raise InvalidInput(
            "Say what sort of source it is.", {"announcer": "Choose what sort of source it is."}
        )
    return Announcer(typed)


def _act(
    request: Request, source_id: int, tx: Session, user: Actor, now: datetime, act: Callable[..., Source]
) -> Response:
    try:
        with tx.begin_nested():
            act(tx, source_id, by=user, now=now)
    except (RuleBroken, InvalidInput) as refused:
        page = source_page(tx, source_id, user, now, refused=refused.sentence)
        return render(request, "sources/show.html", page, status=409)
    return go(f"/sources/{source_id}")


def _filter_in(back: str) -> Filter:
    try:
        return as_filter(QueryParams(parse_qsl(urlsplit(local_path(back, "/sources")).query)))
    except InvalidInput:
        return Filter()


def _ids(typed: Sequence[str]) -> list[int]:
    """Of checkboxes, or of one field that holds many."""
    parts = [each for field in typed for each in field.split(",")][:MOST_AT_ONCE]
    return sorted({int(each) for each in parts if each.isascii() and each.isdigit() and len(each) < 10})
