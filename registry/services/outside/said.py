"""What other registries said of tools, whatever day it is: for answers, which are computed for many days."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from registry.domain.outside import Outside, Said, read_outside
from registry.store import asked
from scrapers.links import canonical_url

if TYPE_CHECKING:
    from registry.store.plain import Source


def said_of(source: "Source", tool_ids: Collection[int]) -> Mapping[int, Sequence[Said]]:
    """Tool id -> what others said, the newest first; two queries at most."""
    told = asked.told_of(source, tool_ids)
    read = [(each, found) for each in told if (found := read_outside(each.said)) is not None]
    ours = asked.ours_among(source, {found.adopted_from["id"] for _, found in read if found.adopted_from})
    said: dict[int, list[Said]] = defaultdict(list)
    for each, found in read:
        of_ours = found.adopted_from is not None and found.adopted_from["id"] in ours
        said[each.tool_id].append(Said(each.registry, linked(found, each.feeds), of_ours))
    return said


def linked(told: Outside, feeds: Collection[str | None]) -> Outside:
    """The same without its address where that is not on the host of their feed: it is no page of theirs."""
    hosts = {urlsplit(canonical_url(each)).netloc for each in feeds if each}
    return told if urlsplit(canonical_url(told.url)).netloc in hosts else replace(told, url="")
