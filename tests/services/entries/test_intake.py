from datetime import date, datetime, timedelta

import pytest
from sqlmodel import Session, select

from registry.domain.proposal import Announcer
from registry.domain.triage import CandidateStatus
from registry.services.candidates import merging, triage
from registry.services.entries import intake
from registry.services.entries.intake import Brought
from registry.services.people.acting import Actor
from registry.store import entries, inbox
from registry.store.inbox import Filter
from registry.store.tables import Candidate, Entry, Event, Mention, Source
from tests.feeds import an_entry, some_entries

ROSA = Actor(None, "Rosa")


@pytest.fixture
def source(session: Session, now: datetime) -> Source:
    return a_source(session, now, "Launches", Announcer.LAUNCH_FEED)


def a_source(session: Session, now: datetime, name: str, announcer: Announcer) -> Source:
    source = Source(
        name=name,
        url=f"https://feeds.example/{name.lower()}",
        announcer=announcer,
        created_at=now,
        due_at=now,
    )
    session.add(source)
    session.flush()
    return source


def take_in(session, source, found, now, *, first=False, home="") -> Brought:
    brought = intake.record_entries(session, source, found, first=first, home=home, now=now)
    session.flush()
    return brought


def all_of(session, table):
    session.flush()
    return session.exec(select(table).order_by(table.id)).all()


def actions(session) -> list[str]:
    return [event.action for event in all_of(session, Event)]


@pytest.mark.both_databases
def test_an_entry_is_stored_once_however_often_it_is_read(session, source, now):
    found = some_entries(5)
    assert take_in(session, source, found, now, first=True).new == 5
    assert take_in(session, source, found, now) == Brought(entries=5)
    assert (
        len(all_of(session, Entry)) == len(all_of(session, Mention)) == len(all_of(session, Candidate)) == 5
    )


def test_an_edited_entry_is_a_revision_and_no_news(session, source, now):
    take_in(session, source, [an_entry(title="Plumeria - Minutes")], now, first=True)
    brought = take_in(session, source, [an_entry(title="Plumeria - Better minutes")], now)
    (entry,) = all_of(session, Entry)
    assert (brought.new, brought.revised) == (0, 1)
    assert (entry.title, entry.revision) == ("Plumeria - Better minutes", 2)
    assert [each.title for each in entries.revisions(session, entry.id)] == ["Plumeria - Minutes"]


def test_after_twenty_revisions_an_entry_is_frozen(session, source, now):
    for number in range(30):
        take_in(session, source, [an_entry(title=f"Plumeria - Try {number}")], now)
    (entry,) = all_of(session, Entry)
    assert len(entries.revisions(session, entry.id)) == 20
    assert entry.title == "Plumeria - Try 20"


def test_an_entry_whose_id_moved_to_another_host_is_known_by_its_second_key(session, source, now):
    take_in(session, source, [an_entry("https://old.example/1", second_key="1", link="")], now, first=True)
    moved = an_entry("https://new.example/1", second_key="1", link="")
    assert take_in(session, source, [moved], now).new == 0


def test_an_entry_with_another_key_and_a_known_link_is_a_revision(session, source, now):
    take_in(session, source, [an_entry("a", link="https://plumeria.example/launch")], now, first=True)
    again = an_entry("b", title="Plumeria - Launched", link="https://plumeria.example/launch")
    brought = take_in(session, source, [again], now)
    assert (brought.new, brought.revised) == (0, 1)


def test_two_entries_with_one_link_in_the_same_feed_are_two_entries(session, source, now):
    changelog = [an_entry("v1", title="One"), an_entry("v2", title="Two")]
    assert take_in(session, source, changelog, now, first=True).new == 2
    assert take_in(session, source, [*changelog, an_entry("v3", title="Three")], now).new == 1


def test_an_entry_that_leaves_the_feed_and_comes_back_is_not_new(session, source, now):
    take_in(session, source, some_entries(3), now, first=True)
    take_in(session, source, some_entries(1), now)
    assert take_in(session, source, some_entries(3), now).new == 0


def test_many_entries_of_many_sources_speak_of_one_candidate(session, source, now):
    talk = a_source(session, now, "Talk", Announcer.DISCUSSION)
    take_in(session, source, [an_entry("1")], now, first=True)
    shown = an_entry(
        "9", title="Show HN: Plumeria - minutes", link="http://www.plumeria.example/?utm_source=hn"
    )
    take_in(session, talk, [shown], now, first=True)
    (candidate,) = all_of(session, Candidate)
    (row,) = inbox.page(session, Filter()).rows
    assert (row.candidate.id, row.mentions, row.sources) == (candidate.id, 2, ("Launches", "Talk"))


