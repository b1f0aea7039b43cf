"""How sources come and go in numbers: one after a look at it, a choice of the starter list, an OPML file."""

import base64
import json
import zlib
from binascii import Error as BadBase64
from collections.abc import Sequence
from itertools import groupby
from typing import Annotated

from fastapi import File, Query, Request, Response, UploadFile

from registry.domain.errors import InvalidInput, RuleBroken
from registry.domain.proposal import Announcer
from registry.domain.values import dataclass
from registry.services.sources import sources as acts
from registry.services.sources import starting
from registry.services.sources.opml import as_wanted, read_opml, write_opml
from registry.services.sources.sources import LeftOut, Plan, Wanted
from registry.services.sources.starting import Offer
from registry.store import sources
from registry.web.deps import House, Now, Read, Several, SourceKeeper, Text, Tx
from registry.web.pages.sources import as_announcer
from registry.web.pages.sources_list import sources_page
from registry.web.pages.sources_view import AddPage, add_form, as_options
from registry.web.render import go, render
from registry.web.routing import page_router
from registry.web.shapes import Form
from scrapers.errors import ScrapeError
from scrapers.links import public_url

router = page_router()
NAMED = 50
MOST_CARRIED = 5_000_000


@dataclass(frozen=True)
class StarterPage:
    groups: Sequence[tuple[str, Sequence[Offer]]]
    form: Form
    polled: int


@dataclass(frozen=True)
class ImportPage:
    """What an OPML file would bring, before anything is done."""

    plan: Plan
    names: Sequence[str]
    left_out: Sequence[str]
    groups: Sequence[str]
    carried: str


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
    form = add_form(url, name, announcer, group)
    says = Announcer(announcer) if announcer in set(Announcer) else Announcer.NEWS
    if not url:
        fault = {"url": "Write an address, such as example.org/feed.xml."}
        page = AddPage(add_form(url, name, announcer, group, fault))
        return render(request, "sources/add.html", page, status=422)
    try:
        from registry.trying import check_address  # the fetcher is loaded when the first address is tried

        checked = check_address(house, url, announcer=says)
    except ScrapeError as error:
        suggested = as_options(getattr(error, "suggested", ()))
        slow = error.code == "timeout"
        refused = AddPage(form, refused=error.sentence, suggested=suggested, slow=slow)
        return render(request, "sources/add.html", refused, status=422)
    sort = Announcer.OTHER_REGISTRY.value if checked.verdicts else announcer
    named = add_form(checked.asked, name or checked.title[:120], sort, group)
    return render(request, "sources/add.html", AddPage(named, checked=checked))


@router.post("/sources")
def add(
    request: Request,
    tx: Tx,
    user: SourceKeeper,
    house: House,
    now: Now,
    url: Text = "",
    name: Text = "",
    announcer: Text = "",
    group: Text = "",
) -> Response:
    try:
        with tx.begin_nested():
            says = as_announcer(announcer)
            added = acts.add_source(
                tx,
                url=url,
                name=name,
                announcer=says,
                group=group,
                own=house.base_url,
                by=user,
                now=now,
            )
    except (InvalidInput, RuleBroken) as refused:
        faults = refused.faults if isinstance(refused, InvalidInput) else {"url": refused.sentence}
        form = add_form(url, name, announcer, group, faults)
        status = 422 if isinstance(refused, InvalidInput) else 409
        return render(request, "sources/add.html", AddPage(form), status=status)
    return go(f"/sources/{added.id}")


@router.get("/sources/starter")
def show_starters(request: Request, read: Read, _user: SourceKeeper) -> Response:
    return render(request, "sources/starter.html", _starter_page(starting.offers(read)))


@router.post("/sources/starter")
def add_starters(
    request: Request, tx: Tx, user: SourceKeeper, now: Now, names: Several = (), groups: Several = ()
) -> Response:
    try:
        added, left_out = starting.add_starters(tx, names, groups, by=user, now=now)
    except InvalidInput as refused:
        form = Form({"names": names, "groups": groups}, refused.faults)
        return render(request, "sources/starter.html", _starter_page(starting.offers(tx), form), status=422)
    page = sources_page(tx, user, now, told=_told(len(added), left_out), left_out=_named(left_out))
    return render(request, "sources/list.html", page)


