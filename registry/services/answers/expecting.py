"""By when a decision on what is under review may be expected, as employees are told."""

from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING

from registry.domain.expectation import expected_on
from registry.store import asked
from registry.store.asked import Running

if TYPE_CHECKING:
    from registry.store.plain import Source

MOST_RECENT = 60
"""Decided evaluations of all tiers that are looked back on."""


def expect(
    source: "Source", running: Mapping[int, Running], *, zone: tzinfo, now: datetime
) -> dict[int, date]:
    """Tool id -> the day, for those under way; one query more, and none where nothing is."""
    if not running:
        return {}
    took = asked.took_days(source, most=MOST_RECENT, before=now)
    today = now.astimezone(zone).date()
    return {
        tool_id: expected_on(
            each.since.astimezone(zone).date(), each.due_on, took.get(each.tier, ()), today=today
        )
        for tool_id, each in running.items()
    }
