"""Several verdicts that an act is to be done to: which are offered, which were chosen, and how they stood when read."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session

from registry.domain.values import dataclass
from registry.services.people.house import house
from registry.services.verdicts import listing, publishing
from registry.services.verdicts.publishing import Listed, Published
from registry.services.verdicts.shelf import Filter
from registry.settings import Settings
from registry.store import verdicts
from registry.store.columns import id_of
from registry.web.typed import Typed

MOST_OFFERED = 200


@dataclass(frozen=True)
class Choosable:
    number: int
    tool: str
    outcome: str
    state: str
    ends_on: date | None
    seen: int
    """Number of the newest event about it."""
    chosen: bool
    refused: str = ""
    """Why it cannot be done to this one."""


def choosable(
    session: Session,
    numbers: Sequence[int],
    wanted: Filter,
    settings: Settings,
    *,
    chosen: Sequence[int] = (),
    now: datetime,
) -> list[Choosable]:
    """Those of the numbers, in their order; without any, all that pass the filter, newest first, as far as they fit."""
    organisation = house(session, settings)
    if numbers:
        rows = verdicts.published_by_numbers(session, numbers, now=now)
        known = [rows[number] for number in dict.fromkeys(numbers) if number in rows]
        found: Sequence[Published | Listed] = publishing.published(session, known, organisation, now=now)
    else:
        found = listing.newest(session, wanted, organisation, now=now, limit=MOST_OFFERED)
    newest = verdicts.newest_events(session, [id_of(each.row) for each in found])
    picked = set(chosen or numbers)
    return [
        Choosable(
            number=each.row.number,
            tool=each.tool.name,
            outcome=each.row.outcome.value,
            state=each.validity.state.value,
            ends_on=each.validity.ends_on,
            seen=newest.get(id_of(each.row), 0),
            chosen=each.row.number in picked,
        )
        for each in found
    ]


def numbers_in(values: Sequence[str]) -> list[int]:
    """What no verdict can be is left out."""
    return [int(each) for each in values if each.isascii() and each.isdigit() and len(each) < 10]


def seen_in(typed: Typed) -> dict[int, int]:
    """Each chosen number with the newest event that its page knew of."""
    return {
        number: next(iter(numbers_in([typed.one(f"seen.{number}")])), 0)
        for number in numbers_in(typed.several("number"))
    }
