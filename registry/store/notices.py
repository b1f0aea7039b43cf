"""Reads and writes of notices, and of the verdicts' histories that they follow from."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, or_
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from registry.domain.notice import Act, ConditionAct, ConditionActKind, History
from registry.domain.validity import GRACE_DAYS, Mark, MarkKind
from registry.store import plain, tables
from registry.store.columns import among, id_of
from registry.store.engine import write_all
from registry.store.rulings import MARK_ACTIONS, as_mark
from registry.store.tables import Event, Notice, NoticeBook, Supersession, Verdict, VerdictCondition
from registry.store.verdicts import as_rulings

CONDITION_ACTIONS = {f"condition.{kind.value}": kind for kind in ConditionActKind}
_ACTIONS = [*MARK_ACTIONS, *CONDITION_ACTIONS]
_ACTS = """
SELECT id, subject_id, at, action, actor, actor_id, before, after FROM event
WHERE subject_kind = 'verdict' AND subject_id IN (??) AND action IN (??) ORDER BY id
"""
_SUCCESSORS = """
SELECT superseded_id, number, starts_at FROM supersession JOIN verdict ON verdict.id = verdict_id
WHERE superseded_id IN (??) AND undone_at IS NULL ORDER BY starts_at DESC, number DESC
"""
_KNOWN = """
SELECT verdict_id, key, revision, uid, published_at FROM notice WHERE verdict_id IN (??) ORDER BY revision
"""


def book(session: Session) -> NoticeBook:
    return session.get_one(NoticeBook, 1)


def named(session: Session) -> tuple[str, date | None]:
    """The host by whose name entries are called, and since when; empty and None as long as that was not settled."""
    [(authority, named_on)] = plain.rows(session, "SELECT authority, named_on FROM notice_book WHERE id = 1")
    return authority, plain.day_or_none(named_on)


def histories(session: Session, rows: Sequence[Verdict]) -> list[History]:
    """Of each verdict, in the order of the rows, what it was at first and what befell it; so many queries whatever."""
    ids = [id_of(row) for row in rows]
    acts, successors = _acts(session, ids), _successors(session, ids)
    found = []
    for row, ruling in zip(rows, as_rulings(session, rows), strict=True):
        told = acts.get(id_of(row), [])
        number, starts_at = successors.get(id_of(row), (None, None))
        found.append(
            History(
                verdict=replace(ruling.verdict, conditions=_at_first(ruling.verdict.conditions, told)),
                published_at=row.published_at,
                acts=tuple(act for act, _ in told),
                superseded_at=starts_at,
                superseded_by=number,
            )
        )
    return found


def _acts(session: Session, verdict_ids: Collection[int]) -> dict[int, list[tuple[Act, Mapping[str, Any]]]]:
    """Verdict id -> its acts in the order of record, each with what its event says was before."""
    found: dict[int, list[tuple[Act, Mapping[str, Any]]]] = defaultdict(list)
    for event_id, of, at, action, actor, actor_id, before, after in plain.rows(
        session, _ACTS, verdict_ids, _ACTIONS
    ):
        what = _what(action, plain.moment(at), actor, actor_id, plain.unpacked(after))
        told_at = what.at if isinstance(what, Mark) else plain.moment(at)
        found[of].append((Act(event_id, told_at, what), plain.unpacked(before)))
    return found


def _what(
    action: str, at: datetime, actor: str, actor_id: int | None, after: Mapping[str, Any]
) -> Mark | ConditionAct:
    if action in MARK_ACTIONS:
        return as_mark(action, at, actor, actor_id, after)
    met_on = after.get("met_on")
    return ConditionAct(
        CONDITION_ACTIONS[action],
        int(after["position"]),
        actor,
        date.fromisoformat(met_on) if met_on else None,
        after.get("evidence") or "",
        after.get("reason") or "",
    )


def _at_first(conditions: Sequence[Any], told: Sequence[tuple[Act, Mapping[str, Any]]]) -> tuple[Any, ...]:
    """The conditions as they were before anything was noted about them."""
    first = list(conditions)
    for act, before in reversed(told):
        what = act.what
        if isinstance(what, Mark) or not 1 <= what.position <= len(first):
            continue
        met_on = before.get("met_on")
        was = {
            "met_on": date.fromisoformat(met_on) if met_on else None,
            "evidence": before.get("evidence") or "",
        }
        if what.kind is not ConditionActKind.MET:
            waived = {"waived_reason": before.get("waived_reason") or ""}
            was = waived if what.kind is ConditionActKind.WAIVED else was | waived
        first[what.position - 1] = replace(first[what.position - 1], **was)
    return tuple(first)


def _successors(session: Session, verdict_ids: Collection[int]) -> dict[int, tuple[int, datetime]]:
    """Verdict id -> number and start of the one that supersedes it first."""
    return {
        of: (number, plain.moment(starts_at))
        for of, number, starts_at in plain.rows(session, _SUCCESSORS, verdict_ids)
    }


def known(session: Session, verdict_ids: Collection[int]) -> dict[tuple[int, str], tuple[int, str, datetime]]:
    """(verdict id, what it is about) -> the highest revision, uid and first publication of each notice written."""
    return {
        (of, key): (revision, uid, plain.moment(published_at))
        for of, key, revision, uid, published_at in plain.rows(session, _KNOWN, verdict_ids)
    }


def write(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append notices, in this order."""
    write_all(session, Notice, rows)


