"""Makes the links of a page ones between files: what the copy holds is a relative link, the rest leads to the registry.

Our own templates wrote the page, so that every attribute stands in double quotes and no value holds one: patterns are
enough, and fifty times as fast as a parser.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape, unescape
from posixpath import dirname, relpath
from urllib.parse import parse_qsl, quote

from registry.web.copy.addresses import address_of

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
Want = Callable[[str], None]


@dataclass
class Rewriter:
    """`files` maps each address that the copy holds to its file, and grows while the site is read."""

    files: Mapping[str, str]
    live_url: str
    """Of the registry itself, where readers of the copy can reach it, else empty."""
    own_url: str
    """Of the copy, where it is known, else empty."""
    base_url: str
    """How the site that was asked calls itself."""
    meant: Callable[[str], str]
    """The address of the tool that was certainly asked for, or empty."""
    before: dict[str, str] = field(default_factory=dict)
    """A page of a list to the one before it."""

    def page(self, address: str, text: str, want: Want) -> str:
        """The page as a file; `want` hears of each address of the site that it leads to."""
        here = self.files[address]
        earlier = self.before.get(address)
        if earlier is not None:
            text = _PREVIOUS.sub(lambda found: f'{found[1]}{escape(earlier)}"', text)
        for following in _NEXT.findall(text):
            self.before.setdefault(address_of(unescape(following)), address)

        def relative(found: re.Match[str]) -> str:
            link, _, fragment = unescape(found[2]).partition("#")
            target = self._target(address_of(link))
            want(target)
            mark = f"#{fragment}" if fragment else ""
            # A form asks a server, also where the page that it stands on is held; only the look-up has a script.
            if target in self.files and ("action=" not in found[1] or target.startswith("/a-z")):
                path = quote(relpath(self.files[target], dirname(here) or "."))
                return f'{found[1]}{escape(path + mark)}"'
            gone = self.live_url + link + mark if self.live_url else _GONE + link
            return f'{found[1]}{escape(gone)}"'

        text = _LINK.sub(relative, text)
        if not self.live_url:
            text = _FORM.sub("", _HEAD_LINK.sub("", _UNREACHED.sub(r"\1", _ACT.sub("", text))))
        return self.document(text, lambda _: None)

    def document(self, text: str, want: Want) -> str:
        """Whole addresses of the site as those of the copy, where that has one of its own."""

        def moved(found: re.Match[str]) -> str:
            link, mark, fragment = unescape(found[1] or "/").partition("#")
            if _PATTERN.match(link):
                return f"{self.own_url}/index.html{link.removeprefix('/check')}" if self.own_url else found[0]
            target = self._target(address_of(link))
            want(target)
            if not self.own_url:
                return found[0]
            if target in self.files:
                return f"{self.own_url}/{quote(self.files[target])}{mark}{fragment}"
            return found[0] if self.live_url else f"{self.own_url}/"

        return self._whole.sub(moved, text)

    @cached_property
    def _whole(self) -> re.Pattern[str]:
        return re.compile(re.escape(self.base_url) + r"(/[^\s\"'<>\\)]*)?(?![\w.:-])")

    def _target(self, address: str) -> str:
        """A question about one tool and no more is answered on the page of that tool."""
        path, _, query = address.partition("?")
        asked = parse_qsl(query)
        if path == "/check" and [name for name, _ in asked] == ["q"]:
            return self.meant(asked[0][1]) or address
        return address


def links_in(text: str) -> set[str]:
    """Relative links of a page that was made, as they stand there."""
    found = re.findall(r'\s(?:href|src|action)="([^"#][^"]*)"', text)
    return {unescape(each) for each in found if not re.match(r"[a-z][a-z0-9+.-]*:|//", each, re.IGNORECASE)}
