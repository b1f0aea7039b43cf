"""Reads of what happened."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlalchemy import select as columns
from sqlmodel import Session, and_, col, func, not_, or_, select
from sqlmodel.sql.expression import Select

from registry.domain.values import dataclass
from registry.store.tables import Event, LogEntry


@dataclass(frozen=True)
class Unheard:
    """Acts that a reader must not hear of yet."""

    actions: tuple[str, ...] = ()
    """Beginnings of their names, where they befell one of `evaluations`."""
    evaluations: frozenset[int] = frozenset()
    verdicts: frozenset[int] = frozenset()
    """Of whatever befell these verdicts nothing is heard."""
    waiting: frozenset[int] = frozenset()
    """Nor of these, which go out within minutes: who reads on from a number is not led past them."""


NOTHING_UNHEARD = Unheard()


def newest_at(session: Session) -> datetime | None:
    """The moment of the last act, by number."""
    return session.exec(select(Event.at).order_by(col(Event.id).desc()).limit(1)).first()


def last_acts(session: Session, limit: int) -> Sequence[tuple[int, str]]:
    """Number and action of the last so many acts, the newest first."""
    query = columns(col(Event.id), col(Event.action)).order_by(col(Event.id).desc()).limit(limit)
    return [tuple(row) for row in session.connection().execute(query)]  # type: ignore[misc]


def of_subject(session: Session, kind: str, subject_id: int) -> Sequence[Event]:
    """All that befell one thing, newest first."""
    return session.exec(
        select(Event)
        .where(Event.subject_kind == kind, Event.subject_id == subject_id)
        .order_by(col(Event.id).desc())
    ).all()


def of_sources(
    session: Session, actions: Collection[str], *, since: datetime, always: Collection[int], limit: int
) -> Sequence[Event]:
    """What befell sources since then, and at any time those of `always`; the newest `limit`, in their order."""
    wanted = or_(col(Event.at) >= since, col(Event.subject_id).in_(sorted(always)[:20_000]))
    query = (
        select(Event)
        .where(Event.subject_kind == "source", col(Event.action).in_(sorted(actions)), wanted)
        .order_by(col(Event.id).desc())
    )
    return session.exec(query.limit(limit)).all()[::-1]


def last(session: Session, kind: str, subject_id: int, *, actions: Collection[str]) -> Event | None:
    """The newest of these acts that befell one thing."""
    return session.exec(
        select(Event)
        .where(Event.subject_kind == kind, Event.subject_id == subject_id, col(Event.action).in_(actions))
        .order_by(col(Event.id).desc())
        .limit(1)
    ).first()


def of_action(session: Session, action: str, *, since: datetime | None = None) -> Sequence[Event]:
    """All acts of one sort, or those from that moment on; oldest first."""
    query = select(Event).where(Event.action == action)
    if since is not None:
        query = query.where(col(Event.at) >= since)
    return session.exec(query.order_by(col(Event.id))).all()


def subjects_since(session: Session, action: str, *, at: datetime) -> frozenset[int]:
    """What acts of one sort befell from that moment on."""
    query = select(Event.subject_id).where(Event.action == action, col(Event.at) >= at)
    return frozenset(session.exec(query.distinct()))


def count_refusals(
    session: Session, user_id: int, whys: Collection[str], *, since: datetime
) -> tuple[int, datetime | None]:
    """How many sign-ins of a person were refused for one of these reasons since then, and when the last was."""
    query = select(Event.at).where(
        Event.subject_kind == "user",
        Event.subject_id == user_id,
        Event.action == "sign_in.refused",
        col(Event.at) >= since,
        col(Event.after)["why"].as_string().in_(whys),
    )
    found = session.exec(query).all()
    return len(found), max(found, default=None)


def newest_of(
    session: Session, kind: str, subject_ids: Collection[int], action: str, *, limit: int
) -> Sequence[Event]:
    """The newest acts of one sort on several things, newest first."""
    if not subject_ids:
        return []
    return session.exec(
        select(Event)
        .where(
            Event.subject_kind == kind, col(Event.subject_id).in_(set(subject_ids)), Event.action == action
        )
        .order_by(col(Event.id).desc())
        .limit(limit)
    ).all()


@dataclass(frozen=True)
class Wanted:
    """Which events somebody asks for; what is empty does not matter."""

    action: str = ""
    subject_kind: str = ""
    subject_id: int | None = None
    actor: str = ""
    """Just as they are called."""
    since: datetime | None = None
    before: datetime | None = None


ANYTHING = Wanted()


def page(
    session: Session,
    wanted: Wanted = ANYTHING,
    *,
    after: int = 0,
    unheard: Unheard = NOTHING_UNHEARD,
    limit: int = 50,
) -> Sequence[tuple[int, Event]]:
    """Those with a higher number in the log than `after`, each with its number, in the order in which they happened.

    It ends before the first act on a verdict that has not gone out: who reads on from there misses nothing.
    """
    query = _numbered(wanted, unheard).where(col(LogEntry.number) > after)
    if unheard.waiting:
        first = (
            select(func.min(LogEntry.number))
            .join(Event, col(Event.id) == LogEntry.event_id)
            .where(Event.subject_kind == "verdict", col(Event.subject_id).in_(unheard.waiting))
        )
        query = query.where(col(LogEntry.number) < func.coalesce(first.scalar_subquery(), 2**62))
    return session.exec(query.order_by(col(LogEntry.number)).limit(limit)).all()


def latest(
    session: Session,
    wanted: Wanted = ANYTHING,
    *,
    before: int = 0,
    unheard: Unheard = NOTHING_UNHEARD,
    limit: int = 50,
) -> Sequence[tuple[int, Event]]:
    """Each with its number in the log, the highest first; with `before`, only those of a lower number."""
    query = _numbered(wanted, unheard)
    if before:
        query = query.where(col(LogEntry.number) < before)
    return session.exec(query.order_by(col(LogEntry.number).desc()).limit(limit)).all()


def newest(
    session: Session,
    *,
    action: str = "",
    subject_kind: str = "",
    limit: int = 50,
) -> Sequence[Event]:
    """The newest first."""
    query = select(Event).order_by(col(Event.id).desc()).limit(limit)
    if subject_kind:
        query = query.where(Event.subject_kind == subject_kind)
    if action:
        query = query.where(Event.action == action)
    return session.exec(query).all()


def highest(session: Session) -> int:
    """The id of the last act; another one after whatever anybody does."""
    return session.exec(select(func.max(Event.id))).one() or 0


def actions(session: Session) -> Sequence[str]:
    """Every kind of act that ever happened, by name."""
    return session.exec(select(Event.action).distinct().order_by(Event.action)).all()


def told_of(session: Session, action: str, key: str, numbers: Collection[int]) -> set[int]:
    """Those of the given numbers that acts of one sort name under `key`."""
    named = col(Event.after)[key].as_integer()
    return set(session.exec(select(named).where(Event.action == action, named.in_(numbers))).all())


def of_people(session: Session, kind: str, subject_ids: Collection[int], *, registry: str) -> set[int]:
    """Those of the given things on which anybody but the registry itself has acted."""
    query = select(Event.subject_id).where(
        Event.subject_kind == kind, col(Event.subject_id).in_(subject_ids), Event.actor != registry
    )
    return set(session.exec(query.distinct()))


def _numbered(wanted: Wanted, unheard: Unheard) -> Select[int, Event]:
    query = select(LogEntry.number, Event).join(Event, col(Event.id) == LogEntry.event_id)
    asked: list[ColumnElement[bool]] = [
        column == value
        for column, value in (
            (col(Event.action), wanted.action),
            (col(Event.subject_kind), wanted.subject_kind),
            (col(Event.subject_id), wanted.subject_id),
            (col(Event.actor), wanted.actor),
        )
        if value not in ("", None)
    ]
    if wanted.since is not None:
        asked.append(col(Event.at) >= wanted.since)
    if wanted.before is not None:
        asked.append(col(Event.at) < wanted.before)
    return query.where(*asked, *_heard(unheard))


def _heard(unheard: Unheard) -> list[ColumnElement[bool]]:
    hidden = unheard.verdicts | unheard.waiting
    of_verdicts = and_(Event.subject_kind == "verdict", col(Event.subject_id).in_(hidden))
    found: list[ColumnElement[bool]] = [not_(of_verdicts)] if hidden else []
    if not unheard.evaluations:
        return found
    spoken = or_(*(col(Event.action).startswith(each) for each in unheard.actions))
    there = and_(Event.subject_kind == "evaluation", col(Event.subject_id).in_(unheard.evaluations))
    return [*found, not_(and_(there, spoken))]
