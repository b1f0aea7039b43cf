"""A person keeps the address of a list under a name; it stays an ordinary address, which anybody here may be sent."""

from datetime import datetime

from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotFound
from registry.services.people.acting import Actor
from registry.store import saved_filters
from registry.store.tables import SavedFilter

MOST_KEPT = 12
MOST_QUERY = 1000


def save(session: Session, *, name: str, query: str, by: Actor, now: datetime) -> SavedFilter:
    """Under a name of one's own that is in use the address is replaced. Raises InvalidInput."""
    name = " ".join(name.split())
    kept = saved_filters.of(session, by.person_id)
    fault = ""
    if not 0 < len(name) <= 60:
        fault = "Give it a name of 1 to 60 characters."
    elif len(query) > MOST_QUERY:
        fault = "This filter is too long to be kept. Choose fewer values."
    same = next((each for each in kept if each.name.casefold() == name.casefold()), None)
    if same is None and len(kept) >= MOST_KEPT:
        fault = f"You keep {MOST_KEPT} filters already. Remove one first."
    if fault:
        raise InvalidInput(fault, {"name": fault})
    if same is not None:
        same.name, same.query = name, query
        session.add(same)
        session.flush()
        return same
    row = SavedFilter(user_id=by.person_id, name=name, query=query, created_at=now)
    session.add(row)
    session.flush()
    return row


def remove(session: Session, filter_id: int, *, by: Actor) -> None:
    """Raises NotFound for one that is not one's own."""
    row = session.get(SavedFilter, filter_id)
    if row is None or row.user_id != by.person_id:
        raise NotFound("You keep no such filter.")
    session.delete(row)
