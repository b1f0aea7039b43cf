"""A repeated request acts once: the first reply is kept for a day under the asker's key, in the act's transaction."""

from datetime import datetime, timedelta
from hashlib import sha256

from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.services.people.acting import Actor
from registry.store import replies
from registry.store.engine import serialise
from registry.store.tables import KeptReply

KEPT = timedelta(days=1)
MAX_KEY = 200


def earlier(session: Session, key: str, asked: str, *, by: Actor, now: datetime) -> KeptReply | None:
    """The reply that this key got before, or None. Raises InvalidInput where it was used to ask for something else."""
    if not 0 < len(key) <= MAX_KEY or not key.isprintable():
        raise InvalidInput(
            f"An idempotency key has 1 to {MAX_KEY} printable characters.",
            {"Idempotency-Key": f"1 to {MAX_KEY} printable characters"},
        )
    serialise(session, f"reply:{by.person_id}:{key}")
    replies.forget(session, until=now - KEPT)
    found = replies.find(session, by.person_id, key, since=now - KEPT)
    if found is not None and found.digest != _digest(asked):
        raise InvalidInput(
            "This idempotency key was used for another request. Take a new one for a new act.",
            {"Idempotency-Key": "was used for another request"},
        )
    return found


def keep(session: Session, key: str, asked: str, *, status: int, body: str, by: Actor, now: datetime) -> None:
    session.add(
        KeptReply(user_id=by.person_id, key=key, digest=_digest(asked), status=status, body=body, at=now)
    )


def _digest(asked: str) -> str:
    return sha256(asked.encode()).hexdigest()
