"""Writes what an import has planned: tools, aliases, offices, verdicts and all that hangs on them, one event a row."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any
from uuid import uuid4

from sqlmodel import Session

from registry.services.lists.import_rows import PlannedVerdict
from registry.services.people.acting import Actor, event_of, record, record_all
from registry.services.verdicts.announcing import announce
from registry.store import tables, verdicts
from registry.store.columns import id_of
from registry.store.conditions import rows_of
from registry.store.engine import reserve_ids, write_all
from registry.store.tables import Alias, AliasKind, Office, Supersession, Tool, VerdictCondition

DESCRIBED = ("homepage", "vendor", "category", "description", "guidance")
"""What a list tells of a tool beside its name."""


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
    zone: tzinfo,
    by: Actor,
    now: datetime,
) -> None:
    _store_offices(session, new_verdicts, known_offices, by, now)
    for new, tool_id in zip(new_tools, reserve_ids(session, Tool, len(new_tools)), strict=True):
        new.tool.id = tool_id
    write_all(session, Tool, [_tool(new.tool) for new in new_tools])
    aliases = [
        {"tool_id": new.tool.id, "kind": kind, "text": text, "key": key}
        for new in new_tools
        for kind, text, key in new.aliases
    ]
    write_all(session, Alias, aliases)
    ids = reserve_ids(session, tables.Verdict, len(new_verdicts))
    write_all(
        session,
        tables.Verdict,
        [_verdict(new, verdict_id, now) for new, verdict_id in zip(new_verdicts, ids, strict=True)],
    )
    conditions = [
        row.model_dump(exclude={"id"})
        for new, verdict_id in zip(new_verdicts, ids, strict=True)
        for row in rows_of(verdict_id, new.planned.conditions)
    ]
    write_all(session, VerdictCondition, conditions)
    replaced = _store_supersessions(session, new_verdicts, ids)
    record_all(session, [*_listed(new_tools, by, now), *_decided(new_verdicts, ids, by, now)])
    announce(session, {*ids, *replaced}, zone=zone, now=now, as_past=True)


def _listed(new_tools: Sequence[NewTool], by: Actor, now: datetime) -> Iterator[dict[str, Any]]:
    for new in new_tools:
        after = {"slug": new.tool.slug, "name": new.tool.name, "row": new.row}
        yield event_of("tool.imported", ("tool", new.tool.id), by=by, now=now, after=after)


def _decided(
    new_verdicts: Sequence[NewVerdict], ids: Sequence[int], by: Actor, now: datetime
) -> Iterator[dict[str, Any]]:
    for new, verdict_id in zip(new_verdicts, ids, strict=True):
        after = {
            "number": new.number,
            "tool": new.tool.slug,
            "outcome": new.planned.outcome.value,
            "imported": True,
            "row": new.row,
        }
        yield event_of("verdict.published", ("verdict", verdict_id), by=by, now=now, after=after)
    for new, verdict_id in zip(new_verdicts, ids, strict=True):
        yield from _befell(new, verdict_id, by, now)


def _store_offices(
    session: Session, new_verdicts: Sequence[NewVerdict], known: Collection[str], by: Actor, now: datetime
) -> None:
    for code in sorted({code for new in new_verdicts for code in new.planned.offices} - set(known)):
        office = Office(code=code, name=code)
        session.add(office)
        session.flush()
        record(session, "office.added", ("office", office.id), by=by, now=now, after={"code": code})


def _tool(tool: Tool) -> dict[str, Any]:
    return {name: getattr(tool, name) for name in ("id", "slug", "name", "created_at", *DESCRIBED)}


def _verdict(new: NewVerdict, verdict_id: int, now: datetime) -> dict[str, Any]:
    planned, texts = new.planned, new.planned.texts
    decided_at = planned.decided_at or now
    return {
        "id": verdict_id,
        "number": new.number,
        "uid": str(uuid4()),
        "tool_id": new.tool.id,
        "outcome": planned.outcome,
        "edition": planned.edition,
        "versions": texts["versions"],
        "deployment": texts["deployment"],
        "data_ceiling": planned.data_ceiling,
        "accounts": sorted(planned.accounts),
        "offices": sorted(planned.offices),
        "audience": sorted(planned.audience),
        "rationale": texts["rationale"],
        "reason_code": texts["reason_code"],
        "citation": texts["citation"],
        "alternatives": new.alternatives,
        "pilot": dict(planned.pilot),
        "assessment": {},
        "decided_by": planned.decided_by,
        "decided_at": decided_at,
        "published_at": decided_at,
        "starts_at": planned.starts_at or decided_at,
        "valid_until": planned.valid_until,
        "imported": True,
        "reference": texts["reference"],
        "notes": list(planned.recorded),
    }


def _store_supersessions(
    session: Session, new_verdicts: Sequence[NewVerdict], ids: Sequence[int]
) -> frozenset[int]:
    """Gives the ids of those that are superseded."""
    wanted = {number for new in new_verdicts for number in new.supersedes}
    by_number = {row.number: id_of(row) for row in verdicts.by_numbers(session, wanted)}
    by_number |= {new.number: verdict_id for new, verdict_id in zip(new_verdicts, ids, strict=True)}
    found = [
        {"verdict_id": verdict_id, "superseded_id": by_number[number]}
        for new, verdict_id in zip(new_verdicts, ids, strict=True)
        for number in dict.fromkeys(new.supersedes)
    ]
    write_all(session, Supersession, found)
    return frozenset(each["superseded_id"] for each in found)


def _befell(new: NewVerdict, verdict_id: int, by: Actor, now: datetime) -> Iterator[dict[str, Any]]:
    """What befell it where it comes from: the event bears this act's moment, and tells the one of then."""
    for mark in new.planned.marks:
        after = {
            "number": new.number,
            "at": mark.at.isoformat(),
            "by": mark.by,
            "reason": mark.reason,
            "replacement": mark.replacement,
            "effective_on": mark.effective_on and mark.effective_on.isoformat(),
            "details": dict(mark.details),
            "imported": True,
        }
        yield event_of(f"verdict.{mark.kind.value}", ("verdict", verdict_id), by=by, now=now, after=after)
