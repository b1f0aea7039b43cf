"""Which candidates and tools a candidate is probably the same as, each with the reason; a person decides."""

import threading
from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta

from rapidfuzz import fuzz, process
from sqlmodel import Session

from registry.domain.identity import name_key
from registry.domain.values import dataclass
from registry.store import candidates, differences, tools
from registry.store.columns import id_of
from registry.store.tables import Candidate

ALIKE = 84
"""Of 100, by the letters of the two names' keys; less is no reason to trouble a person."""
SHORTEST_HELD = 5
"""A name key as short as this may stand inside a longer one by chance."""
MOST_SHOWN = 4
SAME = 100
BUILT_ANEW = timedelta(minutes=5)
"""What no event told (a name taken from a tool, another process's late commit) is noticed after so long."""


@dataclass(frozen=True)
class Twin:
    """What a candidate may be the same as: another candidate, or, where `tool_slug` is set, a tool."""

    candidate_id: int
    tool_slug: str
    name: str
    score: int
    """0 to 100; 100 is the same name."""
    reason: str


@dataclass(frozen=True)
class _Named:
    """A name in the order in which names became known."""

    key: str
    candidate_id: int = 0
    tool_id: int = 0


@dataclass
class _Names:
    """The names of all open candidates and of all tools, and what was found alike among them so far."""

    at: datetime
    event_id: int = 0
    alias_id: int = 0
    open: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Candidate to name and key."""
    named: list[_Named] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    places: dict[str, list[int]] = field(default_factory=dict)
    """Key to where in `keys` it stands."""
    in_order: list[str] = field(default_factory=list)
    """Each key once, by its letters."""
    near: dict[str, tuple[int, list[tuple[int, int, str]]]] = field(default_factory=dict)
    """Key to how many of `keys` it was compared with, and the places, scores and reasons found there."""

    def add(self, named: _Named) -> None:
        if named.key not in self.places:
            insort(self.in_order, named.key)
        self.places.setdefault(named.key, []).append(len(self.keys))
        self.named.append(named)
        self.keys.append(named.key)

    def alike(self, key: str) -> Sequence[tuple[int, int, str]]:
        compared, found = self.near.get(key, (0, []))
        if compared < len(self.keys):
            found = [*found, *self._compared(key, compared)]
            self.near[key] = (len(self.keys), found)
        return found

    def _compared(self, key: str, start: int) -> Iterator[tuple[int, int, str]]:
        """Those from `start` on that are alike by their letters, or of which one begins with the other."""
        later = self.keys[start:] if start else self.keys
        hits = process.extract(key, later, scorer=fuzz.ratio, score_cutoff=ALIKE, limit=40)
        begun = (place for other in self._beginning(key) for place in self.places[other] if place >= start)
        for place in sorted({start + place for _, _, place in hits}.union(begun)):
            found = likeness(key, self.keys[place])
            if found is not None:
                yield place, *found

    def _beginning(self, key: str) -> Iterator[str]:
        """The keys that begin with this one, or with which it begins."""
        for length in range(SHORTEST_HELD, len(key)):
            if key[:length] in self.places:
                yield key[:length]
        if len(key) < SHORTEST_HELD:
            return
        for at in range(bisect_left(self.in_order, key), len(self.in_order)):
            if not self.in_order[at].startswith(key):
                return
            yield self.in_order[at]


_known: dict[str, _Names] = {}
_lock = threading.Lock()


def twins(session: Session, found: Sequence[Candidate], *, now: datetime) -> Mapping[int, list[Twin]]:
    """By candidate id, the likest first, at most four; those that a person told apart are left out.

    Names are kept in memory; what was compared once is compared again only with names that came later. As many queries
    however many candidates.
    """
    with _lock:
        names = _names(session, now)
        near = {id_of(each): list(_near(each, names)) for each in found}
    keys = {id_of(each): each.name_key for each in found}
    apart = differences.of(session, list(near))
    owned = tools.by_ids(
        session, {named.tool_id for hits in near.values() for named, _, _ in hits if named.tool_id}
    )
    result: dict[int, list[Twin]] = {}
    for candidate_id, hits in near.items():
        others, not_tools = apart[candidate_id]
        best: dict[str, Twin] = {}
        for named, score, reason in hits:
            if named.tool_id:
                tool = owned.get(named.tool_id)
                if tool is None or named.tool_id in not_tools:
                    continue
                if score == SAME and name_key(tool.name) != keys[candidate_id]:
                    reason = "also known by this name"
                twin = Twin(0, tool.slug, tool.name, score, reason)
            elif named.candidate_id in others:
                continue
            else:
                twin = Twin(named.candidate_id, "", names.open[named.candidate_id][0], score, reason)
            key = twin.tool_slug or str(twin.candidate_id)
            if key not in best or best[key].score < score:
                best[key] = twin
        result[candidate_id] = sorted(best.values(), key=lambda twin: (-twin.score, twin.name))[:MOST_SHOWN]
    return result


def likeness(key: str, other: str) -> tuple[int, str] | None:
    """How alike two name keys are (0 to 100) and why, in words; None where a person need not be troubled."""
    if not key or not other:
        return None
    if key == other:
        return SAME, "the same name"
    short, long = sorted((key, other), key=len)
    score = round(fuzz.ratio(key, other))
    if score >= ALIKE:
        return score, f"{score} % alike"
    if len(short) >= SHORTEST_HELD and long.startswith(short):
        return score, "one name begins with the other"
    return None


def _names(session: Session, now: datetime) -> _Names:
    place = str(session.get_bind().engine.url)
    kept = _known.get(place)
    event_id, changed = candidates.changed_since(session, kept.event_id if kept else 0)
    if kept is None or event_id < kept.event_id or not timedelta(0) <= now - kept.at < BUILT_ANEW:
        kept = _Names(now)
        for candidate_id, name, key in candidates.undecided(session):
            kept.open[candidate_id] = (name, key)
            kept.add(_Named(key, candidate_id=candidate_id))
        _known[place] = kept
    else:
        for candidate_id in changed:
            kept.open.pop(candidate_id, None)
        for candidate_id, name, key in candidates.undecided(session, among=changed) if changed else ():
            kept.open[candidate_id] = (name, key)
            kept.add(_Named(key, candidate_id=candidate_id))
    kept.event_id = event_id
    for alias_id, key, tool_id in tools.names_since(session, kept.alias_id):
        kept.add(_Named(key, tool_id=tool_id))
        kept.alias_id = max(kept.alias_id, alias_id)
    return kept


def _near(candidate: Candidate, names: _Names) -> Iterator[tuple[_Named, int, str]]:
    """What is named alike and still open under that name, without the candidate itself."""
    for place, score, reason in names.alike(candidate.name_key):
        named = names.named[place]
        if named.candidate_id:
            still = names.open.get(named.candidate_id, ("", ""))[1] == named.key
            if named.candidate_id == candidate.id or not still:
                continue
        yield named, score, reason
