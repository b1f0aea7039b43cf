"""From what a person typed or pasted to the tool that is meant: certain matches, and apart from them suggestions.

Each is found in the index in memory where there is one, else in the store; both are asked for the same keys.
"""

import re
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from registry.domain.identity import name_key
from registry.domain.tool import AliasKind, Tool
from registry.domain.values import dataclass
from registry.services.answers.asking import Asked, read_query
from registry.services.answers.facts import Facts
from registry.services.answers.index import Index, keys_in
from registry.services.answers.names import NamesInLines
from registry.store import asked as store
from scrapers.links import is_shared_host

if TYPE_CHECKING:
    from registry.store.plain import Source

MOST_SUGGESTIONS = 8
MOST_AT_HOST = 50
"""Pages of one host that are looked at."""


@dataclass(frozen=True)
class Match:
    kind: str
    """`name`, `alias`, `domain`, `path`, `purl` or `exe`."""
    tool: Tool


def match(source: "Source", query: str, index: Index | None = None) -> Match | None:
    """The one tool that the query certainly means, or None. Source: interface.md, "match"."""
    asked = read_query(query)
    found = index.match(asked) if index is not None else _match_in_store(source, asked)
    if found is None:
        return None
    kind, key, tool_id = found
    about = facts_of(index).about(source, [tool_id]).get(tool_id)
    return Match(_told(kind, key, about.tool), about.tool) if about else None


def near(source: "Source", query: str, index: Index | None = None) -> Sequence[int]:
    """Ids of tools whose names are near the query, or whose vendor it names; best first, at most eight."""
    asked = read_query(query)
    return index.near(asked, limit=MOST_SUGGESTIONS) if index is not None else _near_in_store(source, asked)


def at_host(source: "Source", query: str, index: Index | None = None) -> Sequence[int]:
    """Ids of tools that have pages of their own on the host that is asked for alone, without a path.

    None on a host that many share: there the page says which tool is meant.
    """
    keys = read_query(query).keys
    if not keys or keys[0][0] is not AliasKind.DOMAIN or is_shared_host(keys[0][1]):
        return ()
    host = keys[0][1]
    below = index.below if index is not None else partial(store.below, source)
    return below(host, limit=MOST_AT_HOST)


def named(source: "Source", names: Sequence[str], index: Index | None = None) -> Sequence[int]:
    """Ids of the tools that these names certainly mean, in their order."""
    keys = [name_key(name) for name in names]
    if not keys:
        return ()
    if index is None:
        known = store.known_by(source, [(AliasKind.NAME, key) for key in keys])
        meant = {each.key: each.tool_id for each in known}
        return list(dict.fromkeys(meant[key] for key in keys if key in meant))
    return [tool_id for key in keys if (tool_id := index.named(key)) is not None]


def complete(source: "Source", typed: str, index: Index | None = None) -> Sequence[Tool]:
    """Tools for what is being typed, at most eight: those with a name that begins so, then near names."""
    words = read_query(typed).words
    found = dict.fromkeys(
        index.begun(words, limit=MOST_SUGGESTIONS)
        if index is not None
        else _begun_in_store(source, name_key(words))
    )
    if len(found) < MOST_SUGGESTIONS:
        found |= dict.fromkeys(near(source, typed, index))
    return [each.tool for each in facts_of(index).about(source, list(found)[:MOST_SUGGESTIONS]).values()]


def _match_in_store(source: "Source", asked: Asked) -> tuple[AliasKind, str, int] | None:
    known = {(alias.kind, alias.key): alias for alias in store.known_by(source, asked.keys)}
    for kind, key in asked.keys:
        alias = known.get((kind, key))
        if alias is None:
            continue
        if kind is not AliasKind.NAME or not asked.written or alias.text.casefold() == asked.written:
            return kind, key, alias.tool_id
    return None


def _near_in_store(source: "Source", asked: Asked) -> list[int]:
    """The same as the index finds, by reading through all names once."""
    key = name_key(asked.words)
    if not key:
        return []
    vendors = _called(key, store.every_vendor(source))
    inside = list(keys_in(asked.words))
    said = {
        each.key: each.tool_id for each in store.known_by(source, [(AliasKind.NAME, each) for each in inside])
    }
    found = dict.fromkeys(store.of_vendors(source, vendors) if vendors else ())
    found |= dict.fromkeys(said[each] for each in inside if each in said)
    if len(found) < MOST_SUGGESTIONS:
        names = NamesInLines(key, store.every_name_key(source), partial(store.owners_of_names, source))
        found |= dict.fromkeys(names.near(key, limit=MOST_SUGGESTIONS))
    return list(found)[:MOST_SUGGESTIONS]


def _called(key: str, vendors: str) -> list[str]:
    """Those of the vendors, one a line, whose names have this key."""
    signs = "[^a-z0-9+#\n]*"
    lines, begun = f"\n{vendors}\n", signs.join(map(re.escape, ["", *key[:3]]))
    found = re.findall(f"\n({begun}.*)", lines, re.IGNORECASE)
    if not lines.isascii():  # letters fold there by other rules
        found += re.findall("\n(.*[^\x00-\x7f\n].*)", lines)
    return [vendor for vendor in dict.fromkeys(found) if name_key(vendor) == key]


def _begun_in_store(source: "Source", key: str) -> Sequence[int]:
    return store.begun(source, key, limit=MOST_SUGGESTIONS) if key else ()


def read_index(source: "Source") -> Index:
    return Index(store.alias_keys(source), store.written(source), store.vendors_of(source))


def _told(kind: AliasKind, key: str, tool: Tool) -> str:
    return "alias" if kind is AliasKind.NAME and name_key(tool.name) != key else kind.value


def facts_of(index: Index | None) -> Facts:
    """Those that are kept beside the index, or new ones for one question."""
    return index.facts if index is not None else Facts()
