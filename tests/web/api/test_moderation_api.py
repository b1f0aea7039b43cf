"""What the page of disagreements does, by program, under the same rules."""

from collections.abc import Callable
from typing import Any

from tests.web.api.conftest import Program

ACase = Callable[..., Any]


def test_disagreements_are_read_with_every_voice_and_not_by_who_owes_a_scorecard(
    program: Program, a_case: ACase
) -> None:
    case = a_case(rosa={}, ravi={"R1": "4"})
    body = program("Rosa", "read").get(f"/api/v1{case.url}/disagreements").json()
    first = body["disagreements"][0]
    assert first["said"] == "Strong disagreement on privacy: 1, 4"
    assert {each["reviewer"]: each["given"] for each in first["voices"]} == {"Rosa": "1", "Ravi": "4"}
    blind = a_case("Umber", rosa={})
    assert program("Ravi", "read").get(f"/api/v1{blind.url}/disagreements").status_code == 403


def test_the_owner_resolves_what_was_read_and_nothing_that_changed_since(
    program: Program, a_case: ACase
) -> None:
    case = a_case(rosa={}, ravi={"R1": "4"})
    rosa = program("Rosa", "read", "triage")
    url = f"/api/v1{case.url}/disagreements"
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
    done = ravi.post(f"/api/v1{case.url}/rescore", json=sent)
    assert done.status_code == 201
    assert {each["reviewer"]: each["before"] for each in done.json()["disagreements"][0]["voices"]} == {
        "Rosa": "",
        "Ravi": "4",
    }
    again = ravi.post(f"/api/v1{case.url}/rescore", json=sent | {"ratings": {"R1": line | {"rating": "2"}}})
    assert again.status_code == 409
    assert "once" in again.json()["detail"]
