"""What was written is heard of at the next request, and by no thread where nothing was."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from registry.services.answers.following import Following
from registry.store.engine import make_engine, transaction
from registry.web.listening import Listening
from registry.web.parts import utc_now
from tests.builders import a_tool
from tests.postgres import Postgres

ENDED = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture
def far(postgres: Postgres) -> Iterator[Engine]:
    with postgres.database() as url:
        engine = make_engine(url)
        yield engine
        engine.dispose()


@pytest.fixture
def following(far: Engine) -> Iterator[Following]:
    made = Following(far, utc_now)
    made.start()
    made.wait()
    yield made
    made.close()


@pytest.fixture
def in_threads(following: Following, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The threads in which it was asked."""
    asked: list[str] = []
    heard = following.heard

    def noted() -> object:
        asked.append(threading.current_thread().name)
        return heard()

    monkeypatch.setattr(following, "heard", noted)
    return asked


def test_where_nothing_was_written_no_thread_is_asked(following: Following, in_threads: list[str]) -> None:
    listening = Listening(following)

    async def several() -> list[int]:
        return [heard.newest for heard in await asyncio.gather(*(listening.hear() for _ in range(5)))]

    assert len({*asyncio.run(several()), *asyncio.run(several())}) == 1
    assert in_threads == []


def test_a_change_is_heard_of_by_the_next_who_asks_and_by_who_asked_while_others_waited(
    far: Engine, following: Following, in_threads: list[str]
) -> None:
    listening = Listening(following)

    async def ask_around_a_change() -> None:
        first = await listening.hear()
        asked_before = asyncio.ensure_future(listening.hear())
        await asyncio.sleep(0)  # the database is asked now
        with transaction(far) as session:
            a_tool(session, "Quillmark", now=utc_now())
        asked_after = await listening.hear()
        assert asked_after.index is not None
        assert asked_after.index.named("quillmark") is not None
        assert asked_after.newest > first.newest
        assert (await asked_before).newest >= first.newest

    asyncio.run(ask_around_a_change())
    assert len(in_threads) == 1


def test_who_no_longer_waits_keeps_the_others_from_nothing(following: Following) -> None:
    listening = Listening(following)

    async def one_leaves() -> None:
        leaving, staying = (asyncio.ensure_future(listening.hear()) for _ in range(2))
        await asyncio.sleep(0)
        leaving.cancel()
        assert (await staying).index is not None
        assert (await listening.hear()).index is not None

    asyncio.run(one_leaves())


def test_where_the_connection_was_ended_it_is_asked_anew(far: Engine, following: Following) -> None:
    listening = Listening(following)

    async def ask_after_the_end() -> None:
        await listening.hear()
        with transaction(far) as session:
            session.execute(text(ENDED))
        assert (await listening.hear()).index is None  # it is being made

    asyncio.run(ask_after_the_end())
    assert following.wait() is not None
    assert asyncio.run(listening.hear()).index is not None


def test_another_thread_that_asks_meanwhile_waits_its_turn(following: Following) -> None:
    listening = Listening(following)

    async def both() -> None:
        mine = asyncio.ensure_future(listening.hear())
        await asyncio.sleep(0)
        theirs = asyncio.to_thread(following.index)
        assert await theirs is (await mine).index

    asyncio.run(both())


def test_a_site_ends_while_the_database_is_being_asked(
    following: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.services.answers.following.LEAVING_S", 0.01)
    assert following.ask() is not None
    ending = threading.Thread(target=following.close, daemon=True)
    ending.start()
    ending.join(10)
    assert not ending.is_alive()
    following.heard_nothing()
