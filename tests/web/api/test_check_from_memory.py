"""What `/api/v1/check` tells from memory is what the service would compute now, byte for byte."""

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, PoolProxiedConnection
from sqlalchemy.pool import QueuePool
from sqlmodel import Session, select
from starlette.testclient import TestClient

from registry.domain.errors import RegistryError
from registry.domain.lookup import Question
from registry.domain.outcome import Outcome
from registry.domain.validity import MarkKind
from registry.domain.verdict import Scope
from registry.services.answers import answer_object, lookup
from registry.services.people.acting import Actor
from registry.services.people.house import house
from registry.services.verdicts import verdict_life
from registry.settings import Settings
from registry.store.columns import id_of
from registry.store.engine import snapshot, transaction
from registry.store.tables import Alias, AliasKind, Office, Role, Tool, Verdict
from registry.web.api.replies import as_json
from tests.builders import TERMS, a_tool, a_verdict, an_evaluation
from tests.web.conftest import HandClock
from tests.web.test_queries import counting

NAMES = ("Quillmark", "Murmur", "Rill", "Inkwell")
PATH = "/api/v1/check"
LESS_THAN_IT_WAITS_S = 20


@pytest.fixture
def people(cast: dict[str, int]) -> dict[str, Actor]:
    roles = {"rosa": Role.REVIEWER, "ravi": Role.REVIEWER, "amir": Role.APPROVER, "ada": Role.ADMIN}
    return {who: Actor(cast[who.title()], who.title(), frozenset({role})) for who, role in roles.items()}


@pytest.fixture
def memory(client: TestClient, app: FastAPI) -> TestClient:
    app.state.parts.following.wait()
    return client


def served(engine: Engine, settings: Settings, now: datetime, asked: dict[str, str]) -> str:
    """The same by the service alone."""
    with snapshot(engine) as session:
        known = house(session, settings)
        said: dict[str, Any] = {name: value for name, value in asked.items() if name != "q"}
        found = lookup.check(session, asked["q"], Question(at=now, **said), known, now=now)
        return as_json(answer_object.told(found, base_url=settings.base_url))


def act(dice: random.Random, session: Session, people: dict[str, Actor], now: datetime, step: int) -> None:
    tools = session.exec(select(Tool)).all()
    tool = dice.choice(tools) if tools else None
    match dice.randrange(7) if tool else 0:
        case 0:
            name = f"{dice.choice(NAMES)}{step}"
            a_tool(session, name, now=now, category=dice.choice(["Writing", ""]))
        case 1:
            key = f"{dice.choice(NAMES).lower()}{step}.example"
            session.add(Alias(tool_id=id_of(tool), kind=AliasKind.DOMAIN, text=key, key=key))
        case 2 | 3:
            scope = Scope(
                data_ceiling=dice.choice([None, "public", "internal"]), edition=dice.choice(["", "Pro"])
            )
            outcome = dice.choice([Outcome.APPROVED, Outcome.REJECTED])
            a_verdict(session, tool, people, now=now, scope=scope, outcome=outcome, terms=TERMS)
        case 4:
            an_evaluation(session, tool, owner=people["rosa"], now=now)
        case 5:
            session.add(Office(code=f"o{step}", name=f"Office {step}", default_rule=f"Rule {step}."))
        case 6:
            session.delete(session.exec(select(Alias).where(Alias.tool_id == tool.id)).first())
    session.flush()


def take_all(engine: Engine, taken: ExitStack) -> None:
    """Every connection that there may be at once."""
    pool = cast(QueuePool, engine.pool)
    for _ in range(pool.size() + pool._max_overflow - pool.checkedout()):
        taken.enter_context(engine.connect())


