"""The rules that feeds are held against do find what is wrong: each of these is one fault."""

import pytest

from tests.feed_rules import faults
from tests.publish.test_feed_formats import a_notice, render

BROKEN: dict[str, tuple[str, str, str]] = {
    "atom: an id that is no URI": ("atom", "<id>tag:r.example,2026-11-01:notice", "<id>notice"),
    "atom: no updated": (
        "atom",
        "<updated>2026-11-03T18:00:00Z</updated>\n<author>\n<name>Amir",
        "<author>\n<name>Amir",
    ),
    "atom: a local moment": ("atom", "<published>2026-11-03T09:30:00Z", "<published>2026-11-03 09:30"),
    "atom: published after updated": ("atom", "<published>2026-11-03", "<published>2026-11-04"),
    "atom: a link that is not whole": ("atom", 'href="https://r.example/verdicts/12"', 'href="/verdicts/12"'),
    "atom: no link to itself": ("atom", 'rel="self"', 'rel="first"'),
    "atom: an author without a name": ("atom", "<name>Amir</name>", "<name/>"),
    "atom: markup that is not closed": ("atom", "&lt;/ol&gt;", ""),
    "atom: a script": ("atom", "&lt;p&gt;&lt;strong", "&lt;script&gt;&lt;/script&gt;&lt;p&gt;&lt;strong"),
    "atom: a category without a scheme": ("atom", "#category", " category"),
    "atom: a title of two lines": ("atom", "<title>Quillmark: ", "<title>Quillmark:\n"),
    "rss: a date of Atom": ("rss", "Tue, 03 Nov 2026 09:30:00 GMT", "2026-11-03T09:30:00Z"),
    "rss: another day of the week": ("rss", "Tue, 03 Nov 2026 09:30:00 GMT", "Mon, 03 Nov 2026 09:30:00 GMT"),
    "rss: a guid that seems an address": ("rss", ' isPermaLink="false"', ""),
    "rss: no description": ("rss", "<description>Verdict 12 on Quillmark.</description>", ""),
    "rss: an element of nobody": ("rss", "<language>en</language>", "<language>en</language><lang>en</lang>"),
    "rss: no link to itself": ("rss", 'rel="self"', 'rel="next"'),
    "json: another version": ("json", "version/1.1", "version/2"),
    "json: a name of nobody": ("json", '"language":', '"lang":'),
    "json: an id that is a number": ("json", '"id":"tag:r.example,2026-11-01:notice', '"id":"12'),
    "json: no content": ("json", '"content_html"', '"_content"'),
    "json: a moment that is none": ("json", '"date_published":"2026', '"date_published":"26'),
    "json: the same tag twice": ("json", '"Writing"]', '"Approved with conditions"]'),
}


@pytest.mark.parametrize("ending", ["atom", "rss", "json"])
def test_a_feed_without_a_fault_has_none(ending: str) -> None:
    assert faults(ending, render(ending, a_notice())) == []


@pytest.mark.parametrize("name", BROKEN)
def test_a_fault_is_found(name: str) -> None:
    ending, right, wrong = BROKEN[name]
    body = render(ending, a_notice()).decode()
    assert right in body
    assert faults(ending, body.replace(right, wrong, 1).encode()) != []


@pytest.mark.parametrize("ending", ["atom", "rss", "json"])
def test_an_entry_that_stands_twice_is_found(ending: str) -> None:
    assert faults(ending, render(ending, a_notice(), a_notice())) != []


@pytest.mark.parametrize("ending", ["atom", "rss", "json"])
def test_a_feed_that_calls_itself_by_another_address_is_found(ending: str) -> None:
    assert faults(ending, render(ending, a_notice()), url="https://r.example/elsewhere") != []
