"""Ways to spoil a feed, each drawn from a seeded Random, so that every spoilt document can be made again."""

import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scrapers.entry import Parsed

Mutation = Callable[[random.Random, bytes], bytes]

MOST_BYTES = 10_000_000
"""What the fetcher lets through at most."""
ENCODINGS = (
    "utf-8", "utf-16", "utf-16le", "utf-32", "utf-7", "ucs-4", "us-ascii", "iso-8859-1", "iso-8859-16", "windows-1252",
    "windows-1255", "shift_jis", "gb18030", "big5", "euc-kr", "iso-2022-jp", "hz", "koi8-r", "cp037", "ebcdic-cp-us",
    "punycode", "idna", "rot13", "base64", "hex", "zlib", "bz2", "uu", "quopri", "undefined", "unicode_escape", "mbcs",
    "raw_unicode_escape", "utf-8-sig", "oem", "unknown", "x-sjis", "none", "../../etc/passwd",
)  # fmt: skip
DATES = (
    "99999999999999", "-1", "0", "0000-00-00T00:00:00Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59",
    "2026-13-45T25:61:61Z", "Mon, 31 Feb 2026 10:00:00 +9999", "20261103T140200Z", "2026-W45-2", "1e400", "NaN",
    "Tue, 03 Nov 2026 14:02:00 " + "Z" * 5_000, "9" * 5_000, "١٤٤٨-٠٥-٢٢", "Τρι, 03 Νοέ 2026 14:02:00 EET",
    "2026-11-03T14:02:00." + "1" * 2_000, "٢٠٢٦", "2026年11月03日", "yesterday", "\x00", "1793721720000000000000",
)  # fmt: skip
LINKS = (
    "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://", "http://[", "http://[::1", "//",
    "\\\\x", "http://127.0.0.1:99999/", "http://" + "a." * 3_000 + "example/", "http://x.example/" + "%41" * 50_000,
    "http://x.example/" + "../" * 20_000, "http://x.example/?" + "a=b&" * 20_000, "http://\u2100.example/",
    "http://a b/", "http://x@y@z/", "http://xn--.example/", "http://xn--a.example/", "ht\ttp://x.example/",
    "http://x.example/\ud7ff\U0001f600",
)  # fmt: skip


def _between(rng: random.Random, body: bytes, new: bytes) -> bytes:
    """`new` in front of a tag or, where there is none, anywhere."""
    place = rng.randint(0, len(body))
    if rng.random() < 0.8:
        tag = re.compile(rb"[<{\[,]").search(body, place)
        place = tag.start() if tag else place
    return body[:place] + new + body[place:]


def _block(rng: random.Random, body: bytes) -> tuple[int, int]:
    first = rng.randint(0, len(body))
    return first, min(len(body), first + rng.choice((1, 10, 100, 1_000, 10_000)))


def flip_bits(rng: random.Random, body: bytes) -> bytes:
    spoilt = bytearray(body)
    for _ in range(rng.randint(1, 30) if spoilt else 0):
        spoilt[rng.randrange(len(spoilt))] ^= 1 << rng.randrange(8)
    return bytes(spoilt)


def change_marks(rng: random.Random, body: bytes) -> bytes:
    """Some of the characters that mean something become others that do."""
    marks = b"<>&\"'/=!?[]{}:,-;"
    return bytes(
        rng.choice(marks) if byte in marks and rng.random() < 0.02 else byte for byte in body[:300_000]
    )


def cut_off(rng: random.Random, body: bytes) -> bytes:
    return body[: rng.randint(0, len(body))]


def behead(rng: random.Random, body: bytes) -> bytes:
    return body[rng.randint(0, min(len(body), 2_000)) :]


def cut_out(rng: random.Random, body: bytes) -> bytes:
    first, last = _block(rng, body)
    return body[:first] + body[last:]


def repeat_block(rng: random.Random, body: bytes) -> bytes:
    first, last = _block(rng, body)
    return body[:last] + body[first:last] * rng.choice((1, 10, 300)) + body[last:]


def move_block(rng: random.Random, body: bytes) -> bytes:
    first, last = _block(rng, body)
    return _between(rng, body[:first] + body[last:], body[first:last])


def noise(rng: random.Random, body: bytes) -> bytes:
    return _between(rng, body, rng.randbytes(rng.choice((1, 50, 5_000, 200_000))))


def zeros(rng: random.Random, body: bytes) -> bytes:
    if rng.random() < 0.3:
        return b"".join(bytes((0, byte)) for byte in body[:500_000])
    return _between(rng, body, bytes(rng.choice((1, 100, 100_000))))


def twice(rng: random.Random, body: bytes) -> bytes:
    return (body * 2)[rng.choice((0, 1, 100)) :]


