"""Reads of the library of conditions, and where each of its wordings is used."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlmodel import Session, col, func, select

from registry.domain.errors import NotFound
from registry.domain.library import Wording
from registry.domain.values import dataclass
from registry.store.columns import id_of
from registry.store.standing import published
from registry.store.tables import LibraryCondition, LibraryWording, Tool, Verdict, VerdictCondition


@dataclass(frozen=True)
class Reusable:
    """A condition of the library with the wording that is offered, and in how many verdicts any wording stands."""

    row: LibraryCondition
    wording: LibraryWording
    used: int

    @property
    def retired(self) -> bool:
        return self.row.retired_at is not None


@dataclass(frozen=True)
class Use:
    """A published verdict that took a wording; `changed` where its words were altered there."""

    verdict: Verdict
    tool: Tool
    wording_number: int
    changed: bool


def get(session: Session, condition_id: int) -> LibraryCondition:
    row = session.get(LibraryCondition, condition_id)
    if row is None:
        raise NotFound(f"The library has no condition {condition_id}. See the list of conditions.")
    return row


def one(session: Session, condition_id: int, *, now: datetime) -> Reusable:
    row = get(session, condition_id)
    found = wordings(session, condition_id)
    return Reusable(row, found[0], _used(session, now)[condition_id])


def conditions(session: Session, *, now: datetime, retired: bool = False) -> list[Reusable]:
    """Those that are offered, or also those retired, the most used first; in three queries."""
    query = select(LibraryCondition)
    if not retired:
        query = query.where(col(LibraryCondition.retired_at).is_(None))
    rows = session.exec(query).all()
    newest = {
        each.condition_id: each
        for each in session.exec(select(LibraryWording).order_by(col(LibraryWording.number)))
    }
    used = _used(session, now)
    found = [Reusable(row, newest[id_of(row)], used[id_of(row)]) for row in rows]
    return sorted(found, key=lambda each: (each.retired, -each.used, each.row.id))


def wordings(session: Session, condition_id: int) -> Sequence[LibraryWording]:
    """Every wording it ever had, newest first."""
    return session.exec(
        select(LibraryWording)
        .where(LibraryWording.condition_id == condition_id)
        .order_by(col(LibraryWording.number).desc())
    ).all()


def wordings_by_id(session: Session, wording_ids: Iterable[int]) -> dict[int, LibraryWording]:
    wanted = set(wording_ids)
    query = select(LibraryWording).where(col(LibraryWording.id).in_(wanted))
    return {id_of(each): each for each in session.exec(query)} if wanted else {}


def uses(session: Session, condition_id: int, *, now: datetime) -> list[Use]:
    """The verdicts that have gone out and carry one of its wordings, newest first."""
    query = (
        select(Verdict, Tool, LibraryWording, VerdictCondition)
        .join(VerdictCondition, col(VerdictCondition.verdict_id) == col(Verdict.id))
        .join(LibraryWording, col(LibraryWording.id) == col(VerdictCondition.wording_id))
        .join(Tool, col(Tool.id) == col(Verdict.tool_id))
        .where(LibraryWording.condition_id == condition_id, *published(now))
        .order_by(col(Verdict.number).desc())
    )
    return [
        Use(verdict, tool, wording.number, condition.text != wording.text)
        for verdict, tool, wording, condition in session.exec(query)
    ]


def as_wording(row: LibraryWording) -> Wording:
    return Wording(
        text=row.text,
        kind=row.kind,
        duty=row.duty,
        check=row.checked,
        mitigates=frozenset(row.mitigates.split()),
        standing=row.standing,
        due_days=row.due_days,
    )


def _used(session: Session, now: datetime) -> Counter[int]:
    """Condition id -> in how many verdicts that have gone out."""
    query = (
        select(LibraryWording.condition_id, func.count(func.distinct(VerdictCondition.verdict_id)))
        .join(VerdictCondition, col(VerdictCondition.wording_id) == col(LibraryWording.id))
        .join(Verdict, col(Verdict.id) == col(VerdictCondition.verdict_id))
        .where(*published(now))
        .group_by(col(LibraryWording.condition_id))
    )
    return Counter(dict(session.exec(query).all()))
