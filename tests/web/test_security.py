"""What every request passes and every reply bears, and how people sign in and out."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlmodel import Session, select
from starlette.testclient import TestClient

from registry.services.people import accounts, api_tokens
from registry.services.people.acting import REGISTRY
from registry.services.people.limits import PER_ACCOUNT
from registry.settings import Settings
from registry.store.columns import id_of
from registry.store.engine import make_engine, snapshot, transaction
from registry.store.tables import Role, User, UserSession
from registry.web.app import create_app
from registry.web.parts import Parts
from registry.web.render import local_path
from registry.web.security import OwnHosts
from tests.web.conftest import SAME_ORIGIN, HandClock

PASSWORD = "a quiet brown river"
As = Callable[[str], TestClient]


@pytest.fixture
def rosa_has_a_password(site_engine: Engine, cast: dict[str, int], clock: HandClock) -> None:
    with transaction(site_engine) as session:
        accounts.set_password(session, cast["Rosa"], PASSWORD, by=REGISTRY, now=clock.now)


def sign_in_rosa(client: TestClient, password: str = PASSWORD, **more: str):
    return client.post("/login", data={"email": "Rosa@Example.org", "password": password, **more})


def test_a_fresh_registry_has_no_account(migrated_file: Path) -> None:
    with snapshot(make_engine(f"sqlite:///{migrated_file}")) as session:
        assert session.exec(select(User)).all() == []


@pytest.mark.usefixtures("rosa_has_a_password")
def test_address_and_password_sign_a_person_in_and_lead_to_the_page_they_wanted(client: TestClient) -> None:
    reply = sign_in_rosa(client, next="/people?a=b")
    assert (reply.status_code, reply.headers["location"]) == (303, "/people?a=b")
    assert "Rosa" in client.get("/login").text


@pytest.mark.usefixtures("rosa_has_a_password")
def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(client: TestClient) -> None:
    cookie = sign_in_rosa(client).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie


@pytest.mark.usefixtures("rosa_has_a_password")
def test_over_https_the_cookie_is_secure_and_bound_to_the_host(
    settings: Settings, site_engine: Engine, clock: HandClock
) -> None:
    secure = settings.model_copy(update={"base_url": "https://testserver"})
    with TestClient(
        create_app(secure, engine=site_engine, clock=clock),
        base_url="https://testserver",
        follow_redirects=False,
    ) as client:
        reply = sign_in_rosa(client)
        assert reply.headers["set-cookie"].startswith("__Host-registry=")
        assert "Secure" in reply.headers["set-cookie"]
        assert reply.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
        for act, told in (("/theme", {"theme": "dark"}), ("/inbox/keys", {"on": "on"})):
            (cookie,) = client.post(act, data=told, headers=SAME_ORIGIN).headers.get_list("set-cookie")
            assert re.match(r"__Host-\w+=", cookie)
            assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(cookie.split("; "))
        assert '"dark"' in client.get("/login").text


@pytest.mark.parametrize("path", ["/people", "/audit", "/account", "/webhooks", "/outbox"])
def test_a_browser_keeps_nothing_of_pages_about_people(as_: As, path: str) -> None:
    for who in ("Ada", "Uma"):
        if (reply := as_(who).get(path)).status_code == 200:
            assert reply.headers["cache-control"] == "no-store"
            return
    raise AssertionError(f"nobody sees {path}")


@pytest.mark.usefixtures("rosa_has_a_password")
def test_the_cookies_value_is_nowhere_in_the_store(client: TestClient, site_engine: Engine) -> None:
    sign_in_rosa(client)
    with snapshot(site_engine) as session:
        kept = session.exec(select(UserSession)).one()
    assert kept.digest not in client.cookies.values()
    assert len(kept.digest) == 64


@pytest.mark.usefixtures("rosa_has_a_password")
def test_a_wrong_password_shows_the_form_again_with_the_address_and_never_the_password(
    client: TestClient,
) -> None:
    reply = sign_in_rosa(client, "a wrong brown river")
    assert reply.status_code == 422
    assert "Rosa@Example.org" in reply.text
    assert "a wrong brown river" not in reply.text
    assert "set-cookie" not in reply.headers


@pytest.mark.usefixtures("rosa_has_a_password")
def test_an_unknown_address_is_told_just_what_a_wrong_password_is_told(client: TestClient) -> None:
    wrong = sign_in_rosa(client, "a wrong brown river").text.replace("Rosa@Example.org", "X")
    unknown = client.post("/login", data={"email": "nobody@example.org", "password": PASSWORD}).text
    assert unknown.replace("nobody@example.org", "X") == wrong


@pytest.mark.usefixtures("rosa_has_a_password")
def test_after_too_many_failures_even_the_right_password_waits_a_quarter_of_an_hour(
    client: TestClient, clock: HandClock
) -> None:
    for _ in range(PER_ACCOUNT):
        assert sign_in_rosa(client, "a wrong brown river").status_code == 422
    assert sign_in_rosa(client).status_code == 429
    clock.pass_time(minutes=15)
    assert sign_in_rosa(client).status_code == 303


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/evil", "", "x"],
)
def test_sign_in_never_leads_to_another_site(path: str) -> None:
    assert local_path(path) == "/"


def test_signing_out_ends_the_session_itself_and_not_just_the_cookie(
    as_: As, browse: Callable[[], TestClient]
) -> None:
    ada = as_("admin")
    kept = dict(ada.cookies)
    assert ada.post("/logout").status_code == 303
    thief = browse()
    thief.cookies.update(kept)
    assert thief.get("/people").headers["location"].startswith("/login")


def test_a_session_ends_after_twelve_idle_hours(as_: As, clock: HandClock) -> None:
    ada = as_("admin")
    clock.pass_time(hours=12)
    assert ada.get("/people").status_code == 303


def test_a_session_in_use_lives_on_but_no_longer_than_a_week(as_: As, clock: HandClock) -> None:
    ada = as_("admin")
    for _ in range(16):
        clock.pass_time(hours=10)
        assert ada.get("/people").status_code == 200
    clock.pass_time(hours=8)
    assert ada.get("/people").status_code == 303


def test_who_is_disabled_is_out_with_the_next_request(as_: As, cast: dict[str, int]) -> None:
    rosa = as_("Rosa")
    assert "Rosa" in rosa.get("/login").text
    assert as_("admin").post(f"/people/{cast['Rosa']}/disable", data={"sure": "yes"}).status_code == 303
    assert "Rosa" not in rosa.get("/login").text


def test_a_sign_in_link_is_used_up_by_its_button_and_not_by_opening_it(
    as_: As, client: TestClient, cast
) -> None:
    shown = as_("admin").post(f"/people/{cast['Emil']}/link")
    path = re.search(r"http://testserver(/sign-in/[\w-]+)", shown.text)[1]
    assert shown.headers["cache-control"] == "no-store"
    assert client.get(path).status_code == 200
    assert client.get(path).status_code == 200
    assert client.post(path, data={"password": "short"}).status_code == 422
    assert client.post(path, data={"password": PASSWORD}).status_code == 303
    assert "Emil" in client.get("/login").text
    assert client.post(path).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "", "Origin": "http://evil.example"},
    ],
)
def test_an_act_from_another_site_is_refused(as_: As, headers: dict[str, str], cast: dict[str, int]) -> None:
    ada = as_("admin")
    reply = ada.post(f"/people/{cast['Emil']}/disable", data={"sure": "yes"}, headers=headers)
    assert reply.status_code == 403
    assert "another site" in reply.text


def test_without_fetch_metadata_the_origin_decides(app: FastAPI) -> None:
    with TestClient(app, follow_redirects=False) as client:
        client.cookies.set("theme", "dark")
        assert client.post("/theme").status_code == 403
        assert client.post("/theme", headers={"Origin": "http://testserver"}).status_code == 303
        assert client.post("/theme", headers={"Origin": "null"}).status_code == 403


def test_every_reply_bears_the_security_headers(client: TestClient) -> None:
    for path in ("/login", "/healthz", "/no/such/page", "/people"):
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/login",
        "/check?q=x",
        "/api/v1/check?q=x",
        "/api/v1/tools",
        "/suggest?q=x",
        "/feeds/verdicts.atom",
    ],
)
def test_a_page_of_another_site_reads_feeds_and_nothing_else(client: TestClient, path: str) -> None:
    reply = client.get(path, headers={"Origin": "https://evil.example"})
    to_others = "*" if path.startswith("/feeds/") else None
    assert reply.headers.get("access-control-allow-origin") == to_others
    assert "access-control-allow-credentials" not in reply.headers


def test_a_registry_may_live_at_an_address_of_ipv6() -> None:
    settings = Settings(base_url="http://[2001:db8::7]:8000")
    guard = OwnHosts(FastAPI(), settings=settings)
    assert guard.own.fullmatch("[2001:db8::7]:8000")
    assert guard.own.fullmatch("[2001:DB8::7]")
    assert not guard.own.fullmatch("2001:db8::7")


@pytest.mark.parametrize("path", ["/feeds/verdicts.atom", "/feeds/verdicts.rss", "/opensearch.xml"])
def test_xml_says_its_encoding_in_the_header_too(client: TestClient, path: str) -> None:
    for _ in range(2):  # the second may come out of memory
        assert client.get(path).headers["content-type"].endswith("xml; charset=utf-8")


def test_a_strange_host_is_refused(client: TestClient) -> None:
    for host in ("evil.example", "testserver.evil.example", "testserver:x", "evil.example:80", ""):
        refused = client.get("/login", headers={"Host": host})
        assert refused.status_code == 400, host
        assert "Its address is http://testserver." in refused.text
    told = client.get("/api/v1/check?q=x", headers={"Host": "evil.example"}).json()
    assert (told["type"], told["title"], told["code"]) == ("about:blank", "Bad Request", "wrong_host")
    assert client.get("/login", headers={"Host": "TESTSERVER:8000"}).status_code == 200


def test_a_body_over_a_megabyte_is_refused(client: TestClient) -> None:
    reply = client.post("/theme", data={"theme": "x" * 1_100_000})
    assert reply.status_code == 413


def test_head_is_answered_wherever_get_is(client: TestClient) -> None:
    reply = client.head("/login")
    assert (reply.status_code, reply.content) == (200, b"")


def token_of(session: Session, user_id: int, scopes: list[str], settings: Settings, clock: HandClock) -> str:
    _token, value = api_tokens.create_token(
        session, user_id, name="t", scopes=scopes, days=90, secret=settings.secret, by=REGISTRY, now=clock.now
    )
    return value


def test_a_token_never_reaches_people_or_decisions_even_of_an_admin(
    client: TestClient, site_engine: Engine, cast: dict[str, int], settings: Settings, clock: HandClock
) -> None:
    with transaction(site_engine) as session:
        value = token_of(session, cast["Ada"], ["read", "sources", "audit"], settings, clock)
    reply = client.get("/people", headers={"Authorization": f"Bearer {value}", "Accept": "application/json"})
    assert reply.status_code == 403
    assert reply.json()["code"] == "not_allowed"


def test_a_request_with_a_bad_token_is_not_taken_for_its_cookies_person(as_: As) -> None:
    ada = as_("admin")
    bad = {"Authorization": "Bearer reg_wrong"}
    assert ada.get("/people", headers=bad).status_code == 401
    for act in ("/logout", "/forgotten", "/api/v1/requests"):
        reply = ada.post(act, headers=bad | {"Sec-Fetch-Site": "cross-site"})
        assert (act, reply.status_code, reply.headers.get("set-cookie")) == (act, 401, None)
        assert "This token is not known" in reply.json()["detail"]
    assert ada.get("/people").status_code == 200


def test_a_good_token_does_nothing_to_the_session_of_the_cookie_beside_it(
    as_: As, site_engine: Engine, cast: dict[str, int], settings: Settings, clock: HandClock
) -> None:
    with transaction(site_engine) as session:
        value = token_of(session, cast["Rosa"], ["read"], settings, clock)
    ada = as_("admin")
    cookies = dict(ada.cookies)
    ada.post("/logout", headers={"Authorization": f"Bearer {value}"})
    ada.cookies.update(cookies)
    assert ada.get("/people").status_code == 200


def test_a_tokens_last_use_is_kept(
    client: TestClient, site_engine: Engine, cast: dict[str, int], settings: Settings, clock: HandClock
) -> None:
    with transaction(site_engine) as session:
        value = token_of(session, cast["Rosa"], ["read"], settings, clock)
    clock.pass_time(days=1)
    assert "Rosa" in client.get("/login", headers={"Authorization": f"Bearer {value}"}).text
    with snapshot(site_engine) as session:
        assert accounts.users.tokens_of(session, cast["Rosa"])[0].last_used_at == clock.now


@pytest.mark.counts_requests
def test_many_acts_at_once_do_not_lock_the_site_up(as_: As, browse: Callable[[], TestClient], cast) -> None:
    import threading

    ada = as_("admin")
    replies: list[int] = []

    def act() -> None:
        replies.append(ada.post(f"/people/{cast['Rosa']}/roles", data={"roles": "reviewer"}).status_code)

    threads = [threading.Thread(target=act) for _ in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert replies == [303] * 60


@pytest.fixture
def while_it_waits(
    monkeypatch: pytest.MonkeyPatch, site_engine: Engine
) -> Callable[[Callable[[Session], object]], None]:
    """Let something be done, once, after it is known who makes a request and before its transaction begins."""

    def arrange(act: Callable[[Session], object]) -> None:
        begin, waiting = Parts.writing, [act]

        @asynccontextmanager
        async def writing(parts: Parts, *first: Any) -> AsyncIterator[Session]:
            while waiting:
                with transaction(site_engine) as session:
                    waiting.pop()(session)
            async with begin(parts, *first) as session:
                yield session

        monkeypatch.setattr(Parts, "writing", writing)

    return arrange


def test_who_is_shut_out_while_their_act_waits_does_nothing(
    as_: As, site_engine: Engine, cast: dict[str, int], clock: HandClock, while_it_waits: Callable[..., None]
) -> None:
    ada = as_("Ada")
    with transaction(site_engine) as session:
        accounts.set_roles(session, cast["Emil"], roles=["admin"], by=REGISTRY, now=clock.now)
    while_it_waits(lambda session: accounts.disable(session, cast["Ada"], by=REGISTRY, now=clock.now))
    reply = ada.post(f"/people/{cast['Rosa']}/roles", data={"roles": "auditor"})
    assert reply.status_code == 401
    with snapshot(site_engine) as session:
        assert accounts.users.roles(session, cast["Rosa"]) == {Role.REVIEWER}


def test_who_loses_a_role_while_their_act_waits_does_nothing(
    as_: As, site_engine: Engine, cast: dict[str, int], clock: HandClock, while_it_waits: Callable[..., None]
) -> None:
    rights = {"by": REGISTRY, "now": clock.now}
    with transaction(site_engine) as session:
        accounts.set_roles(session, cast["Emil"], roles=["employee", "admin"], **rights)
    emil = as_("Emil")
    while_it_waits(lambda session: accounts.set_roles(session, cast["Emil"], roles=["employee"], **rights))
    reply = emil.post(f"/people/{cast['Emil']}/roles", data={"roles": ["employee", "admin"]})
    assert reply.status_code == 401
    assert "You were signed out" in reply.text
    with snapshot(site_engine) as session:
        assert accounts.users.roles(session, cast["Emil"]) == {Role.EMPLOYEE}


def test_a_token_that_is_revoked_while_its_act_waits_does_nothing(
    client: TestClient,
    site_engine: Engine,
    cast: dict[str, int],
    settings: Settings,
    clock: HandClock,
    while_it_waits: Callable[..., None],
) -> None:
    with transaction(site_engine) as session:
        value = token_of(session, cast["Rosa"], ["triage"], settings, clock)
        [token] = accounts.users.tokens_of(session, cast["Rosa"])
        token_id = id_of(token)
    while_it_waits(lambda session: api_tokens.revoke_token(session, token_id, by=REGISTRY, now=clock.now))
    reply = client.post(
        "/api/v1/candidates/1/dismiss", json={"reason": "No."}, headers={"Authorization": f"Bearer {value}"}
    )
    assert reply.status_code == 401


def test_the_secret_is_readable_by_its_owner_alone(settings: Settings, tmp_path: Path) -> None:
    assert settings.secret
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0


def test_a_session_is_written_at_most_every_quarter_of_an_hour(
    as_: As, clock: HandClock, site_engine: Engine
) -> None:
    ada = as_("admin")

    def ends() -> object:
        with snapshot(site_engine) as session:
            return session.exec(select(UserSession.expires_at)).one()

    first = ends()
    clock.pass_time(minutes=14)
    ada.get("/people")
    assert ends() == first
    clock.pass_time(minutes=2)
    ada.get("/people")
    assert ends() == clock.now + timedelta(hours=12)
