"""What everybody may read is given from memory: the same bytes and headers, and never longer than it is true."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import pytest
from fastapi import FastAPI
from httpx2 import Response
from sqlalchemy import Engine, event
from sqlmodel import Session
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from registry.domain.validity import MarkKind
from registry.services.answers.following import Heard
from registry.services.people.acting import REGISTRY, Actor, record
from registry.services.verdicts.verdict_life import mark
from registry.store.columns import id_of
from registry.store.engine import transaction
from registry.store.tables import Candidate, Role, Tool, Unanswered
from registry.web import memory
from registry.web.memory import Held, Key, Memory
from tests.builders import UTC_ZONE, a_tool, a_verdict, an_evaluation, scored
from tests.conftest import Beginning
from tests.web import remembered
from tests.web.conftest import HandClock, the_actors

PAGES = (
    "/",
    "/tools",
    "/tools?category=Writing",
    "/tools/quillmark",
    "/verdicts",
    "/verdicts?outcome=approved",
    "/verdicts/1",
    "/radar",
    "/radar/risk-fit",
    "/guidance",
    "/feeds",
)
LISTS = (
    "/",
    "/tools",
    "/tools?category=Writing",
    "/verdicts",
    "/verdicts?outcome=approved",
    "/feeds/verdicts.atom",
    "/feeds/verdicts.json?outcome=approved",
    "/api/v1/tools",
    "/api/v1/verdicts",
)
REST = (
    "/api/v1/tools",
    "/api/v1/verdicts",
    "/check?q=quillmark",
    "/suggest?q=quill",
    "/feeds/verdicts.atom",
    "/feeds/verdicts.json?outcome=approved",
    "/tools/quillmark/verdicts.rss",
    f"{memory.CHECK}?q=quillmark",
)
OWN = "x-request-id"
ROLES = {"rosa": Role.REVIEWER, "ravi": Role.REVIEWER, "amir": Role.APPROVER, "ada": Role.ADMIN}


@pytest.fixture
def people(cast: Mapping[str, int]) -> dict[str, Actor]:
    return {name: Actor(cast[name.title()], name.title(), frozenset({role})) for name, role in ROLES.items()}


def an_approval(session: Session, now: datetime) -> int:
    """Of Quillmark; it has gone out."""
    before = now - timedelta(days=3)
    tool = a_tool(session, now=before)
    a_verdict(session, tool, the_actors(session), now=before)
    return id_of(tool)


@pytest.fixture
def beginning() -> Beginning:
    return an_approval


@pytest.fixture
def tool_id(given: int) -> int:
    return given


@pytest.fixture
def site(client: TestClient, app: FastAPI) -> TestClient:
    app.state.parts.following.wait()
    return client


@pytest.fixture
def held(site: TestClient, app: FastAPI) -> Memory:
    found = app.middleware_stack
    while not isinstance(found, Memory):
        found = found.app
    return found


@pytest.fixture
def asked(site: TestClient, site_engine: Engine) -> list[str]:
    said: list[str] = []
    event.listen(site_engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    return said


def told(reply: Response) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
    return (
        reply.status_code,
        reply.content,
        sorted(each for each in reply.headers.raw if each[0].decode() != OWN),
    )


@pytest.mark.parametrize("address", [*PAGES, *REST])
def test_what_is_kept_is_what_was_made_with_every_header_and_so_is_its_304(
    site: TestClient, held: Memory, asked: list[str], address: str
) -> None:
    fresh = site.get(address)
    asked.clear()
    kept = site.get(address)
    known = {"If-None-Match": kept.headers["etag"]}
    unchanged = site.get(address, headers=known)
    assert asked == []
    assert told(kept) == told(fresh)
    assert kept.headers[OWN] != fresh.headers[OWN]
    held._held.clear()
    assert told(site.get(address, headers=known)) == told(unchanged)
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_what_was_read_at_once_shares_one_look_and_what_comes_later_has_its_own(
    site: TestClient, app: FastAPI, held: Memory, site_engine: Engine, people: dict[str, Actor],
    clock: HandClock, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    site.get("/verdicts/1")
    (key,) = held._held
    looks: list[None] = []
    look = held.following.heard

    def counted() -> Heard:
        looks.append(None)
        return look()

    def suspend() -> None:
        with transaction(site_engine) as session:
            mark(
                session,
                1,
                MarkKind.SUSPENDED,
                reason="A leak.",
                zone=UTC_ZONE,
                by=people["ada"],
                now=clock.now,
            )

    async def ask() -> list[bytes]:
        return [
            body for _, body in await asyncio.gather(*(remembered.given(app, key, app) for _ in range(3)))
        ]

    async def ask_around_an_act() -> tuple[list[bytes], list[bytes]]:
        before = await ask()
        suspend()
        return before, await ask()

    monkeypatch.setattr(held.following, "heard", counted)
    asyncio.run(ask())
    assert len(looks) == (3 if held.following.may_wait else 1)
    before, after = asyncio.run(ask_around_an_act())
    assert len(set(before)) == len(set(after)) == 1
    assert before[0] != after[0]


def test_what_many_wait_for_is_made_once_and_anew_for_who_came_after_an_act(
    site: TestClient, app: FastAPI, held: Memory, site_engine: Engine, people: dict[str, Actor],
    clock: HandClock, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    site.get("/verdicts/1")
    (key,) = held._held
    within, meanwhile = held.app, held._made_meanwhile
    made: list[str] = []
    waiting: list[Key] = []

    def befalls(kind: MarkKind) -> None:
        with transaction(site_engine) as session:
            mark(session, 1, kind, reason="A leak.", zone=UTC_ZONE, by=people["amir"], now=clock.now)

    async def noted(key: Key, now: datetime) -> Held | None:
        waiting.append(key)
        return await meanwhile(key, now)

    async def ask() -> tuple[set[bytes], set[bytes]]:
        read, may_go_on = asyncio.Event(), asyncio.Event()

        async def held_up(scope: Scope, receive: Receive, send: Send) -> None:
            sent: list[Message] = []

            async def note(message: Message) -> None:
                sent.append(message)

            made.append(scope["path"])
            await within(scope, receive, note)
            read.set()
            await may_go_on.wait()
            for message in sent:
                await send(message)

        async def told_to(some: int) -> set[bytes]:
            given = await asyncio.gather(*(remembered.given(app, key, app) for _ in range(some)))
            return {body for _, body in given}

        monkeypatch.setattr(held, "app", held_up)
        monkeypatch.setattr(held, "_made_meanwhile", noted)
        before = asyncio.create_task(told_to(1))
        await read.wait()
        befalls(MarkKind.REVOKED)
        after = asyncio.create_task(told_to(3))
        while len(waiting) < 4:
            await asyncio.sleep(0)
        may_go_on.set()
        return await before, await after

    befalls(MarkKind.SUSPENDED)
    before, after = asyncio.run(ask())
    assert len(before) == len(after) == 1
    assert before != after
    assert len(made) == 2


@pytest.mark.parametrize("address", PAGES)
def test_what_is_told_of_a_tool_ends_its_pages_and_has_lists_looked_at(
    site: TestClient, asked: list[str], site_engine: Engine, tool_id: int, clock: HandClock, address: str
) -> None:
    site.get(address)
    with transaction(site_engine) as session:
        after = {"title": "Quillmark - new terms", "signal": "terms", "announcer": "press"}
        record(session, "tool.mentioned", ("tool", tool_id), by=REGISTRY, now=clock.now, after=after)
    asked.clear()
    again = site.get(address)
    assert asked
    assert ("A change of its terms was reported" in again.text) == (address == "/tools/quillmark")


def test_what_shows_nowhere_ends_nothing(
    site: TestClient, asked: list[str], site_engine: Engine, clock: HandClock
) -> None:
    for address in (*PAGES, *REST):
        site.get(address)
    with transaction(site_engine) as session:
        session.add(Candidate(name="Wished", name_key="wished", seen_at=clock.now))
        session.add(Unanswered(key="x", query="x", first_at=clock.now, last_at=clock.now))
        record(session, "user.signed_in", ("user", 1), by=REGISTRY, now=clock.now)
    asked.clear()
    for address in (*PAGES, *REST):
        site.get(address)
    assert asked == []


def test_what_is_written_of_one_tool_leaves_the_pages_of_others(
    site: TestClient,
    held: Memory,
    asked: list[str],
    site_engine: Engine,
    clock: HandClock,
    people: dict[str, Actor],
) -> None:
    its = ("/tools/quillmark", "/verdicts/1", "/check?q=quillmark", *REST[-2:])
    with transaction(site_engine) as session:
        other = a_tool(session, "Murmur", now=clock.now - timedelta(days=3))
    for address in its:
        site.get(address)
    with transaction(site_engine) as session:
        a_verdict(session, session.get_one(Tool, other.id), people, now=clock.now - timedelta(days=2))
    site.get("/tools/quillmark")
    asked.clear()
    before = dict(held._held)
    for address in its:
        site.get(address)
    assert asked == []
    assert held._held == before
    assert "Murmur" in site.get("/verdicts").text


def test_work_on_a_tool_leaves_the_lists_that_read_the_same_after_it(
    site: TestClient, held: Memory, site_engine: Engine, clock: HandClock, people: dict[str, Actor]
) -> None:
    with transaction(site_engine) as session:
        case = an_evaluation(
            session, a_tool(session, "Murmur", now=clock.now), owner=people["rosa"],
            reviewers=(people["rosa"], people["ravi"]), now=clock.now,
        )  # fmt: skip
    of_it = ("/tools/murmur", "/check?q=murmur")
    for who in ("rosa", "ravi"):
        for address in (*LISTS, *of_it):
            site.get(address)
        before = dict(held._held)
        with transaction(site_engine) as session:
            scored(session, session.merge(case), people[who], now=clock.now)
    for address in (*LISTS, *of_it):
        site.get(address)
    of_lists = {key: each for key, each in before.items() if each.holds.shown.listed}
    assert len(of_lists) == len(LISTS) - 1  # that of the API tells when a decision may be expected
    assert all(held._held[key] is each for key, each in of_lists.items())
    assert all(held._held[key] is not each for key, each in before.items() if key not in of_lists)


@pytest.mark.parametrize("address", LISTS)
def test_a_list_tells_what_comes_into_it_at_once(
    site: TestClient,
    site_engine: Engine,
    clock: HandClock,
    people: dict[str, Actor],
    tool_id: int,
    address: str,
) -> None:
    first = site.get(address).text
    with transaction(site_engine) as session:
        mark(session, 1, MarkKind.SUSPENDED, reason="A leak.", zone=UTC_ZONE, by=people["ada"], now=clock.now)
    second = site.get(address).text
    assert second != first
    with transaction(site_engine) as session:
        a_verdict(session, a_tool(session, "Murmur", now=clock.now), people, now=clock.now)
    site.get(address)
    clock.pass_time(minutes=6)  # it goes out
    third = site.get(address)
    assert third.text != second
    assert (
        third.content
        == site.get(address, headers={"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}).content
    )


def test_a_verdict_that_goes_out_ends_what_shows_its_tool_and_no_page_of_another(
    site: TestClient,
    held: Memory,
    site_engine: Engine,
    clock: HandClock,
    people: dict[str, Actor],
) -> None:
    with transaction(site_engine) as session:
        a_verdict(session, a_tool(session, "Murmur", now=clock.now), people, now=clock.now)
    others = ("/tools/quillmark", "/verdicts/1", "/tools/quillmark/verdicts.rss")
    its = (
        *("/tools/murmur", "/check?q=murmur", f"{memory.CHECK}?q=murmur"),
        *("/tools/murmur/verdicts.rss", "/suggest?q=murmur"),
    )
    said = {address: site.get(address).text for address in (*others, *its)}
    before = dict(held._held)
    clock.pass_time(minutes=6)
    assert {address for address, text in said.items() if site.get(address).text != text} == {*its}
    assert {key[1] for key, each in before.items() if held._held[key] is each} == {*others}


def test_the_day_and_the_end_of_an_undo_window_end_a_page(
    site: TestClient, asked: list[str], clock: HandClock
) -> None:
    site.get("/tools/quillmark")
    clock.pass_time(hours=9)
    asked.clear()
    site.get("/tools/quillmark")
    assert asked == []
    clock.pass_time(hours=1)  # it is midnight past
    site.get("/tools/quillmark")
    assert asked


@pytest.mark.parametrize(
    "header", [{"Cookie": "registry=x"}, {"Cookie": "theme=dark; registry=x"}, {"Authorization": "Bearer x"}]
)
def test_who_may_be_somebody_gets_a_page_of_their_own(
    site: TestClient, held: Memory, asked: list[str], header: dict[str, str]
) -> None:
    site.get("/tools/quillmark")
    asked.clear()
    site.get("/tools/quillmark", headers=header)
    assert asked
    assert len(held._held) == 1


def test_a_page_of_somebody_who_is_signed_in_is_never_kept(
    as_: Callable[[str], TestClient], held: Memory
) -> None:
    rosa = as_("Rosa")
    for address in PAGES:
        reply = rosa.get(address)
        assert "Sign out" in reply.text
        assert "etag" not in reply.headers
    assert not held._held


def test_each_look_is_kept_for_itself(site: TestClient) -> None:
    plain, dark = site.get("/").text, site.get("/", headers={"Cookie": "theme=dark"}).text
    assert 'data-theme="dark"' in dark
    assert site.get("/").text == plain
    assert site.get("/", headers={"Cookie": "theme=dark"}).text == dark


@pytest.mark.counts_requests
def test_what_is_not_for_everybody_or_was_not_understood_is_not_kept(site: TestClient, held: Memory) -> None:
    for address in (
        "/tools/nobody",
        "/verdicts/99",
        "/verdicts?outcome=maybe",
        "/check?q=nobody-knows-it",
        "/login",
    ):
        site.get(address)
    assert not held._held


def test_what_is_kept_is_bounded_in_bytes(
    site: TestClient, held: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "MOST_BYTES", 20_000)
    for number in range(12):
        site.get(f"/verdicts?q=word{number}")
    assert 0 < len(held._held) < 12
    assert sum(each.size for each in held._held.values()) == held._bytes <= 20_000
    site.get(f"/verdicts?q={'x' * 1_100}")
    assert all(len(query) <= memory.MOST_ADDRESS for _, _, query, *_ in held._held)


@pytest.mark.parametrize(
    ("address", "twice"),
    [
        ("/feeds/verdicts.atom", [("Accept-Encoding", "gzip"), ("Accept-Encoding", "identity")]),
        ("/", [("Cookie", "theme=dark"), ("Cookie", ""), ("Accept-Encoding", "identity")]),
    ],
)
def test_who_says_a_header_twice_changes_nothing_for_others(
    site: TestClient, held: Memory, address: str, twice: list[tuple[str, str]]
) -> None:
    plain = {"Accept-Encoding": "identity"}
    before = site.get(address, headers=plain)
    held._held.clear()
    site.get(address, headers=twice)
    assert told(site.get(address, headers=plain)) == told(before)