def reversed_bytes(rng: random.Random, body: bytes) -> bytes:
    first, last = _block(rng, body)
    return body[:first] + body[first:last][::-1] + body[last:]


def encoding_lie(rng: random.Random, body: bytes) -> bytes:
    said = rng.choice(ENCODINGS).encode()
    if b"encoding=" in body[:200]:
        return re.sub(rb"encoding=([\"'])[^\"']*\1", b'encoding="' + said + b'"', body, count=1)
    return b'<?xml version="1.0" encoding="' + said + b'"?>' + body


def other_encoding(rng: random.Random, body: bytes) -> bytes:
    text = body[:1_000_000].decode("utf-8", "replace")
    how = rng.choice(
        (
            "utf-16",
            "utf-16-be",
            "utf-16-le",
            "utf-32",
            "utf-7",
            "cp037",
            "shift_jis",
            "iso2022_jp",
            "utf-8-sig",
        )
    )
    return text.encode(how, "replace")


def byte_order_marks(rng: random.Random, body: bytes) -> bytes:
    marks = (
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xfe\xff",
        b"\xff\xfe\0\0",
        b"\0\0\xfe\xff",
        b"+/v8-",
        b"\xef\xbb",
    )
    return b"".join(rng.choice(marks) for _ in range(rng.randint(1, 4))) + body


def deep_nesting(rng: random.Random, body: bytes) -> bytes:
    tag = rng.choice(
        (b"<a>", b"<div>", b"<item>", b"<entry>", b"<table><tr><td>", b"<b><i>", b"<content>", b"<x:y>")
    )
    return _between(rng, body, tag * rng.choice((50, 3_000, 100_000)))


def deep_in_text(rng: random.Random, body: bytes) -> bytes:
    """Markup in a text, which is read once more."""
    tag = rng.choice(
        (b"&lt;div&gt;", b"&lt;b&gt;", b"&lt;!--", b"&amp;lt;", b"&lt;![CDATA[", b"&lt;table&gt;&lt;tr&gt;")
    )
    text = tag * rng.choice((100, 10_000, 60_000))
    return _between(rng, body, b"<description>" + text + b"</description>")


def huge_attribute(rng: random.Random, body: bytes) -> bytes:
    value = rng.choice((b"x", b"&amp;", b"&#65;", b" \t", b"http://a.example/ ")) * rng.choice(
        (1_000, 200_000)
    )
    return _between(rng, body, b'<link href="' + value + b'"/>')


def many_attributes(rng: random.Random, body: bytes) -> bytes:
    count = rng.choice((100, 5_000, 50_000))
    names = rng.choice(
        (lambda n: b'a%d="1" ' % n, lambda n: b'xmlns:n%d="urn:%d" ' % (n, n), lambda n: b'a="1" ')
    )
    return _between(rng, body, b"<x " + b"".join(names(n) for n in range(count)) + b"/>")


def entities(rng: random.Random, body: bytes) -> bytes:
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (n + 1, b"&l%d;" % n * 10) for n in range(9))
    kinds = (
        b'<!DOCTYPE rss [<!ENTITY l0 "lol">' + laughs + b"]>",
        b'<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE rss [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]>',
        b'<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/x.dtd">',
        b'<!DOCTYPE rss [<!ATTLIST item a CDATA "' + b"x" * 10_000 + b'">]>',
        b"<!DOCTYPE " + b"[" * 100_000,
        b"<!doctype rss [<!entity x 'y'>]>",
        b"<!DOCTYPE rss [" + b"<!ELEMENT a (b|c)*>" * 5_000 + b"]>",
    )
    spoilt = re.sub(rb"^\s*(<\?xml[^>]*\?>)?", lambda found: found[0] + rng.choice(kinds), body, count=1)
    return _between(rng, spoilt, rng.choice((b"&l9;", b"&x;", b"&nbsp;&eacute;&undefined;", b"")) * 50)


