"""Where a source moves to: permanent redirects that are adopted after a while, and moves that are undone."""

from datetime import datetime, timedelta
from urllib.parse import SplitResult, urlsplit, urlunsplit

from sqlmodel import Session

from registry.services.people.acting import REGISTRY, record
from registry.store import sources
from registry.store.columns import put
from registry.store.tables import Source
from scrapers.fetch import Fetched

PERMANENT = frozenset({301, 308})
ADOPT_AFTER_FETCHES, ADOPT_AFTER = 5, timedelta(days=7)
MAX_URL = 2_000


def follow(session: Session, source: Source, fetched: Fetched, now: datetime) -> None:
    """Adopt a new address after five visits over seven days that worked, all hops permanent, always the same target."""
    target = _target(source.url, fetched)
    if not target or target == source.refused_url:
        stay(source)
        return
    if source.moved_to != target or source.moved_since is None:
        source.moved_to, source.moved_count, source.moved_since = target, 1, now
        return
    source.moved_count += 1
    if source.moved_count < ADOPT_AFTER_FETCHES or now - source.moved_since < ADOPT_AFTER:
        return
    if sources.find_by_url(session, target) is None:
        _adopt(session, source, now)


def stay(source: Source) -> None:
    """Forget where it seemed to move to: the next visits count from one again."""
    put(source, moved_to="", moved_count=0, moved_since=None)


def change_address(source: Source, url: str) -> None:
    """Read it from another address. What was learnt about the former one's replies holds no longer."""
    source.url = url
    source.etag = source.last_modified = source.answered_url = source.body_hash = ""
    source.distrusted_at = None
    stay(source)


def _target(url: str, fetched: Fetched) -> str:
    """Where all hops say it is for good, with the password it has there already; "" where they do not."""
    if not fetched.redirects or any(hop.status not in PERMANENT for hop in fetched.redirects):
        return ""
    former, target = urlsplit(url), urlsplit(fetched.url)
    user, at, _ = former.netloc.rpartition("@")
    if at and _origin(former) == _origin(target):
        target = target._replace(netloc=f"{user}@{target.netloc}")
    found = urlunsplit(target)
    return found if len(found) <= MAX_URL else ""


def _origin(url: SplitResult) -> tuple[str, str | None, int]:
    return url.scheme, url.hostname, url.port or (443 if url.scheme == "https" else 80)


def _adopt(session: Session, source: Source, now: datetime) -> None:
    former = source.url
    change_address(source, source.moved_to)
    source.former_url = former
    record(
        session,
        "source.moved",
        ("source", source.id),
        by=REGISTRY,
        now=now,
        before={"url": former},
        after={"url": source.url},
    )
