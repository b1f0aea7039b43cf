"""The shelf and the roll of one process, kept true: whoever asks sees every change that was committed before, by
whichever process.

They hold from one moment to another, since time alone changes where verdicts stand; who first asks waits for them.
"""

import logging
import threading
from collections.abc import Mapping
from dataclasses import field, replace
from datetime import date, datetime, timedelta
from itertools import count

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from registry.domain.values import dataclass
from registry.services.answers import radar
from registry.services.answers import roll as rolls
from registry.services.answers.roll import Entry, Roll
from registry.services.people.house import house
from registry.services.verdicts.shelf import Shelf
from registry.services.verdicts.turn import midnight, next_turn
from registry.settings import Settings
from registry.store import annals
from registry.store import shelf as store
from registry.store.changes import Changes, Trail
from registry.store.engine import snapshot
from registry.store.rulings import turned

logger = logging.getLogger(__name__)
MOST_READ_AGAIN = 500
"""Tools; when more of them changed, reading everything anew is the better."""
MOST_PASTS = 16
"""Days and offices of which is kept how every tool stood."""
BESIDE = timedelta(minutes=1)
"""So much earlier a request may have looked at the clock that runs beside the one which read the store."""


@dataclass(frozen=True)
class _Held:
    shelf: Shelf
    since: datetime
    until: datetime
    """When time alone changes something next."""
    lists: int
    """Another number for other facts, another roll or another newest notice."""
    newest: int
    """Number of the newest notice."""
    roll: Roll | None = None
    """None until somebody asks for it."""
    stale: frozenset[int] = frozenset()
    """Tools that the roll may tell wrongly."""
    renamed: bool = False
    """Whether a tool came, went, or moved to another category since the roll was made."""
    past: dict[tuple[date | None, str | None], tuple[Mapping[int, Entry], frozenset[int]]] = field(
        default_factory=dict
    )
    """By day and office, the one asked for last at the end; each with the tools that it may tell wrongly."""

    @property
    def roll_is_true(self) -> bool:
        return self.roll is not None and not self.stale and not self.renamed

    @property
    def marked_roll(self) -> Roll:
        assert self.roll is not None
        return replace(self.roll, mark=self.shelf.mark)


