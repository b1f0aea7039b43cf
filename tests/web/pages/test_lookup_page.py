import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from html import escape

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlmodel import Session, select
from starlette.testclient import TestClient

from registry.domain.lookup import AnswerCode
from registry.domain.outcome import Outcome
from registry.domain.verdict import Scope
from registry.services.answers.lookup import Suggestion
from registry.services.people.acting import Actor
from registry.settings import Settings
from registry.store.engine import transaction
from registry.store.tables import Tool, Unanswered
from registry.web import asking
from registry.web.app import create_app
from registry.web.cards import tool_links
from registry.web.question import Typed
from registry.web.words import answer_heading
from tests.builders import a_condition, a_tool, a_verdict
from tests.conftest import NOW
from tests.web.conftest import HandClock

pytestmark = pytest.mark.usefixtures("decided")
PROBES = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)", "{{ 7*7 }}")


def main_of(text: str) -> str:
    return text.split("<main", 1)[1].split("</main>", 1)[0]


def counted(engine: Engine) -> dict[str, int]:
    with Session(engine) as session:
        return {row.query: row.times for row in session.exec(select(Unanswered))}


@pytest.mark.parametrize(
    ("query", "heading"),
    [
        ("quillmark", "Yes"),
        ("quillmark.example/pricing", "Yes"),
        ("murmur notes", answer_heading("yes_if", 2)),
        ("harrow chat", "No"),
        ("lapsa", "Not any more"),
        ("sundial", "Paused"),
        ("gonefish", "No"),
        ("wendle", answer_heading("under_review")),
        ("untried", "Not yet reviewed"),
    ],
)
def test_the_plain_word_comes_first_in_every_answer(client: TestClient, query: str, heading: str) -> None:
    shown = main_of(client.get("/check", params={"q": query}).text)
    card = shown[shown.index('<article class="answer') :]
    assert card.index(f'id="answer">{heading}<') < card.index("answer-tool") < card.index("lead")


def test_a_near_match_is_a_question_back_and_never_a_yes(client: TestClient) -> None:
    shown = client.get("/check?q=quilmark").text
    assert "Did you mean" in shown
    assert "/check?q=Quillmark" in shown
    assert '<article class="answer' not in shown


def test_a_vendor_called_like_its_tool_is_not_told_twice() -> None:
    found = [
        Suggestion(Tool(slug=name.lower(), name=name, vendor=vendor, created_at=NOW), AnswerCode.YES)
        for name, vendor in (("Fieldpost", "fieldpost"), ("Quillmark", "Northlight"))
    ]
    assert [each.note for each in tool_links(found, Typed())] == ["", "Northlight"]


def test_an_unknown_tool_leads_to_a_request_that_knows_its_name(client: TestClient) -> None:
    shown = client.get("/check?q=Zzyzx+%26+Sons").text
    assert 'href="/request?name=Zzyzx+%26amp%3B' not in shown
    assert 'href="/request?name=Zzyzx+%26+Sons"' in shown


@pytest.mark.parametrize("probe", PROBES)
def test_what_was_typed_stays_text(client: TestClient, probe: str) -> None:
    shown = client.get("/check", params={"q": probe, "edition": probe, "on": ""}).text
    assert f'value="{escape(probe).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")}"' in shown
    for bad in ("<script>alert", "<img src=x", 'href="javascript:', ">49<"):
        assert bad not in shown


def test_what_nobody_could_answer_is_counted_without_a_person(
    client: TestClient, site_engine: Engine
) -> None:
    for _ in range(2):
        client.get("/check?q=zzyzx")
    client.get("/check?q=untried")
    client.get("/check?q=quillmark")
    assert counted(site_engine) == {"zzyzx": 2, "untried": 1}
    assert set(Unanswered.model_fields) == {"key", "query", "times", "first_at", "last_at"}


def test_a_page_fetched_ahead_is_not_counted(client: TestClient, site_engine: Engine) -> None:
    client.get("/check?q=zzyzx", headers={"Sec-Purpose": "prefetch"})
    assert counted(site_engine) == {}


