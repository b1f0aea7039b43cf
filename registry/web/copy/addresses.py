"""Which addresses of the site a copy holds, and the file that each becomes."""

import re
from functools import lru_cache
from hashlib import sha256
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from registry.domain.identity import slug
from registry.domain.values import dataclass

LONGEST_NAME = 200
"""Bytes of a file's name; file systems take 255."""
_PLAIN = re.compile(r"\w[\w~+-]*(?:\.[\w~+-]+)*")


@dataclass(frozen=True)
class Rule:
    """Addresses of one kind; one that has other parameters, or too many of them, is left to the registry itself."""

    path: re.Pattern[str]
    parameters: frozenset[str] = frozenset()
    most: int = 0
    page: bool = True
    """Whether it is a page for people, whose file gets the ending .html; what is none has an ending of its own."""


def _rule(path: str, *parameters: str, most: int = 1, page: bool = True) -> Rule:
    return Rule(re.compile(path), frozenset(parameters), most if parameters else 0, page)


FACETS = ("outcome", "category", "office", "tag", "validity")
PARTS_OF_FEEDS = ("archive", "part")
TEXT = r"(?!xlsx)[a-z]+"
"""The endings of files in which addresses can be made those of the copy; a workbook is had from the registry itself."""
PAGES = (
    _rule(r"/|/feeds|/guidance(?:/[^/]+)?|/accessibility|/a-z(?:/[^/]+)?"),
    _rule(r"/radar(?:/risk-fit)?", "at", "group", most=2),
    _rule(r"/tools", "category", "tag", "after", "before", most=2),
    _rule(r"/verdicts", "after"),
    _rule(r"/verdicts/\d+"),
    _rule(r"/check", "q", "edition", most=2),
    _rule(r"/tools/[^/]+"),
)
DOCUMENTS = (
    _rule(r"/feeds/[^/]+(?:/[^/]+)*\.[a-z]+", *FACETS, *PARTS_OF_FEEDS, most=3, page=False),
    _rule(
        rf"/feeds\.opml|/verdicts\.{TEXT}|/tools\.{TEXT}|/radar[^/]*\.{TEXT}|/radar/.+\.{TEXT}", page=False
    ),
    _rule(r"/tools/[^/]+/badge\.[a-z]+", page=False),
    _rule(r"/tools/[^/]+/verdicts\.[a-z]+", *PARTS_OF_FEEDS, most=2, page=False),
    _rule(r"/schemas/.+\.json|/static/.+", page=False),
)
AT_AN_ADDRESS = _rule(r"/sitemap\.xml|/robots\.txt|/opensearch\.xml", page=False)
"""They say whole addresses, and so are of use only where the copy's own is known."""


@lru_cache(2**14)
def address_of(link: str) -> str:
    """A path of the site in its one spelling, with its query; without what stands after `#`."""
    parts = urlsplit(link)
    query = urlencode([each for each in parse_qsl(parts.query, keep_blank_values=True) if each[1]])
    return quote(unquote(parts.path)) + (f"?{query}" if query else "")


def rule_of(address: str, *, with_address: bool) -> Rule | None:
    """The rule by which a copy holds this address, or None where it does not."""
    path, _, query = address.partition("?")
    path = unquote(path)
    given = [name for name, _ in parse_qsl(query)]
    rules = (*DOCUMENTS, *PAGES, *((AT_AN_ADDRESS,) if with_address else ()))
    for rule in rules:
        if rule.path.fullmatch(path):
            held = rule.parameters.issuperset(given) and len(given) <= rule.most
            return rule if held and (path != "/check" or "edition" in given) else None
    return None


@lru_cache(2**16)
def place_of(address: str, *, with_address: bool) -> str:
    """The file that holds this address in a copy; empty where it holds none."""
    rule = rule_of(address, with_address=with_address)
    return file_of(address, page=rule.page) if rule else ""


def file_of(address: str, *, page: bool) -> str:
    """Where an address lies in the folder: `/tools/quill` is tools/quill.html, a query becomes part of the name."""
    path, _, query = address.partition("?")
    segments = [_segment(each) for each in unquote(path).strip("/").split("/") if each] or ["index"]
    name, dot, ending = (segments[-1], "", "") if page else segments[-1].rpartition(".")
    for key, value in parse_qsl(query):
        name += f"-{key}-{_word(value)}"
    return "/".join([*segments[:-1], name + (".html" if page else dot + ending)])


def _segment(text: str) -> str:
    """The part of a path where every file system takes it as a name, else a name made for it."""
    if _PLAIN.fullmatch(text) and len(text.encode()) <= LONGEST_NAME:
        return text
    return f"x-{sha256(text.encode()).hexdigest()[:16]}"


def _word(value: str) -> str:
    """A value within a name; what its plain form would blur is told apart by a few letters more."""
    plain = slug(value)
    if plain == value and len(plain.encode()) <= 80:
        return plain
    return f"{plain[:40]}-{sha256(value.encode()).hexdigest()[:8]}".strip("-")
