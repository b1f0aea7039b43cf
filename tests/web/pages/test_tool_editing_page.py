"""What is known of a tool, changed on its page, and by the same service in the API."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from starlette.testclient import TestClient

pytestmark = pytest.mark.usefixtures("decided")
As = Callable[[str], TestClient]
AT = "/tools/murmur-notes/edit"


def test_whoever_triages_tags_a_tool_and_everybody_finds_it_by_that(as_: As, client: TestClient) -> None:
    rosa = as_("Rosa")
    assert "In use on other tools: offline, open-source" in rosa.get(AT).text
    kept = rosa.post(
        AT,
        data={"version": "1", "tags": "On Calls, offline", "aliases": "Murmur\nmurmur.example"},
        follow_redirects=False,
    )
    assert (kept.status_code, kept.headers["location"]) == (303, "/tools/murmur-notes")
    shown = client.get("/tools/murmur-notes").text
    assert '<a class="chip" href="/tools?tag=on-calls">on-calls</a>' in shown
    assert '"keywords": ["offline", "on-calls"]' in shown
    listed = client.get("/tools?tag=on-calls").text
    assert "Murmur Notes" in listed
    assert "Quillmark" not in listed
    assert "Tag: on-calls" in listed
    assert "/feeds/verdicts.atom?tag=on-calls" in listed
    assert "Yes, if" in client.get("/check?q=murmur.example").text
    verdicts = client.get("/verdicts?tag=on-calls").text
    assert ("/verdicts/3" in verdicts, "/verdicts/1" in verdicts) == (True, False)
    assert "/feeds/verdicts.atom?tag=on-calls" in client.get("/feeds").text


def test_what_is_refused_or_stale_comes_back_as_it_was_typed_with_both_in_sight(as_: As) -> None:
    rosa, ravi = as_("Rosa"), as_("Ravi")
    bad = rosa.post(AT, data={"version": "1", "tags": "ok, !!!", "aliases": "Quillmark"})
    assert bad.status_code == 422
    for told in (
        "“!!!” is no tag",
        "belongs to “Quillmark” already",
        'value="ok, !!!"',
        "Quillmark</textarea>",
    ):
        assert told in bad.text
    rosa.post(AT, data={"version": "1", "tags": "hers", "aliases": ""})
    late = ravi.post(AT, data={"version": "1", "tags": "his", "aliases": "Murmuring"})
    assert late.status_code == 409
    for told in (
        "Somebody changed it meanwhile",
        "stored: </span>hers",
        "typed: </span>his",
        "Murmuring</textarea>",
    ):
        assert told in late.text
    assert 'name="version" value="2"' in late.text


@pytest.mark.parametrize("version", ["-1", "1e3", "99999999999999999999", ""])
def test_a_version_that_cannot_be_read_is_stale_and_nothing_typed_is_lost(as_: As, version: str) -> None:
    rosa = as_("Rosa")
    late = rosa.post(AT, data={"version": version, "tags": "hers", "aliases": "Murmuring"})
    assert (late.status_code, "Murmuring</textarea>" in late.text) == (409, True)
    bad = rosa.post(AT, data={"version": version, "tags": "!!!", "aliases": "Murmuring"})
    assert (bad.status_code, 'name="version" value="0"' in bad.text) == (422, True)


def test_a_colleague_without_that_role_sees_no_such_page(as_: As) -> None:
    assert as_("Emil").get(AT).status_code == 403
    assert AT not in as_("Emil").get("/tools/murmur-notes").text
    assert AT in as_("Amir").get("/tools/murmur-notes").text


def test_what_is_changed_is_shown_wherever_it_stood_before(as_: As, client: TestClient) -> None:
    rosa = as_("Rosa")
    feed = "/feeds/verdicts.atom?category="
    before = client.get(feed + "Meetings")
    assert "Murmur Notes" in before.text
    texts = {
        "name": "Murmur",
        "vendor": "Quiet & Co",
        "category": "Calls",
        "description": "It listens.\nAnd writes.",
    }
    typed = {"version": "1", **texts, "homepage": "murmur.example", "guidance": "Ask first."}
    kept = rosa.post(AT, data=typed, follow_redirects=False)
    assert (kept.status_code, kept.headers["location"]) == (303, "/tools/murmur-notes")
    shown = unescape(client.get("/tools/murmur-notes").text)
    for told in (
        "<h1>Murmur</h1>",
        "by Quiet & Co",
        "Calls",
        "And writes.",
        "Ask first.",
        "https://murmur.example",
    ):
        assert told in shown
    assert "Murmur" in client.get("/tools?category=Calls").text
    assert client.get("/api/v1/tools/murmur-notes").json()["aliases"].count("Murmur Notes") == 1
    again = client.get(feed + "Meetings", headers={"If-None-Match": before.headers["etag"]})
    assert again.status_code != 304
    assert "Murmur Notes" not in again.text
    assert "/verdicts/3" in client.get(feed + "Calls").text
    assert "/verdicts/3" in client.get("/verdicts?q=murmur&category=Calls").text
    assert "Yes, if" in client.get("/check?q=murmur+notes").text


def test_what_was_changed_is_told_and_can_be_put_back(as_: As) -> None:
    rosa, ravi = as_("Rosa"), as_("Ravi")
    rosa.post(AT, data={"version": "1", "vendor": "Wrong & Co", "tags": "wrong"})
    page = ravi.get(AT).text
    assert "What was changed before" in page
    back = re.search(r'href="(/tools/murmur-notes/edit\?back=\d+)"', page)
    assert back
    form = ravi.get(back[1]).text
    assert "Nothing is changed until you save" in form
    assert 'name="vendor" type="text" value=""' in form
    assert ravi.get(f"{AT}?back=999999").status_code == ravi.get(f"{AT}?back=x").status_code == 200
    ravi.post(AT, data={"version": "2", "vendor": "", "tags": ""})
    assert "Wrong" not in ravi.get("/tools/murmur-notes").text


def test_a_program_changes_the_same_under_the_same_rules(as_: As) -> None:
    rosa, at = as_("Rosa"), "/api/v1/tools/murmur-notes/edit"
    refused = rosa.post(at, json={"name": "Quillmark", "homepage": "no address"})
    assert refused.status_code == 422
    assert {"name", "homepage"} <= set(refused.json()["faults"])
    kept = rosa.post(at, json={"name": "Murmur", "category": "Meetings"}, headers={"If-Match": '"1"'})
    assert (kept.status_code, kept.json()["name"], kept.json()["category"]) == (200, "Murmur", "Meetings")
    assert rosa.post(at, json={"name": "Other"}, headers={"If-Match": '"1"'}).status_code == 412
