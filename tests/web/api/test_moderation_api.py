"""What the page of disagreements does, by program, under the same rules."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Engine

from registry.services.people.acting import Actor
from registry.store.columns import id_of
from registry.store.engine import transaction
from registry.store.tables import Role
from tests.builders import a_tool, an_evaluation, scored
from tests.web.api.conftest import Program

ACase = Callable[..., str]


@pytest.fixture
def a_case(site_engine: Engine, cast: dict[str, int], now: datetime) -> ACase:
    """The address of an evaluation of Rosa's that she and Ravi score; `ravi={"R1": "4"}` hands in Ravi's scorecard."""
    people = {name.lower(): Actor(cast[name], name, frozenset({Role.REVIEWER})) for name in ("Rosa", "Ravi")}

    def make(name: str = "Quillmark", **cards: dict[str, str]) -> str:
        with transaction(site_engine) as session:
            tool = a_tool(session, name, now=now)
            opened = an_evaluation(session, tool, owner=people["rosa"], reviewers=people.values(), now=now)
            for who, ratings in cards.items():
                scored(session, opened, people[who], now=now, **ratings)
            return f"/api/v1/evaluations/{id_of(opened)}"

    return make


def test_disagreements_are_read_with_every_voice_and_not_by_who_owes_a_scorecard(
    program: Program, a_case: ACase
) -> None:
    case = a_case(rosa={}, ravi={"R1": "4"})
    body = program("Rosa", "read").get(f"{case}/disagreements").json()
    first = body["disagreements"][0]
    assert first["said"] == "Strong disagreement on privacy: 1, 4"
    assert {each["reviewer"]: each["given"] for each in first["voices"]} == {"Rosa": "1", "Ravi": "4"}
    blind = a_case("Umber", rosa={})
    assert program("Ravi", "read").get(f"{blind}/disagreements").status_code == 403


def test_the_owner_resolves_what_was_read_and_nothing_that_changed_since(
    program: Program, a_case: ACase
) -> None:
    case = a_case(rosa={}, ravi={"R1": "4"})
    rosa = program("Rosa", "read", "triage")
    url = f"{case}/disagreements"
    read = rosa.get(url)
    sent = {"value": "2", "reason": "We read it together."}
    said = program("Ravi", "read", "triage").post(f"{url}/R1/remarks", json={"text": "Paragraph 7."})
    assert said.status_code == 201
    stale = rosa.post(f"{url}/R1/resolution", json=sent, headers={"If-Match": read.headers["ETag"]})
    assert stale.status_code == 412
    fresh = rosa.get(url)
    assert fresh.json()["disagreements"][0]["remarks"][0]["text"] == "Paragraph 7."
    done = rosa.post(f"{url}/R1/resolution", json=sent, headers={"If-Match": fresh.headers["ETag"]})
    assert done.json()["disagreements"][0]["resolved"] == "2"
    assert program("Ravi", "read", "triage").post(f"{url}/R1/resolution", json=sent).status_code == 403


def test_a_reviewer_re_scores_once_by_program_too(program: Program, a_case: ACase) -> None:
    case = a_case(rosa={}, ravi={"R1": "4"})
    ravi = program("Ravi", "read", "score")
    line = {"rating": "3", "sentence": "It was mended.", "evidence": "p. 7"}
    sent = {"reason": "A new policy.", "ratings": {"R1": line}}
    done = ravi.post(f"{case}/rescore", json=sent)
    assert done.status_code == 201
    assert {each["reviewer"]: each["before"] for each in done.json()["disagreements"][0]["voices"]} == {
        "Rosa": "",
        "Ravi": "4",
    }
    again = ravi.post(f"{case}/rescore", json=sent | {"ratings": {"R1": line | {"rating": "2"}}})
    assert again.status_code == 409
    assert "once" in again.json()["detail"]
