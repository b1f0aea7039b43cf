"""Markup in, plain text out; what reaches an entry has passed through here."""

import html
import re

from lxml import etree

MAX_MARKUP = 200_000
BLOCK = re.compile(
    r"<(?=/?(?:br|hr|p|div|li|ul|ol|dl|dt|dd|h[1-6]|tr|td|th|table|blockquote|pre|section|article|figure|figcaption)\b)",
    re.IGNORECASE,
)
HIGH_CONTROLS = re.compile(r"[\x80-\x9f]")
WINDOWS_1252 = {
    chr(code): bytes([code]).decode("cp1252")
    for code in range(0x80, 0xA0)
    if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
"""Control characters that are Windows-1252 punctuation in a text said to be Latin-1."""
UNWANTED = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


MARKUP = re.compile(
    r"</[a-z]|<[a-z][\w:-]*\s+[\w:-]+\s*=|<(?:br|p|hr|img|script|style|iframe)\b|<!--"
    r"|&(?:\#\d+|\#x[\da-f]+|[a-z]+\d*);",
    re.IGNORECASE,
)
"""A closing tag, an attribute, an element that stands alone, a comment or an entity."""


def as_markup(text: str) -> str:
    """A text that ought to be plain, as HTML: left alone where it holds markup all the same, else escaped."""
    return text if MARKUP.search(text) else escaped(text)


def escaped(text: str) -> str:
    """A plain text as HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def plain_text(markup: str) -> str:
    """The words of a piece of HTML on one line, entities read, scripts and styles left out; "" for none."""
    text = markup[:MAX_MARKUP]
    if "<" in text:
        text = _words(text)
    elif "&" in text:
        text = html.unescape(text)
    if not text.isascii():
        text = HIGH_CONTROLS.sub(lambda found: WINDOWS_1252.get(found[0], ""), text)
    text = " ".join(text.split())
    return text if text.isprintable() else " ".join(UNWANTED.sub("", text).split())


def _words(markup: str) -> str:
    sound = BLOCK.sub(" <", markup).encode("utf-8", "replace").decode()
    parser = etree.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, huge_tree=True)
    root = etree.fromstring(f"<body>{sound}", parser)
    etree.strip_elements(root, "script", "style", with_tail=False)
    return str(etree.tostring(root, method="text", encoding="unicode"))


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words with an ellipsis where that is possible."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[limit // 2 :] else cut) + "…"
