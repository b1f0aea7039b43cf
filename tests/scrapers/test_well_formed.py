"""The quick way through plain feeds gives, field by field, what feedparser gives, or leaves the document to it."""

import random
import tarfile

import pytest
from feedparser_cases import ARCHIVE
from sample_files import SAMPLES, URL

from scrapers import rss_atom, well_formed
from scrapers.errors import ParseError

TEXTS = (
    "Plain words",
    "  spaced\n out ",
    "",
    "Größe – 5 €",
    "mÃ¶jibake",
    "a &lt;b&gt;bold&lt;/b&gt; word",
    "Vec&lt;T&gt; &amp;amp; more",
    "<![CDATA[<p>One</p><p>Two &amp; three]]>",
    "one<!-- two -->three",
    "a &amp;lt;b&amp;gt;",
    "&#128;&#150;",
    "https://a.example/x",
)
ADDRESSES = (
    "https://a.example/1",
    "/relative/1",
    "",
    " https://a.example/2 ",
    "javascript:alert(1)",
    "https://a.example/?a=1&amp;b=2",
    "urn:x:1",
    "a.example/1",
    "https://ä.example/ü",
)
DATES = (
    "Mon, 02 Nov 2026 10:00:00 GMT",
    "2026-11-02T10:00:00Z",
    "2026/11/02",
    "",
    "soon",
    "Tue, 03 Nov 2026 25:00",
)
ELEMENTS = (
    "<title>{text}</title>",
    "<title type='html'>{text}</title>",
    "<title type='text'>{text}</title>",
    "<dc:title>{text}</dc:title>",
    "<media:title>{text}</media:title>",
    "<link>{address}</link>",
    "<link href='{address}'/>",
    "<link rel='alternate' type='text/html' href='{address}'/>",
    "<link rel='related' href='{address}'/>",
    "<link rel='Enclosure' type='audio/mpeg' href='{address}'/>",
    "<atom:link rel='alternate' type='application/json' href='{address}'/>",
    "<link rel='self' href='{address}'>{text}</link>",
    "<guid>{address}</guid>",
    "<guid isPermaLink='false'>{address}</guid>",
    "<guid isPermaLink='true'>{address}</guid>",
    "<id>{address}</id>",
    "<description>{text}</description>",
    "<dc:description>{text}</dc:description>",
    "<summary>{text}</summary>",
    "<summary type='html'>{text}</summary>",
    "<itunes:summary>{text}</itunes:summary>",
    "<content>{text}</content>",
    "<content type='html'>{text}</content>",
    "<content type='TEXT'>{text}</content>",
    "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>{text}</div></content>",
    "<content src='{address}'/>",
    "<content:encoded>{text}</content:encoded>",
    "<pubDate>{date}</pubDate>",
    "<published>{date}</published>",
    "<updated>{date}</updated>",
    "<dc:date>{date}</dc:date>",
    "<dcterms:created>{date}</dcterms:created>",
    "<author>{text}</author>",
    "<author><name>{text}</name></author>",
    "<author>\n<name>{text}</name> <email>a@a.example</email><uri>{address}</uri><gd:image a='1'/></author>",
    "<author><email>a@a.example</email></author>",
    "<author><uri>{address}</uri></author>",
    "<dc:creator>{text}</dc:creator>",
    "<itunes:author>{text}</itunes:author>",
    "<contributor><name>{text}</name></contributor>",
    "<category>{text}</category>",
    "<category domain='{address}'>{text}</category>",
    "<category term='{text}' label='L'/>",
    "<category label='{address}'/>",
    "<dc:subject>{text}</dc:subject>",
    "<enclosure url='{address}' type='audio/mpeg'/>",
    "<feedburner:origLink>{address}</feedburner:origLink>",
    "<source url='{address}'>{text}</source>",
    "<source><title>{text}</title></source>",
    "<comments>{address}</comments>",
    "<media:content url='{address}'/>",
    "<media:content url='{address}'><media:title>{text}</media:title></media:content>",
    "<media:group><media:title>{text}</media:title></media:group>",
    "<media:thumbnail url='{address}'/>",
    "<media:description>{text}</media:description>",
    "<media:keywords>{text}</media:keywords>",
    "<itunes:keywords>{text}</itunes:keywords>",
    "<itunes:image href='{address}'/>",
    "<creativeCommons:license>{address}</creativeCommons:license>",
    "<x:own>{text}</x:own>",
    "<x:own a='1'>{text}</x:own>",
    "<x:own><title>{text}</title></x:own>",
    "<x:title>{text}</x:title>",
    "<thr:total>3</thr:total>",
    "<unknown>{text}</unknown>",
    "<links>{text}</links>",
    "<Title>{text}</Title>",
    "<image><title>{text}</title><link>{address}</link></image>",
    "<rights>{text}</rights>",
    "<language>de</language>",
    "<?instruction?>",
    "<!-- comment -->",
    "stray words",
    "<body xmlns='http://www.w3.org/1999/xhtml'><p>{text}</p></body>",
)
HEAD = (
    "<title>{text}</title>",
    "<link>{address}</link>",
    "<link href='{address}'/>",
    "<link rel='self' href='{address}'/>",
    "<id>{address}</id>",
    "<description>{text}</description>",
    "<subtitle>{text}</subtitle>",
    "<image><url>{address}</url><title>{text}</title><link>{address}</link></image>",
    "<ttl>60</ttl>",
    "<sy:updatePeriod>daily</sy:updatePeriod>",
    "<itunes:summary>{text}</itunes:summary>",
    "<itunes:owner><itunes:name>{text}</itunes:name></itunes:owner>",
    "<author><name>{text}</name></author>",
    "<lastBuildDate>{date}</lastBuildDate>",
    "<textInput><title>{text}</title></textInput>",
    "<dc:title>{text}</dc:title>",
    "<category>{text}</category>",
    "<x:own>{text}</x:own>",
    "<content>{text}</content>",
)
NAMESPACES = (
    ("dc", "http://purl.org/dc/elements/1.1/"),
    ("dcterms", "http://purl.org/dc/terms/"),
    ("content", "http://purl.org/rss/1.0/modules/content/"),
    ("media", "http://search.yahoo.com/mrss/"),
    ("itunes", "http://www.itunes.com/dtds/podcast-1.0.dtd"),
    ("atom", "http://www.w3.org/2005/Atom"),
    ("feedburner", "http://rssnamespace.org/feedburner/ext/1.0"),
    ("sy", "http://purl.org/rss/1.0/modules/syndication/"),
    ("creativeCommons", "http://backend.userland.com/creativeCommonsRssModule"),
    ("thr", "http://purl.org/syndication/thread/1.0"),
    ("gd", "http://schemas.example/g"),
    ("x", "https://own.example/ns"),
)


