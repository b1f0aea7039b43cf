"""Which tool or candidate a link stands for, by strong keys alone; a name by itself never decides."""

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import unquote, urlsplit

from sqlmodel import Session

from registry.domain.spelling import agrees, begins, place_of
from registry.domain.triage import CandidateStatus
from registry.store import candidates
from registry.store.columns import id_of
from registry.store.tables import Alias, AliasKind, Candidate
from scrapers.links import (
    canonical_url,
    host_of,
    identity_key,
    is_shared_host,
    link_key,
    registrable_domain,
)

STRONG = (AliasKind.DOMAIN, AliasKind.PATH, AliasKind.PURL)
_DEPTH = 4
MAX_KEY = 500


def strong_key(link: str) -> str:
    """The identity of what a link stands for, or "" where it has none that can be stored."""
    key = identity_key(link)
    return key if len(key) <= MAX_KEY else ""


def product_key(link: str, name: str) -> str:
    """The strong key of the product that is called so and has its home at this link, or "".

    A domain is its product's where it spells the name or the link is its front page; else the part of the link
    that spells the name is (`wilf.example/cobble`), else that very page: much else may stand on the same site.
    """
    key = strong_key(link)
    if not key or alias_kind(key) is not AliasKind.DOMAIN or agrees(name, key) or begins(name, key):
        return key
    canonical = canonical_url(link)
    host = host_of(canonical).removeprefix("www.")
    place = place_of(name, canonical)
    key = place or (host if not urlsplit(canonical).path.strip("/") else link_key(canonical).split("?")[0])
    return key if len(key) <= MAX_KEY else ""


def alias_kind(key: str) -> AliasKind:
    """Of a strong key: `pkg:pypi/numpy`, `github.com/owner/repo` or `example.com`."""
    if key.startswith("pkg:"):
        return AliasKind.PURL
    return AliasKind.PATH if "/" in key else AliasKind.DOMAIN


def alias_keys(link: str) -> Sequence[str]:
    """Every key under which a tool may own this link, the most telling first: package, paths, host, domains above."""
    canonical = canonical_url(link)
    if not canonical:
        return ()
    host = host_of(canonical).removeprefix("www.")
    identity = identity_key(canonical)
    segments = [part for part in unquote(urlsplit(canonical).path).split("/") if part][:_DEPTH]
    hosts = [host, *_above(host)]
    keys = [identity] if "/" in identity else []
    for each in hosts:
        for depth in range(len(segments), 0, -1):
            path = "/".join([each, *segments[:depth]])
            keys += [path, path.lower()]  # as it was typed, and as a repository's strong key folds it
    return [*dict.fromkeys(keys), *(each for each in hosts if not is_shared_host(each))]


def tools_by_link(session: Session, links: Iterable[str]) -> Mapping[str, Alias]:
    """Link -> the alias that owns it, the longest path winning; links of no tool are left out."""
    keys = {link: alias_keys(link) for link in set(links)}
    aliases = candidates.aliases_by_key(session, STRONG, {key for each in keys.values() for key in each})
    owners = {
        link: next((aliases[key] for key in each if key in aliases), None) for link, each in keys.items()
    }
    return {link: alias for link, alias in owners.items() if alias is not None}


def aliases_of(session: Session, keys: Iterable[str]) -> Mapping[str, Alias]:
    """Strong key -> the alias that has it; keys that no tool has are left out."""
    return candidates.aliases_by_key(session, STRONG, set(keys))


def tool_by_name(session: Session, name_key: str) -> Alias | None:
    return candidates.aliases_by_key(session, (AliasKind.NAME,), [name_key]).get(name_key)


def standing(session: Session, candidate: Candidate) -> Candidate:
    """The candidate itself, or the one that it ended up in after merges."""
    while candidate.status is CandidateStatus.MERGED and candidate.merged_into_id is not None:
        candidate = candidates.get(session, candidate.merged_into_id)
    return candidate


def all_standing(session: Session, found: Iterable[Candidate]) -> Mapping[int, Candidate]:
    """By id, what each candidate ended up in after merges; as many queries as merges lie on top of each other."""
    known = {id_of(each): each for each in found}
    ahead = {each.merged_into_id for each in known.values() if each.merged_into_id} - set(known)
    while ahead:
        further = candidates.by_id(session, {each for each in ahead if each is not None})
        known.update(further)
        ahead = {each.merged_into_id for each in further.values() if each.merged_into_id} - set(known)
    return {candidate_id: _end(each, known) for candidate_id, each in known.items()}


def _end(candidate: Candidate, known: Mapping[int, Candidate]) -> Candidate:
    while candidate.status is CandidateStatus.MERGED and candidate.merged_into_id is not None:
        candidate = known[candidate.merged_into_id]
    return candidate


def _above(host: str) -> list[str]:
    """`a.b.example.co.uk` gives `b.example.co.uk`, `example.co.uk`."""
    domain = registrable_domain(host)
    if not domain or domain == host:
        return []
    labels = host.removesuffix("." + domain).split(".")
    return [".".join([*labels[start:], domain]) for start in range(1, len(labels))] + [domain]
