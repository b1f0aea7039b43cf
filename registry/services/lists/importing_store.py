"""Writes what an import has planned: tools, aliases, offices, verdicts and all that hangs on them, one event a row.

Some thousand rows at a time, so that a long list is never held as rows, within the one transaction of the caller.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime, tzinfo
from itertools import islice
from typing import Any, Protocol, TypeVar
from uuid import uuid4

from sqlmodel import Session

from registry.domain.values import dataclass
from registry.services.lists.import_rows import PlannedVerdict
from registry.services.lists.spool import Spool
from registry.services.people.acting import Actor, event_of, record, record_all
from registry.services.verdicts import content
from registry.services.verdicts.announcing import AT_ONCE, announce
from registry.store import tables, verdicts
from registry.store.columns import id_of
from registry.store.conditions import values_of
from registry.store.engine import reserve_ids, write_all
from registry.store.tables import Alias, AliasKind, Office, Supersession, Tool, ToolTag, VerdictCondition

DESCRIBED = ("homepage", "vendor", "category", "description", "guidance")
"""What a list tells of a tool beside its name."""
PART = 2_000
"""Rows of one table that are made and written at one go."""
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Counted(Protocol[T_co]):
    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[T_co]: ...


class Track(Protocol):
    """Hands on what it is given, one by one, and tells somebody how far that is."""

    def __call__(self, items: Counted[T], what: str, /) -> Iterable[T]: ...


@dataclass(slots=True, eq=False)
class ListedTool:
    """A tool that is here, or that the list adds."""

    slug: str
    name: str
    homepage: str
    vendor: str
    category: str
    description: str
    guidance: str
    tags: tuple[str, ...] = ()
    id: int = 0
    """0 until it is stored."""
    row: int = 0
    """Of the list where it is new; 0 of one that is here."""
    whole: bool = False
    """Whether its aliases are all that there are to be."""


@dataclass(slots=True, eq=False)
class NewVerdict:
    row: int
    tool: ListedTool
    number: int
    """0 until one is given."""
    decided_at: datetime | None
    supersedes: tuple[int, ...]
    """Numbers, at first as the list says them."""


@dataclass
class Additions:
    """What a list adds."""

    alternatives: Callable[[Sequence[str]], list[str]]
    """Names or slugs, as the list says them, to slugs where there are such tools."""
    tools: list[ListedTool] = field(default_factory=list)
    aliases: Spool[tuple[str, AliasKind, str, str]] = field(default_factory=Spool)
    """The tool's slug, kind, text and key."""
    verdicts: list[NewVerdict] = field(default_factory=list)
    planned: Spool[PlannedVerdict] = field(default_factory=Spool)
    """What each of the verdicts says, in their order."""
    offices: set[str] = field(default_factory=set)


def store(
    session: Session,
    found: Additions,
    *,
    zone: tzinfo,
    by: Actor,
    now: datetime,
    track: Track,
) -> None:
    _store_offices(session, found.offices, by, now)
    _store_tools(session, track(found.tools, "Writing the tools"), by, now, count=len(found.tools))
    slugs = {tool.slug: tool.id for tool in found.tools}
    for part in _parts(track(found.aliases, "Writing their names")):
        rows = [
            {"tool_id": slugs[of], "kind": kind, "text": text, "key": key} for of, kind, text, key in part
        ]
        write_all(session, Alias, rows)
    ids = reserve_ids(session, tables.Verdict, len(found.verdicts))
    _store_verdicts(session, found, ids, by, now, track)
    replaced = _store_supersessions(session, found.verdicts, ids)
    for some in _parts(track(sorted({*ids, *replaced}), "Writing the notices"), AT_ONCE):
        announce(session, some, zone=zone, now=now, as_past=True)


def _parts(items: Iterable[T], size: int | None = None) -> Iterator[list[T]]:
    each = iter(items)
    while part := list(islice(each, size or PART)):
        yield part


def _store_offices(session: Session, codes: Collection[str], by: Actor, now: datetime) -> None:
    for code in sorted(codes):
        office = Office(code=code, name=code)
        session.add(office)
        session.flush()
        record(session, "office.added", ("office", office.id), by=by, now=now, after={"code": code})


