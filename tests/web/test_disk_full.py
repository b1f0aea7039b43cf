"""While the disk is full nothing is written and all that is stored is read; with room again all is well by itself."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, text
from starlette.testclient import TestClient

from registry.settings import Settings
from registry.store.engine import make_engine
from registry.web.app import create_app
from tests.feeds import a_feed
from tests.postgres import Postgres
from tests.scrapers.hostile import HostileServer, reply
from tests.serving import a_site
from tests.web.conftest import SAME_ORIGIN

PAGES = ("/", "/tools", "/verdicts", "/check?q=nobodyknows", "/feeds/verdicts.atom", "/request", "/radar")
FORM = {"name": "Quillmark & Sons", "purpose": "To take notes in <meetings>."}


class Disk:
    """Of a SQLite database that may hold no page more."""

    def __init__(self, engine: Engine) -> None:
        self.full = False
        event.listen(engine, "checkout", self._limit)

    def _limit(self, connection: object, *_: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0] if self.full else 1_000_000_000  # type: ignore[attr-defined]
        connection.execute(f"PRAGMA max_page_count = {pages}")  # type: ignore[attr-defined]


def fill(disk: Disk, rosa: TestClient) -> None:
    """The last pages have room for a row or two; after them there is none."""
    disk.full = True
    for nth in range(200):
        sent = rosa.post("/request", data={"name": f"Tool {nth}", "purpose": "x" * 1900})
        if sent.status_code != 303:
            return
    raise AssertionError("it never was full")


def test_writing_is_refused_in_words_reading_goes_on_and_room_mends_it(
    site_engine: Engine, as_: Callable[[str], TestClient], client: TestClient
) -> None:
    disk, rosa = Disk(site_engine), as_("Rosa")
    fill(disk, rosa)
    sent = rosa.post("/request", data=FORM | {"purpose": "y" * 1900})
    assert (sent.status_code, sent.headers["retry-after"]) == (507, "10")
    assert "the disk is full" in sent.text
    assert f'value="{FORM["name"]}"' in unescape(sent.text)
    assert sent.headers["x-request-id"] in sent.text
    told = rosa.post("/api/v1/requests", json={"name": "Inkpost", "purpose": "z" * 1900})
    assert (told.status_code, told.json()["code"]) == (507, "no_room")
    assert "sqlite" not in (sent.text + told.text).lower()
    for page in PAGES:
        assert (page, client.get(page).status_code) == (page, 200)
    assert rosa.get("/inbox").status_code == 200
    disk.full = False
    assert rosa.post("/request", data=FORM | {"purpose": "y" * 1900}).status_code == 303


def test_a_postgresql_server_without_room_is_told_alike(postgres: Postgres, tmp_path: Path) -> None:
    """The server says it itself, as it does of a full disk (53100), where a request would be written."""
    no_room = "BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END"
    with ExitStack() as stack:
        url = stack.enter_context(postgres.database())
        engine = make_engine(url)
        stack.callback(engine.dispose)
        settings = Settings(data_dir=tmp_path, database_url=url, requests="anybody")
        client = TestClient(create_app(settings, engine=engine), headers=SAME_ORIGIN)
        with engine.begin() as connection:
            connection.execute(
                text(f"CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ {no_room} $$")
            )
            connection.execute(
                text("CREATE TRIGGER no_room BEFORE INSERT ON request EXECUTE FUNCTION no_room()")
            )
        told = client.post("/api/v1/requests", json=FORM)
        assert (told.status_code, told.json()["code"], told.headers["retry-after"]) == (507, "no_room", "10")
        assert "could not extend" not in told.text
        for page in PAGES:
            assert (page, client.get(page).status_code) == (page, 200)
        with engine.begin() as connection:
            connection.execute(text("DROP TRIGGER no_room ON request"))
        assert client.post("/api/v1/requests", json=FORM).status_code == 201


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of eight megabytes of its own."""
    if os.geteuid() != 0:
        pytest.skip("corpus of the machine: only its administrator mounts a disk")
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)], check=False)
    if mounted.returncode:
        pytest.skip("corpus of the machine: no disk may be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.whole
def test_a_served_site_outlives_a_full_disk_and_goes_on_reading_its_sources(
    small_disk: Path, tmp_path: Path
) -> None:
    with (
        HostileServer() as publisher,
        a_site(
            tmp_path / "site",
            REGISTRY_DATA_DIR=str(small_disk),
            REGISTRY_TICK_S="1",
            REGISTRY_ALLOW_PRIVATE_CIDRS="127.0.0.0/8",
        ) as site,
    ):
        publisher.plays("/feed", reply(a_feed(("1", "Inkpost - Letters", "https://inkpost.example/"))))
        token = site.a_token("request", "read", "sources", "triage")
        site.start()
        full = small_disk / "full"
        with full.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"x" * 4096)
        refused = [
            site.ask("POST", "/api/v1/requests", {"name": f"Tool {n}", "purpose": "x" * 1900}, token=token)
            for n in range(60)
        ]
        last = refused[-1]
        assert (last[0], json.loads(last[2])["code"]) == (507, "no_room"), last
        assert {status for status, _, _ in refused} <= {201, 507}
        for page in PAGES:
            assert (page, site.ask("GET", page)[0]) == (page, 200)
        assert site.ask("GET", "/readyz")[0] == 503
        full.unlink()
        asked = {"name": "Quillmark", "purpose": "x" * 1900}
        assert site.ask("POST", "/api/v1/requests", asked, token=token)[0] == 201
        added = site.ask(
            "POST",
            "/api/v1/sources",
            {"url": publisher.url("/feed"), "announcer": "launch_feed"},
            token=token,
        )
        assert added[0] == 201, added
        until = time.monotonic() + 60
        while "Inkpost" not in site.ask("GET", "/api/v1/candidates", token=token)[2]:
            assert time.monotonic() < until, site.log.read_text()[-3000:]
            time.sleep(0.2)
        assert "Traceback" not in site.ask("GET", "/no/such")[2]
