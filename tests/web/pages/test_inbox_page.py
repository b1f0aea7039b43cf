"""The inbox and a candidate's page, as reviewers use them."""

import html
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, event
from sqlmodel import select
from starlette.testclient import TestClient

from registry.domain.proposal import Announcer
from registry.domain.triage import CandidateStatus
from registry.services.answers import requests
from registry.services.candidates import triage
from registry.services.candidates.likeness import likeness
from registry.services.entries import intake
from registry.services.people.acting import REGISTRY, Actor
from registry.services.sources import sources
from registry.store import sources as stored_sources
from registry.store.engine import snapshot, transaction
from registry.store.tables import Candidate, Tool
from tests.feeds import an_entry, some_entries

As = Callable[[str], TestClient]
EMIL = Actor(None, "Emil")


@pytest.fixture
def came_in(site_engine: Engine, now: datetime) -> Callable[..., list[int]]:
    """Let a source announce products; gives the ids of all candidates, oldest first."""

    def announce(*names: str, source: str = "Launches") -> list[int]:
        found = [
            an_entry(
                f"{source}-{name}", title=f"{name} - Does a thing", link=f"https://{name.lower()}.example/"
            )
            for name in reversed(names)
        ]
        with transaction(site_engine) as session:
            url = f"https://{source.lower()}.example/feed"
            row = stored_sources.find_by_url(session, url) or sources.add_source(
                session, url=url, name=source, announcer=Announcer.LAUNCH_FEED, by=REGISTRY, now=now
            )
            intake.record_entries(session, row, found, first=False, now=now)
            session.flush()
            return [each or 0 for each in session.exec(select(Candidate.id).order_by(Candidate.id)).all()]  # type: ignore[arg-type]

    return announce


@pytest.fixture
def one(came_in: Callable[..., list[int]]) -> int:
    return came_in("Plumeria")[0]


def candidate(engine: Engine, candidate_id: int) -> Candidate:
    with snapshot(engine) as session:
        found = session.get(Candidate, candidate_id)
        assert found is not None
        session.expunge(found)
        return found


@contextmanager
def queries(engine: Engine) -> Iterator[list[str]]:
    sent: list[str] = []

    def note(_conn, _cursor, statement, *_rest) -> None:  # type: ignore[no-untyped-def]
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def test_a_row_says_what_it_is_who_speaks_of_it_and_who_asked(
    as_: As, came_in: Callable[..., list[int]], site_engine: Engine, now: datetime
) -> None:
    came_in("Plumeria")
    came_in("Plumeria", source="Board")
    with transaction(site_engine) as session:
        requests.request_tool(
            session,
            name="Plumeria",
            homepage="https://plumeria.example",
            purpose="Minutes",
            by=EMIL,
            secret=b"x",
            now=now,
        )
    shown = as_("Rosa").get("/inbox").text
    for words in ("Plumeria", "Does a thing", "plumeria.example", "seen in 2 sources", "Launches", "Board"):
        assert words in shown
    assert "requested once" in shown


def test_a_probable_duplicate_is_shown_with_its_reason(as_: As, came_in: Callable[..., list[int]]) -> None:
    came_in("Plumeria", "Plumerio", "Zither")
    shown = as_("Rosa").get("/inbox").text
    assert "88 % alike" in shown
    assert shown.count("Perhaps the same as") == 2


@pytest.mark.parametrize(
    ("key", "other", "reason"),
    [
        ("plumeria", "plumeria", "the same name"),
        ("plumeria", "plumerio", "88 % alike"),
        ("notion", "notionai", "86 % alike"),
        ("quillmark", "quillmarkforteams", "one name begins with the other"),
    ],
)
def test_likeness_comes_with_a_reason(key: str, other: str, reason: str) -> None:
    found = likeness(key, other)
    assert found is not None
    assert found[1] == reason


@pytest.mark.parametrize(("key", "other"), [("plumeria", "zither"), ("go", "gopherwatch"), ("", "x")])
def test_what_is_little_alike_troubles_nobody(key: str, other: str) -> None:
    assert likeness(key, other) is None


def test_filters_are_an_address_that_can_be_kept(as_: As, came_in: Callable[..., list[int]]) -> None:
    came_in("Plumeria")
    came_in("Zither", source="Board")
    rosa = as_("Rosa")
    assert "Zither" not in rosa.get("/inbox?q=plume").text
    second = rosa.get("/inbox?source=2").text
    assert "Zither" in second
    assert ">Plumeria<" not in second
    assert "No candidate here" in rosa.get("/inbox?status=dismissed").text
    assert ">Zither<" in rosa.get("/inbox?status=all").text
    assert rosa.get("/inbox?status=nonsense").status_code == 422


