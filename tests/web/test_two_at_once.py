"""Two at once on PostgreSQL, where no writer waits at the door: one is first, and the other one finds what it did."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic, sleep

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session, select
from starlette.testclient import TestClient

from registry.services.people import accounts, api_tokens, identities, sign_in
from registry.services.people.acting import REGISTRY
from registry.services.people.sign_in import LINK_LIFE
from registry.settings import Settings
from registry.store import users
from registry.store.columns import id_of
from registry.store.engine import serialise, snapshot, transaction
from registry.store.tables import Event, Tool, User
from tests.builders import a_tool, a_verdict
from tests.postgres import Postgres
from tests.web.conftest import CAST, HandClock, the_actors
from tests.web.test_account import NEW, PASSWORD, is_here, log_in
from tests.web.test_second_factor import give, set_up

pytestmark = pytest.mark.counts_requests
As = Callable[[str], TestClient]
Browse = Callable[[], TestClient]


@pytest.fixture
def database_url(postgres: Postgres) -> Iterator[str]:
    with postgres.database() as url:
        yield url


@pytest.fixture
def cast(site_engine: Engine, clock: HandClock) -> dict[str, int]:
    with transaction(site_engine) as session:
        return {
            name: id_of(
                accounts.add_user(
                    session, email=f"{name}@example.org", name=name, roles=[role], by=REGISTRY, now=clock.now
                )
            )
            for name, role in CAST.items()
        }


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


@contextmanager
def holding(engine: Engine, take: Callable[[Session], object]) -> Iterator[None]:
    """What others wait for meanwhile."""
    with transaction(engine) as session:
        take(session)
        yield


def until(engine: Engine, waiting: int, *done: Future[object]) -> None:
    """So many wait for somebody else's lock, or all of these are done."""
    query = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    ends_at = monotonic() + 10
    while monotonic() < ends_at:
        with engine.connect() as connection:
            if connection.execute(query).scalar_one() >= waiting or (done and all(f.done() for f in done)):
                return
        sleep(0.01)
    raise AssertionError("nobody waits")


def acts(engine: Engine) -> list[tuple[str, str, int]]:
    with snapshot(engine) as session:
        found = session.exec(select(Event).order_by(Event.id)).all()
        return [(each.action, each.actor, each.subject_id) for each in found]


def a_published_verdict(session: Session, clock: HandClock) -> None:
    before = clock.now - timedelta(days=3)
    tool = a_tool(session, now=before)
    a_verdict(session, session.get_one(Tool, tool.id), the_actors(session), now=before)


def test_a_role_is_taken_after_the_act_that_was_under_way_and_before_the_next(
    as_: As, site_engine: Engine, cast: dict[str, int], clock: HandClock, beside: ThreadPoolExecutor
) -> None:
    with transaction(site_engine) as session:
        a_published_verdict(session, clock)
    amir, suspension = as_("Amir"), "/api/v1/verdicts/1/suspension"

    def take_away() -> None:
        with transaction(site_engine) as session:
            accounts.set_roles(session, cast["Amir"], roles=["employee"], by=REGISTRY, now=clock.now)

    with holding(site_engine, lambda session: serialise(session, "verdict")):
        act = beside.submit(amir.post, suspension, json={"act": "suspend", "reason": "A leak."})
        until(site_engine, 1)
        taken = beside.submit(take_away)
        until(site_engine, 2, taken)
        late = beside.submit(amir.post, suspension, json={"act": "lift"})
        until(site_engine, 3, late)
    taken.result(timeout=10)
    assert (act.result(timeout=10).status_code, late.result(timeout=10).status_code) == (200, 401)
    assert [each[:2] for each in acts(site_engine)[-2:]] == [
        ("verdict.suspended", "Amir"),
        ("user.roles_set", "registry"),
    ]


def test_a_token_is_ended_after_the_act_that_was_under_way(
    client: TestClient,
    site_engine: Engine,
    cast: dict[str, int],
    clock: HandClock,
    settings: Settings,
    beside: ThreadPoolExecutor,
) -> None:
    with transaction(site_engine) as session:
        row, value = api_tokens.create_token(
            session,
            cast["Emil"],
            name="t",
            scopes=["request"],
            days=9,
            secret=settings.secret,
            by=REGISTRY,
            now=clock.now,
        )
        token_id = id_of(row)

    def end() -> None:
        with transaction(site_engine) as session:
            api_tokens.revoke_token(session, token_id, by=REGISTRY, now=clock.now)

    with holding(site_engine, lambda session: serialise(session, "candidates")):
        act = beside.submit(
            client.post,
            "/api/v1/requests",
            json={"name": "Quillmark", "purpose": "To write."},
            headers={"Authorization": f"Bearer {value}"},
        )
        until(site_engine, 1)
        ended = beside.submit(end)
        until(site_engine, 2, ended)
    ended.result(timeout=10)
    assert act.result(timeout=10).status_code == 201
    told = [action for action, *_ in acts(site_engine)]
    assert told.index("tool.requested") < told.index("token.revoked")


