"""`registry publish`: ask the site for every page, make files of them, check their links, put them in place."""

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import quote, unquote, urlsplit

from sqlalchemy import Engine
from sqlmodel import Session

from registry.domain.answer import Question
from registry.domain.errors import InvalidInput, RuleBroken
from registry.services.answers import lookup
from registry.services.answers.asking import read_query
from registry.services.answers.holding import holds_until
from registry.services.answers.index import Index
from registry.services.people.house import house
from registry.settings import Settings
from registry.store import asked, events, tools
from registry.store.columns import id_of
from registry.store.engine import snapshot
from registry.web.assets import STATIC
from registry.web.copy import folder, index
from registry.web.copy.addresses import file_of, rule_of
from registry.web.copy.driving import Reply
from registry.web.copy.folder import STAMP, STAMP_ISO, Folder, Written
from registry.web.copy.index import Key
from registry.web.copy.rewriting import Rewriter, links_in
from registry.web.copy.workers import Asking, Site, asking
from registry.web.headers import CONTENT_SECURITY_POLICY
from registry.web.rendering import Copy, make_environment

SEEDS = (
    "/", "/tools", "/verdicts", "/feeds", "/guidance", "/accessibility", "/radar", "/a-z", "/feeds.opml",
    "/robots.txt", "/sitemap.xml", "/opensearch.xml",
)  # fmt: skip
MAY_BE_MISSING = frozenset({"/radar", "/sitemap.xml"})
AT_ONCE = 40
"""Pages asked for in one go of a worker."""
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


@dataclass(frozen=True)
class _Known:
    """What the registry holds at the moment of the copy."""

    keys: Sequence[Key]
    called: Mapping[str, str]
    until: Mapping[str, date]
    """Slug -> the last day on which its answer holds by itself."""
    last_act: int


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
            known, meant = _read(session, settings, now), _meaning(session)
        files = {f"/{script_path}": script_path}
        rewriter = Rewriter(files, live_url, own_url, settings.base_url, meant)
        site = Site(settings, copy, now, known.keys, dict(known.called))
        with asking(site, processes=processes) as ask:
            links = _write_pages(ask, rewriter, files, place, known, with_address=bool(own_url), track=track)
        place.take(script_path, script)
        for path, body in index.files_of(known.keys, settings.words):
            place.take(path, body)
        odd = {
            slug: path
            for slug in known.called
            if (path := files.get(_tool(slug), "")) != f"tools/{quote(slug)}.html"
        }
        place.take(f"{index.FOLDER}/tools.json", json.dumps(odd, ensure_ascii=False).encode())
        told = {
            "published_at": now.isoformat(timespec="seconds"),
            "time_zone": settings.time_zone,
            "live": live_url,
        }
        place.take(PUBLISHED, json.dumps(told).encode())
        _check(links, place.paths)
        written = place.settle(last=[PUBLISHED])
    with snapshot(engine) as session:
        changed = _last_act(session) != known.last_act
    return Report(str(root), len(known.called), len(links), len(place.paths), written, changed)


def _tool(slug: str) -> str:
    return f"/tools/{quote(slug)}"


def _last_act(session: Session) -> int:
    return max((number for number, _ in events.last_acts(session, 1)), default=0)


def _read(session: Session, settings: Settings, now: datetime) -> _Known:
    found, organisation = tools.every(session), house(session, settings)
    by_id = {id_of(each): each for each in found}
    codes = {
        tool_id: answer.code.value
        for start in range(0, len(found), 500)
        for tool_id, answer in lookup.answers(
            session, found[start : start + 500], Question(at=now), organisation, now=now
        ).items()
    }
    until = holds_until(session, found, organisation, now=now)
    keys = [
        Key(each.kind, each.key, each.text, by_id[each.tool_id].slug, codes[each.tool_id])
        for each in tools.every_alias(session)
    ]
    return _Known(
        keys=keys,
        called={each.slug: each.name for each in found},
        until={by_id[tool_id].slug: day for tool_id, day in until.items() if day is not None},
        last_act=_last_act(session),
    )


def _meaning(session: Session) -> Callable[[str], str]:
    """The same certain matches as everywhere, as addresses of tools."""
    known = Index(asked.alias_keys(session), asked.written(session))
    slugs = {id_of(each): each.slug for each in tools.every(session)}

    def meant(query: str) -> str:
        found = known.match(read_query(query))
        return _tool(slugs[found[2]]) if found and found[2] in slugs else ""

    return meant


def _write_pages(
    ask: Asking,
    rewriter: Rewriter,
    files: dict[str, str],
    place: Folder,
    known: _Known,
    *,
    with_address: bool,
    track: Track,
) -> dict[str, set[str]]:
    """File to the relative links in it. Whatever a page leads to and the copy holds is asked for in its turn."""
    waiting: deque[str] = deque()
    came_from: dict[str, str] = {}
    links: dict[str, set[str]] = {}
    done = 0

    def wanted(address: str, by: str = "") -> None:
        if address in files:
            return
        rule = rule_of(address, with_address=with_address)
        if rule is None:
            return
        files[address] = file_of(address, page=rule.page)
        came_from[address] = by
        waiting.append(address)

    def write(address: str, reply: Reply) -> None:
        if reply.status == 404 and address in MAY_BE_MISSING:
            del files[address]
            return
        if reply.status != 200:
            raise RuleBroken(
                f"{address}, to which {came_from[address] or 'the site'} leads, answers {reply.status}. "
                "Nothing was written."
            )
        path, body = files[address], reply.body
        if reply.media_type == "text/html":
            text = rewriter.page(
                address, _dated(body.decode(), address, known), lambda each: wanted(each, address)
            )
            links[path] = links_in(text)
            body = text.encode()
        elif not path.startswith("static/"):
            body = rewriter.document(body.decode(), lambda each: wanted(each, address)).encode()
        place.take(path, body)

    for each in SEEDS:
        wanted(each)
    for slug in known.called:
        wanted(_tool(slug))
        wanted(f"{_tool(slug)}/badge.json")
    while waiting:
        batch = [waiting.popleft() for _ in range(min(AT_ONCE * ask.processes, len(waiting)))]
        for address, reply in zip(batch, ask(batch), strict=True):
            write(address, reply)
        done += len(batch)
        track(done, done + len(waiting))
    return links


def _dated(text: str, address: str, known: _Known) -> str:
    """Of a tool's page the day after which its answer is another one, where time alone brings that."""
    slug = unquote(address.removeprefix("/tools/")) if address.startswith("/tools/") else ""
    day = known.until.get(slug)
    if day is None:
        return text
    said = f'data-until="{day.isoformat()}" data-until-text="{day.day} {day:%B %Y}"'
    return text.replace('<article class="answer ', f'<article {said} class="answer ', 1)


def _check(links: Mapping[str, Iterable[str]], paths: frozenset[str]) -> None:
    """Raise RuleBroken where a link leads to no file of the copy, naming the page and the link."""
    faults = [
        f"{path} leads to {link}"
        for path, found in sorted(links.items())
        for link in sorted(found)
        if (target := normpath(join(dirname(path), unquote(urlsplit(link).path)))) not in paths
        and target != path
        and urlsplit(link).path
    ]
    if faults:
        more = f" and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else ""
        raise RuleBroken(
            f"Links that lead nowhere, so nothing was written: {'; '.join(faults[:MOST_FAULTS])}{more}."
        )
