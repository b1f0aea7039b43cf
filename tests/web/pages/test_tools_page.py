import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from registry.domain.outcome import Outcome
from registry.domain.verdict import Scope
from registry.services.people.acting import Actor
from registry.store.engine import transaction
from registry.web.links import outside_link
from tests.builders import a_tool, a_verdict

pytestmark = pytest.mark.usefixtures("decided")


def test_a_tool_is_shown_with_its_answer_scores_history_and_feeds(client: TestClient) -> None:
    shown = client.get("/tools/murmur-notes").text
    for told in (
        "Yes, if you meet",
        "Scores per criterion",
        "Because of what",
        "Review began",
        "Listed here",
    ):
        assert told in shown
    assert "/tools/murmur-notes/verdicts.atom" in shown
    assert shown.count("<h1") == 1


def test_search_engines_read_the_tool_and_its_verdict_as_linked_data(client: TestClient) -> None:
    shown = client.get("/tools/murmur-notes").text
    told = json.loads(shown.split('<script type="application/ld+json">', 1)[1].split("</script>", 1)[0])
    assert (told["@type"], told["name"]) == ("SoftwareApplication", "Murmur Notes")
    assert told["review"]["name"] == "Yes, if you meet 2 conditions"
    assert told["review"]["@id"].startswith("http://testserver/verdicts/")


def test_a_name_cannot_end_the_linked_data(client: TestClient, site_engine: Engine, now: datetime) -> None:
    with transaction(site_engine) as session:
        slug = a_tool(session, "</script><script>alert(1)//", now=now).slug
    assert "<script>alert(1)" not in client.get(f"/tools/{slug}").text


def test_the_names_of_reviewers_are_not_told(client: TestClient) -> None:
    shown = client.get("/tools/murmur-notes").text + client.get("/verdicts/3").text
    assert "Rosa" not in shown
    assert "Ravi" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//x.example",
        "http://a b.example",
        "http://u@x.example",
        "page 3",
    ],
)
def test_only_a_whole_web_address_becomes_a_link(text: str) -> None:
    assert outside_link(text) is None
    assert outside_link("https://evidence.example/a") is not None


def test_the_list_turns_its_pages_both_ways(client: TestClient, site_engine: Engine, now: datetime) -> None:
    with transaction(site_engine) as session:
        for number in range(60):
            a_tool(session, f"Sample {number:02}", now=now, category="Samples")
    first = client.get("/tools?category=Samples").text
    assert "50 of 60 tools" in first
    assert 'rel="prev"' not in first
    second = client.get("/tools?category=Samples&after=sample-49").text
    assert "Sample 50" in second
    assert 'rel="next"' not in second
    back = client.get("/tools?category=Samples&before=sample-50").text
    assert "Sample 00" in back
    assert "Sample 49" in back
    assert 'rel="prev"' not in back


def test_an_unknown_tool_is_not_found(client: TestClient) -> None:
    for path in ("/tools/nothing", "/tools/nothing/badge.svg", "/tools/a%00b", "/tools/" + "x" * 500):
        assert client.get(path).status_code == 404


def test_a_badge_tells_the_answer_in_words(client: TestClient) -> None:
    reply = client.get("/tools/murmur-notes/badge.svg")
    assert reply.headers["content-type"] == "image/svg+xml; charset=utf-8"
    assert "May I use it? Yes, if" in ET.fromstring(reply.text).attrib["aria-label"]
    again = client.get("/tools/murmur-notes/badge.svg", headers={"If-None-Match": reply.headers["etag"]})
    assert again.status_code == 304
    assert client.get("/tools/harrow-chat/badge.json").json()["message"] == "No"


def test_the_history_says_what_a_verdict_changed_of_the_one_before(client: TestClient) -> None:
    shown = client.get("/tools/murmur-notes").text
    history = shown[shown.index('id="history"') :]
    assert "What it changes of verdict 2" in history
    told = re.findall(
        r"<dt>(.*?)</dt>(?:<dd><del>.*?</span>(.*?)</del></dd>)?(?:<dd><ins>.*?</span>(.*?)</ins></dd>)?",
        history,
    )
    assert ("Information up to", "Public information", "Internal information") in told
    assert [label for label, _, _ in told if "ondition" in label] == ["New condition", "Condition left out"]
    assert "What it changes" not in client.get("/tools/quillmark").text


def test_an_edition_has_its_own_answer_on_its_own_tab(
    client: TestClient, site_engine: Engine, decided: Mapping[str, Actor], now: datetime
) -> None:
    before = now - timedelta(days=2)
    with transaction(site_engine) as session:
        tool = a_tool(session, "Twofold", now=before)
        a_verdict(session, tool, decided, now=before, scope=Scope(edition="Business"))
        a_verdict(session, tool, decided, now=before, scope=Scope(edition="Free"), outcome=Outcome.REJECTED)
    shown = client.get("/tools/twofold").text
    tabs = shown[shown.index('aria-label="Editions"') :]
    tabs = tabs[: tabs.index("</nav>")]
    assert re.findall(r'href="([^"]+)"( aria-current="page")?', tabs) == [
        ("/tools/twofold", ' aria-current="page"'),
        ("/tools/twofold?edition=Free", ""),
        ("/tools/twofold?edition=Business", ""),
    ]
    free, business = (client.get(f"/tools/twofold?edition={each}").text for each in ("Free", "Business"))
    assert "No, because" in free
    assert "No, because" not in business
    assert 'edition=Business" aria-current="page"' in business
    assert "Editions" not in client.get("/tools/quillmark").text


def test_the_page_leads_to_the_same_for_machines(client: TestClient) -> None:
    shown = client.get("/tools/quillmark").text
    assert 'href="/api/v1/tools/quillmark">JSON</a>' in shown
