"""When a source is read again: plain arithmetic over what it said, how it behaved and how often it failed."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

HOUR, DAY, WEEK = 3_600, 86_400, 604_800
FAILING_DAYS_BEFORE_WEEKLY = 30
GAPS = 20
OUTAGE_AT_LEAST_S, OUTAGE_SHARE = 900, 4


def interval_s(published: Sequence[datetime], *, asked_s: int, has_validators: bool) -> int:
    """Half the median gap of the last 20 entries, between an hour and a day, and never less than `at_least_s`."""
    gap = usual_gap_s(published)
    usual = gap // 2 if gap is not None else DAY // 2
    return max(min(max(usual, HOUR), DAY), at_least_s(asked_s, has_validators=has_validators))


def at_least_s(asked_s: int, *, has_validators: bool) -> int:
    """What one reply demands of the next visit.

    `asked_s` is the longest of what headers and feed ask for, honoured up to a week. Without validators each visit
    costs the publisher the whole feed: at most one a day.
    """
    return max(min(asked_s, WEEK), 0 if has_validators else DAY)


def usual_gap_s(published: Sequence[datetime]) -> int | None:
    """The median gap of the last 20 entries; None where fewer than two bear a date."""
    newest = sorted(published, reverse=True)[: GAPS + 1]
    gaps = [(later - earlier).total_seconds() for later, earlier in pairwise(newest)]
    return int(median(gaps)) if gaps else None


def after_success(source_id: int, interval: int, now: datetime, *, retry_after_s: int = 0) -> datetime:
    wait = max(interval, min(retry_after_s, WEEK))
    return now + timedelta(seconds=wait + _jitter_s(source_id, wait))


def after_failure(
    source_id: int,
    interval: int,
    *,
    failures: int,
    failing_since: datetime,
    retry_after_s: int,
    now: datetime,
) -> datetime:
    """Doubled with each failure up to a day; daily for 30 days; then weekly. Never sooner than the publisher asked."""
    if now - failing_since > timedelta(days=FAILING_DAYS_BEFORE_WEEKLY):
        wait = WEEK
    else:
        wait = max(min(interval * 2 ** min(failures, 10), DAY), interval)
    wait = max(wait, min(retry_after_s, WEEK))
    return now + timedelta(seconds=wait + _jitter_s(source_id, wait))


def after_outage(source_id: int, *, since: datetime, now: datetime) -> datetime:
    """While nobody at all can be reached: after a quarter of how long that has lasted, from 15 minutes to a day."""
    wait = min(max(int((now - since).total_seconds()) // OUTAGE_SHARE, OUTAGE_AT_LEAST_S), DAY)
    return now + timedelta(seconds=wait + _jitter_s(source_id, wait))


def wait_until(retry_after_s: int | None, now: datetime) -> datetime | None:
    """Until when the publisher asked us to stay away, at most a week; None where it did not."""
    return now + timedelta(seconds=min(retry_after_s, WEEK)) if retry_after_s else None


def _jitter_s(source_id: int, interval: int) -> int:
    """Up to a tenth, always the same for one source, so that sources added together drift apart and stay so."""
    share = hashlib.sha256(str(source_id).encode()).digest()[0] / 255
    return int(min(interval, DAY) * 0.1 * share)
