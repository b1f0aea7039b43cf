"""Opening by answers, choosing who scores, days, owners and contacts: on the page, with nothing typed lost."""

import csv
import io
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from registry.services.evaluations import evaluation as rounds
from registry.services.evaluations import moderation
from registry.services.evaluations.progress import progress
from registry.services.people.acting import Actor
from registry.services.rubrics import rubric_files
from registry.store.columns import id_of
from registry.store.engine import transaction
from registry.store.tables import Request, Role
from tests.builders import a_condition, a_person, a_tool, an_evaluation, scored
from tests.web.conftest import HandClock
from tests.web.test_queries import counting

As = Callable[[str], TestClient]
ACase = Callable[..., Any]
USE = {"tool": "inkpost", "purpose": "Letters to the public", "versions": "3.2 or later"}
PLAIN = {"data_class": "public", "effect": "none", "costs": "no", "public_account": "no"}


@pytest.fixture
def a_new_tool(site_engine: Engine, now: datetime) -> int:
    with transaction(site_engine) as session:
        rubric_files.take_in(session, None, now=now)
        return id_of(a_tool(session, "Inkpost", now=now))


def version_in(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    return found[1]


def test_the_tier_is_proposed_with_its_reason_and_the_reviewers_that_it_needs(
    as_: As, a_new_tool: int, actors: Mapping[str, Actor]
) -> None:
    rosa = as_("Rosa")
    sent = USE | PLAIN | {"data_class": "regulated", "action": "propose"}
    page = rosa.post("/evaluations", data=sent).text
    assert "Tier 3: regulated information is entered." in page
    assert 'name="tier" value="3" checked' in page
    assert f'name="reviewers" value="{actors["ravi"].id}" checked' in page
    assert "nothing to hand in" in page
    assert 'name="purpose" value="Letters to the public"' in page
    back = rosa.post("/evaluations", data=sent | {"action": "change"}).text
    assert "Letters to the public" in back
    assert "Step 1 of 2" in back


def test_a_question_left_out_is_asked_again_with_all_that_was_typed(as_: As, a_new_tool: int) -> None:
    reply = as_("Rosa").post("/evaluations", data=USE | PLAIN | {"effect": "", "action": "propose"})
    assert reply.status_code == 422
    assert "Say whether it has an effect on people." in reply.text
    assert "Letters to the public" in reply.text


def test_a_lower_tier_than_proposed_is_opened_with_a_reason_that_everybody_reads(
    as_: As, a_new_tool: int
) -> None:
    rosa = as_("Rosa")
    sent = USE | PLAIN | {"data_class": "regulated", "action": "open", "tier": "2"}
    refused = rosa.post("/evaluations", data=sent)
    assert refused.status_code == 422
    assert "Say why a lower tier is enough." in refused.text
    assert 'name="tier" value="2" checked' in refused.text
    opened = rosa.post("/evaluations", data=sent | {"tier_reason": "A trial with made-up data."})
    assert "A trial with made-up data." in rosa.get(opened.headers["location"]).text


def test_opening_twice_by_a_double_click_opens_one(as_: As, a_new_tool: int) -> None:
    rosa = as_("Rosa")
    sent = USE | PLAIN | {"action": "open"}
    assert rosa.post("/evaluations", data=sent).status_code == 303
    again = rosa.post("/evaluations", data=sent)
    assert again.status_code == 409
    assert "under way already" in again.text
    assert "Join that one" in rosa.get("/evaluations/new?tool=inkpost").text


def test_who_may_not_score_is_shown_with_the_reason_and_cannot_be_chosen(
    as_: As, a_new_tool: int, actors: Mapping[str, Actor], site_engine: Engine, now: datetime
) -> None:
    with transaction(site_engine) as session:
        session.add(Request(tool_id=a_new_tool, user_id=actors["ravi"].id, purpose="x", digest="1", at=now))
    page = as_("Rosa").post("/evaluations", data=USE | PLAIN | {"action": "propose"}).text
    assert "Ravi: Asked for this tool, so cannot score it." in page
    assert f'name="reviewers" value="{actors["ravi"].id}"' not in page


def test_a_day_in_the_past_or_without_a_reason_comes_back_in_words(as_: As, a_case: ACase) -> None:
    rosa, case = as_("Rosa"), a_case()
    reply = rosa.post(f"{case.url}/due", data={"due_on": "2026-11-02", "due_reason": "Sooner <please>"})
    assert reply.status_code == 422
    assert "2 November 2026 is past" in reply.text
    assert "Sooner &lt;please&gt;" in reply.text
    assert rosa.post(f"{case.url}/due", data={"due_on": "2026-12-24"}).status_code == 422
    done = rosa.post(f"{case.url}/due", data={"due_on": "2026-12-24", "due_reason": "They answer late."})
    assert done.is_redirect
    page = rosa.get(case.url).text
    assert "24 December 2026" in page
    assert "They answer late." in page


def test_a_stale_page_shows_what_is_new_and_keeps_what_was_typed(as_: As, a_case: ACase) -> None:
    rosa, amir, case = as_("Rosa"), as_("Amir"), a_case()
    version = version_in(rosa.get(case.url).text)
    amir.post(f"{case.url}/due", data={"due_on": "2027-01-15", "due_reason": "The vendor asked."})
    typed = {"version": version, "due_on": "2026-12-01", "due_reason": "We are early."}
    reply = rosa.post(f"{case.url}/due", data=typed)
    assert reply.status_code == 409
    assert "changed since you opened it" in reply.text
    assert "The vendor asked" in reply.text
    assert "We are early." in reply.text
    again = rosa.post(f"{case.url}/due", data=typed | {"version": version_in(reply.text)})
    assert again.is_redirect


def test_what_is_overdue_is_in_sight_and_listed_by_an_address(
    as_: As, a_case: ACase, clock: HandClock
) -> None:
    case = a_case()
    assert "overdue" not in as_("Amir").get(case.url).text
    clock.pass_time(days=22)
    amir = as_("Amir")
    assert "overdue by 2 days" in amir.get(case.url).text
    assert "1 overdue" in amir.get("/evaluations").text
    assert "Quillmark" in amir.get("/evaluations?overdue=1&tier=2").text
    assert "Quillmark" not in amir.get("/evaluations?overdue=1&tier=3").text
    assert "Overdue since" in as_("Ravi").get("/evaluations").text


def test_csv_and_json_are_of_exactly_the_list(as_: As, a_case: ACase) -> None:
    a_case()
    a_case("Inkpost", tier=3)
    amir = as_("Amir")
    rows = list(csv.DictReader(io.StringIO(amir.get("/evaluations.csv?tier=3").content.decode("utf-8-sig"))))
    assert [(row["tool"], row["scorecards"], row["needed"]) for row in rows] == [("Inkpost", "0", "3")]
    told = amir.get("/evaluations.json?q=quill").json()["evaluations"]
    assert [each["tool"] for each in told] == ["Quillmark"]
    assert as_("Emil").get("/evaluations.csv").status_code == 403


def test_a_long_list_goes_on_over_pages(as_: As, a_case: ACase, monkeypatch: pytest.MonkeyPatch) -> None:
    from registry.web.pages import evaluations

    monkeypatch.setattr(evaluations, "A_PAGE", 2)
    for name in ("Aardvark", "Bittern", "Civet"):
        a_case(name)
    amir = as_("Amir")
    page = amir.get("/evaluations?tier=2").text
    assert "3 evaluations" in page
    assert "Civet</a></div>" not in page
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following
    rest = amir.get(following[1].replace("&amp;", "&")).text
    assert "Civet" in rest
    assert "Aardvark</a></div>" not in rest


def test_a_reviewer_is_asked_no_more_or_gives_it_back(
    as_: As, a_case: ACase, actors: Mapping[str, Actor]
) -> None:
    rosa, ravi, case = as_("Rosa"), as_("Ravi"), a_case()
    assert ravi.post(f"{case.url}/unassign", data={"person": str(actors["rosa"].id)}).status_code == 403
    gone = ravi.post(f"{case.url}/unassign", data={"release_reason": "I am on leave."})
    assert gone.headers["location"] == "/evaluations"
    assert ravi.get(case.url).status_code == 403
    page = rosa.get(case.url).text
    assert "I am on leave" in page
    assert "Ask 1 more reviewer" in page
    rosa.post(f"{case.url}/unassign", data={"person": str(actors["rosa"].id)})
    assert "Ask 2 more reviewers" in rosa.get(case.url).text


def test_asking_nobody_is_told(as_: As, a_case: ACase) -> None:
    reply = as_("Rosa").post(f"{a_case().url}/assign")
    assert reply.status_code == 422
    assert "Choose whom to ask." in reply.text


def test_the_owner_hands_over_and_the_page_says_by_whom(
    as_: As, a_case: ACase, actors: Mapping[str, Actor]
) -> None:
    rosa, case = as_("Rosa"), a_case()
    assert rosa.post(f"{case.url}/owner").status_code == 422
    assert rosa.post(f"{case.url}/owner", data={"owner": str(actors["emil"].id)}).status_code == 422
    rosa.post(f"{case.url}/owner", data={"owner": str(actors["amir"].id), "owner_reason": "My leave."})
    assert "Rosa made Amir the owner" in as_("Amir").get(case.url).text
    assert rosa.post(f"{case.url}/withdraw", data={"reason": "x"}).status_code == 403


def test_a_contact_of_the_vendor_is_recorded_and_left_out(
    as_: As, a_case: ACase, actors: Mapping[str, Actor]
) -> None:
    rosa, case = as_("Rosa"), a_case(ravi={})
    sent = {"contact": str(actors["ravi"].id)}
    refused = rosa.post(f"{case.url}/contacts", data=sent)
    assert refused.status_code == 422
    assert "Say what ties them to the vendor." in refused.text
    rosa.post(f"{case.url}/contacts", data=sent | {"contact_note": "Sits on their board."})
    page = as_("Amir").get(case.url).text
    assert "Sits on their board." in page
    assert "It does not count" in page
    assert as_("Ravi").post(f"{case.url}/contacts/{actors['ravi'].id}/remove").status_code == 403
    rosa.post(f"{case.url}/contacts/{actors['ravi'].id}/remove")
    assert "It does not count" not in as_("Amir").get(case.url).text


def test_an_interest_declared_later_is_on_record_and_takes_the_scorecard_out(as_: As, a_case: ACase) -> None:
    case = a_case(ravi={}, rosa={})
    ravi = as_("Ravi")
    assert "Waiting for a decision" in ravi.get(case.url).text
    ravi.post(f"{case.url}/interest", data={"interested": "yes", "statement": "I bought shares."})
    page = as_("Amir").get(case.url).text
    assert "Being scored" in page
    assert "I bought shares." in page
    assert "It does not count" in page


def test_an_amendment_shows_what_it_changed_beside_what_stood_before(as_: As, a_case: ACase) -> None:
    from tests.builders_domain import the_rubric
    from tests.web.pages.test_scorecard_page import filled

    ravi, case = as_("Ravi"), a_case()
    ravi.post(f"{case.url}/scorecard", data=filled(the_rubric(), action="submit"))
    ravi.post(f"{case.url}/scorecard/amend", data={"reason": "They answered."})
    changed = filled(the_rubric(), R4_rating="2", R4_sentence="Exports need a script.", action="submit")
    ravi.post(f"{case.url}/scorecard", data=changed | {"version": "1"})
    page = as_("Amir").get(case.url).text
    assert "Because: They answered." in page
    assert re.search(r"R4 Records.*?<del>1: .*?So it is with R4\.</del>", page, re.DOTALL)
    assert re.search(r"<ins>2: .*?Exports need a script\.</ins>", page, re.DOTALL)
    assert page.count("<del>") == 1
    assert "The whole of version 1" in page


def test_a_double_click_on_waiting_waits_once(as_: As, a_case: ACase) -> None:
    rosa, case = as_("Rosa"), a_case()
    sent = {"until": "2026-12-01", "for_whom": "The vendor", "version": version_in(rosa.get(case.url).text)}
    assert rosa.post(f"{case.url}/wait", data=sent).is_redirect
    again = rosa.post(f"{case.url}/wait", data=sent)
    assert again.status_code == 409
    assert "Wait until 1 December 2026" in again.text


@pytest.mark.filterwarnings("default")
def test_each_page_of_an_evaluation_asks_as_many_queries_with_twelve_reviewers_as_with_two(
    as_: As, site_engine: Engine, actors: Mapping[str, Actor], now: datetime
) -> None:
    def prepare(name: str, count: int, *, resolved: bool) -> str:
        with transaction(site_engine) as session:
            people = [
                a_person(session, f"{name} {number}", Role.REVIEWER, now=now) for number in range(count)
            ]
            asked = [*people, actors["ravi"]]
            tool = a_tool(session, name, now=now)
            case = an_evaluation(session, tool, owner=actors["rosa"], reviewers=asked, now=now)
            for number, each in enumerate(people):
                scored(session, case, each, now=now, R1="04"[number % 2], R2="3")
            for number in range(count):
                condition = a_condition(f"Condition {number}", "R2")
                rounds.propose_condition(session, id_of(case), condition, by=people[number], now=now)
            for item in progress(session, case, solo=False).unresolved if resolved else ():
                moderation.moderate(
                    session, id_of(case), item, value="", reason="So.", solo=False, by=actors["rosa"], now=now
                )
            return f"/evaluations/{case.id}"

    amir, ravi, counts = as_("Amir"), as_("Ravi"), []
    for name, count in (("None", 2), ("Few", 2), ("Many", 12)):
        apart = prepare(f"{name} apart", count, resolved=False)
        agreed = prepare(f"{name} agreed", count, resolved=True)
        looks = (
            ("evaluation", amir, apart),
            ("blind", ravi, apart),
            ("scorecard", ravi, f"{apart}/scorecard"),
            ("moderation", amir, f"{apart}/moderation"),
            ("resolved", amir, agreed),
            ("decide", amir, f"{agreed}/decide"),
            ("list", amir, "/evaluations?state=all"),
        )
        told = {}
        for page, person, address in looks:
            with counting(site_engine) as said:
                assert person.get(address).status_code == 200, address
            told[page] = len(said)
        counts.append(told)
    print(counts)
    _first, few, many = counts  # the first one reads the rubric, which is then known to the process
    assert few == many
    assert few.pop("decide") <= 35
    assert few.pop("list") <= 13
    assert max(few.values()) <= 30
