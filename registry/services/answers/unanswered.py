"""What nobody could answer, counted: it becomes a scouting priority."""

from datetime import datetime

from sqlmodel import Session

from registry.domain.identity import name_key
from registry.store import numbers
from scrapers.links import link_key

MOST_KEPT = 200


def count_unanswered(session: Session, query: str, *, now: datetime) -> None:
    """Remember that nobody could answer this: what was asked and how often, never by whom."""
    key = (link_key(query) if "://" in query else name_key(query))[:MOST_KEPT]
    if key:
        numbers.count_unanswered(session, key, query[:MOST_KEPT], now)
