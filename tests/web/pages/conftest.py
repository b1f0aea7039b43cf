"""The site's cast as they act in services, evaluations at each station, and a site with decided tools."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session
from starlette.testclient import TestClient

from registry.domain.outcome import Outcome
from registry.domain.validity import MarkKind
from registry.domain.verdict import Scope
from registry.services.people.acting import Actor
from registry.services.verdicts.announcing import Sweep
from registry.services.verdicts.verdict_life import mark
from registry.settings import Settings
from registry.store import users
from registry.store.columns import id_of
from registry.store.engine import make_engine, snapshot, transaction
from registry.store.tables import AliasKind
from registry.web.app import create_app
from tests.builders import (
    UTC_ZONE,
    a_condition,
    a_tool,
    a_verdict,
    an_evaluation,
    scored,
    the_cast,
    the_offices,
)
from tests.conftest import NOW
from tests.web.conftest import SAME_ORIGIN, HandClock

HOSTILE = '<script>alert("x")</script>'


def prepare(session: Session, now: datetime) -> Mapping[str, Actor]:
    """Verdicts 1 yes, 2 replaced by 3 yes-if, 4 no, 5 lapsed, 6 suspended, 7 withdrawn, 8 in its undo window."""
    cast = the_cast(session, now - timedelta(days=2000))
    the_offices(session)

    def ago(days: int) -> datetime:
        return now - timedelta(days=days)

    quill = a_tool(
        session,
        "Quillmark",
        now=ago(400),
        vendor="Northlight",
        tagged=("offline", "open-source"),
        aliases={"quillmark.example": AliasKind.DOMAIN},
    )
    murmur = a_tool(session, "Murmur Notes", now=ago(400), category="Meetings")
    harrow = a_tool(session, "Harrow Chat", now=ago(400), category="Assistants", tagged=("offline",))
    lapsa = a_tool(session, "Lapsa", now=ago(1500), category="Drawing")
    sundial = a_tool(session, "Sundial", now=ago(400), category="Planning")
    gone = a_tool(session, "Gonefish", now=ago(400), category="Planning")
    fresh = a_tool(session, "Umber Draw", now=ago(400), category="Drawing")
    waits = a_tool(session, "Wendle", now=ago(400), category="Assistants")
    a_tool(session, "Untried", now=ago(400), category="Assistants")
    a_verdict(session, quill, cast, now=ago(100))
    older = a_verdict(
        session,
        murmur,
        cast,
        now=ago(300),
        outcome=Outcome.APPROVED_WITH_CONDITIONS,
        scope=Scope(data_ceiling="public"),
    )
    a_verdict(
        session,
        murmur,
        cast,
        now=ago(30),
        outcome=Outcome.APPROVED_WITH_CONDITIONS,
        scope=Scope(data_ceiling="internal"),
        supersedes=(older.number,),
        conditions=(a_condition(f"Tell everyone on the call. {HOSTILE}", "R5"),),
    )
    a_verdict(session, harrow, cast, now=ago(20), outcome=Outcome.REJECTED, alternatives=("quillmark",))
    a_verdict(session, lapsa, cast, now=ago(1200))
    a_verdict(session, sundial, cast, now=ago(40))
    a_verdict(session, gone, cast, now=ago(40))
    mark(session, 6, MarkKind.SUSPENDED, reason="A leak.", zone=UTC_ZONE, by=cast["ana"], now=ago(2))
    mark(session, 7, MarkKind.REVOKED, reason="It was sold.", zone=UTC_ZONE, by=cast["ana"], now=ago(1))
    an_evaluation(session, waits, owner=cast["rosa"], reviewers=(cast["rosa"],), now=ago(5))
    a_verdict(session, fresh, cast, now=now)
    Sweep(UTC_ZONE).write(session, now)
    return cast


@pytest.fixture(scope="session")
def decided_file(
    cast_file: tuple[Path, dict[str, int]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Mapping[str, Actor]]:
    path = tmp_path_factory.mktemp("decided") / "registry.sqlite3"
    shutil.copy(cast_file[0], path)
    engine = make_engine(f"sqlite:///{path}")
    with transaction(engine) as session:
        actors = prepare(session, NOW)
    engine.dispose()
    return path, actors


@pytest.fixture
def decided(
    site_engine: Engine, settings: Settings, decided_file: tuple[Path, Mapping[str, Actor]]
) -> Mapping[str, Actor]:
    """The site's database is one with decided tools, made once; what the test wrote before is gone."""
    path, actors = decided_file
    site_engine.dispose()
    shutil.copy(path, settings.data_dir / "registry.sqlite3")
    return actors


@pytest.fixture(scope="module")
def onlooker(
    decided_file: tuple[Path, Mapping[str, Actor]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    """Nobody's browser on one site with decided tools, for all tests of a module that change nothing."""
    folder = tmp_path_factory.mktemp("onlooker")
    shutil.copy(decided_file[0], folder / "registry.sqlite3")
    settings = Settings(data_dir=folder, base_url="http://testserver")
    engine = make_engine(settings.resolved_database_url)
    app = create_app(settings, engine=engine, clock=HandClock(NOW))
    with TestClient(
        app, headers=SAME_ORIGIN, follow_redirects=False, raise_server_exceptions=False
    ) as client:
        yield client
    engine.dispose()


@pytest.fixture
def actors(site_engine: Engine, cast: Mapping[str, int]) -> dict[str, Actor]:
    """`rosa`, `ravi`, `amir` and so on, as who they are signed in as."""
    with snapshot(site_engine) as session:
        return {
            name.lower(): Actor(user_id, name, users.roles(session, user_id))
            for name, user_id in cast.items()
        }


@dataclass(frozen=True)
class Case:
    id: int

    @property
    def url(self) -> str:
        return f"/evaluations/{self.id}"


@pytest.fixture
def a_case(site_engine: Engine, actors: Mapping[str, Actor], now: datetime) -> Callable[..., Case]:
    """An evaluation owned by Rosa, for Rosa and Ravi to score; `ravi={"R1": "4"}` hands in Ravi's scorecard."""

    def make(name: str = "Quillmark", *, tier: int = 2, **cards: dict[str, str]) -> Case:
        with transaction(site_engine) as session:
            evaluation = an_evaluation(
                session,
                a_tool(session, name, now=now),
                owner=actors["rosa"],
                reviewers=(actors["rosa"], actors["ravi"]),
                tier=tier,
                now=now,
            )
            for who, ratings in cards.items():
                scored(session, evaluation, actors[who], now=now, **ratings)
            return Case(id_of(evaluation))

    return make
