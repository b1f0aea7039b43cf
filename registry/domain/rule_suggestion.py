"""Which rules an office's own dismissals suggest: words in titles of which nothing was ever let in.

A suggestion is shown with its figures; a person makes a rule of it, or not.
"""

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum

from registry.domain.values import dataclass

ENOUGH = 8
CHANCE = 0.01
"""So unlikely it must be that as many would have been dismissed in a row, were they like all the others."""
MOST = 5


class Fate(StrEnum):
    """What became of what an entry speaks of; DISMISSED as not for us, OTHER for all that teaches nothing."""

    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
    OTHER = "other"


@dataclass(frozen=True)
class Example:
    """An entry by the words of its title, or by whatever else is asked about."""

    marks: Collection[str]
    fate: Fate


@dataclass(frozen=True)
class Suggestion:
    mark: str
    dismissed: int
    other: int
    """How many more bear the mark that nobody decided on, or for another reason."""


def suggestions(examples: Iterable[Example]) -> Sequence[Suggestion]:
    """The marks of which all that was decided is dismissed, at least 8 and too many for chance; the most first.

    Of marks that stand in the same dismissed entries the first of the alphabet is given, since they tell one thing.
    Where nothing was ever let in, nothing can be told apart.
    """
    found = list(examples)
    let_in = sum(each.fate is Fate.ACCEPTED for each in found)
    dismissed = sum(each.fate is Fate.DISMISSED for each in found)
    if not let_in or not dismissed:
        return ()
    usual = dismissed / (dismissed + let_in)
    spoilt = {mark for each in found if each.fate is Fate.ACCEPTED for mark in each.marks}
    bearers: dict[str, list[int]] = {}
    others: dict[str, int] = {}
    for place, each in enumerate(found):
        for mark in set(each.marks) - spoilt:
            if each.fate is Fate.DISMISSED:
                bearers.setdefault(mark, []).append(place)
            else:
                others[mark] = others.get(mark, 0) + 1
    likely = [
        mark for mark, where in bearers.items() if len(where) >= ENOUGH and usual ** len(where) <= CHANCE
    ]
    chosen: list[Suggestion] = []
    covered: list[set[int]] = []
    for mark in sorted(likely, key=lambda each: (-len(bearers[each]), each)):
        where = set(bearers[mark])
        if any(where <= each for each in covered):
            continue
        covered.append(where)
        chosen.append(Suggestion(mark, len(where), others.get(mark, 0)))
    return tuple(chosen[:MOST])