def test_memory_and_service_agree_over_a_random_history(
    memory: TestClient,
    site_engine: Engine,
    settings: Settings,
    clock: HandClock,
    people: dict[str, Actor],
    app: FastAPI,
) -> None:
    dice, told_from_memory, codes = random.Random(42), 0, set()
    held = app.middleware_stack.app._held
    for step in range(45):
        with transaction(site_engine) as session:
            # A random act may be against the rules: then nothing happened.
            with suppress(RegistryError), session.begin_nested():
                act(dice, session, people, clock.now, step)
            keys = session.exec(select(Alias.text)).all()
        if dice.random() < 0.5:
            clock.pass_time(seconds=dice.choice([1, 200, 301, 40_000, 90_000]))
        for _ in range(3):
            asked = {"q": dice.choice([*keys, "Nobody"])}
            if dice.random() < 0.4:
                asked["data_class"] = dice.choice(["public", "sensitive"])
            if dice.random() < 0.2:
                asked["edition"] = "Pro"
            expected = served(site_engine, settings, clock.now, asked)
            reply = memory.get(PATH, params=asked)
            assert reply.text == expected, (step, asked)
            codes.add(reply.json()["answer"])
            told_from_memory += len(held)
            assert memory.get(PATH, params=asked).text == expected, (step, asked)
    assert told_from_memory > 100
    assert codes >= {"yes", "yes_if", "no", "not_reviewed", "under_review", "unknown_tool"}


@pytest.fixture
def quillmark(site_engine: Engine, people: dict[str, Actor], clock: HandClock) -> int:
    before = clock.now - timedelta(days=3)
    with transaction(site_engine) as session:
        tool = a_tool(session, now=before)
        a_verdict(session, tool, people, now=before)
        return id_of(tool)


@pytest.fixture
def queries(site_engine: Engine) -> Iterator[list[str]]:
    with counting(site_engine) as said:
        yield said


def test_the_second_time_the_store_is_not_asked(
    memory: TestClient, quillmark: int, queries: list[str]
) -> None:
    first = memory.get(PATH, params={"q": "Quillmark"})
    assert queries
    queries.clear()
    second = memory.get(PATH, params={"q": "Quillmark"})
    assert queries == []
    assert second.content == first.content
    ids = [each.headers.pop("x-request-id") for each in (first, second)]
    assert ids[0] != ids[1]
    assert second.headers == first.headers
    assert second.json()["answer"] == "yes"


def test_another_spelling_is_told_with_the_words_that_were_asked(memory: TestClient, quillmark: int) -> None:
    memory.get(PATH, params={"q": "Quillmark"})
    told = memory.get(PATH, params={"q": " quill-MARK "})
    assert told.json()["query"] == "quill-MARK"
    assert told.json()["match"]["tool"]["slug"] == "quillmark"


