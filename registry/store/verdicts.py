"""Reads of verdicts, as rows for pages and as rulings for the rules."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, Select, bindparam, inspect
from sqlalchemy import select as select_columns
from sqlalchemy.orm.util import identity_key
from sqlmodel import Session, UTCDateTime, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.domain.errors import NotFound
from registry.domain.language import worded
from registry.domain.validity import Ruling
from registry.store import plain, tables
from registry.store import rulings as plain_rulings
from registry.store.columns import among, id_of
from registry.store.memo import remembered
from registry.store.tables import Evaluation, Event, Supersession, Tool, User, VerdictCondition

if TYPE_CHECKING:
    from registry.store.plain import Source


def get(session: Session, number: int) -> tables.Verdict:
    """The verdict of that number, also in its undo window. Raises NotFound, also for one that was taken back."""
    row = session.exec(select(tables.Verdict).where(tables.Verdict.number == number)).first()
    if row is None or row.undone_at is not None:
        raise _no_such(number)
    return row


def get_published(session: Session, number: int, *, now: datetime) -> tables.Verdict:
    """Raises NotFound until it has gone out: nothing befalls a verdict in its undo window, and nobody learns of it."""
    row = get(session, number)
    if row.published_at > now:
        raise _no_such(number)
    return row


def _no_such(number: int) -> NotFound:
    return NotFound(worded("There is no verdict number {number}. See the list of verdicts.", number=number))


def find_for_evaluation(session: Session, evaluation_id: int) -> tables.Verdict | None:
    """The one verdict of an evaluation that was not taken back."""
    return next((row for row in _of_evaluation(session, evaluation_id) if row.undone_at is None), None)


@remembered(tables.Verdict, Evaluation)
def _of_evaluation(session: Session, evaluation_id: int) -> Sequence[tables.Verdict]:
    """Its verdicts, those taken back included, newest first."""
    tool = select(Evaluation.tool_id).where(Evaluation.id == evaluation_id)  # by which they are found fast
    return session.exec(
        select(tables.Verdict)
        .where(
            tables.Verdict.evaluation_id == evaluation_id, tables.Verdict.tool_id == tool.scalar_subquery()
        )
        .order_by(col(tables.Verdict.number).desc())
    ).all()


def waiting(session: Session, *, now: datetime) -> Sequence[tables.Verdict]:
    """Those that can still be taken back."""
    return session.exec(
        select(tables.Verdict).where(
            col(tables.Verdict.undone_at).is_(None), col(tables.Verdict.published_at) > now
        )
    ).all()


def ids_of_evaluations(session: Session, evaluation_ids: Iterable[int]) -> frozenset[int]:
    """Ids of whatever was decided in these evaluations, those taken back included."""
    query = select(tables.Verdict.id).where(col(tables.Verdict.evaluation_id).in_(set(evaluation_ids)))
    return frozenset(each for each in session.exec(query) if each is not None)


def find_taken_back(session: Session, evaluation_id: int) -> tables.Verdict | None:
    """The newest verdict of an evaluation that was taken back before it went out."""
    return next((row for row in _of_evaluation(session, evaluation_id) if row.undone_at is not None), None)


def next_number(session: Session) -> int:
    """One more than the highest ever given, those taken back included."""
    return (session.exec(select(func.max(tables.Verdict.number))).one() or 0) + 1


def numbers(session: Session) -> frozenset[int]:
    """Every number ever given, those taken back included."""
    return frozenset(session.exec(select(tables.Verdict.number)).all())


def by_ids(session: Session, ids: Iterable[int]) -> dict[int, tables.Verdict]:
    found = session.exec(select(tables.Verdict).where(col(tables.Verdict.id).in_(set(ids))))
    return {id_of(row): row for row in found}


def published_by_numbers(
    session: Session, numbers: Iterable[int], *, now: datetime
) -> dict[int, tables.Verdict]:
    """Number -> verdict, of those that have gone out and were not taken back."""
    return {
        row.number: row
        for row in by_numbers(session, numbers)
        if row.undone_at is None and row.published_at <= now
    }


def by_numbers(session: Session, numbers: Iterable[int]) -> Sequence[tables.Verdict]:
    wanted = set(numbers)
    query = select(tables.Verdict).where(col(tables.Verdict.number).in_(wanted))
    return session.exec(query).all() if wanted else []


def published(
    session: Session, *, now: datetime, tool_ids: Iterable[int] | None = None, limit: int | None = None
) -> Sequence[tables.Verdict]:
    """Verdicts that have gone out and were not taken back, of all tools or of some, newest number first."""
    given: dict[str, Any] = {"now": now}
    if tool_ids is not None:
        given["tool_ids"] = list(set(tool_ids))
    query = _published(of_tools=tool_ids is not None)
    return session.exec(query if limit is None else query.limit(limit), params=given).all()


@cache
def _published(*, of_tools: bool) -> SelectOfScalar[tables.Verdict]:
    row = tables.Verdict
    query = select(row).where(
        col(row.undone_at).is_(None), col(row.published_at) <= bindparam("now", type_=UTCDateTime())
    )
    if of_tools:
        query = query.where(col(row.tool_id).in_(bindparam("tool_ids", expanding=True)))
    return query.order_by(col(row.number).desc())


def published_in_parts(session: Session, *, now: datetime) -> Iterator[Sequence[tables.Verdict]]:
    """All that have gone out, newest number first, some hundreds at a time."""
    row, query = tables.Verdict, _published(of_tools=False).limit(500)
    part = session.exec(query, params={"now": now}).all()
    while part:
        yield part
        last = part[-1].number
        part = session.exec(query.where(col(row.number) < last), params={"now": now}).all()


def rulings(session: Session, tool_ids: Iterable[int], *, now: datetime) -> dict[int, list[Ruling]]:
    """Tool id -> its published verdicts with all that befell them, newest number first; a fixed number of queries."""
    rows = published(session, now=now, tool_ids=tool_ids)
    found: dict[int, list[Ruling]] = defaultdict(list)
    for row, ruling in zip(rows, as_rulings(session, rows, now=now), strict=True):
        found[row.tool_id].append(ruling)
    return found


def owners(
    session: Session, numbers: Collection[int]
) -> dict[int, tuple[str, str, str, int | None, int | None]]:
    """Number -> the tool's name and slug, who owned its evaluation or decided, their account, the decider's account."""
    row = tables.Verdict
    query = (
        select_columns(col(row.number), col(Tool.name), col(Tool.slug))
        .add_columns(func.coalesce(User.name, row.decided_by))
        .add_columns(func.coalesce(User.id, row.decided_by_id), col(row.decided_by_id))
        .join(Tool, col(Tool.id) == col(row.tool_id))
        .outerjoin(Evaluation, col(Evaluation.id) == col(row.evaluation_id))
        .outerjoin(User, col(User.id) == col(Evaluation.owner_id))
        .where(among(session, col(row.number), numbers))
    )
    return {number: tuple(told) for number, *told in session.connection().execute(query)}


def conditions(session: Session, verdict_ids: Iterable[int]) -> dict[int, list[VerdictCondition]]:
    found: dict[int, list[VerdictCondition]] = defaultdict(list)
    for row in session.exec(_conditions(), params={"ids": list(set(verdict_ids))}):
        found[row.verdict_id].append(row)
    return found


@cache
def _conditions() -> SelectOfScalar[VerdictCondition]:
    of_them = col(VerdictCondition.verdict_id).in_(bindparam("ids", expanding=True))
    return select(VerdictCondition).where(of_them).order_by(col(VerdictCondition.position))


def as_rulings(
    session: Session, rows: Sequence[tables.Verdict], *, now: datetime | None = None
) -> list[Ruling]:
    """As `rulings.as_rulings`; of tools that the session holds already nothing is asked."""
    wanted = {row.tool_id for row in rows}
    held = (session.identity_map.get(identity_key(Tool, each)) for each in wanted)
    slugs = {id_of(each): str(each.slug) for each in held if each is not None and "slug" in each.__dict__}
    if missing := wanted - slugs.keys():
        query = select_columns(col(Tool.id), col(Tool.slug)).where(col(Tool.id).in_(missing))
        slugs |= {tool_id or 0: slug for tool_id, slug in session.connection().execute(query)}
    return plain_rulings.as_rulings(session, rows, slugs=slugs, now=now)


def ids(session: Session) -> Sequence[int]:
    """Of every verdict, taken back or not, in their order."""
    return [each for each in session.exec(select(tables.Verdict.id).order_by(col(tables.Verdict.id))) if each]


def columns(
    session: Session, verdict_ids: Sequence[int]
) -> Iterator[tuple[int, Mapping[str, Any], Sequence[Mapping[str, Any]]]]:
    """By id: a verdict's id, its columns as they are stored, and those of its conditions by position.

    Raises LookupError, TypeError or ValueError where a column holds what none of its kind can be.
    """
    connection, given = session.connection(), {"ids": verdict_ids}
    of_verdicts, of_conditions = _columns()
    theirs = defaultdict(list)
    for each in connection.execute(of_conditions, given).mappings():
        theirs[each["verdict_id"]].append(dict(each))
    for row in connection.execute(of_verdicts, given).mappings():
        yield row["id"], dict(row), theirs[row["id"]]


@cache
def _columns() -> tuple[Select[Any], Select[Any]]:
    verdict, condition = inspect(tables.Verdict).local_table, inspect(VerdictCondition).local_table
    ids: BindParameter[Any] = bindparam("ids", expanding=True)
    return (
        verdict.select().where(verdict.c.id.in_(ids)).order_by(verdict.c.id),
        condition.select().where(condition.c.verdict_id.in_(ids)).order_by(condition.c.position),
    )


def of_tool(session: Session, tool_id: int) -> Sequence[tables.Verdict]:
    """Every verdict on a tool that was not taken back, those in the undo window included; newest number first."""
    return session.exec(
        select(tables.Verdict)
        .where(tables.Verdict.tool_id == tool_id, col(tables.Verdict.undone_at).is_(None))
        .order_by(col(tables.Verdict.number).desc())
    ).all()


def successors(
    source: "Source", verdict_ids: Collection[int], *, now: datetime
) -> Mapping[int, Sequence[int]]:
    """Verdict id -> the numbers of the published verdicts that supersede it."""
    found: dict[int, list[int]] = defaultdict(list)
    for of, number in plain.rows(source, _SUCCESSORS, verdict_ids, now):
        found[of].append(number)
    return found


def newest_events(session: Session, verdict_ids: Iterable[int]) -> dict[int, int]:
    """Verdict id -> number of the newest event about it: what a page that is read must still be true of."""
    query = (
        select(Event.subject_id, func.max(Event.id))
        .where(Event.subject_kind == "verdict", col(Event.subject_id).in_(set(verdict_ids)))
        .group_by(col(Event.subject_id))
    )
    return {subject_id: number or 0 for subject_id, number in session.exec(query).all()}


def superseded_numbers(session: Session, verdict_ids: Sequence[int]) -> Sequence[int]:
    """The numbers that these verdicts name as superseded."""
    return session.exec(
        select(tables.Verdict.number)
        .join(Supersession, col(Supersession.superseded_id) == col(tables.Verdict.id))
        .where(col(Supersession.verdict_id).in_(verdict_ids))
    ).all()


def slugs_of(session: Session, verdict_ids: Collection[int]) -> dict[int, str]:
    """Verdict id -> slug of the tool that it is on."""
    query = select(tables.Verdict.id, Tool.slug).join(Tool, col(Tool.id) == col(tables.Verdict.tool_id))
    return {
        of: slug
        for of, slug in session.exec(query.where(among(session, tables.Verdict.id, verdict_ids)))
        if of
    }


def superseded_by(session: Session, verdict_ids: Collection[int]) -> dict[int, list[int]]:
    """Verdict id -> numbers that it supersedes, the lowest first, where there are any."""
    query = (
        select(Supersession.verdict_id, tables.Verdict.number)
        .join(tables.Verdict, col(tables.Verdict.id) == col(Supersession.superseded_id))
        .where(among(session, Supersession.verdict_id, verdict_ids))
        .order_by(col(tables.Verdict.number))
    )
    found = defaultdict(list)
    for of, number in session.exec(query):
        found[of].append(number)
    return found


_SUCCESSORS = """
SELECT tie.superseded_id, new.number FROM supersession AS tie JOIN verdict AS new ON new.id = tie.verdict_id
WHERE tie.superseded_id IN (??) AND new.undone_at IS NULL AND new.published_at <= ? ORDER BY new.number
"""
