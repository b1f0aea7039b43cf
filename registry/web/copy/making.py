"""`registry publish`: have every page made a file, check their links, put them in place."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, urlsplit

from sqlalchemy import Engine
from sqlmodel import Session

from registry.domain.answer import Question
from registry.domain.errors import InvalidInput, RuleBroken
from registry.domain.values import dataclass
from registry.services.answers import lookup
from registry.services.people.house import house
from registry.settings import Settings
from registry.store import events, tools
from registry.store.columns import id_of
from registry.store.engine import snapshot
from registry.web.assets import STATIC
from registry.web.copy import folder, index
from registry.web.copy.addresses import place_of
from registry.web.copy.documents import address_of_tool
from registry.web.copy.folder import STAMP, STAMP_ISO, Folder, Origin, Written
from registry.web.copy.index import Key
from registry.web.copy.standing import state_of
from registry.web.copy.workers import Made, Making, Site, making
from registry.web.headers import CONTENT_SECURITY_POLICY
from registry.web.rendering import Copy, make_environment

SEEDS = (
    "/", "/tools", "/verdicts", "/feeds", "/guidance", "/accessibility", "/radar", "/a-z", "/feeds.opml",
    "/robots.txt", "/sitemap.xml", "/opensearch.xml",
)  # fmt: skip
MAY_BE_MISSING = frozenset({"/sitemap.xml"})
"""No page leads there."""
FEEDS = "/feeds/verdicts."
PUBLISHED = "published.json"
MOST_FAULTS = 20
Track = Callable[[int, int], None]
"""Hears how many pages are done and how many are known of."""


@dataclass(frozen=True)
class Report:
    folder: str
    tools: int
    pages: int
    files: int
    written: Written
    changed_meanwhile: bool
    """Whether something was recorded while the pages were made, which some of them may show and others not."""

    def told(self) -> dict[str, object]:
        return {**asdict(self), "written": asdict(self.written)}


def publish(
    settings: Settings,
    engine: Engine,
    root: Path,
    *,
    now: datetime,
    own_url: str = "",
    alone: bool = False,
    processes: int = 1,
    track: Track = lambda _done, _known: None,
) -> Report:
    """Write the public site as files into `root`, where they replace those of the last time and nothing else.

    `own_url` is where they will be served; `alone` says that who reads them cannot reach the registry itself. Raises
    RuleBroken, and leaves the folder as it was, where a link would lead nowhere or the folder is not ours.
    """
    if alone and not own_url:
        raise InvalidInput(
            "Say where the copy will be served (--at), so that its whole addresses lead there."
        )
    live_url = "" if alone else settings.base_url
    policy = CONTENT_SECURITY_POLICY.replace(" frame-ancestors 'none';", "")
    if live_url:
        parts = urlsplit(live_url)
        policy = policy.replace("form-action 'self'", f"form-action 'self' {parts.scheme}://{parts.netloc}")
    script = b"\n".join((STATIC / "copy" / each).read_bytes() for each in ("lookup.js", "page.js"))
    script_path = f"static/copy.{sha256(script).hexdigest()[:12]}.js"
    copy = Copy(live_url, own_url, STAMP, STAMP_ISO, policy, f"/{script_path}")
    environment = make_environment(time_zone=settings.time_zone)
    local = now.astimezone(settings.zone)
    with folder.opened(root, at=local, told=environment.filters["moment"](now)) as place:
        with snapshot(engine) as session:
            last_act, state = _last_act(session), state_of(session, settings, copy, now=now)
            slugs = tools.slugs(session)
            site = None if place.keep_all(state) else _site(session, settings, copy, now, place)
        if site is not None:
            place.take(script_path, script)
            _make(site, place, processes, track)
        track(len(place.paths), len(place.paths))
        told = {
            "published_at": now.isoformat(timespec="seconds"),
            "time_zone": settings.time_zone,
            "live": live_url,
        }
        place.take(PUBLISHED, json.dumps(told).encode())
        written = place.settle(state, last=[PUBLISHED])
    with snapshot(engine) as session:
        changed = _last_act(session) != last_act
    pages = sum(path.endswith(".html") for path in place.paths)
    return Report(str(root), len(slugs), pages, len(place.paths), written, changed)


def _make(site: Site, place: Folder, processes: int, track: Track) -> None:
    """All files but the one that says when they were made; the script is in place. Raises RuleBroken."""
    file = partial(place_of, with_address=bool(site.copy.own_url))
    with making(site, processes=processes) as makes:
        leading = _write_pages(makes, file, place, site, track)
    for path, body in index.files_of(site.keys, site.settings.words):
        place.take(path, body)
    odd = {
        slug: path
        for slug in site.called
        if (path := file(address_of_tool(slug))) != f"tools/{quote(slug)}.html"
    }
    place.take(f"{index.FOLDER}/tools.json", json.dumps(odd, ensure_ascii=False).encode())
    _check(leading, {*place.paths, PUBLISHED})


def _last_act(session: Session) -> int:
    return max((number for number, _ in events.last_acts(session, 1)), default=0)


def _site(session: Session, settings: Settings, copy: Copy, now: datetime, place: Folder) -> Site:
    found, organisation = tools.every(session), house(session, settings)
    by_id = {id_of(each): each for each in found}
    codes = {
        tool_id: answer.code.value
        for start in range(0, len(found), 500)
        for tool_id, answer in lookup.answers(
            session, found[start : start + 500], Question(at=now), organisation, now=now
        ).items()
    }
    keys = [
        Key(each.kind, each.key, each.text, by_id[each.tool_id].slug, codes[each.tool_id])
        for each in tools.every_alias(session)
    ]
    return Site(settings, copy, now, keys, {each.slug: each.name for each in found}, place.origins())


def _check(leading: Mapping[str, str], paths: Collection[str]) -> None:
    """Raise RuleBroken where a link leads to none of these files; `leading` has a page that leads there, by file."""
    faults = sorted(f"{path} leads to {target}" for target, path in leading.items() if target not in paths)
    if faults:
        more = f" and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else ""
        raise RuleBroken(
            f"Links that lead nowhere, so nothing was written: {'; '.join(faults[:MOST_FAULTS])}{more}."
        )


def _write_pages(
    makes: Making,
    file: Callable[[str], str],
    place: Folder,
    site: Site,
    track: Track,
) -> dict[str, str]:
    """Each file that some page leads to, with such a page. Whatever something leads to and the copy holds is made.

    `file` tells where the copy holds an address.
    """
    made, waiting = {site.copy.script_url}, dict.fromkeys(SEEDS, "")
    """Addresses, of those that wait with who leads there."""
    before: dict[str, str] = {}
    leading: dict[str, str] = {}
    spelled: dict[str, str] = {}
    of_tools = {address_of_tool(slug) for slug in site.called}

    def write(each: Made) -> None:
        waiting.pop(each.address, None)
        if each.status == 404 and each.address in MAY_BE_MISSING:
            return
        if each.status != 200:
            raise RuleBroken(
                f"{each.address}, to which {asked.get(each.address) or 'the site'} leads, answers {each.status}. "
                "Nothing was written."
            )
        made.add(each.address)
        if each.next:
            before.setdefault(each.next, each.address)
        # One text for each address, however many lead there: they came from other processes, each with its own.
        wants = tuple(spelled.setdefault(address, address) for address in each.wants)
        if each.body is None:
            wants = tuple(place.keep(each.path).wants)
        else:
            place.take(
                each.path, each.body, Origin(each.made_of, wants, each.meant) if each.made_of else None
            )
        if each.path.endswith(".html"):
            for target in each.leads_to if each.body is not None else map(file, wants):
                leading.setdefault(target, each.path)
        for address in wants:
            if address not in made:
                waiting.setdefault(address, each.address)
        of_tools.discard(each.address)
        # Nobody has counted what belongs to the tools that are still to come: as much as to those before.
        ahead = len(made) * len(of_tools) // (len(site.called) - len(of_tools) or 1)
        track(len(made), len(made) + max(len(waiting), ahead))

    asked: Mapping[str, str] = {}
    for each in makes.tools([*site.called]):
        write(each)
    while asked := {address: by for address, by in waiting.items() if file(address)}:
        feeds = dict.fromkeys(address.partition("?")[2] for address in asked if address.startswith(FEEDS))
        for each in makes.feeds([*feeds]):
            write(each)
        rest = [address for address in asked if address not in made]
        for each in makes.pages([(address, before.get(address, "")) for address in rest]):
            write(each)
    return leading
