"""While PostgreSQL is away the site says so in words and loses nothing typed; it is well again when PostgreSQL is."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session
from starlette.testclient import TestClient

from registry.services.people import accounts
from registry.services.people.acting import REGISTRY
from registry.store import engine as engines
from registry.store.columns import id_of
from registry.store.engine import make_engine, transaction
from registry.store.trouble import is_unreachable
from registry.web import turns
from tests.conftest import NOW
from tests.postgres import Postgres
from tests.web.conftest import CAST

PAGES = ("/", "/tools", "/verdicts", "/check?q=quillmark", "/feeds/verdicts.atom", "/request", "/radar")


@pytest.fixture
def database_url(postgres: Postgres) -> Iterator[str]:
    with postgres.database() as url:
        yield url


@pytest.fixture
def cast(site_engine: Engine) -> dict[str, int]:
    with transaction(site_engine) as session:
        return {name: added(session, name, role) for name, role in CAST.items()}


def added(session: Session, name: str, role: str) -> int:
    email = f"{name}@example.org"
    return id_of(accounts.add_user(session, email=email, name=name, roles=[role], by=REGISTRY, now=NOW))


def test_away_and_back_again(
    postgres: Postgres, as_: Callable[[str], TestClient], client: TestClient, app: FastAPI
) -> None:
    rosa = as_("Rosa")
    before = {page: client.get(page).status_code for page in PAGES}
    assert set(before.values()) == {200}
    form = {"name": "Quillmark & Sons", "purpose": "To take notes in <meetings>."}
    with postgres.away():
        for page in PAGES[:5]:
            reply = client.get(page, headers={"Accept": "text/html"})
            assert (page, reply.status_code) == (page, 503)
            assert (reply.headers["retry-after"], reply.headers["cache-control"]) == ("10", "no-store")
        seen = rosa.get("/inbox")
        assert (seen.status_code, "The database does not answer" in seen.text) == (503, True)
        assert 'href="/inbox"' in seen.text
        sent = rosa.post("/request", data=form)
        assert (sent.status_code, 'action="/request"' in sent.text) == (503, True)
        assert all(f'value="{value}"' in unescape(sent.text) for value in form.values())
        told = rosa.get("/api/v1/check?q=quillmark")
        assert (told.status_code, told.json()["code"]) == (503, "unavailable")
        assert "psycopg" not in seen.text + sent.text + told.text
        assert client.get("/healthz").status_code == 200
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["checks"]["database"]) == (503, "failing")
    assert {page: client.get(page).status_code for page in PAGES} == before
    assert rosa.get("/inbox").status_code == 200
    assert rosa.post("/request", data=form).status_code == 303
    assert client.get("/readyz").status_code == 200


def test_whoever_asks_first_after_it_was_away_is_answered(postgres: Postgres, client: TestClient) -> None:
    before = {page: client.get(page).status_code for page in PAGES}
    with postgres.away():
        pass
    assert {page: client.get(page).status_code for page in PAGES} == before == dict.fromkeys(PAGES, 200)


def test_what_a_site_began_holds_nobody_up_for_ever(database_url: str) -> None:
    served, command = make_engine(database_url, in_service=True), make_engine(database_url)
    names = list(engines._IN_SERVICE)
    found = []
    for engine in (served, command):
        with engine.connect() as connection:
            found.append([connection.execute(text(f"SHOW {name}")).scalar() for name in names])
            connection.rollback()
        engine.dispose()
    assert not [name for name, asked, usual in zip(names, *found, strict=True) if asked == usual]
    with served.connect() as connection:
        connection.execute(text("SET statement_timeout = '20ms'"))
        with pytest.raises(OperationalError) as ended:
            connection.execute(text("SELECT pg_sleep(5)"))
        assert is_unreachable(ended.value)
    served.dispose()


@pytest.mark.parametrize("statement", ["SELECT nothing FROM nowhere", "SELECT 1 / 0"])
def test_what_we_asked_wrongly_is_our_fault_and_no_outage(database_url: str, statement: str) -> None:
    engine = make_engine(database_url)
    with engine.connect() as connection, pytest.raises(Exception) as broken:
        connection.execute(text(statement))
    assert not is_unreachable(broken.value)
    engine.dispose()


def test_a_site_with_all_connections_in_use_says_come_back(
    database_url: str, app: FastAPI, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(engines._POOL, "pool_timeout", 0.05)
    small: Any = {**engines._POOL, "pool_size": 1, "max_overflow": 0}
    monkeypatch.setattr(engines, "_POOL", small)
    engine = make_engine(database_url)
    app.state.parts = replace(app.state.parts, engine=engine)
    with engine.connect():
        assert client.get("/verdicts/7").status_code == 503
    assert client.get("/verdicts/7").status_code == 404
    engine.dispose()


def test_who_waits_too_long_for_others_to_have_read_is_told_to_come_back(
    app: FastAPI, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PATIENCE_S", 0.05)
    app.state.parts = replace(app.state.parts, readers=turns.Turns(quick=1, most=0))
    refused = client.get("/verdicts/7")
    assert refused.status_code == 503
    assert refused.headers["Retry-After"]


def test_whoever_has_read_makes_room_for_the_next_even_where_it_failed(
    app: FastAPI, client: TestClient
) -> None:
    app.state.parts = replace(app.state.parts, readers=turns.Turns(quick=1, most=1))
    assert [client.get(f"/verdicts/{number}").status_code for number in (7, 8)] == [404, 404]
    assert client.get("/verdicts").status_code == 200
    assert client.get("/inbox", follow_redirects=False).status_code == 303
    assert client.get("/verdicts.csv").status_code == 200


def test_who_waits_too_long_for_others_to_have_written_gets_back_what_was_typed(
    app: FastAPI, as_: Callable[[str], TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    rosa, form = as_("Rosa"), {"name": "Quillmark", "purpose": "To take notes."}
    with monkeypatch.context() as crowd:
        crowd.setattr(turns, "PATIENCE_S", 0.05)
        app.state.parts.writers = turns.Turns(quick=0, most=1)
        refused = rosa.post("/request", data=form)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "10")
    assert all(f'value="{value}"' in unescape(refused.text) for value in form.values())
    app.state.parts = replace(app.state.parts)
    assert rosa.post("/request", data=form).status_code == 303
