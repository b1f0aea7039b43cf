"""Evaluations through the API: who sees which, and nobody another's scorecard too early."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from registry.services.evaluations import scoring
from registry.services.people.acting import Actor
from registry.store.columns import id_of
from registry.store.engine import transaction
from registry.store.tables import Evaluation, Role
from tests.builders import a_tool, an_evaluation, scored

SignIn = Callable[[str], TestClient]


@pytest.fixture
def reviewers(cast: dict[str, int]) -> tuple[Actor, Actor]:
    return (
        Actor(cast["Rosa"], "Rosa", frozenset({Role.REVIEWER})),
        Actor(cast["Ravi"], "Ravi", frozenset({Role.REVIEWER})),
    )


@pytest.fixture
def case(site_engine: Engine, now: datetime, reviewers: tuple[Actor, Actor]) -> int:
    """Rosa has handed in, Ravi has not."""
    rosa, _ravi = reviewers
    with transaction(site_engine) as session:
        evaluation = an_evaluation(
            session, a_tool(session, now=now), owner=rosa, reviewers=reviewers, now=now
        )
        scored(session, evaluation, rosa, now=now)
        return id_of(evaluation)


def _cards(browser: TestClient, case: int) -> list[str]:
    return [each["reviewer"] for each in browser.get(f"/api/v1/evaluations/{case}").json()["scorecards"]]


def test_nobody_reads_anothers_scorecard_before_handing_in_their_own(
    case: int, as_: SignIn, site_engine: Engine, reviewers: tuple[Actor, Actor], now: datetime
) -> None:
    ravi = as_("Ravi")
    before = ravi.get(f"/api/v1/evaluations/{case}").json()
    assert (before["blind"], before["scorecards"], before["missing"]) == (True, [], [])
    assert _cards(as_("Rosa"), case) == ["Rosa"]
    with transaction(site_engine) as session:
        scored(session, session.get_one(Evaluation, case), reviewers[1], now=now)
    after = ravi.get(f"/api/v1/evaluations/{case}").json()
    assert (after["blind"], _cards(ravi, case)) == (False, ["Ravi", "Rosa"])


def test_a_draft_is_its_reviewers_alone(
    case: int, as_: SignIn, site_engine: Engine, reviewers: tuple[Actor, Actor], now: datetime
) -> None:
    from registry.domain.scorecard import TypedScorecard

    with transaction(site_engine) as session:
        scoring.save_draft(session, case, TypedScorecard(), version=0, by=reviewers[1], now=now)
    assert _cards(as_("Ravi"), case) == ["Ravi"]
    assert _cards(as_("Rosa"), case) == ["Rosa"]
    assert _cards(as_("Amir"), case) == ["Rosa"]


def test_approvers_and_auditors_see_every_case_and_others_their_own(case: int, as_: SignIn) -> None:
    def listed(who: str) -> list[int]:
        return [each["id"] for each in as_(who).get("/api/v1/evaluations").json()["items"]]

    assert [listed(who) for who in ("Rosa", "Ravi", "Amir", "Uma")] == [[case]] * 4
    for who in ("Ada", "Emil"):
        assert as_(who).get("/api/v1/evaluations").status_code == 403
        assert as_(who).get(f"/api/v1/evaluations/{case}").status_code == 403