def test_a_name_alone_merges_nothing(session, source, now):
    namesakes = [
        an_entry("1", title="Plumeria - Minutes", link="https://plumeria.example/"),
        an_entry("2", title="Plumeria - Flowers", link="https://plumeria-shop.example/"),
    ]
    assert take_in(session, source, namesakes, now, first=True).candidates == 2


def test_without_a_strong_key_only_the_very_same_page_is_the_same_candidate(session, now):
    blog = a_source(session, now, "Blog", Announcer.VENDOR_BLOG)
    other = a_source(session, now, "Planet", Announcer.VENDOR_BLOG)
    first = an_entry("1", title="Introducing Plumeria", link="https://acme.example/plumeria")
    twin = an_entry("2", title="Introducing Plumeria", link="https://acme.example/plumeria")
    sibling = an_entry("3", title="Introducing Frangipani", link="https://acme.example/frangipani")
    take_in(session, blog, [first, sibling], now, first=True)
    take_in(session, other, [twin], now, first=True)
    assert sorted(each.name for each in all_of(session, Candidate)) == ["Frangipani", "Plumeria"]


@pytest.mark.both_databases
def test_one_vendor_means_one_tool_by_one_name_whichever_article_speaks_of_it(session, now):
    blog = a_source(session, now, "Harborview", Announcer.VENDOR_BLOG)
    first = an_entry(
        "1", title="Introducing Harborview Queue", link="https://harborview.example/blog/introducing"
    )
    later = an_entry(
        "2", title="Introducing Harborview Queue", link="https://harborview.example/blog/again-in-may"
    )
    take_in(session, blog, [first], now)
    take_in(session, blog, [later], now + timedelta(days=1))
    [candidate] = all_of(session, Candidate)
    assert len(all_of(session, Mention)) == 2
    assert candidate.name == "Harborview Queue"


def test_another_registry_on_a_tool_of_ours_is_evidence_beside_it_and_no_candidate(session, now):
    ours = triage.accept(
        session,
        triage.propose_by_hand(
            session, name="Moothall", homepage="https://moothall.example", by=ROSA, now=now
        ).id,
        by=ROSA,
        now=now,
    )
    county = a_source(session, now, "County", Announcer.OTHER_REGISTRY)
    take_in(
        session,
        county,
        [an_entry("1", title="Moothall: Approved", link="https://county.example/verdicts/3")],
        now,
    )
    told = [event for event in all_of(session, Event) if event.action == "tool.mentioned"]
    assert [event.subject_id for event in told] == [ours.id]
    assert len(all_of(session, Candidate)) == 1


def test_an_entry_about_a_tool_is_an_event_on_that_tool_and_no_candidate(session, source, now):
    take_in(session, source, [an_entry("1")], now, first=True)
    tool = triage.accept(session, all_of(session, Candidate)[0].id, by=ROSA, now=now)
    news = an_entry("2", title="Plumeria 2.0 - Faster", link="https://app.plumeria.example/two")
    brought = take_in(session, source, [news], now)
    (event,) = [event for event in all_of(session, Event) if event.action == "tool.mentioned"]
    assert (brought.candidates, brought.tool_events) == (0, 1)
    assert (event.subject_kind, event.subject_id, event.after["title"]) == ("tool", tool.id, news.title)


def test_a_risk_notice_tells_the_tool_of_that_name(session, source, now):
    take_in(session, source, [an_entry("1")], now, first=True)
    triage.accept(session, all_of(session, Candidate)[0].id, by=ROSA, now=now)
    risks = a_source(session, now, "Risks", Announcer.ADVISORIES)
    notice = an_entry(
        "r", title="Plumeria - CVE-2026-12345: remote code", link="https://risks.example/CVE-2026-12345"
    )
    assert take_in(session, risks, [notice], now, first=True).tool_events == 1


def test_of_a_first_visit_the_newest_fifty_and_the_last_ninety_days_propose_candidates(session, source, now):
    found = some_entries(80, every=timedelta(days=-30))[::-1]
    brought = take_in(session, source, found, now, first=True)
    assert (brought.new, brought.candidates) == (80, 50)


