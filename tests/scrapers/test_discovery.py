"""What a typed address may stand for, and where the feed of a site may be: facts, nothing is fetched."""

import pytest

from scrapers.discovery import known_feeds, likely_feeds, readings
from scrapers.hosts import PACKAGES
from scrapers.links import canonical_url, public_url


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("https://a.example/feed", "https://a.example/feed"),
        ("a.example/blog", "https://a.example/blog"),
        ("  A.example  ", "https://A.example"),
        ("a.example:8080/x", "https://a.example:8080/x"),
        ("localhost:8000/feed", "https://localhost:8000/feed"),
        ("//a.example/feed", "https://a.example/feed"),
        ("feed://a.example/rss", "https://a.example/rss"),
        ("feed:https://a.example/rss", "https://a.example/rss"),
        ("feed:http://a.example/rss", "http://a.example/rss"),
        ("<https://a.example/x>", "https://a.example/x"),
        ("nowhere", "nowhere"),
        ("", ""),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("mailto:me@a.example", "mailto:me@a.example"),
        ("file:///etc/passwd", "file:///etc/passwd"),
    ],
)
def test_an_address_is_understood_as_people_say_it(typed, first):
    assert readings(typed)[0] == first


def test_where_no_scheme_is_said_it_is_https_and_then_http():
    assert readings("a.example/x") == ("https://a.example/x", "http://a.example/x")
    assert readings("http://a.example/x") == ("http://a.example/x",)


@pytest.mark.parametrize("typed", ["nowhere", "javascript:alert(1)", "mailto:me@a.example", "file:///x.y/z"])
def test_what_is_no_web_address_does_not_become_one(typed):
    assert [canonical_url(each) for each in readings(typed)] == [""]


@pytest.mark.parametrize(
    ("page", "feeds"),
    [
        (
            "https://codehost.example/joinery/formwright/issues",
            (
                "https://codehost.example/joinery/formwright/releases.atom",
                "https://codehost.example/joinery/formwright/tags.atom",
            ),
        ),
        ("https://github.com/nextcloud", ()),
        ("https://github.com/features/actions", ()),
        (
            "https://gitlab.com/group/part/tool/-/issues",
            (
                "https://gitlab.com/group/part/tool/-/releases.atom",
                "https://gitlab.com/group/part/tool/-/tags?format=atom",
            ),
        ),
        ("https://codeberg.org/a/b.git", ("https://codeberg.org/a/b/releases.rss",)),
        ("https://git.sr.ht/~a/b", ("https://git.sr.ht/~a/b/refs/rss.xml",)),
        (
            "https://www.youtube.com/channel/UC0123456789012345678901/videos",
            ("https://www.youtube.com/feeds/videos.xml?channel_id=UC0123456789012345678901",),
        ),
        (
            "https://www.youtube.com/playlist?list=PL1",
            ("https://www.youtube.com/feeds/videos.xml?playlist_id=PL1",),
        ),
        (
            "https://sourceforge.net/projects/tool/files/",
            ("https://sourceforge.net/projects/tool/rss?path=/",),
        ),
        ("https://old.reddit.com/r/sysadmin/new", ("https://www.reddit.com/r/sysadmin/.rss",)),
        ("https://medium.com/@somebody/a-story", ("https://medium.com/feed/@somebody",)),
        ("https://arxiv.org/list/cs.AI/recent", ("https://rss.arxiv.org/rss/cs.AI",)),
        ("https://a.example/owner/repo", ()),
        ("nonsense", ()),
    ],
)
def test_well_known_hosts_have_feeds_at_other_addresses(page, feeds):
    assert known_feeds(page) == feeds


@pytest.mark.parametrize(
    ("kind", "path", "ending"),
    [
        ("pypi", "/project/plumo/", "/rss/project/plumo/releases.xml"),
        ("gem", "/gems/plumo", "/gems/plumo/versions.atom"),
        ("cargo", "/crates/plumo", "/rss/crates/plumo.xml"),
        ("composer", "/packages/plumeria/plumo", "/feeds/package.plumeria/plumo.rss"),
    ],
)
def test_the_page_of_a_package_leads_to_the_feed_of_its_versions(kind, path, ending):
    ((name, suffix),) = [place for place, kinds in PACKAGES.items() if kinds[0][0] == kind]
    (feed,) = known_feeds(f"https://{name}.{suffix}{path}")
    assert feed.endswith(ending)


def test_at_most_six_usual_addresses_are_tried_beside_the_page_first():
    assert likely_feeds("https://a.example/")[:2] == ("https://a.example/feed", "https://a.example/rss.xml")
    beside = likely_feeds("https://a.example/blog/?x=1")
    assert beside[:2] == ("https://a.example/blog/feed", "https://a.example/blog/rss.xml")
    assert "https://a.example/feed" in beside
    assert len(beside) == len(set(beside)) == 6
    assert likely_feeds("nonsense") == ()


def test_an_address_is_shown_without_its_password():
    assert public_url("https://me:hush@a.example:8443/x?y") == "https://a.example:8443/x?y"
