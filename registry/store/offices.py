"""Reads of offices and of their own outcomes."""

from collections.abc import Collection, Mapping, Sequence

from sqlmodel import Session, col, func, select

from registry.domain.errors import NotFound
from registry.domain.outcome import Outcome
from registry.store import asked
from registry.store.asked import OfficeRule
from registry.store.columns import id_of
from registry.store.memo import remembered
from registry.store.tables import Office, OfficeColumn


def get(session: Session, code: str) -> Office:
    """Raises NotFound."""
    found = session.exec(select(Office).where(Office.code == code)).first()
    if found is None:
        raise NotFound(f"There is no office {code}. See the list of offices.")
    return found


@remembered(Office)
def all_offices(session: Session) -> Sequence[Office]:
    """By name."""
    return session.exec(select(Office).order_by(Office.name, Office.code)).all()


@remembered(Office)
def rules(session: Session) -> Sequence[OfficeRule]:
    """What answers need of each, by name; without the object layer."""
    return asked.offices(session)


def columns(session: Session, office_id: int) -> Sequence[OfficeColumn]:
    """Every column that an office ever had, the newest first."""
    return session.exec(
        select(OfficeColumn).where(OfficeColumn.office_id == office_id).order_by(col(OfficeColumn.id).desc())
    ).all()


def holding(session: Session, table_hash: str) -> dict[str, OfficeColumn]:
    """Office code -> the column that holds for one decision table; offices that never made one for it left out.

    A column with no outcomes says that the office takes the table's own.
    """
    newest = (
        select(func.max(OfficeColumn.id))
        .where(OfficeColumn.table_hash == table_hash)
        .group_by(col(OfficeColumn.office_id))
    )
    query = (
        select(Office.code, OfficeColumn)
        .join(Office, col(Office.id) == OfficeColumn.office_id)
        .where(col(OfficeColumn.id).in_(newest))
        .order_by(Office.code)
    )
    return dict(session.exec(query).all())


def next_number(session: Session, office: Office, table_hash: str) -> int:
    query = select(func.max(OfficeColumn.number)).where(
        OfficeColumn.office_id == id_of(office), OfficeColumn.table_hash == table_hash
    )
    return (session.exec(query).one() or 0) + 1


def by_ids(session: Session, ids: Collection[int]) -> Sequence[OfficeColumn]:
    if not ids:
        return []
    return session.exec(select(OfficeColumn).where(col(OfficeColumn.id).in_(set(ids)))).all()


def outcomes_of(column: OfficeColumn | None) -> Mapping[int, Outcome]:
    """Row number -> outcome."""
    if column is None:
        return {}
    return {int(row): Outcome(outcome) for row, outcome in column.outcomes.items()}
