"""The quick no in one form, from a tool's page and from the inbox: preview, publish, and what comes back as typed."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from html import unescape

import pytest
from sqlalchemy import Engine
from sqlmodel import select
from starlette.testclient import TestClient

from registry.domain.proposal import Announcer
from registry.domain.triage import CandidateStatus
from registry.services.entries import intake
from registry.services.people.acting import REGISTRY, Actor
from registry.services.rubrics import rubric_files
from registry.services.sources import sources
from registry.store.columns import id_of
from registry.store.engine import snapshot, transaction
from registry.store.tables import Candidate, Tool, Verdict
from tests.builders import a_tool, a_verdict
from tests.feeds import an_entry
from tests.web.conftest import HandClock

As = Callable[[str], TestClient]
TOOL = "/tools/tattler/quick-no"
PRIVATE = {
    "ground": "K9",
    "evidence": "https://tattler.example/terms?a=1&b=2",
    "said_by": "The legal office",
    "rationale": "It asks for a <private> account.",
    "alternatives": "none known",
    "internal_note": "Ask again in spring.",
    "independent": "yes",
}


@pytest.fixture(autouse=True)
def _a_tool(site_engine: Engine, cast: Mapping[str, int], now: datetime) -> None:
    with transaction(site_engine) as session:
        rubric_files.take_in(session, None, now=now)
        a_tool(session, "Tattler", now=now)


@pytest.fixture
def candidate(site_engine: Engine, now: datetime) -> int:
    with transaction(site_engine) as session:
        source = sources.add_source(
            session,
            url="https://launches.example/feed",
            name="Launches",
            announcer=Announcer.LAUNCH_FEED,
            by=REGISTRY,
            now=now,
        )
        entry = an_entry("one", title="Plumeria - Does a thing", link="https://plumeria.example/")
        intake.record_entries(session, source, [entry], first=False, now=now)
        session.flush()
        return id_of(session.exec(select(Candidate)).one())


def hidden_in(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return {name: unescape(value) for name, value in found}


def stored(engine: Engine) -> list[Verdict]:
    with snapshot(engine) as session:
        found = list(session.exec(select(Verdict).order_by(Verdict.number)))  # type: ignore[arg-type]
        session.expunge_all()
        return found


def test_the_preview_publishes_nothing_and_what_it_shows_is_what_goes_out(
    as_: As, client: TestClient, clock, site_engine: Engine
) -> None:
    amir = as_("Amir")
    preview = amir.post(TOOL, data=PRIVATE | {"action": "preview"})
    assert preview.status_code == 200
    assert "It asks for a &lt;private&gt; account." in preview.text
    assert stored(site_engine) == []
    sent = amir.post(TOOL, data=hidden_in(preview.text) | {"action": "publish"})
    [row] = stored(site_engine)
    assert sent.headers["location"] == f"/evaluations/{row.evaluation_id}/decide"
    assert row.assessment["quick_no"]["evidence"] == PRIVATE["evidence"]
    assert client.get("/verdicts/1").status_code == 404
    clock.pass_time(minutes=6)
    public = client.get("/verdicts/1").text
    assert "It asks for a &lt;private&gt; account." in public
    assert PRIVATE["internal_note"] not in public
    for told in (
        "It was answered at once",
        "The legal office",
        'href="https://tattler.example/terms?a=1&amp;b=2"',
    ):
        assert told in public, told


def test_what_lacks_something_comes_back_whole(as_: As, site_engine: Engine) -> None:
    sent = PRIVATE | {
        "independent": "",
        "alternatives": "",
        "other_alternatives": "Nosuch",
        "action": "publish",
    }
    reply = as_("Amir").post(TOOL, data=sent)
    assert reply.status_code == 422
    assert "There is no tool “Nosuch” here." in reply.text
    for name in ("evidence", "said_by", "rationale", "internal_note"):
        assert PRIVATE[name] in unescape(reply.text), name
    assert 'value="Nosuch"' in reply.text
    assert re.search(r'value="K9"[^>]* checked', reply.text)
    bare = as_("Amir").post(TOOL, data=PRIVATE | {"independent": "", "action": "publish"})
    assert "Who cannot asks a colleague to decide." in bare.text
    assert stored(site_engine) == []


def test_a_double_click_says_no_once(as_: As, site_engine: Engine) -> None:
    amir = as_("Amir")
    first, second = (amir.post(TOOL, data=PRIVATE | {"action": "publish"}) for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    assert len(stored(site_engine)) == 1


def test_the_same_no_by_a_colleague_is_refused_with_all_that_was_typed(
    as_: As, clock, site_engine: Engine
) -> None:
    as_("Amir").post(TOOL, data=PRIVATE | {"action": "publish"})
    clock.pass_time(minutes=6)
    reply = as_("Rosa").post(TOOL, data=PRIVATE | {"action": "publish"})
    assert reply.status_code == 409
    assert "Verdict 1 says no for this reason already." in reply.text
    assert PRIVATE["rationale"] in unescape(reply.text)
    assert len(stored(site_engine)) == 1


def test_a_reviewer_is_not_offered_what_only_an_approver_says(as_: As, site_engine: Engine) -> None:
    assert 'value="K1"' in as_("Amir").get(TOOL).text
    assert 'value="K1"' not in as_("Rosa").get(TOOL).text
    banned = PRIVATE | {"ground": "K1", "citation": "Act 889", "action": "publish"}
    reply = as_("Rosa").post(TOOL, data=banned)
    assert reply.status_code == 403
    assert "Only an approver says that a law or a policy forbids a tool." in reply.text
    assert stored(site_engine) == []


def test_who_only_looks_things_up_says_no_to_nothing(as_: As) -> None:
    emil = as_("Emil")
    assert emil.get(TOOL).status_code == 403
    assert emil.post(TOOL, data=PRIVATE | {"action": "publish"}).status_code == 403


def test_a_duplicate_offers_the_tools_of_its_category_that_are_a_yes(
    as_: As, clock, site_engine: Engine, actors: Mapping[str, Actor], now: datetime
) -> None:
    with transaction(site_engine) as session:
        a_verdict(session, a_tool(session, "Penflow", now=now), actors, now=now)
    clock.pass_time(minutes=10)
    amir = as_("Amir")
    assert 'value="penflow"' in amir.get(TOOL).text
    same = PRIVATE | {"ground": "duplicate", "rationale": "", "alternatives": "penflow", "action": "publish"}
    assert amir.post(TOOL, data=same).status_code == 303
    assert stored(site_engine)[-1].alternatives == ["penflow"]


def test_from_the_inbox_the_candidate_becomes_a_tool_with_its_no_in_one_act(
    as_: As, candidate: int, site_engine: Engine
) -> None:
    amir, at = as_("Amir"), f"/inbox/{candidate}/quick-no"
    typed = PRIVATE | {"version": hidden_in(amir.get(at).text)["version"]}
    preview = amir.post(at, data=typed | {"action": "preview"})
    with snapshot(site_engine) as session:
        assert session.get_one(Candidate, candidate).status is CandidateStatus.NEW
    assert amir.post(at, data=hidden_in(preview.text) | {"action": "publish"}).status_code == 303
    with snapshot(site_engine) as session:
        row = session.get_one(Candidate, candidate)
        assert row.status is CandidateStatus.ACCEPTED
        assert session.get_one(Tool, row.tool_id).name == "Plumeria"
        assert [each.tool_id for each in stored(site_engine)] == [row.tool_id]
    again = amir.post(at, data=typed | {"action": "publish"})
    assert again.status_code == 303
    assert len(stored(site_engine)) == 1


@pytest.mark.parametrize("version", ["99", "1e3", "-1"])
def test_a_candidate_that_changed_meanwhile_is_told_and_stays_what_it_is(
    as_: As, candidate: int, site_engine: Engine, version: str
) -> None:
    reply = as_("Amir").post(
        f"/inbox/{candidate}/quick-no", data=PRIVATE | {"version": version, "action": "publish"}
    )
    assert reply.status_code == 409
    assert PRIVATE["evidence"] in unescape(reply.text)
    assert stored(site_engine) == []
    with snapshot(site_engine) as session:
        assert session.get_one(Candidate, candidate).status is CandidateStatus.NEW


def test_a_refused_no_lets_no_candidate_in(as_: As, candidate: int, site_engine: Engine) -> None:
    amir, at = as_("Amir"), f"/inbox/{candidate}/quick-no"
    version = hidden_in(amir.get(at).text)["version"]
    sent = PRIVATE | {"version": version, "evidence": "", "action": "publish"}
    assert amir.post(at, data=sent).status_code == 422
    with snapshot(site_engine) as session:
        assert session.get_one(Candidate, candidate).status is CandidateStatus.NEW


def test_the_form_offers_no_verdict_to_replace_before_it_has_gone_out(as_: As, clock: HandClock) -> None:
    assert as_("Amir").post(TOOL, data=PRIVATE | {"action": "publish"}).is_redirect
    assert "Verdict 1" not in as_("Rosa").get(TOOL).text
    refused = as_("Rosa").post(TOOL, data=PRIVATE | {"action": "publish", "supersedes": "1"})
    assert refused.status_code == 409
    assert "Amir has decided on Tattler" in refused.text
    assert "says no" not in refused.text
    clock.pass_time(minutes=6)
    assert "Verdict 1" in as_("Rosa").get(TOOL).text
