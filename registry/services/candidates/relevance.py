"""Learns what an office lets in from what it decided, and keeps the numbers of open candidates up with that.

The arithmetic is registry/domain/relevance.py's; a number orders and explains, and hides nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from registry.domain.relevance import (
    Feature,
    FeatureKind,
    Features,
    Learnt,
    Relevance,
    heard,
    learn,
    relevance,
    site_of,
    words_of,
)
from registry.domain.triage import CandidateStatus
from registry.store import traits
from registry.store.columns import id_of
from registry.store.inbox import InboxRow
from registry.store.traits import Traits

LEARNT_FROM = 5_000
"""The last so many decisions count: an office changes its mind."""
AT_ONCE = 20_000
ALL_EVERY = timedelta(hours=1)

_learnt: dict[str, tuple[object, Learnt]] = {}
"""By database: what was learnt last, with the mark of the decisions behind it."""


_lately: dict[str, tuple[datetime, Learnt]] = {}


def reasons_in_short(session: Session, rows: Sequence[InboxRow], now: datetime) -> Mapping[int, str]:
    """The weightiest reason of each row's number, by candidate; those without one are left out.

    By what was learnt within the last hour, as the numbers are: reading a list must not wait for learning.
    """
    place = str(session.get_bind().engine.url)
    at, learnt = _lately.get(place, (None, None))
    if at is None or learnt is None or not timedelta(0) <= now - at < ALL_EVERY or not learnt.enough:
        learnt = learnt_so_far(session)
        _lately[place] = (now, learnt)
    if not learnt.enough:
        return {}
    found = {}
    for row in rows:
        each = row.candidate
        known = Traits(
            id_of(each),
            each.name,
            each.tagline,
            each.identity or "",
            each.method,
            each.sure,
            each.status,
            each.relevance,
            row.mentions,
            set(zip(row.sources, row.announcers, strict=True)),
            list(row.labels),
        )
        found[id_of(each)] = relevance(features_of(known), learnt).reasons[0]
    return found


def learnt_so_far(session: Session) -> Learnt:
    """Learnt anew only where something was decided since; else one query."""
    place, mark = str(session.get_bind().engine.url), traits.mark(session)
    kept = _learnt.get(place)
    if kept is None or kept[0] != mark:
        examples = traits.decided(session, limit=LEARNT_FROM)
        found = learn((features_of(each), each.status is CandidateStatus.ACCEPTED) for each in examples)
        kept = _learnt[place] = (mark, found)
    return kept[1]


def relevance_of(session: Session, candidate_id: int) -> Relevance:
    """The number of one candidate by what is known now, with its reasons."""
    found = traits.of_one(session, candidate_id)
    return relevance(features_of(found) if found else frozenset(), learnt_so_far(session))


def features_of(each: Traits) -> Features:
    name = each.method if each.method in ("by hand", "request") else "sure" if each.sure else "not sure"
    return frozenset(
        [
            Feature(FeatureKind.SITE, site_of(each.identity)),
            Feature(FeatureKind.NAME, name),
            Feature(FeatureKind.HEARD, heard(each.mentions)),
            *(Feature(FeatureKind.SOURCE, source) for source, _ in each.sources),
            *(Feature(FeatureKind.ANNOUNCER, announcer.value) for _, announcer in each.sources),
            *(Feature(FeatureKind.LABEL, label) for label in each.labels),
            *(Feature(FeatureKind.WORD, word) for word in words_of(each.name, each.tagline)),
        ]
    )


class Refresher:
    """Which numbers are out of date: those of new candidates at once, all at most once an hour after a decision."""

    def __init__(self) -> None:
        self._mark: object = None
        self._at: datetime | None = None

    def outdated(self, session: Session, now: datetime) -> list[tuple[int, int]]:
        """Candidate id and number, for `traits.write_numbers`; nothing while too little was decided."""
        learnt = learnt_so_far(session)
        if not learnt.enough:
            return []
        mark = traits.mark(session)
        rests = self._at is not None and timedelta(0) <= now - self._at < ALL_EVERY
        everything = mark != self._mark and not rests
        found = traits.of_open(session, without_number=not everything, limit=AT_ONCE)
        if everything:
            self._mark, self._at = mark, now
        numbers = [(each, relevance(features_of(each), learnt).number) for each in found]
        return [(each.id, number) for each, number in numbers if number != each.relevance]
