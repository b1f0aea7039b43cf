"""No secret and nothing personal comes out where it has no business: a canary is put into each, and looked for."""

import base64
import io
import json
import logging
import shutil
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import select
from starlette.testclient import TestClient

from registry.cli.logs import JsonLines
from registry.services.answers import requests
from registry.services.people import accounts, api_tokens, sign_in
from registry.services.people.acting import REGISTRY
from registry.settings import Settings
from registry.store.columns import id_of
from registry.store.engine import transaction
from registry.store.tables import Event, Role
from registry.web.app import create_app
from registry.web.viewer import cookie_name
from tests.cli.conftest import Terminal
from tests.conftest import NOW
from tests.web.conftest import SAME_ORIGIN, HandClock


def canary(name: str) -> str:
    return f"canary-{name}-7f3a9c"


SETTINGS = {
    "metrics_token": canary("metrics-token"),
    "slack_secret": canary("slack-secret"),
    "teams_secret": base64.b64encode(canary("teams-secret").encode()).decode(),
    "oidc_client_secret": canary("oidc-secret"),
}
TYPED = {
    name: canary(name)
    for name in (
        "password",
        "wrong-password",
        "purpose",
        "contact",
        "report",
        "bearer",
        "query",
        "hook-password",
        "one-time-code",
    )
}
FOLLOWER = f"{canary('follower')}@office.example"
MAIL = f"{canary('mail')}@office.example"


@pytest.fixture
def lines() -> Iterator[Callable[[], str]]:
    """What was logged, at every level that ours has."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    ours = [logging.getLogger(name) for name in ("", "registry", "scrapers", "uvicorn")]
    before = [each.level for each in ours]
    for each, level in zip(ours, [logging.INFO, *[logging.DEBUG] * 3], strict=True):
        each.setLevel(level)
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # the test's own client
    ours[0].addHandler(handler)
    yield written.getvalue
    ours[0].removeHandler(handler)
    for each, level in zip(ours, before, strict=True):
        each.setLevel(level)


class Told:
    """Everything that anybody but the one who typed it could read, by where it stood."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def leaks(self, hidden: dict[str, str]) -> list[str]:
        return [
            f"{name} in {place}"
            for place, text in self.texts.items()
            for name, value in hidden.items()
            if value in text or value in text.replace("\\/", "/")
        ]


