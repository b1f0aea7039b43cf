"""The older pages of another registry's feed, so that the first visit brings its whole history and a later one no gap.

How many pages that may be, how long it may take and where they may stand is bounded here.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from time import monotonic
from typing import Protocol

from scrapers import verdict_feed
from scrapers.entry import MAX_ENTRIES, Parsed
from scrapers.errors import FetchError, ParseError
from scrapers.fetch import Fetched, Validators
from scrapers.links import canonical_url, host_of

MOST_PAGES = 100
PATIENCE_S = 150
"""Half of what a lease lasts."""
OVER = frozenset({"gone", "http_404", "redirect_refused", "private_address"})
"""What a page answers that will not be there next time either."""


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
    newest: Parsed, url: str, fetcher: Fetches, workers: Parses, *, since: datetime | None
) -> Parsed:
    """The document at `url` with its older pages, up to one that tells something from `since` or before.

    Without `since` it is the whole history: at most 100 pages and 5,000 entries, all on the host of the feed. A page
    that is gone for good ends it, with a note; raises ScrapeError where it may be there next time.
    """
    pages, been, until = [newest], {canonical_url(url)}, monotonic() + PATIENCE_S
    note = ""
    while (older := pages[-1].older) and canonical_url(older) not in been:
        if since is not None and _earliest(pages[-1], since) <= since:
            break
        if len(pages) >= MOST_PAGES or sum(len(page.entries) for page in pages) >= MAX_ENTRIES:
            note = f"Its history is longer than the {len(pages)} pages that are read of it."
            break
        if host_of(older) != host_of(url):
            note = "Its older pages stand on another host and were not read."
            break
        if monotonic() > until:
            raise FetchError("timeout", "Its older pages took too long to read. It is tried again later.")
        been.add(canonical_url(older))
        try:
            reply = fetcher.get(older)
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
