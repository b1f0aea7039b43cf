"""When a delivery that failed is tried again, and when it is given up."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

BACKOFF_S: Sequence[int] = (30, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds after the first failure, the second, and so on; about three days and a half in all."""
MOST_ATTEMPTS = len(BACKOFF_S) + 1
JITTER = 0.2
"""Each wait is up to a fifth longer, so that what failed together does not come back together."""
MOST_PATIENCE = timedelta(days=1)
"""Longer than that nobody is left alone at their own request."""


def next_try(attempts: int, key: str, now: datetime, *, retry_after_s: int | None = None) -> datetime | None:
    """The moment for the next attempt after so many failed ones; None where it is given up.

    `key` tells one delivery from another and gives it its share of the jitter. What the receiver asked for holds
    where it is longer than our own wait.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    wait_s = BACKOFF_S[attempts - 1] * (1 + JITTER * _share(f"{key}:{attempts}"))
    asked_s = min(retry_after_s or 0, MOST_PATIENCE.total_seconds())
    return now + timedelta(seconds=max(wait_s, asked_s))


def _share(text: str) -> float:
    """From 0 to 1, the same for the same text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) / 2**32
