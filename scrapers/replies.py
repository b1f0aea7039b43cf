"""What an HTTP reply says: refused or not, when to come back, how long it stays fresh, how it is packed."""

import zlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from scrapers.connection import too_large
from scrapers.errors import FetchError

MAX_WAIT = timedelta(days=7)
_SPLITTABLE = frozenset(
    {"cache-control", "link", "content-encoding", "vary"}
)  # RFC 9110 5.3: lists may be parted
_GZIP_MAGIC = b"\x1f\x8b"
_MAX_GZIP_MEMBERS = 256  # RFC 1952 2.2 sets no limit; each costs a copy of what follows it
_OTHER_PACKINGS = ("br", "zstd", "deflate", "compress", "x-compress")

# Marks of the pages that stand before a site and ask for a browser; on a 200 only what no article holds.
_CHALLENGE_ANY = (b"_cf_chl_opt", b"anubis_challenge", b"window.gokuprops", b"_incapsula_resource")
_CHALLENGE_REFUSAL = (
    *_CHALLENGE_ANY,
    b"just a moment...",
    b"checking your browser",
    b"attention required! | cloudflare",
    b"px-captcha",
    b"captcha-delivery.com",
    b"challenge-platform",
)
_REFUSALS = frozenset({202, 401, 403, 405, 406, 429, 503})

_SENTENCES = {
    401: "The publisher asks for a name and a password. Ask for an open feed, or put both into the address.",
    403: "The publisher refuses us. Ask them to let this registry read their feed.",
    404: "There is nothing at this address. Look for the feed's present address on the publisher's site.",
    410: "The publisher says that this feed is gone for good. Look for another one, or remove the source.",
    429: "The publisher asks us to come less often. We wait and try again by ourselves.",
}


def fold_headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by lower-case name, a byte a character; of a repeated one the first, lists joined by commas."""
    folded: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if name in folded and name in _SPLITTABLE:
            folded[name] += f", {value}"
        else:
            folded.setdefault(name, value)
    return folded


def may_be_challenge(status: int) -> bool:
    """Whether the body of this refusal is worth reading for the marks of a bot challenge."""
    return status in _REFUSALS


def refusal(status: int, headers: Mapping[str, str], body: bytes, *, now: datetime) -> FetchError | None:
    """Why this reply is no feed, or None for a 200 or 304. `body` may be no more than its beginning."""
    wait_s = retry_after_s(headers, now=now)
    if _is_challenge(status, headers, body):
        return FetchError(
            "bot_challenge",
            "The site wants proof of a person at a browser, which we never pretend to be. "
            "Ask the publisher to let this registry read the feed.",
            retry_after_s=wait_s,
            status=status,
        )
    if status in (200, 203, 304):
        return None
    if status == 410:
        code = "gone"
    elif status == 429:
        code = "rate_limited"
    elif status >= 500:
        code = "server_error"
    else:
        code = f"http_{status}"
    return FetchError(code, _sentence(status), retry_after_s=wait_s, status=status)


def _sentence(status: int) -> str:
    if status >= 500:
        return f"The publisher's server has a fault of its own ({status}). It will be asked again later."
    return _SENTENCES.get(
        status,
        f"The publisher answers with status {status} and no feed. Open the address in a browser to see why.",
    )


def _is_challenge(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    if headers.get("cf-mitigated", "").strip().lower() == "challenge":
        return True
    if headers.get("x-amzn-waf-action", "").strip().lower() in ("challenge", "captcha"):
        return True
    beginning = body[:32_768].lower()
    if status == 200:
        return "html" in headers.get("content-type", "").lower() and any(
            m in beginning for m in _CHALLENGE_ANY
        )
    return status in _REFUSALS and any(mark in beginning for mark in _CHALLENGE_REFUSAL)


def retry_after_s(headers: Mapping[str, str], *, now: datetime) -> int | None:
    """Seconds to stay away, 0 to seven days, or None where nothing readable is said.

    A date counts from the reply's own Date, so that a wrong clock does no harm, else from `now`.
    """
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return _bounded(int(said[:12]))
    until = _moment(said)
    return (
        None
        if until is None
        else _bounded((until - (_moment(headers.get("date", "")) or now)).total_seconds())
    )


def fresh_for_s(headers: Mapping[str, str], *, now: datetime) -> int | None:
    """Seconds for which this reply stays fresh, 0 to seven days, or None where nothing readable is said.

    max-age less Age, else Expires less Date; `no-cache` and `no-store` are 0 (RFC 9111 4.2.1).
    """
    directives = [part.strip().lower().partition("=") for part in headers.get("cache-control", "").split(",")]
    said = {name.strip(): value.strip().strip('"') for name, _, value in directives}
    if "no-cache" in said or "no-store" in said:
        return 0
    max_age = said.get("max-age", "")
    if max_age.isascii() and max_age.isdigit():
        age = headers.get("age", "").strip()
        return _bounded(int(max_age[:12]) - (int(age[:12]) if age.isascii() and age.isdigit() else 0))
    if "expires" not in headers:
        return None
    expires = _moment(headers["expires"])
    # RFC 9111 5.3: an Expires that cannot be read, "0" above all, lies in the past.
    return (
        0
        if expires is None
        else _bounded((expires - (_moment(headers.get("date", "")) or now)).total_seconds())
    )


def _bounded(seconds: float) -> int:
    return int(min(max(seconds, 0), MAX_WAIT.total_seconds()))


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text.strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def unpack(body: bytes, headers: Mapping[str, str], *, max_bytes: int) -> bytes:
    """The body as its publisher wrote it: gzip taken off, announced or not, and false claims ignored.

    Raises FetchError `too_large` beyond `max_bytes`, `bad_encoding` for broken gzip and other packings.
    """
    if body.startswith(_GZIP_MAGIC):
        return _inflate(body, max_bytes)
    if len(body) > max_bytes:
        raise too_large(max_bytes)
    claimed = headers.get("content-encoding", "").lower().replace(" ", "").split(",")
    if any(packing in _OTHER_PACKINGS for packing in claimed) and not _looks_like_text(body):
        raise _bad_encoding()
    return body


def _inflate(body: bytes, max_bytes: int) -> bytes:
    out = bytearray()
    packed = body
    for _ in range(_MAX_GZIP_MEMBERS):
        member = zlib.decompressobj(wbits=31)
        try:
            out += member.decompress(packed, max_bytes + 1 - len(out))
        except zlib.error as exc:
            raise _bad_encoding() from exc
        if len(out) > max_bytes:
            raise too_large(max_bytes)
        if not member.eof:
            raise _bad_encoding()
        packed = member.unused_data
        if not packed.startswith(_GZIP_MAGIC):  # what follows the last member is padding
            return bytes(out)
    raise _bad_encoding()


def _looks_like_text(body: bytes) -> bool:
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"<", b"{", b"[", b"")


def _bad_encoding() -> FetchError:
    return FetchError(
        "bad_encoding",
        "The answer is packed in a way that cannot be undone. Tell the publisher that we ask for gzip alone.",
    )
