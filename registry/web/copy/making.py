"""`registry publish`: have every page made a file, check their links, put them in place."""

import json
from collections.abc import Collection, Mapping
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
from registry.web.copy.folder import STAMP, STAMP_ISO, Folder, Written
from registry.web.copy.index import Key
from registry.web.copy.standing import Standing, standing_of
from registry.web.copy.workers import Site, making
from registry.web.copy.writing import Track, Writing
from registry.web.headers import CONTENT_SECURITY_POLICY
from registry.web.rendering import Copy, make_environment

PUBLISHED = "published.json"
MOST_FAULTS = 20


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
            last_act, standing = _last_act(session), standing_of(session, settings, copy, now=now)
            slugs = tools.slugs(session)
            site = None if place.keep_all(standing.state) else _site(session, settings, copy, now, place)
        if site is not None:
            place.take(script_path, script)
            _make(site, standing, place, processes, track)
        track(len(place.paths), len(place.paths))
        told = {
            "published_at": now.isoformat(timespec="seconds"),
            "time_zone": settings.time_zone,
            "live": live_url,
        }
        place.take(PUBLISHED, json.dumps(told).encode())
        written = place.settle(standing.state, last=[PUBLISHED])
    with snapshot(engine) as session:
        changed = _last_act(session) != last_act
    pages = sum(path.endswith(".html") for path in place.paths)
    return Report(str(root), len(slugs), pages, len(place.paths), written, changed)


def _make(site: Site, standing: Standing, place: Folder, processes: int, track: Track) -> None:
    """All files but the one that says when they were made; the script is in place. Raises RuleBroken."""
    file = partial(place_of, with_address=bool(site.copy.own_url))
    writing = Writing(site, standing, place, file, track)
    with making(site, processes=processes) as makes:
        writing.write_all(makes)
    for path, body in index.files_of(site.keys, site.called, site.settings.words):
        place.take(path, body)
    odd = {
        slug: path
        for slug in site.called
        if (path := file(address_of_tool(slug))) != f"tools/{quote(slug)}.html"
    }
    place.take(f"{index.FOLDER}/tools.json", json.dumps(odd, ensure_ascii=False).encode())
    _check(writing.leading, {*place.paths, PUBLISHED})


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
