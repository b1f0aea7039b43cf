"""Everything published as rows that an import takes: one a verdict, and one for each tool without any."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session

from registry.domain.condition import Condition
from registry.domain.identity import name_key
from registry.domain.validity import Mark, Ruling
from registry.services.lists.aliases import write_alias
from registry.services.lists.import_objects import plain
from registry.store import tables, tags, tools, verdicts
from registry.store.tables import AliasKind, Tool


def export_rows(session: Session, *, now: datetime) -> list[Mapping[str, Any]]:
    """By number, then the tools without a verdict by slug. What is still in its undo window is not published."""
    known = {tool.id: tool for tool in tools.every(session)}
    aliases: dict[int | None, list[str]] = {tool_id: [] for tool_id in known}
    for alias in tools.every_alias(session):
        if alias.kind is not AliasKind.NAME or alias.key != name_key(known[alias.tool_id].name):
            aliases[alias.tool_id].append(write_alias(alias))
    tagged = tags.of_tools(session)
    told = {
        tool_id: _tool(tool, sorted(aliases[tool_id]), tagged.get(tool_id or 0, ()))
        for tool_id, tool in known.items()
    }
    rows = sorted(verdicts.published(session, now=now), key=lambda row: row.number)
    rulings = verdicts.as_rulings(session, rows, now=now)
    decided = [
        {**told[row.tool_id], **_verdict(row, ruling)} for row, ruling in zip(rows, rulings, strict=True)
    ]
    bare = set(known) - {row.tool_id for row in rows}
    return [*decided, *sorted((told[tool_id] for tool_id in bare), key=lambda row: str(row["slug"]))]


def _tool(tool: Tool, aliases: list[str], tagged: Sequence[str]) -> dict[str, Any]:
    return {
        "name": tool.name,
        "slug": tool.slug,
        "homepage": tool.homepage,
        "aliases": aliases,
        "vendor": plain(tool.vendor),
        "category": plain(tool.category),
        "tags": list(tagged),
        "description": plain(tool.description),
        "guidance": plain(tool.guidance),
    }


def _verdict(row: tables.Verdict, ruling: Ruling) -> dict[str, Any]:
    verdict = ruling.verdict
    return {
        "outcome": row.outcome.value,
        "number": row.number,
        "conditions": [_condition(each) for each in verdict.conditions],
        "rationale": plain(row.rationale),
        "decided_at": _utc(row.decided_at),
        "decided_by": row.decided_by,
        "decided_for": row.decided_for,
        "valid_from": _utc(row.starts_at),
        "valid_until": row.valid_until.isoformat() if row.valid_until else "",
        "data_class": row.data_ceiling or "",
        "accounts": sorted(row.accounts),
        "offices": sorted(row.offices),
        "editions": [row.edition] if row.edition else [],
        "versions": plain(row.versions),
        "audience": sorted(row.audience),
        "deployment": plain(row.deployment),
        "reason_code": row.reason_code,
        "citation": plain(row.citation),
        "alternatives": row.alternatives,
        "pilot": {name: plain(text) for name, text in row.pilot.items()} or "",
        "supersedes": list(verdict.supersedes),
        "reference": plain(row.reference),
        "notes": row.notes,
        "marks": [_mark(each) for each in ruling.marks],
    }


def _condition(each: Condition) -> dict[str, Any]:
    return {
        "text": plain(each.text),
        "kind": each.kind.value,
        "who": each.duty and each.duty.value,
        "check": each.check and each.check.value,
        "mitigates": sorted(each.mitigates),
        "standing": each.standing,
        "due_on": each.due_on and each.due_on.isoformat(),
        "met_on": each.met_on and each.met_on.isoformat(),
        "evidence": plain(each.evidence),
        "waived_reason": plain(each.waived_reason),
    }


def _mark(each: Mark) -> dict[str, Any]:
    return {
        "kind": each.kind.value,
        "at": _utc(each.at),
        "by": each.by,
        "reason": each.reason,
        "replacement": each.replacement,
        "effective_on": each.effective_on and each.effective_on.isoformat(),
        "details": dict(each.details),
    }


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
