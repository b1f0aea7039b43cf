"""The site's cast as they act in services, and evaluations at each station."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import pytest
from sqlalchemy import Engine

from registry.services.acting import Actor
from registry.store import users
from registry.store.columns import id_of
from registry.store.engine import snapshot, transaction
from tests.builders import a_tool, an_evaluation, scored


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
