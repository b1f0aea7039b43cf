"""Writes what an import has planned: tools, aliases, offices, verdicts and all that hangs on them, one event a row."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from sqlmodel import Session

from registry.services.lists.import_rows import PlannedVerdict
from registry.services.people.acting import Actor, record
from registry.store import tables, verdicts
from registry.store.columns import id_of
from registry.store.conditions import rows_of
from registry.store.tables import Alias, AliasKind, Office, Supersession, Tool


@dataclass
class NewTool:
    row: int
    tool: Tool
    whole: bool
    """Whether its aliases are all that there are to be."""
    aliases: list[tuple[AliasKind, str, str]] = field(default_factory=list)
    """Kind, text and key."""


@dataclass
class NewVerdict:
    row: int
    tool: Tool
    planned: PlannedVerdict
    number: int
    """0 until one is given."""
    alternatives: list[str] = field(default_factory=list)
    supersedes: list[int] = field(default_factory=list)


def store(
    session: Session,
    new_tools: Sequence[NewTool],
    new_verdicts: Sequence[NewVerdict],
    *,
    known_offices: Collection[str],
    by: Actor,
    now: datetime,
) -> None:
    _store_offices(session, new_verdicts, known_offices, by, now)
    session.add_all(new.tool for new in new_tools)
    session.flush()
    for made in new_tools:
        tool_id = id_of(made.tool)
        session.add_all(
            Alias(tool_id=tool_id, kind=kind, text=text, key=key) for kind, text, key in made.aliases
        )
        after = {"slug": made.tool.slug, "name": made.tool.name, "row": made.row}
        record(session, "tool.imported", ("tool", tool_id), by=by, now=now, after=after)
    rows = [_verdict(new, now) for new in new_verdicts]
    session.add_all(rows)
    session.flush()
    for new, row in zip(new_verdicts, rows, strict=True):
        session.add_all(rows_of(id_of(row), new.planned.conditions))
        after = {
            "number": row.number,
            "tool": new.tool.slug,
            "outcome": row.outcome.value,
            "imported": True,
            "row": new.row,
        }
        record(session, "verdict.published", ("verdict", row.id), by=by, now=now, after=after)
    _store_supersessions(session, new_verdicts, rows)
    for new, row in zip(new_verdicts, rows, strict=True):
        _befall(session, new, row, by, now)
    session.flush()


def _store_offices(
    session: Session, new_verdicts: Sequence[NewVerdict], known: Collection[str], by: Actor, now: datetime
) -> None:
    for code in sorted({code for new in new_verdicts for code in new.planned.offices} - set(known)):
        office = Office(code=code, name=code)
        session.add(office)
        session.flush()
        record(session, "office.added", ("office", office.id), by=by, now=now, after={"code": code})


def _verdict(new: NewVerdict, now: datetime) -> tables.Verdict:
    planned, texts = new.planned, new.planned.texts
    decided_at = planned.decided_at or now
    return tables.Verdict(
        number=new.number,
        uid=str(uuid4()),
        tool_id=id_of(new.tool),
        outcome=planned.outcome,
        edition=planned.edition,
        versions=texts["versions"],
        deployment=texts["deployment"],
        data_ceiling=planned.data_ceiling,
        accounts=sorted(planned.accounts),
        offices=sorted(planned.offices),
        audience=sorted(planned.audience),
        rationale=texts["rationale"],
        reason_code=texts["reason_code"],
        citation=texts["citation"],
        alternatives=new.alternatives,
        pilot=dict(planned.pilot),
        decided_by=planned.decided_by,
        decided_at=decided_at,
        published_at=decided_at,
        starts_at=planned.starts_at or decided_at,
        valid_until=planned.valid_until,
        imported=True,
        reference=texts["reference"],
        notes=list(planned.recorded),
    )


def _store_supersessions(
    session: Session, new_verdicts: Sequence[NewVerdict], rows: Sequence[tables.Verdict]
) -> None:
    wanted = {number for new in new_verdicts for number in new.supersedes}
    by_number = {row.number: id_of(row) for row in (*rows, *verdicts.by_numbers(session, wanted))}
    session.add_all(
        Supersession(verdict_id=id_of(row), superseded_id=by_number[number])
        for new, row in zip(new_verdicts, rows, strict=True)
        for number in dict.fromkeys(new.supersedes)
    )


def _befall(session: Session, new: NewVerdict, row: tables.Verdict, by: Actor, now: datetime) -> None:
    """What befell it where it comes from: the event bears this act's moment, and tells the one of then."""
    for mark in new.planned.marks:
        after = {
            "number": row.number,
            "at": mark.at.isoformat(),
            "by": mark.by,
            "reason": mark.reason,
            "replacement": mark.replacement,
            "effective_on": mark.effective_on and mark.effective_on.isoformat(),
            "details": dict(mark.details),
            "imported": True,
        }
        record(session, f"verdict.{mark.kind.value}", ("verdict", row.id), by=by, now=now, after=after)