def _store_tools(
    session: Session, new: Iterable[ListedTool], by: Actor, now: datetime, *, count: int
) -> None:
    for part in _parts(zip(new, reserve_ids(session, Tool, count), strict=True)):
        for tool, tool_id in part:
            tool.id = tool_id
        write_all(session, Tool, [_tool(tool, now) for tool, _ in part])
        tagged = [{"tool_id": tool.id, "tag": tag} for tool, _ in part for tag in tool.tags]
        write_all(session, ToolTag, tagged)
        record_all(session, [_listed(tool, by, now) for tool, _ in part])


def _tool(tool: ListedTool, now: datetime) -> dict[str, Any]:
    told = {name: getattr(tool, name) for name in ("id", "slug", "name", *DESCRIBED)}
    return {**told, "created_at": now}


def _listed(tool: ListedTool, by: Actor, now: datetime) -> dict[str, Any]:
    after: dict[str, Any] = {"slug": tool.slug, "name": tool.name, "row": tool.row}
    if tool.tags:
        after["tags"] = list(tool.tags)
    return event_of("tool.imported", ("tool", tool.id), by=by, now=now, after=after)


def _store_verdicts(
    session: Session, found: Additions, ids: Sequence[int], by: Actor, now: datetime, track: Track
) -> None:
    befell: Spool[dict[str, Any]] = Spool()
    told = zip(track(found.verdicts, "Writing the verdicts"), found.planned, ids, strict=True)
    for part in _parts(told):
        rows = [_verdict(new, planned, of, found.alternatives, now) for new, planned, of in part]
        write_all(session, tables.Verdict, rows)
        conditions = [values_of(of, planned.conditions) for _, planned, of in part]
        write_all(session, VerdictCondition, [each for of_one in conditions for each in of_one])
        said = [
            content.hashes_of(*each) | {"settled": content.settled(each[1])}
            for each in zip(rows, conditions, strict=True)
        ]
        record_all(
            session, [_decided(*each, hashed, by, now) for each, hashed in zip(part, said, strict=True)]
        )
        for new, planned, of in part:
            for event in _befell(new, planned, of, by, now):
                befell.add(event)
    for events in _parts(befell):
        record_all(session, events)


def _decided(
    new: NewVerdict,
    planned: PlannedVerdict,
    verdict_id: int,
    said: Mapping[str, Any],
    by: Actor,
    now: datetime,
) -> dict[str, Any]:
    after = {
        "number": new.number,
        **said,
        "supersedes": list(dict.fromkeys(new.supersedes)),
        "tool": new.tool.slug,
        "outcome": planned.outcome.value,
        "imported": True,
        "row": new.row,
    }
    return event_of("verdict.published", ("verdict", verdict_id), by=by, now=now, after=after)


def _verdict(
    new: NewVerdict,
    planned: PlannedVerdict,
    verdict_id: int,
    slugs_of: Callable[[Sequence[str]], list[str]],
    now: datetime,
) -> dict[str, Any]:
    texts = planned.texts
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
        "alternatives": slugs_of(planned.alternatives),
        "pilot": dict(planned.pilot),
        "assessment": {},
        "decided_by": planned.decided_by,
        "decided_for": planned.decided_for,
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
    naming = [(new, of) for new, of in zip(new_verdicts, ids, strict=True) if new.supersedes]
    by_number = {new.number: of for new, of in zip(new_verdicts, ids, strict=True)}
    elsewhere = {number for new, _ in naming for number in new.supersedes} - by_number.keys()
    for part in _parts(sorted(elsewhere)):
        by_number |= {row.number: id_of(row) for row in verdicts.by_numbers(session, part)}
    found = [
        {"verdict_id": of, "superseded_id": by_number[number]}
        for new, of in naming
        for number in dict.fromkeys(new.supersedes)
    ]
    write_all(session, Supersession, found)
    return frozenset(each["superseded_id"] for each in found)


def _befell(
    new: NewVerdict, planned: PlannedVerdict, verdict_id: int, by: Actor, now: datetime
) -> Iterator[dict[str, Any]]:
    """What befell it where it comes from: the event bears this act's moment, and tells the one of then."""
    for mark in planned.marks:
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
