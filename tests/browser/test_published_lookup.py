"""A published copy in a real browser: its look-up finds what the server finds, and nothing that the server does not."""

import functools
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from registry.services.answers import matching
from registry.settings import Settings
from registry.store.asked import alias_keys as alias_keys_of
from registry.store.engine import transaction
from registry.store.tables import Tool
from registry.web.copy.making import publish
from tests.conftest import NOW
from tests.services.answers.test_labelled_queries import labelled, the_tools

MOST_BYTES = 60_000
HALVES = ("work", "report")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@dataclass(frozen=True)
class Copied:
    url: str
    engine: Engine


@pytest.fixture(scope="module")
def copied(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copied]:
    """The labelled tools, published and handed out below a path by a server that knows nothing of us."""
    import shutil

    from registry.store.engine import make_engine

    folder = tmp_path_factory.mktemp("copied")
    shutil.copy(migrated_file, folder / "registry.sqlite3")
    engine = make_engine(f"sqlite:///{folder / 'registry.sqlite3'}")
    with transaction(engine) as session:
        the_tools(session, NOW)
    settings = Settings(
        _env_file=None, data_dir=folder, database_url=f"sqlite:///{folder / 'registry.sqlite3'}"
    )
    publish(settings, engine, folder / "www" / "below", now=NOW)
    handler = functools.partial(Quiet, directory=folder / "www")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Copied(f"http://127.0.0.1:{server.server_port}/below", engine)
        server.shutdown()
    engine.dispose()


def asked(page: Any, queries: list[str]) -> list[str]:
    script = page.locator('script[src*="copy."]').get_attribute("src")
    return page.evaluate(
        "async ([script, queries]) => { const it = await import(new URL(script, location)); const found = [];"
        " for (const each of queries) found.push(await it.certain(each)); return found; }",
        [script, queries],
    )


def test_a_host_on_which_several_tools_live_is_asked_back_about_as_the_server_does(
    copied: Copied, visit: Any
) -> None:
    with transaction(copied.engine) as session:
        index = matching.read_index(session)
        hosts = sorted({key.split("/")[0] for kind, key, _ in alias_keys_of(session) if kind == "path"})
        expected = {}
        for host in hosts:
            meant, here = matching.match(session, host, index), matching.at_host(session, host, index)
            others = sorted(session.get_one(Tool, each).slug for each in here)
            if others and others != [meant and meant.tool.slug]:
                expected[host] = sorted({*others, *([meant.tool.slug] if meant else [])})
    assert expected
    page = visit().new_page()
    page.goto(f"{copied.url}/index.html")
    script = page.locator('script[src*="copy."]').get_attribute("src")
    told = page.evaluate(
        "async ([script, hosts]) => { const it = await import(new URL(script, location)); const found = {};"
        " for (const each of hosts) { const here = await it.atHost(each);"
        " if (here.length) found[each] = here.map(({ slug }) => slug).sort(); } return found; }",
        [script, hosts],
    )
    assert told == expected
    host = next(host for host, slugs in expected.items() if len(slugs) > 1)
    page.get_by_role("searchbox").first.fill(host)
    page.get_by_role("button", name="Check").first.click()
    page.locator("[data-found] a").first.wait_for()
    assert page.locator("[data-found] .picks a").count() == len(expected[host])


@pytest.mark.parametrize("half", HALVES)
def test_the_copy_finds_what_the_server_finds_and_nothing_else(copied: Copied, visit: Any, half: str) -> None:
    page = visit().new_page()
    page.goto(f"{copied.url}/index.html")
    queries = [each.query for each in labelled(half)]
    with transaction(copied.engine) as session:
        index = matching.read_index(session)
        found = [matching.match(session, each, index) for each in queries]
        expected = [each.tool.slug if each else "" for each in found]
    assert sum(map(bool, expected)) > 100
    wrong = [each for each in zip(queries, expected, asked(page, queries), strict=True) if each[1] != each[2]]
    assert wrong == [], "\n".join(map(repr, wrong))
