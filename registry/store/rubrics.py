"""Reads of the stored rubric and decision table files."""

from sqlmodel import Session, col, select

from registry.domain.errors import NotFound
from registry.store.tables import RubricFile


def get(session: Session, content_hash: str) -> RubricFile:
    """Raises NotFound."""
    found = session.get(RubricFile, content_hash)
    if found is None:
        raise NotFound("That rubric is not stored here.")
    return found


def find_version(session: Session, kind: str, name: str, version: int) -> RubricFile | None:
    return session.exec(
        select(RubricFile).where(
            RubricFile.kind == kind, RubricFile.name == name, RubricFile.version == version
        )
    ).first()


def newest(session: Session, kind: str) -> RubricFile:
    """The highest version of `rubric` or `decision_table`. Raises NotFound where none was ever loaded."""
    found = session.exec(
        select(RubricFile)
        .where(RubricFile.kind == kind)
        .order_by(col(RubricFile.version).desc(), col(RubricFile.loaded_at).desc())
    ).first()
    if found is None:
        raise NotFound("No rubric is loaded yet. Start the registry once, or run `registry doctor`.")
    return found


def all_files(session: Session) -> list[RubricFile]:
    return list(
        session.exec(
            select(RubricFile).order_by(RubricFile.kind, RubricFile.name, col(RubricFile.version).desc())
        )
    )