def test_a_reply_from_memory_has_its_etag_and_no_body_for_who_has_it(
    memory: TestClient, quillmark: int
) -> None:
    memory.get(PATH, params={"q": "quillmark"})
    reply = memory.get(PATH, params={"q": "quillmark"})
    again = memory.get(PATH, params={"q": "quillmark"}, headers={"If-None-Match": reply.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = memory.head(PATH, params={"q": "quillmark"})
    assert (head.status_code, head.content) == (200, b"")


def test_a_suspension_is_told_at_the_next_request(
    memory: TestClient, quillmark: int, site_engine: Engine, people: dict[str, Actor], clock: HandClock
) -> None:
    asked = {"q": "quillmark"}
    assert memory.get(PATH, params=asked).json()["answer"] == "yes"
    with transaction(site_engine) as session:
        number = session.exec(select(Verdict.number)).one()
        verdict_life.mark(
            session,
            number,
            MarkKind.SUSPENDED,
            reason="A flaw.",
            zone=TERMS.zone,
            by=people["amir"],
            now=clock.now,
        )
    assert memory.get(PATH, params=asked).json()["answer"] == "suspended"


@pytest.mark.parametrize(
    "query",
    ["", "q=", "q=%20", "q=quillmark&data_class=secret", "q=quillmark&on=soon", f"q={'x' * 2001}"],
)
def test_what_cannot_be_answered_is_a_problem_as_ever(memory: TestClient, quillmark: int, query: str) -> None:
    memory.get(PATH, params={"q": "quillmark"})
    reply = memory.get(f"{PATH}?{query}")
    assert reply.status_code in (200, 422)
    if reply.status_code == 422:
        assert reply.headers["content-type"] == "application/problem+json"
    else:
        assert reply.json()["match"] is None


def test_a_question_about_another_day_is_computed(
    memory: TestClient, quillmark: int, clock: HandClock
) -> None:
    memory.get(PATH, params={"q": "quillmark"})
    long_ago = memory.get(PATH, params={"q": "quillmark", "on": "2020-01-01"})
    assert long_ago.json()["answer"] == "not_reviewed"


def test_a_verdict_that_starts_after_its_undo_window_is_told_from_then_on(
    memory: TestClient, quillmark: int, site_engine: Engine, people: dict[str, Actor], clock: HandClock
) -> None:
    asked = {"q": "quillmark"}
    assert memory.get(PATH, params=asked).json()["answer"] == "yes"
    with transaction(site_engine) as session:
        tool = session.get_one(Tool, quillmark)
        a_verdict(session, tool, people, now=clock.now, outcome=Outcome.REJECTED, supersedes=(1,))
    assert memory.get(PATH, params=asked).json()["answer"] == "yes"
    clock.pass_time(seconds=TERMS.undo_s + 1)
    assert memory.get(PATH, params=asked).json()["answer"] == "no"


def test_a_very_long_question_is_answered_and_not_kept(
    memory: TestClient, quillmark: int, app: FastAPI
) -> None:
    for size in (10, 1_100):
        reply = memory.get(PATH, params={"q": "Quillmark" + "-" * size})
        assert reply.status_code == 200
    kept = app.middleware_stack.app._held
    assert len(kept) == 1


@pytest.mark.parametrize(
    "header", [{"Cookie": "registry=x"}, {"Authorization": "Bearer x"}, {"Host": "other.example"}]
)
def test_who_may_be_somebody_or_elsewhere_goes_the_whole_way(
    memory: TestClient, quillmark: int, header: dict[str, str], app: FastAPI
) -> None:
    memory.get(PATH, params={"q": "quillmark"})
    reply = memory.get(PATH, params={"q": "quillmark"}, headers=header)
    assert reply.status_code == (400 if "Host" in header else 200)
    assert len(app.middleware_stack.app._held) == 1


@pytest.mark.parametrize("heard", [False, True], ids=["something was written", "nothing was written"])
def test_a_question_that_must_wait_for_a_connection_keeps_nobody_else_waiting(
    memory: TestClient, quillmark: int, site_engine: Engine, monkeypatch: pytest.MonkeyPatch, heard: bool
) -> None:
    if heard:
        memory.get(PATH, params={"q": "Nobody"})
    asks, connect = threading.Event(), site_engine.raw_connection

    def noted() -> PoolProxiedConnection:
        asks.set()
        return connect()

    with ThreadPoolExecutor(2) as pool, ExitStack() as taken:
        take_all(site_engine, taken)
        monkeypatch.setattr(site_engine, "raw_connection", noted)
        waiting = pool.submit(memory.get, PATH, params={"q": "quillmark"})
        assert asks.wait(timeout=LESS_THAN_IT_WAITS_S)
        meanwhile = pool.submit(memory.get, "/healthz")
        assert meanwhile.result(timeout=LESS_THAN_IT_WAITS_S).status_code == 200
        taken.close()
        assert waiting.result().json()["answer"] == "yes"


@pytest.mark.parametrize("path", [PATH, "/check", "/suggest"])
def test_about_a_tool_of_which_all_is_known_no_connection_is_waited_for(
    memory: TestClient, quillmark: int, site_engine: Engine, path: str
) -> None:
    memory.get(PATH, params={"q": "Quillmark"})
    with ThreadPoolExecutor(1) as pool, ExitStack() as taken:
        take_all(site_engine, taken)
        asked = pool.submit(memory.get, path, params={"q": "quillmark"})
        try:
            assert "Quillmark" in asked.result(timeout=LESS_THAN_IT_WAITS_S).text
        finally:
            taken.close()
