"""My account: where one is signed in, one's password and tokens; invitations, and a forgotten password."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Engine, event
from sqlmodel import select
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from registry.services.notices import mails
from registry.services.people import accounts, passwords
from registry.services.people.acting import REGISTRY
from registry.services.people.limits import PER_ACCOUNT, PER_RESET
from registry.settings import Settings
from registry.store import sign_ins, users
from registry.store.engine import snapshot, transaction
from registry.store.tables import Delivery, Event, WorkMails
from registry.web.app import create_app
from registry.web.visiting import device
from tests.web.conftest import SAME_ORIGIN, HandClock

PASSWORD = "a quiet brown river"
NEW = "another green valley"
As = Callable[[str], TestClient]
Browse = Callable[[], TestClient]


@pytest.fixture
def rosa_has_a_password(site_engine: Engine, cast: dict[str, int], clock: HandClock) -> None:
    with transaction(site_engine) as session:
        accounts.set_password(session, cast["Rosa"], PASSWORD, by=REGISTRY, now=clock.now)


@pytest.fixture
def mailing(settings: Settings, site_engine: Engine, clock: HandClock, tmp_path: Path) -> TestClient:
    """A site that mails."""
    posting = settings.model_copy(update={"mail_dir": tmp_path / "mails"})
    app = create_app(posting, engine=site_engine, clock=clock)
    return TestClient(app, headers=SAME_ORIGIN, follow_redirects=False)


def log_in(client: TestClient, password: str = PASSWORD, email: str = "rosa@example.org"):
    return client.post("/login", data={"email": email, "password": password})


def is_here(client: TestClient) -> bool:
    return client.get("/account").status_code == 200


def refusals(engine: Engine) -> list[tuple[str, int, dict[str, str]]]:
    with snapshot(engine) as session:
        found = session.exec(select(Event).where(Event.action == "sign_in.refused")).all()
        return [(each.subject_kind, each.subject_id, each.after) for each in found]


@pytest.mark.usefixtures("rosa_has_a_password")
def test_every_sign_in_has_a_session_of_its_own_and_the_old_cookie_is_dead(browse: Browse) -> None:
    rosa, thief = browse(), browse()
    log_in(rosa)
    thief.cookies.update(rosa.cookies)
    log_in(rosa)
    assert (is_here(rosa), is_here(thief)) == (True, False)


def test_the_old_cookie_is_dead_after_a_change_of_roles_and_who_changes_their_own_stays_in(
    as_: As, browse: Browse, cast: dict[str, int]
) -> None:
    ada, rosa, thief = as_("admin"), as_("reviewer"), browse()
    thief.cookies.update(ada.cookies)
    ada.post(f"/people/{cast['Rosa']}/roles", data={"roles": ["approver"]})
    assert not is_here(rosa)
    ada.post(f"/people/{cast['Ada']}/roles", data={"roles": ["admin", "auditor"]})
    assert (is_here(ada), is_here(thief)) == (True, False)


@pytest.mark.usefixtures("rosa_has_a_password")
def test_sessions_are_told_with_browser_and_network_and_ended_one_by_one_or_all(browse: Browse) -> None:
    here, there, third = browse(), browse(), browse()
    for client, agent in ((here, "X11; Linux Firefox/140"), (there, "Windows NT Chrome/150"), (third, "")):
        client.headers["User-Agent"] = agent
        log_in(client)
    page = here.get("/account").text
    assert "Firefox on Linux" in page
    assert "Chrome on Windows" in page
    assert len(re.findall(r"/account/sessions/\w{16}/end", page)) == 2
    name = next(each["name"] for each in there.get("/api/v1/account").json()["sessions"] if each["here"])
    one, others, api = f"/account/sessions/{name}/end", "/account/sessions/end", "/api/v1/account/sessions"
    for path in (one, others):
        refused = here.post(path, data={"present_password": "wrong"})
        assert (refused.status_code, "not your present password" in refused.text) == (422, True)
        assert here.post(f"/api/v1{path}", json={}).status_code == 422
    assert (is_here(there), is_here(third)) == (True, True)
    here.post(one, data={"present_password": PASSWORD})
    assert (is_here(there), is_here(third)) == (False, True)
    here.post(others, data={"present_password": PASSWORD})
    assert (is_here(here), is_here(third)) == (True, False)
    log_in(there)
    assert here.post(f"{api}/end", json={"present_password": PASSWORD}).json() == {"sessions": 1}
    assert not is_here(there)


def test_who_has_no_password_ends_other_sessions_soon_after_signing_in(as_: As, clock: HandClock) -> None:
    here, there = as_("reviewer"), as_("reviewer")
    assert "present_password" not in here.get("/account").text
    clock.pass_time(minutes=16)
    refused = here.post("/account/sessions/end")
    assert (refused.status_code, "Sign out and in again first" in refused.text) == (409, True)
    assert is_here(there)
    here = as_("reviewer")
    assert here.post("/account/sessions/end").status_code == 303
    assert (is_here(here), is_here(there)) == (True, False)


def test_nobody_ends_anothers_session_or_token(as_: As, cast: dict[str, int]) -> None:
    rosa, emil, ada = as_("reviewer"), as_("employee"), as_("admin")
    [session] = rosa.get("/api/v1/account").json()["sessions"]
    sent = {"name": "n", "scopes": ["read"], "days": 9}
    token = rosa.post("/api/v1/account/tokens", json=sent).json()
    for act in (
        lambda client: client.post(f"/account/sessions/{session['name']}/end"),
        lambda client: client.post(f"/api/v1/account/sessions/{session['name']}/end", json={}),
        lambda client: client.post(f"/account/tokens/{token['id']}/revoke"),
        lambda client: client.post(f"/api/v1/account/tokens/{token['id']}/revoke"),
        lambda client: client.post(f"/people/{cast['Emil']}/tokens/{token['id']}/revoke"),
    ):
        assert act(emil).status_code in (403, 404)
        assert act(ada).status_code == 404
    assert is_here(rosa)
    assert rosa.get("/api/v1/account").json()["tokens"][0]["revoked_at"] is None


def test_an_admin_signs_somebody_out_everywhere(as_: As, cast: dict[str, int]) -> None:
    rosa, ada = as_("reviewer"), as_("admin")
    ada.post(f"/people/{cast['Rosa']}/sign-out")
    assert not is_here(rosa)
    as_("reviewer")
    assert ada.post(f"/api/v1/people/{cast['Rosa']}/sign-out").json() == {"sessions": 1}


@pytest.mark.usefixtures("rosa_has_a_password")
def test_ones_own_new_password_asks_for_the_present_one_and_ends_the_other_sessions(browse: Browse) -> None:
    here, there, thief = browse(), browse(), browse()
    log_in(here), log_in(there)
    thief.cookies.update(here.cookies)
    refused = here.post("/account/password", data={"present_password": "wrong", "password": NEW})
    assert refused.status_code == 422
    assert "This is not your present password." in refused.text
    assert is_here(there)
    done = here.post("/account/password", data={"present_password": PASSWORD, "password": NEW})
    assert done.status_code == 303
    assert (is_here(here), is_here(there), is_here(thief)) == (True, False, False)
    assert log_in(browse(), PASSWORD).status_code == 422
    assert log_in(browse(), NEW).status_code == 303


def test_a_token_made_on_ones_own_page_is_shown_once_and_can_make_no_other(
    as_: As, client: TestClient
) -> None:
    rosa = as_("reviewer")
    shown = rosa.post("/account/tokens", data={"name": "nightly", "scopes": "read", "days": "30"})
    token = re.search(r"reg_[\w-]+", shown.text)[0]
    assert shown.headers["cache-control"] == "no-store"
    assert token not in rosa.get("/account").text
    bearer = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/v1/account", headers=bearer).json()["name"] == "Rosa"
    sent = {"name": "more", "scopes": ["read"], "days": 9}
    assert client.post("/api/v1/account/tokens", headers=bearer, json=sent).status_code == 403
    assert (
        rosa.post("/account/tokens", data={"name": "x", "scopes": "sources", "days": "9"}).status_code == 422
    )


@pytest.mark.usefixtures("rosa_has_a_password")
def test_a_stranger_who_tries_too_often_does_not_lock_out_a_browser_that_was_here_before(
    browse: Browse, site_engine: Engine, cast: dict[str, int]
) -> None:
    own, stranger = browse(), browse()
    log_in(own)
    own.post("/logout")
    for _ in range(PER_ACCOUNT):
        log_in(stranger, "a wrong brown river")
    assert log_in(stranger).status_code == 429
    assert log_in(own).status_code == 303
    assert (
        refusals(site_engine)
        == [("user", cast["Rosa"], {"why": "wrong_password", "how": "password"})] * PER_ACCOUNT
    )


def test_an_unknown_account_is_limited_and_on_record_without_what_was_typed(
    client: TestClient, site_engine: Engine
) -> None:
    replies = [
        log_in(client, PASSWORD, "my.password@example.org").status_code for _ in range(PER_ACCOUNT + 1)
    ]
    assert replies == [422] * PER_ACCOUNT + [429]
    assert set(map(str, refusals(site_engine))) == {
        str(("sign_in", 0, {"why": "wrong_password", "how": "password"}))
    }


def mailed_link(engine: Engine, client: TestClient, clock: HandClock) -> str:
    with snapshot(engine) as session:
        row = session.exec(select(Delivery).order_by(Delivery.id.desc())).first()
        mail = mails.mail_of(session, row, client.app.state.parts.settings, clock.now)
        if isinstance(mail, str):
            return mail
        return re.search(r"/sign-in/\w+", mail.message.get_body(("plain",)).get_content())[0]


@pytest.mark.usefixtures("rosa_has_a_password")
def test_a_forgotten_password_is_mended_by_a_mailed_link_that_serves_once(
    mailing: TestClient, site_engine: Engine, clock: HandClock, as_: As
) -> None:
    rosa = as_("reviewer")
    assert mailing.post("/forgotten", data={"email": "Rosa@example.org"}).status_code == 200
    link = mailed_link(site_engine, mailing, clock)
    assert mailing.get(link).headers["referrer-policy"] == "no-referrer"
    assert mailing.post(link, data={"password": "password1234"}).status_code == 422
    assert mailing.post(link, data={"password": NEW}).status_code == 303
    assert not is_here(rosa), "who forgot a password may have lost it to somebody"
    assert mailing.post(link, data={"password": NEW}).status_code == 404
    assert "was used" in mailed_link(site_engine, mailing, clock)
    with snapshot(site_engine) as session:
        assert passwords.authenticate(session, "rosa@example.org", NEW) is not None


@pytest.mark.usefixtures("rosa_has_a_password")
def test_a_mailed_link_serves_for_an_hour(mailing: TestClient, site_engine: Engine, clock: HandClock) -> None:
    mailing.post("/forgotten", data={"email": "rosa@example.org"})
    link = mailed_link(site_engine, mailing, clock)
    clock.pass_time(hours=1)
    assert mailing.get(link).status_code == 404


@pytest.mark.usefixtures("rosa_has_a_password")
def test_forgotten_says_the_same_for_everybody_and_mails_one_account_seldom(
    mailing: TestClient, site_engine: Engine
) -> None:
    def asked(email: str) -> str:
        return mailing.post("/forgotten", data={"email": email}).text.replace(email, "X")

    assert asked("nobody@example.org") == asked("rosa@example.org")
    for _ in range(PER_RESET):
        assert asked("rosa@example.org") == asked("nobody@example.org")
    with snapshot(site_engine) as session:
        assert len(session.exec(select(Delivery)).all()) == PER_RESET


@pytest.mark.usefixtures("rosa_has_a_password")
def test_forgotten_asks_the_database_the_same_for_everybody_before_it_replies(
    mailing: TestClient, site_engine: Engine
) -> None:
    asked: list[str] = []
    before_the_reply: list[list[str]] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    app = mailing.app

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body"):
                before_the_reply.append(asked.copy())
            await send(message)

        await app(scope, receive, sending)

    client = TestClient(watched, headers=SAME_ORIGIN)
    client.post("/forgotten", data={"email": "first@example.org"})  # what is looked up once is known
    before_the_reply.clear()
    event.listen(site_engine, "before_cursor_execute", note)
    for email in ("nobody@example.org", "rosa@example.org"):
        asked.clear()
        client.post("/forgotten", data={"email": email})
    event.remove(site_engine, "before_cursor_execute", note)
    unknown, known = before_the_reply
    assert unknown
    assert known == unknown
    with snapshot(site_engine) as session:
        assert len(session.exec(select(Delivery)).all()) == 1


def test_an_invitation_is_mailed_where_mail_is_set_up_and_shown_to_nobody(
    mailing: TestClient, site_engine: Engine, clock: HandClock, cast: dict[str, int], as_: As
) -> None:
    mailing.cookies.update(as_("admin").cookies)
    shown = mailing.post(f"/people/{cast['Emil']}/link")
    assert "A sign-in link is on its way" in shown.text
    assert "/sign-in/" not in shown.text
    link = mailed_link(site_engine, mailing, clock)
    assert mailing.post(f"/api/v1/people/{cast['Emil']}/link").json() == {"url": "", "mailed": True}
    assert mailing.get(link).status_code == 404, "the later one holds"
    link = mailed_link(site_engine, mailing, clock)
    clock.pass_time(hours=71)
    mailing.cookies.clear()
    assert mailing.post(link, data={"password": NEW}).status_code == 303
    with snapshot(site_engine) as session:
        sessions = sign_ins.sessions_of(session, cast["Emil"], clock.now)
        assert [each.how for each in sessions] == ["link"]


def test_a_mailed_links_value_stands_in_no_table(
    mailing: TestClient, site_engine: Engine, clock: HandClock, cast: dict[str, int], as_: As
) -> None:
    mailing.cookies.update(as_("admin").cookies)
    mailing.post(f"/people/{cast['Emil']}/link")
    value = mailed_link(site_engine, mailing, clock).removeprefix("/sign-in/")
    raw = Path(site_engine.url.database).read_bytes() + Path(f"{site_engine.url.database}-wal").read_bytes()
    assert value.encode() not in raw
    assert b"sign_in_link.made" in raw


def test_signing_out_empties_what_the_browser_keeps(as_: As) -> None:
    reply = as_("reviewer").post("/logout")
    assert reply.headers["clear-site-data"] == '"cache", "storage"'
    assert 'registry=""; ' in reply.headers["set-cookie"]


@pytest.mark.parametrize(
    ("agent", "told"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/150 Safari/537 Edg/150", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19 like Mac OS X) Version/19 Safari/604", "Safari on iPhone"),
        ("<script>alert(1)</script>", ""),
        ("", ""),
    ],
)
def test_a_browser_is_told_by_its_name_and_never_in_its_own_words(agent: str, told: str) -> None:
    assert device(agent) == told


def test_who_works_here_chooses_when_to_be_told_of_it_on_the_page_and_by_api(
    as_: As, mailing: TestClient, site_engine: Engine, cast: dict[str, int]
) -> None:
    rosa = as_("reviewer")
    assert "This registry sends no mail." in rosa.get("/account").text
    mailing.cookies.update(rosa.cookies)
    page = mailing.get("/account").text
    assert re.search(r'name="when" value="daily" checked', page)
    assert 'At once</label>\n<p class="hint" id="f-when-h">3 mails within an hour at most;' in page
    assert mailing.post("/account/work-mails", data={"when": "none"}).status_code == 303
    with snapshot(site_engine) as session:
        assert users.get(session, cast["Rosa"]).work_mails is WorkMails.NONE
    assert mailing.post("/account/work-mails", data={"when": "hourly"}).status_code == 422
    chosen = mailing.post("/api/v1/account/work-mails", json={"when": "at_once"})
    assert chosen.json() == {"when": "at_once", "sends": True}
    assert mailing.get("/api/v1/account").json()["work_mails"] == chosen.json()
    assert rosa.get("/api/v1/account").json()["work_mails"] == {"when": "at_once", "sends": False}
    assert "/account/work-mails" not in as_("employee").get("/account").text


def test_a_password_that_is_changed_while_it_is_weighed_lets_nobody_in(
    client: TestClient,
    site_engine: Engine,
    cast: dict[str, int],
    clock: HandClock,
    rosa_has_a_password: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    weigh = passwords.authenticate

    def slowly(*given: object) -> object:
        found = weigh(*given)
        with transaction(site_engine) as session:
            accounts.set_password(session, cast["Rosa"], NEW, by=REGISTRY, now=clock.now)
        return found

    monkeypatch.setattr(passwords, "authenticate", slowly)
    assert log_in(client).status_code == 422
    assert not is_here(client)


@pytest.mark.usefixtures("rosa_has_a_password")
def test_a_password_that_was_kept_by_a_weaker_measure_is_kept_by_todays_from_the_next_sign_in(
    client: TestClient, site_engine: Engine, cast: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    stronger = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=16, parallelism=1),))
    monkeypatch.setattr(passwords, "_hasher", lambda: stronger)

    def kept() -> str:
        with snapshot(site_engine) as session:
            return users.get(session, cast["Rosa"]).password_hash

    assert log_in(client, "a wrong brown river").status_code == 422
    assert "m=8,t=1" in kept()
    assert log_in(client).status_code == 303
    assert "m=16,t=2" in kept()
    assert log_in(client).status_code == 303