def test_from_one_place_only_so_many_are_counted_and_all_are_answered(
    client: TestClient, site_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST_COUNTED", 3)
    for nth in range(3):
        for path in ("/check", "/api/v1/check"):
            assert client.get(path, params={"q": f"zzyzx{nth}{path[1:4]}"}).status_code == 200
    assert len(counted(site_engine)) == 3


def test_the_answer_comes_even_where_it_cannot_be_counted(app: FastAPI, site_engine: Engine) -> None:
    with transaction(site_engine) as session:
        session.connection().exec_driver_sql("DROP TABLE unanswered")
    with TestClient(app) as strict:  # raises whatever goes wrong after the reply, too
        assert strict.get("/check?q=zzyzx").status_code == 200


@pytest.mark.parametrize("day", ["tomorrow", "2026-02-30", "0001-01-01", "9999-12-31"])
def test_a_day_that_is_none_is_told_and_the_form_is_kept(client: TestClient, day: str) -> None:
    reply = client.get("/check", params={"q": "quillmark", "data_class": "internal", "on": day})
    assert reply.status_code == 422
    assert "Write the day as year-month-day" in reply.text
    assert f'value="{day}"' in reply.text
    assert 'value="quillmark"' in reply.text
    assert '<option value="internal" selected>' in reply.text


@pytest.mark.parametrize("dimension", ["data_class", "account", "audience", "office"])
def test_a_value_that_is_not_known_here_is_told(client: TestClient, dimension: str) -> None:
    reply = client.get("/check", params={"q": "quillmark", dimension: "<b>x"})
    assert reply.status_code == 422
    assert "We do not know" in reply.text
    assert "<b>x" not in reply.text


def test_what_the_answer_depends_on_is_offered_as_links_to_answers(client: TestClient) -> None:
    shown = client.get("/check?q=murmur+notes").text
    assert "The answer for what you enter" in shown
    assert 'href="/check?q=murmur+notes&amp;data_class=regulated"' in shown
    there = main_of(client.get("/check?q=murmur+notes&data_class=regulated").text)
    assert 'id="answer">No<' in there


def test_another_day_gives_the_answer_of_that_day(client: TestClient) -> None:
    assert 'id="answer">Yes<' in client.get("/check?q=lapsa&on=2024-01-01").text


def test_an_address_bar_may_go_straight_to_the_answer(client: TestClient) -> None:
    reply = client.get("/go/app.quillmark.example/a?b=1")
    assert (reply.status_code, reply.headers["location"]) == (303, "/check?q=app.quillmark.example%2Fa")
    assert client.get("/go//evil.example").headers["location"].startswith("/check?q=")


def test_a_browser_is_told_how_to_search_here(client: TestClient) -> None:
    reply = client.get("/opensearch.xml")
    assert reply.headers["content-type"].startswith("application/opensearchdescription+xml")
    assert reply.text.startswith("<?xml")
    assert "http://testserver/check?q={searchTerms}" in reply.text


def test_suggestions_come_as_opensearch_wants_them(client: TestClient) -> None:
    typed, names, answers, addresses = client.get("/suggest?q=mur").json()
    assert (typed, names[0], answers[0]) == ("mur", "Murmur Notes", "Yes, if")
    assert addresses[0] == "http://testserver/check?q=Murmur+Notes"
    assert client.get("/suggest").json() == ["", [], [], []]


def test_the_first_page_offers_feeds_and_what_was_decided_lately(client: TestClient, now: datetime) -> None:
    shown = client.get("/").text
    assert 'type="application/atom+xml"' in shown
    assert "/feeds/verdicts.atom" in shown
    assert "Gonefish" in shown
    assert "Umber Draw" not in shown


def test_the_page_and_its_answer_are_said_in_the_language_of_the_house(
    settings: Settings, site_engine: Engine, clock: HandClock
) -> None:
    spoken = settings.model_copy(update={"language": "es"})
    page = TestClient(create_app(spoken, engine=site_engine, clock=clock)).get("/check?q=quillmark").text
    assert '<html lang="es"' in page
    assert "¿Puedo usarla?" in page
    assert "Sí, " in page
    assert "Vale para" in page
    assert "Holds for" not in page


def of_editions(engine: Engine, cast: Mapping[str, Actor], now: datetime) -> None:
    before = now - timedelta(days=2)
    with transaction(engine) as session:
        tool = a_tool(session, "Twofold", now=before)
        a_verdict(session, tool, cast, now=before)
        a_verdict(session, tool, cast, now=before, scope=Scope(edition="Free"), outcome=Outcome.REJECTED)


def test_an_edition_that_is_not_known_gets_no_answer_but_those_there_are_to_choose(
    client: TestClient, site_engine: Engine, decided: Mapping[str, Actor], now: datetime
) -> None:
    of_editions(site_engine, decided, now)
    told = "We do not know the edition “Fre”. Choose one of: Free, any other edition."
    page = client.get("/check?q=twofold&edition=Fre&data_class=public")
    assert page.status_code == 422
    assert told in page.text
    assert '<article class="answer' not in page.text
    assert re.findall(
        r'<option value="([^"]+)">', page.text.split('id="f-edition"')[1].split("</select>")[0]
    ) == [
        "Free",
        "any other edition",
    ]
    api = client.get("/api/v1/check?q=twofold&edition=Fre")
    assert (api.status_code, api.json()["faults"]) == (422, {"edition": told})
    assert told in client.get("/embed?q=twofold&edition=Fre").text
    assert client.get("/api/v1/check?q=twofold&edition=free").json()["answer"] == "no"
    assert client.get("/api/v1/check?q=twofold&edition=any+other+edition").json()["answer"] == "yes"
    tool = client.get("/tools/twofold?edition=Fre")
    assert tool.status_code == 422
    assert told in tool.text
    assert 'href="/tools/twofold" aria-current="page"' in tool.text


def test_the_box_asks_about_another_tool_without_the_edition_of_this_one(
    client: TestClient, site_engine: Engine, decided: Mapping[str, Actor], now: datetime
) -> None:
    of_editions(site_engine, decided, now)
    box = client.get("/check?q=twofold&edition=Free").text.split('<form class="ask"')[1].split("</form>")[0]
    assert "edition" not in box
    told = client.get("/api/v1/check?q=quillmark&edition=Free").json()
    assert told["answer"] == "yes"
    assert told["sentence"].endswith("The same holds for every edition.")


def test_the_card_says_which_data_all_verdicts_permit_together(
    client: TestClient, site_engine: Engine, decided: Mapping[str, Actor], now: datetime
) -> None:
    before = now - timedelta(days=2)
    with transaction(site_engine) as session:
        tool, outcome = a_tool(session, "Ladder", now=before), Outcome.APPROVED_WITH_CONDITIONS
        kept = (a_condition("Sign in first.", "R5"),)
        scope = Scope(data_ceiling="public")
        a_verdict(session, tool, decided, now=before, scope=scope, outcome=outcome, conditions=kept)
        a_verdict(session, tool, decided, now=before, scope=Scope(data_ceiling="internal"))
    assert "Sign in first." not in client.get("/check?q=ladder&data_class=internal").text
    shown = client.get("/check?q=ladder&data_class=public").text
    assert "Sign in first." in shown
    may, never = (
        shown.split(f"<dt>{title}</dt>")[1].split("</dd>")[0] for title in ("You may enter", "Never enter")
    )
    assert "Internal" in may
    assert "Internal" not in never
    assert "Sensitive" in never
