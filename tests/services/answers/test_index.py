"""The index in memory: what it finds, and that it stays what the store holds."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Event, RLock, Semaphore

import pytest
from rapidfuzz import process
from rapidfuzz.distance import OSA
from sqlalchemy import Engine
from sqlmodel import Session, select

from registry.services.answers.asking import read_query
from registry.services.answers.following import Following
from registry.services.answers.index import Index
from registry.services.answers.matching import complete, read_index
from registry.services.answers.names import Names, NamesInLines
from registry.store.changes import Changes
from registry.store.columns import id_of
from registry.store.engine import make_engine, snapshot, transaction
from registry.store.tables import Alias, AliasKind, Tool, Unanswered
from tests.builders import a_tool

QUERIES = (
    "Quillmark",
    "quilmark",
    "quill.example",
    "https://a.quill.example/x",
    "Inkhouse",
    "murm",
    "Murmur",
    "Rill",
)


@pytest.fixture
def following(engine: Engine, now: datetime) -> Iterator[Following]:
    following = Following(engine, lambda: now)
    following.start()
    following.wait()
    yield following
    following.close()


def found(index: Index | None, query: str) -> int | None:
    assert index is not None
    match = index.match(read_query(query))
    return match and match[2]


def told(index: Index) -> list[object]:
    asked = [read_query(query) for query in QUERIES]
    return [
        (index.match(each), index.near(each, limit=8), index.begun(each.words, limit=8)) for each in asked
    ]


def test_what_is_begun_finds_each_tool_once_the_shortest_name_first(session: Session, now: datetime) -> None:
    a_tool(session, "Murmur Notes", now=now, aliases={"Murmurer": AliasKind.NAME})
    a_tool(session, "Murm", now=now)
    assert [tool.name for tool in complete(session, "murm")] == ["Murm", "Murmur Notes"]
    assert complete(session, "%") == []


@pytest.mark.both_databases
def test_a_change_that_another_connection_commits_is_seen_at_the_next_question(
    engine: Engine, following: Following, now: datetime
) -> None:
    assert found(following.index(), "Quillmark") is None
    other = make_engine(engine.url.render_as_string(hide_password=False))
    with transaction(other) as session:
        tool_id = id_of(a_tool(session, "Quillmark", now=now))
        assert found(following.index(), "Quillmark") is None, "nothing was committed yet"
    assert found(following.index(), "Quillmark") == tool_id
    with transaction(other) as session:
        alias = session.exec(select(Alias)).one()
        alias.key, alias.text = "quillmarktwo", "Quillmark Two"
    assert found(following.index(), "Quillmark") is None
    assert found(following.index(), "quillmark two") == tool_id
    with transaction(other) as session:
        session.delete(session.exec(select(Alias)).one())
    assert found(following.index(), "quillmark two") is None
    other.dispose()


class Counted:
    """A lock that tells how many have come to it."""

    def __init__(self) -> None:
        self._lock, self.came = RLock(), Semaphore(0)

    def __enter__(self) -> None:
        self.came.release()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def test_of_many_who_ask_at_once_one_looks_for_all_and_none_is_told_what_is_over(
    engine: Engine, following: Following, now: datetime
) -> None:
    trail, lock = following._trail, Counted()
    assert trail is not None
    looked, real, goes_on, began = [], trail.news, Event(), Event()

    def news() -> Changes | None:
        looked.append(real())
        began.set()
        assert goes_on.wait(20)
        return looked[-1]

    own, following._lock, trail.news = following._lock, lock, news  # type: ignore[assignment, method-assign]
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(following.index)
        assert began.wait(20)
        with transaction(engine) as session:
            tool_id = id_of(a_tool(session, "Quillmark", now=now))
        others = [pool.submit(following.index) for _ in range(8)]
        for _ in range(9):
            assert lock.came.acquire(timeout=20)
        goes_on.set()
        first.result(20)
        assert {found(each.result(20), "Quillmark") for each in others} == {tool_id}
    following._lock = own
    assert len(looked) == 2


@pytest.mark.both_databases
def test_what_is_committed_in_another_order_than_it_was_written_is_not_missed(
    engine: Engine, following: Following, now: datetime
) -> None:
    if engine.dialect.name == "sqlite":
        return  # it has one writer at a time
    with Session(engine) as first, Session(engine) as second:
        early = id_of(a_tool(first, "Early", now=now))
        late = id_of(a_tool(second, "Late", now=now))
        second.commit()
        assert found(following.index(), "Late") == late
        assert found(following.index(), "Early") is None
        first.commit()
        assert found(following.index(), "Early") == early


@pytest.mark.both_databases
def test_an_answer_is_forgotten_when_what_it_is_made_of_changes(
    engine: Engine, following: Following, now: datetime
) -> None:
    age = following.written.newest
    with transaction(engine) as session:
        tool = a_tool(session, now=now)
    following.index()
    assert following.written.newest != age, "a tool"
    age = following.written.newest
    with transaction(engine) as session:
        session.get_one(Tool, tool.id).guidance = "Ask first."
    following.index()
    assert following.written.newest != age, "its guidance"
    age = following.written.newest
    following.index()
    assert following.written.newest == age, "nothing happened"
    with transaction(engine) as session:
        session.add(Unanswered(key="quillmork", query="Quillmork", first_at=now, last_at=now))
    following.index()
    assert following.written.newest == age, "nothing that anybody is shown"


def test_an_index_that_followed_is_the_same_as_one_made_anew(engine: Engine, now: datetime) -> None:
    dice = random.Random(20261103)
    following = Following(engine, lambda: now)
    following.start()
    following.wait()
    names = ["Quill", "Quillmark", "Murmur", "Murm", "Rill", "Quarry", "Inkwell", "Rillet"]
    for step in range(60):
        with transaction(engine) as session:
            tools = session.exec(select(Tool)).all()
            if not tools or dice.random() < 0.4:
                name = f"{dice.choice(names)} {step}"
                host = {f"{dice.choice(names).lower()}{step}.example": AliasKind.DOMAIN}
                a_tool(session, name, now=now, vendor=dice.choice(["", "Inkhouse", "Rill"]), aliases=host)
            else:
                tool = dice.choice(tools)
                aliases = session.exec(select(Alias).where(Alias.tool_id == tool.id)).all()
                if dice.random() < 0.4 and aliases:
                    session.delete(dice.choice(aliases))
                elif dice.random() < 0.5:
                    tool.vendor = dice.choice(["", "Inkhouse", "Rill"])
                else:
                    key = f"{dice.choice(names).lower()}{dice.choice(['', step])}"
                    if session.exec(select(Alias).where(Alias.key == key)).first() is None:
                        session.add(Alias(tool_id=id_of(tool), kind=AliasKind.NAME, text=key, key=key))
        with snapshot(engine) as session:
            fresh = read_index(session)
        followed = following.index()
        assert followed is not None
        assert told(followed) == told(fresh), step
    following.close()


def test_so_much_news_that_the_trail_lost_it_makes_the_index_anew(
    engine: Engine, following: Following, now: datetime
) -> None:
    with transaction(engine) as session:
        tools = [Tool(slug=f"t{n}", name=f"T {n}", created_at=now) for n in range(6_000)]
        session.add_all(tools)
        session.flush()
        session.add(Alias(tool_id=id_of(tools[7]), kind=AliasKind.NAME, text="T 7", key="t7"))
    assert following.index() is None, "it is made beside the questions, which the store answers meanwhile"
    assert found(following.wait(), "T 7") == tools[7].id


@pytest.mark.both_databases
def test_a_store_that_cannot_be_read_is_logged_and_asked_again_at_the_next_question(
    engine: Engine, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    with transaction(engine) as session:
        a_tool(session, "Quillmark", now=now)
    following = Following(engine, lambda: now)
    rename(engine, "tool_change", "elsewhere")
    following.start()
    assert following.wait() is None
    rename(engine, "elsewhere", "tool_change")
    following.wait()  # what was begun before may have failed still
    assert following.wait() is not None

    rename(engine, "tool_change", "elsewhere")
    assert following.index() is None
    rename(engine, "elsewhere", "tool_change")
    following.wait()
    assert found(following.wait(), "Quillmark") is not None
    following.close()
    assert {"index not made", "index not followed"} <= {each.message for each in caplog.records}


def rename(engine: Engine, table: str, name: str) -> None:
    with transaction(engine) as session:
        session.connection().exec_driver_sql(f"ALTER TABLE {table} RENAME TO {name}")


@pytest.mark.parametrize("typed", ["jria", "jra", "jiira", "kira", "jirx"])
def test_a_short_name_is_found_by_any_one_edit(typed: str) -> None:
    names = Names([("jira", 1), ("mural", 2), ("asana", 3), ("jirafe", 4), ("docker", 5)])
    assert names.near(typed, limit=3)[0] == 1


@pytest.mark.parametrize(
    ("typed", "meant", "other"),
    [
        ("kanbna", "kanban", "kanbra"),  # swapped
        ("quilmark", "quillmark", "quiltark"),  # left out
        ("murrmur", "murmur", "burrmur"),  # typed twice
    ],
)
def test_of_names_as_near_a_slip_comes_before_a_letter_that_the_name_does_not_have(
    typed: str, meant: str, other: str
) -> None:
    assert Names([(other, 1), (meant, 2)]).near(typed, limit=2) == [2, 1]


def test_the_nearest_of_many_names_is_found_two_edits_away_and_if_it_came_late() -> None:
    dice = random.Random(12)
    words = ("".join(dice.choices("aelnst", k=dice.randint(6, 7))) for _ in range(9_000))
    keys = list(dict.fromkeys(word + dice.choice(["studio", "cloud"]) for word in words))
    names = Names((key, at) for at, key in enumerate(keys[:-1_000]))
    for at, key in enumerate(keys[-1_000:], len(keys) - 1_000):
        names.add(key, at)
    for key in dice.sample(keys, 20) + dice.sample(keys[-1_000:], 20):
        first, second = sorted(dice.sample(range(1, len(key) - 1), 2))
        typed = f"{key[:first]}{key[first + 1 : second]}o{key[second:]}"
        _, nearest, _ = process.extractOne(typed, keys, scorer=OSA.distance)
        assert OSA.distance(typed, keys[names.near(typed, limit=1)[0]]) == nearest, (typed, key)


def test_names_that_went_are_suggested_no_more() -> None:
    names = Names([("quillmark", 1), ("quillmarks", 2)])
    names.forget(frozenset({1}))
    assert names.near("quillmark", limit=3) == [2]


def test_reading_all_names_by_finds_what_the_names_in_memory_find() -> None:
    dice = random.Random(11)
    words = {"".join(dice.choices("aelnst", k=dice.randint(1, 14))) for _ in range(3_000)}
    owners = {key: at % 900 for at, key in enumerate(sorted(words))}
    names, lines = Names(owners.items()), "\n".join(dice.sample([*owners], len(owners)))
    for key in ["n", "at", *(key[1:] + dice.choice("aeq") for key in dice.sample([*owners], 60))]:
        read = NamesInLines(key, lines, lambda some: {each: owners[each] for each in some})
        assert read.near(key, limit=8) == names.near(key, limit=8), key


def test_names_of_any_letters_and_lengths_are_found_by_a_slip() -> None:
    keys = ["x", "ab", "größenwahn", "маркировка", "🦊🦊fox", "naïveté", "quillmark", "a" * 120]
    names = Names((key, at) for at, key in enumerate(keys))
    names.add("zürichsee", len(keys))
    keys.append("zürichsee")
    for at, key in enumerate(keys[2:], 2):
        assert names.near(key[:-2] + key[-1], limit=1) == [at], key
    assert names.near("abx", limit=1) == [1]
