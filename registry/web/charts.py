"""Where the marks of our small charts stand, in units of their SVG; macros/charts.html draws them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

SCALE = ("0", "1", "2", "3", "4", "U")
STEP, LEFT, BASE, STACK = 44, 22, 40, 13


@dataclass(frozen=True)
class Dot:
    who: str
    rating: str
    x: int
    y: int


@dataclass(frozen=True)
class DotPlot:
    """`scale` holds a label and its x for each rating; `median_x` is None where there is no median."""

    width: int
    height: int
    base: int
    scale: Sequence[tuple[str, int]]
    dots: Sequence[Dot]
    median_x: int | None


def dot_plot(ratings: Sequence[tuple[str, str]], median: str | None = None) -> DotPlot:
    """Reviewers' ratings of one criterion (who, "0" to "4" or "U"), equal ones stacked.

    Raises ValueError for a rating off the scale.
    """
    at = {rating: LEFT + STEP * place for place, rating in enumerate(SCALE)}
    if unknown := [rating for _, rating in ratings if rating not in at]:
        raise ValueError(f"not a rating: {unknown[0]}")
    tallest = max(Counter(rating for _, rating in ratings).values(), default=1)
    base = BASE + STACK * (tallest - 1)
    stacked: Counter[str] = Counter()
    dots = []
    for who, rating in ratings:
        dots.append(Dot(who, rating, at[rating], base - 14 - STACK * stacked[rating]))
        stacked[rating] += 1
    width = 2 * LEFT + STEP * (len(SCALE) - 1)
    return DotPlot(
        width, base + 26, base, tuple(at.items()), dots, at[median] if median is not None else None
    )