def test_canaries_stay_where_they_were_put(
    settings: Settings,
    site_engine: Engine,
    clock: HandClock,
    lines: Callable[[], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "secret").write_text(canary("key-of-the-registry-long-enough"))
    changed = SETTINGS | {"log_format": "json", "mail_dir": tmp_path / "mail"}
    settings = settings.model_copy(update=changed)
    app = create_app(settings, engine=site_engine, clock=clock)
    hidden = SETTINGS | TYPED | {"follower": FOLLOWER, "key": canary("key-of-the-registry-long-enough")}
    with transaction(site_engine) as session:
        user = accounts.add_user(
            session, email=MAIL, name="Carol", roles=[role.value for role in Role], password=TYPED["password"],
            by=REGISTRY, now=NOW,
        )  # fmt: skip
        cookie = sign_in.start_session(session, user, secret=settings.secret, now=NOW)
        link = sign_in.make_link(
            session, id_of(user), secret=settings.secret, valid_for=timedelta(days=1), by=REGISTRY, now=NOW
        )
        _, token = api_tokens.create_token(
            session, id_of(user), name="For a program", scopes=["read", "settings"], days=9, secret=settings.secret,
            by=REGISTRY, now=NOW,
        )  # fmt: skip
    hidden |= {"cookie": cookie, "link": link, "token": token}
    told = Told()
    with TestClient(
        app, headers=SAME_ORIGIN, follow_redirects=False, raise_server_exceptions=False
    ) as client:
        hidden |= _use(
            client, told, cookie, cookie_name(app.state.parts), link, token, monkeypatch,
            hides=site_engine.hide_parameters,
        )  # fmt: skip
        told.texts["metrics"] = client.get(
            "/metrics", headers={"Authorization": f"Bearer {SETTINGS['metrics_token']}"}
        ).text
        for path in (
            "/",
            "/tools",
            "/verdicts",
            "/verdicts.json",
            "/feeds/verdicts.atom",
            "/openapi.json",
            "/readyz",
        ):
            told.texts[path] = client.get(path).text
        token_header = {"Authorization": f"Bearer {token}"}
        for path in ("/api/v1/events", "/api/v1/webhooks", "/api/v1/outbox/deliveries"):
            told.texts[path] = client.get(path, headers=token_header).text
    told.texts["log"] = lines()
    assert '"event": "request"' in told.texts["log"]
    assert "Traceback" in told.texts["log"]
    with transaction(site_engine) as session:
        told.texts["events"] = json.dumps([[e.before, e.after] for e in session.exec(select(Event))])
    terminal = Terminal(tmp_path)
    outside = {f"REGISTRY_{name.upper()}": str(value) for name, value in SETTINGS.items()}
    shutil.copy(tmp_path / "registry.sqlite3", tmp_path / "copy.sqlite3")
    outside["REGISTRY_DATABASE_URL"] = f"postgresql://us:{canary('database')}@db.example/registry"
    hidden["database password"] = canary("database")
    told.texts["config show"] = terminal("config", "show", **outside).stdout
    outside["REGISTRY_DATABASE_URL"] = f"sqlite:///{tmp_path / 'copy.sqlite3'}"
    told.texts["doctor"] = terminal("doctor", **outside).stdout
    backup = str(tmp_path / "all.zip")
    told.texts["backup"] = terminal("backup", backup, **outside).stderr
    with zipfile.ZipFile(backup) as packed:
        told.texts["manifest"] = packed.read("manifest.json").decode()
    told.texts["export"] = terminal("export", "--format", "json", **outside).stdout
    assert all(told.texts.values())
    assert told.leaks(hidden) == []
    # Who was given an account is on the record, and nowhere else.
    del told.texts["events"], told.texts["/api/v1/events"]
    assert told.leaks({"mail": MAIL}) == []


def _set_up_second_factor(client: TestClient, cookies_name: str, cookie: str) -> dict[str, str]:
    """Gives the key and the recovery codes; the session that did it is over then."""
    client.cookies.set(cookies_name, cookie)
    own = "/api/v1/account/second-factor"
    begun = client.post(own, json={"present_password": TYPED["password"]})
    client.post(f"{own}/confirm", json={"one_time_code": TYPED["one-time-code"]})
    done = client.post(f"{own}/confirm", json={"one_time_code": pyotp.TOTP(begun.json()["key"]).at(NOW)})
    assert done.status_code == 200, done.text
    client.cookies.clear()
    codes = {f"recovery code {n}": code for n, code in enumerate(done.json()["recovery_codes"])}
    return {"key of the app": begun.json()["key"], **codes}


def _use(
    client: TestClient,
    told: Told,
    cookie: str,
    cookies_name: str,
    link: str,
    token: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    hides: bool,
) -> dict[str, str]:
    """Do with the canaries all that people and programs do, rightly and wrongly; gives the secrets made meanwhile."""
    for password in (TYPED["wrong-password"], TYPED["password"]):
        client.post("/login", data={"email": MAIL, "password": password})
    client.cookies.clear()
    made_here = _set_up_second_factor(client, cookies_name, cookie)
    client.get(f"/sign-in/{link}")
    client.post(f"/sign-in/{link}")
    client.post("/login/code", data={"one_time_code": TYPED["one-time-code"]})
    client.post("/login/code", data={"one_time_code": made_here["recovery code 0"]})
    client.cookies.clear()
    asked = {"name": "Quillmark", "purpose": TYPED["purpose"], "contact": TYPED["contact"]}
    made = client.post("/api/v1/requests", json=asked)
    assert made.status_code == 201, made.text
    secret = made.json()["url"].rsplit("/", 1)[1]
    client.get(f"/request/{secret}")
    assert client.post("/api/v1/follows", json={"address": FOLLOWER}).status_code == 202
    bearer = {"Authorization": f"Bearer {token}"}
    hook = {"url": f"https://us:{TYPED['hook-password']}@chat.example/hook"}
    hooked = client.post("/api/v1/webhooks", json=hook, headers=bearer)
    client.post("/api/v1/incidents", json={"tool": "Quillmark", "text": TYPED["report"], "unlisted": True})
    client.get("/api/v1/events", headers={"Authorization": f"Bearer {TYPED['bearer']}"})
    client.get(f"/nothing/{link}?q={TYPED['query']}")
    client.get(f"/tools?q={TYPED['query']}")

    def break_down(*_more: object, **given: object) -> None:
        raise IntegrityError(
            "INSERT INTO request VALUES (?)", given, ValueError("broken"), hide_parameters=True
        )

    with monkeypatch.context() as patch:
        patch.setattr(requests, "request_tool", break_down)
        told.texts["failure as JSON"] = client.post("/api/v1/requests", json=asked).text
        client.cookies.set(cookies_name, cookie)
        told.texts["failure as a page"] = client.post("/request", data=asked).text
        client.cookies.clear()
    made_here["request link"] = secret
    if hooked.status_code == 201:
        made_here["webhook secret"] = hooked.json()["secret"]
    return made_here
