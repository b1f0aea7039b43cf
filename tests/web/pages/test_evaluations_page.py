"""The list of evaluations, opening one, and its page: who sees what of it, and what they may do."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from registry.services.evaluations import scoring
from registry.services.people.acting import Actor
from registry.services.rubrics import rubric_files
from registry.store.columns import id_of
from registry.store.engine import transaction
from registry.store.tables import Request
from tests.builders import a_tool

As = Callable[[str], TestClient]
ACase = Callable[..., Any]
SAID = "Because of what Terms and contract shows."


@pytest.fixture
def a_new_tool(site_engine: Engine, now: datetime) -> int:
    with transaction(site_engine) as session:
        rubric_files.take_in(session, None, now=now)
        return id_of(a_tool(session, "Inkpost", now=now))


def test_a_reviewer_opens_an_evaluation_and_owns_it(
    as_: As, a_new_tool: int, actors: Mapping[str, Actor]
) -> None:
    rosa = as_("Rosa")
    assert "Step 1 of 2" in rosa.get("/evaluations/new?tool=inkpost").text
    sent = {"tool": "inkpost", "tier": "2", "purpose": "Letters", "reviewers": [str(actors["ravi"].id)]}
    reply = rosa.post("/evaluations", data=sent)
    assert reply.status_code == 303
    page = rosa.get(reply.headers["location"]).text
    assert "Evaluation of" in page
    assert "Letters" in page
    assert "Ask 1 more reviewer" in page
    assert "Ravi says whether they have an interest" in page


def test_opening_begins_with_what_a_colleague_asked_for(as_: As, client: TestClient, a_new_tool: int) -> None:
    rosa = as_("Rosa")
    for purpose, data_class in (("Minutes of meetings", ""), ("Letters to <citizens>", "sensitive")):
        client.post("/request", data={"name": "Inkpost", "purpose": purpose, "data_class": data_class})
    page = rosa.get("/evaluations/new?tool=inkpost").text
    assert "Letters to &lt;citizens&gt;</textarea>" in page
    assert re.search(r'name="data_class" value="sensitive" checked', page)
    assert "Minutes of meetings" in page


def test_opening_without_a_purpose_comes_back_with_what_was_typed(as_: As, a_new_tool: int) -> None:
    reply = as_("Rosa").post(
        "/evaluations", data={"tool": "inkpost", "tier": "3", "versions": "3.2 <or> later"}
    )
    assert reply.status_code == 422
    assert "Say what it is to be used for." in reply.text
    assert "3.2 &lt;or&gt; later" in reply.text


def test_who_asked_for_the_tool_is_not_asked_to_score_it(
    as_: As, a_new_tool: int, actors: Mapping[str, Actor], site_engine: Engine, now: datetime
) -> None:
    with transaction(site_engine) as session:
        session.add(
            Request(tool_id=a_new_tool, user_id=actors["ravi"].id, purpose="Letters", digest="1", at=now)
        )
    sent = {"tool": "inkpost", "tier": "2", "purpose": "Letters", "reviewers": [str(actors["ravi"].id)]}
    assert as_("Rosa").post("/evaluations", data=sent).status_code == 403
    assert "Inkpost" not in as_("Amir").get("/evaluations").text


def test_a_reviewer_lists_what_they_own_or_score_and_an_approver_lists_all(as_: As, a_case: ACase) -> None:
    a_case()
    assert "Score Quillmark" in as_("Ravi").get("/evaluations").text
    assert "Quillmark" in as_("Amir").get("/evaluations").text
    assert "Quillmark" in as_("Uma").get("/evaluations").text
    assert "Quillmark" not in as_("Ada").get("/evaluations").text


def test_the_list_is_filtered_by_state(as_: As, a_case: ACase) -> None:
    a_case()
    assert "Quillmark" in as_("Amir").get("/evaluations?state=scoring").text
    assert "Quillmark" not in as_("Amir").get("/evaluations?state=decision").text
    for wrong in ("state=no+such", "tier=4", "owner=she", "reviewer=-1", "cursor=x", "cursor=20269999-1"):
        assert as_("Amir").get(f"/evaluations?{wrong}").status_code == 422, wrong


def test_who_has_no_part_in_an_evaluation_does_not_see_it(as_: As, a_case: ACase) -> None:
    assert as_("Ada").get(a_case().url).status_code == 403


def test_who_has_not_handed_in_sees_nobodys_ratings(as_: As, a_case: ACase) -> None:
    case = a_case(rosa={"R5": "3"})
    page = as_("Ravi").get(case.url).text
    assert SAID not in page
    assert "Hidden until you hand in yours." in page
    assert SAID in as_("Rosa").get(case.url).text


def test_who_has_handed_in_sees_what_others_handed_in(as_: As, a_case: ACase) -> None:
    page = as_("Ravi").get(a_case(rosa={"R5": "3"}, ravi={}).url).text
    assert "Rosa’s scorecard" in page
    assert SAID in page


def test_conditions_that_others_propose_are_hidden_from_who_owes_a_scorecard(as_: As, a_case: ACase) -> None:
    case = a_case(rosa={"R5": "3"})
    sent = {"c.text": "Enter only public information.", "c.mitigates": "R5"}
    assert as_("Rosa").post(f"{case.url}/conditions", data=sent).status_code == 303
    assert sent["c.text"] in as_("Rosa").get(case.url).text
    assert sent["c.text"] not in as_("Ravi").get(case.url).text


def test_an_approver_who_is_not_asked_to_score_reads_along(as_: As, a_case: ACase) -> None:
    assert SAID in as_("Amir").get(a_case(rosa={}).url).text


def test_a_condition_says_what_keeps_it_from_being_complete(as_: As, a_case: ACase) -> None:
    rosa, case = as_("Rosa"), a_case(rosa={})
    rosa.post(f"{case.url}/conditions", data={"c.text": "Export monthly.", "c.lasts": "dated"})
    assert "Not complete yet: say who must do it, how it is checked, by when." in rosa.get(case.url).text


def test_a_condition_that_covers_nothing_known_comes_back(as_: As, a_case: ACase) -> None:
    rosa, case = as_("Rosa"), a_case()
    reply = rosa.post(f"{case.url}/conditions", data={"c.text": "Export monthly.", "c.mitigates": "R99"})
    assert reply.status_code == 422
    assert "The rubric has no R99." in reply.text
    assert "Export monthly." in reply.text


def test_a_condition_is_taken_back(as_: As, a_case: ACase) -> None:
    rosa, case = as_("Rosa"), a_case()
    rosa.post(f"{case.url}/conditions", data={"c.text": "Export monthly."})
    assert rosa.post(f"{case.url}/conditions/1/remove").status_code == 303
    assert "Take it back" not in rosa.get(case.url).text


def test_an_evaluation_waits_for_somebody_and_resumes(as_: As, a_case: ACase) -> None:
    rosa, case = as_("Rosa"), a_case()
    refused = rosa.post(f"{case.url}/wait", data={"until": "soon", "for_whom": "The vendor"})
    assert refused.status_code == 422
    assert "The vendor" in refused.text
    assert rosa.post(f"{case.url}/wait", data={"until": "2026-12-01", "for_whom": "The vendor"}).is_redirect
    assert "Wait until 1 December 2026" in rosa.get(case.url).text
    rosa.post(f"{case.url}/resume")
    assert "Wait until" not in rosa.get(case.url).text


def test_withdrawing_needs_a_reason(as_: As, a_case: ACase) -> None:
    rosa, case = as_("Rosa"), a_case()
    assert rosa.post(f"{case.url}/withdraw").status_code == 422
    assert rosa.post(f"{case.url}/withdraw", data={"reason": "The tool is gone."}).is_redirect
    page = rosa.get(case.url).text
    assert "It ended without a verdict" in page
    assert page.count("The tool is gone.") == 2  # once above, once in the history, with one full stop
    assert "The tool is gone. By Rosa." in page


def test_only_the_owner_or_an_approver_steers(as_: As, a_case: ACase) -> None:
    case = a_case()
    sent = {"reason": "The tool is gone."}
    assert as_("Ravi").post(f"{case.url}/withdraw", data=sent).status_code == 403
    assert as_("Amir").post(f"{case.url}/withdraw", data=sent).is_redirect


def test_an_approver_reads_why_a_decision_waits_for_somebody_else(
    as_: As, a_case: ACase, site_engine: Engine, actors: Mapping[str, Actor], now: datetime
) -> None:
    case = a_case(rosa={}, ravi={})
    assert "Decide on Quillmark" in as_("Amir").get("/evaluations").text
    with transaction(site_engine) as session:
        scoring.declare(session, case.id, interested=True, statement="A friend.", by=actors["amir"], now=now)
    page = as_("Amir").get("/evaluations").text
    assert "Nothing waits for you." in page
    assert "A decision that waits for somebody else" in page
    assert "You declared an interest in this tool, so you cannot decide it." in page
    told = as_("Amir").get("/api/v1/evaluations/work").json()
    assert (told["items"], [each["evaluation"] for each in told["left"]]) == ([], [case.id])
