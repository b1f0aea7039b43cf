"""Another registry's feed: what is read of a verdict, whatever came, and one history out of its pages."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from time import monotonic

import pytest
from sample_files import sample

from scrapers.catalogue import parse_feed, parse_verdicts
from scrapers.errors import FetchError, ParseError
from scrapers.fetch import Fetched, Validators
from scrapers.history import with_history
from tests.outside import HOME, a_statement, a_verdict_feed, an_item, read
from tests.reading import InProcess

THEN = datetime(2026, 7, 1, tzinfo=UTC)
FEED = f"{HOME}/feeds/verdicts.json"


def stated(**told):
    [entry] = read(an_item(a_statement(**told), THEN)).entries
    return entry.stated


def test_a_verdict_is_read_whole():
    said = stated()
    assert (said["id"], said["number"], said["outcome"], said["valid_until"]) == (
        "harbour-1",
        "1",
        "approved_with_conditions",
        "2027-06-30",
    )
    assert said["tool"]["homepage"] == "https://quillmark.example/"
    assert [each["text"] for each in said["conditions"]] == [
        "Turn off training on what is typed.",
        "Enter no names.",
    ]
    assert said["said_at"] == THEN.isoformat()


@pytest.mark.parametrize(
    "odd", [None, 7, "approved", [], {}, {"outcome": ["approved"]}, {"outcome": "approved"}]
)
def test_what_is_no_verdict_is_an_entry_without_one(odd):
    [entry] = read(an_item(odd, THEN)).entries
    assert entry.stated is None


def test_wrong_types_and_dates_are_left_out_one_by_one():
    said = stated(
        scope="everything",
        conditions=[7, {"text": ["no"]}, "Ask first.", {"text": "Log it.", "due_on": "2026-13-45"}],
        decided_at={"at": "now"},
        valid_until="the end of time",
        alternatives="Inkwell",
        supersedes=[None, 3, {"number": 4}],
        imported="yes",
        url="javascript:alert(1)",
    )
    assert said["scope"]["offices"] == []
    assert said["scope"]["data_ceiling"] == ""
    assert [(each["text"], each["due_on"]) for each in said["conditions"]] == [
        ("Ask first.", ""),
        ("Log it.", ""),
    ]
    assert (said["decided_at"], said["valid_until"], said["alternatives"]) == ("", "", [])
    assert (said["supersedes"], said["imported"], said["url"]) == (["3"], False, "")


def test_a_number_that_no_list_comes_to_is_left_out():
    said = stated(number=-7, supersedes=[-1, 0, 4, "5", 10**12, "1.5", "A-6"])
    assert (said["number"], said["supersedes"]) == ("", ["4", "5", "A-6"])


def test_endless_conditions_are_cut_off_and_counted():
    said = stated(conditions=[{"text": f"Condition {nth} " + "x" * 900} for nth in range(5_000)])
    assert len(said["conditions"]) == 30
    assert said["more_conditions"] == 4_970
    assert max(len(each["text"]) for each in said["conditions"]) <= 500


def test_script_in_a_text_is_no_text():
    said = stated(
        rationale="Good.<script>steal()</script> <b onclick='x()'>Very</b>", decided_by="<i>Ann</i>"
    )
    assert said["rationale"] == "Good. Very"
    assert said["decided_by"] == "Ann"


def test_a_feed_without_verdicts_is_no_registry_s():
    body = a_verdict_feed({"id": "1", "title": "News"})
    with pytest.raises(ParseError) as refused:
        parse_verdicts(body, url=FEED, headers={})
    assert refused.value.code == "no_verdicts"
    assert parse_verdicts(a_verdict_feed(), url=FEED, headers={}).entries == ()


def test_entries_without_a_verdict_are_told_of():
    body = a_verdict_feed(an_item(a_statement(), THEN), {"id": "x", "title": "Hello"})
    assert "1 entry without a verdict" in parse_verdicts(body, url=FEED, headers={}).note


class Pages:
    """Answers with a page for each address; what is an error is raised."""

    def __init__(self, **pages):
        self.pages = pages
        self.asked = []

    def get(self, url, *, validators=None):
        self.asked.append(url)
        page = self.pages[url.rpartition("=")[2]]
        if isinstance(page, Exception):
            raise page
        return Fetched(
            url=url,
            status=200,
            body=page,
            headers={},
            validators=Validators(),
            redirects=(),
            wire_bytes=len(page),
            elapsed_s=0,
            body_hash="",
            fresh_for_s=0,
            retry_after_s=0,
        )


def a_page(number, older="", day=1):
    head = {"next_url": older} if older else {}
    return a_verdict_feed(an_item(a_statement(number), THEN.replace(day=day)), **head)


def history(pages, *, since=None, older=f"{FEED}?page=two", clock=monotonic):
    newest = parse_verdicts(a_page(9, older, day=9), url=FEED, headers={})
    return with_history(newest, FEED, pages, InProcess(), since=since, clock=clock)


def numbers(parsed):
    return [entry.stated["number"] for entry in parsed.entries]


def test_a_first_visit_reads_every_page_once_and_is_not_led_in_a_circle():
    pages = Pages(two=a_page(8, f"{FEED}?page=three", day=8), three=a_page(7, f"{FEED}?page=two", day=7))
    assert numbers(history(pages)) == ["9", "8", "7"]
    assert len(pages.asked) == 2


def test_a_later_visit_reads_back_to_what_it_knows():
    pages = Pages(two=a_page(8, f"{FEED}?page=three", day=8), three=a_page(7, day=7))
    assert numbers(history(pages, since=THEN.replace(day=8))) == ["9", "8"]
    assert numbers(history(pages, since=THEN.replace(day=9))) == ["9"]


@pytest.mark.parametrize(
    "older",
    [
        "https://10.0.0.1/feed?page=two",
        f"{HOME}:8443/feeds/verdicts.json?page=two",
        f"{HOME.replace('https', 'http')}/feeds/verdicts.json?page=two",
    ],
)
def test_older_pages_on_another_host_port_or_scheme_are_not_asked_for(older):
    pages = Pages()
    parsed = history(pages, older=older)
    assert pages.asked == []
    assert "another host" in parsed.note


def test_a_page_that_is_gone_ends_the_history_and_one_that_fails_fails_the_visit():
    gone = FetchError("http_404", "Nothing is there.")
    parsed = history(Pages(two=gone))
    assert numbers(parsed) == ["9"]
    assert "could not be read" in parsed.note
    with pytest.raises(FetchError):
        history(Pages(two=FetchError("timeout", "It took too long.")))


class Endless(Pages):
    """Each page leads to another one; `padding` makes it so much larger."""

    def __init__(self, padding=0):
        super().__init__()
        self.padding = b" " * padding

    def get(self, url, *, validators=None):
        nth = len(self.asked) + 2
        page = a_page(nth, f"{FEED}?page={nth}") + self.padding
        self.pages = {url.rpartition("=")[2]: page}
        return super().get(url)


def test_no_more_than_twenty_megabytes_of_older_pages_are_read():
    pages = Endless(padding=3_300_000)
    parsed = history(pages)
    assert len(pages.asked) == 7
    assert "longer than" in parsed.note


def test_after_half_a_minute_no_further_page_is_begun_and_what_was_read_is_kept():
    pages = Endless()
    parsed = history(pages, clock=count(step=7).__next__)
    assert len(pages.asked) == 4
    assert len(parsed.entries) == 5
    assert "took too long" in parsed.note


def test_a_page_that_leads_on_to_another_port_is_not_read():
    class Leading(Pages):
        def get(self, url, *, validators=None):
            return replace(super().get(url), url=f"{HOME}:8443/feeds/verdicts.json")

    parsed = history(Leading(two=a_page(8)))
    assert numbers(parsed) == ["9"]
    assert "another host" in parsed.note


def test_endless_pages_come_to_an_end():
    pages = Endless()
    parsed = history(pages)
    assert len(pages.asked) == 99
    assert "longer than" in parsed.note


def test_atom_tells_by_its_namespace_what_json_tells():
    parsed = parse_feed(sample("verdicts.atom"), url=FEED, headers={})
    first, second = parsed.entries
    assert second.stated is None
    said = first.stated
    assert (said["id"], said["outcome"], said["imported"], said["supersedes"]) == (
        "harbour-2",
        "rejected",
        True,
        ["1"],
    )
    assert said["tool"]["identifiers"] == ["Inkwell", "pkg:pypi/inkwell"]
    assert [(each["text"], each["standing"]) for each in said["conditions"]] == [("Ask first.", False)]
    assert said["scope"]["offices"] == []
    assert said["said_at"] == "2026-07-02T00:00:00+00:00"
    assert parsed.older == f"{HOME}/feeds/verdicts.atom?month=2026-06"


def test_an_element_that_xml_has_no_name_for_breaks_nothing():
    body = sample("verdicts.atom").replace(b"</feed>", b"<Z00:00:00T10-70-6202/></feed>")
    assert parse_feed(body, url=FEED, headers={}).entries
