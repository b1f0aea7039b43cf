"""One entry stays one entry, whatever its publisher does to id, address, title or date; and two stay two."""

import random
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from registry.domain.proposal import Announcer
from registry.services.entries import intake, recognition
from registry.store.tables import Entry, Source
from scrapers import entry as scraped
from scrapers.entry import Draft, entries_of
from tests.feeds import THEN

DAY = timedelta(days=1)


class Feed:
    """A source that serves one document after another; drafts as a scraper finds them, newest first."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = now
        self.source = Source(
            name="Journal", url="https://feed.example/", announcer=Announcer.NEWS, created_at=now
        )
        session.add(self.source)
        session.flush()

    def serves(self, *drafts: Draft, home: str = "https://feed.example/") -> list[str]:
        """The titles that were new."""
        known = {row.id for row in self.rows()}
        intake.record_entries(
            self._session, self.source, entries_of(drafts), first=not known, home=home, now=self._now
        )
        self._session.flush()
        return [row.title for row in self.rows() if row.id not in known]

    def rows(self) -> list[Entry]:
        return list(self._session.exec(select(Entry).order_by(Entry.id)).all())  # type: ignore[arg-type]


@pytest.fixture
def feed(session: Session, now: datetime) -> Feed:
    return Feed(session, now)


def draft(key: str = "", link: str = "", title: str = "One", *, day: int | None = 0, text: str = "") -> Draft:
    published_at = None if day is None else THEN + day * DAY
    return Draft(id=key, link=link, title=title, published_at=published_at, content=text)


A, B, C = (f"https://feed.example/{name}" for name in "abc")


def test_the_key_is_the_id_else_the_canonical_link_else_a_hash_of_title_date_and_content(feed):
    feed.serves(
        draft("urn:1", A),
        draft("", "https://feed.example/b?utm_source=x#top", "Two"),
        draft("", "", "Three", text="Words"),
    )
    keys = {row.title: row.key for row in feed.rows()}
    assert (keys["One"], keys["Two"]) == ("urn:1", B)
    assert len(keys["Three"]) == 64
    for other in (
        draft("", "", "Three", text="Others"),
        draft("", "", "Drei", text="Words"),
        draft("", "", "Three", day=1, text="Words"),
    ):
        (entry,) = entries_of([other])
        assert entry.key != keys["Three"]


def test_the_second_key_is_the_id_without_scheme_and_host(feed):
    feed.serves(draft("https://feed.example/b?p=7", B), draft("tag:feed.example,2026:/9", A, "Two"))
    assert {row.second_key for row in feed.rows()} == {"b?p=7", "/9"}


@pytest.mark.parametrize(
    "later",
    [
        draft("urn:1", A, "One, edited"),
        draft("urn:1", A, day=300),
        draft("urn:1", A, day=None),
        draft("urn:1", A, "One, edited", day=-9),
        draft("urn:1", B),
        draft("urn:1", B, "One, edited"),
        draft("urn:1", ""),
        draft("urn:2", A),
        draft("urn:2", A, "One, edited", day=5),
        draft("urn:2", "http://www.feed.example/a?utm_medium=feed"),
        draft("", A, "One, edited"),
    ],
    ids=[
        "title",
        "date",
        "no date",
        "title and date",
        "link",
        "title and link",
        "no link",
        "id",
        "id, title and date",
        "id and scheme",
        "no id",
    ],
)
def test_an_entry_of_which_anything_but_its_identity_changed_is_no_news(feed, later):
    feed.serves(draft("urn:1", A))
    assert feed.serves(later) == []
    assert len(feed.rows()) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("http://feed.example/?p=1", "https://feed.example/?p=1"),
        ("https://www.feed.example/?p=1", "https://feed.example/?p=1"),
        ("https://feed.example/?p=1", "https://moved.example/?p=1"),
        ("tag:feed.example,2026:/1", "tag:moved.example,2026:/1"),
    ],
)
def test_an_id_whose_scheme_or_host_changed_is_known_by_its_second_key(feed, before, after):
    feed.serves(draft(before, A))
    assert feed.serves(draft(after, B)) == []


def test_a_feed_that_moves_while_its_entries_are_edited_is_the_same_feed(feed):
    def served(host: str, said: str) -> list[Draft]:
        return [
            draft(f"https://{host}/{name}", f"https://{host}/{name}", f"{said} {name}", day=None)
            for name in "abcd"
        ]

    feed.serves(*served("old.example", "About"))
    assert feed.serves(*served("new.example", "All about")) == []


def test_two_sites_with_the_same_path_are_two_entries(feed):
    feed.serves(draft("https://one.example/launch", "https://one.example/launch", "One"))
    other = draft("https://two.example/launch", "https://two.example/launch", "Two", day=1)
    assert feed.serves(other) == ["Two"]
    assert feed.serves(other, draft("https://one.example/launch", "https://one.example/launch")) == []


def test_one_id_for_many_entries_is_told_apart_by_link(feed):
    feed.serves(draft("0", A, "One"), draft("0", B, "Two"))
    assert feed.serves(draft("0", B, "Two"), draft("0", C, "Three", day=2)) == ["Three"]


def test_one_id_for_many_entries_is_told_apart_however_many_are_served_at_a_time(feed):
    feed.serves(draft("0", A, "One"))
    assert feed.serves(draft("0", A, "One"), draft("0", B, "Two", day=1)) == ["Two"]
    assert feed.serves(draft("0", B, "Two", day=1)) == []
    assert feed.serves(draft("0", C, "Three", day=2)) == ["Three"]
    assert feed.serves(draft("0", A, "One")) == []


def test_ids_that_count_places_in_the_document_do_not_hide_what_is_new(feed):
    told = [draft("", f"https://feed.example/{number}", f"News {number}", day=number) for number in range(6)]

    def served(newest: int) -> list[Draft]:
        window = told[newest - 2 : newest + 1][::-1]
        return [
            draft(str(place), each.link, each.title, day=newest - place) for place, each in enumerate(window)
        ]

    feed.serves(*served(2))
    for newest in (3, 4, 5):
        assert feed.serves(*served(newest)) == [f"News {newest}"]


def test_entries_whose_key_changed_but_whose_canonical_link_is_known_are_revisions(feed):
    feed.serves(draft("urn:1", A), draft("urn:2", B, "Two"))
    assert feed.serves(draft("urn:x", A, "One, edited", day=7), draft("urn:y", B, "Two", day=8)) == []
    assert [row.revision for row in feed.rows()] in ([1, 2], [2, 1])


def test_an_id_that_changed_is_known_from_then_on_wherever_the_link_goes(feed):
    feed.serves(draft("urn:1", A))
    feed.serves(draft("urn:2", A))
    assert feed.serves(draft("urn:2", B, "One, edited")) == []
    assert feed.serves(draft("urn:1", A)) == []


def test_a_page_that_many_entries_share_makes_none_of_them_another(feed):
    changes = "https://feed.example/changes"
    feed.serves(draft("v1", changes, "First"), draft("v2", changes, "Second", day=1))
    assert feed.serves(draft("v3", changes, "Third", day=2)) == ["Third"]


def test_links_to_two_places_of_one_page_are_two_entries(feed):
    feed.serves(draft("v1", "https://feed.example/changes#v1", "First"))
    assert feed.serves(draft("v2", "https://feed.example/changes#v2", "Second", day=1)) == ["Second"]


def test_a_link_home_makes_no_two_entries_one(feed):
    feed.serves(draft("1", "https://feed.example/", "Monday"))
    assert feed.serves(draft("2", "https://feed.example/", "Tuesday", day=1)) == ["Tuesday"]


def test_the_same_page_told_twice_in_one_document_is_one_entry(feed):
    twice = [draft("1", A), draft("2", A), draft("1", A)]
    assert feed.serves(*twice) == ["One"]
    assert feed.serves(*twice[::-1]) == []
    assert len(feed.rows()) == 1


def test_an_entry_without_id_and_link_is_known_by_its_text_when_its_date_moves(feed):
    feed.serves(draft("", "", "Closed on Friday", text="All day."))
    assert feed.serves(draft("", "", "Closed on Friday", day=3, text="All day.")) == []
    both = [draft("", "", "Closed on Friday", day=day, text="All day.") for day in (3, 10)]
    assert feed.serves(*both) == ["Closed on Friday"]


@pytest.mark.both_databases
def test_no_two_entries_of_a_source_have_a_key_in_common_whatever_is_served(feed):
    dice = random.Random(1)
    names = [
        "p",
        "https://a.example/p",
        "http://a.example/p",
        "https://b.example/p",
        "p https://a.example/p",
        "",
    ]
    for _ in range(60):
        feed.serves(
            *(
                draft(dice.choice(names), dice.choice(names[1:4]), dice.choice("XYZ"), day=dice.randrange(3))
                for _ in range(dice.randrange(1, 6))
            )
        )
    rows = feed.rows()
    assert len({row.key for row in rows}) == len({row.second_key for row in rows}) == len(rows)


def test_at_most_five_thousand_entries_of_a_document_are_taken_the_newest(feed, monkeypatch):
    assert scraped.MAX_ENTRIES == intake.MAX_ENTRIES == 5_000
    monkeypatch.setattr(scraped, "MAX_ENTRIES", 3)
    feed.serves(*(draft(f"{n}", f"https://feed.example/{n}", f"No. {n}", day=n) for n in range(5)))
    assert {row.title for row in feed.rows()} == {"No. 2", "No. 3", "No. 4"}


def test_a_feed_in_which_all_look_alike_costs_no_more_than_another(feed, monkeypatch):
    looked_at = []
    pair = recognition._pair
    monkeypatch.setattr(recognition, "_pair", lambda *each: looked_at.append(each) or pair(*each))
    for ids in ("a", "b"):
        feed.serves(*(draft(f"{ids}{n}", A, "Update", day=n) for n in range(200)))
    assert 0 < len(looked_at) <= 200 * recognition.MOST_ALIKE
