"""Which tools an advisory or a vendor's headline speaks of, by vendor and name together; it merges nothing.

Links are ownership.py's. A product's name alone is believed only where no other could be meant.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field

from sqlmodel import Session

from registry.domain.announcement import Proposal
from registry.domain.identity import name_key
from registry.domain.spelling import COMMON_WORDS, letters, says
from registry.domain.values import dataclass
from registry.store import candidates, tools
from registry.store.columns import id_of
from registry.store.tables import Alias, AliasKind, Tool
from scrapers.links import host_of, registrable_domain

COMPANY = re.compile(
    r"[,.]?\s+(?:inc|corp|corporation|ltd|limited|llc|gmbh|ag|co|company|software foundation|foundation|project|"
    r"software|technologies|systems|labs)\.?$",
    re.IGNORECASE,
)
IN_BRACKETS = re.compile(r"\s*\([^)]*\)")


@dataclass
class Makers:
    """The tools of the vendors that one visit may speak of, and the tools of the names that it gives."""

    by_vendor: dict[str, list[Tool]] = field(default_factory=dict)
    """By `vendor_key`."""
    names: dict[int, list[str]] = field(default_factory=dict)
    """Tool id to its names."""
    by_name: dict[str, Tool] = field(default_factory=dict)
    """By name key."""


def vendor_key(vendor: str) -> str:
    """`Acme Software, Inc.` and `ACME` are one vendor."""
    name = " ".join(vendor.split())
    while (shorter := COMPANY.sub("", name)) != name:
        name = shorter
    return name_key(name)


def domain_label(link: str) -> str:
    """What the registrable domain of a link spells: `plumbline` of `blog.plumbline.example`."""
    return letters(registrable_domain(host_of(link)).split(".")[0]) if link else ""


def makers(
    session: Session, vendors: Collection[str], labels: Collection[str], names: Iterable[str]
) -> Makers:
    """What is known of vendors (names, or their domains' labels) and of product names; four queries at most."""
    wanted = {vendor_key(vendor) for vendor in vendors} | set(labels)
    known = Makers()
    if wanted - {""}:
        named = {name: vendor_key(name) for name in tools.vendors(session)}
        ours = [name for name, key in named.items() if key and (key in wanted or letters(key) in wanted)]
        for tool in tools.by_vendor(session, ours) if ours else ():
            known.by_vendor.setdefault(named[tool.vendor], []).append(tool)
    aliases = candidates.aliases_by_key(session, (AliasKind.NAME,), {name_key(name) for name in names})
    owners = tools.by_ids(session, {alias.tool_id for alias in aliases.values()})
    known.by_name = {key: owners[alias.tool_id] for key, alias in aliases.items()}
    found = {id_of(tool) for each in known.by_vendor.values() for tool in each}
    known.names = _names(tools.names_of(session, found)) if found else {}
    return known


def affected(proposal: Proposal, known: Makers) -> Tool | None:
    """The tool that an advisory certainly means: its vendor and its name say so, or its full name does."""
    vendor = vendor_key(proposal.vendor)
    for tool in known.by_vendor.get(vendor, ()) if vendor else ():
        keys = {name_key(name) for name in (*known.names.get(id_of(tool), ()), tool.name)}
        if keys & _product_keys(proposal):
            return tool
    found = known.by_name.get(name_key(proposal.name))
    if found is not None and not _common(proposal.name):
        theirs = vendor_key(found.vendor)
        return found if not vendor or not theirs or theirs == vendor else None
    product = known.by_name.get(name_key(proposal.product)) if proposal.product and vendor else None
    at_home = product is not None and not product.vendor and domain_label(product.homepage) == letters(vendor)
    return product if at_home else None


def names_to_ask(proposal: Proposal) -> set[str]:
    """Under which names `affected` may look for a tool."""
    return {name for name in (proposal.name, proposal.product) if name}


def told_by_its_maker(title: str, link: str, known: Makers, owners: Sequence[Tool] = ()) -> Tool | None:
    """The tool that a headline on its maker's own site names in full, the longest name winning.

    `owners` are tools to which the link belongs. None where two tools share the longest name.
    """
    theirs = {id_of(tool): tool for tool in owners}
    label = domain_label(link)
    for vendor, found in known.by_vendor.items():
        if letters(vendor) == label:
            theirs.update((id_of(tool), tool) for tool in found)
    best: dict[int, int] = {}
    for tool_id, tool in theirs.items():
        spoken = [
            name for name in (tool.name, *known.names.get(tool_id, ())) if says(title, name, tool.vendor)
        ]
        if spoken:
            best[tool_id] = max(map(len, spoken))
    longest = max(best.values(), default=0)
    winners = [tool_id for tool_id, length in best.items() if length == longest]
    return theirs[winners[0]] if len(winners) == 1 else None


def _product_keys(proposal: Proposal) -> set[str]:
    """Name keys of the product, with its vendor's name before it and without, and without what stands in brackets."""
    product = proposal.product or proposal.name
    spellings = {product, proposal.name, f"{proposal.vendor} {product}"}
    spellings |= {IN_BRACKETS.sub("", each) for each in spellings}
    return {name_key(each) for each in spellings if each.strip()}


def _common(name: str) -> bool:
    return " ".join(name.split()).casefold() in COMMON_WORDS


def _names(aliases: Iterable[Alias]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for alias in aliases:
        found.setdefault(alias.tool_id, []).append(alias.text)
    return found


def by_id(session: Session, aliases: Iterable[Alias]) -> Mapping[int, Tool]:
    """The tools that own these aliases."""
    return tools.by_ids(session, {alias.tool_id for alias in aliases})
