"""Which candidates and tools a candidate is probably the same as, each with the reason; a person decides."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process
from sqlmodel import Session

from registry.store import candidates, tools
from registry.store.columns import id_of
from registry.store.tables import Candidate

ALIKE = 84
"""Of 100, by the letters of the two names' keys; less is no reason to trouble a person."""
SHORTEST_HELD = 5
"""A name key as short as this may stand inside a longer one by chance."""
MOST_COMPARED = 5_000
MOST_SHOWN = 4


@dataclass(frozen=True)
class Twin:
    """What a candidate may be the same as: another candidate, or, where `tool_slug` is set, a tool."""

    candidate_id: int
    tool_slug: str
    name: str
    score: int
    """0 to 100; 100 is the same name."""
    reason: str


def twins(session: Session, found: Sequence[Candidate]) -> Mapping[int, list[Twin]]:
    """By candidate id, the likest first, at most four; three queries however many candidates.

    Looks among the newest 5,000 undecided candidates and all names of tools.
    """
    others = candidates.undecided(session, limit=MOST_COMPARED)
    aliases = tools.alias_names(session)
    keys = [key for _, _, key in others] + [key for key, _ in aliases]
    near = {id_of(each): _near(each, keys, others, len(others)) for each in found}
    owners = {
        aliases[place - len(others)][1] for hits in near.values() for place in hits if place >= len(others)
    }
    owned = tools.by_ids(session, owners)
    result: dict[int, list[Twin]] = {}
    for each in found:
        best: dict[str, Twin] = {}
        for place, (score, reason) in near[id_of(each)].items():
            if place < len(others):
                other_id, name, _ = others[place]
                twin = Twin(other_id, "", name, score, reason)
            else:
                tool = owned[aliases[place - len(others)][1]]
                twin = Twin(0, tool.slug, tool.name, score, reason)
            key = twin.tool_slug or str(twin.candidate_id)
            if key not in best or best[key].score < score:
                best[key] = twin
        result[id_of(each)] = sorted(best.values(), key=lambda twin: (-twin.score, twin.name))[:MOST_SHOWN]
    return result


def likeness(key: str, other: str) -> tuple[int, str] | None:
    """How alike two name keys are (0 to 100) and why, in words; None where a person need not be troubled."""
    if not key or not other:
        return None
    if key == other:
        return 100, "the same name"
    short, long = sorted((key, other), key=len)
    score = round(fuzz.ratio(key, other))
    if score >= ALIKE:
        return score, f"{score} % alike"
    if len(short) >= SHORTEST_HELD and long.startswith(short):
        return score, "one name begins with the other"
    return None


def _near(
    candidate: Candidate, keys: Sequence[str], others: Sequence[tuple[int, str, str]], candidates_end: int
) -> dict[int, tuple[int, str]]:
    """Place in `keys` to likeness, without the candidate itself."""
    key = candidate.name_key
    places: Iterable[int] = {
        *(
            place
            for _, _, place in process.extract(key, keys, scorer=fuzz.ratio, score_cutoff=ALIKE, limit=20)
        ),
        *(place for place, other in enumerate(keys) if other.startswith(key) or key.startswith(other)),
    }
    found = {}
    for place in sorted(places):
        itself = place < candidates_end and others[place][0] == candidate.id
        alike = None if itself else likeness(key, keys[place])
        if alike is not None:
            found[place] = alike
    return found
