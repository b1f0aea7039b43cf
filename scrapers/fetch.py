"""The only module that opens an outgoing HTTP connection: an address in, checked and bounded bytes out.

What the bytes mean, when to ask again and what becomes of a permanent redirect its callers decide.
"""

import base64
import hashlib
import math
import re
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from urllib.parse import unquote_to_bytes

import httpx2

from scrapers.addresses import AddressRule, read_url
from scrapers.connection import Dialler, Ends, Exchange, Resolver, cut_off, resolve, too_large
from scrapers.errors import FetchError
from scrapers.http1 import Line, Lines, Origin, RawHeaders
from scrapers.pace import Pace
from scrapers.replies import fold_headers, fresh_for_s, may_be_challenge, refusal, retry_after_s, unpack

FEEDS = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, "
    "text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)
MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REFUSAL_BYTES = 65_536
_MAX_VALIDATOR_LENGTH = 2_000
_FIELD_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")  # RFC 9110 5.5
_MAX_STALE_CONNECTIONS = 3
_PORTS = {"http": 80, "https": 443}

Headers = dict[str, str]


@dataclass(frozen=True)
class Validators:
    """What a publisher gave us to ask "only if it changed" with, byte for byte, quotes and `W/` included.

    `url` is the address that gave them, or whatever is asked for: along redirects no other one is asked with them.
    "" asks all.
    """

    etag: str = ""
    last_modified: str = ""
    url: str = ""

    def __bool__(self) -> bool:
        return bool(self.etag or self.last_modified)


@dataclass(frozen=True)
class Redirect:
    """One hop: the status that sent us on (301, 302, 303, 307, 308) and the address it sent us to."""

    status: int
    url: str


@dataclass(frozen=True)
class Fetched:
    """What came. `url` is the final one and, like those of `redirects`, without user information or fragment.

    `status` is 200, or 304 with no `body` and no `body_hash`. `body` is inflated, `body_hash` its SHA-256 in
    hex. `headers` have lower-case names and one character per byte. `validators` are those to send next
    time: of a 200 its own, of a 304 the ones asked with, replaced where it gave new ones. `wire_bytes` counts
    all hops with their headers. `fresh_for_s` and `retry_after_s` are 0 to seven days.
    """

    url: str
    status: int
    body: bytes
    headers: Mapping[str, str]
    validators: Validators
    redirects: tuple[Redirect, ...]
    wire_bytes: int
    elapsed_s: float
    body_hash: str
    fresh_for_s: int | None
    retry_after_s: int | None = None


@dataclass(frozen=True)
class Posted:
    """What the receiver of a message said: any status, and the beginning of its body."""

    status: int
    body: bytes
    retry_after_s: int | None


@dataclass(frozen=True)
class _Reply:
    status: int
    headers: Headers
    body: bytes