def started(session: Session, *, since: datetime, until: datetime) -> frozenset[int]:
    """Ids of verdicts that started after `since`, and of those that they supersede."""
    begun = columns(col(Verdict.id)).where(
        col(Verdict.starts_at) > since, col(Verdict.starts_at) <= until, col(Verdict.undone_at).is_(None)
    )
    replaced = columns(col(Supersession.superseded_id)).where(
        col(Supersession.verdict_id).in_(begun.scalar_subquery())
    )
    return _ids(session, begun) | _ids(session, replaced)


def turned(session: Session, *, after: date, until: date) -> frozenset[int]:
    """Ids of verdicts that one of the days after `after`, up to `until`, brings something: an end, or the end of the
    days of grace, by their own last day, by a condition that was due, or by an announced retirement."""
    verdict, condition = col(Verdict.valid_until), col(VerdictCondition.due_on)
    queries = (
        columns(col(Verdict.id)).where(_within(verdict, after, until), col(Verdict.undone_at).is_(None)),
        columns(col(VerdictCondition.verdict_id)).where(_within(condition, after, until)),
    )
    found = frozenset[int]().union(*(_ids(session, query) for query in queries))
    retired = columns(col(Event.subject_id), col(Event.after)).where(
        col(Event.action) == f"verdict.{MarkKind.SUNSET.value}", col(Event.subject_kind) == "verdict"
    )
    return found | {
        subject_id
        for subject_id, told in session.connection().execute(retired)
        if told.get("effective_on") and after < date.fromisoformat(told["effective_on"]) <= until
    }


def _ids(session: Session, query: Any) -> frozenset[int]:
    return frozenset(session.connection().execute(query).scalars())


def _within(day: Any, after: date, until: date) -> Any:
    """Whether the day after `day`, or the first one without grace, is among those after `after` up to `until`."""
    ends = [(after - timedelta(days=over), until - timedelta(days=over)) for over in (1, GRACE_DAYS + 1)]
    return or_(*(and_(day > first, day <= last) for first, last in ends))


def verdict_ids(session: Session, *, after: int, limit: int) -> Sequence[int]:
    """Ids of verdicts that were not taken back, in order, from the one after `after` on."""
    query = (
        columns(col(Verdict.id))
        .where(col(Verdict.id) > after, col(Verdict.undone_at).is_(None))
        .order_by(col(Verdict.id))
        .limit(limit)
    )
    return session.connection().execute(query).scalars().all()  # type: ignore[return-value]


def verdict_rows(session: Session, ids: Collection[int]) -> Sequence[tables.Verdict]:
    """Those that were not taken back, by number."""
    query = select(Verdict).where(among(session, col(Verdict.id), ids), col(Verdict.undone_at).is_(None))
    return session.exec(query.order_by(col(Verdict.number))).all()


def public(session: Session, *, now: datetime, limit: int) -> Sequence[Notice]:
    """What followers may read by now, each once and as it was last put, the newest first."""
    query = select(Notice).join(Verdict, col(Verdict.id) == col(Notice.verdict_id)).where(*is_public(now))
    newest_first = (col(Notice.updated_at).desc(), col(Notice.number).desc())
    return session.exec(query.order_by(*newest_first).limit(limit)).all()


def is_public(now: datetime) -> tuple[Any, ...]:
    """Of a notice joined with its verdict: told by now, not taken back, and not told anew since."""
    later = aliased(Notice)
    again = exists().where(
        col(later.verdict_id) == col(Notice.verdict_id),
        col(later.key) == col(Notice.key),
        col(later.revision) > col(Notice.revision),
        col(later.updated_at) <= now,
    )
    return col(Notice.updated_at) <= now, col(Verdict.undone_at).is_(None), ~again


def next_moment(session: Session, *, now: datetime) -> datetime | None:
    """When the next notice that is written becomes public."""
    query = (
        select(Notice.updated_at)
        .join(Verdict, col(Verdict.id) == col(Notice.verdict_id))
        .where(col(Notice.updated_at) > now, col(Verdict.undone_at).is_(None))
        .order_by(col(Notice.updated_at))
    )
    return session.exec(query.limit(1)).first()
