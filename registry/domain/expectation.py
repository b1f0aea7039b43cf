"""By when a decision may honestly be expected: from what like evaluations took lately, not from what was promised."""

from collections.abc import Sequence
from datetime import date, timedelta

from registry.domain.spans import percentile

ENOUGH = 5
"""Fewer decided evaluations of a tier tell nothing, and the day that was set stands."""
SHARES = (50, 85)


def expected_on(opened_on: date, due_on: date, took_days: Sequence[float], *, today: date) -> date:
    """The day of opening and the median of `took_days` (of the tier's newest decided evaluations, in any order).

    Once that is past, their 85th percentile; once that is past too, the later of it and the day that was set, which
    may lie behind us: then it takes longer than it should, and nobody knows how long.
    """
    if len(took_days) < ENOUGH:
        return due_on
    ranked = sorted(took_days)
    days = [opened_on + timedelta(days=round(percentile(ranked, share) or 0)) for share in SHARES]
    return next((day for day in days if day >= today), max(days[-1], due_on))
