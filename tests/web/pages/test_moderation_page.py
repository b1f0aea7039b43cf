"""Disagreements side by side, and how the owner resolves them."""

import re
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
    assert "Resolved: left as it follows from the ratings, by Rosa" in rosa.get(f"{case.url}/moderation").text


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


def test_the_widest_disagreement_comes_first_and_is_told_in_words(as_: As, a_case: ACase) -> None:
    page = as_("Rosa").get(f"{a_case(rosa={}, ravi={'R1': '3', 'R9': '4'}).url}/moderation").text
    assert page.index("Strong disagreement on personal and professional selves: 1, 4") < page.index(
        "Disagreement on privacy: 1, 3"
    )


def test_a_re_score_shows_both_values_and_is_offered_once(as_: As, a_case: ACase) -> None:
    ravi, case = as_("Ravi"), a_case(rosa={}, ravi={"R1": "4"})
    url = f"{case.url}/moderation"
    line = {"R1.rating": "3", "R1.sentence": "It was mended.", "R1.evidence": "p. 7", "R1.confidence": "high"}
    refused = ravi.post(f"{url}/rescore", data=line)
    assert refused.status_code == 422
    assert "It was mended." in refused.text
    sent = line | {"reason": "They published a new policy."}
    assert ravi.post(f"{url}/rescore", data=sent).is_redirect
    page = ravi.get(url).text
    assert "(was 4 before re-scoring)" in page
    assert "Because of what Privacy shows." in page
    assert f'action="{url}/rescore"' not in page
    again = ravi.post(f"{url}/rescore", data=sent | {"R1.rating": "2"})
    assert again.status_code == 409
    assert "each reviewer does so once" in again.text


def test_remarks_and_questions_for_evidence_stand_in_the_thread(as_: As, a_case: ACase) -> None:
    rosa, case = as_("Rosa"), a_case(rosa={}, ravi={"R1": "4"})
    url = f"{case.url}/moderation"
    page = rosa.get(url).text
    ravi_id = re.search(r'<option value="(\d+)">Ravi', page)
    assert ravi_id
    assert rosa.post(f"{url}/remark", data={"item": "R1", "text": ""}).status_code == 422
    sent = {"item": "R1", "text": "Where does it say so?", "asked": ravi_id[1]}
    assert rosa.post(f"{url}/remark", data=sent).is_redirect
    page = rosa.get(url).text
    assert "Rosa asks Ravi for evidence" in page
    assert "no answer yet" in page
    assert "evidence on R1 Privacy" in as_("Ravi").get(case.url).text


def test_a_stale_page_is_told_so_with_what_was_typed(as_: As, a_case: ACase) -> None:
    rosa, case = as_("Rosa"), a_case(rosa={}, ravi={"R1": "4"})
    url = f"{case.url}/moderation"
    version = re.search(r'name="version" value="(\d+)"', rosa.get(url).text)
    assert version
    as_("Ravi").post(f"{url}/remark", data={"item": "R1", "text": "Look at paragraph 7."})
    reply = rosa.post(url, data={"item": "R1", "value": "2", "reason": "We spoke.", "version": version[1]})
    assert reply.status_code == 409
    assert "We spoke." in reply.text
    assert "Look at paragraph 7." in reply.text


def test_the_dissent_is_on_the_memo_with_names_and_on_the_verdict_without(as_: As, a_case: ACase) -> None:
    rosa, amir, case = as_("Rosa"), as_("Amir"), a_case(rosa={}, ravi={"R1": "4"})
    for item, value in (("R1", "2"), ("risk_band", "")):
        rosa.post(
            f"{case.url}/moderation", data={"item": item, "value": value, "reason": "The court held so."}
        )
    memo = amir.get(f"{case.url}/decide").text
    assert "Ravi 4" in memo
    assert "2 reviewers dissent" in memo
    sent = {"action": "publish", "outcome": "approved", "rationale": "It does what we need."}
    assert amir.post(f"{case.url}/decide", data=sent).is_redirect
    verdict = amir.get("/verdicts/1").text
    assert "On privacy reviewers gave 1 and 4. It was resolved as 2: The court held so." in verdict
    assert "Ravi" not in verdict
