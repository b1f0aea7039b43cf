"""The older pages of another registry's feed, so that the first visit brings its whole history and a later one no gap.

How many pages that may be, how large, how long it may take and where they may stand is bounded here.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from time import monotonic
from typing import Protocol

from scrapers import verdict_feed
from scrapers.entry import MAX_ENTRIES, Parsed
from scrapers.errors import FetchError, ParseError
from scrapers.fetch import Fetched, Validators
from scrapers.links import canonical_url, origin_of

MOST_PAGES = 100
MOST_BYTES = 20_000_000
"""Of all older pages of a visit together."""
PATIENCE_S = 30
"""After that no further page is begun: other sources wait for their turn."""
OVER = frozenset({"gone", "http_404", "redirect_refused", "private_address"})
"""What a page answers that will not be there next time either."""
ELSEWHERE = "Its older pages stand at another host, port or scheme and were not read."


class Fetches(Protocol):
    def get(self, url: str, *, validators: Validators | None = None) -> Fetched: ...


class Parses(Protocol):
    def parse(
        self,
        kind: str,
        body: bytes,
        *,
        url: str,
        headers: dict[str, str],
        given: Mapping[str, str] | None = None,
    ) -> Parsed: ...


def with_history(
    newest: Parsed,
    url: str,
    fetcher: Fetches,
    workers: Parses,
    *,
    since: datetime | None,
    clock: Callable[[], float] = monotonic,
) -> Parsed:
    """The document at `url` with its older pages, up to one that tells something from `since` or before.

    Without `since` it is the whole history: at most 100 pages, 5,000 entries, 20 MB and 30 seconds, all of the feed's
    own scheme, host and port. What is beyond is left out with a note, as is a page that is gone for good; raises
    ScrapeError where one may be there next time.
    """
    pages, been, until, size = [newest], {canonical_url(url)}, clock() + PATIENCE_S, 0
    note = ""
    while (older := pages[-1].older) and canonical_url(older) not in been:
        if since is not None and _earliest(pages[-1], since) <= since:
            break
        entries = sum(len(page.entries) for page in pages)
        if len(pages) >= MOST_PAGES or entries >= MAX_ENTRIES or size >= MOST_BYTES:
            note = f"Its history is longer than the {len(pages)} pages that are read of it."
            break
        if clock() > until:
            note = f"Its older pages took too long: the newest {len(pages)} were read."
            break
        if origin_of(older) != origin_of(url):
            note = ELSEWHERE
            break
        been.add(canonical_url(older))
        try:
            reply = fetcher.get(older)
            if origin_of(reply.url) != origin_of(url):
                note = ELSEWHERE
                break
            size += len(reply.body or b"")
            pages.append(
                workers.parse(verdict_feed.KIND, reply.body, url=reply.url, headers=dict(reply.headers))
            )
        except FetchError as error:
            if error.code not in OVER:
                raise
            note = f"An older page could not be read: {error.sentence}"
            break
        except ParseError as error:
            note = f"An older page could not be read: {error.sentence}"
            break
    whole = verdict_feed.joined(pages)
    return replace(whole, note=f"{whole.note} {note}".strip()) if note else whole


def _earliest(page: Parsed, otherwise: datetime) -> datetime:
    said = [
        datetime.fromisoformat(entry.stated["said_at"])
        for entry in page.entries
        if entry.stated and entry.stated["said_at"]
    ]
    return min(said, default=otherwise)
