"""Whom to ask to score: by what the tier needs and how much each reviewer has to do already."""

from collections.abc import Collection, Sequence

from registry.domain.evaluation import Tier
from registry.domain.values import dataclass


@dataclass(frozen=True)
class Choosable:
    """A reviewer as far as the choice depends on them."""

    id: int
    name: str
    areas: frozenset[str] = frozenset()
    open: int = 0
    """Scorecards they have yet to hand in."""
    overdue: int = 0
    """Of these, how many are late."""
    barred: str = ""
    """Why they may not score this one, in a sentence; empty where they may."""


def propose(
    tier: Tier,
    people: Sequence[Choosable],
    *,
    asked: Collection[frozenset[str]] = (),
    solo: bool = False,
) -> tuple[int, ...]:
    """Ids of whom to ask besides those asked already, of whom `asked` holds the areas of each.

    First whoever covers most of the areas that the tier needs and nobody brings yet, then the least loaded until the
    tier's number is reached; of equals the one with less that is late, then by name. Empty where enough are asked.
    """
    lacking = [area for area in tier.areas if not any(area in areas for areas in asked)]
    count = max(0, (1 if solo else tier.scorecards) - len(asked))
    free = [each for each in people if not each.barred]
    chosen: list[int] = []
    while free and (lacking or len(chosen) < count):
        best = min(free, key=lambda each: _rank(each, lacking))
        covers = best.areas & set(lacking)
        if not covers and len(chosen) >= count:
            break
        chosen.append(best.id)
        free.remove(best)
        lacking = [area for area in lacking if area not in covers]
    return tuple(chosen)


def _rank(each: Choosable, lacking: Sequence[str]) -> tuple[int, int, int, str]:
    return (-len(each.areas & set(lacking)), each.open, each.overdue, each.name)
