"""Where the marks of our small charts stand, in units of their SVG; macros/charts.html draws them."""

from collections import Counter
from collections.abc import Sequence

from registry.domain.values import dataclass

SCALE = ("0", "1", "2", "3", "4", "U")
STEP, LEFT, BASE, STACK = 48, 20, 44, 26
BAR, ROW = 280, 40


@dataclass(frozen=True)
class Dot:
    who: str
    initials: str
    rating: str
    x: int
    y: int
    earlier: bool = False
    """Where a reviewer was before re-scoring."""


@dataclass(frozen=True)
class DotPlot:
    """`scale` holds a label and its x for each rating; `median_x` is None where there is no median."""

    width: int
    height: int
    base: int
    scale: Sequence[tuple[str, int]]
    dots: Sequence[Dot]
    median_x: int | None


def dot_plot(
    ratings: Sequence[tuple[str, str]], median: str | None = None, earlier: Sequence[tuple[str, str]] = ()
) -> DotPlot:
    """Reviewers' ratings of one criterion (who, "0" to "4" or "U"), equal ones stacked; `earlier` are those re-scored.

    Raises ValueError for a rating off the scale.
    """
    at = {rating: LEFT + STEP * place for place, rating in enumerate(SCALE)}
    marks = [
        *((who, rating, False) for who, rating in ratings),
        *((who, rating, True) for who, rating in earlier),
    ]
    if unknown := [rating for _, rating, _ in marks if rating not in at]:
        raise ValueError(f"not a rating: {unknown[0]}")
    tallest = max(Counter(rating for _, rating, _ in marks).values(), default=1)
    base = BASE + STACK * (tallest - 1)
    letters = _initials([who for who, _ in ratings])
    stacked: Counter[str] = Counter()
    dots = []
    for who, rating, old in marks:
        height = base - 18 - STACK * stacked[rating]
        dots.append(Dot(who, letters.get(who, who[:1]), rating, at[rating], height, old))
        stacked[rating] += 1
    width = 2 * LEFT + STEP * (len(SCALE) - 1)
    return DotPlot(
        width, base + 26, base, tuple(at.items()), dots, at[median] if median is not None else None
    )


@dataclass(frozen=True)
class Bar:
    label: str
    said: str
    """The value in words, at the right end."""
    url: str
    y: int
    width: float
    slow_x: float | None
    """Where a second, higher figure ends."""


@dataclass(frozen=True)
class BarChart:
    width: int
    height: int
    bars: Sequence[Bar]


def bar_chart(rows: Sequence[tuple[str, str, str, float, float | None]]) -> BarChart:
    """Horizontal bars under their labels: (label, value in words, address or empty, value, second value or None)."""
    most = max((max(value, slow or 0) for *_, value, slow in rows), default=0) or 1
    bars = [
        Bar(label, said, url, place * ROW, BAR * value / most, None if slow is None else BAR * slow / most)
        for place, (label, said, url, value, slow) in enumerate(rows)
    ]
    return BarChart(BAR, ROW * len(rows), bars)


@dataclass(frozen=True)
class Sparkline:
    """`path` leaves a gap where there is no figure; `dots` are (label, x, y); `zero_y` is the line of mere chance."""

    width: int
    height: int
    path: str
    dots: Sequence[tuple[str, float, float]]
    zero_y: float


def amount(value: float, maximum: float, width: int) -> float:
    """How much of a bar is filled; of nothing a trace."""
    return max(min(round(width * value / maximum, 1), width), 3)


def sparkline(points: Sequence[tuple[str, float | None]]) -> Sparkline:
    """Figures from 1, at the top, down to -0.2 and below, at the bottom, oldest first."""
    path, dots, gap = "", [], True
    for place, (label, value) in enumerate(points):
        if value is None:
            gap = True
            continue
        x, y = 5.0 + 14 * place, _spark_y(value)
        path += f"{'M' if gap else 'L'}{x:g} {y:g}"
        dots.append((label, x, y))
        gap = False
    return Sparkline(10 + 14 * max(0, len(points) - 1), 34, path, dots, _spark_y(0))


def _spark_y(value: float) -> float:
    return round(4 + 26 * (1 - max(value, -0.2)) / 1.2, 1)


def _initials(names: Sequence[str]) -> dict[str, str]:
    """One letter a name, two where the first is shared."""
    first = Counter(name[:1].upper() for name in names)
    return {
        name: name[:1].upper() if first[name[:1].upper()] == 1 else name[:2].capitalize() for name in names
    }
