"""What came from outside stays text: no script of it runs, nothing of it is fetched, nobody is led away, whether or
not the browser keeps to the content security policy."""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urldefrag, urlsplit

import pytest

from registry.services.people import accounts, sign_in
from registry.services.people.acting import REGISTRY
from registry.settings import Settings
from registry.store.columns import id_of
from registry.store.engine import make_engine, transaction
from tests.browser.conftest import Site, a_copy_of_the_demo, free_port, served
from tests.browser.payloads import EVIL, LINKS, TEXTS
from tests.browser.poisoning import LINK_FIELDS, TEXT_FIELDS, poison
from tests.browser.test_access import PUBLIC, STAFF

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Dialog, Page

Visit = Callable[..., "BrowserContext"]

FILES = (
    "/feeds/verdicts.atom",
    "/feeds/verdicts.rss",
    "/feeds/verdicts.json",
    "/verdicts.json",
    "/radar.svg",
    "/radar.json",
    "/api/v1/tools",
    "/api/v1/candidates",
    "/sources/health.atom",
)
FEW = (
    "/",
    "/tools",
    "/verdicts",
    "/radar",
    "/radar.svg",
    "/feeds/verdicts.atom",
    "/inbox",
    "/sources",
    "/audit",
)
OF_A_KIND = int(os.environ.get("PAGES_OF_A_KIND", "8"))
"""How many pages of one kind are looked at, such as those of tools; with 45, by hand, every payload stands on one."""
OPENED = int(os.environ.get("PAGES_OPENED", "1"))
"""How many of them the browser opens, where a script would run; more by hand."""

DOWNLOAD = re.compile(r"/export|[.](csv|xlsx|opml)([?]|$)|opensearch")

LOOK = """document => {
    const wrong = [], all = [...document.querySelectorAll('*')];
    const fetches = 'img, source, video, audio, track, input, image, use, script, link:not([rel=canonical])';
    for (const each of all) {
        const name = each.localName, told = each.outerHTML.slice(0, 160);
        for (const attribute of each.attributes)
            if (/^on/i.test(attribute.name)) wrong.push('handler ' + told);
        for (const held of ['href', 'src', 'action', 'formaction', 'data', 'xlink:href']) {
            const value = each.getAttribute(held);
            if (value === null || value === '') continue;
            if (value.startsWith(`javascript:location.href='${location.origin}/check?q='+`)) continue;  // our bookmark
            const scheme = new URL(value, location.href).protocol;
            if (!['http:', 'https:', 'mailto:', 'tel:', 'ftp:'].includes(scheme)
                && !(name === 'img' && scheme === 'data:')) wrong.push('scheme ' + told);
        }
        if (['iframe', 'object', 'embed', 'base', 'marquee', 'xss', 'math', 'template', 'frame'].includes(name))
            wrong.push('element ' + told);
        if (name === 'meta' && each.httpEquiv) wrong.push('meta ' + told);
        if (name === 'script' && !(each.src || '').startsWith(location.origin + '/static/')
            && !(each.type || '').includes('json')) wrong.push('script ' + told);
        if (name === 'form' && new URL(each.action, location.href).origin !== location.origin)
            wrong.push('form ' + told);
        if (name === 'style' && !document.documentElement.matches('svg')) wrong.push('style ' + told);
        if (/url *[(]|@import/i.test(each.getAttribute('style') ?? '')) wrong.push('style ' + told);
        if (each.matches(fetches)) for (const held of ['src', 'srcset', 'poster', 'href', 'xlink:href']) {
            const asked = new URL(each.getAttribute(held) ?? '', location.href);
            if (asked.origin !== location.origin && asked.protocol !== 'data:') wrong.push('fetches ' + told);
        }
    }
    if (document.documentElement.textContent.includes('1018081')) wrong.push('a template was filled in');
    return wrong;
}"""
READ = f"""async path => {{
    const reply = await fetch(path), [kind] = (reply.headers.get('content-type') ?? '').split(';');
    const told = [reply.status, [], []];
    if (!/html|svg/.test(kind)) return told;
    const page = new DOMParser().parseFromString(await reply.text(), kind);
    const ways = [...page.querySelectorAll('a[href]')];
    return [reply.status, ({LOOK})(page), ways.map(each => new URL(each.getAttribute('href'), reply.url).href)];
}}"""
"""Looks at a page that is not opened: no script of it runs, and nothing that it names is fetched."""


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demo's registry with payloads for words, and one person who may see all of it."""
    place = a_copy_of_the_demo(tmp_path_factory)
    assert poison(place / "registry.sqlite3") >= 60
    settings, now = Settings(data_dir=place), datetime.now(UTC)
    engine = make_engine(settings.resolved_database_url)
    with transaction(engine) as session:
        roles = ("reviewer", "approver", "admin", "auditor")
        person = accounts.add_user(
            session, email="all@office.example", name="All", roles=roles, by=REGISTRY, now=now
        )
        values = [  # each signs in once
            sign_in.make_link(
                session,
                id_of(person),
                secret=settings.secret,
                valid_for=timedelta(hours=1),
                by=REGISTRY,
                now=now,
            )
            for _ in range(4)
        ]
    engine.dispose()
    with served(place, "serve", "--port", str(free_port()), "--no-scheduler") as address:
        yield Site(address, place, {value: f"{address}/sign-in/{value}" for value in values})


