"""What reading a feed must put up with and must refuse, each rule by the smallest document that shows it."""

import codecs
import json

import pytest
from sample_files import URL

from scrapers.catalogue import parse_feed
from scrapers.errors import ParseError

ITEM = "<item><title>A</title><link>https://a.example/1</link></item>"


def read(body, **headers):
    body = body.encode() if isinstance(body, str) else body
    return parse_feed(
        body, url=URL, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def rss(items=ITEM, head="", attributes=""):
    return f'<rss version="2.0"{attributes}><channel><title>T</title>{head}{items}</channel></rss>'


def atom(entry, attributes=""):
    head = f'<feed xmlns="http://www.w3.org/2005/Atom"{attributes}><title>T</title>'
    return f"{head}<entry><id>urn:x:1</id>{entry}</entry></feed>"


def only(parsed):
    (entry,) = parsed.entries
    return entry


def refusal(body):
    with pytest.raises(ParseError) as caught:
        read(body)
    return caught.value


# strictly, then loosely, then mended


@pytest.mark.parametrize(
    "broken",
    [
        rss(ITEM + "<item><title>B & C</title></item>"),
        rss(ITEM + "<item><title>B &nbsp; C</title></item>"),
        rss(ITEM + "<item><title>B</titel></item>"),
        rss(ITEM).replace("</rss>", ""),
        rss(ITEM)[:-30],
        rss(ITEM) + "<p>advertisement</p>",
        rss(ITEM + "<item><media:title>B</media:title></item>"),
        rss(ITEM.replace("<link>", '<link a="1" a="2">')),
    ],
)
def test_a_broken_document_with_an_entry_is_read_and_marked(broken):
    parsed = read(broken)
    assert parsed.entries[0].title == "A"
    assert parsed.malformed
    assert parsed.note.startswith("Read in spite of an error")


def test_a_sound_document_is_not_marked():
    assert (read(rss()).malformed, read(rss()).note) == (False, "")


# what stands around the document


@pytest.mark.parametrize(
    "junk", ["\n\n  ", "Warning: line 3\n", "<br>\n<b>Notice</b>: x\n", "\ufeff\n", "\0\0"]
)
def test_junk_before_the_prolog_is_passed_over(junk):
    assert only(read(junk + '<?xml version="1.0"?>' + rss())).title == "A"


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF8 * 2, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ],
)
def test_a_byte_order_mark_is_understood(mark, encoding):
    body = mark + rss(ITEM.replace(">A<", ">Größe<")).encode(encoding)
    assert only(read(body)).title == "Größe"


@pytest.mark.parametrize("code", [0x00, 0x01, 0x08, 0x0B, 0x0C, 0x0E, 0x1F])
def test_characters_that_xml_forbids_are_left_out(code):
    parsed = read(rss(ITEM.replace(">A<", f">A{chr(code)}B<")))
    assert only(parsed).title == "AB"
    assert parsed.malformed


@pytest.mark.parametrize("reference", ["&#0;", "&#1;", "&#x1F;", "&#xFFFF;", "&#xD800;"])
def test_references_to_characters_that_xml_forbids_cost_no_entry(reference):
    assert len(read(rss(ITEM.replace(">A<", f">A{reference}B<"))).entries) == 1


@pytest.mark.parametrize(
    ("declared", "written"),
    [("utf-8", "windows-1252"), ("us-ascii", "utf-8"), ("iso-8859-1", "utf-8"), ("utf-16", "utf-8")],
)
def test_a_charset_that_the_document_misnames_costs_no_entry(declared, written):
    body = f'<?xml version="1.0" encoding="{declared}"?>' + rss(ITEM.replace(">A<", ">Größe “5”<"))
    assert only(read(body.encode(written))).title == "Größe “5”"


# what is refused


@pytest.mark.parametrize(
    "declaration",
    ['<!ENTITY a "b">', '<!ENTITY % a "b">', '<!ENTITY a SYSTEM "file:///x">', '<!entity a "b">'],
)
def test_any_entity_declaration_is_refused(declaration):
    error = refusal(f"<!DOCTYPE rss [{declaration}]>" + rss())
    assert error.code == "entity_refused"
    assert "entities" in error.sentence


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ("", "empty_body", "empty document"),
        ("just words", "not_a_feed", "neither RSS nor Atom"),
        ("<opml><body/></opml>", "not_a_feed", "neither RSS nor Atom"),
        ("<svg xmlns='http://www.w3.org/2000/svg'/>", "not_a_feed", "neither RSS nor Atom"),
        ('{"a": 1}', "not_a_feed", "no JSON Feed"),
        ('{"items": [1', "unreadable_feed", "broken JSON"),
        ("<rss version='2.0'><channel><title>T", "unreadable_feed", "cut off"),
        ("<!DOCTYPE html><title>Shop</title>", "web_page_not_feed", "Shop"),
        (b"\x89PNG\r\n\x1a\n\0\0", "not_a_feed", "neither RSS nor Atom"),
        (b"%PDF-1.7", "not_a_feed", "neither RSS nor Atom"),
    ],
)
def test_a_file_without_entries_gives_a_reason_in_words(body, code, words):
    error = refusal(body)
    assert error.code == code
    assert words in error.sentence


def test_a_page_instead_of_a_feed_names_itself_and_its_feeds():
    page = "<html><head><title>Heron</title><link rel=alternate type=application/rss+xml href=/rss></head></html>"
    error = refusal(page)
    assert "Heron" in error.sentence
    assert error.suggested == ("https://feeds.example/rss",)


# JSON Feed


def json_feed(item, version="https://jsonfeed.org/version/1.1"):
    return json.dumps({"version": version, "title": "T", "items": [item]})


