"""Another list becomes tools and imported verdicts: planned against the store, then stored whole or not at all."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.lookup import House
from registry.domain.values import dataclass
from registry.services.lists.import_plan import Plan, RowReport
from registry.services.lists.import_rows import COLUMNS, read_row
from registry.services.lists.importing_store import Counted, T, Track, store
from registry.services.lists.spreadsheets import Sheet
from registry.services.people.acting import Actor
from registry.store.engine import serialise

MOST_ROWS = 200_000


@dataclass(frozen=True)
class Report:
    rows: tuple[RowReport, ...]
    tools: int
    verdicts: int
    done: bool
    """Whether it was stored; never where one row has a fault, and not in a dry run."""
    notes: tuple[str, ...] = ()
    """About the file as a whole."""

    @property
    def faulty(self) -> tuple[RowReport, ...]:
        return tuple(row for row in self.rows if row.faults)


def _untold(items: Counted[T], _what: str) -> Iterable[T]:
    return items


def import_rows(
    session: Session,
    sheet: Sheet,
    house: House,
    *,
    by: Actor,
    now: datetime,
    date_format: str = "",
    dry_run: bool = False,
    track: Track = _untold,
) -> Report:
    """Store every tool and verdict of a list that is not here yet, or, where any row has a fault, nothing.

    The sheet's rows bear our headers; `track` hears of each while it is read, and of what is written.
    Raises InvalidInput for a list without names or too long.
    """
    if len(sheet) and "name" not in sheet.columns:
        raise InvalidInput(
            f"The list has no column “name”. It has: {', '.join(sorted(sheet.columns))}. "
            "Map its headers with --map."
        )
    if len(sheet) > MOST_ROWS:
        raise InvalidInput(f"A list may have at most {MOST_ROWS:,} rows. Part it into several files.")
    if not dry_run:
        serialise(session, "tools")
        serialise(session, "verdict")
    plan = Plan(session, house, now)
    for number, row in enumerate(track(sheet, "Reading and comparing the rows"), start=1):
        plan.take(read_row(number, row, house, now=now, date_format=date_format))
    found = plan.finish()
    done = not dry_run and not any(row.faults for row in plan.reports)
    if done:
        store(session, found, zone=house.zone, by=by, now=now, track=track)
    strange = sorted(sheet.columns - set(COLUMNS))
    notes = (f"Columns without a meaning here were ignored: {', '.join(strange)}.",) if strange else ()
    return Report(tuple(plan.reports), len(found.tools), len(found.verdicts), done, notes)
