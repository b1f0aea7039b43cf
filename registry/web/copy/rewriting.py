"""Makes the links of a page ones between files: what the copy holds is a relative link, the rest leads to the registry.

Our own templates wrote the page, so that every attribute stands in double quotes and no value holds one: patterns are
enough, and fifty times as fast as a parser.
"""

import re
from collections.abc import Callable
from dataclasses import field
from functools import cached_property, lru_cache
from html import escape, unescape
from posixpath import dirname, join, normpath, relpath
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from registry.domain.values import dataclass
from registry.web.copy.addresses import address_of, place_of

_LINK = re.compile(r'(\s(?:href|src|action|data-root)=")(/(?!/)[^"]*)"')
_PATTERN = re.compile(r"/check\?q=(?:%s|\{|'\+|$)")
"""A question to be filled in, by a browser's search or a bookmark."""
_GONE = "gone:"
_ACTS = r"/(?:login|request|challenge|incident|follow|check/list|api|openapi)\b"
_ACT = re.compile(rf'(?:<li>\s*)?<a [^>]*href="{_GONE}{_ACTS}[^>]*>.*?</a>(?:\s*</li>)?', re.DOTALL)
_UNREACHED = re.compile(rf'<a [^>]*href="{_GONE}[^>]*>(.*?)</a>', re.DOTALL)
_HEAD_LINK = re.compile(rf'<link [^>]*href="{_GONE}[^>]*>\n?')
_FORM = re.compile(r"<form\b(?![^>]* data-lookup)[^>]*>.*?</form>", re.DOTALL)
_PREVIOUS = re.compile(r'(<a [^>]*rel="prev"[^>]*href=")([^"]*)"')
_NEXT = re.compile(r'<a [^>]*rel="next"[^>]*href="([^"]*)"')
_SUCH = re.compile(r'\s(?:href|src|action)="([^"#][^"]*)"')
_WHOLE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


@dataclass
class Found:
    """What was met in a document while its links were made."""

    wants: dict[str, None] = field(default_factory=dict)
    """Addresses that it leads to and the copy holds, in order."""
    meant: dict[str, str] = field(default_factory=dict)
    """What was asked in a link, and the address of the tool that it means."""
    next: str = ""
    """The address of the following page of a list."""

    def note(self, target: "Target") -> None:
        if target.asked:
            self.meant[target.asked] = target.meant
        if target.file:
            self.wants[target.address] = None


@dataclass(frozen=True)
class Target:
    address: str
    file: str
    """Empty where the copy holds none."""
    asked: str = ""
    """What a question about one tool and no more asks."""
    meant: str = ""
    """The address of that tool, or empty."""


@dataclass(frozen=True)
class Rewriter:
    live_url: str
    """Of the registry itself, where readers of the copy can reach it, else empty."""
    own_url: str
    """Of the copy, where it is known, else empty."""
    base_url: str
    """How the site that was asked calls itself."""
    meant: Callable[[str], str]
    """The address of the tool that was certainly asked for, or empty."""

    def file(self, address: str) -> str:
        """Where the copy holds an address; empty where it does not."""
        return place_of(address, with_address=bool(self.own_url))

    def page(self, address: str, text: str, *, earlier: str = "") -> tuple[str, Found]:
        """The page as a file, and what it leads to; `earlier` is the address of the page of a list before it."""
        here, met = dirname(self.file(address)) or ".", Found()
        if earlier:
            text = _PREVIOUS.sub(lambda found: f'{found[1]}{escape(earlier)}"', text)
        if following := _NEXT.search(text):
            met.next = address_of(unescape(following[1]))

        def relative(found: re.Match[str]) -> str:
            written, target = self._relative(found[1], found[2], here)
            met.note(target)
            return written

        text = _LINK.sub(relative, text)
        if not self.live_url:
            text = _FORM.sub("", _HEAD_LINK.sub("", _UNREACHED.sub(r"\1", _ACT.sub("", text))))
        return self.document(text, markup=True)[0] if self.own_url else text, met

    @cached_property
    def _relative(self) -> Callable[[str, str, str], tuple[str, Target]]:
        """An attribute with its link as it is written on a page in that folder; most stand on many pages."""

        def relative(attribute: str, said: str, here: str) -> tuple[str, Target]:
            link, _, fragment = unescape(said).partition("#")
            target, mark = self._target(link), f"#{fragment}" if fragment else ""
            # A form asks a server, also where the page that it stands on is held; only the look-up has a script.
            if target.file and ("action=" not in attribute or target.address.startswith("/a-z")):
                return f'{attribute}{escape(_path(target.file, here) + mark)}"', target
            gone = self.live_url + link + mark if self.live_url else _GONE + link
            return f'{attribute}{escape(gone)}"', target

        return lru_cache(2**13)(relative)

    def document(self, text: str, *, markup: bool) -> tuple[str, Found]:
        """Whole addresses of the site as those of the copy, where that has one of its own; `markup` is HTML or XML."""
        met = Found()
        read, write = (unescape, escape) if markup else (str, str)

        def moved(found: re.Match[str]) -> str:
            link, mark, fragment = read(found[1] or "/").partition("#")
            if _PATTERN.match(link):
                asked = f"{self.own_url}/index.html{link.removeprefix('/check')}"
                return write(asked) if self.own_url else found[0]
            target = self._target(link)
            met.note(target)
            if not self.own_url:
                return found[0]
            if target.file:
                return write(f"{self.own_url}/{quote(target.file)}{mark}{fragment}")
            return found[0] if self.live_url else write(f"{self.own_url}/")

        return self._whole.sub(moved, text), met

    @cached_property
    def _whole(self) -> re.Pattern[str]:
        return re.compile(re.escape(self.base_url) + r"(/[^\s\"'<>\\)]*)?(?![\w.:-])")

    @cached_property
    def _target(self) -> Callable[[str], Target]:
        """What a link leads to; a question about one tool and no more is answered on the page of that tool."""

        def target(link: str) -> Target:
            address = address_of(link)
            path, _, query = address.partition("?")
            asked = parse_qsl(query) if path == "/check" else []
            if [name for name, _ in asked] != ["q"]:
                return Target(address, self.file(address))
            said = asked[0][1]
            meant = self.meant(said)
            return Target(meant or address, self.file(meant or address), said, meant)

        return lru_cache(2**13)(target)


@lru_cache(2**14)
def _path(file: str, here: str) -> str:
    return quote(relpath(file, here))


def leads_to(path: str, text: str) -> frozenset[str]:
    """The files that a page which was made leads to by relative links; `path` is its own."""
    here = dirname(path)
    return frozenset(_led_to(link, here) for link in {*_SUCH.findall(text)}) - {""}


@lru_cache(2**14)
def _led_to(link: str, here: str) -> str:
    """The file, or empty where the link is a whole address or none."""
    if _WHOLE.match(link):
        return ""
    path = unquote(urlsplit(unescape(link)).path)
    return normpath(join(here, path)) if path else ""