@pytest.fixture
def both(monkeypatch):
    """What the quick way and feedparser make of a document, and whether the first was taken at all."""

    def read(body):
        taken = []

        def quick(document):
            taken.append(found := original(document))
            return found

        original = well_formed.read
        with monkeypatch.context() as patch:
            patch.setattr(well_formed, "read", quick)
            one = outcome(body)
            patch.setattr(well_formed, "read", lambda document: None)
            other = outcome(body)
        return one, other, any(found is not None for found in taken)

    return read


def outcome(body):
    try:
        return rss_atom.parse(body, url=URL, headers={})
    except ParseError as error:
        return error.code


def a_feed(dice: random.Random) -> bytes:
    """A feed of elements as they come: known, unknown, doubled, in any order, namespaces now and then wrong."""

    def some(pool, most):
        return "".join(
            form.format(text=dice.choice(TEXTS), address=dice.choice(ADDRESSES), date=dice.choice(DATES))
            for form in dice.choices(pool, k=dice.randint(0, most))
        )

    names = dict(NAMESPACES)
    if dice.random() < 0.1:
        names[dice.choice(list(names))] = dice.choice(["https://other.example/ns", *names.values()])
    declared = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in names.items())
    atom = dice.random() < 0.5
    entry = "entry" if atom else "item"
    entries = "".join(
        f"<{entry}>{some(ELEMENTS if dice.random() < 0.3 else COMMON, 7)}</{entry}>"
        for _ in range(dice.randint(1, 3))
    )
    after = some(HEAD, 1) if dice.random() < 0.1 else ""
    inside = some(HEAD if dice.random() < 0.3 else HEAD[:5], 4) + entries + after
    if atom:
        return f'<feed xmlns="http://www.w3.org/2005/Atom"{declared}>{inside}</feed>'.encode()
    return f'<rss version="2.0"{declared}><channel>{inside}</channel></rss>'.encode()


COMMON = [form for form in ELEMENTS if "<x:" not in form and "unknown" not in form and "xhtml" not in form]


def test_feeds_of_any_elements_are_read_alike(both, request):
    taken = 0
    rounds = 1_500 if request.config.getoption("--whole") else 400
    for seed in range(rounds):
        body = a_feed(random.Random(seed))
        one, other, quick = both(body)
        assert one == other, body.decode()
        taken += quick
    assert taken > rounds * 0.1


def test_the_samples_are_read_alike(both):
    for path in SAMPLES.iterdir():
        if path.suffix in (".rss", ".atom", ".rdf"):
            one, other, _ = both(path.read_bytes())
            assert one == other, path.name


@pytest.mark.skipif(not ARCHIVE.exists(), reason="the corpus is not beside this checkout")
@pytest.mark.parametrize("archive", ["feeds-2011", "feeds-fixtures", "feedparser-cases", "producthunt-2024"])
def test_real_feeds_are_read_alike(both, archive, request):
    every = 10 if request.config.getoption("--whole") else 25
    with tarfile.open(ARCHIVE.with_name(f"{archive}.tar.gz")) as members:
        for number, member in enumerate(members):
            if member.isfile() and number % every == 0:
                one, other, _ = both(members.extractfile(member).read())
                assert one == other, member.name


@pytest.mark.parametrize(
    "unusual",
    [
        '<rss version="2.0" xml:base="https://b.example/"><channel><item><link>x</link></item></channel></rss>',
        '<!DOCTYPE rss><rss version="2.0"><channel><item><title>A</title></item></channel></rss>',
        '<rss version="2.0"><channel><item><title>A <b>c</b></title></item></channel></rss>',
        '<rss version="2.0"><channel><item><title>A &nbsp; B</title></item></channel></rss>',
        '<rss version="2.0"><channel><item><pubDate>soon</pubDate></item></channel></rss>',
        '<rss version="2.0"><channel><item><dc:date>2026</dc:date></item></channel></rss>',
        '<rss version="2.0"><channel></channel></rss>',
        '<rss version="2.0"><channel><item><title>A</title></item>',
        '<?xml version="1.0" encoding="latin1"?><rss><channel><item><title>A</title></item></channel></rss>',
    ],
)
def test_the_unusual_is_left_to_feedparser(unusual):
    assert well_formed.read(unusual.encode()) is None


def test_the_usual_is_taken():
    usual = (
        '<rss version="2.0"><channel><title>T</title><item><title>A</title><link>https://a.example/</link>'
    )
    assert well_formed.read(f"{usual}</item></channel></rss>".encode()).entries[0]["title"] == "A"
