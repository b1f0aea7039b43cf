"""What staff may do to a verdict on its page of acts, and who may do what."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session
from starlette.testclient import TestClient

from registry.domain.outcome import Outcome
from registry.services.people import accounts
from registry.services.people.acting import Actor
from registry.store.engine import transaction
from tests.builders import a_condition, a_tool, a_verdict, the_offices
from tests.conftest import Beginning
from tests.web.conftest import the_actors

As = Callable[[str], TestClient]
ACTS = "/verdicts/1/acts"


def prepare(session: Session, now: datetime) -> None:
    """Verdict 1, approved with one standing condition and one that is due."""
    actors = the_actors(session)
    dated = replace(a_condition("Export monthly.", "R4"), standing=False, due_on=date(2027, 3, 1))
    a_verdict(
        session,
        a_tool(session, now=now),
        actors,
        now=now,
        outcome=Outcome.APPROVED_WITH_CONDITIONS,
        conditions=(a_condition("Enter only public information.", "R5"), dated),
    )


@pytest.fixture
def beginning() -> Beginning:
    return prepare


@pytest.fixture
def published(clock: Any) -> None:
    """The undo window of the verdict is over."""
    clock.pass_time(minutes=6)


pytestmark = pytest.mark.usefixtures("published")


def test_an_approver_is_offered_just_what_is_possible_now(as_: As) -> None:
    page = as_("Amir").get(ACTS).text
    for label in ("Suspend it", "Announce its end", "Graduate it", "Withdraw it"):
        assert label in page
    assert "Lift the suspension" not in page


def test_an_admin_may_suspend_and_nothing_else(as_: As) -> None:
    page = as_("Ada").get(ACTS).text
    assert "Suspend it" in page
    assert "Withdraw it" not in page
    assert "Waive it" not in page
    assert as_("Ada").post("/verdicts/1/revoke", data={"sure": "yes", "reason": "No."}).status_code == 403


def test_a_suspension_is_lifted_by_another_person(as_: As) -> None:
    amir = as_("Amir")
    assert amir.post("/verdicts/1/suspend", data={"sure": "yes", "reason": "A leak."}).is_redirect
    page = amir.get(ACTS).text
    assert "Paused" in page
    assert "Lift the suspension" not in page
    refused = amir.post("/verdicts/1/lift", data={})
    assert refused.status_code == 409
    assert "Another person must confirm or lift it" in refused.text
    assert as_("Ada").post("/verdicts/1/lift").is_redirect
    assert "In force" in amir.get(ACTS).text


def test_a_suspension_is_confirmed_by_another_person(as_: As) -> None:
    as_("Amir").post("/verdicts/1/suspend", data={"sure": "yes", "reason": "A leak."})
    assert as_("Ada").post("/verdicts/1/confirm").is_redirect
    assert as_("Ada").post("/verdicts/1/confirm").status_code == 409


def test_suspending_needs_a_reason(as_: As) -> None:
    reply = as_("Amir").post("/verdicts/1/suspend", data={})
    assert reply.status_code == 409
    assert "Write why verdict 1 is suspended." in reply.text


@pytest.mark.parametrize("act", ["suspend", "sunset", "revoke"])
def test_a_replacement_nobody_knows_is_refused_and_kept(as_: As, act: str) -> None:
    typed = {"replacement": "Pen & flow", "reason": "A leak.", "effective_on": "2027-01-01"}
    reply = as_("Amir").post(f"/verdicts/1/{act}", data=typed)
    assert reply.status_code == 422
    assert "We know no tool called “Pen &amp; flow”." in reply.text
    assert 'value="Pen &amp; flow"' in reply.text
    assert "A leak." in reply.text


def test_what_was_done_is_told_and_a_pause_is_not_said_to_end_by_itself(as_: As) -> None:
    amir = as_("Amir")
    reply = amir.post("/verdicts/1/suspend", data={"sure": "yes", "reason": "A leak."})
    page = amir.get(reply.headers["location"]).text
    assert "It is paused" in page
    assert ". It would have stood until " in page
    assert "It is paused" not in amir.get(ACTS).text


@pytest.mark.parametrize(("act", "reads"), [("suspend", "Paused"), ("revoke", "No")])
def test_a_grave_act_is_asked_about_once_more_with_what_everybody_would_read(
    as_: As, client: TestClient, act: str, reads: str
) -> None:
    typed = {"reason": "A <leak>.", "seen": ""}
    asked = as_("Amir").post(f"/verdicts/1/{act}", data=typed)
    assert asked.status_code == 200
    for told in ("Nothing has been done yet", 'name="sure" value="yes"', 'value="A &lt;leak&gt;."'):
        assert told in asked.text
    assert f'id="preview">{reads}</h3>' in asked.text
    assert client.get("/api/v1/verdicts/1").json()["validity"] == "active"  # nothing was done
    sure = as_("Amir").post(f"/verdicts/1/{act}", data=typed | {"sure": "yes"})
    assert sure.is_redirect
    assert f">{reads}</h2>" in client.get("/check?q=Quillmark").text


@pytest.mark.parametrize("act", ["suspend", "revoke"])
def test_what_was_stopped_says_why_it_was_stopped_and_no_longer_what_spoke_for_it(
    as_: As, client: TestClient, act: str
) -> None:
    before = client.get("/check?q=Quillmark").text
    praise = re.search(r"<dt>Why</dt><dd>([^<]+)", before)
    assert praise
    as_("Amir").post(f"/verdicts/1/{act}", data={"reason": "A leak in May.", "sure": "yes"})
    for address in ("/check?q=Quillmark", "/tools/quillmark"):
        shown = client.get(address).text
        assert "<dt>Why</dt><dd>A leak in May." in shown
        assert "Why: A leak in May." in shown  # in the text to be copied
        assert praise[1].strip() not in shown.split('<article class="answer')[1].split("</article>")[0]


def test_an_approver_is_told_in_their_work_what_is_due_on_verdicts(as_: As, clock: Any) -> None:
    assert "Nothing waits for you." in as_("Amir").get("/evaluations").text
    as_("Ada").post("/verdicts/1/suspend", data={"reason": "A leak.", "sure": "yes"})
    for told in ("1 thing is due: 1 suspension to confirm or lift", "(1 overdue)"):
        page = as_("Amir").get("/evaluations").text
        assert told in page
        assert "Nothing waits for you." not in page
        clock.pass_time(days=15)
    listed = as_("Amir").get("/due?who=approver&when=overdue&when=soon").text
    assert 'href="/due?who=approver&amp;when=overdue&amp;when=soon"' in page
    assert "Confirm or lift: A leak." in listed
    assert "1 suspension" not in as_("Ravi").get("/evaluations").text


def test_a_settled_condition_is_told_with_what_is_still_owed(as_: As) -> None:
    amir = as_("Amir")
    at = "/verdicts/1/conditions/2"
    done = amir.post(f"{at}/met", data={"evidence": "The export of 2 November."})
    page = amir.get(done.headers["location"]).text
    assert "The condition is noted as met" in page
    assert "No condition waits for a day any more." in page
    back = amir.post(f"{at}/take-back", data={"reason": "It was another tool’s export."})
    page = amir.get(back.headers["location"]).text
    assert "The condition is open again" in page
    assert "1 condition is still open, the next by 1 March 2027." in page
    waived = amir.post(f"{at}/waive", data={"reason": "Nothing to export."})
    assert "The condition is waived" in amir.get(waived.headers["location"]).text


def test_an_end_is_announced_with_its_day(as_: As) -> None:
    amir = as_("Amir")
    assert amir.post("/verdicts/1/sunset", data={"effective_on": "soon"}).status_code == 422
    assert amir.post("/verdicts/1/sunset", data={"effective_on": ""}).status_code == 409
    assert amir.post("/verdicts/1/sunset", data={"effective_on": "2027-01-01"}).is_redirect
    assert "Ending soon" in amir.get(ACTS).text


def test_a_verdict_graduates(as_: As) -> None:
    assert as_("Amir").post("/verdicts/1/graduate").is_redirect
    assert "Needs no approval any more" in as_("Amir").get(ACTS).text


def test_a_revoked_verdict_offers_nothing_more(as_: As) -> None:
    amir = as_("Amir")
    assert amir.post("/verdicts/1/revoke", data={"sure": "yes", "reason": "The vendor is gone."}).is_redirect
    page = amir.get(ACTS).text
    assert "Withdrawn" in page
    assert "never revived" in page
    assert '<form method="post" action="/verdicts' not in page


def test_a_dated_condition_is_noted_as_met_on_a_day_that_has_come(as_: As) -> None:
    amir = as_("Amir")
    url = "/verdicts/1/conditions/2/met"
    assert amir.post(url, data={"met_on": "2026-12-24"}).status_code == 422
    assert amir.post(url, data={"met_on": "2026-11-01"}).status_code == 422  # before it was decided
    assert amir.post(url, data={"met_on": ""}).is_redirect
    assert "It is met" not in amir.get(ACTS).text


def test_a_dated_condition_is_waived_with_a_reason(as_: As) -> None:
    amir = as_("Amir")
    url = "/verdicts/1/conditions/2/waive"
    assert amir.post(url).status_code == 422
    assert amir.post(url, data={"reason": "The vendor exports by itself."}).is_redirect
    assert "Waived" in amir.get(ACTS).text


def test_a_standing_condition_is_neither_met_nor_waived(as_: As) -> None:
    assert as_("Amir").post("/verdicts/1/conditions/1/met").status_code == 409


def test_a_number_that_is_no_verdict_is_not_found(as_: As) -> None:
    assert as_("Amir").get("/verdicts/99/acts").status_code == 404
    assert (
        as_("Amir").post("/verdicts/99/suspend", data={"sure": "yes", "reason": "A leak."}).status_code == 404
    )


@pytest.mark.parametrize(("name", "offered"), [("Amir", True), ("Ada", True), ("Emil", False), (None, False)])
def test_the_verdict_leads_those_to_its_acts_who_may_do_them(
    as_: As, client: TestClient, name: str | None, offered: bool
) -> None:
    page = (as_(name) if name else client).get("/verdicts/1")
    assert page.status_code == 200
    assert (f'href="{ACTS}"' in page.text) is offered


@pytest.mark.parametrize("who", ["Ada", "Amir"])
def test_until_it_has_gone_out_nothing_can_be_done_to_a_verdict_and_nobody_learns_of_it(
    as_: As, who: str, clock: Any
) -> None:
    clock.pass_time(minutes=-3)
    stale = {"reason": "No.", "sure": "yes", "seen": "0"}
    browser = as_(who)
    assert browser.get(ACTS).status_code == 404
    acts = ["suspend", "confirm", "lift"]
    if who == "Amir":
        acts += ["revoke", "sunset", "keep", "graduate", "approve-again", "result"]
        acts += [f"conditions/2/{act}" for act in ("met", "waive", "take-back")]
    for act in acts:
        refused = browser.post(f"/verdicts/1/{act}", data=stale)
        assert (act, refused.status_code) == (act, 404)
        assert "Approved" not in refused.text


def test_several_together_know_nothing_of_a_verdict_that_has_not_gone_out(as_: As, clock: Any) -> None:
    clock.pass_time(minutes=-3)
    asked = {
        "number": "1",
        "offered": "1",
        "reason": "No.",
        "cause": "new_evidence",
        "text": "New.",
        "seen.1": "0",
    }
    for act in ("withdraw", "reopen"):
        page = as_("Amir").post(f"/verdicts/{act}", data={**asked, "sure": "yes"})
        assert not page.is_redirect, act
        assert "Quillmark" not in page.text, act
    clock.pass_time(minutes=3)
    assert "Withdraw it" in as_("Amir").get(ACTS).text


def limit_to_the_field(engine: Engine, actors: Mapping[str, Actor], who: str, now: datetime) -> None:
    with transaction(engine) as session:
        the_offices(session)
        limited, roles = actors[who].person_id, actors[who].roles
        accounts.set_roles(session, limited, roles=roles, offices=["field"], by=actors["ada"], now=now)


@pytest.mark.parametrize("who", ["Amir", "Ada"])
def test_who_is_for_another_office_sees_no_form_and_who_may(
    as_: As, site_engine: Engine, actors: Mapping[str, Actor], now: datetime, who: str
) -> None:
    assert 'action="/verdicts/1/suspend"' in as_(who).get(ACTS).text
    limit_to_the_field(site_engine, actors, who.lower(), now)
    page = as_(who).get(ACTS).text
    assert 'action="/verdicts/1/' not in page
    assert "Ask somebody whose role is for all." in page
    assert "Nothing, as it stands now." not in page
    assert ("Have it looked at again" in page) == (who == "Amir")


@pytest.mark.parametrize("act", ["suspend", "conditions/2/waive"])
def test_who_is_for_another_office_is_told_so_and_keeps_what_was_typed(
    as_: As, site_engine: Engine, actors: Mapping[str, Actor], now: datetime, act: str
) -> None:
    limit_to_the_field(site_engine, actors, "amir", now)
    reply = as_("Amir").post(f"/verdicts/1/{act}", data={"sure": "yes", "reason": "A long story."})
    assert reply.status_code == 403
    assert "your role is for field alone" in reply.text
    assert "A long story." in reply.text
