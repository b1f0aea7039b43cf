"""The kinds of hostile, broken and careless servers, each with the ends that a fetch of it may come to.

Known by name to the tests, which ask for time and words, and to benchmarks/hostile.py, which asks for memory.
"""

import contextlib
import gzip
import struct
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from tests.scrapers import hostile
from tests.scrapers.hostile import FEED, HostileServer, Play, Visit, head, raw, redirect, reply, reset_after

CAME = ""
"""The end of a fetch that brought a body: not every oddity does harm."""
FOREVER = 10**9


@dataclass(frozen=True)
class Kind:
    """`ends` are the error codes that are right; `at_once` where the play greets before it is asked."""

    play: Play
    ends: tuple[str, ...]
    at_once: bool = False
    scheme: str = "http"


def flood(first: bytes, again: bytes) -> Play:
    """`first`, then `again` for ever, as fast as it is taken."""

    def play(visit: Visit) -> None:
        visit.send(first)
        many = again * max(1, 65_536 // len(again))
        visit.flood(many for _ in range(FOREVER))

    return play


def drip(first: bytes, again: bytes, every_s: float = 0.02) -> Play:
    """`first`, then `again` for ever, now and then."""

    def play(visit: Visit) -> None:
        visit.send(first)
        visit.drip((again for _ in range(FOREVER)), every_s)

    return play


def stalls(data: bytes) -> Play:
    """`data`, and then not another byte."""

    def play(visit: Visit) -> None:
        visit.send(data)
        visit.over.wait()

    return play


def chunked(*lines: bytes) -> bytes:
    return head(200, Transfer_Encoding="chunked") + b"".join(lines)


def grows(visit: Visit) -> None:
    """Sends on to itself, under a longer address each time."""
    redirect(f"/feed?{'x' * (2 * len(visit.target))}")(visit)


def to_and_fro(visit: Visit) -> None:
    redirect("/feed?b" if visit.target == "/feed?a" else "/feed?a")(visit)


def ever_elsewhere(visit: Visit) -> None:
    redirect(f"/feed?{len(visit.target)}{visit.target[-3:]}")(visit)


def members(count: int, size: int) -> bytes:
    return gzip.compress(bytes(size), 9) * count


def with_long_name() -> bytes:
    """A gzip member whose file name never ends."""
    return b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * 1_000_000


def wrong_checksum() -> bytes:
    packed = gzip.compress(FEED)
    return packed[:-8] + struct.pack("<II", 1, len(FEED))


def never_reads(visit: Visit) -> None:
    """Takes nothing and says nothing."""
    visit.over.wait()


def storm(name: str, value: str, times: int) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for _ in range(times))
    return f"HTTP/1.1 200 OK\r\n{lines}Content-Length: {len(FEED)}\r\n\r\n".encode("latin-1") + FEED


OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = f"Content-Length: {len(FEED)}\r\n".encode()
LATE = ("timeout",)
ODD = ("bad_reply",)
BROKEN = ("cut_off",)
LARGE = ("too_large",)
LARGE_OR_LATE = ("too_large", "timeout")
"""Which of the two comes first is the machine's speed."""

