"""Mails to those who work here, of what waits for them: what they were told of, against what waits now.

What waits is read from the record itself, so that nothing is told that was not stored, and nothing stored is left
untold. A thing is told once for as long as it waits; one that waits no more when a mail leaves is not in it.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, tzinfo

from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.language import joined, worded, worded_n
from registry.domain.values import dataclass
from registry.publish.mail import Item, Letter
from registry.services.notices import outbox
from registry.services.notices.waiting import Waits, staff, waiting, works_here
from registry.services.people.acting import Actor, record
from registry.settings import Settings
from registry.store import events, users, work_told
from registry.store.columns import id_of
from registry.store.engine import serialise
from registry.store.tables import (
    Channel,
    Delivery,
    DeliveryKind,
    DeliveryState,
    User,
    WorkMails,
    WorkTold,
)

HOUR = 7
"""Of the organisation's day, when a day's things come together."""
MOST_TOLD = 40
"""Things of one mail; what is more is counted."""
FEW = 3
"""Mails that somebody may get at once within BUNDLE; what comes after them waits until it is over, in one mail."""
BUNDLE = timedelta(hours=1)
LOOK_EVERY = timedelta(minutes=1)
Mark = tuple[int, date]
"""The newest event, and the day."""


@dataclass
class Watch:
    """Whether to look again: something happened, or a day began; by one process, and once a minute at most."""

    seen: Mark | None = None
    """Up to where all has been told."""
    looked_at: datetime | None = None

    def news(self, session: Session, settings: Settings, now: datetime) -> Mark | None:
        """What is seen once `look` has written; None where it would write nothing."""
        if self.looked_at is not None and timedelta(0) <= now - self.looked_at < LOOK_EVERY:
            return None
        mark = (events.highest(session), now.astimezone(settings.zone).date())
        if mark == self.seen:
            return None
        self.looked_at = now
        if any(fresh or gone for _, fresh, gone in _compared(session, settings, now)):
            return mark
        self.seen = mark
        return None


def look(session: Session, settings: Settings, now: datetime) -> int:
    """Write a mail for each person for whom something new waits, or add it to the one of the day; gives how many
    people are told of something."""
    serialise(session, "work mails")
    count = 0
    for user, fresh, gone in _compared(session, settings, now):
        user_id = id_of(user)
        if gone:
            work_told.forget(session, user_id, gone)
        if not fresh:
            continue
        daily = user.work_mails is WorkMails.DAILY
        mail = work_told.waiting_mail(session, user_id) or outbox.write(
            session,
            Channel.MAIL,
            DeliveryKind.WORK,
            user_id=user_id,
            due_at=next_morning(now, settings.zone) if daily else _at_once(session, user_id, now),
            now=now,
        )
        session.add_all(
            WorkTold(user_id=user_id, key=each, delivery_uid=mail.uid, at=now) for each in sorted(fresh)
        )
        count += 1
    session.flush()
    return count


def _at_once(session: Session, user_id: int, now: datetime, *, but: str = "") -> datetime:
    """Now; or after a few mails within an hour (`but` one), once that of the first of them is over."""
    dues = work_told.mails_due_after(session, user_id, now - BUNDLE, but=but)
    return now if len(dues) < FEW else dues[-FEW] + BUNDLE


def _compared(
    session: Session, settings: Settings, now: datetime
) -> Sequence[tuple[User, frozenset[str], frozenset[str]]]:
    """Who wants to be told, with the keys of what is new to them, and of what they were told and waits no more."""
    people = [each for each in staff(session) if each.user.work_mails is not WorkMails.NONE]
    found, told = waiting(session, people, settings, now), work_told.told(session)
    compared = []
    for each in people:
        known = told.get(id_of(each.user), frozenset())
        keys = frozenset(waits.key for waits in found.get(id_of(each.user), ()))
        compared.append((each.user, keys - known, known - keys))
    return compared


def choose(session: Session, user_id: int, when: str, *, by: Actor, now: datetime) -> WorkMails:
    """When somebody is told. What was gathered goes out as soon as mails at once may where they want it so, and not
    at all where they want nothing. Raises InvalidInput."""
    if when not in frozenset(WorkMails):
        told = worded("Choose one of: {options}.", options=", ".join(WorkMails))
        raise InvalidInput(worded("Nothing was changed."), {"when": told})
    user, before = users.get(session, user_id), users.get(session, user_id).work_mails
    user.work_mails = WorkMails(when)
    if user.work_mails is before:
        return before
    serialise(session, "work mails")
    mail = work_told.waiting_mail(session, user_id)
    if mail is not None and user.work_mails is WorkMails.AT_ONCE:
        mail.due_at = _at_once(session, user_id, now, but=mail.uid)
    if user.work_mails is WorkMails.NONE:
        work_told.forget(session, user_id)
        if mail is not None:
            mail.state, mail.reply, mail.tried_at = DeliveryState.DROPPED, UNWANTED, now
    session.flush()
    told_of = {"work_mails": before.value}, {"work_mails": user.work_mails.value}
    record(
        session,
        "user.work_mails_chosen",
        ("user", user_id),
        by=by,
        now=now,
        before=told_of[0],
        after=told_of[1],
    )
    return user.work_mails


UNWANTED = "They want no such mails."


def letter_of(
    session: Session, row: Delivery, settings: Settings, now: datetime
) -> tuple[User, Letter] | str:
    """To whom, and what; or why there is nothing to say any more, in a sentence."""
    person = users.person(session, row.user_id or 0)
    if not works_here(person):
        return "They do not work here any more."
    if person.user.work_mails is WorkMails.NONE:
        return UNWANTED
    told = work_told.told_by(session, row.uid)
    found = [
        each
        for each in waiting(session, [person], settings, now).get(id_of(person.user), ())
        if each.key in told
    ]
    if not found:
        return "None of it waits any more."
    return person.user, _letter(found, settings)


def _letter(found: Sequence[Waits], settings: Settings) -> Letter:
    more = len(found) - MOST_TOLD
    opening = worded_n("{n} thing waits for you.", "{n} things wait for you.", len(found))
    rest = worded_n("And {n} more; it is on your page.", "And {n} more; they are on your page.", more)
    account = f"{settings.base_url}/account"
    return Letter(
        joined(": ", [found[0].title if len(found) == 1 else settings.name, opening]),
        [opening],
        [
            Item(each.title, f"{settings.base_url}{each.path}", [each.sentence], settings.language)
            for each in found[:MOST_TOLD]
        ],
        action=(worded("See all of your work"), f"{settings.base_url}/evaluations"),
        closing=[
            *([rest] if more > 0 else []),
            worded("You get this because you work here. It comes to nobody else."),
        ],
        links=[(worded("Choose when you are told"), account)],
    )


def next_morning(now: datetime, zone: tzinfo) -> datetime:
    """The next seven o'clock of the organisation's day."""
    local = now.astimezone(zone)
    day = local.date() + timedelta(days=local.hour >= HOUR)
    return datetime.combine(day, time(HOUR), zone).astimezone(now.tzinfo)
