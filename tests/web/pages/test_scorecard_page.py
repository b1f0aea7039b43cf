"""A reviewer's scorecard on the page: interest first, drafts that lose no word, handed in and amended."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from html import unescape
from typing import Any

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from registry.domain.rubric import Rubric
from registry.services.evaluations import evaluation as rounds
from registry.services.people.acting import Actor
from registry.services.rubrics import rubric_files
from registry.store import evaluations
from registry.store.columns import id_of
from registry.store.engine import snapshot, transaction
from tests.builders import UTC_ZONE, a_tool
from tests.builders_domain import the_rubric

As = Callable[[str], TestClient]
ACase = Callable[..., Any]
JSON = {"Accept": "application/json"}


def filled(rubric: Rubric, **changed: str) -> dict[str, str]:
    """Every line of the form; `R2_rating="4"` changes one field."""
    form = {"version": "0"}
    for each in rubric.criteria:
        form |= {
            f"{each.id}.rating": "1" if each in rubric.risks else "4",
            f"{each.id}.confidence": "high",
            f"{each.id}.sentence": f"So it is with {each.id}.",
        }
    form |= {f"{each.id}.answer": "no" for each in rubric.knock_outs}
    return form | {name.replace("_", ".", 1): value for name, value in changed.items()}


def version_in(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    return found[1]


@pytest.fixture
def undeclared(site_engine: Engine, actors: Mapping[str, Actor], now: datetime) -> str:
    """The address of an evaluation in which Ravi has declared nothing yet."""
    with transaction(site_engine) as session:
        rubric_files.take_in(session, None, now=now)
        opened = rounds.open_evaluation(
            session,
            id_of(a_tool(session, now=now)),
            tier=2,
            owner_id=actors["rosa"].person_id,
            intended_use={"purpose": "Letters"},
            reviewers=[actors["ravi"].person_id],
            zone=UTC_ZONE,
            by=actors["rosa"],
            now=now,
        )
        return f"/evaluations/{opened.id}"


def test_interest_is_asked_before_the_first_question(as_: As, undeclared: str) -> None:
    ravi = as_("Ravi")
    page = ravi.get(f"{undeclared}/scorecard").text
    assert "Have you an interest" in page
    assert "K1.answer" not in page
    reply = ravi.post(f"{undeclared}/interest", data={"interested": "no", "then": "scorecard"})
    assert reply.headers["location"] == f"{undeclared}/scorecard"
    assert "K1.answer" in ravi.get(f"{undeclared}/scorecard").text


def test_a_declaration_that_lacks_something_comes_back_on_the_scorecard_and_leads_on_to_it(
    as_: As, undeclared: str
) -> None:
    ravi, act = as_("Ravi"), f"{undeclared}/interest"
    reply = ravi.post(act, data={"then": "scorecard", "statement": "A <relative>."})
    assert reply.status_code == 422
    for told in ("Before the first question", "Say whether you have an interest.", "A &lt;relative&gt;."):
        assert told in reply.text
    assert 'name="then" value="scorecard"' in reply.text
    mended = ravi.post(act, data={"then": "scorecard", "interested": "no"})
    assert mended.headers["location"] == f"{undeclared}/scorecard"


def test_who_declares_an_interest_cannot_score(as_: As, undeclared: str) -> None:
    ravi = as_("Ravi")
    assert ravi.post(f"{undeclared}/interest", data={"interested": "yes"}).status_code == 422
    ravi.post(f"{undeclared}/interest", data={"interested": "yes", "statement": "I hold shares."})
    page = ravi.get(f"{undeclared}/scorecard").text
    assert "You declared an interest in this tool" in page
    assert "K1.answer" not in page


def test_who_is_not_asked_cannot_score(as_: As, undeclared: str) -> None:
    rosa = as_("Rosa")
    assert "You are not asked to score this" in rosa.get(f"{undeclared}/scorecard").text
    assert rosa.post(f"{undeclared}/scorecard", data=filled(the_rubric())).status_code == 403


def test_every_anchor_stands_in_words_and_na_only_where_the_rubric_allows_it(as_: As, a_case: ACase) -> None:
    page = as_("Ravi").get(f"{a_case().url}/scorecard").text
    for criterion in the_rubric().criteria:
        assert f'name="{criterion.id}.rating" value="U"' in page
        assert (f'name="{criterion.id}.rating" value="NA"' in page) == criterion.may_not_apply
    assert "It collects no personal data, from us or from anybody else." in page
    assert page.index("K1.answer") < page.index("R1.rating") < page.index("F1.rating")


def test_a_draft_is_kept_however_little_is_typed(as_: As, a_case: ACase) -> None:
    ravi, case = as_("Ravi"), a_case()
    sent = {"version": "0", "action": "save", "R1.sentence": "Half a <thought>"}
    assert ravi.post(f"{case.url}/scorecard", data=sent).is_redirect
    assert "Half a &lt;thought&gt;" in ravi.get(f"{case.url}/scorecard").text


def test_saving_by_script_answers_with_the_next_version(as_: As, a_case: ACase) -> None:
    ravi, case = as_("Ravi"), a_case()
    first = ravi.post(f"{case.url}/scorecard", data={"version": "0"}, headers=JSON).json()
    assert first["said"] == "Saved 14:02"
    again = ravi.post(f"{case.url}/scorecard", data={"version": str(first["version"])}, headers=JSON)
    assert again.json()["version"] == first["version"] + 1


def test_progress_counts_what_could_be_handed_in_and_names_what_is_answered_and_not_finished(
    as_: As, a_case: ACase
) -> None:
    ravi, case = as_("Ravi"), a_case()
    sent = filled(the_rubric(), K2_answer="unknown", R1_sentence="", R2_rating="3")
    ravi.post(f"{case.url}/scorecard", data=sent | {"action": "save"})
    page = ravi.get(f"{case.url}/scorecard").text
    knock_outs, risks = len(the_rubric().knock_outs), len(the_rubric().risks)
    assert f">{knock_outs - 1} of {knock_outs}<" in page
    assert f">{risks - 2} of {risks}<" in page
    assert "Answered, and not finished yet: K2." in page
    assert "Answered, and not finished yet: R1, R2." in page
    refused = ravi.post(f"{case.url}/scorecard", data=sent | {"version": "1", "action": "submit"})
    assert refused.status_code == 422
    assert "K2" in refused.text
    assert "write a sentence that says why." in refused.text


def test_handing_in_is_told_with_what_comes_next(as_: As, a_case: ACase) -> None:
    ravi, case = as_("Ravi"), a_case()
    done = ravi.post(f"{case.url}/scorecard", data=filled(the_rubric(), action="submit"))
    page = ravi.get(done.headers["location"]).text
    assert "Your scorecard is handed in" in page
    assert "Next: <a href=" in page
    assert "Your scorecard is handed in" not in ravi.get(case.url).text
    assert "Your scorecard is handed in" not in as_("Rosa").get(f"{case.url}?done=scored").text


def test_two_windows_lose_nothing(as_: As, a_case: ACase) -> None:
    ravi, case = as_("Ravi"), a_case()
    ravi.post(f"{case.url}/scorecard", data={"version": "0", "R1.sentence": "From the first window"})
    late = {"version": "0", "R1.sentence": "From the second window", "R1.rating": "2"}
    reply = ravi.post(f"{case.url}/scorecard", data=late | {"action": "save"})
    assert reply.status_code == 409
    assert "From the first window" in reply.text
    assert "From the second window" in reply.text
    kept = late | {"version": version_in(reply.text)}
    assert ravi.post(f"{case.url}/scorecard", data=kept).is_redirect
    page = ravi.get(f"{case.url}/scorecard").text
    assert "From the second window" in page
    assert "From the first window" not in page


def test_the_script_is_told_of_another_window_and_stores_nothing(as_: As, a_case: ACase) -> None:
    ravi, case = as_("Ravi"), a_case()
    ravi.post(f"{case.url}/scorecard", data={"version": "0", "R1.sentence": "First"})
    reply = ravi.post(f"{case.url}/scorecard", data={"version": "0", "R1.sentence": "Second"}, headers=JSON)
    assert reply.status_code == 409
    assert reply.json()["code"] == "stale_version"
    assert "First" in ravi.get(f"{case.url}/scorecard").text


def test_handing_in_names_each_unfinished_line_and_keeps_what_was_typed(as_: As, a_case: ACase) -> None:
    ravi, case = as_("Ravi"), a_case()
    sent = filled(the_rubric(), R2_rating="3", R4_sentence="", action="submit")
    reply = ravi.post(f"{case.url}/scorecard", data=sent)
    assert reply.status_code == 422
    assert 'href="#f-R2"' in reply.text
    assert "needs a link or a quoted paragraph" in reply.text
    assert 'href="#f-R4"' in reply.text
    assert 'id="f-R4"' in reply.text
    assert "So it is with R7." in reply.text
    again = sent | {"version": version_in(reply.text), "R2.evidence": "p. 4", "R4.sentence": "Exports work."}
    assert ravi.post(f"{case.url}/scorecard", data=again).is_redirect


def test_what_was_handed_in_is_read_only_until_it_is_amended_with_a_reason(as_: As, a_case: ACase) -> None:
    ravi, case = as_("Ravi"), a_case()
    ravi.post(f"{case.url}/scorecard", data=filled(the_rubric(), action="submit"))
    page = ravi.get(f"{case.url}/scorecard").text
    assert "read-only" in page
    assert "R1.rating" not in page
    assert ravi.post(f"{case.url}/scorecard", data=filled(the_rubric())).status_code == 409
    assert ravi.post(f"{case.url}/scorecard/amend").status_code == 422
    assert ravi.post(f"{case.url}/scorecard/amend", data={"reason": "They answered."}).is_redirect
    page = ravi.get(f"{case.url}/scorecard").text
    assert "You are amending: They answered." in page
    assert "So it is with R1." in page


def test_the_last_scorecard_handed_in_moves_the_evaluation_on(
    as_: As, a_case: ACase, site_engine: Engine
) -> None:
    ravi, case = as_("Ravi"), a_case(rosa={})
    ravi.post(f"{case.url}/scorecard", data=filled(the_rubric(), action="submit"))
    with snapshot(site_engine) as session:
        assert evaluations.get(session, case.id).state == "decision"


def test_a_value_that_no_radio_offers_counts_as_not_rated(as_: As, a_case: ACase) -> None:
    ravi, case = as_("Ravi"), a_case()
    reply = ravi.post(f"{case.url}/scorecard", data=filled(the_rubric(), R1_rating="7", action="submit"))
    assert reply.status_code == 422
    assert "R1 Privacy: choose a rating." in reply.text


def test_two_windows_are_picked_from_line_by_line(as_: As, a_case: ACase) -> None:
    ravi, case = as_("Ravi"), a_case()
    first = {"version": "0", "R1.sentence": "First on privacy", "R2.sentence": "First on security"}
    ravi.post(f"{case.url}/scorecard", data=first | {"R3.sentence": "First on access"})
    late = {"version": "0", "R1.sentence": "Second on privacy", "R4.sentence": "Second on records"}
    page = ravi.post(f"{case.url}/scorecard", data=late | {"R3.sentence": "Second on access"}).text
    assert re.search(r'name="R2.keep" value="saved" checked', page)  # nothing was typed here
    assert re.search(r'name="R1.keep" value="mine" checked', page)
    keeps = {"R1.keep": "saved", "R2.keep": "saved", "R3.keep": "both", "R4.keep": "mine"}
    kept = late | keeps | {"R3.sentence": "Second on access", "version": version_in(page), "action": "save"}
    assert ravi.post(f"{case.url}/scorecard", data=kept).is_redirect
    page = ravi.get(f"{case.url}/scorecard").text
    for text in (
        "First on privacy",
        "First on security",
        "Second on access\nFirst on access",
        "Second on records",
    ):
        assert text in page
    assert "Second on privacy" not in page


def test_a_second_conflict_loses_nothing_of_what_stands_in_the_form(as_: As, a_case: ACase) -> None:
    ravi, case = as_("Ravi"), a_case()
    ravi.post(f"{case.url}/scorecard", data={"version": "0", "R1.sentence": "One"})
    ravi.post(f"{case.url}/scorecard", data={"version": "1", "R1.sentence": "Two"})
    sent = {"version": "1", "R1.sentence": "Mine", "R1.keep": "saved", "action": "save"}
    reply = ravi.post(f"{case.url}/scorecard", data=sent)
    assert reply.status_code == 409
    assert "Mine" in reply.text
    assert "Two" in reply.text


def test_a_double_click_on_handing_in_hands_in_once(as_: As, a_case: ACase, site_engine: Engine) -> None:
    ravi, case = as_("Ravi"), a_case()
    sent = filled(the_rubric(), action="submit")
    assert [ravi.post(f"{case.url}/scorecard", data=sent).status_code for _ in range(2)] == [303, 303]
    for _ in range(2):
        assert ravi.post(f"{case.url}/scorecard/amend", data={"reason": "They answered."}).is_redirect
    with snapshot(site_engine) as session:
        assert [each.number for each in evaluations.scorecards(session, case.id)] == [1, 2]


def test_a_form_sent_after_the_session_has_ended_comes_back_whole(
    as_: As, a_case: ACase, client: TestClient
) -> None:
    case = a_case()
    typed = {"version": "0", "R1.sentence": 'A "long" <thought>', "R2.rating": "3", "action": "save"}
    reply = client.post(f"{case.url}/scorecard", data=typed, headers={"Sec-Fetch-Site": "same-origin"})
    assert reply.status_code == 401
    assert f'action="{case.url}/scorecard"' in reply.text
    assert 'name="R1.sentence" value="A &#34;long&#34; &lt;thought&gt;"' in reply.text
    form = reply.text.partition(f'action="{case.url}/scorecard"')[2].partition("</form>")[0]
    ravi = as_("Ravi")
    again = {name: unescape(value) for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', form)}
    assert again == typed
    assert ravi.post(f"{case.url}/scorecard", data=again).is_redirect
    assert "A &#34;long&#34; &lt;thought&gt;" in ravi.get(f"{case.url}/scorecard").text


def test_no_password_comes_back_on_the_page(client: TestClient) -> None:
    sent = {"email": "x@example.org", "password": "correct horse battery"}
    reply = client.post("/people", data=sent, headers={"Sec-Fetch-Site": "same-origin"})
    assert "x@example.org" in reply.text
    assert "correct horse" not in reply.text


def test_evidence_that_claims_to_be_a_link_is_named_at_its_line(as_: As, a_case: ACase) -> None:
    ravi, case = as_("Ravi"), a_case()
    sent = filled(the_rubric(), R2_evidence="htp://vendor.example", action="submit")
    reply = ravi.post(f"{case.url}/scorecard", data=sent)
    assert reply.status_code == 422
    assert "“htp://vendor.example” is no web address" in reply.text
    assert 'href="#f-R2"' in reply.text
    assert "htp://vendor.example</textarea>" in reply.text


def test_the_last_scorecard_is_carried_over_and_every_line_confirmed_or_changed(
    as_: As, a_case: ACase, site_engine: Engine, actors: Mapping[str, Actor], now: datetime
) -> None:
    ravi, case = as_("Ravi"), a_case()
    ravi.post(f"{case.url}/scorecard", data=filled(the_rubric(), action="submit"))
    with transaction(site_engine) as session:
        rounds.withdraw(session, case.id, reason="Later.", by=actors["rosa"], now=now)
        first = evaluations.get(session, case.id)
        again = rounds.open_evaluation(
            session,
            first.tool_id,
            tier=2,
            owner_id=actors["rosa"].person_id,
            intended_use={"purpose": "Letters"},
            reviewers=[actors["ravi"].person_id],
            zone=UTC_ZONE,
            by=actors["rosa"],
            now=now,
        )
        url = f"/evaluations/{again.id}"
    ravi.post(f"{url}/interest", data={"interested": "no"})
    assert "Begin with my last scorecard" in ravi.get(f"{url}/scorecard").text
    ravi.post(f"{url}/scorecard/carry")
    page = ravi.get(f"{url}/scorecard").text
    assert "So it is with R1." in page
    lines = len(the_rubric().ids)
    assert f"{lines} lines are carried over" in page
    sent = filled(the_rubric(), version=version_in(page), action="submit")
    refused = ravi.post(f"{url}/scorecard", data=sent | {"R1.sentence": "Changed by now."})
    assert refused.status_code == 422
    assert "R2 Security: say that this is still so, or change it." in refused.text
    assert 'href="#f-R1"' not in refused.text
    confirmed = {f"{each}.confirmed": "yes" for each in the_rubric().ids}
    sent |= {"version": version_in(refused.text), "R1.sentence": "Changed by now."}
    assert ravi.post(f"{url}/scorecard", data=sent | confirmed).headers["location"] == f"{url}?done=scored"


def test_what_comes_after_scoring_was_ended_is_not_stored_and_stays_in_sight(
    as_: As, a_case: ACase, site_engine: Engine, actors: Mapping[str, Actor], now: datetime
) -> None:
    case = a_case()
    with transaction(site_engine) as session:
        rounds.withdraw(session, case.id, reason="Nobody wants it.", by=actors["rosa"], now=now)
    late = {"R1.rating": "2", "R1.sentence": "An hour <of> work.", "version": "0", "action": "save"}
    reply = as_("Ravi").post(f"{case.url}/scorecard", data=late)
    assert reply.status_code == 409
    assert "What you had typed" in reply.text
    assert "An hour &lt;of&gt; work." in reply.text
