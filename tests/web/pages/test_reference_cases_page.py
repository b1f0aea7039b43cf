"""Reference cases on the page and by program: nothing agreed is told before one's own scores are in."""

from collections.abc import Callable, Mapping

import pytest
from starlette.testclient import TestClient

from registry.services.people.acting import Actor

As = Callable[[str], TestClient]
SECRET = "What the colleagues agreed on together."


@pytest.fixture
def case(as_: As, decided: Mapping[str, Actor]) -> str:
    """Written by Ada; its address."""
    sent = {"title": "A chat for meetings", "description": "It listens."}
    for number in range(1, 6):
        sent |= {f"R{number}.value": "3", f"R{number}.sentence": SECRET}
    reply = as_("Ada").post("/reference-cases", data=sent)
    assert reply.status_code == 303
    return reply.headers["location"]


def scores(value: str, **more: str) -> dict[str, str]:
    return {f"R{number}.value": value for number in range(1, 6)} | {"version": "0"} | more


def test_a_reviewer_sees_what_was_agreed_only_after_handing_in(as_: As, case: str) -> None:
    rosa = as_("Rosa")
    assert SECRET not in rosa.get(case).text
    assert SECRET not in rosa.get(f"/api/v1{case}").text
    assert SECRET not in rosa.get("/api/v1/reference-cases").text
    assert rosa.post(case, data=scores("3", action="save")).is_redirect
    assert SECRET not in rosa.get(case).text
    assert rosa.post(case, data=scores("3", action="submit", version="1")).is_redirect
    page = rosa.get(case).text
    assert SECRET in page
    assert "5 of 5 criteria within one step" in page
    assert "It counts" in page
    assert SECRET not in as_("Ravi").get(case).text
    assert SECRET not in as_("Amir").get(case).text
    assert SECRET in as_("Ada").get(case).text


def test_too_mild_is_told_and_does_not_count(as_: As, case: str) -> None:
    rosa = as_("Rosa")
    rosa.post(case, data=scores("1", action="submit"))
    page = rosa.get(case).text
    assert "0 of 5 criteria within one step of what was agreed. 5 too mild" in page
    assert "It does not count" in page
    listed = as_("Amir").get("/reference-cases").text
    assert "Rosa" in listed


def test_an_unfinished_case_comes_back_with_what_was_typed(as_: As, case: str) -> None:
    rosa = as_("Rosa")
    sent = {"R1.value": "3", "R1.sentence": "Because of this.", "version": "0", "action": "submit"}
    reply = rosa.post(case, data=sent)
    assert reply.status_code == 422
    assert "R2: choose a rating or an answer." in reply.text
    assert "Because of this." in reply.text


def test_a_case_is_made_of_a_decided_evaluation_read_over_first(
    as_: As, decided: Mapping[str, Actor]
) -> None:
    page = as_("Amir").get("/reference-cases/new?evaluation=1").text
    assert "Read it over" in page
    assert "Because of what Privacy shows." in page
    assert as_("Rosa").get("/reference-cases/new").status_code == 403


def test_a_refused_case_comes_back_whole(as_: As, decided: Mapping[str, Actor]) -> None:
    sent = {"title": "", "description": "It listens.", "R1.value": "3", "R1.sentence": ""}
    reply = as_("Ada").post("/reference-cases", data=sent)
    assert reply.status_code == 422
    assert "It listens." in reply.text
    assert "R1: say why this was agreed" in reply.text


def test_a_program_scores_by_the_same_rules(as_: As, case: str) -> None:
    rosa = as_("Rosa")
    given = {f"R{number}": {"value": "3"} for number in range(1, 6)}
    done = rosa.post(f"/api/v1{case}/attempt", json={"scores": given, "hand_in": True})
    assert (done.json()["near"], done.json()["passed"]) == (5, True)
    assert done.json()["agreed"]["R1"]["sentence"] == SECRET
    again = rosa.post(f"/api/v1{case}/attempt", json={"scores": given, "version": 2, "hand_in": True})
    assert again.status_code == 409
    assert rosa.get("/api/v1/reference-cases").json()["you"]["passed"] == 1


def test_a_retired_case_is_no_longer_offered(as_: As, case: str) -> None:
    assert as_("Ada").post(f"{case}/retire").is_redirect
    assert "This case is retired" in as_("Rosa").get(case).text