def test_of_a_first_visit_everything_of_the_last_ninety_days_proposes(session, source, now):
    assert (
        take_in(session, source, some_entries(70, every=timedelta(minutes=1)), now, first=True).candidates
        == 70
    )


def test_a_flood_in_a_known_source_is_recorded_as_seen_and_asked_about(session, source, now):
    take_in(session, source, some_entries(10), now, first=True)
    brought = take_in(session, source, some_entries(60, first=100), now)
    assert (brought.new, brought.held, brought.candidates) == (60, 60, 0)
    assert actions(session).count("source.flooded") == 1
    assert take_in(session, source, some_entries(60, first=100), now).new == 0


def test_a_dismissed_candidate_stays_dismissed_whatever_speaks_of_it(session, source, now):
    take_in(session, source, [an_entry("1")], now, first=True)
    (candidate,) = all_of(session, Candidate)
    triage.dismiss(session, candidate.id, reason=triage.DismissReason.SPAM, by=ROSA, now=now)
    take_in(session, source, [an_entry("2", link="https://plumeria.example/two")], now)
    assert candidate.status is CandidateStatus.DISMISSED
    assert len(all_of(session, Mention)) == 2


def test_three_fresh_mentions_wake_a_watched_candidate(session, source, now):
    take_in(session, source, [an_entry("1")], now, first=True)
    (candidate,) = all_of(session, Candidate)
    triage.watch(session, candidate.id, until=date(2027, 6, 1), by=ROSA, now=now)
    later = now + timedelta(days=1)
    for number in range(3):
        assert candidate.status is CandidateStatus.WATCH
        take_in(session, source, [an_entry(f"n{number}", link=f"https://plumeria.example/{number}")], later)
    assert candidate.status is CandidateStatus.NEW
    assert "candidate.woke" in actions(session)


def test_a_mention_of_a_merged_candidate_counts_for_the_one_it_was_merged_into(session, source, now):
    both = [an_entry("1"), an_entry("2", title="Plumo - Minutes", link="https://plumo.example/")]
    take_in(session, source, both, now, first=True)
    plumo, plumeria = all_of(session, Candidate)
    merging.merge(session, plumo.id, into=plumeria.id, by=ROSA, now=now)
    take_in(session, source, [an_entry("3", title="Plumo - More", link="https://plumo.example/more")], now)
    mention = all_of(session, Mention)[-1]
    assert (mention.candidate_id, mention.first_candidate_id) == (plumeria.id, plumo.id)


def test_an_undated_entry_is_taken_in_like_any_other(session, source, now):
    assert take_in(session, source, [an_entry(published_at=None)], now, first=True).candidates == 1


def test_the_inbox_asks_the_same_number_of_queries_for_one_row_and_for_forty(
    session, source, now, count_queries
):
    take_in(session, source, some_entries(1), now, first=True)
    with count_queries(session) as few:
        inbox.page(session, Filter())
    take_in(session, source, some_entries(40, every=timedelta(minutes=1)), now)
    with count_queries(session) as many:
        assert len(inbox.page(session, Filter()).rows) == 40
    assert len(few) == len(many) == 6


def test_the_inbox_pages_by_cursor_without_gap_or_repetition(session, source, now):
    take_in(session, source, some_entries(25), now, first=True)
    shown, cursor = [], ""
    while True:
        page = inbox.page(session, Filter(), after=cursor, limit=10)
        shown += [row.candidate.id for row in page.rows]
        cursor = page.next_cursor
        if not cursor:
            break
    assert len(shown) == len(set(shown)) == 25


@pytest.mark.both_databases
def test_what_no_database_holds_is_left_out_and_the_entry_stays(session, source, now):
    odd = an_entry(
        "a\0b",
        title="Plu\0meria \ud800- Minutes",
        link="https://plumeria.example/" + "a" * 3000,
        content_hash="0",
    )
    assert take_in(session, source, [odd], now, first=True).new == 1
    assert take_in(session, source, [odd], now).new == 0
    (entry,) = all_of(session, Entry)
    assert (entry.key, entry.link) == ("ab", "")


def test_a_link_that_passes_to_another_entry_does_not_make_it_the_old_one(session, source, now):
    take_in(
        session, source, [an_entry("a", title="One", link="https://plumeria.example/latest")], now, first=True
    )
    moved_on = [
        an_entry("b", title="Two", link="https://plumeria.example/latest"),
        an_entry("a", title="One", link="https://plumeria.example/one"),
    ]
    assert take_in(session, source, moved_on, now).new == 1
