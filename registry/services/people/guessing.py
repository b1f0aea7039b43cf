"""Wrong codes of a second factor: whoever gives them has the password, or a link, so their person is told of a run."""

import logging
from datetime import datetime, timedelta

from sqlmodel import Session

from registry.domain.values import dataclass
from registry.services.people import limits, losing
from registry.services.people.acting import record
from registry.services.people.refusals import SOMEBODY, note_refusal
from registry.store import events

log = logging.getLogger(__name__)

GUESSED = "sign_in.codes_guessed"
ENOUGH = limits.CODES[0][0]
"""Wrong codes within a day that are no slip of the finger any more: with the first wait, the first mail."""
SHOWN_FOR = timedelta(days=30)
PASSWORDS_LOOKED_AT = 20
WRONG = ("wrong_code", "used_code")


@dataclass(frozen=True)
class WrongCodes:
    """Since somebody's password was last chosen by more than a link, and within SHOWN_FOR."""

    count: int = 0
    last_at: datetime | None = None

    @property
    def many(self) -> bool:
        return self.count >= ENOUGH


def note_wrong_code(
    session: Session, why: str, *, how: str, user_id: int, secret: bytes, mails: bool, now: datetime
) -> None:
    """Write the refusal; and once a day, where it is one of many, that somebody is guessing, by an event and a mail."""
    note_refusal(session, why, how=how, user_id=user_id, now=now)
    count = _wrong_since(session, user_id, now - limits.DAY).count
    if count < ENOUGH:
        return
    once = {f"told of wrong codes of {user_id}": ((1, limits.DAY),)}
    if limits.hold(session, once, secret=secret, now=now).until is None:
        record(session, GUESSED, ("user", user_id), by=SOMEBODY, now=now, after={"codes": count})
        losing.tell(session, user_id, "wrong_codes", mails=mails, now=now)
        log.warning("codes are guessed at user=%d codes=%d", user_id, count)


def wrong_codes(session: Session, user_id: int, now: datetime) -> WrongCodes:
    passwords = events.newest_of(session, "user", [user_id], "user.password_set", limit=PASSWORDS_LOOKED_AT)
    chosen = next((each.at for each in passwords if not each.after.get("by_link")), None)
    since = now - SHOWN_FOR
    return _wrong_since(session, user_id, max(since, chosen) if chosen is not None else since)


def _wrong_since(session: Session, user_id: int, since: datetime) -> WrongCodes:
    return WrongCodes(*events.count_refusals(session, user_id, WRONG, since=since))
