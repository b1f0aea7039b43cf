"""From what a person typed or pasted to the tool that is meant: certain matches, and apart from them suggestions.

Each is found in the index in memory where there is one, else in the store; both are asked for the same keys.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from registry.domain.identity import name_key
from registry.services.answers.asking import Asked, read_query
from registry.services.answers.facts import Facts
from registry.services.answers.index import Index, keys_in
from registry.services.answers.names import likest_of_all
from registry.store import tools
from registry.store.tables import AliasKind, Tool

MOST_SUGGESTIONS = 8
MOST_NAMED = 3
"""Suggestions in a sentence."""


@dataclass(frozen=True)
class Match:
    kind: str
    """`name`, `alias`, `domain`, `path`, `purl` or `exe`."""
    tool: Tool


def match(session: Session, query: str, index: Index | None = None) -> Match | None:
    """The one tool that the query certainly means, or None. Source: interface.md, "match"."""
    asked = read_query(query)
    found = index.match(asked) if index is not None else _match_in_store(session, asked)
    if found is None:
        return None
    kind, key, tool_id = found
    about = facts_of(index).about(session, [tool_id]).get(tool_id)
    return Match(_told(kind, key, about.tool), about.tool) if about else None


def near(session: Session, query: str, index: Index | None = None) -> Sequence[int]:
    """Ids of tools whose names are near the query, or whose vendor it names; best first, at most eight."""
    asked = read_query(query)
    return index.near(asked, limit=MOST_SUGGESTIONS) if index is not None else _near_in_store(session, asked)


def suggest(session: Session, query: str, index: Index | None = None) -> Sequence[Tool]:
    found = near(session, query, index)
    rows = tools.by_ids(session, found)
    return [rows[tool_id] for tool_id in found if tool_id in rows]


def named(session: Session, names: Sequence[str], index: Index | None = None) -> Sequence[int]:
    """Ids of the tools that these names certainly mean, in their order."""
    keys = [name_key(name) for name in names]
    if not keys:
        return ()
    if index is None:
        found = tools.known_by(session, [(AliasKind.NAME, key) for key in keys])
        meant = {alias.key: alias.tool_id for alias in found}
        return list(dict.fromkeys(meant[key] for key in keys if key in meant))
    return [tool_id for key in keys if (tool_id := index.named(key)) is not None]


def find_tool(session: Session, named: str) -> Tool | None:
    """The tool that a name, an alias, an address or a slug certainly means."""
    found = match(session, named) if named else None
    return found.tool if found else tools.find(session, named)


def not_known(session: Session, named: str) -> str:
    """That no tool of ours is called so, in words, with those that may have been meant."""
    near = [tool.name for tool in suggest(session, named)[:MOST_NAMED]]
    meant = " or ".join([", ".join(near[:-1]), near[-1]] if len(near) > 1 else near)
    return f"We know no tool called “{named}”." + (f" Did you mean {meant}?" if meant else "")


def complete(session: Session, typed: str, index: Index | None = None) -> Sequence[Tool]:
    """Tools for what is being typed, at most eight: those with a name that begins so, then near names."""
    words = read_query(typed).words
    found = dict.fromkeys(
        index.begun(words, limit=MOST_SUGGESTIONS)
        if index is not None
        else _begun_in_store(session, name_key(words))
    )
    if len(found) < MOST_SUGGESTIONS:
        found |= dict.fromkeys(near(session, typed, index))
    return [each.tool for each in facts_of(index).about(session, list(found)[:MOST_SUGGESTIONS]).values()]


def _match_in_store(session: Session, asked: Asked) -> tuple[AliasKind, str, int] | None:
    known = {(alias.kind, alias.key): alias for alias in tools.known_by(session, asked.keys)}
    for kind, key in asked.keys:
        alias = known.get((kind, key))
        if alias is None:
            continue
        if kind is not AliasKind.NAME or not asked.written or alias.text.casefold() == asked.written:
            return kind, key, alias.tool_id
    return None


def _near_in_store(session: Session, asked: Asked) -> list[int]:
    """As the index does, by reading through all names once."""
    key = name_key(asked.words)
    if not key:
        return []
    vendors = [vendor for vendor in tools.vendors(session) if name_key(vendor) == key]
    inside = list(keys_in(asked.words))
    said = {
        each.key: each.tool_id
        for each in tools.known_by(session, [(AliasKind.NAME, each) for each in inside])
    }
    found = dict.fromkeys(tools.of_vendors(session, vendors) if vendors else ())
    found |= dict.fromkeys(said[each] for each in inside if each in said)
    if len(found) < MOST_SUGGESTIONS:
        found |= dict.fromkeys(likest_of_all(key, tools.name_keys(session), limit=MOST_SUGGESTIONS))
    return list(found)[:MOST_SUGGESTIONS]


def _begun_in_store(session: Session, key: str) -> Sequence[int]:
    return tools.begun(session, key, limit=MOST_SUGGESTIONS) if key else ()


def read_index(session: Session) -> Index:
    return Index(tools.alias_keys(session), tools.written(session), tools.vendors_of(session))


def _told(kind: AliasKind, key: str, tool: Tool) -> str:
    return "alias" if kind is AliasKind.NAME and name_key(tool.name) != key else kind.value


def facts_of(index: Index | None) -> Facts:
    """Those that are kept beside the index, or new ones for one question."""
    return index.facts if index is not None else Facts()
