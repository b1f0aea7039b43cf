"""When time alone changes where verdicts stand: at midnight all of them, at other moments those of some tools."""

from datetime import datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING

from registry.store.rulings import next_moment

if TYPE_CHECKING:
    from registry.store.plain import Source


def next_turn(source: "Source", *, now: datetime, zone: tzinfo) -> datetime:
    """At midnight there, or when a verdict goes out or starts."""
    end, moment = midnight(now, zone), next_moment(source, now=now)
    return min(end, moment) if moment else end


def midnight(now: datetime, zone: tzinfo) -> datetime:
    """When the day ends there."""
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)
