"""Reads of the stored rubric and decision table files, of which are in force, and of what was judged by them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select as columns
from sqlmodel import Session, col, func, select

from registry.domain.condition import Condition
from registry.domain.errors import NotFound
from registry.domain.values import dataclass
from registry.store.conditions import as_condition
from registry.store.evaluations import CLOSED
from registry.store.tables import Evaluation, InForce, RubricFile, Tool, Verdict, VerdictCondition

KINDS = ("rubric", "decision_table")


@dataclass(frozen=True)
class Uses:
    """How much was opened with a file."""

    running: int = 0
    closed: int = 0


@dataclass(frozen=True)
class Judged:
    """A published verdict as far as it can be weighed anew."""

    number: int
    tool: str
    slug: str
    evaluation_id: int
    offices: Sequence[str]
    decided_at: datetime
    assessment: Mapping[str, Any]
    """As it was; see services/decisions/decision.py."""
    conditions: tuple[Condition, ...]


def judges(session: Session) -> tuple[dict[str, str], frozenset[str]]:
    """Content hash -> name and version, `standard-1`, of every rubric; and the hashes of what is in force."""
    query = columns(col(RubricFile.content_hash), col(RubricFile.name), col(RubricFile.version))
    rubrics = session.connection().execute(query.where(col(RubricFile.kind) == "rubric"))
    in_force = session.connection().scalars(columns(col(InForce.content_hash)))
    return {content_hash: f"{name}-{version}" for content_hash, name, version in rubrics}, frozenset(in_force)


def get(session: Session, content_hash: str) -> RubricFile:
    """Raises NotFound."""
    found = session.get(RubricFile, content_hash)
    if found is None:
        raise NotFound("That rubric is not stored here.")
    return found


def get_numbered(session: Session, number: int) -> RubricFile:
    """Raises NotFound."""
    found = session.exec(select(RubricFile).where(RubricFile.number == number)).first()
    if found is None:
        raise NotFound(f"There is no rubric file {number}. See the list of rubrics.")
    return found


def find_version(session: Session, kind: str, name: str, version: int) -> RubricFile | None:
    return session.exec(
        select(RubricFile).where(
            RubricFile.kind == kind, RubricFile.name == name, RubricFile.version == version
        )
    ).first()


def next_number(session: Session) -> int:
    return (session.exec(select(func.max(RubricFile.number))).one() or 0) + 1


def in_force(session: Session, kind: str) -> RubricFile:
    """The file with which new evaluations are opened. Raises NotFound where none was ever loaded."""
    found = session.exec(
        select(RubricFile)
        .join(InForce, col(InForce.content_hash) == RubricFile.content_hash)
        .where(InForce.kind == kind)
    ).first()
    if found is None:
        raise NotFound("No rubric is loaded yet. Start the registry once, or run `registry doctor`.")
    return found


def switches(session: Session) -> dict[str, InForce]:
    """Kind -> what is in force of it and since when."""
    return {row.kind: row for row in session.exec(select(InForce))}


def all_files(session: Session) -> list[RubricFile]:
    """Rubrics first, of each name the highest version first."""
    return list(
        session.exec(
            select(RubricFile).order_by(
                col(RubricFile.kind).desc(), RubricFile.name, col(RubricFile.version).desc()
            )
        )
    )


def uses(session: Session) -> dict[str, Uses]:
    """Content hash -> how many evaluations were opened with it."""
    running: Counter[str] = Counter()
    closed: Counter[str] = Counter()
    for column in (col(Evaluation.rubric_hash), col(Evaluation.table_hash)):
        query = columns(column, col(Evaluation.state), func.count()).group_by(column, col(Evaluation.state))
        for content_hash, state, count in session.execute(query):
            (closed if state in CLOSED else running)[content_hash] += count
    return {each: Uses(running[each], closed[each]) for each in {*running, *closed}}


def judged(session: Session, *, now: datetime, limit: int) -> list[Judged]:
    """The newest published verdicts that came out of an evaluation, newest first, in two queries."""
    query = (
        columns(
            col(Verdict.id),
            col(Verdict.number),
            col(Tool.name),
            col(Tool.slug),
            col(Verdict.evaluation_id),
            col(Verdict.offices),
            col(Verdict.decided_at),
            col(Verdict.assessment),
        )
        .join(Tool, col(Tool.id) == Verdict.tool_id)
        .where(
            col(Verdict.evaluation_id).is_not(None),
            col(Verdict.undone_at).is_(None),
            col(Verdict.published_at) <= now,
        )
        .order_by(col(Verdict.number).desc())
        .limit(limit)
    )
    rows = [row for row in session.execute(query) if row.assessment]
    conditions = _conditions(session, [row.id for row in rows])
    return [
        Judged(
            number=row.number,
            tool=row.name,
            slug=row.slug,
            evaluation_id=row.evaluation_id,
            offices=row.offices,
            decided_at=row.decided_at,
            assessment=row.assessment,
            conditions=conditions.get(row.id, ()),
        )
        for row in rows
    ]


def count_judged(session: Session, *, now: datetime) -> int:
    query = select(func.count()).where(
        col(Verdict.evaluation_id).is_not(None),
        col(Verdict.undone_at).is_(None),
        col(Verdict.published_at) <= now,
    )
    return session.exec(query).one()


def _conditions(session: Session, verdict_ids: Iterable[int]) -> dict[int, tuple[Condition, ...]]:
    found: dict[int, list[Condition]] = defaultdict(list)
    query = (
        select(VerdictCondition)
        .where(col(VerdictCondition.verdict_id).in_(list(verdict_ids)))
        .order_by(col(VerdictCondition.verdict_id), col(VerdictCondition.position))
    )
    for row in session.exec(query):
        found[row.verdict_id].append(as_condition(row))
    return {verdict_id: tuple(each) for verdict_id, each in found.items()}
