"""Choosing from the starter list: what it offers, what of it is polled already, and adding several in one act."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.proposal import Announcer
from registry.domain.values import dataclass
from registry.services.people.acting import Actor
from registry.services.sources import sources
from registry.services.sources.sources import LeftOut, Wanted
from registry.store import sources as store
from registry.store.tables import Source
from scrapers.links import link_key
from scrapers.starter import Starter, starters


@dataclass(frozen=True)
class Offer:
    starter: Starter
    source_id: int | None
    """Of the source that polls it already; None where nobody does."""


def offers(session: Session, *, group: str = "") -> Sequence[Offer]:
    """The starter list in its order, or one group of it. Raises InvalidInput for a group that there is not."""
    polled = {
        link_key(each.url): each.source_id for each in store.addresses(session) if each.removed_at is None
    }
    return [Offer(each, polled.get(link_key(each.url))) for each in _chosen((), [group] if group else [])]


def add_starters(
    session: Session,
    names: Collection[str],
    groups: Collection[str] = (),
    *,
    by: Actor,
    now: datetime,
) -> tuple[Sequence[Source], Sequence[LeftOut]]:
    """Poll what is named, and all of the named groups; what is polled already is left out.

    Raises InvalidInput where nothing is chosen, or a name or group is not on the list.
    """
    if not names and not groups:
        raise InvalidInput("Choose at least one source, or a whole group.", {"names": "Choose at least one."})
    wanted = [
        Wanted(each.url, each.name, Announcer(each.announcer), each.group, each.kind)
        for each in _chosen(names, groups)
    ]
    return sources.add_all(session, wanted, by=by, now=now)


def _chosen(names: Collection[str], groups: Collection[str]) -> list[Starter]:
    """In the list's order; all of it where nothing is named."""
    folded = {each.lower() for each in [*names, *groups]}
    known = {each.name.lower() for each in starters()} | {each.group.lower() for each in starters()}
    for each in [*names, *groups]:
        if each.lower() not in known:
            raise InvalidInput(
                f"The starter list has no {each!r}. `registry sources starter` shows it.",
                {"names": "is not on the list"},
            )
    if not folded:
        return list(starters())
    chosen_names = {each.lower() for each in names}
    chosen_groups = {each.lower() for each in groups}
    return [
        each
        for each in starters()
        if each.name.lower() in chosen_names or each.group.lower() in chosen_groups
    ]
