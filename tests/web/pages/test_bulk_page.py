"""Acts on several as pages: what will happen is shown first, an honest count, nothing typed lost."""

import csv
import html
import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine
from starlette.testclient import TestClient

from registry.domain.triage import CandidateStatus, DismissReason
from registry.services.candidates import triage
from registry.services.people.acting import REGISTRY
from registry.store.columns import id_of
from registry.store.engine import snapshot, transaction
from registry.store.tables import Candidate
from tests.web.conftest import HandClock

As = Callable[[str], TestClient]


def proposed(engine: Engine, now: datetime, *names: str) -> list[int]:
    with transaction(engine) as session:
        return [
            id_of(
                triage.propose_by_hand(
                    session, name=name, homepage=f"https://{name.lower()}.example", by=REGISTRY, now=now
                )
            )
            for name in names
        ]


def statuses(engine: Engine, ids: list[int]) -> set[CandidateStatus]:
    with snapshot(engine) as session:
        return {session.get_one(Candidate, each).status for each in ids}


def sent(page: str) -> dict[str, object]:
    """What the form of the page that shows an act would send, as it stands."""
    form = re.search(r'<form method="post" action="/inbox/bulk">(.*?)</form>', page, re.S)
    assert form
    fields: dict[str, object] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[1]):
        value = html.unescape(value)
        fields[name] = [*fields.get(name, []), value] if name == "ids" else value  # type: ignore[misc]
    return fields


def test_nothing_is_done_before_it_was_shown_and_then_all_of_it(
    as_: As, site_engine: Engine, now: datetime
) -> None:
    ids = proposed(site_engine, now, "Plumeria", "Zither")
    rosa = as_("Rosa")
    shown = rosa.post("/inbox/bulk", data={"act": "dismiss", "ids": [f"{each}:1" for each in ids]})
    assert "Dismiss 2 candidates?" in shown.text
    assert "<li>Plumeria</li>" in shown.text
    assert statuses(site_engine, ids) == {CandidateStatus.NEW}
    lacking = rosa.post("/inbox/bulk", data=sent(shown.text) | {"note": "Adverts <all>"})
    assert lacking.status_code == 422
    assert "Say why you dismiss them." in lacking.text
    assert "Adverts &lt;all&gt;" in lacking.text
    done = rosa.post("/inbox/bulk", data=sent(lacking.text) | {"reason": "spam"})
    assert done.headers["location"] == "/inbox?done=1"
    assert "2 candidates dismissed: spam" in rosa.get("/inbox?done=1").text
    assert statuses(site_engine, ids) == {CandidateStatus.DISMISSED}


def test_all_that_match_are_those_that_matched_at_the_press_and_what_came_in_is_left(
    as_: As, site_engine: Engine, now: datetime
) -> None:
    ids = proposed(site_engine, now, "Plumeria", "Plumo")
    rosa = as_("Rosa")
    asked = {"act": "dismiss", "all": "yes", "query": "q=plum", "listed": "1", "back": "/inbox?q=plum"}
    shown = rosa.post("/inbox/bulk", data=asked).text
    assert "1 candidate matched when the list was shown; 2 candidates do now." in shown
    late = proposed(site_engine, now, "Plumtree")
    done = rosa.post("/inbox/bulk", data=sent(shown) | {"reason": "spam"})
    assert done.headers["location"] == "/inbox?q=plum&done=1"
    assert statuses(site_engine, ids) == {CandidateStatus.DISMISSED}
    assert statuses(site_engine, late) == {CandidateStatus.NEW}
    again = rosa.post("/inbox/bulk", data=sent(shown) | {"reason": "spam"})
    assert again.headers["location"] == done.headers["location"]