def test_json_feed_1_0_has_one_author_and_1_1_several():
    old = only(read(json_feed({"id": "1", "author": {"name": "Ada"}}, "https://jsonfeed.org/version/1")))
    new = only(read(json_feed({"id": "1", "authors": [{"name": "Ada"}, {"name": "Bo"}]})))
    assert (old.author, new.author) == ("Ada", "Ada, Bo")


def test_a_json_feed_that_does_not_say_so_is_read_and_marked():
    parsed = read('{"items": [{"id": "1", "title": "A"}]}')
    assert only(parsed).title == "A"
    assert parsed.malformed


def test_json_feed_names_the_page_that_an_entry_speaks_of():
    item = {"id": "1", "url": "https://blog.example/1", "external_url": "https://tool.example/"}
    entry = only(read(json_feed(item)))
    assert (entry.link, entry.related) == ("https://blog.example/1", "https://tool.example/")


# links


def test_a_related_link_is_kept_beside_the_link():
    links = '<link href="https://registry.example/7"/><link rel="related" href="https://tool.example/"/>'
    entry = only(read(atom(links)))
    assert (entry.link, entry.related) == ("https://registry.example/7", "https://tool.example/")


def test_a_related_link_that_is_the_only_one_is_the_link():
    entry = only(read(atom('<link rel="related" href="https://tool.example/"/>')))
    assert (entry.link, entry.related) == ("https://tool.example/", "")


@pytest.mark.parametrize(
    "bad", ["javascript:alert(1)", "data:text/html,x", "mailto:a@a.example", "ftp://a.example/"]
)
def test_a_related_link_is_a_web_address_or_nothing(bad):
    links = f'<link href="https://a.example/"/><link rel="related" href="{bad}"/>'
    assert only(read(atom(links))).related == ""


@pytest.mark.parametrize(
    ("body", "link"),
    [
        (atom('<link href="p"/>', ' xml:base="https://b.example/x/"'), "https://b.example/x/p"),
        (
            atom('<link xml:base="y/" href="p"/>', ' xml:base="https://b.example/x/"'),
            "https://b.example/x/y/p",
        ),
        (atom('<link href="p"/>', ' xml:base="/x/"'), "https://feeds.example/x/p"),
        (rss("<item><link>p</link></item>", "<link>https://c.example/x/</link>"), "https://c.example/x/p"),
        (rss("<item><link>/p</link></item>", "<link>https://c.example/x/</link>"), "https://c.example/p"),
        (rss("<item><link>//d.example/p</link></item>"), "https://d.example/p"),
        (rss("<item><link>p</link></item>"), "https://feeds.example/folder/p"),
    ],
)
def test_a_link_counts_from_its_base_then_the_channel_then_the_final_address(body, link):
    assert only(read(body)).link == link


def test_a_guid_that_is_no_permalink_is_no_link():
    guid = '<item><title>A</title><guid isPermaLink="false">https://a.example/1</guid></item>'
    assert only(read(rss(guid))).link == ""
    assert only(read(rss(guid.replace("false", "true")))).link == "https://a.example/1"


# titles


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("A &lt;b&gt;bold&lt;/b&gt; word", "A bold word"),
        ("<![CDATA[A <i>word</i>]]>", "A word"),
        ("Tom &amp;amp; Jerry", "Tom & Jerry"),
        ("The &lt;canvas&gt; element", "The <canvas> element"),
        ("List&lt;int&gt; grows", "List<int> grows"),
        ("a &lt; b", "a < b"),
        ("AT&amp;T", "AT&T"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Tool", "Tool"),
        ("&lt;img src=x onerror=alert(1)&gt;Tool", "Tool"),
        (" two\n  lines ", "two lines"),
    ],
)
def test_markup_in_a_title_goes_and_what_only_looks_like_it_stays(title, shown):
    assert only(read(rss(f"<item><title>{title}</title><guid>1</guid></item>"))).title == shown


def test_a_title_may_be_missing():
    entry = only(read(rss("<item><guid>1</guid><description>Words</description></item>")))
    assert (entry.title, entry.summary) == ("", "Words")


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<p>One</p><p>Two</p>", "One Two"),
        ("a<br>b<br/>c", "a b c"),
        ("x <int> y", "x y"),
        ("see <text> and more", "see and more"),
        ("<style>p{}</style>a<script>b</script>c", "ac"),
        ("<!-- never shown -->a", "a"),
        ("<math><mi>a</mi><mo>+</mo><mi>b</mi></math>", "a+b"),
        ("5 &lt; 6 &amp;amp; 7", "5 < 6 &amp; 7"),
    ],
)
def test_of_a_text_the_words_stay_and_none_is_lost(markup, words):
    assert (
        only(read(rss(f"<item><guid>1</guid><description><![CDATA[{markup}]]></description></item>"))).summary
        == words
    )


# dates


def test_the_published_date_comes_before_the_updated_one():
    dates = "<updated>2026-11-03T00:00:00Z</updated><published>2026-11-02T00:00:00Z</published>"
    assert f"{only(read(atom(dates))).published_at:%d}" == "02"


@pytest.mark.parametrize(
    "date", ["", "<pubDate>soon</pubDate>", "<pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>"]
)
def test_a_missing_unreadable_or_ancient_date_is_none(date):
    assert only(read(rss(f"<item><guid>1</guid>{date}</item>"))).published_at is None


# what a publisher's own elements do


@pytest.mark.parametrize(
    "name", ["links", "title_detail", "content_detail", "published_parsed", "guidislink", "authors"]
)
@pytest.mark.parametrize("attribute", ["", ' a="1"'])
def test_an_element_of_the_publishers_own_breaks_nothing(name, attribute):
    parsed = read(rss(f"<item><{name}{attribute}>words</{name}><title>A</title><guid>1</guid></item>"))
    assert only(parsed).title == "A"
