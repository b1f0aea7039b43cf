"""Live pictures on a terminal: what `registry scrape` is reading now and how far it is; the steps of an import."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

if TYPE_CHECKING:
    from rich.progress import TaskID

NAMES = 6


class Reading(Progress):
    """A bar with counts, and under it the names of the sources that are read at this moment.

    On standard error, and only where that is a terminal; lines for people go to standard output through `lines`.
    """

    def __init__(self, total: int) -> None:
        shown = sys.stderr.isatty()
        self._names: dict[int, str] = {}
        self._new = self._failed = 0
        super().__init__(
            TextColumn("Reading sources"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[told]}"),
            TimeElapsedColumn(),
            TextColumn("[dim]left[/dim]"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not shown,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        # On one terminal both must share a console, or the bar would write over the lines.
        shared = shown and sys.stdout.isatty()
        self.lines = self.console if shared else Console(file=sys.stdout, soft_wrap=True)
        self._task: TaskID = self.add_task("", total=total, told="")

    def starts(self, source_id: int, name: str) -> None:
        self._names[source_id] = name

    def ends(self, source_id: int, *, new: int, failed: bool) -> None:
        self._names.pop(source_id, None)
        self._new += new
        self._failed += failed
        told = f"{self._new} new" + (f", {self._failed} failed" if self._failed else "")
        self.update(self._task, advance=1, told=told)

    def get_renderables(self) -> Iterable[RenderableType]:
        yield self.make_tasks_table(self.tasks)
        names = list(self._names.values())
        if names:
            more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
            said = f"now: {', '.join(names[:NAMES])}{more}"
            yield Text(said, style="dim", no_wrap=True, overflow="ellipsis")


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar for an act whose end comes into sight on the way; gives what hears how much is done, and of how much."""
    with steps() as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, known: bar.update(task, completed=done, total=known)


def steps() -> Progress:
    """A bar for each step of one long act; on standard error, and only where that is a terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
