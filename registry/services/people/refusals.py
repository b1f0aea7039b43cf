"""What is on record of a sign-in that was refused: why and how, and whose it was where that is known."""

import logging
from datetime import datetime

from sqlmodel import Session

from registry.services.people.acting import Actor, record

log = logging.getLogger(__name__)

SOMEBODY = Actor(None, "somebody not signed in")
NOBODYS = 0
"""The subject where nobody knows whose account it was meant for. What was typed is not kept: it may be a password."""


def note_refusal(session: Session, why: str, *, how: str, user_id: int | None = None, now: datetime) -> None:
    """Write `sign_in.refused`: `why` and `how` are codes such as `wrong_password` and `provider`."""
    subject = ("user", user_id) if user_id is not None else ("sign_in", NOBODYS)
    record(session, "sign_in.refused", subject, by=SOMEBODY, now=now, after={"why": why, "how": how})
    log.warning("sign-in refused how=%s why=%s", how, why)
