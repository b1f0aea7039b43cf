"""An approver who is away names who decides for them, from a day to a day; it ends early, or with what it rests on.

In whose right a deputy then decides is reach.py's to say.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, tzinfo

from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotAllowed, NotFound
from registry.domain.language import day_text, worded
from registry.services.people.acting import Actor, record
from registry.store import delegations, users
from registry.store.columns import id_of
from registry.store.delegations import DEPUTIES
from registry.store.engine import serialise
from registry.store.tables import Delegation, Role, User

MOST_DAYS = 180
MOST_AHEAD = 365
"""Days from today to the first one."""
NOTHING_MADE = worded("Nobody was named.")


def delegate(
    session: Session,
    deputy_id: int | None,
    *,
    first_day: date | None,
    last_day: date | None,
    zone: tzinfo,
    by: Actor,
    now: datetime,
) -> Delegation:
    """Let somebody decide for this approver on these days, both inclusive, in the organisation's time zone.

    One deputy at a time. Raises NotAllowed for who is no approver in their own right, and InvalidInput.
    """
    if by.scopes is not None or Role.APPROVER not in by.own_roles:
        raise NotAllowed(
            worded("Only an approver, in person, names a deputy. Whoever decides for another names none.")
        )
    serialise(session, "user")
    faults: dict[str, str] = {}
    deputy = next((each for each in eligible(session, by) if each.id == deputy_id), None)
    if deputy is None:
        faults["deputy"] = worded("Choose a reviewer or an approver who is not you.")
    today = now.astimezone(zone).date()
    if first_day is None or first_day < today:
        faults["first_day"] = worded("Choose today or a later day.")
    elif (first_day - today).days > MOST_AHEAD:
        faults["first_day"] = worded("Choose a day within a year from today.")
    if last_day is None or last_day < (first_day or today):
        faults["last_day"] = worded("Choose the first day or a later one.")
    elif (last_day - (first_day or today)).days >= MOST_DAYS:
        faults["last_day"] = worded("Choose at most {days} days.", days=MOST_DAYS)
    if deputy is None or first_day is None or last_day is None or faults:
        raise InvalidInput(NOTHING_MADE, faults)
    starts_at = max(now, _first_moment(first_day, zone))
    ends_at = _first_moment(last_day + timedelta(days=1), zone)
    for other in delegations.unended(session, by.person_id, now=now):
        if other.approver_id == by.id and other.starts_at < ends_at and starts_at < other.ends_at:
            sentence = worded(
                "You have named {name} from {first} to {last} already. End that first, or choose other days.",
                name=users.names(session, [other.deputy_id])[other.deputy_id],
                first=other.starts_at.astimezone(zone).date(),
                last=last_day_of(other, zone),
            )
            raise InvalidInput(NOTHING_MADE, {"first_day": sentence})
    row = Delegation(
        approver_id=by.person_id,
        deputy_id=id_of(deputy),
        made_at=now,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    session.add(row)
    session.flush()
    after = {"approver": row.approver_id, "deputy": row.deputy_id} | {
        "first_day": first_day.isoformat(),
        "last_day": last_day.isoformat(),
    }
    record(session, "delegation.made", ("delegation", row.id), by=by, now=now, after=after)
    return row


def end(
    session: Session, delegation_id: int, *, of: int | None = None, by: Actor, now: datetime
) -> Delegation:
    """End it at once; nothing where it is over. `of` is whose it must concern.

    The approver may, the deputy may give it back, and an admin may. Raises NotFound for anybody else's.
    """
    serialise(session, "user")
    row = delegations.get(session, delegation_id)
    session.refresh(row)
    theirs = by.id in (row.approver_id, row.deputy_id) or Role.ADMIN in by.roles
    if not theirs or (of is not None and of not in (row.approver_id, row.deputy_id)):
        raise NotFound(worded("There is no delegation with this number."))
    if by.scopes is not None:
        raise NotAllowed(worded("Only a person ends a delegation, never a token."))
    if row.ended_at is None and now < row.ends_at:
        _end(session, row, "asked", by=by, now=now)
    return row


def end_what_rests_on(
    session: Session, user: User, held: frozenset[Role], *, by: Actor, now: datetime
) -> None:
    """End, for good, what somebody gave or was given and who holds these roles from now on cannot give or take."""
    for row in delegations.unended(session, user.id or 0, now=now):
        wanted = {Role.APPROVER} if row.approver_id == user.id else DEPUTIES
        if not held & wanted:
            _end(session, row, "roles", by=by, now=now)


def eligible(session: Session, by: Actor) -> Sequence[User]:
    """Whom this approver may name, by name."""
    return [
        each.user
        for each in users.everybody(session)
        if each.user.disabled_at is None and each.roles & DEPUTIES and each.user.id != by.id
    ]


def last_day_of(row: Delegation, zone: tzinfo) -> date:
    return (row.ends_at.astimezone(zone) - timedelta(microseconds=1)).date()


def sentence_of(session: Session, by: Actor, *, zone: tzinfo, now: datetime) -> str:
    """For whom somebody decides at this moment and until when; empty for nobody's deputy."""
    if by.id is None or by.scopes is not None:
        return ""
    found = delegations.approvers_of(session, by.id, now=now)
    told = [f"{user.name} (until {day_text(last_day_of(row, zone))})" for row, user in found]
    return " and ".join(told)


def _end(session: Session, row: Delegation, why: str, *, by: Actor, now: datetime) -> None:
    row.ended_at = now
    session.flush()
    after = {"approver": row.approver_id, "deputy": row.deputy_id, "why": why}
    record(session, "delegation.ended", ("delegation", row.id), by=by, now=now, after=after)


def _first_moment(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, zone)