def test_who_was_at_it_meanwhile_is_not_run_over_and_what_was_typed_comes_back(
    as_: As, site_engine: Engine, now: datetime
) -> None:
    ids = proposed(site_engine, now, "Plumeria", "Zither")
    rosa = as_("Rosa")
    shown = rosa.post("/inbox/bulk", data={"act": "watch", "ids": [f"{each}:1" for each in ids]}).text
    with transaction(site_engine) as session:
        triage.dismiss(session, ids[1], reason=DismissReason.SPAM, by=REGISTRY, now=now)
    day = (now + timedelta(days=50)).date().isoformat()
    reply = rosa.post("/inbox/bulk", data=sent(shown) | {"until": day})
    assert reply.status_code == 409
    assert "it was 2 candidates, and is 1 candidate now" in reply.text
    assert f'value="{day}"' in reply.text
    assert "Zither: Somebody changed this candidate meanwhile" in html.unescape(reply.text)
    assert statuses(site_engine, ids[:1]) == {CandidateStatus.NEW}
    rosa.post("/inbox/bulk", data=sent(reply.text) | {"until": day})
    assert statuses(site_engine, ids[:1]) == {CandidateStatus.WATCH}


def test_merging_several_asks_which_one_stays(as_: As, site_engine: Engine, now: datetime) -> None:
    ids = proposed(site_engine, now, "Plumeria", "Plumo", "Plumes")
    rosa = as_("Rosa")
    shown = rosa.post("/inbox/bulk", data={"act": "merge", "ids": [f"{each}:1" for each in ids]}).text
    assert "Merge 2 candidates?" in shown
    rosa.post("/inbox/bulk", data=sent(shown) | {"into": str(ids[0])})
    assert statuses(site_engine, ids[1:]) == {CandidateStatus.MERGED}
    assert statuses(site_engine, ids[:1]) == {CandidateStatus.NEW}


def test_a_button_pressed_twice_acts_once_and_both_presses_end_well(
    as_: As, site_engine: Engine, now: datetime
) -> None:
    (one,) = proposed(site_engine, now, "Plumeria")
    rosa = as_("Rosa")
    data = {"reason": "spam", "version": "1", "back": "/inbox"}
    first, second = (rosa.post(f"/inbox/{one}/dismiss", data=data) for _ in range(2))
    assert first.headers["location"] == second.headers["location"] == "/inbox?done=1"
    assert as_("Ravi").post(f"/inbox/{one}/dismiss", data=data).status_code == 409


def test_a_stale_page_shows_what_was_read_beside_what_is_now(
    as_: As, site_engine: Engine, now: datetime
) -> None:
    (one,) = proposed(site_engine, now, "Plumeria")
    as_("Ravi").post(f"/inbox/{one}/edit", data={"name": "Plumeria Notes", "version": "1"})
    reply = as_("Rosa").post(
        f"/inbox/{one}/dismiss", data={"reason": "spam", "note": "An advert.", "version": "1"}
    )
    assert reply.status_code == 409
    assert "What changed since you read it" in reply.text
    told = re.findall(r'data-label="As (?:you read it|it is now)"><div>([^<]*)', reply.text)
    assert told[:2] == ["Plumeria", "Plumeria Notes"]
    assert 'value="An advert."' in reply.text


def test_undo_ends_after_ten_minutes_and_says_so(
    as_: As, site_engine: Engine, now: datetime, clock: HandClock
) -> None:
    ids = proposed(site_engine, now, "Plumeria", "Zither")
    rosa = as_("Rosa")
    rosa.post(f"/inbox/{ids[0]}/accept", data={"version": "1"})
    rosa.post(f"/inbox/{ids[1]}/dismiss", data={"version": "1", "reason": "spam"})
    shown = rosa.get("/inbox").text
    assert "“Zither” dismissed: spam, just now" in shown
    assert "“Plumeria” accepted, just now" in shown
    clock.pass_time(minutes=11)
    assert "What you can still undo" not in rosa.get("/inbox").text
    reply = rosa.post("/inbox/acts/1/undo", data={"back": "/inbox"})
    assert reply.status_code == 409
    assert "more than ten minutes ago" in reply.text


