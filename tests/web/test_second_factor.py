"""A second factor of an account here: set up, asked for at every sign-in, lost, reset, and demanded of some roles."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import Engine
from sqlmodel import select
from starlette.testclient import TestClient

from registry.services.notices import mails
from registry.services.people import accounts, guessing, limits, second_factor, sign_in
from registry.services.people.acting import REGISTRY
from registry.settings import Settings
from registry.store.engine import snapshot, transaction
from registry.store.tables import Delivery, Event, UserIdentity
from registry.web.app import create_app
from tests.web.conftest import SAME_ORIGIN, HandClock
from tests.web.test_account import NEW, PASSWORD, is_here, log_in, refusals
from tests.web.test_roles import ANYBODY, RIGHTS, a_page_and_an_operation_for_each_right

FACTOR = "/api/v1/account/second-factor"
As = Callable[[str], TestClient]
Browse = Callable[[], TestClient]
pytestmark = pytest.mark.usefixtures("passwords")


@pytest.fixture
def passwords(site_engine: Engine, cast: dict[str, int], clock: HandClock) -> None:
    with transaction(site_engine) as session:
        for name in ("Rosa", "Amir", "Emil"):
            accounts.set_password(session, cast[name], PASSWORD, by=REGISTRY, now=clock.now)


class Phone:
    """An app for one-time codes."""

    def __init__(self, key: str, clock: HandClock) -> None:
        self.app, self.clock = pyotp.TOTP(key), clock

    def shows(self, *, later_s: int = 0) -> str:
        return self.app.at(self.clock.now + timedelta(seconds=later_s))

    def next(self) -> str:
        self.clock.pass_time(seconds=30)
        return self.shows()


def set_up(client: TestClient, clock: HandClock) -> tuple[Phone, Sequence[str]]:
    begun = client.post(FACTOR, json={"present_password": PASSWORD})
    assert begun.status_code == 201, begun.text
    phone = Phone(begun.json()["key"], clock)
    done = client.post(f"{FACTOR}/confirm", json={"one_time_code": phone.shows()})
    assert done.status_code == 200, done.text
    return phone, done.json()["recovery_codes"]


def give(client: TestClient, code: str):
    return client.post("/login/code", data={"one_time_code": code})


def events(engine: Engine) -> list[str]:
    with snapshot(engine) as session:
        found = session.exec(select(Event).order_by(Event.id)).all()
        return [each.action.partition(".")[2] for each in found if each.action.startswith("second_factor.")]


def test_it_is_set_up_on_ones_page_with_the_password_a_picture_and_a_first_code(
    browse: Browse, clock: HandClock, site_engine: Engine
) -> None:
    rosa, elsewhere = browse(), browse()
    log_in(rosa), log_in(elsewhere)
    page = "/account/second-factor"
    assert "Set up a code at sign-in" in rosa.get("/account").text
    refused = rosa.post(page, data={"present_password": "wrong"})
    assert (refused.status_code, "not your present password" in refused.text) == (422, True)
    begun = rosa.post(page, data={"present_password": PASSWORD})
    assert 'src="data:image/svg+xml' in begun.text
    assert begun.headers["Cache-Control"] == "no-store"
    key = re.findall(r"<code>([A-Z2-7 ]{39})</code>", begun.text)[0].replace(" ", "")
    assert f'name="key" value="{key}"' in begun.text
    again = rosa.post(f"{page}/confirm", data={"one_time_code": "000000", "key": key})
    assert (again.status_code, key in again.text) == (422, True)
    assert rosa.get("/api/v1/account").json()["own_factor"]["set_up_at"] is None
    done = rosa.post(f"{page}/confirm", data={"one_time_code": Phone(key, clock).shows(), "next": "/tools"})
    assert len(set(re.findall(r"<li><code>([0-9a-z-]{29})</code>", done.text))) == 10
    assert 'href="/tools"' in done.text
    assert (is_here(rosa), is_here(elsewhere)) == (True, False)
    own = rosa.get("/api/v1/account").json()["own_factor"]
    assert own.pop("set_up_at")
    assert own == {"codes_left": 10, "asked": False, "wrong_codes": 0, "last_wrong_at": None}
    assert events(site_engine) == ["set_up"]


def test_the_code_is_asked_after_the_password_and_serves_once(
    browse: Browse, clock: HandClock, site_engine: Engine, cast: dict[str, int]
) -> None:
    rosa = browse()
    log_in(rosa)
    phone, _ = set_up(rosa, clock)
    thief, rosa = browse(), browse()
    asked = log_in(rosa)
    assert (asked.headers["location"], is_here(rosa)) == ("/login/code", False)
    assert "recovery codes" in rosa.get("/login/code").text
    wrong = give(rosa, "123456")
    assert (wrong.status_code, is_here(rosa)) == (422, False)
    code = phone.next()
    spaced = f"{code[:3]} {code[3:]}"
    assert give(rosa, spaced).headers["location"] == "/evaluations"
    assert is_here(rosa)
    log_in(thief)
    replayed = give(thief, code)
    assert (replayed.status_code, "used already" in replayed.text, is_here(thief)) == (422, True, False)
    why = [after["why"] for _, subject, after in refusals(site_engine) if subject == cast["Rosa"]]
    assert why == ["wrong_code", "used_code"]
    assert browse().get("/login/code").headers["location"] == "/login"


def test_a_clock_may_differ_by_one_step_and_no_code_older_than_one_taken_is_taken(
    browse: Browse, clock: HandClock
) -> None:
    rosa = browse()
    log_in(rosa)
    phone, _ = set_up(rosa, clock)
    clock.pass_time(minutes=10)
    for later_s, taken in ((60, False), (-60, False), (30, True), (0, False), (-30, False)):
        client = browse()
        log_in(client)
        assert (give(client, phone.shows(later_s=later_s)).status_code == 303) is taken, later_s


def test_a_recovery_code_serves_once_as_it_is_read_and_new_ones_end_the_old(
    browse: Browse, clock: HandClock, site_engine: Engine
) -> None:
    rosa = browse()
    log_in(rosa)
    phone, codes = set_up(rosa, clock)
    for code, taken in ((codes[0], True), (codes[0], False), (codes[1].upper().replace("-", " "), True)):
        rosa = browse()
        log_in(rosa)
        assert (give(rosa, code).status_code == 303) is taken
    assert rosa.get("/api/v1/account").json()["own_factor"]["codes_left"] == 8
    made = rosa.post(f"{FACTOR}/recovery-codes", json={"one_time_code": phone.next()})
    assert len(made.json()["recovery_codes"]) == 10
    client = browse()
    log_in(client)
    assert give(client, codes[2]).status_code == 422
    assert give(client, made.json()["recovery_codes"][2]).status_code == 303
    used = "recovery_code_used"
    assert events(site_engine) == ["set_up", used, used, "codes_renewed", used]


def test_a_link_and_a_reset_password_pass_the_code_by_no_more_than_a_password_does(
    browse: Browse, clock: HandClock, site_engine: Engine, cast: dict[str, int], settings: Settings
) -> None:
    rosa = browse()
    log_in(rosa)
    phone, _ = set_up(rosa, clock)
    for sets_password in (False, True):
        with transaction(site_engine) as session:
            link = sign_in.make_link(
                session,
                cast["Rosa"],
                secret=settings.secret,
                valid_for=timedelta(hours=1),
                sets_password=sets_password,
                by=REGISTRY,
                now=clock.now,
            )
        client = browse()
        used = client.post(f"/sign-in/{link}", data={"password": "another green valley"})
        assert (used.headers["location"], is_here(client)) == ("/login/code", False)
        assert give(client, phone.next()).status_code == 303
        assert is_here(client)
    waiting = browse()
    log_in(waiting, "another green valley")
    with transaction(site_engine) as session:
        accounts.set_password(session, cast["Rosa"], PASSWORD, by=REGISTRY, now=clock.now)
    assert give(waiting, phone.next()).headers["location"] == "/login"


def test_codes_are_limited_by_account_also_for_who_knows_the_password(
    browse: Browse, clock: HandClock, site_engine: Engine, cast: dict[str, int]
) -> None:
    rosa, thief = browse(), browse()
    log_in(rosa)
    phone, codes = set_up(rosa, clock)
    told = guess(thief, guessing.ENOUGH)
    assert set(told) == {422}
    log_in(thief)
    late = give(thief, phone.next())
    assert (late.status_code, is_here(thief)) == (429, False)
    assert "Wait for 15 minutes. Recovery codes are taken all the same" in late.text
    rosa.post("/logout")
    log_in(rosa)
    assert give(rosa, phone.next()).status_code == 303  # a browser that was here before counts by itself
    elsewhere = browse()
    log_in(elsewhere)
    assert give(elsewhere, codes[0]).status_code == 303
    with transaction(site_engine) as session:
        accounts.set_password(session, cast["Rosa"], NEW, by=REGISTRY, now=clock.now)
    assert guess(thief, 1) == [303], "the old password leads to no code any more"
    fresh = browse()
    log_in(fresh, NEW)
    assert give(fresh, phone.next()).status_code == 303


def guess(thief: TestClient, times: int) -> list[int]:
    told = []
    for _ in range(times):
        log_in(thief)
        told.append(give(thief, "000000").status_code)
    return told


def test_a_password_chosen_by_a_link_gives_nobody_further_guesses_and_hides_none(
    browse: Browse, clock: HandClock, site_engine: Engine, settings: Settings, cast: dict[str, int]
) -> None:
    rosa, thief = browse(), browse()
    log_in(rosa)
    phone, codes = set_up(rosa, clock)
    assert set(guess(thief, guessing.ENOUGH)) == {422}
    clock.pass_time(minutes=1)
    with transaction(site_engine) as session:
        link = sign_in.make_link(
            session,
            cast["Rosa"],
            secret=settings.secret,
            valid_for=timedelta(hours=1),
            sets_password=True,
            by=REGISTRY,
            now=clock.now,
        )
    thief.post(f"/sign-in/{link}", data={"password": NEW})
    assert give(thief, phone.next()).status_code == 429
    assert give(thief, codes[0]).status_code == 303
    assert "Somebody guessed at your codes" in thief.get("/account").text
    fresh = {"present_password": NEW, "password": "four other words that nobody guesses"}
    assert thief.post("/account/password", data=fresh).status_code == 303
    assert "Wrong codes" not in thief.get("/account").text


def test_who_does_not_know_the_password_locks_nobody_out(browse: Browse, clock: HandClock) -> None:
    rosa, stranger = browse(), browse()
    log_in(rosa)
    phone, _ = set_up(rosa, clock)
    for _ in range(limits.KNOWN_CODES[0][0]):
        assert give(stranger, "000000").headers["location"] == "/login"
    fresh = browse()
    log_in(fresh)
    assert give(fresh, phone.next()).status_code == 303


def test_after_a_run_of_wrong_codes_their_person_is_told_once_a_day_by_mail_event_and_page(
    browse: Browse,
    clock: HandClock,
    site_engine: Engine,
    settings: Settings,
    cast: dict[str, int],
    tmp_path: Path,
) -> None:
    mailing = settings.model_copy(update={"mail_dir": tmp_path / "mails"})
    app = create_app(mailing, engine=site_engine, clock=clock)
    rosa, thief = (TestClient(app, headers=SAME_ORIGIN, follow_redirects=False) for _ in "12")
    log_in(rosa)
    phone, _ = set_up(rosa, clock)
    assert "Wrong codes" not in rosa.get("/account").text
    guess(thief, 1)
    slip = rosa.get("/account").text
    assert ("Wrong codes in the last 30 days: 1" in slip, "Somebody guessed" in slip) == (True, False)
    for _ in range(3):
        guess(thief, guessing.ENOUGH)
        clock.pass_time(minutes=16)
    with snapshot(site_engine) as session:
        [told] = session.exec(select(Event).where(Event.action == "sign_in.codes_guessed")).all()
        assert (told.subject_id, told.after) == (cast["Rosa"], {"codes": guessing.ENOUGH})
        [delivery] = session.exec(select(Delivery)).all()
        mail = mails.mail_of(session, delivery, mailing, clock.now)
    assert not isinstance(mail, str)
    assert mail.to == "rosa@example.org"
    assert "choose another password now" in " ".join(str(mail.message.get_body(("plain",))).split())
    assert "Somebody guessed at your codes" in rosa.get("/account").text
    assert rosa.get("/api/v1/account").json()["own_factor"]["wrong_codes"] == 10
    with transaction(site_engine) as session:
        accounts.set_password(session, cast["Rosa"], NEW, by=REGISTRY, now=clock.now)
    log_in(rosa, NEW)
    give(rosa, phone.next())
    assert "Wrong codes" not in rosa.get("/account").text


def test_ones_present_password_is_not_for_guessing_either(browse: Browse) -> None:
    rosa = browse()
    log_in(rosa)
    told = [rosa.post(FACTOR, json={"present_password": "wrong"}).status_code for _ in range(11)]
    assert told == [422] * 10 + [429]
    assert rosa.post(FACTOR, json={"present_password": PASSWORD}).status_code == 429


def test_turning_it_off_needs_a_code_and_ends_the_other_sessions(
    browse: Browse, clock: HandClock, site_engine: Engine
) -> None:
    rosa = browse()
    log_in(rosa)
    phone, _ = set_up(rosa, clock)
    assert rosa.post(FACTOR, json={"present_password": PASSWORD}).status_code == 409
    refused = rosa.post("/account/second-factor/off", data={"one_time_code": "000000"})
    assert (refused.status_code, "not the code" in refused.text) == (422, True)
    other = browse()
    log_in(other)
    give(other, phone.next())
    done = rosa.post("/account/second-factor/off", data={"one_time_code": phone.next()})
    assert done.status_code == 303
    assert (is_here(rosa), is_here(other)) == (True, False)
    assert log_in(browse()).headers["location"] == "/evaluations"
    assert events(site_engine) == ["set_up", "turned_off"]


def test_an_admin_resets_what_somebody_lost_who_is_signed_out_and_told_by_mail(
    as_: As,
    browse: Browse,
    clock: HandClock,
    site_engine: Engine,
    cast: dict[str, int],
    settings: Settings,
    tmp_path: Path,
) -> None:
    rosa = browse()
    log_in(rosa)
    set_up(rosa, clock)
    ada = as_("admin")
    assert "Take it away" in ada.get(f"/people/{cast['Rosa']}").text
    mailing = settings.model_copy(update={"mail_dir": tmp_path / "mails"})
    mailer = TestClient(
        create_app(mailing, engine=site_engine, clock=clock), headers=SAME_ORIGIN, follow_redirects=False
    )
    mailer.cookies.update(ada.cookies)
    api = f"/api/v1/people/{cast['Rosa']}/second-factor/reset"
    assert rosa.post(api).status_code == 403
    done = mailer.post(api)
    assert (done.status_code, done.json()["second_factor"]) == (200, False)
    assert not is_here(rosa)
    assert log_in(rosa).headers["location"] == "/evaluations"
    assert ada.post(f"/people/{cast['Rosa']}/second-factor/reset").status_code == 409
    with snapshot(site_engine) as session:
        [delivery] = session.exec(select(Delivery)).all()
        mail = mails.mail_of(session, delivery, mailing, clock.now)
    assert not isinstance(mail, str)
    assert (mail.to, "tell an admin at once" in str(mail.message).lower()) == ("rosa@example.org", True)
    assert events(site_engine) == ["set_up", "reset"]


@pytest.mark.parametrize(("setting", "led"), [("off", ""), ("approvers", "Amir"), ("staff", "Amir Rosa")])
def test_whose_role_asks_for_it_sets_it_up_and_does_nothing_else_before(
    setting: str, led: str, settings: Settings, site_engine: Engine, clock: HandClock
) -> None:
    asking = settings.model_copy(update={"second_factor": setting})
    app = create_app(asking, engine=site_engine, clock=clock)
    for name in ("Amir", "Rosa", "Emil"):
        client = TestClient(app, headers=SAME_ORIGIN, follow_redirects=False)
        way = log_in(client, email=f"{name.lower()}@example.org").headers["location"]
        assert way.startswith("/account/second-factor?next=%2F") is (name in led), name
        assert is_here(client) is (name not in led)
        if name not in led:
            continue
        assert "Your roles ask for a code at sign-in" in client.get(way).text
        assert client.get("/inbox").headers["location"] == "/account/second-factor?next=%2Finbox"
        refused = client.get("/api/v1/account")
        assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_missing")
        assert (
            client.post("/account/tokens", data={"name": "n", "scopes": "read", "days": "9"}).status_code
            == 403
        )
        set_up(client, clock)
        assert is_here(client)
        assert client.get("/inbox").status_code == 200


def test_before_it_is_set_up_no_right_lets_in_whose_role_asks_for_it(
    settings: Settings, site_engine: Engine, clock: HandClock
) -> None:
    app = create_app(settings.model_copy(update={"second_factor": "staff"}), engine=site_engine, clock=clock)
    amir = TestClient(app, headers=SAME_ORIGIN, follow_redirects=False)
    log_in(amir, email="amir@example.org")
    for route in a_page_and_an_operation_for_each_right():
        method, path = route.split()
        if RIGHTS[route] in (ANYBODY, "one's own second factor"):
            continue
        reply = amir.request(method, re.sub(r"\{[^}]*\}", "1", path), headers={"Accept": "application/json"})
        assert (reply.status_code, reply.json()["code"]) == (403, "second_factor_missing"), route


@pytest.mark.parametrize("joined", [False, True])
def test_a_token_does_nothing_that_its_owner_may_not_do_before_a_second_factor_is_set_up(
    joined: bool,
    browse: Browse,
    settings: Settings,
    site_engine: Engine,
    clock: HandClock,
    cast: dict[str, int],
) -> None:
    amir = browse()
    log_in(amir, email="amir@example.org")
    made = amir.post("/api/v1/account/tokens", json={"name": "n", "scopes": ["read"], "days": 9}).json()
    if joined:
        with transaction(site_engine) as session:
            who = {"issuer": "https://idp.example", "subject": "a", "user_id": cast["Amir"]}
            session.add(UserIdentity(**who, created_at=clock.now))
    app = create_app(settings.model_copy(update={"second_factor": "staff"}), engine=site_engine, clock=clock)
    program = TestClient(app, headers={"Authorization": f"Bearer {made['token']}"}, follow_redirects=False)
    asked = program.get("/api/v1/account")
    assert asked.status_code == (200 if joined else 403)
    if joined:
        return
    assert asked.json()["code"] == "second_factor_missing"
    assert program.post(FACTOR, json={"present_password": PASSWORD}).status_code == 403
    amir = TestClient(app, headers=SAME_ORIGIN, follow_redirects=False)
    log_in(amir, email="amir@example.org")
    set_up(amir, clock)
    assert program.get("/api/v1/account").json()["name"] == "Amir"


def test_with_another_key_of_the_registry_nobody_comes_in_by_an_old_factor(
    browse: Browse, clock: HandClock, site_engine: Engine, settings: Settings, cast: dict[str, int]
) -> None:
    rosa = browse()
    log_in(rosa)
    phone, codes = set_up(rosa, clock)
    with transaction(site_engine) as session:
        told = [
            second_factor.prove(session, cast["Rosa"], code, secret=b"another key altogether", now=clock.now)
            for code in (phone.next(), codes[0])
        ]
        right = second_factor.prove(
            session, cast["Rosa"], phone.shows(), secret=settings.secret, now=clock.now
        )
    assert (told, right) == (["lost_key", "wrong_code"], "")


def test_neither_key_nor_code_stands_in_the_store_as_it_is(
    browse: Browse, clock: HandClock, tmp_path: Path
) -> None:
    rosa = browse()
    log_in(rosa)
    phone, codes = set_up(rosa, clock)
    stored = b"".join(each.read_bytes() for each in tmp_path.glob("registry.sqlite3*"))
    assert rosa.get("/account").status_code == 200
    for secret in (phone.app.secret, *codes, *(each.replace("-", "") for each in codes)):
        assert secret.encode() not in stored


def test_a_key_is_shown_to_nobody_who_did_not_give_the_password_and_its_first_code_is_not_for_guessing(
    browse: Browse, clock: HandClock
) -> None:
    rosa, thief = browse(), browse()
    log_in(rosa)
    thief.cookies.update(rosa.cookies)
    key = rosa.post(FACTOR, json={"present_password": PASSWORD}).json()["key"]
    page = "/account/second-factor/confirm"
    for guess in ({}, {"key": ""}, {"key": "A" * 32}):
        told = thief.post(page, data={"one_time_code": "000000", **guess})
        assert (told.status_code, key[:4] in told.text) == (422, False)
    for _ in range(guessing.ENOUGH - 3):
        assert thief.post(f"{FACTOR}/confirm", json={"one_time_code": "000000"}).status_code == 422
    assert thief.post(f"{FACTOR}/confirm", json={"one_time_code": "000000"}).status_code == 429
    assert thief.post(page, data={"one_time_code": Phone(key, clock).shows()}).status_code == 429


def test_no_stranger_uses_up_the_attempts_at_somebodys_code(
    browse: Browse, clock: HandClock, cast: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PER_ACCOUNT", 2)
    monkeypatch.setattr(limits, "PER_NETWORK", 4)
    rosa, waiting, stranger = browse(), browse(), browse()
    log_in(rosa)
    phone, _ = set_up(rosa, clock)
    log_in(waiting)
    for typed in (f"code {cast['Rosa']}", f"code of {cast['Rosa']}"):
        for _ in range(3):
            stranger.post("/login", data={"email": typed, "password": "x"})
    assert log_in(stranger).status_code == 429  # the network has had its number at passwords
    assert give(waiting, phone.next()).status_code == 303


def test_an_admin_takes_their_own_off_by_a_code_alone(
    browse: Browse, clock: HandClock, site_engine: Engine, cast: dict[str, int]
) -> None:
    with transaction(site_engine) as session:
        accounts.set_password(session, cast["Ada"], PASSWORD, by=REGISTRY, now=clock.now)
    ada = browse()
    log_in(ada, email="ada@example.org")
    set_up(ada, clock)
    page = f"/people/{cast['Ada']}"
    assert "/second-factor/reset" not in ada.get(page).text
    refused = ada.post(f"{page}/second-factor/reset")
    assert (refused.status_code, "ask another admin" in refused.text) == (409, True)
    assert ada.post(f"/api/v1{page}/second-factor/reset").status_code == 409
    assert events(site_engine) == ["set_up"]


def test_signing_out_everywhere_ends_what_waits_for_a_code_too(
    as_: As, browse: Browse, clock: HandClock, cast: dict[str, int]
) -> None:
    rosa, waiting = browse(), browse()
    log_in(rosa)
    phone, _ = set_up(rosa, clock)
    log_in(waiting)
    as_("admin").post(f"/people/{cast['Rosa']}/sign-out")
    assert give(waiting, phone.next()).headers["location"] == "/login"
    assert not is_here(waiting)


def test_one_right_password_lets_in_once_though_two_codes_come_at_the_same_time(
    browse: Browse, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    rosa, waiting = browse(), browse()
    log_in(rosa)
    phone, _ = set_up(rosa, clock)
    log_in(waiting)
    looks = [second_factor.find_wanted, lambda *_args, **_values: None]
    """It is there at first; whoever came first has taken it when it is looked for again under the lock."""
    monkeypatch.setattr(second_factor, "find_wanted", lambda *args, **values: looks.pop(0)(*args, **values))
    assert give(waiting, phone.next()).headers["location"] == "/login"
    assert not is_here(waiting)


def test_its_person_is_mailed_of_a_recovery_code_that_was_used_and_when_it_is_turned_off(
    settings: Settings, site_engine: Engine, clock: HandClock, tmp_path: Path
) -> None:
    mailing = settings.model_copy(update={"mail_dir": tmp_path / "mails"})
    app = create_app(mailing, engine=site_engine, clock=clock)
    rosa = TestClient(app, headers=SAME_ORIGIN, follow_redirects=False)
    log_in(rosa)
    phone, codes = set_up(rosa, clock)
    log_in(rosa)
    give(rosa, codes[0])
    assert rosa.post(f"{FACTOR}/off", json={"one_time_code": phone.next()}).status_code == 204
    with snapshot(site_engine) as session:
        told = [
            mails.mail_of(session, each, mailing, clock.now) for each in session.exec(select(Delivery)).all()
        ]
    assert [(each.to, str(each.message["Subject"]).split()[-1]) for each in told] == [
        ("rosa@example.org", "used"),
        ("rosa@example.org", "off"),
    ]
