"""The approver's memo and form: what it recommends, what comes back, what the preview shows, and taking it back."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import select
from starlette.testclient import TestClient

from registry.domain.condition import Check, Duty
from registry.domain.library import Wording
from registry.domain.outcome import Outcome
from registry.services.decisions import library
from registry.services.evaluations import evaluation as rounds
from registry.services.people import accounts
from registry.services.people.acting import Actor
from registry.store.columns import id_of
from registry.store.engine import snapshot, transaction
from registry.store.tables import Role, User, UserRole, Verdict, VerdictCondition
from tests.builders import a_condition, a_tool, a_verdict, an_evaluation, scored, the_offices

As = Callable[[str], TestClient]
ACase = Callable[..., Any]
YES = {"outcome": "approved", "rationale": "It does <what> we need."}
CONDITION = {
    "c1.text": "Enter only public information.",
    "c1.duty": "user",
    "c1.check": "self_attested",
    "c1.mitigates": "R5",
    "c1.lasts": "standing",
}
QUICK = YES | {"data_ceiling": "public", "within": ("cost", "public_account", "people")}
YES_IF = {"outcome": "approved_with_conditions", "rationale": "Useful, within limits."} | CONDITION


def hidden_in(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return {name: unescape(value) for name, value in found}


def verdict_numbers(engine: Engine) -> list[int]:
    with snapshot(engine) as session:
        return list(session.exec(select(Verdict.number)))


@pytest.fixture
def ready(a_case: ACase) -> Any:
    """Nothing flagged, every risk at 1."""
    return a_case(rosa={}, ravi={})


@pytest.fixture
def conditional(a_case: ACase) -> Any:
    """R5 is at 3 for both, so that it needs a condition."""
    return a_case(rosa={"R5": "3"}, ravi={"R5": "3"})


def test_the_memo_says_what_is_recommended_from_which_row_and_why(as_: As, conditional: Any) -> None:
    page = as_("Amir").get(f"{conditional.url}/decide").text
    assert "Row" in page
    assert "R5 (terms and contract) is rated 3" in unescape(page)
    assert "What single change would flip it" in page
    assert "Approved with conditions" in page


def test_conditions_proposed_fill_the_form_and_two_empty_ones_follow(
    as_: As, conditional: Any, site_engine: Engine, actors: Mapping[str, Actor], now: datetime
) -> None:
    with transaction(site_engine) as session:
        condition = a_condition("Enter only public information.", "R5")
        rounds.propose_condition(session, conditional.id, condition, by=actors["ravi"], now=now)
    page = as_("Amir").get(f"{conditional.url}/decide").text
    assert 'name="c1.text" type="text" value="Enter only public information."' in page
    assert 'name="c3.text"' in page
    assert 'name="c4.text"' not in page


def test_a_condition_that_says_less_than_the_scope_is_warned_of_before_and_in_the_preview(
    as_: As, conditional: Any
) -> None:
    amir = as_("Amir")
    warning = "A condition and the scope do not go together"
    typed = YES_IF | {"c1.kind": "data_ceiling", "data_ceiling": "internal"}
    assert warning in amir.post(f"{conditional.url}/recompute", data=typed).text
    seen = amir.post(f"{conditional.url}/decide", data=typed | {"action": "preview"})
    assert warning in seen.text
    typed["data_ceiling"] = "public"
    assert warning not in amir.post(f"{conditional.url}/recompute", data=typed).text


def test_recomputing_weighs_the_conditions_as_typed_and_keeps_everything(as_: As, conditional: Any) -> None:
    amir = as_("Amir")
    typed = YES_IF | {"rationale": "Half a thought"}
    bare = {name: value for name, value in typed.items() if not name.startswith("c1.")}
    before = amir.post(f"{conditional.url}/decide", data=bare | {"action": "recompute"})
    after = amir.post(f"{conditional.url}/decide", data=typed | {"action": "recompute"})
    assert (before.status_code, after.status_code) == (200, 200)
    assert "no condition covers R5" in before.text
    assert "complete conditions cover R5" in after.text
    assert "Half a thought" in after.text


def test_a_decision_that_lacks_something_comes_back_whole(as_: As, ready: Any, site_engine: Engine) -> None:
    sent = {"outcome": "rejected", "versions": "3 & later", "action": "publish", "valid_until": "never"}
    reply = as_("Amir").post(f"{ready.url}/decide", data=sent)
    assert reply.status_code == 422
    assert "Say in plain words why." in reply.text
    assert "year-month-day" in reply.text
    assert 'value="3 &amp; later"' in reply.text
    assert verdict_numbers(site_engine) == []


@pytest.mark.parametrize("action", ["preview", "publish"])
def test_who_decides_for_one_office_alone_keeps_what_was_typed_for_all(
    as_: As, ready: Any, site_engine: Engine, actors: Mapping[str, Actor], now: datetime, action: str
) -> None:
    with transaction(site_engine) as session:
        the_offices(session)
        limited, roles = actors["amir"].person_id, {Role.APPROVER}
        accounts.set_roles(session, limited, roles=roles, offices=["field"], by=actors["ada"], now=now)
    reply = as_("Amir").post(f"{ready.url}/decide", data=YES | {"action": action})
    assert reply.status_code == 422
    assert "your role is for field alone" in reply.text
    assert "It does &lt;what&gt; we need." in reply.text
    assert verdict_numbers(site_engine) == []


def test_an_alternative_is_a_tool_of_the_registry_or_none_known(
    as_: As, ready: Any, site_engine: Engine, now: datetime
) -> None:
    with transaction(site_engine) as session:
        a_tool(session, "Penflow", now=now)
    sent = {
        "outcome": "approved_with_conditions",
        "rationale": "So.",
        "step_reason": "New vendor.",
    } | CONDITION
    amir = as_("Amir")
    refused = amir.post(f"{ready.url}/decide", data=sent | {"alternatives": "Nosuch", "action": "preview"})
    assert refused.status_code == 422
    assert "There is no tool “Nosuch” here." in refused.text
    taken = amir.post(f"{ready.url}/decide", data=sent | {"alternatives": "Penflow", "action": "preview"})
    assert taken.status_code == 200


def test_the_preview_publishes_nothing(as_: As, ready: Any, site_engine: Engine) -> None:
    amir = as_("Amir")
    preview = amir.post(f"{ready.url}/decide", data=YES | {"action": "preview"})
    assert preview.status_code == 200
    assert verdict_numbers(site_engine) == []
    assert amir.get(f"{ready.url}/decide").status_code == 200


def test_the_preview_is_just_what_people_will_see(
    as_: As, conditional: Any, clock: Any, client: TestClient
) -> None:
    amir = as_("Amir")
    page = amir.post(f"{conditional.url}/decide", data=YES_IF | {"action": "preview"}).text
    assert "Yes, if you meet 1 condition" in page
    assert "Quillmark: Approved with conditions" in page
    amir.post(f"{conditional.url}/decide", data=hidden_in(page) | {"action": "publish"})
    clock.pass_time(minutes=6)
    feed = client.get("/feeds/verdicts.atom").text
    assert "Quillmark: Approved with conditions" in feed
    answer = client.get("/check?q=Quillmark").text
    assert facts_in(page) == facts_in(answer)
    for paragraph in ("Useful, within limits.", "Enter only public information."):
        assert paragraph in page
        assert paragraph in feed


def facts_in(page: str) -> list[str]:
    """What the answer card says beside its links, in order."""
    card = page.partition('<article class="answer')[2].partition("</article>")[0]
    card = card.partition(">")[2]
    said = re.sub(r"<a [^>]*>Read the whole review</a>|<form.*?</form>", "", card, flags=re.DOTALL)
    return re.sub(r"<[^>]+>", "\n", said).split()


def test_what_was_previewed_is_what_is_published(as_: As, conditional: Any, site_engine: Engine) -> None:
    amir = as_("Amir")
    typed = YES_IF | {"versions": "3 & later", "data_ceiling": "internal", "accounts": "work"}
    page = amir.post(f"{conditional.url}/decide", data=typed | {"action": "preview"}).text
    reply = amir.post(f"{conditional.url}/decide", data=hidden_in(page) | {"action": "publish"})
    assert reply.is_redirect
    with snapshot(site_engine) as session:
        row = session.exec(select(Verdict)).one()
    assert (row.versions, row.data_ceiling, row.accounts) == ("3 & later", "internal", ["work"])
    assert row.rationale == "Useful, within limits."


def test_a_published_verdict_is_taken_back_within_the_undo_window(
    as_: As, ready: Any, site_engine: Engine
) -> None:
    amir = as_("Amir")
    amir.post(f"{ready.url}/decide", data=YES | {"action": "publish"})
    assert "Take it back" in amir.get(f"{ready.url}/decide").text
    assert "Take it back" not in as_("Rosa").get(f"{ready.url}/decide").text
    assert amir.post(f"{ready.url}/undo", data={"number": "1"}).is_redirect
    assert "Your decision" in amir.get(f"{ready.url}/decide").text
    amir.post(f"{ready.url}/decide", data=YES | {"action": "publish"})
    assert verdict_numbers(site_engine) == [1, 2]


def test_what_was_taken_back_fills_the_form_to_the_last_field(
    as_: As, conditional: Any, site_engine: Engine
) -> None:
    said = {
        "versions": "3 & later",
        "data_ceiling": "internal",
        "accounts": "work",
        "valid_until": "2027-01-31",
        "starts_on": "2026-12-24",
        "step_reason": "",
        "internal_note": "Ask again in spring.",
        "alternatives": "none known",
    }
    amir, typed = as_("Amir"), YES_IF | said
    amir.post(f"{conditional.url}/decide", data=typed | {"action": "publish"})
    back = amir.post(f"{conditional.url}/undo", data={"number": "1"})
    page = amir.get(back.headers["location"]).text
    assert "Verdict 1 was taken back" in page
    for value in ("3 &amp; later", "2027-01-31", "2026-12-24", "R5"):
        assert f'value="{value}"' in page, value
    for text in (typed["rationale"], typed["c1.text"], typed["internal_note"]):
        assert text in page
    assert re.search(r'value="internal"[^>]*selected', page)
    for value in ("approved_with_conditions", "work", "none known"):
        assert re.search(rf'value="{value}"[^>]*checked', page), value


def test_going_back_from_the_preview_keeps_what_was_typed(as_: As, conditional: Any) -> None:
    amir = as_("Amir")
    page = amir.post(f"{conditional.url}/decide", data=YES_IF | {"action": "preview"}).text
    button = re.search(r'<p class="crumb"><button[^>]*form="answers-form" name="action" value="(\w+)"', page)
    assert button
    assert '<form method="post" action="' + conditional.url + '/decide" id="answers-form"' in page
    form = amir.post(f"{conditional.url}/decide", data=hidden_in(page) | {"action": button[1]}).text
    assert YES_IF["rationale"] in form
    assert CONDITION["c1.text"] in form


def test_after_the_undo_window_it_has_gone_out(as_: As, ready: Any, clock: Any) -> None:
    amir = as_("Amir")
    amir.post(f"{ready.url}/decide", data=YES | {"action": "publish"})
    clock.pass_time(minutes=6)
    assert "Take it back" not in amir.get(f"{ready.url}/decide").text
    assert amir.post(f"{ready.url}/undo", data={"number": "1"}).status_code == 409


def test_who_scored_may_not_decide_and_is_told_so(as_: As, ready: Any) -> None:
    assert as_("Rosa").get(f"{ready.url}/decide").status_code == 403
    assert as_("Rosa").post(f"{ready.url}/decide", data=YES | {"action": "publish"}).status_code == 403


def test_in_the_quick_lane_the_one_who_scored_decides_and_the_verdict_says_so(
    as_: As, a_case: ACase, site_engine: Engine
) -> None:
    rosa, case = as_("Rosa"), a_case(tier=1, rosa={})
    assert "Quick lane" in rosa.get(f"{case.url}/decide").text
    beyond = rosa.post(f"{case.url}/decide", data=YES | {"action": "publish"})
    assert (beyond.status_code, beyond.text.count("In the quick lane the highest class")) == (422, 2)
    rosa.post(f"{case.url}/decide", data=QUICK | {"action": "publish"})
    with snapshot(site_engine) as session:
        assert "Quick lane" in session.exec(select(Verdict)).one().notes[0]


def test_standing_verdicts_of_the_same_edition_are_chosen_to_be_replaced(
    as_: As, site_engine: Engine, actors: Mapping[str, Actor], now: datetime
) -> None:
    with transaction(site_engine) as session:
        tool = a_tool(session, now=now)
        a_verdict(session, tool, actors, now=now - timedelta(hours=1))
        again = an_evaluation(
            session, tool, owner=actors["rosa"], reviewers=(actors["rosa"], actors["ravi"]), now=now
        )
        for who in ("rosa", "ravi"):
            scored(session, again, actors[who], now=now)
        url = f"/evaluations/{again.id}/decide"
    assert re.search(r'name="supersedes" value="1" checked', as_("Amir").get(url).text)


def test_precedents_are_verdicts_on_other_tools_of_the_category_the_most_alike_first(
    as_: As,
    ready: Any,
    site_engine: Engine,
    actors: Mapping[str, Actor],
    clock: Any,
    now: datetime,
) -> None:
    with transaction(site_engine) as session:
        a_verdict(session, a_tool(session, "Penflow", now=now), actors, now=now)
        scrawl = a_tool(session, "Scrawl", now=now)
        a_verdict(session, scrawl, actors, now=now, outcome=Outcome.REJECTED)
        a_verdict(session, a_tool(session, "Beamline", category="Physics", now=now), actors, now=now)
    clock.pass_time(minutes=6)
    page = as_("Amir").get(f"{ready.url}/decide").text
    assert page.index("Penflow") < page.index("Scrawl")
    assert "Beamline" not in page


def test_a_stale_page_comes_back_with_what_changed_and_all_that_was_typed(
    as_: As, conditional: Any, site_engine: Engine, actors: Mapping[str, Actor], now: datetime
) -> None:
    amir = as_("Amir")
    form = hidden_in(amir.get(f"{conditional.url}/decide").text)
    with transaction(site_engine) as session:
        condition = a_condition("Enter only public information.", "R5")
        rounds.propose_condition(session, conditional.id, condition, by=actors["ravi"], now=now)
    typed = form | YES_IF | {"rationale": "Half a thought", "action": "publish"}
    reply = amir.post(f"{conditional.url}/decide", data=typed)
    assert reply.status_code == 409
    assert "The rules recommended: Rejected. Now: Approved with conditions." in reply.text
    assert "Condition proposed: Ravi" in reply.text
    assert "Half a thought" in reply.text
    assert verdict_numbers(site_engine) == []
    again = hidden_in(reply.text) | YES_IF | {"action": "publish"}
    assert amir.post(f"{conditional.url}/decide", data=again).is_redirect


def test_who_comes_second_sees_what_was_decided_and_keeps_what_was_typed(
    as_: As, ready: Any, site_engine: Engine, actors: Mapping[str, Actor], now: datetime
) -> None:
    with transaction(site_engine) as session:
        user = session.exec(select(User).where(User.name == "Ada")).one()
        session.add(UserRole(user_id=id_of(user), role=Role.APPROVER))
    as_("Amir").post(f"{ready.url}/decide", data=YES | {"action": "publish"})
    late = as_("Ada").post(f"{ready.url}/decide", data=YES | {"rationale": "Mine", "action": "publish"})
    assert late.status_code == 409
    assert "Amir has decided it meanwhile: verdict 1." in late.text
    assert "Mine" in late.text
    assert verdict_numbers(site_engine) == [1]


def test_what_was_withdrawn_meanwhile_loses_nothing_that_was_typed(
    as_: As, ready: Any, site_engine: Engine, actors: Mapping[str, Actor], now: datetime
) -> None:
    with transaction(site_engine) as session:
        rounds.withdraw(session, ready.id, reason="Not needed.", by=actors["rosa"], now=now)
    reply = as_("Amir").post(f"{ready.url}/decide", data=YES | {"action": "preview"})
    assert reply.status_code == 409
    assert "It does &lt;what&gt; we need." in reply.text
    assert "Not needed." in reply.text


def test_a_double_click_gives_the_one_verdict(as_: As, ready: Any, site_engine: Engine) -> None:
    amir = as_("Amir")
    replies = [amir.post(f"{ready.url}/decide", data=YES | {"action": "publish"}) for _ in range(2)]
    assert [each.headers["location"] for each in replies] == [f"{ready.url}/decide"] * 2
    assert verdict_numbers(site_engine) == [1]


def test_before_it_goes_out_no_page_feed_answer_or_reply_tells_it(
    as_: As, ready: Any, client: TestClient, clock: Any
) -> None:
    as_("Amir").post(f"{ready.url}/decide", data=YES | {"action": "publish"})
    assert client.get("/verdicts/1").status_code == 404
    assert client.get("/api/v1/verdicts/1").status_code == 404
    assert client.get("/api/v1/verdicts").json()["items"] == []
    assert client.get("/api/v1/check?q=Quillmark").json()["answer"] == "under_review"
    for address in ("/feeds/verdicts.atom", "/feeds/verdicts.json", "/tools/quillmark/verdicts.rss"):
        assert "Approved" not in client.get(address).text
    for address in ("/verdicts", "/tools/quillmark", "/check?q=Quillmark", "/verdicts.csv"):
        assert "It does" not in client.get(address).text
    clock.pass_time(minutes=6)
    assert client.get("/api/v1/check?q=Quillmark").json()["answer"] == "yes"


def test_a_note_for_those_who_work_here_is_never_published(
    as_: As, ready: Any, client: TestClient, clock: Any
) -> None:
    amir, typed = as_("Amir"), YES | {"internal_note": "Their sales people pressed hard."}
    assert "Their sales people" in amir.post(f"{ready.url}/decide", data=typed | {"action": "preview"}).text
    amir.post(f"{ready.url}/decide", data=typed | {"action": "publish"})
    clock.pass_time(minutes=6)
    for address in (
        "/verdicts/1",
        "/api/v1/verdicts/1",
        "/feeds/verdicts.json",
        "/verdicts.csv",
        "/verdicts.json",
    ):
        assert "Their sales people" not in client.get(address).text


def test_what_is_ticked_in_the_library_counts_at_once_and_the_verdict_knows_where_it_is_from(
    as_: As, conditional: Any, site_engine: Engine, actors: Mapping[str, Actor], now: datetime
) -> None:
    wording = Wording(
        text="Enter only public information.",
        duty=Duty.USER,
        check=Check.SELF_ATTESTED,
        mitigates=frozenset({"R5"}),
    )
    with transaction(site_engine) as session:
        library.add(session, wording, by=actors["amir"], now=now)
    amir = as_("Amir")
    assert "Covers what is open." in amir.get(f"{conditional.url}/decide").text
    typed = {"outcome": "approved_with_conditions", "rationale": "So.", "library": "1"}
    page = amir.post(f"{conditional.url}/recompute", data=typed).text
    assert "complete conditions cover R5" in page
    assert 'name="c1.wording" value="1"' in page
    amir.post(f"{conditional.url}/decide", data=typed | {"action": "publish"})
    with snapshot(site_engine) as session:
        [row] = session.exec(select(VerdictCondition)).all()
    assert (row.text, row.wording_id) == ("Enter only public information.", 1)


def test_a_wording_that_the_library_never_had_is_forgotten(
    as_: As, conditional: Any, site_engine: Engine
) -> None:
    typed = YES_IF | {"c1.wording": "999", "action": "publish"}
    assert as_("Amir").post(f"{conditional.url}/decide", data=typed).is_redirect
    with snapshot(site_engine) as session:
        assert session.exec(select(VerdictCondition)).one().wording_id is None


def test_the_memo_says_how_the_last_day_follows_and_which_tools_are_a_yes(
    as_: As, ready: Any, site_engine: Engine, actors: Mapping[str, Actor], clock: Any, now: datetime
) -> None:
    with transaction(site_engine) as session:
        a_verdict(session, a_tool(session, "Penflow", now=now), actors, now=now)
        a_tool(session, "Untried", now=now)
    clock.pass_time(minutes=6)
    page = as_("Amir").get(f"{ready.url}/decide").text
    assert "an approval in tier 2 stands for 24 months" in page
    assert re.search(r'name="alternatives" value="penflow"', page)
    assert 'value="untried"' not in page
    recomputed = f"{ready.url}/recompute"
    other = as_("Amir").post(recomputed, data=YES | {"outcome": "rejected"}).text
    assert "otherwise than 1 of 1 precedents" in other
    assert "precedents did" not in as_("Amir").post(recomputed, data=YES | {"outcome": ""}).text
    clock.pass_time(days=4000)  # the precedent has lapsed: it is shown, and nobody is measured by it
    other = as_("Amir").post(recomputed, data=YES | {"outcome": "rejected"}).text
    assert "Penflow" in other
    assert "precedents did" not in other


CHOSEN = r'name="outcome"[^>]*value="([a-z_]+)"[^>]* checked'


def test_the_recommended_outcome_is_chosen_beforehand(as_: As, ready: Any) -> None:
    assert re.findall(CHOSEN, as_("Amir").get(f"{ready.url}/decide").text) == ["approved"]


def test_no_outcome_is_chosen_beforehand_where_conditions_would_lead_to_another(
    as_: As, conditional: Any
) -> None:
    page = as_("Amir").get(f"{conditional.url}/decide").text
    assert "Within reach" in page
    assert re.findall(CHOSEN, page) == []


def test_what_is_decided_is_told_with_when_it_goes_out_and_that_it_can_be_taken_back(
    as_: As, ready: Any
) -> None:
    amir = as_("Amir")
    assert amir.post(f"{ready.url}/decide", data=YES | {"action": "publish"}).is_redirect
    page = amir.get(f"{ready.url}/decide").text
    assert re.search(r"Verdict 1 goes out on [^<]*; until then you can take it back", page)
    assert "is published" not in page