class Watched:
    """A page, and all that it did that no page of ours does."""

    def __init__(self, visit: Visit, site: Site, *, policy: bool) -> None:
        self.site = site
        context = visit(bypass_csp=not policy)
        context.set_default_timeout(60_000)
        self.page: Page = context.new_page()
        self.done: list[str] = []
        self.here = ""
        context.on("request", lambda request: self._asked(request.url))
        context.on("dialog", self._dismiss)
        context.on("page", lambda page: self.done.append(f"{self.here}: opened {page.url}"))
        self.page.goto(site.links.popitem()[1])
        self.page.get_by_role("button", name="Sign in").click()

    def _dismiss(self, dialog: "Dialog") -> None:
        self.done.append(f"{self.here}: dialog {dialog.message}")
        dialog.dismiss()

    def _asked(self, url: str) -> None:
        if not url.startswith((self.site.address + "/", "data:", "blob:", "about:")):
            self.done.append(f"{self.here}: asked {url}")

    def open(self, path: str) -> int:
        self.here = path
        reply = self.page.goto(self.site.address + path)
        status = reply.status if reply else 0
        if "html" in (reply.headers.get("content-type", "") if reply else "") or path.endswith(".svg"):
            self.done += [f"{path}: {each}" for each in self.page.evaluate(f"({LOOK})(document)")]
        if urlsplit(self.page.url).netloc != urlsplit(self.site.address).netloc:
            self.done.append(f"{path}: led to {self.page.url}")
        return status

    def read(self, path: str) -> tuple[int, list[str]]:
        """Status, and where a page leads that is looked at without being opened."""
        status, wrong, ways = self.page.evaluate(READ, path)
        self.done += [f"{path}: {each}" for each in wrong]
        ours = (urldefrag(each).url for each in ways if each.startswith(self.site.address + "/"))
        return status, [each.removeprefix(self.site.address) for each in ours]


def kind_of(path: str) -> str:
    """Pages of one kind look alike but for what they tell: `/tools/*`, `/tools/*/verdicts.atom`, `/tools?*`."""
    parts = urlsplit(path)
    words = parts.path.split("/")
    if len(words) > 2:
        words[2] = "*" + words[2][words[2].rfind(".") :] if "." in words[2] else "*"
    return "/".join(words) + ("?*" if parts.query else "")


def test_the_payloads_are_many() -> None:
    assert len(set(TEXTS)) >= 60
    assert len(set(LINKS)) >= 20
    assert len(set(TEXT_FIELDS)) + len(set(LINK_FIELDS)) >= 12
    assert all(str(number) in each or EVIL in each for number, each in enumerate(TEXTS, start=1))


@pytest.mark.parametrize("policy", [True, False], ids=["with the policy", "without it"])
def test_a_few_pages_show_hostile_words_as_words(visit: Visit, poisoned: Site, policy: bool) -> None:
    watched = Watched(visit, poisoned, policy=policy)
    statuses = {path: watched.open(path) for path in FEW}
    assert watched.done == [], "\n".join(watched.done)
    assert set(statuses.values()) == {200}


@pytest.mark.whole
def test_no_page_at_all_runs_what_came_from_outside(visit: Visit, poisoned: Site) -> None:
    """Without the policy, which could only keep from running what this finds.

    One page of a kind is opened; the others are read and looked at, which shows the same words in the same places.
    """
    watched = Watched(visit, poisoned, policy=False)
    # A gap in these addresses stands for something of the demo, to which the pages themselves lead.
    waiting = [path for path in (*PUBLIC, *(path for _, path in STAFF), *FILES) if "{" not in path]
    seen, kinds, opened = set(waiting), Counter(kind_of(path) for path in waiting), Counter[str]()
    broken = []
    while waiting:
        path = waiting.pop(0)
        status, ways = watched.read(path)
        opened[kind_of(path)] += 1
        if opened[kind_of(path)] <= OPENED:
            status = max(status, watched.open(path))
        if status >= 500:
            broken.append(path)
        for way in ways if "." not in urlsplit(path).path.rsplit("/", 1)[-1] else ():
            most = 3 if "?" in way else OF_A_KIND
            if way not in seen and kinds[kind_of(way)] < most and not DOWNLOAD.search(way):
                seen.add(way)
                kinds[kind_of(way)] += 1
                waiting.append(way)
    assert watched.done == [], "\n".join(watched.done)
    assert broken == []
    assert kinds["/tools/*"] == kinds["/inbox/*"] == OF_A_KIND
    assert len(seen) > 150
