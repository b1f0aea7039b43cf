"""What other registries say of our tools, read for pages, answers and the API: evidence, never an answer of ours."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from registry.domain.outcome import MEANINGS
from registry.domain.outside import PLACED_LABELS, STANDS, Outside, Said, changes, read_outside, summary
from registry.domain.values import dataclass
from registry.services.outside.said import linked
from registry.store import asked, outside
from registry.store.columns import id_of
from registry.store.tables import Candidate, OutsideVerdict, Source, Tool


@dataclass(frozen=True)
class Piece:
    """One verdict of another registry, as it stands today."""

    row: OutsideVerdict
    registry: str
    source_id: int
    read_at: datetime | None
    """When its feed could be read for the last time."""
    outside: Outside
    today: date
    ours: bool = False
    """It took over a verdict of this very registry."""
    adopted_as: int | None = None
    """Number of the verdict of ours that took it over."""
    tool: Tool | None = None

    @property
    def id(self) -> int:
        return id_of(self.row)

    @property
    def stands(self) -> bool:
        return self.outside.state_on(self.today) in STANDS

    @property
    def label(self) -> str:
        return self.outside.label_on(self.today)

    @property
    def placed(self) -> str:
        """How it is known which tool it is about, in words."""
        return PLACED_LABELS[self.row.placed_by] if self.row.placed_by else ""

    @property
    def may_adopt(self) -> bool:
        return self.stands and not self.ours and self.outside.adopted_from is None


@dataclass(frozen=True)
class Evidence:
    """What others say of one tool: those that stand first, then what ended there, each the newest first."""

    pieces: Sequence[Piece] = ()
    sentence: str = ""
    """How many organisations decided what; empty where nothing of theirs stands."""

    @property
    def standing(self) -> list[Piece]:
        return [each for each in self.pieces if each.stands]

    @property
    def ended(self) -> list[Piece]:
        return [each for each in self.pieces if not each.stands]


@dataclass(frozen=True)
class Before:
    """What another registry said of a verdict before, and what it changed with its next word."""

    outside: Outside
    said_at: datetime
    changed: Sequence[str]


NOTHING = Evidence()


def on_tools(
    session: Session, tool_ids: Collection[int], *, today: date, now: datetime
) -> Mapping[int, Evidence]:
    """Tool id -> evidence, for those of which others said anything; three queries at most."""
    if not tool_ids:
        return {}
    told = outside.of_tools(session, tool_ids)
    every = pieces(session, [each for some in told.values() for each in some], today=today, now=now)
    return {
        tool_id: as_evidence([each for each in every if each.row.tool_id == tool_id], today)
        for tool_id in told
    }


def on_tool(session: Session, tool_id: int, *, today: date, now: datetime) -> Evidence:
    return on_tools(session, [tool_id], today=today, now=now).get(tool_id, NOTHING)


def on_candidate(session: Session, candidate: Candidate, *, now: datetime) -> Evidence:
    """What others decided on what a candidate proposes: made into it, or by its very name."""
    today = now.date()
    told = outside.of_candidate(session, candidate, candidate.name_key)
    return as_evidence(pieces(session, told, today=today, now=now), today)


def as_evidence(found: Sequence[Piece], today: date) -> Evidence:
    said = [Said(each.registry, each.outside, each.ours) for each in found]
    return Evidence(sorted(found, key=lambda each: not each.stands), summary(said, today))


def pieces(
    session: Session,
    told: Sequence[tuple[OutsideVerdict, Source]],
    *,
    today: date,
    now: datetime,
    tools: Mapping[int, Tool] | None = None,
) -> list[Piece]:
    """Rows as they read today, in their order."""
    read = [
        (row, source, linked(found, (source.url, source.answered_url)))
        for row, source in told
        if (found := read_outside(row.said)) is not None
    ]
    origins = {found.adopted_from["id"] for _, _, found in read if found.adopted_from}
    ours = asked.ours_among(session, origins)
    adopted = outside.adopted_as(session, [id_of(row) for row, _, _ in read], now=now) if read else {}
    return [
        Piece(
            row,
            source.name,
            id_of(source),
            source.succeeded_at,
            found,
            today,
            ours=found.adopted_from is not None and found.adopted_from["id"] in ours,
            adopted_as=adopted.get(id_of(row)),
            tool=(tools or {}).get(row.tool_id or 0),
        )
        for row, source, found in read
    ]


def history(session: Session, piece: Piece) -> list[Before]:
    """What it said before, the newest first, each with what came after it."""
    told, later = [], piece.outside
    for each in outside.revisions(session, piece.id):
        found = read_outside(each.said)
        if found is not None:
            told.append(Before(found, each.said_at, changes(found, later)))
            later = found
    return told


def as_json(piece: Piece) -> dict[str, Any]:
    """One piece of evidence as the API, the files and the command line give it."""
    told, row = piece.outside, piece.row
    return {
        "id": piece.id,
        "registry": piece.registry,
        "source": piece.source_id,
        "number": told.number,
        "url": told.url,
        "tool_name": told.tool_name,
        "tool": piece.tool.slug if piece.tool else None,
        "placed_by": row.placed_by.value if row.placed_by else None,
        "set_aside": row.set_aside_at is not None,
        "candidate": row.candidate_id,
        "outcome": told.outcome.value,
        "label": MEANINGS[told.outcome].label,
        "validity": told.state_on(piece.today).value,
        "stands": piece.stands,
        "scope": {
            "edition": told.scope.edition,
            "versions": told.scope.versions,
            "deployment": told.scope.deployment,
            "data_ceiling": told.scope.data_ceiling,
            "accounts": list(told.scope.accounts),
            "offices": list(told.scope.offices),
            "audience": list(told.scope.audience),
        },
        "conditions": [each.text for each in told.conditions],
        "more_conditions": told.more_conditions,
        "rationale": told.rationale,
        "reason": told.reason,
        "decided_by": told.decided_by,
        "decided_on": told.decided_on and told.decided_on.isoformat(),
        "ends_on": told.ends_on and told.ends_on.isoformat(),
        "adopted_from": (told.adopted_from or {}).get("registry") or None,
        "adopted_as": piece.adopted_as,
        "said_at": row.said_at.isoformat(),
        "changed_at": row.changed_at.isoformat(),
        "revision": row.revision,
        "version": row.version,
    }
