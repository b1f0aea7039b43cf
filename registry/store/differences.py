"""Reads of what was said to be two."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from registry.store.plain import rows

if TYPE_CHECKING:
    from registry.store.plain import Source

_OF = "SELECT candidate_id, other_id, tool_id FROM difference WHERE candidate_id IN (??) OR other_id IN (??)"


def of(source: "Source", candidate_ids: Collection[int]) -> Mapping[int, tuple[set[int], set[int]]]:
    """By candidate id: the candidates, and the tools, that it was said to differ from; one query."""
    found: dict[int, tuple[set[int], set[int]]] = {each: (set(), set()) for each in candidate_ids}
    for candidate_id, other_id, tool_id in rows(source, _OF, candidate_ids, candidate_ids):
        if tool_id is not None:
            found[candidate_id][1].add(tool_id)
            continue
        for one, other in ((candidate_id, other_id), (other_id, candidate_id)):
            if one in found and other is not None:
                found[one][0].add(other)
    return found
