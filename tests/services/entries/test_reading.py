"""What an entry says by itself, read in the children that parse or here."""

import json
from dataclasses import replace

import pytest

from registry.domain.proposal import Announcer
from registry.services.entries import reading
from scrapers.entry import Draft, Entry, entries_of
from scrapers.workers import Workers

FEED = b"""<rss version="2.0"><channel><title>News</title>
<item><guid>1</guid><title>Plumbline 2.1 - Levels for everybody</title>
<link>https://plumbline.example/?utm_source=feed</link></item></channel></rss>"""


def an_entry() -> Entry:
    link = "https://github.com/acme/plumbline/releases/tag/v2.1"
    (entry,) = entries_of(
        [Draft(id="1", link=link, title="Show HN: Plumbline – levels", tags=["vendor:Acme"])]
    )
    return entry


@pytest.mark.parametrize("announcer", Announcer)
def test_what_is_read_in_a_child_is_what_is_read_here(announcer):
    entry = an_entry()
    row = json.loads(json.dumps(reading.row_of(entry, announcer=announcer, kind="feed")))
    assert reading.reading_of(replace(entry, reading=row), announcer, "feed") == reading.read(
        entry, announcer, "feed"
    )


def test_an_entry_that_was_read_as_one_of_another_sort_is_read_again():
    entry = an_entry()
    as_news = replace(entry, reading=reading.row_of(entry, announcer=Announcer.NEWS, kind="feed"))
    assert reading.reading_of(as_news, Announcer.RELEASES, "feed") == reading.read(
        entry, Announcer.RELEASES, "feed"
    )


def test_the_children_read_what_they_parse_and_nothing_unasked():
    with Workers(count=1, reader=reading.IN_CHILDREN) as workers:
        asked = {"url": "https://plumbline.example/feed", "headers": {}}
        (read,) = workers.parse("feed", FEED, **asked, given={"announcer": "launch_feed"}).entries
        (unread,) = workers.parse("feed", FEED, **asked).entries
    assert (read.reading[3], unread.reading) == ("plumbline.example", None)
    assert reading.reading_of(read, Announcer.LAUNCH_FEED, "feed").proposal.name == "Plumbline 2.1"


def test_a_proposed_home_page_tracks_nobody():
    link = "https://plumbline.example/?utm_source=launches&ref=home"
    (entry,) = entries_of([Draft(id="1", link=link, title="Show HN: Plumbline – levels")])
    assert reading.read(entry, Announcer.NEWS).proposal.homepage in ("", "https://plumbline.example/")
    assert reading.read(entry, Announcer.DISCUSSION).proposal.homepage == "https://plumbline.example/"
