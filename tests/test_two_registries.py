"""Two registries side by side, real servers on loopback with data of their own, one following the other."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import uvicorn
from sqlalchemy import Engine
from sqlmodel import select

from registry.domain.announcement import Announcer
from registry.domain.outcome import Outcome
from registry.domain.triggers import Cause
from registry.domain.validity import MarkKind
from registry.scheduler import Scheduler
from registry.services.decisions import adoption
from registry.services.decisions.adoption import Adopting
from registry.services.outside import evidence
from registry.services.people.acting import Actor
from registry.services.people.house import house
from registry.services.rubrics import rubric_files
from registry.services.sources import sources
from registry.services.verdicts import verdict_life
from registry.settings import Settings
from registry.store import outside
from registry.store.engine import make_engine, snapshot, transaction
from registry.store.tables import AliasKind, Reopening, Source, Tool
from registry.trying import check_address
from registry.web.app import create_app
from scrapers.errors import ParseError
from tests.builders import TERMS, UTC_ZONE, a_tool, a_verdict, the_cast
from tests.conftest import in_whole
from tests.web.conftest import HandClock

A_DAY = timedelta(days=1)
TWICE = timedelta(minutes=10)


@dataclass
class Registry:
    """One organisation's registry: its own database and folder, served at `url`."""

    settings: Settings
    engine: Engine
    clock: HandClock
    cast: dict[str, Actor]
    scheduler: Scheduler

    @property
    def url(self) -> str:
        return self.settings.base_url

    def decides(self, name: str, outcome: Outcome = Outcome.APPROVED_WITH_CONDITIONS, **more: Any) -> int:
        """A verdict that goes out at once; gives its number."""
        with transaction(self.engine) as session:
            tool = session.exec(select(Tool).where(Tool.name == name)).one()
            row = a_verdict(session, tool, self.cast, now=self.clock.now, outcome=outcome, **more)
            number = row.number
        self.clock.now += TWICE
        return number

    def marks(self, number: int, kind: MarkKind, reason: str) -> None:
        with transaction(self.engine) as session:
            who = self.cast["amir"]
            now = self.clock.now
            verdict_life.mark(session, number, kind, reason=reason, zone=UTC_ZONE, by=who, now=now)
        self.clock.now += TWICE

    def lists(self, name: str) -> None:
        with transaction(self.engine) as session:
            domain = f"{name.lower()}.example"
            a_tool(session, name, now=self.clock.now, aliases={domain: AliasKind.DOMAIN})

    def follows(self, url: str) -> None:
        with transaction(self.engine) as session:
            sources.add_source(
                session, url=url, name="", announcer=Announcer.NEWS, by=self.cast["ada"], now=self.clock.now
            )

    def ticks(self) -> None:
        """A day later all that is due is read, placed and opened again, by the real scheduler."""
        self.clock.now += A_DAY
        self.scheduler.tick()
        assert self.scheduler.ticked_at == self.clock.now

    def told(self) -> list[tuple[str, str, str, str]]:
        """Number, tool, outcome and state of what others decided, by number."""
        with snapshot(self.engine) as session:
            found = outside.page(session, outside.Wanted())
            now = self.clock.now
            pairs = [(row, source) for row, source, _ in found]
            every = evidence.pieces(session, pairs, today=now.date(), now=now)
            return sorted(
                (each.outside.number, each.outside.tool_name, each.outside.outcome, each.outside.state)
                for each in every
            )

    def reads(self, path: str) -> str:
        with urlopen(f"{self.url}{path}", timeout=20) as reply:
            return reply.read().decode()


@contextmanager
def serving(folder: Path, database_url: str, clock: HandClock) -> Iterator[Registry]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    settings = Settings(
        data_dir=folder,
        database_url=database_url,
        base_url=f"http://127.0.0.1:{listening.getsockname()[1]}",
        allow_private_cidrs=("127.0.0.0/8",),
        name=f"{folder.name.capitalize()} Registry",
    )
    engine = make_engine(database_url)
    with transaction(engine) as session:
        rubric_files.take_in(session, None, now=clock.now)
        cast = the_cast(session, clock.now)
    app = create_app(settings, engine=engine, clock=clock)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    scheduler = Scheduler(engine, settings, clock=clock)
    try:
        yield Registry(settings, engine, clock, cast, scheduler)
    finally:
        scheduler.stop()
        server.should_exit = True
        thread.join()
        engine.dispose()


@pytest.fixture(params=["sqlite", *in_whole(["postgresql"])])
def two(
    request: pytest.FixtureRequest, migrated_file: Path, tmp_path: Path, clock: HandClock
) -> Iterator[tuple[Registry, Registry]]:
    with ExitStack() as stack:

        def started(name: str) -> Registry:
            folder = tmp_path / name
            folder.mkdir()
            if request.param == "sqlite":
                (folder / "registry.sqlite3").write_bytes(migrated_file.read_bytes())
                url = f"sqlite:///{folder / 'registry.sqlite3'}"
            else:
                url = stack.enter_context(request.getfixturevalue("postgres").database())
            return stack.enter_context(serving(folder, url, clock))

        yield started("harbour"), started("valley")


@pytest.fixture
def clock(now) -> HandClock:
    return HandClock(now)


