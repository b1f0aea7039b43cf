"""All the ways to say a tool, in memory: what a query certainly means, and what it may have meant.

A value made of rows; how it is kept true is following.py's business.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from copy import copy
from datetime import datetime
from itertools import permutations
from typing import TYPE_CHECKING

from registry.domain.identity import name_key
from registry.domain.tool import AliasKind
from registry.services.answers.asking import Asked
from registry.services.answers.facts import Facts
from registry.services.answers.names import Names
from registry.services.answers.packed import Packed

if TYPE_CHECKING:
    from registry.store.changes import Changes

Key = tuple[str, str, int]
"""Kind of alias, its key, the tool's number."""
Written = tuple[str, int]
"""A name as it is written, the tool's number."""
MOST_WORDS = 12
"""Of a sentence, in which names are looked for."""
MOST_TURNED = 3
"""Words of a name that may come in another order."""
LONGEST_NAME = 4
"""Words of a name inside a sentence."""
MOST_BEGUN = 2_000
"""Names looked at for what is being typed; who typed one letter cannot expect the best of a million."""


class Index:
    def __init__(
        self,
        keys: Iterable[Key] = (),
        written: Iterable[Written] = (),
        vendors: Iterable[Written] = (),
    ) -> None:
        """`written` holds the names with a sign that hosts have, `vendors`
        each tool's vendor where it has one."""
        self.facts = Facts()
        known: dict[str, list[Written]] = {kind.value: [] for kind in AliasKind}
        for kind, key, tool_id in keys:
            known[kind].append((key, tool_id))
        self._keys = {kind: Packed(known.pop(kind)) for kind in list(known)}
        self._written = {text.casefold(): tool_id for text, tool_id in written}
        self._vendors = _packed(vendors)
        self._names = Names(self._keys[AliasKind.NAME].rows())

    def match(self, asked: Asked) -> tuple[AliasKind, str, int] | None:
        """Kind and key by which the tool was found, and its number."""
        for kind, key in asked.keys:
            if kind is AliasKind.NAME and asked.written:
                tool_id = self._written.get(asked.written)
            else:
                tool_id = self._keys[kind].get(key)
            if tool_id is not None:
                return kind, key, tool_id
        return None

    def named(self, key: str) -> int | None:
        return self._keys[AliasKind.NAME].get(key)

    def after(self, news: "Changes", categories: Collection[str], now: datetime) -> "Index":
        """The same ways to say the same tools, and of the facts those that still hold; `categories` are those of the
        tools that are concerned."""
        fresh = copy(self)
        fresh.facts = self.facts.after(news, categories, now)
        return fresh

    def near(self, asked: Asked, *, limit: int) -> list[int]:
        """Tools of the vendor that was named, those named in what was typed, then near names; best first."""
        key = name_key(asked.words)
        if not key:
            return []
        found = dict.fromkeys([*sorted(self._vendors.all(key)), *self._named_in(asked.words)])
        if len(found) < limit:
            found |= dict.fromkeys(self._names.near(key, limit=limit))
        return list(found)[:limit]

    def begun(self, typed: str, *, limit: int) -> list[int]:
        """Tools with a name that begins so, the shortest such name first."""
        key = name_key(typed)
        if not key:
            return []
        names = self._keys[AliasKind.NAME]
        found: dict[int, None] = {}
        for name in sorted(names.begun(key, most=MOST_BEGUN), key=len):
            if len(found) >= limit:
                break
            found |= dict.fromkeys(names.all(name))
        return list(found)[:limit]

    def below(self, host: str, *, limit: int) -> list[int]:
        """Tools that are known by a page of just this host, the shortest address first; of that many addresses."""
        paths = self._keys[AliasKind.PATH]
        found = sorted(paths.begun(f"{host}/", most=MOST_BEGUN), key=lambda key: (len(key), key))[:limit]
        return list(dict.fromkeys(owner for key in found for owner in paths.all(key)))

    def replace(
        self,
        tools: frozenset[int],
        keys: Iterable[Key],
        written: Iterable[Written],
        vendors: Iterable[Written],
    ) -> None:
        """Forget all that was known of these tools, and learn these rows."""
        for known in [*self._keys.values(), self._vendors]:
            known.forget(tools)
        self._names.forget(tools)
        self._written = {text: tool_id for text, tool_id in self._written.items() if tool_id not in tools}
        for kind, key, tool_id in keys:
            self._keys[kind].put(key, tool_id)
            if kind == AliasKind.NAME:
                self._names.add(key, tool_id)
        self._written.update((text.casefold(), tool_id) for text, tool_id in written)
        for vendor, tool_id in vendors:
            self._vendors.put(name_key(vendor), tool_id)
        self._keys = {
            kind: Packed(known.rows()) if known.is_worn else known for kind, known in self._keys.items()
        }
        if self._vendors.is_worn:
            self._vendors = Packed(self._vendors.rows())
        if self._names.is_worn:
            self._names = Names(self._keys[AliasKind.NAME].rows())

    def _named_in(self, text: str) -> Iterator[int]:
        names = self._keys[AliasKind.NAME]
        return (owner for key in keys_in(text) if (owner := names.get(key)) is not None)


def keys_in(text: str) -> Iterator[str]:
    """Keys of names that it may be in another order, or that may stand in it as in a sentence, the longest first."""
    words = text.split()[:MOST_WORDS]
    if len(words) <= MOST_TURNED:
        yield from (name_key("".join(order)) for order in permutations(words))
    for length in range(min(LONGEST_NAME, len(words)), 0, -1):
        for start in range(len(words) - length + 1):
            yield name_key(" ".join(words[start : start + length]))


def _packed(vendors: Iterable[Written]) -> Packed:
    owned: defaultdict[str, list[int]] = defaultdict(list)
    for vendor, tool_id in vendors:
        owned[vendor].append(tool_id)
    keys = {vendor: name_key(vendor) for vendor in owned}  # one for all of its tools
    return Packed((keys[vendor], owner) for vendor, owners in owned.items() for owner in owners)