class Fetcher:
    """Asks publishers for their feeds, politely and within limits. One per process; threads may share it.

    Only public addresses are reached, and those in `allow_cidrs` (there any port): a name is looked up once
    per connection, every answer must be allowed, and exactly these addresses are connected to. No proxy or
    certificate settings of the environment, no cookies, no referrer. One request per host at a time, and
    `host_pause_s` between visits to it, by redirects too, loopback excepted. `deadline_s` holds for each fetch,
    `patience_s` for all of them from now on. `tls` replaces the system's trust, for an office with an authority of
    its own. Raises ValueError for a network in `allow_cidrs` that is none.
    """

    def __init__(
        self,
        *,
        agent: str,
        allow_cidrs: Sequence[str] = (),
        connect_timeout_s: float = 10,
        deadline_s: float = 60,
        patience_s: float = math.inf,
        max_wire_bytes: int = 5_000_000,
        max_body_bytes: int = 10_000_000,
        host_pause_s: float = 2,
        resolver: Resolver = resolve,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._agent = "".join(c for c in agent if c.isprintable()).strip()
        self._connect_timeout_s = connect_timeout_s
        self._deadline_s = deadline_s
        self._ends = Ends(time.monotonic() + patience_s)
        self._max_wire_bytes = max_wire_bytes
        self._max_body_bytes = max_body_bytes
        self._pace = Pace(host_pause_s)
        context = tls or httpx2.create_ssl_context(trust_env=False)
        self._lines = Lines(Dialler(AddressRule.opening(allow_cidrs), resolver, context))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._lines.close()

    def end_within(self, seconds: float) -> None:
        """Whatever is being fetched then fails with FetchError, and so does what is asked for later."""
        self._ends.at = min(self._ends.at, time.monotonic() + seconds)

    def get(
        self,
        url: str,
        *,
        validators: Validators | None = None,
        accept: str = FEEDS,
        redirects: int = MAX_REDIRECTS,
    ) -> Fetched:
        """Fetch `url`, following so many `redirects` at most; a password in it goes to its own server alone.

        Raises FetchError for all that is neither a 200 with a body nor a 304 that `validators` asked for.
        """
        first, asked_with = read_url(url), _sendable(validators or Validators())
        if asked_with.url == url:
            asked_with = replace(asked_with, url=str(_without_userinfo(first)))
        exchange = self._exchange()
        final, followed, reply = self._follow(first, asked_with, accept, exchange, redirects)
        now = datetime.now(UTC)  # stands in for a Date that the reply lacks
        refused = refusal(reply.status, reply.headers, reply.body, now=now)
        if refused is not None:
            raise refused
        unchanged = reply.status == 304
        asked_with = _meant_for(final, asked_with)
        _check_body(reply, asked_with)
        return Fetched(
            url=str(final),
            status=304 if unchanged else 200,
            body=reply.body,
            headers=reply.headers,
            validators=_next_validators(reply, asked_with),
            redirects=followed,
            wire_bytes=exchange.wire_bytes,
            elapsed_s=exchange.elapsed_s,
            body_hash="" if unchanged else hashlib.sha256(reply.body).hexdigest(),
            fresh_for_s=fresh_for_s(reply.headers, now=now),
            retry_after_s=retry_after_s(reply.headers, now=now),
        )

    def post(self, url: str, body: bytes, *, headers: Mapping[str, str]) -> Posted:
        """Send a message once, over a connection of its own; no redirect is followed.

        A connection that was kept might break when the message was taken already, and nobody could tell. Raises
        FetchError where no whole head of a reply came.
        """
        exchange = self._exchange()
        given = read_url(url)
        at = _without_userinfo(given)
        sent = self._request_headers(at, Validators(), "*/*") | {"Content-Length": str(len(body)), **headers}
        if authorization := _authorization(given):
            sent["Authorization"] = authorization
        with self._pace.turn(at.host, been_at=(), patience_s=exchange.remaining_s()):
            line = self._lines.new(_origin(at), exchange)
            try:
                status, answered = line.ask(at.raw_path, _raw(sent), method=b"POST", body=body)
                folded = fold_headers(answered)
                said = self._beginning(line, folded)
            finally:
                line.close()
        return Posted(status, said, retry_after_s(folded, now=datetime.now(UTC)))

    def _exchange(self) -> Exchange:
        left_s = max(0.0, self._ends.at - time.monotonic())
        deadline_s = min(self._deadline_s, left_s)
        return Exchange(deadline_s, self._connect_timeout_s, self._max_wire_bytes, self._ends)

    def _follow(
        self, first: httpx2.URL, validators: Validators, accept: str, exchange: Exchange, most: int
    ) -> tuple[httpx2.URL, tuple[Redirect, ...], _Reply]:
        authorization = _authorization(first)
        home = at = _without_userinfo(first)
        seen = {str(at)}
        redirects: list[Redirect] = []
        been_at: set[str] = set()
        while True:
            headers = self._request_headers(at, _meant_for(at, validators), accept)
            if authorization and _origin(at) == _origin(home):
                headers["Authorization"] = authorization
            with self._pace.turn(at.host, been_at=been_at, patience_s=exchange.remaining_s()):
                reply = self._ask(at, headers, exchange)
            been_at.add(at.host)
            if reply.status not in _REDIRECTS:
                return at, tuple(redirects), reply
            at = _next_hop(at, reply)
            redirects.append(Redirect(reply.status, str(at)))
            if len(redirects) > most or str(at) in seen:
                raise FetchError(
                    "too_many_redirects",
                    "The address sends us on and on. Open it in a browser and use the address it ends at.",
                    status=reply.status,
                )
            seen.add(str(at))

    def _request_headers(self, at: httpx2.URL, validators: Validators, accept: str) -> Headers:
        headers = {
            "Host": at.netloc.decode("ascii"),
            "User-Agent": self._agent,
            "Accept": accept,
            "Accept-Encoding": "gzip",
        }
        if validators.etag:
            headers["If-None-Match"] = validators.etag
        if validators.last_modified:
            headers["If-Modified-Since"] = validators.last_modified
        return headers

    def _ask(self, at: httpx2.URL, headers: Headers, exchange: Exchange) -> _Reply:
        """One request, one reply; over a new connection where a kept one was closed or spoilt meanwhile."""
        for _ in range(_MAX_STALE_CONNECTIONS):
            opened, heard = exchange.connections, exchange.heard_bytes
            try:
                return self._ask_once(at, headers, exchange)
            except FetchError as exc:
                silent = exc.code == "cut_off" and exchange.heard_bytes == heard
                if exchange.connections > opened or not (silent or exc.code == "bad_reply"):
                    raise
        raise cut_off()

    def _ask_once(self, at: httpx2.URL, headers: Headers, exchange: Exchange) -> _Reply:
        line = self._lines.take(_origin(at), exchange)
        try:
            status, answered = line.ask(at.raw_path, _raw(headers))
            folded = fold_headers(answered)
            return _Reply(status, folded, self._read(line, status, folded))
        finally:
            self._lines.leave(line)

    def _read(self, line: Line, status: int, headers: Headers) -> bytes:
        if status in (200, 203):
            declared = headers.get("content-length", "")
            if declared.isascii() and declared.isdigit() and int(declared[:20]) > self._max_wire_bytes:
                raise too_large(self._max_wire_bytes)
            return unpack(b"".join(line.pieces()), headers, max_bytes=self._max_body_bytes)
        if status == 304:
            return b"".join(line.pieces())  # none comes, and the connection can be kept
        return self._beginning(line, headers) if may_be_challenge(status) else b""

    def _beginning(self, line: Line, headers: Headers) -> bytes:
        """What a refusal says, as far as it comes; the refusal itself stands whatever happens to its body."""
        body = bytearray()
        try:
            for piece in line.pieces():
                body += piece
                if len(body) >= _MAX_REFUSAL_BYTES:
                    break
            return unpack(bytes(body), headers, max_bytes=self._max_body_bytes)
        except FetchError:
            return bytes(body)


def _raw(headers: Headers) -> RawHeaders:
    return [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]


def _next_hop(at: httpx2.URL, reply: _Reply) -> httpx2.URL:
    location = reply.headers.get("location", "").strip()
    try:
        location = location.encode("latin-1").decode("utf-8")  # what is left unescaped is mostly UTF-8
        target = _without_userinfo(read_url(str(at.join(location))))
    except (httpx2.InvalidURL, FetchError, UnicodeError, ValueError):
        target = None
    # A browser takes a backslash for a slash, we do not: no address that both read alike.
    if not location or "\\" in location.partition("?")[0] or target is None:
        raise FetchError(
            "redirect_refused",
            "The publisher sends us on to an address that cannot be fetched. Ask them for the right one.",
            status=reply.status,
        )
    if at.scheme == "https" and target.scheme == "http":
        raise FetchError(
            "redirect_refused",
            "The publisher sends us from a secure address to one that is not, which we do not follow. "
            "Ask them for a secure address of the feed.",
            status=reply.status,
        )
    return target


def _check_body(reply: _Reply, asked_with: Validators) -> None:
    if reply.status == 304:
        if not asked_with:
            raise FetchError(
                "not_modified_unasked",
                "The publisher says that nothing changed, though we did not ask for changes. "
                "It will be asked again later.",
                status=304,
            )
    elif not reply.body.strip():
        raise FetchError(
            "empty_body",
            "The publisher sent an empty page. It will be asked again later.",
            status=reply.status,
        )


def _meant_for(at: httpx2.URL, validators: Validators) -> Validators:
    return validators if validators.url in ("", str(at)) else Validators()


def _next_validators(reply: _Reply, asked_with: Validators) -> Validators:
    etag, last_modified = reply.headers.get("etag", ""), reply.headers.get("last-modified", "")
    if reply.status == 304:
        etag, last_modified = etag or asked_with.etag, last_modified or asked_with.last_modified
    return _sendable(Validators(etag, last_modified))


def _sendable(validators: Validators) -> Validators:
    """Leave out what could not be sent back byte for byte."""

    def kept(value: str) -> str:
        fits = len(value) <= _MAX_VALIDATOR_LENGTH and value == value.strip()
        return value if fits and _FIELD_VALUE.fullmatch(value) else ""

    return Validators(kept(validators.etag), kept(validators.last_modified), validators.url)


def _authorization(url: httpx2.URL) -> str:
    if not url.userinfo:
        return ""
    user, _, password = url.userinfo.partition(b":")
    secret = unquote_to_bytes(user) + b":" + unquote_to_bytes(password)
    return f"Basic {base64.b64encode(secret).decode('ascii')}"


def _without_userinfo(url: httpx2.URL) -> httpx2.URL:
    return url.copy_with(userinfo=b"") if url.userinfo else url


def _origin(url: httpx2.URL) -> Origin:
    return url.scheme, url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme]
