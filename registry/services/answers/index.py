"""All the ways to say a tool, in memory: what a query certainly means, and what it may have meant.

A value made of rows; how it is kept true is following.py's business.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator
from copy import copy
from itertools import permutations

from registry.domain.identity import name_key
from registry.services.answers.asking import Asked
from registry.services.answers.facts import Facts
from registry.services.answers.names import Names
from registry.store.tables import AliasKind

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
        """`written` holds the names with a sign that hosts have, `vendors` each tool's vendor where it has one."""
        self.facts = Facts()
        self._keys: dict[str, dict[str, int]] = {kind.value: {} for kind in AliasKind}
        self._written: dict[str, int] = {}
        self._vendors: defaultdict[str, list[int]] = defaultdict(list)
        for kind, key, tool_id in keys:
            self._keys[kind][key] = tool_id
        self._add_written(written, vendors)
        names = self._keys[AliasKind.NAME]
        self._begun = sorted(names)
        self._names = Names(names.items())

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

    def after_news(self) -> "Index":
        """The same ways to say the same tools, and no facts: something was written."""
        fresh = copy(self)
        fresh.facts = Facts()
        return fresh

    def near(self, asked: Asked, *, limit: int) -> list[int]:
        """Tools of the vendor that was named, those named in what was typed, then near names; best first."""
        key = name_key(asked.words)
        if not key:
            return []
        found = dict.fromkeys([*sorted(self._vendors.get(key, ())), *self._named_in(asked.words)])
        if len(found) < limit:
            found |= dict.fromkeys(tool_id for tool_id, _ in self._names.near(key, limit=limit))
        return list(found)[:limit]

    def begun(self, typed: str, *, limit: int) -> list[int]:
        """Tools with a name that begins so, the shortest such name first."""
        key = name_key(typed)
        if not key:
            return []
        first = bisect_left(self._begun, key)
        last = bisect_left(self._begun, key + "\U0010ffff", first)
        names = sorted(self._begun[first : min(last, first + MOST_BEGUN)], key=len)
        return list(dict.fromkeys(self._keys[AliasKind.NAME][name] for name in names))[:limit]

    def replace(
        self,
        tools: frozenset[int],
        keys: Iterable[Key],
        written: Iterable[Written],
        vendors: Iterable[Written],
    ) -> None:
        """Forget all that was known of these tools, and learn these rows."""
        for known in self._keys.values():
            for key in [key for key, tool_id in known.items() if tool_id in tools]:
                del known[key]
        for text in [text for text, tool_id in self._written.items() if tool_id in tools]:
            del self._written[text]
        for vendor, owned in list(self._vendors.items()):
            if not tools.isdisjoint(owned):
                self._vendors[vendor] = [tool_id for tool_id in owned if tool_id not in tools]
        self._names.forget(tools)
        for kind, key, tool_id in keys:
            self._keys[kind][key] = tool_id
            if kind == AliasKind.NAME:
                self._names.add(key, tool_id)
                if self._begun[(at := bisect_left(self._begun, key)) : at + 1] != [key]:
                    insort(self._begun, key)
        self._add_written(written, vendors)
        names = self._keys[AliasKind.NAME]
        self._begun = [name for name in self._begun if name in names]
        if self._names.is_worn:
            self._names = Names(names.items())

    def _add_written(self, written: Iterable[Written], vendors: Iterable[Written]) -> None:
        self._written.update((text.casefold(), tool_id) for text, tool_id in written)
        for vendor, tool_id in vendors:
            self._vendors[name_key(vendor)].append(tool_id)

    def _named_in(self, text: str) -> Iterator[int]:
        """Tools whose whole name is said in another order or stands in a sentence, the longest names first."""
        words = text.split()[:MOST_WORDS]
        names = self._keys[AliasKind.NAME]
        if len(words) <= MOST_TURNED:
            turned = (name_key("".join(order)) for order in permutations(words))
            yield from (names[key] for key in turned if key in names)
        for length in range(min(LONGEST_NAME, len(words)), 0, -1):
            for start in range(len(words) - length + 1):
                tool_id = names.get(name_key(" ".join(words[start : start + length])))
                if tool_id is not None:
                    yield tool_id
