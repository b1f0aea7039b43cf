"""Rubric and decision table files: stored whole when first loaded, and read back by their content hash."""

from datetime import datetime
from functools import lru_cache
from pathlib import Path

from sqlmodel import Session

from registry.domain.decision_table import DecisionTable, parse_decision_table
from registry.domain.errors import RubricInvalid
from registry.domain.rubric import Rubric, parse_rubric
from registry.store import rubrics as store
from registry.store.tables import RubricFile

SUPPLIED = Path(__file__).parent.parent / "rubrics"


def load_files(session: Session, folder: Path | None, *, now: datetime) -> list[RubricFile]:
    """Store every rubric and decision table file of `folder` (None: those supplied) that is not stored yet.

    Files are told apart by their first table: `[[rows]]` makes a decision table. Raises RubricInvalid, naming the file,
    the table and the key; also where a changed file bears a version that is already stored. Nothing is stored then.
    """
    files = sorted((folder or SUPPLIED).glob("*.toml"))
    if not files:
        raise RubricInvalid(f"{folder} holds no rubric or decision table, no file that ends in .toml.")
    return [row for path in files if (row := _load(session, path, now=now)) is not None]


def current(session: Session) -> tuple[Rubric, DecisionTable]:
    """The newest rubric and decision table, with which new evaluations are opened."""
    return _rubric(store.newest(session, "rubric").body), _table(store.newest(session, "decision_table").body)


def rubric(session: Session, content_hash: str) -> Rubric:
    return _rubric(store.get(session, content_hash).body)


def decision_table(session: Session, content_hash: str) -> DecisionTable:
    return _table(store.get(session, content_hash).body)


def _load(session: Session, path: Path, *, now: datetime) -> RubricFile | None:
    body = path.read_bytes()
    kind = "decision_table" if b"[[rows]]" in body else "rubric"
    try:
        parsed: Rubric | DecisionTable = (
            parse_decision_table(body) if kind == "decision_table" else parse_rubric(body)
        )
    except RubricInvalid as error:
        raise RubricInvalid(f"{path.name}: {error.sentence}") from error
    if session.get(RubricFile, parsed.content_hash) is not None:
        return None
    if store.find_version(session, kind, parsed.name, parsed.version) is not None:
        raise RubricInvalid(
            f"{path.name}: version {parsed.version} is stored already with other content, and is never "
            f"edited. Give the changed file the version {parsed.version + 1}."
        )
    row = RubricFile(
        content_hash=parsed.content_hash,
        kind=kind,
        name=parsed.name,
        version=parsed.version,
        body=body.decode(),
        loaded_at=now,
    )
    session.add(row)
    session.flush()
    return row


@lru_cache(maxsize=32)
def _rubric(body: str) -> Rubric:
    return parse_rubric(body.encode())


@lru_cache(maxsize=32)
def _table(body: str) -> DecisionTable:
    return parse_decision_table(body.encode())
