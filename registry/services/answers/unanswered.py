"""What nobody could answer, counted: it becomes a scouting priority."""

from datetime import datetime

from sqlmodel import Session

from registry.domain.identity import name_key
from registry.store.tables import Unanswered
from scrapers.links import link_key


def count_unanswered(session: Session, query: str, *, now: datetime) -> None:
    """Remember that nobody could answer this: what was asked and how often, never by whom."""
    key = (link_key(query) if "://" in query else name_key(query))[:200]
    if not key:
        return
    row = session.get(Unanswered, key)
    if row is None:
        session.add(Unanswered(key=key, query=query[:200], first_at=now, last_at=now))
    else:
        row.times, row.last_at = row.times + 1, now
