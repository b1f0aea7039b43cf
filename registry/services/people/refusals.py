"""What is on record of a sign-in that was refused: why and how, and whose it was where that is known."""

import logging
from collections.abc import Mapping
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


def note_refused_act(
    session: Session, asked: str, about: Mapping[str, int], *, more: int, by: Actor | None, now: datetime
) -> None:
    """Write `act.refused` for a person, `token.refused` for nobody: the method and address that was asked for, as a
    pattern, with the numbers in it, and how often the same was refused since the last such event."""
    after = {"asked": asked, **about, **({"more": more} if more else {})}
    if by is None:
        record(session, "token.refused", ("sign_in", NOBODYS), by=SOMEBODY, now=now, after={"more": more})
        return
    if by.scopes is not None:
        after["token"] = True
    record(session, "act.refused", ("user", by.id), by=by, now=now, after=after)