class Shelving:
    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine, self._settings = engine, settings
        self._lock = threading.Lock()
        self._trail: Trail | None = None
        self._held: _Held | None = None
        self._true_at: tuple[int | None, _Held | None] = (None, None)
        """The newest change that was heard of before it was found true, and what."""
        self._looks = 0
        self._numbers = count(1)

    def shelf(self, now: datetime, heard: int | None = None) -> Shelf:
        """All published verdicts as of now. Raises SQLAlchemyError where the store cannot be read.

        `heard` numbers the newest change that this process heard of before.
        """
        return self._at(now, heard, roll=False).shelf

    def roll(self, now: datetime, heard: int | None = None) -> Roll:
        """All tools with an answer of their own as of now. Raises SQLAlchemyError where the store cannot be read."""
        held = self._at(now, heard, roll=True)
        return held.marked_roll

    def shelf_at_hand(self, now: datetime, heard: int) -> Shelf | None:
        """The same where nothing was heard of since, without asking anybody; else None."""
        held = self._at_hand(now, heard)
        return held.shelf if held is not None else None

    def roll_at_hand(self, now: datetime, heard: int) -> Roll | None:
        """The same where nothing was heard of since, without asking anybody; else None."""
        held = self._at_hand(now, heard)
        return held.marked_roll if held is not None and held.roll_is_true else None

    def stood(self, day: date | None, office: str | None, now: datetime) -> Mapping[int, Entry]:
        """Tool id -> its answer at the end of a day of the past, or as of now for None; of those that had one."""
        if day is None and office is None:
            return self.roll(now).entries
        with self._lock:
            self._held = held = self._follow(now)
            known, stale = held.past.pop((day, office), ({}, None))
            if stale is None or stale:
                with snapshot(self._engine) as session:
                    organisation = house(session, self._settings)
                    at = now if day is None else radar.end_of(day, organisation, now)
                    read = radar.stood(session, organisation, at=at, now=now, office=office, tool_ids=stale)
                known = {each: told for each, told in known.items() if each not in (stale or ())} | read
            while len(held.past) >= MOST_PASTS:
                del held.past[next(iter(held.past))]
            held.past[day, office] = known, frozenset()
            return known

    def lists(self, now: datetime, heard: int | None = None) -> int:
        """Another number whenever lists tell anything else of a tool or a verdict, or a notice came.

        Raises SQLAlchemyError where the store cannot be read.
        """
        return self._at(now, heard, roll=True).lists

    def warm(self, now: datetime) -> None:
        """Read ahead what is asked for most, so that nobody waits for it; where that fails, who asks reads it."""
        try:
            self.roll(now)
        except SQLAlchemyError:
            logger.warning("roll not read ahead", exc_info=True)

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _at_hand(self, now: datetime, heard: int) -> _Held | None:
        true_at, held = self._true_at
        return held if held is not None and true_at == heard and held.since <= now < held.until else None

    def _at(self, now: datetime, heard: int | None, *, roll: bool) -> _Held:
        seen = self._looks
        with self._lock:
            kept = self._held
            # Another thread has looked since this one asked.
            looked = self._looks != seen and kept is not None and kept.since <= now < kept.until
            if looked and kept is not None and (not roll or kept.roll_is_true):
                return kept
            self._looks += 1
            try:
                self._held = self._follow(now, roll=roll)
                self._true_at = heard, self._held
            except SQLAlchemyError:
                self._drop()
                raise
            return self._held

    def _follow(self, now: datetime, *, roll: bool = False) -> _Held:
        """What is true now; with `roll` its roll is true too."""
        (news, last), held = self._news(), self._held
        holds = held is not None and news is None and held.since <= now < held.until
        if held is not None and holds and (held.roll_is_true or not roll):
            return held
        with snapshot(self._engine) as session:
            if held is None or not holds:
                held = self._shelved(session, held, news, last, now)
            return self._called(session, held, now) if roll else held

    def _shelved(
        self, session: Session, held: _Held | None, news: Changes | None, last: int, now: datetime
    ) -> _Held:
        """The same with a shelf that is true."""
        zone = self._settings.zone
        until, newest = next_turn(session, now=now, zone=zone), annals.last(session)
        mark = f"{last}-{until.isoformat()}"
        if held is None or (news and _is_much(news)):
            shelf = Shelf(store.facts(session, now=now, zone=zone))
            return _Held(shelf.marked(mark), now - BESIDE, until, next(self._numbers), newest)
        concerned = news.concerned if news else frozenset()
        if held.since <= now < midnight(held.since + BESIDE, zone):
            if now >= held.until:
                concerned |= turned(session, after=held.since + BESIDE, until=now)
            again = store.facts(session, now=now, zone=zone, tool_ids=concerned)
            shelf = held.shelf.with_facts(concerned, again)
        else:
            shelf = Shelf(store.facts(session, now=now, zone=zone))
            concerned |= held.shelf.differing(shelf)
        same = shelf.facts is held.shelf.facts and newest == held.newest
        return _Held(
            shelf.marked(mark),
            now - BESIDE,
            until,
            held.lists if same else next(self._numbers),
            newest,
            held.roll,
            held.stale | concerned,
            held.renamed or bool(news and news.tools),
            {
                asked: (known, stale | concerned)
                for asked, (known, stale) in held.past.items()
                if len(stale | concerned) <= MOST_READ_AGAIN
            },
        )

    def _news(self) -> tuple[Changes | None, int]:
        """What was written since the last look, and its highest number. Where the trail has broken, as when the server
        was started again, all is read anew."""
        if self._trail is not None:
            try:
                return self._trail.news(), self._trail.last
            except SQLAlchemyError:
                self._drop()
        self._trail = Trail(self._engine)  # before the rows are read: what is written meanwhile is news later
        return None, self._trail.last

    def _called(self, session: Session, held: _Held, now: datetime) -> _Held:
        """The same with a roll that is true."""
        roll = held.roll
        if held.roll_is_true:
            return held
        known = house(session, self._settings)
        if roll is None or len(held.stale) > MOST_READ_AGAIN:
            entries = rolls.read_entries(session, known, now=now)
            made = Roll(entries, rolls.read_categories(session), rolls.read_tagged(session))
        else:
            entries = rolls.read_entries(session, known, now=now, tool_ids=held.stale)
            tagged = rolls.read_tagged(session, held.stale)
            made = rolls.with_entries(roll, held.stale, entries, tagged)
            if held.renamed:
                made = replace(made, categories=rolls.read_categories(session), holding={})
        lists = held.lists if made is roll else next(self._numbers)
        return replace(held, roll=made, stale=frozenset(), renamed=False, lists=lists)

    def _drop(self) -> None:
        if self._trail is not None:
            self._trail.close()
        self._trail = self._held = None
        self._true_at = None, None


def _is_much(news: Changes) -> bool:
    return news.of_any or len(news.concerned) > MOST_READ_AGAIN
