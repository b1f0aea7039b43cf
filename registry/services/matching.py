"""From what a person typed or pasted to the tool that is meant: certain matches, and apart from them suggestions."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from packageurl import PackageURL
from rapidfuzz import fuzz, process
from sqlmodel import Session

from registry.domain.identity import name_key
from registry.store import tools
from registry.store.columns import id_of
from registry.store.tables import AliasKind, Tool
from scrapers.links import host_of, link_key, registrable_domain

NEAR = 60
"""Of 100; what is less alike is no suggestion."""
MOST_SUGGESTIONS = 8

_DOMAIN = re.compile(r"^(?:[^\s/@:.]+\.)+[^\s/@:.]{2,}(?::\d+)?(?:[/?#]\S*)?$")


@dataclass(frozen=True)
class Match:
    kind: str
    """`name`, `alias`, `domain`, `path` or `purl`."""
    tool: Tool


def match(session: Session, query: str) -> Match | None:
    """The one tool that the query certainly means, or None. Source: interface.md, "match"."""
    query = query.strip()
    if query.lower().startswith("pkg:"):
        return _by_purl(session, query)
    address = _address(query)
    if address:
        found = _by_address(session, address)
        if found is not None or "://" in query:
            return found
    return _by_name(session, query)


def suggest(session: Session, query: str) -> Sequence[Tool]:
    """Tools whose names are near the query, or whose vendor it names; best first, at most eight."""
    words = _words(query)
    key = name_key(words)
    if not key:
        return []
    best: dict[int, float] = {}
    vendors = [vendor for vendor in tools.vendors(session) if name_key(vendor) == key]
    for tool in tools.by_vendor(session, vendors) if vendors else ():
        best[id_of(tool)] = 101
    names = tools.alias_names(session)
    for _, score, at in process.extract(
        key, [name for name, _ in names], scorer=fuzz.WRatio, score_cutoff=NEAR, limit=40
    ):
        name, tool_id = names[at]
        # A short name inside a long one scores high by WRatio; plain likeness breaks the tie.
        best[tool_id] = max(best.get(tool_id, 0), 0.5 * score + 0.5 * fuzz.ratio(key, name))
    order = sorted(best, key=lambda tool_id: (-best[tool_id], tool_id))[:MOST_SUGGESTIONS]
    found = tools.by_ids(session, order)
    return [found[tool_id] for tool_id in order]


def complete(session: Session, typed: str, *, limit: int = MOST_SUGGESTIONS) -> Sequence[Tool]:
    """Tools for what is being typed: those with a name that begins so, then those with a name near it."""
    key = name_key(_words(typed))
    if not key:
        return []
    begun = tools.by_beginning(session, key, limit=limit)
    ids = {tool.id for tool in begun}
    return [*begun, *(tool for tool in suggest(session, typed) if tool.id not in ids)][:limit]


def purl_key(text: str) -> str:
    """A package URL less version, qualifiers and subpath; empty where it is none."""
    try:
        parsed = PackageURL.from_string(text.strip())
    except ValueError:
        return ""
    return PackageURL(type=parsed.type, namespace=parsed.namespace, name=parsed.name).to_string().lower()


def domain_key(host: str) -> str:
    return host.lower().rstrip(".").removeprefix("www.")


def _by_name(session: Session, query: str) -> Match | None:
    key = name_key(query)
    found = tools.matching_aliases(session, AliasKind.NAME, [key]) if key else []
    if not found:
        return None
    tool = tools.get_by_id(session, found[0].tool_id)
    return Match("name" if name_key(tool.name) == key else "alias", tool)


def _by_purl(session: Session, query: str) -> Match | None:
    key = purl_key(query)
    found = tools.matching_aliases(session, AliasKind.PURL, [key]) if key else []
    return Match("purl", tools.get_by_id(session, found[0].tool_id)) if found else None


def _by_address(session: Session, address: str) -> Match | None:
    """The longest path first, then the host, then the domains above it down to the registrable one."""
    full = link_key(address).split("?")[0]
    host = domain_key(host_of(address))
    if not full or not host:
        return None
    paths = _paths(full)
    by_path = {alias.key: alias for alias in tools.matching_aliases(session, AliasKind.PATH, paths)}
    for path in paths:
        if path in by_path:
            return Match("path", tools.get_by_id(session, by_path[path].tool_id))
    hosts = _hosts(host)
    by_host = {alias.key: alias for alias in tools.matching_aliases(session, AliasKind.DOMAIN, hosts)}
    for each in hosts:
        if each in by_host:
            return Match("domain", tools.get_by_id(session, by_host[each].tool_id))
    return None


def _paths(full: str) -> list[str]:
    """`host/a/b` and each shorter one, the longest first; the bare host is no path."""
    parts = full.rstrip("/").split("/")
    return ["/".join(parts[:length]) for length in range(len(parts), 1, -1)]


def _hosts(host: str) -> list[str]:
    top = registrable_domain(host)
    labels = host.split(".")
    chain = [".".join(labels[start:]) for start in range(len(labels))]
    return [each for each in chain if each == host or (top and (each == top or each.endswith("." + top)))]


def _address(query: str) -> str:
    """The query as an absolute address, or empty where it is none or hides behind user information."""
    text = query if "://" in query else f"https://{query}" if _DOMAIN.match(query) else ""
    if not text.lower().startswith(("http://", "https://")):
        return ""
    try:
        parts = urlsplit(text)
        return "" if "@" in parts.netloc or not parts.hostname else text
    except ValueError:
        return ""


def _words(query: str) -> str:
    address = _address(query.strip())
    if not address:
        return query.removeprefix("pkg:").split("/")[-1].split("@")[0] if query.startswith("pkg:") else query
    return registrable_domain(host_of(address)).split(".")[0]
