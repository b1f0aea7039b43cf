"""Which tool or candidate a link stands for, by strong keys alone; a name by itself never decides."""

from collections.abc import Iterable, Mapping

from sqlmodel import Session

from registry.domain.triage import CandidateStatus
from registry.services.entries.keys import alias_keys, is_site
from registry.store import candidates
from registry.store.columns import id_of
from registry.store.tables import Alias, AliasKind, Candidate

STRONG = (AliasKind.DOMAIN, AliasKind.PATH, AliasKind.PURL)


def alias_kind(key: str) -> AliasKind:
    """Of a strong key: `pkg:pypi/numpy`, `github.com/owner/repo` or `example.com`."""
    if key.startswith("pkg:"):
        return AliasKind.PURL
    return AliasKind.DOMAIN if is_site(key) else AliasKind.PATH


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
