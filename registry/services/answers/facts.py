"""What answers are made of, tool by tool: read in a fixed number of queries, and kept while nothing is written.

Whoever follows the store begins new facts at each change (following.py); without one they last for a question.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlmodel import Session

from registry.domain.answer import Answer, House, Question
from registry.domain.outside import Said
from registry.domain.validity import Ruling
from registry.services.outside.evidence import said_of
from registry.services.people.house import house_of
from registry.services.verdicts.turn import next_turn
from registry.settings import Settings
from registry.store import offices, tools, under_way, verdicts
from registry.store.columns import id_of
from registry.store.tables import Office, Tool
from registry.store.under_way import Running

MOST_KEPT = 2_000
"""Tools; some 4 kB each."""
EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class About:
    """All of one tool that does not change until something is written, whatever time it is."""

    tool: Tool
    published: tuple[tuple[datetime, Ruling], ...] = ()
    """Verdicts that were not taken back, newest number first, each with the moment at which it goes out."""
    runs: tuple[Running, ...] = ()
    others: tuple[Said, ...] = ()
    """What other registries decided on it."""

    def rulings(self, now: datetime) -> list[Ruling]:
        return [_as_of(ruling, now) for at, ruling in self.published if at <= now]

    def running(self, now: datetime) -> Running | None:
        """Of several evaluations under way the one that is due first."""
        return next((each for each in self.runs if each.until is None or each.until > now), None)


class Facts:
    """Shared by all that ask while nothing is written; keep it no longer than a snapshot that began after it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._about: dict[int, About] = {}
        self._permitted: dict[str, Sequence[int]] = {}
        self._offices: Sequence[Office] | None = None
        self._answers: dict[tuple[Question, int], Answer] = {}
        self._holds = (EVER, EVER)

    def about(self, session: Session, tool_ids: Iterable[int]) -> dict[int, About]:
        """By the tool's id, in the order asked; a tool that is not there is left out."""
        wanted = list(dict.fromkeys(tool_ids))
        found = {tool_id: each for tool_id in wanted if (each := self._about.get(tool_id)) is not None}
        missing = [tool_id for tool_id in wanted if tool_id not in found]
        if not missing:
            return found
        read = _read(session, missing)
        with self._lock:
            self._about |= read
            for oldest in list(self._about)[: max(len(self._about) - MOST_KEPT, 0)]:
                del self._about[oldest]
        found |= read
        return {tool_id: found[tool_id] for tool_id in wanted if tool_id in found}

    def permitted_in(self, session: Session, category: str) -> Sequence[int]:
        """Ids of tools of the category that some verdict permits or once permitted, by name; none of no category."""
        if not category:
            return ()
        if category not in self._permitted:
            self._permitted[category] = tools.permitted_in(session, category)
        return self._permitted[category]

    def answers(self, session: Session, house: House, now: datetime) -> dict[tuple[Question, int], Answer]:
        """What was computed and holds now, by question (its `at` is EVER) and tool; add what you compute for now."""
        since, until = self._holds
        if not since <= now < until:
            with self._lock:
                self._answers, self._holds = {}, (now, next_turn(session, now=now, zone=house.zone))
        elif len(self._answers) > MOST_KEPT:
            self._answers = {}
        return self._answers

    def turn(self, session: Session, house: House, now: datetime) -> datetime:
        """When time alone changes an answer next."""
        self.answers(session, house, now)
        return self._holds[1]

    def house(self, session: Session, settings: Settings) -> House:
        if self._offices is None:
            self._offices = offices.all_offices(session)
        return house_of(self._offices, settings)


def _read(session: Session, tool_ids: Sequence[int]) -> dict[int, About]:
    rows = {id_of(each.tool): each for each in tools.with_past(session, tool_ids)}
    published = _published(session, [tool_id for tool_id, each in rows.items() if each.decided])
    evaluated = [tool_id for tool_id, each in rows.items() if each.evaluated]
    runs = under_way.runs(session, evaluated) if evaluated else {}
    told = [tool_id for tool_id, each in rows.items() if each.told_of]
    others = said_of(session, told) if told else {}
    return {
        tool_id: About(
            each.tool,
            tuple(published.get(tool_id, ())),
            tuple(runs.get(tool_id, ())),
            others.get(tool_id, ()),
        )
        for tool_id, each in rows.items()
    }


def _published(session: Session, tool_ids: Sequence[int]) -> dict[int, list[tuple[datetime, Ruling]]]:
    found: dict[int, list[tuple[datetime, Ruling]]] = {}
    if tool_ids:
        rows = verdicts.published(session, now=EVER, tool_ids=tool_ids)
        for row, ruling in zip(rows, _in_words(session, verdicts.as_rulings(session, rows)), strict=True):
            found.setdefault(row.tool_id, []).append((row.published_at, ruling))
    return found


def _as_of(ruling: Ruling, now: datetime) -> Ruling:
    """What is on record has happened by now, even where the clock was set back since."""
    if all(mark.at <= now for mark in ruling.marks):
        return ruling
    return replace(ruling, marks=tuple(replace(mark, at=min(mark.at, now)) for mark in ruling.marks))


def _in_words(session: Session, rulings: Sequence[Ruling]) -> list[Ruling]:
    """With tools called by their names, where a verdict or a mark gives a slug."""
    slugs = {slug for ruling in rulings for slug in ruling.verdict.alternatives}
    slugs |= {mark.replacement for ruling in rulings for mark in ruling.marks if mark.replacement}
    names = tools.names_by_slug(session, slugs)
    return [_named(ruling, names) for ruling in rulings] if names else list(rulings)


def _named(ruling: Ruling, names: Mapping[str, str]) -> Ruling:
    alternatives = tuple(names.get(slug, slug) for slug in ruling.verdict.alternatives)
    marks = tuple(
        replace(mark, replacement=names.get(mark.replacement, mark.replacement)) for mark in ruling.marks
    )
    return replace(ruling, verdict=replace(ruling.verdict, alternatives=alternatives), marks=marks)
