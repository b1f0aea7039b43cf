"""Which of our tools another registry means: by package, page, web address or exact name, else a person says so.

It is the match of the answer. What two keys say differently, or a name against an address, is left to a person.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from registry.domain.errors import RuleBroken, StaleVersion
from registry.domain.outside import PlacedBy
from registry.services.answers.asking import read_query
from registry.services.answers.requests import candidate_for
from registry.services.people.acting import Actor, record
from registry.store import outside, reopenings, tools
from registry.store.columns import id_of
from registry.store.tables import Alias, AliasKind, Candidate, OutsideVerdict, Tool
from scrapers.links import host_of, registrable_domain
from scrapers.stated import HIDDEN

MARK = "outside_names"
AT_ONCE = 500
STRONG = {
    AliasKind.PURL: PlacedBy.PURL,
    AliasKind.PATH: PlacedBy.PATH,
    AliasKind.DOMAIN: PlacedBy.DOMAIN,
}
Key = tuple[AliasKind, str]


def place(session: Session, rows: Sequence[OutsideVerdict]) -> int:
    """Place those that certainly mean one of our tools; gives how many. Three queries at most."""
    keys = {id_of(row): _keys(row.said["tool"]) for row in rows}
    every = {key for each in keys.values() for some in each for key in some}
    aliases = {(each.kind, each.key): each for each in _known(session, every)}
    found = tools.by_ids(session, {each.tool_id for each in aliases.values()})
    placed = 0
    for row in rows:
        meant = _meant(keys[id_of(row)], row.said["tool"], aliases, found)
        if meant is not None:
            row.tool_id, row.placed_by = meant
            placed += 1
    session.flush()
    return placed


def news(session: Session) -> int | None:
    """Up to which name of a tool there are names that no waiting verdict was held against; None where all were."""
    newest = tools.newest_alias(session)
    return newest if newest > reopenings.read_up_to(session, MARK) else None


def place_waiting(session: Session, up_to: int) -> int:
    """Hold everything that nobody has placed against the names of our tools once more; gives how many it placed."""
    placed, after = 0, 0
    while rows := outside.waiting(session, after=after, limit=AT_ONCE):
        after = id_of(rows[-1])
        placed += _by_candidate(session, rows)
        placed += place(session, [row for row in rows if row.tool_id is None])
    reopenings.mark_read(session, MARK, up_to)
    return placed


def place_by_hand(
    session: Session, outside_id: int, slug: str, *, version: int | None = None, by: Actor, now: datetime
) -> OutsideVerdict:
    """Say which tool it is about, whatever was thought before. Raises NotFound, StaleVersion."""
    row = _current(session, outside_id, version)
    tool = tools.get(session, slug)
    before = row.tool_id
    row.tool_id, row.placed_by, row.set_aside_at = tool.id, PlacedBy.PERSON, None
    _keep(session, row, "outside.placed", by, now, before={"tool": before}, after={"tool": slug})
    return row


def set_aside(
    session: Session, outside_id: int, *, version: int | None = None, by: Actor, now: datetime
) -> OutsideVerdict:
    """Say that it is about none of our tools; it can be placed later all the same. Raises NotFound, StaleVersion."""
    row = _current(session, outside_id, version)
    if row.set_aside_at is not None:
        return row
    before = row.tool_id
    row.tool_id, row.placed_by, row.set_aside_at = None, None, now
    _keep(session, row, "outside.set_aside", by, now, before={"tool": before}, after={})
    return row


def make_candidate(
    session: Session, outside_id: int, *, version: int | None = None, by: Actor, now: datetime
) -> Candidate:
    """Have the tool that it speaks of looked at here: it joins the candidate that is the same, or makes one.

    Raises NotFound, StaleVersion, RuleBroken where it is on a tool of ours already.
    """
    row = _current(session, outside_id, version)
    if row.tool_id is not None:
        raise RuleBroken("It stands beside one of our tools already. Open that tool instead.")
    told = row.said["tool"]
    candidate = candidate_for(
        session, name=told["name"], homepage=told["homepage"], method="other_registry", by=by, now=now
    )
    row.candidate_id, row.set_aside_at = candidate.id, None
    if candidate.tool_id is not None:
        row.tool_id, row.placed_by = candidate.tool_id, PlacedBy.CANDIDATE
    _keep(session, row, "outside.proposed", by, now, before={}, after={"candidate": candidate.id})
    return candidate


def _current(session: Session, outside_id: int, version: int | None) -> OutsideVerdict:
    row = outside.get(session, outside_id)
    session.refresh(row, with_for_update=True)
    if version is not None and version != row.version:
        raise StaleVersion("It changed while you were looking. See what it says now, then choose.")
    return row


def _keep(
    session: Session,
    row: OutsideVerdict,
    action: str,
    by: Actor,
    now: datetime,
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    row.version += 1
    session.flush()
    told = {"registry": outside.source_of(session, row).name, "number": row.number, "name": row.tool_name}
    record(
        session, action, ("outside_verdict", row.id), by=by, now=now, before=before, after={**told, **after}
    )


def _by_candidate(session: Session, rows: Sequence[OutsideVerdict]) -> int:
    """Place those of which a person made a candidate that is a tool now."""
    owned = outside.tools_of_candidates(session, {row.candidate_id for row in rows if row.candidate_id})
    placed = 0
    for row in rows:
        if (tool_id := owned.get(row.candidate_id or 0)) is not None:
            row.tool_id, row.placed_by = tool_id, PlacedBy.CANDIDATE
            placed += 1
    return placed


def _keys(told: Mapping[str, Any]) -> list[list[Key]]:
    """For the home page, each identifier and the name: the keys by which a tool would be known, best first.

    A name with signs that nobody sees is none: it looks like one of ours and is another.
    """
    spellings = dict.fromkeys([told["homepage"], *told["identifiers"], told["name"]])
    return [list(read_query(each).keys) for each in spellings if each and HIDDEN not in each]


def _known(session: Session, keys: Iterable[Key]) -> Sequence[Alias]:
    """In pieces that every database takes as one statement."""
    every = list(keys)
    return [
        alias
        for start in range(0, len(every), AT_ONCE)
        for alias in tools.known_by(session, every[start : start + AT_ONCE])
    ]


def _meant(
    keys: Sequence[Sequence[Key]],
    told: Mapping[str, Any],
    aliases: Mapping[Key, Alias],
    found: Mapping[int, Tool],
) -> tuple[int, PlacedBy] | None:
    by_kind: dict[AliasKind, set[int]] = defaultdict(set)
    for each in keys:
        owner = next((aliases[key] for key in each if key in aliases), None)
        if owner is not None:
            by_kind[owner.kind].add(owner.tool_id)
    strong = set[int]().union(*(by_kind[kind] for kind in STRONG))
    if len(strong) == 1:
        [tool_id] = strong
        return tool_id, next(placed for kind, placed in STRONG.items() if tool_id in by_kind[kind])
    if strong or len(by_kind[AliasKind.NAME]) != 1:
        return None
    [tool_id] = by_kind[AliasKind.NAME]
    here, there = (registrable_domain(host_of(link)) for link in (found[tool_id].homepage, told["homepage"]))
    return None if here and there and here != there else (tool_id, PlacedBy.NAME)
