"""When time alone changes where verdicts stand, so that what is kept in memory must be read anew."""

from datetime import datetime, time, timedelta, tzinfo

from sqlmodel import Session

from registry.store import verdicts


def next_turn(session: Session, *, now: datetime, zone: tzinfo) -> datetime:
    """At midnight there, or when a verdict goes out or starts."""
    midnight = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)
    moment = verdicts.next_moment(session, now=now)
    return min(midnight, moment) if moment else midnight
