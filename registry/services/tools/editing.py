"""What people change of a tool: the other ways to say it, and its tags."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from registry.domain.errors import InvalidInput, StaleVersion
from registry.domain.identity import name_key
from registry.domain.tag import tags_of
from registry.services.answers.matching import match
from registry.services.lists.aliases import asked_by, leads_elsewhere, read_alias, write_alias
from registry.services.people.acting import Actor, record
from registry.store import tags, tools
from registry.store.columns import id_of
from registry.store.engine import serialise
from registry.store.tables import Alias, AliasKind, Tool

MOST_ALIASES = 100
MAX_ALIAS = 500
Ways = Mapping[tuple[AliasKind, str], str]
"""Kind and key of each way to say a tool, and the text that says it so."""


def edit(
    session: Session,
    slug: str,
    *,
    with_tags: Iterable[str] | None = None,
    with_aliases: Iterable[str] | None = None,
    version: int | None = None,
    by: Actor,
    now: datetime,
) -> Tool:
    """Give a tool just these tags, and just these ways to say it beside its own name, written as in an import.

    None leaves them as they are. What is so already is no act, whichever version was read.
    Raises NotFound, StaleVersion, and InvalidInput with faults under `tags` and `aliases`.
    """
    serialise(session, "tools")
    tool = tools.get(session, slug)
    session.refresh(tool)
    known = tools.aliases(session, id_of(tool))
    had, was = tags.of_tool(session, id_of(tool)), _ways(known)
    has, ways, faults = had, was, dict[str, str]()
    try:
        has = had if with_tags is None else tags_of(with_tags)
    except InvalidInput as refused:
        faults["tags"] = refused.sentence
    try:
        ways = (
            was if with_aliases is None else _wanted(session, tool, known, list(dict.fromkeys(with_aliases)))
        )
    except InvalidInput as refused:
        faults["aliases"] = refused.sentence
    if faults:
        raise InvalidInput(f"“{tool.name}” stays as it was. See what is to be corrected.", faults)
    if (has, ways) == (had, was):
        return tool
    if version is not None and version != tool.version:
        raise StaleVersion(
            f"Somebody changed “{tool.name}” meanwhile. Look at it again, then repeat your act."
        )
    before: dict[str, Any] = {"tags": list(had)} if has != had else {}
    after: dict[str, Any] = {"tags": list(has)} if has != had else {}
    tags.put(session, id_of(tool), added={*has} - {*had}, removed={*had} - {*has})
    if ways != was:
        before["aliases"] = other_names(tool, known)
        _put(session, tool, known, ways)
        after["aliases"] = other_names(tool, tools.aliases(session, id_of(tool)))
    tool.version += 1
    session.add(tool)
    session.flush()
    record(session, "tool.edited", ("tool", tool.id), by=by, now=now, before=before, after=after)
    return tool


def other_names(tool: Tool, known: Iterable[Alias]) -> list[str]:
    """The ways to say a tool beside its own name, as `edit` takes them, in order."""
    return sorted(write_alias(each) for each in known if (each.kind, each.key) != _own(tool))


def _ways(known: Iterable[Alias]) -> Ways:
    return {(each.kind, each.key): each.text for each in known}


def _own(tool: Tool) -> tuple[AliasKind, str]:
    return AliasKind.NAME, name_key(tool.name)


def _wanted(session: Session, tool: Tool, known: Iterable[Alias], written: list[str]) -> Ways:
    """Raises InvalidInput for what is none, is another tool's or certainly means one, or is too much."""
    if len(written) > MOST_ALIASES:
        raise InvalidInput(f"At most {MOST_ALIASES} of them; these are {len(written)}.")
    here = {write_alias(each): each for each in known}
    found = {_own(tool): text for key, text in _ways(known).items() if key == _own(tool)}
    faults = []
    for line in written:
        if len(line) > MAX_ALIAS:
            faults.append(f"“{line[:40]}…” is too long: at most {MAX_ALIAS} characters.")
            continue
        try:
            there = here.get(line)
            kind, text, key = (there.kind, there.text, there.key) if there else read_alias(line, tool.name)
            found.setdefault((kind, key), text)
        except InvalidInput as refused:
            faults.append(refused.sentence)
    others = [each for each in tools.known_by(session, found) if each.tool_id != tool.id]
    owners = tools.by_ids(session, {each.tool_id for each in others})
    faults += [
        f"“{found[each.kind, each.key]}” belongs to “{owners[each.tool_id].name}” already." for each in others
    ]
    taken = {(each.kind, each.key) for each in others}
    faults += _misleading(
        session, tool, {way: found[way] for way in found if way not in taken | {*_ways(known)}}
    )
    if faults:
        raise InvalidInput(" ".join(faults))
    return found


def _misleading(session: Session, tool: Tool, new: Ways) -> list[str]:
    """A sentence for each new way by which people find another tool today."""
    faults = []
    for (kind, key), text in new.items():
        meant = filter(None, (match(session, each) for each in asked_by(kind, text, key)))
        other = next((each.tool.name for each in meant if each.tool.slug != tool.slug), "")
        if other:
            faults.append(leads_elsewhere(text, other).sentence)
    return faults


def _put(session: Session, tool: Tool, known: Iterable[Alias], ways: Ways) -> None:
    rows = {(each.kind, each.key): each for each in known}
    for way, row in rows.items():
        if way not in ways:
            session.delete(row)
        else:
            row.text = ways[way]
    session.add_all(
        Alias(tool_id=id_of(tool), kind=kind, text=text, key=key)
        for (kind, key), text in ways.items()
        if (kind, key) not in rows
    )
    session.flush()
