"""The places we poll: how they fare for whoever works here, every act on them for admins."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, File, Query, Request, Response, UploadFile
from sqlmodel import Session

from registry.domain.errors import InvalidInput, RuleBroken
from registry.domain.proposal import Announcer
from registry.publish import atom
from registry.publish.notice import Channel, Notice
from registry.services import sources as acts
from registry.services.acting import Actor
from registry.services.opml import Outline, read_opml, write_opml
from registry.services.source_health import SICK, health
from registry.store import sources
from registry.store.tables import Source
from registry.web.deps import House, Now, Read, RowId, SourceKeeper, SourceReader, Text, Tx
from registry.web.etag import conditional
from registry.web.pages.sources_view import AddPage, add_form, source_page, sources_page
from registry.web.render import go, render
from registry.web.rendering import FeedLink
from registry.web.shapes import Form, Option
from scrapers.errors import ScrapeError

router = APIRouter()
ATOM = "application/atom+xml"
HEALTH_FEED = "/sources/health.atom"


@router.get("/sources")
def show_sources(request: Request, read: Read, user: SourceReader, now: Now) -> Response:
    feed = FeedLink("Sources that cannot be read", ATOM, HEALTH_FEED)
    return render(request, "sources/list.html", sources_page(read, user, now), feeds=[feed])


@router.get("/sources/new")
def show_adding(
    request: Request, _user: SourceKeeper, url: Annotated[str, Query(max_length=2000)] = ""
) -> Response:
    return render(request, "sources/add.html", AddPage(add_form(url)))


@router.post("/sources/check")
def check(
    request: Request,
    _user: SourceKeeper,
    house: House,
    url: Text = "",
    name: Text = "",
    announcer: Text = "",
    group: Text = "",
) -> Response:
    """Reads the address once and shows what would come in; no transaction is open, and nothing is stored."""
    if not url.startswith(("http://", "https://")):
        fault = "Write the whole address, such as https://example.org/feed.xml."
        page = AddPage(add_form(url, name, announcer, group, {"url": fault}))
        return render(request, "sources/add.html", page, status=422)
    form = add_form(url, name, announcer, group)
    says = Announcer(announcer) if announcer in set(Announcer) else Announcer.NEWS
    try:
        from registry.trying import check_address  # the fetcher is loaded when the first address is tried

        checked = check_address(house, url, announcer=says)
    except ScrapeError as error:
        suggested = [Option(each, each) for each in getattr(error, "suggested", ())]
        refused = AddPage(form, refused=error.sentence, suggested=suggested)
        return render(request, "sources/add.html", refused, status=422)
    named = add_form(url, name or checked.title[:120], announcer, group)
    return render(request, "sources/add.html", AddPage(named, checked=checked))


@router.post("/sources")
def add(
    request: Request,
    tx: Tx,
    user: SourceKeeper,
    now: Now,
    url: Text = "",
    name: Text = "",
    announcer: Text = "",
    group: Text = "",
) -> Response:
    try:
        with tx.begin_nested():
            says = _announcer(announcer)
            added = acts.add_source(tx, url=url, name=name, announcer=says, group=group, by=user, now=now)
    except (InvalidInput, RuleBroken) as refused:
        faults = refused.faults if isinstance(refused, InvalidInput) else {"url": refused.sentence}
        form = add_form(url, name, announcer, group, faults)
        return render(request, "sources/add.html", AddPage(form), status=422 if _is_fault(refused) else 409)
    return go(f"/sources/{added.id}")


@router.post("/sources/import")
def import_opml(
    request: Request,
    tx: Tx,
    user: SourceKeeper,
    now: Now,
    file: Annotated[UploadFile | None, File()] = None,
    announcer: Text = "",
) -> Response:
    """Adds what is not polled yet, and tells in the reply what was left out and why."""
    try:
        body = file.file.read() if file is not None else b""
        if not body:
            raise InvalidInput("Choose an OPML file.", {"file": "Choose an OPML file."})
        outlines, says = read_opml(body), _announcer(announcer)
    except InvalidInput as refused:
        form = Form({"announcer": announcer}, refused.faults or {"file": refused.sentence})
        return render(request, "sources/list.html", sources_page(tx, user, now, form=form), status=422)
    added, left_out = _add_all(tx, outlines, says, user, now)
    told = f"{added} source{'' if added == 1 else 's'} added, {len(left_out)} left out"
    page = sources_page(tx, user, now, told=told, left_out=left_out)
    return render(request, "sources/list.html", page)


@router.get("/sources.opml")
def export_opml(read: Read, house: House, _user: SourceKeeper) -> Response:
    """For admins alone, since an address may hold a password."""
    body = write_opml(sources.sources(read), title=f"Sources of {house.name}")
    kept = {"Content-Disposition": 'attachment; filename="sources.opml"', "Cache-Control": "no-store"}
    return Response(body, media_type="text/x-opml", headers=kept)


@router.get("/sources/health.atom")
def health_feed(request: Request, read: Read, house: House, now: Now) -> Response:
    """The sources that cannot be read at present, by name and sentence, without their addresses."""
    sick = [each for each in sources.sources(read) if health(each, now).state in SICK]
    notices = sorted((_notice(each, house.base_url, now) for each in sick), key=_newest, reverse=True)
    changed = max((each.fetched_at for each in sources.sources(read) if each.fetched_at), default=None)
    channel = Channel(
        id=f"{house.base_url}{HEALTH_FEED}",
        title=f"{house.name}: sources that cannot be read",
        description="One entry for each source that fails, until it can be read again.",
        home_url=f"{house.base_url}/sources",
        url=f"{house.base_url}{HEALTH_FEED}",
        updated_at=notices[0].updated_at if notices else changed or now,
    )
    return conditional(request, atom.render(channel, notices), ATOM)


@router.get("/sources/{source_id}")
def show_source(
    request: Request, source_id: RowId, read: Read, user: SourceReader, now: Now, after: str = ""
) -> Response:
    return render(request, "sources/show.html", source_page(read, source_id, user, now, after=after))


@router.post("/sources/{source_id}/edit")
def edit(
    request: Request,
    source_id: RowId,
    tx: Tx,
    user: SourceKeeper,
    now: Now,
    name: Text = "",
    announcer: Text = "",
    group: Text = "",
) -> Response:
    try:
        with tx.begin_nested():
            says = _announcer(announcer)
            acts.edit(tx, source_id, name=name, announcer=says, group=group, by=user, now=now)
    except InvalidInput as refused:
        form = Form({"name": name, "announcer": announcer, "group": group}, refused.faults)
        page = source_page(tx, source_id, user, now, form=form)
        return render(request, "sources/show.html", page, status=422)
    return go(f"/sources/{source_id}")


@router.post("/sources/{source_id}/pause")
def pause(request: Request, source_id: RowId, tx: Tx, user: SourceKeeper, now: Now) -> Response:
    return _act(request, source_id, tx, user, now, acts.pause)


@router.post("/sources/{source_id}/resume")
def resume(request: Request, source_id: RowId, tx: Tx, user: SourceKeeper, now: Now) -> Response:
    return _act(request, source_id, tx, user, now, acts.resume)


@router.post("/sources/{source_id}/fetch")
def fetch_now(request: Request, source_id: RowId, tx: Tx, user: SourceKeeper, now: Now) -> Response:
    return _act(request, source_id, tx, user, now, acts.fetch_now)


@router.post("/sources/{source_id}/undo-move")
def undo_move(request: Request, source_id: RowId, tx: Tx, user: SourceKeeper, now: Now) -> Response:
    return _act(request, source_id, tx, user, now, acts.undo_move)


@router.post("/sources/{source_id}/remove")
def remove(source_id: RowId, tx: Tx, user: SourceKeeper, now: Now) -> Response:
    acts.remove(tx, source_id, by=user, now=now)
    return go("/sources")


def _act(
    request: Request, source_id: int, tx: Session, user: Actor, now: datetime, act: Callable[..., Source]
) -> Response:
    try:
        with tx.begin_nested():
            act(tx, source_id, by=user, now=now)
    except RuleBroken as refused:
        page = source_page(tx, source_id, user, now, refused=refused.sentence)
        return render(request, "sources/show.html", page, status=409)
    return go(f"/sources/{source_id}")


def _announcer(typed: str) -> Announcer:
    if typed not in set(Announcer):
        raise InvalidInput(
            "Say what sort of source it is.", {"announcer": "Choose what sort of source it is."}
        )
    return Announcer(typed)


def _is_fault(refused: Exception) -> bool:
    return isinstance(refused, InvalidInput)


def _add_all(
    session: Session, outlines: Sequence[Outline], says: Announcer, user: Actor, now: datetime
) -> tuple[int, list[str]]:
    added, left_out = 0, []
    for each in outlines:
        try:
            with session.begin_nested():
                acts.add_source(
                    session,
                    url=each.url,
                    name=each.name,
                    announcer=each.announcer or says,
                    group=each.group,
                    by=user,
                    now=now,
                )
            added += 1
        except (InvalidInput, RuleBroken) as refused:
            left_out.append(f"{each.name or each.url}: {refused.sentence}")
    return added, left_out


def _notice(source: Source, base_url: str, now: datetime) -> Notice:
    fares = health(source, now)
    since = source.succeeded_at or source.created_at
    return Notice(
        id=f"{base_url}/sources/{source.id}#failing-{since:%Y%m%dT%H%M%S}",
        url=f"{base_url}/sources/{source.id}",
        title=f"{source.name} cannot be read",
        summary=fares.sentence,
        paragraphs=[fares.sentence],
        author="registry",
        published_at=since,
        updated_at=source.fetched_at or since,
        categories=[fares.state.value],
        verdict={},
    )


def _newest(notice: Notice) -> datetime:
    return notice.updated_at
