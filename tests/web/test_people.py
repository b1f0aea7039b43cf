"""The pages on which an admin keeps people and tokens, and the small pages beside them."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.testclient import TestClient

from registry.services.people import sign_in
from registry.services.people.acting import REGISTRY
from registry.settings import Settings
from registry.store import users
from registry.store.engine import make_engine, snapshot, transaction
from registry.store.tables import Role
from registry.web.app import create_app

As = Callable[[str], TestClient]


def test_an_admin_adds_a_person_who_then_stands_in_the_list(as_: As) -> None:
    ada = as_("admin")
    sent = {
        "email": "Nora@example.org",
        "name": "Nora",
        "roles": ["reviewer", "auditor"],
        "areas": "privacy, law",
    }
    reply = ada.post("/people", data=sent)
    assert reply.status_code == 303
    assert "law, privacy" in ada.get(reply.headers["location"]).text
    assert "nora@example.org" in ada.get("/people").text


def test_a_form_with_faults_comes_back_with_what_was_typed(as_: As) -> None:
    reply = as_("admin").post("/people", data={"email": "<nobody>", "name": "No & Body", "roles": "auditor"})
    assert reply.status_code == 422
    assert "There is a problem" in reply.text
    assert 'value="&lt;nobody&gt;"' in reply.text
    assert "No &amp; Body" in reply.text
    assert re.search(r'value="auditor" checked', reply.text)


def test_new_roles_are_saved_and_refused_roles_change_nothing(
    as_: As, cast: dict[str, int], site_engine: Engine
) -> None:
    ada, page = as_("admin"), f"/people/{cast['Emil']}/roles"
    assert ada.post(page, data={"roles": ["employee", "reviewer"]}).status_code == 303
    assert ada.post(page, data={}).status_code == 422
    with snapshot(site_engine) as session:
        assert users.roles(session, cast["Emil"]) == {Role.EMPLOYEE, Role.REVIEWER}


def test_a_token_is_shown_once_and_works_until_it_is_revoked(
    as_: As, client: TestClient, cast: dict[str, int]
) -> None:
    ada, page = as_("admin"), f"/people/{cast['Rosa']}"
    shown = ada.post(f"{page}/tokens", data={"name": "nightly", "scopes": "read", "days": "30"})
    token = re.search(r"reg_[\w-]+", shown.text)[0]
    assert token not in ada.get(page).text
    bearer = {"Authorization": f"Bearer {token}"}
    assert "Rosa" in client.get("/login", headers=bearer).text
    assert ada.post(f"{page}/tokens/1/revoke").status_code == 303
    assert "Rosa" not in client.get("/login", headers=bearer).text


def test_a_token_form_with_faults_comes_back(as_: As, cast: dict[str, int]) -> None:
    reply = as_("admin").post(f"/people/{cast['Rosa']}/tokens", data={"name": "x", "days": "9999"})
    assert reply.status_code == 422
    assert "A token lives for 1 to 365 days." in reply.text


def test_the_last_admin_is_told_why_they_stay(as_: As, cast: dict[str, int]) -> None:
    reply = as_("admin").post(f"/people/{cast['Ada']}/disable", data={"sure": "yes"})
    assert reply.status_code == 409
    assert "last admin" in reply.text


@pytest.mark.parametrize(
    ("who", "page"),
    [
        ("Rosa", "/evaluations"),
        ("Amir", "/evaluations"),
        ("Uma", "/audit"),
        ("Ada", "/sources"),
        ("Emil", "/"),
    ],
)
def test_signing_in_leads_staff_to_their_work_unless_they_came_from_elsewhere(
    browse: Callable[[], TestClient],
    app: FastAPI,
    site_engine: Engine,
    cast: dict[str, int],
    now: datetime,
    who: str,
    page: str,
) -> None:
    for came_from, leads_to in (("/", page), ("/tools?category=Writing", "/tools?category=Writing")):
        with transaction(site_engine) as session:
            value = sign_in.make_link(
                session,
                cast[who],
                secret=app.state.parts.settings.secret,
                valid_for=timedelta(hours=1),
                by=REGISTRY,
                now=now,
            )
        reply = browse().post(f"/sign-in/{value}", data={"next": came_from})
        assert reply.headers["location"] == leads_to


def test_somebody_is_disabled_only_after_a_second_question(as_: As, cast: dict[str, int]) -> None:
    ada, page = as_("admin"), f"/people/{cast['Rosa']}"
    ada.post(f"{page}/tokens", data={"name": "nightly", "scopes": "read", "days": "30"})
    asked = ada.post(f"{page}/disable")
    assert asked.status_code == 200
    for told in ("Disable Rosa?", "Nothing has been done yet", "1 token stops working"):
        assert told in asked.text
    assert "; disabled on" not in ada.get(page).text
    assert ada.post(f"{page}/disable", data={"sure": "yes"}).is_redirect
    assert "; disabled on" in ada.get(page).text


def test_the_theme_is_kept_and_leads_back_to_the_page(client: TestClient) -> None:
    reply = client.post("/theme", data={"theme": "dark", "next": "/login"})
    assert reply.headers["location"] == "/login"
    assert 'data-theme="dark"' in client.get("/login").text
    client.post("/theme", data={"theme": ""})
    assert "data-theme" not in client.get("/login").text


def test_the_reference_tells_every_operation_of_the_api(app: FastAPI, client: TestClient) -> None:
    def sample(q: str, limit: int = 8) -> dict[str, str]:
        """Is it told?"""
        return {"query": q}

    app.add_api_route("/api/v1/sample", sample)
    shown = client.get("/api").text
    for path in client.get("/openapi.json").json()["paths"]:
        assert path in shown
    assert "Is it told?" in shown
    assert "/api/v1/sample?q=..." in shown


def test_no_documentation_page_loads_scripts_from_elsewhere(client: TestClient) -> None:
    assert (client.get("/docs").status_code, client.get("/redoc").status_code) == (404, 404)


def test_a_site_whose_database_has_no_schema_lives_but_is_not_ready(
    settings: Settings, tmp_path: Path
) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    with TestClient(create_app(settings, engine=engine)) as client:
        assert client.get("/healthz").status_code == 200
        ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["checks"]["schema"] == "failing"
    engine.dispose()