def test_a_filter_is_kept_under_a_name_with_its_count_and_is_an_ordinary_address(
    as_: As, site_engine: Engine, now: datetime
) -> None:
    proposed(site_engine, now, "Plumeria", "Plumo", "Zither")
    rosa = as_("Rosa")
    reply = rosa.post("/inbox/filters", data={"name": "Plums", "query": "q=plum&sort=oldest"})
    assert reply.headers["location"] == "/inbox?q=plum&sort=oldest"
    assert (
        '<a href="/inbox?q=plum&amp;sort=oldest">Plums <span class="count">2</span>'
        in rosa.get("/inbox").text
    )
    assert "Plums" not in as_("Ravi").get("/inbox").text
    assert as_("Ravi").get("/inbox?q=plum&sort=oldest").text.count("<h2><a href=") == 2
    nameless = rosa.post("/inbox/filters", data={"name": " ", "query": "q=plum"})
    assert nameless.status_code == 422
    assert as_("Ravi").post("/inbox/filters/1/remove").status_code == 404
    rosa.post("/inbox/filters/1/remove", data={"back": "/inbox"})
    assert "Plums" not in rosa.get("/inbox").text


def test_facets_count_and_narrow_each_other(as_: As, site_engine: Engine, now: datetime) -> None:
    ids = proposed(site_engine, now, "Plumeria", "Zither")
    rosa = as_("Rosa")
    rosa.post(f"/inbox/{ids[0]}/labels", data={"add": "agents"})
    shown = rosa.get("/inbox?filters=open&age=week").text
    assert re.search(r"agents <span class=\"count\">1<", shown)
    assert re.search(r"7 days or less <span class=\"count\">2<", shown)
    assert "Zither" not in rosa.get("/inbox?label=agents&age=week").text
    assert "No candidate here" in rosa.get("/inbox?label=agents&age=older").text
    assert rosa.get("/inbox?decided=someday").status_code == 422


def test_the_files_hold_exactly_what_the_list_shows(as_: As, site_engine: Engine, now: datetime) -> None:
    proposed(site_engine, now, "Plumeria", "Plumo", "Zither")
    rosa = as_("Rosa")
    rows = list(csv.DictReader(io.StringIO(rosa.get("/inbox.csv?q=plum").content.decode("utf-8-sig"))))
    assert {each["name"] for each in rows} == {"Plumeria", "Plumo"}
    found = rosa.get("/inbox.json?q=plum").json()["candidates"]
    assert {each["name"] for each in found} == {"Plumeria", "Plumo"}
    assert "CSV" in rosa.get("/inbox?q=plum").text


def test_every_number_of_the_report_opens_the_list_behind_it(
    as_: As, site_engine: Engine, now: datetime
) -> None:
    ids = proposed(site_engine, now, "Plumeria", "Plumo", "Zither")
    rosa = as_("Rosa")
    for each, reason in zip(ids, ("spam", "spam", "too_early"), strict=True):
        rosa.post(f"/inbox/{each}/dismiss", data={"reason": reason})
    shown = rosa.get("/inbox/dismissals").text
    links = re.findall(r'<td class="number"><a href="([^"]+)">(\d+)<', shown)
    assert ("/inbox?status=dismissed&amp;reason=spam&amp;decided=2026-11", "2") in links
    for address, number in links:
        listed = rosa.get(html.unescape(address)).text
        assert listed.count("<h2><a href=") == int(number), address
    rows = rosa.get("/inbox/dismissals.json").json()["rows"]
    assert {(each["by"], each["reason"], each["count"]) for each in rows} == {
        ("month", "spam", 2),
        ("month", "too_early", 1),
    }


def test_two_that_look_like_one_stand_side_by_side_and_are_merged_or_told_apart(
    as_: As, site_engine: Engine, now: datetime
) -> None:
    one, two, three = proposed(site_engine, now, "Plumeria", "Plumerio", "Plumerie")
    rosa = as_("Rosa")
    shown = rosa.get(f"/inbox/{one}/compare?beside={two}").text
    for words in ("88 % alike", "https://plumeria.example", "https://plumerio.example", "They differ"):
        assert words in shown
    rosa.post(f"/inbox/{one}/differ", data={"beside": str(two)})
    assert f"beside={two}" not in rosa.get(f"/inbox/{one}").text
    assert f"beside={three}" in rosa.get(f"/inbox/{one}").text
    merged = rosa.post(f"/inbox/{three}/merge", data={"into": str(one), "version": "1", "back": "/inbox"})
    assert "“Plumerie” merged into “Plumeria”" in rosa.get(merged.headers["location"]).text
    assert "They differ" not in as_("Uma").get(f"/inbox/{one}/compare?beside={two}").text
