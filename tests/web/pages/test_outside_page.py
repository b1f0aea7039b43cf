"""What other registries decided, as pages, files, answers and API: placing it, and adopting it in one form."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import Engine
from sqlmodel import select
from starlette.testclient import TestClient

from registry.services.rubrics import rubric_files
from registry.store.engine import snapshot, transaction
from registry.store.tables import Candidate, OutsideVerdict, Verdict
from tests.builders import a_tool
from tests.outside import a_registry, a_statement, an_item, tell

As = Callable[[str], TestClient]
DAY = timedelta(days=1)
AT = "/outside-verdicts"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _told(site_engine: Engine, now) -> None:
    """Number 1 is beside Quillmark; 2 is about a tool that nobody here knows."""
    with transaction(site_engine) as session:
        rubric_files.take_in(session, None, now=now)
        a_tool(session, now=now)
        a_tool(session, "Inkwell", now=now)
        harbour = a_registry(session, now=now)
        odd = a_statement(
            2,
            "Plumeria",
            decided_by="R & D",
            about={"name": "=Plumeria", "homepage": "https://plumeria.example/", "identifiers": []},
        )
        tell(session, harbour, an_item(odd, now - DAY), an_item(a_statement(), now - 2 * DAY), now=now)


def row(site_engine: Engine, number: str) -> OutsideVerdict:
    with snapshot(site_engine) as session:
        return session.exec(select(OutsideVerdict).where(OutsideVerdict.number == number)).one()


def fields(page: str) -> dict[str, list[str]]:
    """What a browser would send of the page's form as it came."""
    sent: dict[str, list[str]] = {}
    form = page[page.index("data-guard") :]
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = (re.search(rf'{part}="([^"]*)"', tag) for part in ("name", "value"))
        kind = re.search(r'type="(\w+)"', tag)
        if name and not (kind and kind[1] in ("radio", "checkbox") and " checked" not in tag):
            sent.setdefault(name[1], []).append(unescape(value[1]) if value else "")
    for name, text in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        sent[name] = [unescape(text.lstrip("\n"))]
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        sent[name] = [chosen[1] if chosen else ""]
    return sent


def test_the_tool_s_page_tells_everybody_and_offers_nothing_to_those_who_may_not(client, as_):
    told = client.get("/tools/quillmark").text
    assert "One other organisation, Harbour City Registry, approved it with conditions." in told
    assert "Enter no names." in told
    assert "/adopt" not in told
    assert "/adopt" not in as_("reviewer").get("/tools/quillmark").text
    assert f"{AT}/2/adopt" in as_("approver").get("/tools/quillmark").text


def test_an_answer_quotes_it_only_while_nothing_is_decided_here(client):
    told = client.get("/api/v1/check", params={"q": "Quillmark"}).json()
    assert told["answer"] == "not_reviewed"
    assert told["verdict"] is None
    [verdict] = told["evidence"]["verdicts"]
    assert (verdict["registry"], verdict["outcome"]) == ("Harbour City Registry", "approved_with_conditions")
    assert client.get("/api/v1/check", params={"q": "Inkwell"}).json()["evidence"] is None
    assert "That is evidence, and no answer for us." in client.get("/check?q=Quillmark").text


def test_the_list_is_a_page_a_csv_and_a_json_of_the_same(as_):
    reads = as_("reviewer")
    assert "Harbour City Registry" in reads.get(AT).text
    waiting = reads.get(f"{AT}?placed=no").text
    assert "Plumeria" in waiting
    assert "Quillmark" not in waiting
    [one] = reads.get(f"{AT}.json?placed=no").json()["outside-verdicts"]
    assert one["tool"] is None
    assert "'=Plumeria" in reads.get(f"{AT}.csv?placed=no").text
    assert reads.get(f"/api/v1{AT}?placed=true").json()["items"][0]["tool"] == "quillmark"
    assert as_("employee").get(AT).status_code == 403


def test_a_person_says_which_tool_it_is_or_that_it_is_none(as_, site_engine):
    other = row(site_engine, "2")
    at = f"{AT}/{other.id}"
    rosa = as_("reviewer")
    lost = rosa.post(f"{at}/place", data={"tool": "Nothing such", "version": other.version})
    assert lost.status_code == 422
    assert "Nothing such" in lost.text
    assert rosa.post(f"{at}/place", data={"tool": "inkwell", "version": other.version}).status_code == 303
    assert "a colleague" in rosa.get(at).text
    late = rosa.post(f"{at}/place", data={"tool": "quillmark", "version": other.version})
    assert late.status_code == 409
    assert "quillmark" in late.text
    assert rosa.post(f"{at}/set-aside").status_code == 303
    assert row(site_engine, "2").tool_id is None
    assert "none of our tools" in rosa.get(at).text


