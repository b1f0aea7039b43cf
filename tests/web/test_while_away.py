"""Who decides for an approver who is away: named at the account, seen at once by both, ended by either or an admin."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from registry.domain.errors import NotAllowed
from registry.services.people import deputies
from registry.services.people.acting import Actor
from registry.services.people.reach import require_reach
from registry.services.rubrics import rubric_files
from registry.store.columns import id_of
from registry.store.engine import transaction
from registry.store.tables import Role
from tests.builders import a_tool, an_evaluation, scored
from tests.web.conftest import HandClock

As = Callable[[str], TestClient]


@pytest.fixture
def case(site_engine: Engine, cast: Mapping[str, int], clock: HandClock) -> int:
    """An evaluation that Rosa owns and scored with Ravi, and on which an approver decides."""
    with transaction(site_engine) as session:
        rubric_files.take_in(session, None, now=clock.now)
        people = [Actor(cast[name], name, frozenset({Role.REVIEWER})) for name in ("Rosa", "Ravi")]
        found = an_evaluation(
            session,
            a_tool(session, now=clock.now),
            owner=people[0],
            reviewers=people[:1],
            tier=1,
            now=clock.now,
        )
        scored(session, found, people[0], now=clock.now)
        return id_of(found)


@pytest.fixture
def away(as_: As, cast: Mapping[str, int], clock: HandClock) -> int:
    """Amir is away today and for two days more, and Ravi decides for him."""
    today = clock.now.date()
    sent = {"deputy": cast["Ravi"], "first_day": f"{today}", "last_day": f"{today + timedelta(days=2)}"}
    reply = as_("approver").post("/api/v1/account/delegations", json=sent)
    assert reply.status_code == 201, reply.text
    return reply.json()["id"]


def test_a_deputy_decides_on_the_decide_page_and_the_verdict_names_both(
    as_: As, client: TestClient, case: int, clock: HandClock, away: int
) -> None:
    ravi, path = as_("Ravi"), f"/evaluations/{case}/decide"
    shown = ravi.get(path)
    assert "You decide for Amir (until 5 November 2026)" in shown.text
    sent = {
        "outcome": "approved",
        "rationale": "Harmless and useful.",
        "step_reason": "It is.",
        "supersedes": [],
    }
    reply = ravi.post(f"/api/v1/evaluations/{case}/decide", json=sent)
    assert reply.status_code == 201, reply.text
    assert (reply.json()["decided_by"], reply.json()["decided_for"]) == ("Ravi", "Amir")
    clock.pass_time(hours=1)
    assert "Decided by Ravi for Amir" in ravi.get(path).text
    page = client.get("/verdicts/1").text
    assert page.count("Ravi for Amir") == 2, "among its facts and in its history"
    assert "Decided by the deputy of an approver who was away." in page
    told = client.get("/api/v1/verdicts/1").json()
    assert (told["decided_by"], told["decided_for"]) == ("Ravi", "Amir")
    assert "by Ravi for Amir" in client.get("/check", params={"q": "Quillmark"}).text


def test_the_day_after_the_last_one_a_deputy_is_a_reviewer_again(
    as_: As, case: int, clock: HandClock, away: int
) -> None:
    path = f"/evaluations/{case}/decide"
    clock.pass_time(days=2)
    assert as_("Ravi").get(path).status_code == 200
    clock.pass_time(days=1)
    assert as_("Ravi").get(path).status_code == 403


@pytest.mark.parametrize(
    ("who", "path"), [("approver", "/account"), ("Ravi", "/account"), ("admin", "/people/{Ravi}")]
)
def test_it_stands_on_the_pages_of_both_and_on_the_admins_and_each_of_them_ends_it(
    as_: As, cast: Mapping[str, int], case: int, away: int, who: str, path: str
) -> None:
    browser, page = as_(who), path.format(**cast)
    shown = browser.get(page).text
    assert "Ravi decides for Amir" in shown
    [ends] = re.findall(rf'action="({page}/delegations/\d+/end)"', shown)
    ravi = as_("Ravi")
    assert ravi.get(f"/evaluations/{case}/decide").status_code == 200
    assert browser.post(ends).status_code == 303
    assert "ended on 3 November 2026" in browser.get(page).text
    assert ravi.get(f"/evaluations/{case}/decide").status_code == 403


def test_what_was_typed_wrong_comes_back_with_a_reason(as_: As, cast: Mapping[str, int]) -> None:
    amir = as_("approver")
    sent = {"deputy": str(cast["Ravi"]), "first_day": "tomorrow", "last_day": "2026-11-30"}
    reply = amir.post("/account/delegations", data=sent)
    assert reply.status_code == 422
    assert 'value="tomorrow"' in reply.text
    assert "Write the day as year-month-day" in reply.text
    form = amir.get("/account").text
    assert f'<option value="{cast["Rosa"]}"' in form
    assert f'<option value="{cast["Amir"]}"' not in form
    assert f'<option value="{cast["Uma"]}"' not in form


def test_a_deputys_token_decides_nothing_and_sees_no_more(
    as_: As, client: TestClient, case: int, away: int
) -> None:
    made = as_("Ravi").post(
        "/api/v1/account/tokens", json={"name": "n", "scopes": ["read", "triage"], "days": 9}
    )
    bearer = {"Authorization": f"Bearer {made.json()['token']}"}
    assert client.get(f"/api/v1/evaluations/{case}", headers=bearer).status_code == 403
    assert client.post(f"/api/v1/evaluations/{case}/decide", headers=bearer, json={}).status_code == 403


def test_a_right_that_ends_while_its_request_waits_is_not_used(
    site_engine: Engine, cast: Mapping[str, int], clock: HandClock, away: int
) -> None:
    ravi = Actor(
        cast["Ravi"], "Ravi", frozenset({Role.REVIEWER, Role.APPROVER}), lent=frozenset({Role.APPROVER})
    )
    with transaction(site_engine) as session:
        assert require_reach(session, ravi, (), now=clock.now).for_id == cast["Amir"]
        deputies.end(session, away, by=ravi, now=clock.now)
        with pytest.raises(NotAllowed):
            require_reach(session, ravi, (), now=clock.now)