def references(rng: random.Random, body: bytes) -> bytes:
    beyond = b"&#x" + b"F" * 5_000 + b";"
    one = rng.choice((b"&#0;", b"&#xD800;", b"&#x110000;", b"&#99999999999999;", beyond, b"&", b"&#", b"&;"))
    return _between(rng, body, one * min(rng.choice((1, 100, 100_000)), 1_000_000 // len(one)))


def never_closed(rng: random.Random, body: bytes) -> bytes:
    opened = rng.choice(
        (b"<!--", b"<![CDATA[", b"<?", b"<!", b"<", b"</", b"<a ", b'<a b="', b"]]>", b"-->", b"<!DOCTYPE ")
    )
    return _between(rng, body, opened * rng.choice((1, 1_000, 100_000)))


def swap_tags(rng: random.Random, body: bytes) -> bytes:
    tags = list(dict.fromkeys(re.findall(rb"</?[\w:]+", body[:200_000]))) or [b"<"]
    one, other = rng.choice(tags), rng.choice(tags)
    return body.replace(one, b"\x01").replace(other, one).replace(b"\x01", other)


def drop_closings(rng: random.Random, body: bytes) -> bytes:
    return re.sub(rb"</[^>]*>", lambda found: b"" if rng.random() < 0.3 else found[0], body)


def odd_dates(rng: random.Random, body: bytes) -> bytes:
    pattern = rb"(<(?:pubDate|updated|published|dc:date|created)[^>]*>|\"date_\w+\"\s*:\s*\")[^<\"]*"
    return re.sub(pattern, lambda found: found[1] + rng.choice(DATES).encode("utf-8", "replace"), body)


def odd_links(rng: random.Random, body: bytes) -> bytes:
    def link(found: re.Match[bytes]) -> bytes:
        return rng.choice(LINKS).encode("utf-8", "replace") if rng.random() < 0.2 else found[0]

    return re.sub(rb"https?://[^\s<>\"']+", link, body)


def odd_numbers(rng: random.Random, body: bytes) -> bytes:
    number = rng.choice((b"-1", b"0", b"1e400", b"9" * 5_000, b"0x10", b"NaN", b"-0.0", "٣".encode()))
    ttl = b"<ttl>%s</ttl><sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>%s</sy:updateFrequency>"
    return _between(
        rng, re.sub(rb"(?<![\w&#])\d{2,}", number, body, count=rng.choice((1, 20))), ttl % (number, number)
    )


def many_items(rng: random.Random, body: bytes) -> bytes:
    name = b"item" if b"<item" in body else b"entry"
    first, last = body.find(b"<" + name), body.find(b"</" + name + b">")
    one = (
        body[first : last + len(name) + 3]
        if 0 <= first < last < first + 100_000
        else rng.choice((b"<item><title>a</title></item>", b"<entry/>", b"<item/>", b'{"id":"1"},'))
    )
    times = min(rng.choice((100, 5_001, 40_000)), 4_000_000 // len(one))
    return _between(rng, body, one * times)


def odd_names(rng: random.Random, body: bytes) -> bytes:
    """Elements in namespaces that mean something else, with bases and languages of their own."""
    odd = (
        b'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://[">',
        b'<x:item xmlns:x="">', b"<:item>", b"<item:>", b'<xml:item xmlns:xml="urn:x"/>',
        b'<rss xml:base="javascript:">',
        b'<a xml:lang="' + b"x" * 10_000 + b'">', b'<enclosure length="' + b"9" * 6_000 + b'"/>',
        b'<content type="image/png">AAAA</content>', b'<content type="xhtml"><div>',
        b'<content mode="base64">////</content>',
        b'<content type="application/xml"><a/>', b'<title type="base64">!!!!</title>', b"<media:content/>",
        b"<georss:point>1 2 3 4</georss:point>", b"<gml:pos>1e999 nan</gml:pos>", b'<itunes:image href=""/>',
    )  # fmt: skip
    return _between(rng, body, rng.choice(odd) * rng.choice((1, 1, 200)))


def in_a_page(rng: random.Random, body: bytes) -> bytes:
    before = b'<html><head><link rel="alternate" type="application/rss+xml" href="/f">' * rng.choice(
        (1, 5_000)
    )
    return before + rng.choice((b"<body>", b"<pre>", b"<plaintext>", b"<script>", b"<textarea>")) + body


def white_space(rng: random.Random, body: bytes) -> bytes:
    return re.sub(
        rb">", b">" + rng.choice((b" ", b"\r\n", b"\t", b"\x0c")) * rng.choice((1, 100)), body[:500_000]
    )


def json_depth(rng: random.Random, body: bytes) -> bytes:
    opened = rng.choice((b"[", b'{"a":', b"[[{", b'[{"items":')) * rng.choice((50, 2_000, 500_000))
    return _between(
        rng,
        b'{"version":"https://jsonfeed.org/version/1.1","items":[' if rng.random() < 0.5 else body,
        opened,
    )


def json_values(rng: random.Random, body: bytes) -> bytes:
    odd = [
        None, True, -1, 10**400, 1e308, "", "\ud800", "\0", "x" * 100_000,
        [], {}, [[]], {"name": {"name": []}}, ["a"] * 5_000,
    ]  # fmt: skip
    keys = ("id", "url", "external_url", "title", "content_html", "content_text", "summary", "date_published")
    keys += ("tags", "authors", "author", "attachments")
    count = rng.choice((1, 20))
    items = [{key: rng.choice(odd) for key in keys if rng.random() < 0.7} for _ in range(count)]
    feed = {
        "version": rng.choice(("https://jsonfeed.org/version/1", 1, None)),
        "title": rng.choice(odd),
        "home_page_url": rng.choice((*LINKS, None, 1)),
        "items": items,
    }
    return rng.choice((b"", b"\xef\xbb\xbf", b"\n" * 1_000)) + json.dumps(feed).encode()


def json_words(rng: random.Random, body: bytes) -> bytes:
    word = rng.choice(
        (
            b"NaN",
            b"Infinity",
            b"-Infinity",
            b"9" * 6_000,
            b"1e999999",
            b'"\\ud800"',
            b'"\\u0000"',
            b"tru",
            b"'a'",
            b"/*",
        )
    )
    return re.sub(
        rb'"(?:[^"\\]|\\.){0,200}"', lambda found: word if rng.random() < 0.1 else found[0], body[:500_000]
    )


MUTATIONS: tuple[Mutation, ...] = (
    flip_bits, change_marks, cut_off, behead, cut_out, repeat_block, move_block, noise, zeros, twice, reversed_bytes,
    encoding_lie, other_encoding, byte_order_marks, deep_nesting, deep_in_text, huge_attribute, many_attributes,
    entities, references, never_closed, swap_tags, drop_closings, odd_dates, odd_links, odd_numbers, many_items,
    odd_names, in_a_page, white_space, json_depth, json_values, json_words,
)  # fmt: skip
CONTENT_TYPES = (
    "", "text/xml", "application/atom+xml; charset=utf-8", "text/html", "application/json", "text/xml; charset=utf-16",
    "application/rss+xml; charset=punycode", "text/xml; charset=\x00", "text/plain; charset=zlib", "a" * 20_000,
)  # fmt: skip


@dataclass(frozen=True)
class Spoilt:
    """One document; `how` names what befell it, in order."""

    body: bytes
    how: tuple[str, ...]
    headers: dict[str, str]


def spoilt(seed: int, number: int, bodies: Sequence[bytes]) -> Spoilt:
    """The same for the same seed, number and bodies: one to three mutations, each kind in its turn."""
    rng = random.Random(f"{seed}:{number}")
    body = rng.choice(bodies)
    chosen = [MUTATIONS[number % len(MUTATIONS)], *rng.choices(MUTATIONS, k=rng.choice((0, 0, 1, 2)))]
    for mutation in chosen:
        body = mutation(rng, body)[:MOST_BYTES]
    headers = {"content-type": rng.choice(CONTENT_TYPES)}
    return Spoilt(body, tuple(mutation.__name__ for mutation in chosen), headers)


def generated(seed: int, count: int) -> list[bytes]:
    """Feeds of invented products in the three formats."""
    rng = random.Random(seed)
    return [
        write(
            [
                (f"Plumeria {number}.{n}", f"https://product{n}.example/{number}")
                for n in range(rng.randint(1, 40))
            ]
        )
        for number in range(count)
        for write in (_rss, _atom, _json)
    ]


def _rss(items: list[tuple[str, str]]) -> bytes:
    rows = "".join(
        f"<item><title>{title}</title><link>{url}</link><guid>{url}</guid>"
        "<pubDate>Tue, 03 Nov 2026 14:02:00 +0000</pubDate></item>"
        for title, url in items
    )
    prolog = "<?xml version='1.0' encoding='utf-8'?>"
    return f"{prolog}<rss version='2.0'><channel><title>News</title>{rows}</channel></rss>".encode()


def _atom(items: list[tuple[str, str]]) -> bytes:
    rows = "".join(
        f'<entry><title>{title}</title><link href="{url}"/><id>{url}</id>'
        "<updated>2026-11-03T14:02:00Z</updated></entry>"
        for title, url in items
    )
    return (
        f"<feed xmlns='http://www.w3.org/2005/Atom'><title>News</title><id>urn:x</id>{rows}</feed>".encode()
    )


def _json(items: list[tuple[str, str]]) -> bytes:
    date = "2026-11-03T14:02:00Z"
    rows = [{"id": url, "url": url, "title": title, "date_published": date} for title, url in items]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "News", "items": rows}
    return json.dumps(feed).encode()


def unstorable(parsed: Parsed) -> list[str]:
    """Texts of the result that a database would refuse: with a zero in them, or half a character."""
    texts = [parsed.title, parsed.home, parsed.note]
    for entry in parsed.entries:
        texts += [value for value in vars(entry).values() if isinstance(value, str)]
        texts += entry.tags
    return [text for text in texts if "\0" in text or text != text.encode("utf-8", "replace").decode()]
