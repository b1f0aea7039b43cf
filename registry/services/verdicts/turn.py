"""When time alone changes where verdicts stand, so that what is kept in memory must be read anew."""

from datetime import datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING

from registry.store.rulings import next_moment

if TYPE_CHECKING:
    from registry.store.plain import Source


def next_turn(source: "Source", *, now: datetime, zone: tzinfo) -> datetime:
    """At midnight there, or when a verdict goes out or starts."""
    midnight = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)
    moment = next_moment(source, now=now)
    return min(midnight, moment) if moment else midnight