def test_one_follows_the_other_from_a_first_verdict_to_its_successor_and_its_end(two):
    harbour, valley = two
    for name in ("Quillmark", "Inkwell"):
        harbour.lists(name)
        valley.lists(name)
    first = harbour.decides("Quillmark")
    other = harbour.decides("Inkwell", Outcome.APPROVED)

    # Its home page leads to its feeds, and the feed is recognised by what it holds.
    with pytest.raises(ParseError) as page:
        check_address(valley.settings, harbour.url)
    feeds = [each for each in page.value.suggested if each.endswith("verdicts.json")]
    checked = check_address(valley.settings, feeds[0])
    assert (checked.kind, checked.verdicts) == ("verdicts", 2)
    with pytest.raises(ParseError) as refused:
        check_address(harbour.settings, feeds[0])
    assert refused.value.code == "own_feed"

    valley.follows(checked.url)
    valley.ticks()
    with snapshot(valley.engine) as session:
        source = session.exec(select(Source)).one()
        assert (source.kind, source.error, source.note) == ("verdicts", "", "")
    assert valley.told() == [
        (str(first), "Quillmark", "approved_with_conditions", "active"),
        (str(other), "Inkwell", "approved", "active"),
    ]
    answer = json.loads(valley.reads("/api/v1/check?q=Quillmark"))
    assert answer["answer"] == "not_reviewed"
    assert "approved it with conditions" in answer["evidence"]["sentence"]
    assert "What other organisations decided" in valley.reads("/tools/quillmark")

    # Valley adopts it; Harbour decides anew, and pauses the other one.
    adopted = _adopts(valley, "Quillmark")
    valley.clock.now += TWICE
    assert json.loads(valley.reads("/api/v1/check?q=Quillmark"))["answer"] == "yes_if"
    second = harbour.decides("Quillmark", Outcome.REJECTED, supersedes=(first,))
    harbour.marks(other, MarkKind.SUSPENDED, "A leak was reported.")
    valley.ticks()
    assert valley.told() == [
        (str(first), "Quillmark", "approved_with_conditions", "superseded"),
        (str(other), "Inkwell", "approved", "suspended"),
        (str(second), "Quillmark", "rejected", "active"),
    ]
    with snapshot(valley.engine) as session:
        opened = session.exec(select(Reopening)).one()
        assert opened.cause is Cause.ADOPTED
        assert "replaced by a newer verdict" in opened.text
    assert json.loads(valley.reads("/api/v1/check?q=Quillmark"))["verdict"]["number"] == adopted

    harbour.marks(other, MarkKind.REVOKED, "The leak is real.")
    valley.ticks()
    assert (str(other), "Inkwell", "approved", "revoked") in valley.told()
    assert json.loads(valley.reads("/api/v1/check?q=Inkwell"))["evidence"] is None
    page_of_tool = valley.reads("/tools/inkwell")
    assert "The leak is real." in page_of_tool

    # Nothing of Harbour's is told as Valley's; following each other, neither takes its own word for another's.
    told = json.loads(valley.reads("/feeds/verdicts.json"))["items"]
    assert {each["_registry"]["number"] for each in told} == {adopted}
    harbour.follows(f"{valley.url}/feeds/verdicts.atom")
    harbour.ticks()
    valley.ticks()
    [(number, name, _, _)] = harbour.told()
    assert (number, name) == (str(adopted), "Quillmark")
    assert len(valley.told()) == 3
    with snapshot(harbour.engine) as session:
        tool = session.exec(select(Tool).where(Tool.name == "Quillmark")).one()
        now = harbour.clock.now
        found = evidence.on_tool(session, tool.id, today=now.date(), now=now)
        assert [each.ours for each in found.pieces] == [True]
        assert found.sentence == ""


def _adopts(registry: Registry, name: str) -> int:
    with transaction(registry.engine) as session:
        tool = session.exec(select(Tool).where(Tool.name == name)).one()
        now = registry.clock.now
        [piece] = evidence.on_tool(session, tool.id, today=now.date(), now=now).standing
        model = adoption.model(session, piece.id, now=now, terms=TERMS)
        theirs = adoption.filled(model, house(session, registry.settings), today=now.date())
        scope = replace(theirs.scope, data_ceiling="internal")
        told = Adopting(decision=replace(theirs, scope=scope), no_effect=True, independent=True)
        return adoption.adopt(session, piece.id, told, TERMS, by=registry.cast["amir"], now=now).number


@pytest.mark.parametrize("ending", in_whole(["atom", "json", "rss"]))
def test_every_format_tells_the_same_and_the_history_is_read_to_its_beginning(
    ending: str, migrated_file: Path, tmp_path: Path, clock: HandClock, many: Callable[[Registry], int]
):
    with ExitStack() as stack:
        started = []
        for name in ("harbour", "valley"):
            (tmp_path / name).mkdir()
            file = tmp_path / name / "registry.sqlite3"
            file.write_bytes(migrated_file.read_bytes())
            started.append(stack.enter_context(serving(tmp_path / name, f"sqlite:///{file}", clock)))
        harbour, valley = started
        decided = many(harbour)
        valley.follows(f"{harbour.url}/feeds/verdicts.{ending}")
        valley.ticks()
        with snapshot(valley.engine) as session:
            assert outside.count(session, outside.Wanted()) == decided
            rows = outside.page(session, outside.Wanted(), limit=1)
            said = rows[0][0].said
        assert said["tool"]["homepage"] == "https://quillmark.example/"
        assert "pkg:pypi/quillmark" in said["tool"]["identifiers"]
        assert said["conditions"] or said["outcome"] != "approved_with_conditions"


@pytest.fixture
def many() -> Callable[[Registry], int]:
    """More verdicts than one document holds, of one tool."""

    def decide(registry: Registry) -> int:
        with transaction(registry.engine) as session:
            aliases = {"pkg:pypi/quillmark": AliasKind.PURL}
            tool = a_tool(session, now=registry.clock.now, aliases=aliases)
            numbers: list[int] = []
            for _ in range(55):
                row = a_verdict(
                    session,
                    tool,
                    registry.cast,
                    now=registry.clock.now,
                    supersedes=tuple(numbers[-1:]),
                )
                numbers.append(row.number)
                registry.clock.now += TWICE
        return len(numbers)

    return decide