def test_a_link_that_two_use_at_once_serves_one_of_them(
    browse: Browse,
    site_engine: Engine,
    cast: dict[str, int],
    clock: HandClock,
    settings: Settings,
    beside: ThreadPoolExecutor,
) -> None:
    with transaction(site_engine) as session:
        link = sign_in.make_link(
            session,
            cast["Rosa"],
            secret=settings.secret,
            valid_for=LINK_LIFE,
            sets_password=True,
            by=REGISTRY,
            now=clock.now,
        )
    with holding(site_engine, lambda session: users.hold(session, cast["Rosa"])):
        both = [
            beside.submit(browse().post, f"/sign-in/{link}", data={"password": each})
            for each in (PASSWORD, NEW)
        ]
        until(site_engine, 2)
    assert sorted(each.result(timeout=10).status_code for each in both) == [303, 404]
    assert [action for action, *_ in acts(site_engine)].count("user.password_set") == 1


def test_who_gives_a_code_while_the_password_is_changed_is_not_in_afterwards(
    browse: Browse, site_engine: Engine, cast: dict[str, int], clock: HandClock, beside: ThreadPoolExecutor
) -> None:
    with transaction(site_engine) as session:
        accounts.set_password(session, cast["Rosa"], PASSWORD, by=REGISTRY, now=clock.now)
    rosa, thief = browse(), browse()
    log_in(rosa)
    _, codes = set_up(rosa, clock)
    log_in(thief)

    def change() -> None:
        with transaction(site_engine) as session:
            accounts.set_password(session, cast["Rosa"], NEW, by=REGISTRY, now=clock.now)

    with holding(site_engine, lambda session: serialise(session, f"second factor {cast['Rosa']}")):
        given = beside.submit(give, thief, codes[0])
        until(site_engine, 1)
        changed = beside.submit(change)
        until(site_engine, 2, changed)
    given.result(timeout=10)
    changed.result(timeout=10)
    assert not is_here(thief)


def test_two_admins_who_shut_each_other_out_at_once_do_not_both(
    as_: As, site_engine: Engine, cast: dict[str, int], clock: HandClock, beside: ThreadPoolExecutor
) -> None:
    with transaction(site_engine) as session:
        for name in ("Emil", "Uma"):
            accounts.set_roles(session, cast[name], roles=["admin"], by=REGISTRY, now=clock.now)
    pairs = (("Ada", "Emil"), ("Emil", "Ada"))
    browsers = [as_(name) for name, _ in pairs]
    with holding(site_engine, lambda session: serialise(session, "user")):
        both = [
            beside.submit(browser.post, f"/people/{cast[other]}/disable", data={"sure": "yes"})
            for browser, (_, other) in zip(browsers, pairs, strict=True)
        ]
        until(site_engine, 2)
    codes = [each.result(timeout=20).status_code for each in both]
    assert codes.count(303) == 1, codes
    with snapshot(site_engine) as session:
        shut_out = [each.name for each in session.exec(select(User)) if each.disabled_at is not None]
    assert len(shut_out) == 1


def test_a_reply_of_the_provider_that_comes_twice_at_once_serves_once(
    site_engine: Engine, clock: HandClock, beside: ThreadPoolExecutor
) -> None:
    said = {"secret": b"0123456789abcdef", "browser": "b", "now": clock.now}
    with transaction(site_engine) as session:
        begun = identities.begin(session, next="/", link="", here=None, **said)
    served: list[bool] = []

    def come_back(session: Session) -> None:
        served.append(identities.come_back(session, state=begun.state, **said) is not None)

    def again() -> None:
        with transaction(site_engine) as session:
            come_back(session)

    with holding(site_engine, come_back):
        second = beside.submit(again)
        until(site_engine, 1)
    second.result(timeout=10)
    assert served == [True, False]
