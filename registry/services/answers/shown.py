"""What a reply is drawn from, and when any of that was last written."""

from collections.abc import Iterable
from dataclasses import replace

from registry.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class Shown:
    tools: frozenset[int] | None = None
    """Those of which it tells anything but the name; None where that may be each tool there is."""
    categories: frozenset[str] = frozenset()
    """Those whose permitted tools it was chosen among."""
    listed: bool = False
    """Whether it was chosen among all tools, verdicts or notices, by what lists tell of them."""

    def with_tools(self, more: Iterable[int]) -> "Shown":
        return self if self.tools is None else replace(self, tools=self.tools.union(more))


ANY_TOOL = Shown()
LISTED = Shown(frozenset(), listed=True)


class Written:
    """Numbers the changes that one process heard of, and knows the newest one of each tool and of each category."""

    def __init__(self) -> None:
        self.newest = self._of_any = 0
        self._tools: dict[int, int] = {}
        self._categories: dict[str, int] = {}

    def note(self, tools: Iterable[int], categories: Iterable[str]) -> None:
        """Something was written about these tools, which are of these categories."""
        number = self.newest + 1
        self._tools |= dict.fromkeys(tools, number)
        self._categories |= dict.fromkeys(categories, number)
        self.newest = number

    def note_any(self) -> None:
        """Something was written that may be about each tool."""
        # The number first: who asks in another thread never finds an older one than before.
        self._of_any = self.newest = self.newest + 1
        self._tools, self._categories = {}, {}

    def of(self, shown: Shown) -> int:
        """The number of the newest change that it shows."""
        if shown.tools is None:
            return self.newest
        tools, categories = self._tools, self._categories
        return max(
            self._of_any,
            *(tools.get(each, 0) for each in shown.tools),
            *(categories.get(each, 0) for each in shown.categories),
            0,
        )
