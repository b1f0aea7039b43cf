"""Disagreements side by side, and how the owner resolves them."""

from collections.abc import Callable
from typing import Any

from starlette.testclient import TestClient

As = Callable[[str], TestClient]
ACase = Callable[..., Any]


def test_each_flagged_criterion_shows_every_rating_sentence_and_a_plot(as_: As, a_case: ACase) -> None:
    page = as_("Rosa").get(f"{a_case(rosa={}, ravi={'R1': '4'}).url}/moderation").text
    assert "Rosa 1, Ravi 4: 3 apart" in page or "Ravi 4, Rosa 1: 3 apart" in page
    assert "<circle" in page
    assert "Because of what Privacy shows." in page
    assert "https://evidence.example/" in page


def test_the_owner_resolves_between_the_lowest_and_the_highest_and_dissent_stays(
    as_: As, a_case: ACase
) -> None:
    rosa, case = as_("Rosa"), a_case(rosa={}, ravi={"R1": "4"})
    url = f"{case.url}/moderation"
    page = rosa.get(url).text
    assert 'name="value" value="0"' not in page
    assert 'name="value" value="U"' in page
    sent = {"item": "R1", "value": "2", "reason": "The policy was changed since."}
    assert rosa.post(url, data=sent | {"value": "0"}).status_code == 422
    assert rosa.post(url, data=sent).is_redirect
    page = rosa.get(url).text
    assert "The policy was changed since." in page
    assert "(dissents)" in page
    assert "3 apart" in page


def test_resolving_needs_a_reason_and_keeps_the_choice(as_: As, a_case: ACase) -> None:
    case = a_case(rosa={}, ravi={"R1": "4"})
    reply = as_("Rosa").post(f"{case.url}/moderation", data={"item": "R1", "value": "2"})
    assert reply.status_code == 422
    assert "Say why it is resolved so." in reply.text
    assert 'value="2" checked' in reply.text


def test_a_band_is_resolved_with_a_reason_alone(as_: As, a_case: ACase) -> None:
    rosa, case = as_("Rosa"), a_case(rosa={}, ravi={"R1": "4"})
    sent = {"item": "risk_band", "value": "", "reason": "It follows from R1."}
    assert rosa.post(f"{case.url}/moderation", data=sent | {"value": "2"}).status_code == 422
    assert rosa.post(f"{case.url}/moderation", data=sent).is_redirect
    assert "Resolved: left as it is, by Rosa" in rosa.get(f"{case.url}/moderation").text


def test_when_all_is_resolved_an_approver_can_decide(as_: As, a_case: ACase) -> None:
    rosa, case = as_("Rosa"), a_case(rosa={}, ravi={"R1": "4"})
    assert as_("Amir").get(f"{case.url}/decide").status_code == 409
    for item in ("R1", "risk_band"):
        rosa.post(f"{case.url}/moderation", data={"item": item, "value": "", "reason": "Both read it."})
    assert as_("Amir").get(f"{case.url}/decide").status_code == 200


def test_only_the_owner_resolves(as_: As, a_case: ACase) -> None:
    case = a_case(rosa={}, ravi={"R1": "4"})
    assert "It counts as" not in as_("Ravi").get(f"{case.url}/moderation").text
    sent = {"item": "R1", "value": "2", "reason": "So it is."}
    assert as_("Ravi").post(f"{case.url}/moderation", data=sent).status_code == 403


def test_who_owes_a_scorecard_does_not_see_the_disagreements(as_: As, a_case: ACase) -> None:
    assert as_("Ravi").get(f"{a_case(rosa={}).url}/moderation").status_code == 403


def test_what_nobody_disagrees_on_is_not_resolved(as_: As, a_case: ACase) -> None:
    case = a_case(rosa={}, ravi={"R1": "4"})
    sent = {"item": "R2", "value": "1", "reason": "So it is."}
    assert as_("Rosa").post(f"{case.url}/moderation", data=sent).status_code == 422
