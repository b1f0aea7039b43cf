"""What failed at signing in, under keyed hashes of what it counts for, for as long as it counts."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from registry.store.tables import SignInFailure


def drop_until(session: Session, now: datetime) -> None:
    """Those that count no more."""
    session.execute(delete(SignInFailure).where(col(SignInFailure.expires_at) <= now))


def moments(session: Session, keys: Collection[str]) -> Mapping[str, Sequence[datetime]]:
    """Key -> when something failed under it, the latest first."""
    query = select(SignInFailure.key, SignInFailure.at).where(col(SignInFailure.key).in_(keys))
    found: dict[str, list[datetime]] = defaultdict(list)
    for key, at in session.exec(query.order_by(col(SignInFailure.at).desc())):
        found[key].append(at)
    return found


def drop(session: Session, ids: Collection[int]) -> None:
    session.execute(delete(SignInFailure).where(col(SignInFailure.id).in_(ids)))


def drop_of(session: Session, key: str) -> None:
    session.execute(delete(SignInFailure).where(col(SignInFailure.key) == key))


def rename(session: Session, old: str, new: str) -> None:
    session.execute(update(SignInFailure).where(col(SignInFailure.key) == old).values(key=new))