KINDS: dict[str, Kind] = {
    # slow
    "says nothing": Kind(hostile.silence, LATE),
    "takes no request": Kind(never_reads, LATE, at_once=True),
    "a status line by the byte": Kind(drip(b"HTTP/1.1 200 ", b"O"), LATE),
    "headers by the byte": Kind(hostile.slow_headers, LATE),
    "headers by the line": Kind(drip(OK, b"X-More: y\r\n"), LATE),
    "a body by the byte": Kind(hostile.slow_body, LATE),
    "a body by the byte, no length": Kind(drip(head(200, Connection="close"), b"<"), LATE),
    "chunks by the byte": Kind(drip(chunked(), b"1\r\nx\r\n"), LATE),
    "a chunk size by the digit": Kind(drip(chunked(), b"0"), (*LATE, *ODD)),
    "trailers by the line": Kind(drip(chunked(b"0\r\n"), b"X-More: y\r\n"), LATE),
    "a chunk that never ends": Kind(stalls(chunked(b"5\r\n<rss")), LATE),
    "no last chunk": Kind(stalls(chunked(b"5\r\n<rss>\r\n")), LATE),
    "half a body": Kind(stalls(head(200, Content_Length=100) + FEED), LATE),
    "half a status line": Kind(stalls(b"HTTP/1.1 2"), LATE),
    "a redirect by the byte": Kind(drip(b"HTTP/1.1 302 Found\r\nLocation: /", b"x"), LATE),
    # endless
    "an endless body": Kind(hostile.endless_body, LARGE_OR_LATE),
    "an endless body of a given length": Kind(flood(head(200, Content_Length=4_999_999), b"x"), LARGE_OR_LATE),
    "an endless body in chunks": Kind(flood(chunked(), b"2000\r\n" + b"x" * 8192 + b"\r\n"), LARGE_OR_LATE),
    "endless chunks of one byte": Kind(flood(chunked(), b"1\r\nx\r\n"), LARGE_OR_LATE),
    "endless chunks of two bytes": Kind(flood(chunked(), b"2\r\nxy\r\n"), LARGE_OR_LATE),
    "endless chunks with extensions": Kind(hostile.endless_chunks, LARGE_OR_LATE),
    "an endless chunk extension": Kind(flood(chunked(b"1;"), b"e"), LARGE_OR_LATE),
    "an endless chunk size": Kind(flood(chunked(), b"0"), LARGE_OR_LATE),
    "endless trailers": Kind(flood(chunked(b"0\r\n"), b"X-More: yes\r\n"), LARGE_OR_LATE),
    "endless headers": Kind(hostile.endless_headers, ODD),
    "an endless header": Kind(flood(OK + b"X: ", b"y"), ODD),
    "an endless folded header": Kind(flood(OK + b"X: y\r\n", b" y\r\n"), ODD),
    "an endless header name": Kind(flood(OK, b"X"), ODD),
    "an endless status line": Kind(flood(b"HTTP/1.1 200 ", b"O"), ODD),
    "endless empty lines": Kind(flood(b"", b"\r\n"), ODD),
    "endless 100 Continue": Kind(flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), ODD),
    "a storm of early hints": Kind(flood(b"", b"HTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\n"), ODD),
    "a refusal with an endless page": Kind(flood(head(403, Connection="close"), b"no "), ("http_403",)),
    "a limit with an endless page": Kind(flood(head(429, Retry_After=60), b"no "), ("rate_limited",)),
    "a redirect with an endless page": Kind(flood(head(302, Location="http://127.1/"), b"x"), ("redirect_refused",)),
    # packed
    "a bomb": Kind(reply(hostile.gzip_bomb(100), Content_Encoding="gzip"), LARGE),
    "a bomb without a claim": Kind(reply(hostile.gzip_bomb(100)), LARGE),
    "a bomb in many parts": Kind(reply(members(250, 100_000), Content_Encoding="gzip"), LARGE),
    "a bomb of as much as may be": Kind(reply(hostile.gzip_bomb(10), Content_Encoding="gzip"), (CAME,)),
    "a bomb in a bomb": Kind(reply(gzip.compress(hostile.gzip_bomb(100)), Content_Encoding="gzip, gzip"), (CAME,)),
    "a bomb in a refusal": Kind(reply(hostile.gzip_bomb(50), status=403, Content_Encoding="gzip"), ("http_403",)),
    "thousands of packed parts": Kind(reply(members(10_000, 1), Content_Encoding="gzip"), ("bad_encoding",)),
    "a packed name that never ends": Kind(reply(with_long_name(), Content_Encoding="gzip"), ("bad_encoding",)),
    "half a packed body": Kind(reply(gzip.compress(FEED)[:-9], Content_Encoding="gzip"), ("bad_encoding",)),
    "a wrong checksum": Kind(reply(wrong_checksum(), Content_Encoding="gzip"), ("bad_encoding",)),
    "br": Kind(reply(b"\x0b\x02\x80packed", Content_Encoding="br"), ("bad_encoding",)),
    "zstd": Kind(reply(b"\x28\xb5\x2f\xfdpacked", Content_Encoding="zstd"), ("bad_encoding",)),
    "deflate": Kind(reply(zlib.compress(bytes(10**7), 9), Content_Encoding="deflate"), ("bad_encoding",)),
    "forty packings": Kind(reply(b"\x01packed", Content_Encoding=", ".join(["br"] * 40)), ("bad_encoding",)),
    # wrong lengths
    "a body shorter than announced": Kind(raw(head(200, Content_Length=1000) + FEED), BROKEN),
    "a body longer than announced": Kind(raw(head(200, Content_Length=6) + b"<rss/>" * 9), (CAME,)),
    "a length of 5 GB": Kind(stalls(head(200, Content_Length=5 * 10**9)), LARGE),
    "a length of many digits": Kind(stalls(head(200, Content_Length="9" * 4000)), (*LARGE, *ODD)),
    "a negative length": Kind(raw(head(200, Content_Length=-1) + FEED), ODD),
    "a length in hex": Kind(raw(head(200, Content_Length="0x36") + FEED), ODD),
    "a length in Arabic digits": Kind(raw(OK + "Content-Length: ٥٤\r\n\r\n".encode() + FEED), ODD),
    "two lengths": Kind(raw(OK + LENGTH + b"Content-Length: 6\r\n\r\n" + FEED), ODD),
    "a list of lengths": Kind(raw(head(200, Content_Length="54, 6") + FEED), ODD),
    "a length and chunks": Kind(raw(chunked()[:-2] + LENGTH + b"\r\n0\r\n\r\n"), (*ODD, "empty_body")),
    "chunks and gzip as transfer": Kind(raw(head(200, Transfer_Encoding="gzip, chunked") + FEED), ODD),
    "a chunk size that is none": Kind(raw(chunked(b"zz\r\n<rss/>")), ODD),
    "a negative chunk size": Kind(raw(chunked(b"-5\r\n<rss/>")), ODD),
    "a chunk size beyond all": Kind(raw(chunked(b"f" * 30 + b"\r\n<rss/>")), ODD),
    "a chunk longer than its size": Kind(raw(chunked(b"2\r\n<rss/>\r\n0\r\n\r\n")), ODD),
    "chunks that break off": Kind(raw(chunked(b"50\r\n<rss/>")), BROKEN),
    # gone in the middle
    "a reset at once": Kind(reset_after(b""), (*BROKEN, "connect_failed"), at_once=True),
    "a reset after the question": Kind(reset_after(b""), BROKEN),
    "a reset in the status line": Kind(reset_after(b"HTTP/1.1 2"), BROKEN),
    "a reset in the headers": Kind(reset_after(OK + b"Content-"), BROKEN),
    "a reset in the body": Kind(reset_after(head(200, Content_Length=100) + FEED), BROKEN),
    "a reset in a chunk": Kind(reset_after(chunked(b"50\r\n<rss")), BROKEN),
    "a close at once": Kind(raw(b""), BROKEN, at_once=True),
    "a close after the question": Kind(raw(b""), BROKEN),
    "a close in the headers": Kind(raw(OK + b"Content-"), BROKEN),
    # another tongue
    "noise": Kind(raw(bytes(range(256)) * 50), ODD),
    "zeros": Kind(raw(bytes(100_000)), ODD),
    "another protocol's greeting": Kind(raw(b"SSH-2.0-OpenSSH_9.9\r\n"), (*ODD, *BROKEN), at_once=True),
    "a mail server": Kind(raw(b"220 mail.example ESMTP\r\n500 what?\r\n\r\n"), ODD, at_once=True),
    "HTTP/0.9": Kind(raw(FEED), (*ODD, *BROKEN)),
    "HTTP/2 on a plain port": Kind(raw(b"\0\0\x12\4\0\0\0\0\0" + bytes(18)), (*ODD, *BROKEN), at_once=True),
    "HTTP/2.0 as a word": Kind(raw(b"HTTP/2.0 200 OK\r\n\r\n" + FEED), (CAME, *ODD)),
    "a radio station": Kind(raw(b"ICY 200 OK\r\n\r\n" + FEED), ODD),
    "TLS on a plain port": Kind(raw(b"\x15\x03\x01\0\x02\x02\x46"), (*ODD, *BROKEN), at_once=True),
    "no TLS on a secure port": Kind(raw(head(400)), ("tls_failed",), at_once=True, scheme="https"),
    "no word on a secure port": Kind(never_reads, LATE, at_once=True, scheme="https"),
    "noise on a secure port": Kind(raw(bytes(range(256)) * 50), ("tls_failed",), at_once=True, scheme="https"),
    "an endless greeting on a secure port": Kind(
        flood(b"", b"\x16\x03\x03\x40\x00" + bytes(16_384)), LARGE, at_once=True, scheme="https"
    ),
    # the reset may come before the greeting or in the middle of it
    "a reset on a secure port": Kind(
        reset_after(b""), (*BROKEN, "connect_failed", "tls_failed"), at_once=True, scheme="https"
    ),
    "a protocol to switch to": Kind(raw(head(101, Upgrade="h2c", Connection="Upgrade")), (*ODD, "http_101")),
    # no feed in it
    "nothing in it": Kind(reply(b""), ("empty_body",)),
    "white space": Kind(reply(b" \r\n\t" * 1000), ("empty_body",)),
    "204": Kind(raw(head(204)), ("http_204",)),
    "205": Kind(raw(head(205, Content_Length=0)), ("http_205",)),
    "206": Kind(reply(FEED[:9], status=206, Content_Range="bytes 0-8/54"), ("http_206",)),
    "304 unasked": Kind(raw(head(304)), ("not_modified_unasked",)),
    "304 with a body": Kind(raw(head(304, Content_Length=54) + FEED), ("not_modified_unasked",)),
    "a status of 999": Kind(reply(FEED, status=999), (*ODD, "server_error")),
    "a status of 99": Kind(raw(b"HTTP/1.1 099 Odd\r\n\r\n" + FEED), (*ODD, *BROKEN, "http_99")),
    # headers
    "a storm of cookies": Kind(raw(storm("Set-Cookie", "a=" + "b" * 100, 500)), (CAME,)),
    "5 MB of Link headers": Kind(raw(storm("Link", "<http://127.0.0.1/>; rel=hub", 150_000)), ODD),
    "thousands of short headers": Kind(raw(storm("A", "b", 10_000)), (CAME, *ODD)),
    "a NUL in a header": Kind(raw(OK + b"X: a\0b\r\n" + LENGTH + b"\r\n" + FEED), ODD),
    "a line end in a header": Kind(raw(OK + b"X: a\rSet-Cookie: b\r\n" + LENGTH + b"\r\n" + FEED), ODD),
    "an injected header": Kind(raw(head(302, Location="/x\rX-Injected: 1")), (*ODD, "redirect_refused")),
    "a header without a name": Kind(raw(OK + b": x\r\n" + LENGTH + b"\r\n" + FEED), ODD),
    "a space before the colon": Kind(raw(OK + b"Content-Length : 6\r\n\r\n<rss/>"), (CAME, *ODD)),
    "an unknown charset": Kind(reply(FEED, Content_Type="text/xml; charset=\xff\xfe'\";;"), (CAME,)),
    "dates out of this world": Kind(
        reply(FEED, Date="Fri, 99 Foo 99999 99:99:99 +9999", Expires="0", Retry_After="1" * 50, Age="-1"), (CAME,)
    ),
    "a date of many digits": Kind(reply(b"", status=503, Retry_After="9" * 5000 + " Jan"), ("server_error",)),
    "an ETag of 60 KB": Kind(reply(FEED, ETag='"' + "e" * 60_000 + '"'), (CAME,)),
    # redirects
    "a redirect to itself": Kind(redirect("/feed"), ("too_many_redirects",)),
    "two that send to each other": Kind(to_and_fro, ("too_many_redirects",)),
    "one new address after another": Kind(ever_elsewhere, ("too_many_redirects",)),
    "an address that grows": Kind(grows, ("too_many_redirects", "redirect_refused")),
    "an address of 90 KB": Kind(redirect("/feed?" + "x" * 90_000), ("redirect_refused", *ODD)),
    "a redirect to nowhere": Kind(reply(status=302), ("redirect_refused",)),
    "two places to go": Kind(raw(b"HTTP/1.1 302 F\r\nLocation: /a\r\nLocation: http://127.1/\r\n\r\n"), ("http_404",)),
    # what a kept connection is told behind a reply
    "a second reply behind the first": Kind(raw((head(200, Content_Length=6) + b"<rss/>") * 2), (CAME,)),
    "noise behind the reply": Kind(flood(head(200, Content_Length=6) + b"<rss/>", b"noise"), (CAME,)),
}  # fmt: skip


@contextlib.contextmanager
def served() -> Iterator[dict[str, str]]:
    """Every kind on a server of its own on loopback; gives their addresses by name."""
    with ExitStack() as stack:
        urls = {}
        for name, kind in KINDS.items():
            server = stack.enter_context(HostileServer(greeting=kind.play if kind.at_once else None))
            server.plays("/feed", kind.play)
            urls[name] = server.url("/feed", scheme=kind.scheme)
        yield urls