def test_it_becomes_a_candidate_and_stands_on_the_candidate_s_page(as_, site_engine):
    other = row(site_engine, "2")
    rosa = as_("reviewer")
    made = rosa.post(f"{AT}/{other.id}/propose", data={"version": other.version})
    assert made.headers["location"].startswith("/inbox/")
    page = rosa.get(made.headers["location"]).text
    assert "What other organisations decided" in page
    assert "decided on by another registry" in rosa.get("/inbox").text
    with snapshot(site_engine) as session:
        assert session.exec(select(Candidate)).one().homepage == "https://plumeria.example/"


def test_adopting_is_one_form_filled_in_a_preview_and_one_verdict(as_, site_engine):
    theirs = row(site_engine, "1")
    at, amir = f"{AT}/{theirs.id}/adopt", as_("approver")
    page = amir.get(at)
    assert page.status_code == 200
    sent = fields(page.text)
    assert sent["outcome"] == ["approved_with_conditions"]
    assert sent["c1.text"] == ["Turn off training on what is typed."]
    assert "registry.harbour.example/verdicts/1" in sent["rationale"][0]

    unsure = amir.post(at, data={**sent, "action": ["preview"]})
    assert unsure.status_code == 422
    assert "Confirm it." in unsure.text
    assert sent["rationale"][0][:40] in unescape(unsure.text)

    sure = {**sent, "no_effect": ["yes"], "independent": ["yes"], "c3.text": ["Ask the works council."]}
    preview = amir.post(at, data={**sure, "action": ["preview"]})
    assert preview.status_code == 200
    assert "Ask the works council." in preview.text
    assert "Publish verdict 1" in preview.text
    done = amir.post(at, data={**sure, "action": ["publish"]})
    assert done.status_code == 303
    again = amir.post(at, data={**sure, "action": ["publish"]})
    assert again.headers["location"] == done.headers["location"]
    assert "verdict 1" in amir.get(done.headers["location"]).text
    with snapshot(site_engine) as session:
        assert session.exec(select(Verdict)).one().notes[0].startswith("Adopted from verdict 1 of Harbour")


def test_after_the_undo_window_everybody_reads_whose_it_was(as_, client, site_engine, clock):
    theirs = row(site_engine, "1")
    at, amir = f"{AT}/{theirs.id}/adopt", as_("approver")
    sent = fields(amir.get(at).text) | {"no_effect": ["yes"], "independent": ["yes"], "action": ["publish"]}
    amir.post(at, data=sent)
    assert "adopted" not in client.get("/tools/quillmark").text.lower()
    clock.pass_time(minutes=10)
    assert "Adopted from verdict 1 of Harbour City Registry" in client.get("/verdicts/1").text
    assert "Adopted here as" in client.get("/tools/quillmark").text
    told = client.get("/api/v1/verdicts/1").json()
    assert told["adopted_from"]["registry"] == "Harbour City Registry"
    assert client.get("/api/v1/check", params={"q": "Quillmark"}).json()["evidence"] is None
    feed = client.get("/feeds/verdicts.json").json()["items"]
    assert feed[0]["_registry"]["adopted_from"]["number"] == "1"


def test_the_api_fills_it_in_and_adopts_in_person_alone(as_, site_engine):
    theirs = row(site_engine, "1")
    at, amir = f"/api/v1{AT}/{theirs.id}", as_("approver")
    filled = amir.get(f"{at}/adopt").json()
    refused = amir.post(f"{at}/adopt", json=filled)
    assert set(refused.json()["faults"]) == {"no_effect", "independent"}
    done = amir.post(f"{at}/adopt", json=filled | {"no_effect": True, "independent": True})
    assert done.status_code == 201
    assert done.json()["notes"][0].startswith("Adopted from")
    assert as_("reviewer").post(f"{at}/adopt", json=filled).status_code == 403
    history = amir.get(at).json()["history"]
    assert history == []


def test_what_they_wrote_is_text_wherever_it_stands(site_engine, as_, client, now):
    with transaction(site_engine) as session:
        dale = a_registry(session, now=now, name="Dale Registry")
        said = a_statement(
            7,
            rationale=f"Good {SCRIPT}",
            conditions=[{"text": f"Ask {SCRIPT} first."}],
            decided_by=f"Ann {SCRIPT}",
            url="javascript:alert(1)",
        )
        tell(session, dale, an_item(said, now), now=now)
    for page in (client.get("/tools/quillmark").text, as_("approver").get(AT).text):
        assert SCRIPT not in page
        assert "javascript:" not in page
    assert json.loads(as_("approver").get(f"{AT}.json").text)
