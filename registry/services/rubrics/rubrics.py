"""The stored rubrics and decision tables: storing one, which of them are in force, and switching another one on."""

from datetime import datetime
from functools import lru_cache

from sqlmodel import Session

from registry.domain.decision_table import DecisionTable, parse_decision_table
from registry.domain.errors import RubricInvalid, RuleBroken, StaleVersion
from registry.domain.rubric import Rubric, parse_rubric
from registry.domain.values import dataclass
from registry.services.people.acting import Actor, record
from registry.store import offices
from registry.store import rubrics as store
from registry.store.engine import serialise
from registry.store.tables import InForce, RubricFile

MAX_BYTES = 200_000
_rubrics: dict[str, Rubric] = {}
_tables: dict[str, DecisionTable] = {}
KIND_WORDS = {"rubric": "rubric", "decision_table": "decision table"}


@dataclass(frozen=True)
class Parsed:
    """A file that can be used. Files are told apart by their first table: `[[rows]]` makes a decision table."""

    kind: str
    value: Rubric | DecisionTable
    body: bytes


def parse(body: bytes) -> Parsed:
    """Raises RubricInvalid, naming the table and the key, or the two cells."""
    if len(body) > MAX_BYTES:
        raise RubricInvalid(f"The file is longer than {MAX_BYTES:,} bytes.")
    if b"[[rows]]" in body:
        return Parsed("decision_table", parse_decision_table(body), body)
    return Parsed("rubric", parse_rubric(body), body)


def current(session: Session) -> tuple[Rubric, DecisionTable]:
    """The rubric and the decision table in force, with which new evaluations are opened. Raises NotFound."""
    return (
        as_rubric(store.in_force(session, "rubric")),
        as_table(store.in_force(session, "decision_table")),
    )


def rubric(session: Session, content_hash: str) -> Rubric:
    """A hash names one content for ever, so that the database is asked once. Raises NotFound."""
    if content_hash not in _rubrics:
        _rubrics[content_hash] = as_rubric(store.get(session, content_hash))
    return _rubrics[content_hash]


def decision_table(session: Session, content_hash: str) -> DecisionTable:
    """As `rubric`. Raises NotFound."""
    if content_hash not in _tables:
        _tables[content_hash] = as_table(store.get(session, content_hash))
    return _tables[content_hash]


def as_rubric(file: RubricFile) -> Rubric:
    return _rubric(file.body)


def as_table(file: RubricFile) -> DecisionTable:
    return _table(file.body)


def title_of(file: RubricFile) -> str:
    """Such as “Technology rubric, version 2”; a decision table has no title of its own."""
    if file.kind == "rubric":
        return as_rubric(file).title
    return f"Decision table “{file.name}”, version {file.version}"


def refusal(session: Session, parsed: Parsed) -> str:
    """Why a file cannot be stored beside those that are; empty where it can, or is stored already."""
    known = store.find_version(session, parsed.kind, parsed.value.name, parsed.value.version)
    if known is None or known.content_hash == parsed.value.content_hash:
        return ""
    return (
        f"version {parsed.value.version} is stored already with other content, and is never edited. "
        f"Give the changed file the version {parsed.value.version + 1}."
    )


def store_file(session: Session, parsed: Parsed, *, origin: str, by: Actor, now: datetime) -> RubricFile:
    """Keep a file whole, not switched on; one that is stored already is given back as it is.

    `origin` is the file's name, or says how else it came. Raises RubricInvalid for other content under a version
    that is stored.
    """
    serialise(session, "rubric")
    known = session.get(RubricFile, parsed.value.content_hash)
    if known is not None:
        return known
    refused = refusal(session, parsed)
    if refused:
        raise RubricInvalid(f"{refused[0].upper()}{refused[1:]}")
    row = RubricFile(
        content_hash=parsed.value.content_hash,
        number=store.next_number(session),
        kind=parsed.kind,
        name=parsed.value.name,
        version=parsed.value.version,
        body=parsed.body.decode(),
        loaded_at=now,
    )
    session.add(row)
    session.flush()
    after = {"kind": row.kind, "name": row.name, "version": row.version, "from": origin}
    record(session, "rubric.stored", ("rubric", row.number), by=by, now=now, after=after)
    return row


def switch_on(session: Session, number: int, *, version: int | None, by: Actor, now: datetime) -> RubricFile:
    """From now on new evaluations are opened with this file; those under way keep theirs.

    `version` is of what was in force when the page was read, None where any will do. Raises NotFound, StaleVersion,
    and RuleBroken where it is in force already or an office has no outcomes for it yet.
    """
    serialise(session, "rubric")
    file = store.get_numbered(session, number)
    standing = session.get(InForce, file.kind)
    if standing is not None:
        session.refresh(standing)
        if version is not None and version != standing.version:
            raise StaleVersion(
                f"Another {KIND_WORDS[file.kind]} was switched on meanwhile. Compare again, then switch on."
            )
        if standing.content_hash == file.content_hash:
            raise RuleBroken(f"{title_of(file)} is in force already.")
    lacking = unprepared(session, file)
    if lacking:
        raise RuleBroken(
            f"{', '.join(lacking)} decides by outcomes of its own and has none for this decision table yet. "
            "Set them on the page of the office first."
        )
    before = store.get(session, standing.content_hash) if standing is not None else None
    if standing is None:
        standing = InForce(kind=file.kind, content_hash=file.content_hash, since=now)
        session.add(standing)
    else:
        standing.content_hash, standing.since = file.content_hash, now
        standing.version += 1
    session.flush()
    record(
        session,
        "rubric.switched_on",
        ("rubric", file.number),
        by=by,
        now=now,
        before={"name": before.name, "version": before.version} if before else None,
        after={"kind": file.kind, "name": file.name, "version": file.version},
    )
    return file


def unprepared(session: Session, file: RubricFile) -> list[str]:
    """Names of the offices with outcomes of their own that have none for this decision table yet."""
    standing = session.get(InForce, file.kind)
    if file.kind != "decision_table" or standing is None:
        return []
    own = {code for code, each in offices.holding(session, standing.content_hash).items() if each.outcomes}
    ready = offices.holding(session, file.content_hash)
    return [each.name for each in offices.all_offices(session) if each.code in own - ready.keys()]


@lru_cache(maxsize=64)
def _rubric(body: str) -> Rubric:
    return parse_rubric(body.encode())


@lru_cache(maxsize=64)
def _table(body: str) -> DecisionTable:
    return parse_decision_table(body.encode())
