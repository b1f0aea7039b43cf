"""Conditional replies for bytes that are the same for everybody: ETag, and 304 where the asker has them already."""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256

from fastapi import Request, Response
from fastapi.responses import StreamingResponse


def conditional(
    request: Request,
    body: bytes,
    media_type: str,
    *,
    changed_at: datetime | None = None,
    cache: str = "public, max-age=300",
    headers: Mapping[str, str] | None = None,
    mark: str = "",
    compressed: bool = False,
) -> Response:
    """`body` with its ETag, or an empty 304. `changed_at` (UTC) becomes Last-Modified; If-None-Match wins over it.

    `mark` stands first in the ETag, so that a later If-Match can name the version that was read. `compressed` sends it
    as gzip to whoever takes that, under an ETag of its own: they are other bytes.
    """
    zipped = compressed and accepts_gzip(request.headers.get("accept-encoding", ""))
    tag = f'"{mark and mark + "-"}{sha256(body).hexdigest()[:32]}{"-gzip" if zipped else ""}"'
    sent = {**(headers or {}), "ETag": tag, "Cache-Control": cache}
    if compressed:
        sent["Vary"] = "Accept-Encoding"
    if changed_at is not None:
        sent["Last-Modified"] = format_datetime(changed_at, usegmt=True)
    if _has_it(request, tag, changed_at):
        return Response(status_code=304, headers=sent)
    if zipped:
        sent["Content-Encoding"] = "gzip"
        body = gzip.compress(body, compresslevel=6, mtime=0)
    return Response(body, media_type=media_type, headers=sent)


def accepts_gzip(header: str) -> bool:
    """Whether Accept-Encoding takes gzip (RFC 9110 12.5.3)."""
    taken = {}
    for each in header.lower().split(","):
        name, _, weight = each.replace(" ", "").partition(";q=")
        taken[name] = weight
    weight = taken.get("gzip", taken.get("x-gzip", taken.get("*", "0")))
    return weight == "" or weight.strip("0.") != ""


def matches(known: str, tag: str) -> bool:
    """Whether If-None-Match names this ETag: compared weakly (RFC 9110 13.1.2)."""
    return known.strip() == "*" or tag in {each.strip().removeprefix("W/") for each in known.split(",")}


def streamed(
    request: Request,
    parts: Iterator[bytes],
    media_type: str,
    *,
    tag: str,
    headers: Mapping[str, str] | None = None,
    cache: str = "public, max-age=300",
) -> Response:
    """The parts as they are made, or an empty 304. `tag` is a text that differs whenever what would be sent does."""
    said = f'W/"{sha256(tag.encode()).hexdigest()[:32]}"'  # weak: the bytes themselves were not compared
    sent = {**(headers or {}), "ETag": said, "Cache-Control": cache}
    if _has_it(request, said.removeprefix("W/"), None):
        return Response(status_code=304, headers=sent)
    return StreamingResponse(parts, media_type=media_type, headers=sent)


def json_list(name: str, values: Iterable[object]) -> Iterator[bytes]:
    """An object that holds the values as a list under the name, as they are made."""
    yield f'{{"{name}":['.encode()
    parting = b""
    for each in values:
        yield parting + json.dumps(each, ensure_ascii=False, separators=(",", ":")).encode()
        parting = b",\n"
    yield b"]}"


def _has_it(request: Request, tag: str, changed_at: datetime | None) -> bool:
    known = request.headers.get("if-none-match")
    if known is not None:  # RFC 9110 13.1.2: If-Modified-Since is then ignored
        return matches(known, tag)
    since = request.headers.get("if-modified-since")
    if since is None or changed_at is None:
        return False
    try:
        return changed_at.replace(microsecond=0) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False