def test_a_long_inbox_goes_on_by_cursor_and_shows_each_once(
    as_: As, site_engine: Engine, now: datetime
) -> None:
    many(site_engine, now, 60)
    rosa, address, seen = as_("Rosa"), "/inbox", []
    while address:
        page = rosa.get(address).text
        seen += re.findall(r">(Product\d+)</a></h2>|>(Product\d+)</a> <span", page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = html.unescape(following[1]) if following else ""
    assert len(seen) == 60 == len(set(seen))


def many(engine: Engine, now: datetime, count: int) -> None:
    with transaction(engine) as session:
        row = sources.add_source(
            session,
            url="https://many.example/feed",
            announcer=Announcer.LAUNCH_FEED,
            by=REGISTRY,
            now=now,
        )
        intake.record_entries(session, row, some_entries(count), first=True, now=now)


def test_the_queries_are_as_many_for_one_row_as_for_twenty(
    as_: As, site_engine: Engine, came_in: Callable[..., list[int]], now: datetime
) -> None:
    came_in("Plumeria", "Plumerio")
    rosa = as_("Rosa")
    rosa.get("/inbox")  # what is kept in memory is read once
    with queries(site_engine) as few:
        rosa.get("/inbox")
    came_in(*(f"Plumeri{letter}" for letter in "bcdefghijklmnpqrstuv"))
    rosa.get("/inbox")  # and what came in since is added to it
    with queries(site_engine) as more:
        rosa.get("/inbox")
    assert len(more) == len(few)


def test_accepting_makes_a_tool_and_offers_an_evaluation(as_: As, one: int) -> None:
    rosa = as_("Rosa")
    reply = rosa.post(f"/inbox/{one}/accept", data={"version": "1", "back": "/inbox?q=plum"})
    assert reply.headers["location"] == "/inbox?q=plum&done=1"
    shown = rosa.get(reply.headers["location"]).text
    assert "/evaluations/new?tool=plumeria" in shown
    assert 'href="/tools/plumeria"' in shown


def test_one_on_the_host_of_another_tool_is_accepted_by_a_second_press_and_the_host_names_both(
    as_: As, one: int, site_engine: Engine, now: datetime
) -> None:
    rosa = as_("Rosa")
    rosa.post(f"/inbox/{one}/accept")
    with transaction(site_engine) as session:
        home = "https://plumeria.example/studio"
        studio = triage.propose_by_hand(session, name="Studio", homepage=home, by=REGISTRY, now=now).id
    refused = rosa.post(f"/inbox/{studio}/accept", data={"version": "1"})
    assert (refused.status_code, 'name="beside" value="yes"' in refused.text) == (409, True)
    sent = {"version": "1", "beside": "yes"}
    assert rosa.post(f"/inbox/{studio}/accept", data=sent).status_code == 303
    told = rosa.get("/check", params={"q": "plumeria.example"}).text
    assert "Several tools live at this address" in told
    assert 'href="/check?q=Studio"' in told


def test_dismissing_keeps_reason_and_note_and_can_be_undone(as_: As, one: int, site_engine: Engine) -> None:
    rosa = as_("Rosa")
    sent = {"reason": "spam", "note": "An advert.", "version": "1", "back": "/inbox"}
    shown = rosa.get(rosa.post(f"/inbox/{one}/dismiss", data=sent).headers["location"]).text
    assert "“Plumeria” dismissed: spam – An advert." in shown
    (undo,) = re.findall(r'action="(/inbox/acts/\d+/undo)"', shown)
    undone = rosa.get(rosa.post(undo, data={"back": "/inbox"}).headers["location"]).text
    assert "1 candidate is no longer dismissed: spam" in undone
    assert candidate(site_engine, one).status is CandidateStatus.NEW


def test_a_dismissal_without_a_reason_comes_back_with_the_note(as_: As, one: int) -> None:
    reply = as_("Rosa").post(f"/inbox/{one}/dismiss", data={"note": "Half a <thought>", "version": "1"})
    assert reply.status_code == 422
    assert "There is a problem" in reply.text
    assert "Half a &lt;thought&gt;" in reply.text


def test_a_merge_carries_mentions_over_and_can_be_undone(
    as_: As, came_in: Callable[..., list[int]], site_engine: Engine
) -> None:
    first, second = came_in("Plumeria", "Plumerio")
    rosa = as_("Rosa")
    assert rosa.post(f"/inbox/{second}/merge", data={"into": str(first), "version": "1"}).status_code == 303
    assert "Plumerio - Does a thing" in rosa.get(f"/inbox/{first}").text
    rosa.post("/inbox/acts/1/undo")
    assert "Plumerio - Does a thing" not in rosa.get(f"/inbox/{first}").text


def test_a_candidate_can_be_merged_into_a_tool_of_the_same_name(
    as_: As, came_in: Callable[..., list[int]], site_engine: Engine
) -> None:
    first, second = came_in("Plumeria", "Plumerio")
    rosa = as_("Rosa")
    rosa.post(f"/inbox/{first}/accept")
    assert 'value="tool:plumeria"' in rosa.get(f"/inbox/{second}").text
    rosa.post(f"/inbox/{second}/merge", data={"into": "tool:plumeria"})
    with snapshot(site_engine) as session:
        assert len(session.exec(select(Tool)).all()) == 1


def test_a_merge_into_nothing_comes_back_with_what_was_typed(as_: As, one: int) -> None:
    rosa = as_("Rosa")
    for typed in ("twelve", "99999", "tool:nope"):
        reply = rosa.post(f"/inbox/{one}/merge", data={"into": typed, "version": "1"})
        assert reply.status_code == 422, typed
        assert f'name="find" type="search" value="{typed}"' in reply.text
    assert rosa.post(f"/inbox/{one}/merge", data={"version": "1"}).status_code == 422


def test_another_one_is_looked_for_by_name_home_page_or_number(
    as_: As, came_in: Callable[..., list[int]]
) -> None:
    first, second, third, tool = came_in("Plumeria", "Plumerio", "Plum", "Plumerian")
    rosa = as_("Rosa")
    rosa.post(f"/inbox/{tool}/accept")
    assert f"<span>no. {first}</span>" in rosa.get("/inbox").text
    at = f"/inbox/{second}/compare"
    found = rosa.get(f"{at}?find=plum").text
    places = [found.index(f"Plumeria (no. {first})"), found.index(f"Plum (no. {third})")]
    assert places == sorted(places)  # the probable duplicate first, though the other is called just so
    assert f"beside={first}" in found
    assert "a tool here" in found
    assert f"(no. {second})" not in found  # not itself
    assert f"beside={third}" in rosa.get(f"{at}?find={third}").text
    assert f"beside={first}" in rosa.get(f"{at}?find=plumeria.example").text
    for address in (f"{at}?find=nonesuch", f"{at}?beside=99999", f"{at}?beside=tool:nonesuch"):
        reply = rosa.get(address)
        typed = address.rpartition("=")[2].removeprefix("tool:")
        assert reply.status_code == 422
        assert f'name="find" value="{typed}"' in reply.text
        assert "Try a part of its name." in reply.text


def test_watching_asks_for_a_day_to_come(as_: As, one: int, site_engine: Engine, now: datetime) -> None:
    rosa, page = as_("Rosa"), f"/inbox/{one}/watch"
    assert rosa.post(page, data={"until": "2020-01-01"}).status_code == 422
    assert 'value="someday"' in rosa.post(page, data={"until": "someday"}).text
    day = (now + timedelta(days=9)).date()
    assert rosa.post(page, data={"until": day.isoformat()}).status_code == 303
    assert candidate(site_engine, one).watch_until == day


def test_who_read_an_older_state_is_told_and_changes_nothing(as_: As, one: int, site_engine: Engine) -> None:
    as_("Ravi").post(f"/inbox/{one}/edit", data={"name": "Plumeria Notes", "version": "1"})
    sent = {"name": "Plumes", "homepage": "https://plumes.example", "version": "1"}
    reply = as_("Rosa").post(f"/inbox/{one}/edit", data=sent)
    assert reply.status_code == 409
    assert "Somebody changed this candidate meanwhile" in reply.text
    assert 'value="Plumes"' in reply.text
    assert candidate(site_engine, one).name == "Plumeria Notes"


def test_the_page_says_why_it_is_here_and_what_happened(as_: As, one: int) -> None:
    rosa = as_("Rosa")
    rosa.post(f"/inbox/{one}/edit", data={"name": "Plumeria Notes", "category": "Writing"})
    shown = html.unescape(rosa.get(f"/inbox/{one}").text)
    for words in (
        "Plumeria - Does a thing",
        "It calls it “Plumeria”",
        "Launches",
        "Proposed by registry",
        "Corrected by Rosa",
        "Name: Plumeria → Plumeria Notes",
    ):
        assert words in shown


def test_an_act_never_leads_to_another_site(as_: As, one: int) -> None:
    reply = as_("Rosa").post(f"/inbox/{one}/accept", data={"back": "//evil.example/inbox"})
    assert reply.headers["location"] == "/inbox?done=1"


def test_an_auditor_reads_and_finds_no_button(as_: As, one: int) -> None:
    for path in ("/inbox", f"/inbox/{one}"):
        shown = as_("Uma").get(path)
        assert shown.status_code == 200
        assert "/accept" not in shown.text


def test_single_keys_can_be_switched_off_for_good(as_: As, one: int) -> None:
    rosa = as_("Rosa")
    assert "data-triage" in rosa.get("/inbox").text
    rosa.post("/inbox/keys", data={"back": "/inbox"})
    assert "data-triage" not in rosa.get("/inbox").text
    rosa.post("/inbox/keys", data={"on": "yes"})
    assert "data-triage" in rosa.get("/inbox").text


def test_an_empty_inbox_says_when_the_next_source_is_read(
    as_: As, site_engine: Engine, now: datetime
) -> None:
    assert "No source is polled" in as_("Rosa").get("/inbox").text
    with transaction(site_engine) as session:
        added = sources.add_source(session, url="https://a.example/feed", by=REGISTRY, now=now)
        added.due_at = now + timedelta(hours=2)
    assert "The next source is read in 2 hours" in as_("Rosa").get("/inbox").text


def test_what_a_source_says_is_shown_as_text_alone(as_: As, came_in: Callable[..., list[int]]) -> None:
    (one,) = came_in("<script>alert(1)</script>")
    for path in ("/inbox", f"/inbox/{one}"):
        assert "<script>alert" not in as_("Rosa").get(path).text


def test_labels_are_chips_that_filter_and_are_put_on_and_taken_off(
    as_: As, came_in: Callable[..., list[int]]
) -> None:
    first, _ = came_in("Plumeria", "Zither")
    rosa = as_("Rosa")
    reply = rosa.post(f"/inbox/{first}/labels", data={"add": "agents, writing", "back": "/inbox?q=plum"})
    assert reply.headers["location"] == "/inbox?q=plum&done=1"
    shown = rosa.get("/inbox?label=agents").text
    assert ">Plumeria<" in shown
    assert ">Zither<" not in shown
    assert "label agents" in shown
    rosa.post(f"/inbox/{first}/labels", data={"remove": "agents"})
    page = rosa.get(f"/inbox/{first}").text
    assert 'value="writing"' in page
    assert 'value="agents"' not in page
    assert "Labels: agents, writing → writing" in html.unescape(page)


def test_a_label_that_cannot_be_comes_back_with_what_was_typed(as_: As, one: int) -> None:
    reply = as_("Rosa").post(f"/inbox/{one}/labels", data={"add": "x" * 61})
    assert reply.status_code == 422
    assert "x" * 61 in reply.text


def test_the_most_relevant_come_first_where_asked_and_the_page_says_why(
    as_: As, came_in: Callable[..., list[int]], site_engine: Engine, now: datetime
) -> None:
    came_in("Newsletterly", "Agentic", "Zither")
    with transaction(site_engine) as session:
        rows = session.exec(select(Candidate).order_by(Candidate.id)).all()  # type: ignore[arg-type]
        for each, number in zip(rows, (10, 90, None), strict=True):
            each.relevance = number
    rosa = as_("Rosa")
    shown = rosa.get("/inbox?sort=relevance").text
    assert shown.index("relevance 90") < shown.index(">Zither<") < shown.index("relevance 10")
    page = rosa.get("/inbox/1").text
    assert "Why it may matter" in page
    assert "Too little was decided to learn from" in page
    assert rosa.get("/inbox?sort=relevance&after=nonsense").status_code == 422


def test_whatever_its_number_nothing_leaves_the_inbox(
    as_: As, came_in: Callable[..., list[int]], site_engine: Engine
) -> None:
    came_in("Plumeria")
    with transaction(site_engine) as session:
        session.exec(select(Candidate)).one().relevance = 0
    for path in ("/inbox", "/inbox?sort=relevance"):
        assert ">Plumeria<" in as_("Rosa").get(path).text
