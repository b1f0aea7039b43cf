"""What is published of a verdict: where it stands, and all of it as a value for machines."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlmodel import Session

from registry.domain.lookup import House
from registry.domain.outcome import MEANINGS
from registry.domain.validity import STATE_LABELS, MarkKind, Ruling, Validity, ValidityState, validity
from registry.domain.values import dataclass
from registry.store import rulings, tables, tools
from registry.store.profiles import Profile
from registry.store.rulings import Decided, Named, Recorded
from registry.store.tables import Tool

if TYPE_CHECKING:
    from registry.store.plain import Source

HIDDEN = frozenset({ValidityState.SUPERSEDED, ValidityState.REVOKED})
"""Not shown unless asked for."""

ADOPTED = ("registry", "number", "url", "uid")
"""What is told of the verdict that another one took over."""


@dataclass(frozen=True)
class Published:
    row: tables.Verdict | Recorded
    tool: Tool | Profile
    ruling: Ruling
    validity: Validity

    @property
    def adopted(self) -> Mapping[str, Any] | None:
        """Whose verdict it took over; None for one of our own making."""
        return self.row.assessment.get("adopted")

    @property
    def label(self) -> str:
        """The outcome in words, with what has become of it where it no longer simply stands."""
        label = MEANINGS[self.row.outcome].label
        plain = (ValidityState.ACTIVE, ValidityState.REVIEW_DUE)
        return (
            label
            if self.validity.state in plain
            else f"{label} – {STATE_LABELS[self.validity.state].lower()}"
        )


@dataclass(frozen=True)
class Listed:
    """One of many, less how it was weighed."""

    row: Decided
    tool: Named
    ruling: Ruling
    validity: Validity
    adopted: Mapping[str, Any] | None


def published(
    session: Session, rows: Sequence[tables.Verdict], house: House, *, now: datetime
) -> list[Published]:
    return published_of(session, rows, tools.by_ids(session, {row.tool_id for row in rows}), house, now=now)


def published_of(
    source: "Source",
    rows: Sequence[tables.Verdict | Recorded],
    known: Mapping[int, Tool | Profile],
    house: House,
    *,
    now: datetime,
) -> list[Published]:
    """The same where their tools are known, by id."""
    slugs = {tool_id: tool.slug for tool_id, tool in known.items()}
    found = rulings.as_rulings(source, rows, slugs=slugs, now=now)
    return [
        Published(row, known[row.tool_id], ruling, validity(ruling, at=now, zone=house.zone))
        for row, ruling in zip(rows, found, strict=True)
    ]


def as_json(each: Published | Listed, *, base_url: str) -> dict[str, Any]:
    """The machine-readable verdict: what the API, feeds and exports hold."""
    row, tool = each.row, each.tool
    return {
        "number": row.number,
        "url": f"{base_url}/verdicts/{row.number}",
        "tool": {"slug": tool.slug, "name": tool.name, "url": f"{base_url}/tools/{tool.slug}"},
        "outcome": row.outcome.value,
        "validity": each.validity.state.value,
        "ends_on": each.validity.ends_on and each.validity.ends_on.isoformat(),
        "overdue": each.validity.overdue,
        "replacement": each.validity.replacement,
        "scope": {
            "edition": row.edition,
            "offices": row.offices,
            "versions": row.versions,
            "deployment": row.deployment,
            "data_ceiling": row.data_ceiling,
            "accounts": row.accounts,
            "audience": row.audience,
        },
        "conditions": [
            {
                "text": condition.text,
                "kind": condition.kind.value,
                "who": condition.duty and condition.duty.value,
                "check": condition.check and condition.check.value,
                "mitigates": sorted(condition.mitigates),
                "standing": condition.standing,
                "due_on": condition.due_on and condition.due_on.isoformat(),
                "met_on": condition.met_on and condition.met_on.isoformat(),
                "evidence": condition.evidence,
                "waived_reason": condition.waived_reason,
            }
            for condition in each.ruling.verdict.conditions
        ],
        "rationale": row.rationale,
        "reason_code": row.reason_code,
        "citation": row.citation,
        "alternatives": row.alternatives,
        "pilot": row.pilot or None,
        "pilot_result": pilot_result(each.ruling),
        "decided_by": row.decided_by,
        "decided_for": row.decided_for,
        "decided_at": row.decided_at.isoformat(),
        "valid_from": row.starts_at.isoformat(),
        "valid_until": row.valid_until and row.valid_until.isoformat(),
        "supersedes": list(each.ruling.verdict.supersedes),
        "imported": row.imported,
        "adopted_from": each.adopted and {name: each.adopted[name] for name in ADOPTED},
        "notes": row.notes,
    }


def pilot_result(ruling: Ruling) -> dict[str, Any] | None:
    """What a pilot came to, as it was last told; None where nobody told."""
    told = [mark for mark in ruling.marks if mark.kind is MarkKind.PILOT_RESULT]
    if not told:
        return None
    return {**told[-1].details, "note": told[-1].reason, "by": told[-1].by, "at": told[-1].at.isoformat()}
