"""Real-world RSS and Atom: every document beside what must be read from it."""

import pytest
from sample_files import SAMPLES, URL, as_expected, expected, sample

from scrapers import rss_atom
from scrapers.catalogue import SCRAPERS
from scrapers.entry import MAX_ENTRIES, MAX_KEY
from scrapers.errors import ParseError

PAIRS = sorted(
    path.name
    for path in SAMPLES.iterdir()
    if path.suffix in (".rss", ".atom", ".rdf", ".json") and ".expected" not in path.name
)


def parse(body, headers=None, url=URL):
    return rss_atom.parse(body.encode() if isinstance(body, str) else body, url=url, headers=headers or {})


def rss(items, head=""):
    return f'<rss version="2.0"><channel><title>T</title>{head}{items}</channel></rss>'


def refusal(body, headers=None):
    with pytest.raises(ParseError) as caught:
        parse(body, headers)
    return caught.value


@pytest.mark.parametrize("name", PAIRS)
def test_a_sample_gives_what_stands_beside_it(name):
    kind = next((each for each in SCRAPERS if name.startswith(each)), "feed")
    assert as_expected(SCRAPERS[kind](sample(name), url=URL, headers={})) == expected(name)


def test_every_sample_has_unique_keys_of_both_sorts():
    for name in PAIRS:
        entries = expected(name)["entries"]
        assert len({entry["key"] for entry in entries}) == len(entries)
        assert len({entry["second_key"] for entry in entries}) == len(entries)


def test_an_entity_declaration_is_refused_whatever_its_encoding():
    bomb = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaa">]>' + rss("<item><title>&a;</title></item>")
    assert refusal(bomb).code == "entity_refused"
    assert refusal(bomb.encode("utf-16")).code == "entity_refused"


def test_a_doctype_without_entities_is_read():
    old = '<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//X//DTD RSS 0.91//EN" "https://dtd.example/rss.dtd">'
    assert parse(old + rss("<item><title>A</title></item>")).entries[0].title == "A"


def test_an_empty_document_says_so():
    assert refusal(b" \n").code == "empty_body"


def test_text_that_is_no_feed_says_so():
    assert refusal("just words").code == "not_a_feed"
    assert refusal("<opml><body/></opml>").code == "not_a_feed"


def test_a_feed_cut_off_before_its_first_entry_says_so():
    assert refusal('<?xml version="1.0"?><rss version="2.0"><channel><title>T').code == "unreadable_feed"


def test_a_feed_without_entries_is_in_order():
    parsed = parse(rss(""))
    assert (parsed.entries, parsed.malformed) == ((), False)
    assert parsed.note


def test_one_entry_of_a_broken_feed_is_a_success_marked_malformed():
    parsed = parse(
        "<rss version='2.0'><channel><item><title>A</title><guid>1</guid></item><item><title>B &nosuch; <b"
    )
    assert parsed.entries[0].title == "A"
    assert parsed.malformed
    assert parsed.note


@pytest.mark.parametrize(
    "charset", ["us-ascii", "iso-8859-1", "windows-1252", "no-such-thing", "hex", "idna"]
)
def test_bytes_that_are_utf_8_are_read_as_utf_8_whatever_the_header_says(charset):
    body = rss("<item><title>Größe – 5 €</title></item>")
    assert parse(body, {"Content-Type": f"text/xml; charset={charset}"}).entries[0].title == "Größe – 5 €"


def test_a_charset_that_stands_in_the_header_alone_counts():
    body = rss("<item><title>Привет</title></item>").encode("koi8-r")
    assert parse(body, {"content-type": "application/rss+xml; charset=koi8-r"}).entries[0].title == "Привет"


def test_an_encoding_that_nobody_knows_is_no_crash():
    body = b'<?xml version="1.0" encoding="unicode_escape"?>' + rss(
        "<item><title>A\xff</title></item>"
    ).encode("latin-1")
    assert parse(body).entries[0].title.startswith("A")


def test_links_fall_back_to_the_final_address_of_the_feed():
    entries = parse(rss("<item><title>A</title><link>post/1</link></item>")).entries
    assert entries[0].link == "https://feeds.example/folder/post/1"


def test_an_original_link_is_better_than_its_redirect():
    namespace = 'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
    body = f"""<rss version="2.0" {namespace}><channel><title>T</title><item><title>A</title>
        <link>https://feedproxy.example/~r/1</link>
        <feedburner:origLink>https://plumbline.example/1</feedburner:origLink></item></channel></rss>"""
    assert parse(body).entries[0].link == "https://plumbline.example/1"


@pytest.mark.parametrize(
    "bad", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://a.example/"]
)
def test_no_other_scheme_than_http_survives(bad):
    body = rss(f'<item><title>A</title><link>{bad}</link><guid>{bad}</guid><enclosure url="{bad}"/></item>')
    entry = parse(body).entries[0]
    assert (entry.link, entry.canonical_link) == ("", "")


def test_markup_dates_and_counters_are_no_revision():
    one, other = (
        parse(
            rss(
                f"<item><title>A</title><link>https://a.example/?utm_source={n}</link>"
                f"<pubDate>{n} Oct 2026</pubDate>"
                f"<description>&lt;p id='{n}'&gt;Text&lt;/p&gt; {n} views, Points: {n}</description></item>"
            )
        ).entries[0]
        for n in (3, 4)
    )
    assert one.published_at != other.published_at
    assert one.content_hash == other.content_hash


@pytest.mark.parametrize(
    "change", [("Old title", "New title"), ("Old text", "New text"), ("a.example/old", "a.example/new")]
)
def test_another_title_text_or_link_is_a_revision(change):
    body = rss(
        "<item><guid>1</guid><title>Old title</title><link>https://a.example/old</link>"
        "<description>Old text</description></item>"
    )
    assert parse(body).entries[0].content_hash != parse(body.replace(*change)).entries[0].content_hash


def test_a_key_is_the_same_whatever_stands_around_the_entry():
    items = [
        f"<item><guid>{n}</guid><title>T{n}</title><link>https://a.example/{n}</link></item>"
        for n in range(9)
    ]
    alone = parse(rss(items[4])).entries[0].key
    assert alone in {entry.key for entry in parse(rss("".join(items))).entries}


def test_an_id_too_long_to_keep_is_hashed():
    key = parse(rss(f"<item><guid>{'x' * 4000}</guid><title>A</title></item>")).entries[0].key
    assert len(key) <= MAX_KEY
    assert key.startswith("sha256:")


def test_no_more_than_five_thousand_entries_the_newest_first():
    items = "".join(
        f"<item><guid>{n}</guid><pubDate>{1_600_000_000 + n * 60}</pubDate></item>"
        for n in range(MAX_ENTRIES + 10)
    )
    entries = parse(rss(items)).entries
    assert len(entries) == MAX_ENTRIES
    assert entries[0].key == str(MAX_ENTRIES + 9)


@pytest.mark.parametrize(
    ("head", "ttl_s"),
    [
        ("", None),
        ("<ttl>30</ttl>", 1_800),
        ("<ttl>soon</ttl>", None),
        ("<ttl>9999999</ttl>", 2_592_000),
        (
            '<x:updatePeriod xmlns:x="http://purl.org/rss/1.0/modules/syndication/">hourly</x:updatePeriod>',
            3_600,
        ),
    ],
)
def test_how_long_the_publisher_asks_us_to_wait(head, ttl_s):
    assert parse(rss("", head)).ttl_s == ttl_s