@router.post("/sources/import")
def plan_import(
    request: Request,
    tx: Tx,
    user: SourceKeeper,
    now: Now,
    file: Annotated[UploadFile | None, File()] = None,
    announcer: Text = "",
) -> Response:
    """Shows what the file would add and what it leaves out and why; nothing is done yet."""
    try:
        body = file.file.read() if file is not None else b""
        if not body:
            raise InvalidInput("Choose an OPML file.", {"file": "Choose an OPML file."})
        wanted = as_wanted(read_opml(body), as_announcer(announcer))
    except InvalidInput as refused:
        form = Form({"announcer": announcer}, refused.faults or {"file": refused.sentence})
        return render(request, "sources/list.html", sources_page(tx, user, now, form=form), status=422)
    plan = acts.plan(tx, wanted)
    page = ImportPage(
        plan=plan,
        names=[each.name or public_url(each.url) for each in plan.wanted[:NAMED]],
        left_out=_named(plan.left_out),
        groups=sorted({each.group for each in plan.wanted} - {""}, key=str.casefold),
        carried=_carried(plan.wanted),
    )
    return render(request, "sources/import.html", page)


@router.post("/sources/import/add")
def import_opml(request: Request, tx: Tx, user: SourceKeeper, now: Now, carried: Text = "") -> Response:
    """Adds what was shown; what somebody else added meanwhile is left out and told."""
    added, left_out = acts.add_all(tx, _carried_back(carried), by=user, now=now)
    page = sources_page(tx, user, now, told=_told(len(added), left_out), left_out=_named(left_out))
    return render(request, "sources/list.html", page)


@router.get("/sources.opml")
def export_opml(read: Read, house: House, _user: SourceKeeper, now: Now) -> Response:
    """For admins alone, since an address may hold a password."""
    found = sorted(sources.standings(read), key=lambda each: (each.name.casefold(), each.id))
    body = write_opml(found, title=f"Sources of {house.name}", now=now)
    kept = {"Content-Disposition": 'attachment; filename="sources.opml"', "Cache-Control": "no-store"}
    return Response(body, media_type="text/x-opml", headers=kept)


def _starter_page(offers: Sequence[Offer], form: Form | None = None) -> StarterPage:
    groups = [(name, list(each)) for name, each in groupby(offers, key=lambda offer: offer.starter.group)]
    polled = sum(each.source_id is not None for each in offers)
    return StarterPage(groups, form or Form({"names": (), "groups": ()}), polled)


def _told(added: int, left_out: Sequence[LeftOut]) -> str:
    return f"{added} source{'' if added == 1 else 's'} added, {len(left_out)} left out"


def _named(left_out: Sequence[LeftOut]) -> list[str]:
    told = [f"{each.wanted.name or public_url(each.wanted.url)}: {each.why}" for each in left_out[:NAMED]]
    more = len(left_out) - NAMED
    return [*told, f"… and {more} more."] if more > 0 else told


def _carried(wanted: Sequence[Wanted]) -> str:
    """The plan as one field of the form that says yes to it."""
    plain = [[each.url, each.name, each.announcer.value, each.group, each.kind] for each in wanted]
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(plain).encode())).decode()


def _carried_back(carried: str) -> list[Wanted]:
    """Raises InvalidInput for what is no plan of ours; what stands in it is checked like anything typed."""
    try:
        packed = base64.urlsafe_b64decode(carried.encode("ascii", "replace"))
        plain = zlib.decompressobj().decompress(packed, MOST_CARRIED)
        return [_wanted(*map(str, each)) for each in json.loads(plain)]
    except (BadBase64, zlib.error, ValueError, TypeError) as error:
        raise InvalidInput("This list came back damaged. Choose the file again.") from error


def _wanted(url: str, name: str, announcer: str, group: str, kind: str) -> Wanted:
    return Wanted(url, name, Announcer(announcer), group, kind)
