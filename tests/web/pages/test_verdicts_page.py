import csv
import io
import re
from collections.abc import Callable, Mapping
from datetime import datetime

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from registry.domain.validity import MarkKind
from registry.services.people.acting import Actor
from registry.services.verdicts.verdict_life import mark
from registry.store.engine import transaction
from tests.builders import UTC_ZONE
from tests.web.conftest import HandClock

pytestmark = pytest.mark.usefixtures("decided")


def numbers(client: TestClient, query: str = "") -> list[int]:
    return [each["number"] for each in client.get(f"/verdicts.json{query}").json()["verdicts"]]


def test_replaced_and_withdrawn_verdicts_are_listed_only_when_asked_for(client: TestClient) -> None:
    assert numbers(client) == [6, 5, 4, 3, 1]
    assert numbers(client, "?validity=superseded&validity=revoked") == [7, 2]


def test_page_csv_and_json_show_the_same_verdicts(client: TestClient) -> None:
    query = "?outcome=approved&q=lapsa"
    shown = client.get(f"/verdicts{query}").text
    rows = list(csv.DictReader(io.StringIO(client.get(f"/verdicts.csv{query}").text.lstrip("\ufeff"))))
    assert [row["number"] for row in rows] == ["5"]
    assert numbers(client, query) == [5]
    assert 'href="/verdicts/5"' in shown
    assert 'href="/verdicts/1"' not in shown
    for address in ("/feeds/verdicts.atom", "/verdicts.csv", "/verdicts.json"):
        assert f'href="{address}?outcome=approved&amp;q=lapsa"' in shown


def test_the_count_is_announced_and_filters_can_be_taken_off(client: TestClient) -> None:
    shown = client.get("/verdicts?outcome=approved&category=Drawing").text
    assert '<p role="status">1 verdict</p>' in shown
    assert 'class="chip" href="/verdicts?category=Drawing"' in shown
    assert "No verdict is like that" in client.get("/verdicts?q=nothing+of+the+kind").text


def test_the_list_can_be_sorted(client: TestClient) -> None:
    shown = client.get("/verdicts?sort=tool").text
    assert shown.index("Harrow Chat") < shown.index("Lapsa") < shown.index("Sundial")
    assert 'aria-sort="ascending"' in shown


def test_an_unknown_facet_value_is_refused_in_a_sentence(client: TestClient) -> None:
    reply = client.get("/verdicts?outcome=maybe")
    assert reply.status_code == 422
    assert "Choose among: Approved; Approved with conditions; " in reply.text


def test_a_sheet_runs_no_formula(client: TestClient) -> None:
    from registry.publish.sheet import _cell

    assert _cell("=HYPERLINK(1)") == "'=HYPERLINK(1)"
    assert _cell("-1+1").startswith("'")
    assert client.get("/verdicts.csv").headers["content-type"] == "text/csv; charset=utf-8"


def test_a_memo_says_what_was_decided_why_and_what_it_replaces(client: TestClient) -> None:
    shown = client.get("/verdicts/3").text
    for told in ("Approved with conditions", "It does what we need.", "Tell everyone", "R5", "Amir"):
        assert told in shown
    assert 'href="/verdicts/2">verdict 2</a>' in shown
    assert 'href="/verdicts/3">verdict 3</a>' in client.get("/verdicts/2").text
    assert "<script>alert" not in shown


def test_a_memo_prints_with_its_address(client: TestClient) -> None:
    shown = client.get("/verdicts/3").text
    assert 'class="print-only">http://testserver/verdicts/3' in shown
    sheet = client.get(shown.split('rel="stylesheet" href="')[1].split('"')[0]).text
    assert "@media print" in sheet
    assert ".no-print" in sheet


def test_a_verdict_in_its_undo_window_is_told_to_nobody_but_who_decided_it(
    client: TestClient, as_: Callable[[str], TestClient], clock: HandClock
) -> None:
    for browser in (client, as_("employee"), as_("reviewer"), as_("auditor")):
        assert browser.get("/verdicts/8").status_code == 404
    for page in (
        "/",
        "/verdicts",
        "/tools/umber-draw",
        "/feeds/verdicts.atom",
        "/verdicts.csv",
        "/sitemap.xml",
    ):
        assert "verdicts/8" not in client.get(page).text
    clock.pass_time(minutes=6)
    assert client.get("/verdicts/8").status_code == 200
    assert 8 in numbers(client)


@pytest.mark.parametrize("number", ["0", "-1", "99", "99999999999999999999", "x"])
def test_a_number_that_nobody_gave_is_not_found(client: TestClient, number: str) -> None:
    assert client.get(f"/verdicts/{number}").status_code == 404


def test_who_withdraws_a_no_reads_beforehand_that_nothing_is_decided_then(
    as_: Callable[[str], TestClient],
) -> None:
    typed = {"number": "4", "offered": "4", "reason": "Too strict.", "step": "preview"}
    page = as_("Amir").post("/verdicts/withdraw", data=typed).text
    assert "Everybody reads from then on: “Nobody has reviewed Harrow Chat here yet." in page
    assert "No, because" in as_("Amir").get("/check?q=Harrow+Chat").text  # nothing was done


def test_page_and_files_come_in_the_order_that_was_asked_for(client: TestClient) -> None:
    shown = client.get("/verdicts?sort=tool").text
    assert 'href="/verdicts.json?sort=tool"' in shown
    order = [int(each) for each in re.findall(r'<a href="/verdicts/(\d+)"', shown)]
    assert numbers(client, "?sort=tool") == order
    assert order != numbers(client)


def test_a_file_is_sent_again_only_when_something_in_it_may_read_otherwise(
    client: TestClient, site_engine: Engine, decided: Mapping[str, Actor], now: datetime
) -> None:
    files = ("/verdicts.csv", "/verdicts.json")
    tags = {file: client.get(file).headers["etag"] for file in files}
    for file, tag in tags.items():
        assert client.get(file, headers={"If-None-Match": tag}).status_code == 304
    with transaction(site_engine) as session:
        mark(session, 4, MarkKind.REVOKED, reason="Too strict.", zone=UTC_ZONE, by=decided["ana"], now=now)
    for file, tag in tags.items():
        assert client.get(file, headers={"If-None-Match": tag}).status_code == 200


def test_what_ends_soon_is_one_step_away(client: TestClient, clock: HandClock) -> None:
    clock.pass_time(days=280)
    shown = client.get("/verdicts").text
    link = re.search(r'href="(/verdicts\?validity=review_due&amp;sort=ends)">(\d+) of these end', shown)
    assert link
    few = client.get(link[1].replace("&amp;", "&")).text
    assert len(re.findall(r'<a href="/verdicts/\d+"', few)) == int(link[2])
    assert "of these end" not in few


def test_an_unknown_ending_is_not_found(client: TestClient) -> None:
    assert client.get("/verdicts.xml").status_code == 404


def test_who_works_here_has_everything_published_as_a_file(as_: Callable[[str], TestClient]) -> None:
    for ending, start in (("csv", b"\xef\xbb\xbfname,slug"), ("json", b"["), ("xlsx", b"PK")):
        reply = as_("Ada").get(f"/export.{ending}")
        assert (reply.status_code, reply.content[: len(start)]) == (200, start)
    assert as_("Ada").get("/export.pdf").status_code == 404
    assert as_("Emil").get("/export.csv").status_code == 403
