"""What answers are made of, tool by tool: read in a fixed number of queries, kept while nothing of the tool is written.

Whoever follows the store goes on with `after` at each change (following.py); without one they last for a question.
"""

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from registry.domain.answer import Answer, House, Question
from registry.domain.outside import Said
from registry.domain.tool import Tool
from registry.domain.validity import Ruling, superseded_at
from registry.domain.values import dataclass
from registry.services.outside.said import said_of
from registry.services.people.house import house_of
from registry.services.verdicts.turn import midnight
from registry.store import asked, rulings
from registry.store.asked import OfficeRule, Running

if TYPE_CHECKING:
    from registry.settings import Settings
    from registry.store.changes import Changes
    from registry.store.plain import Source

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
        out = [_as_of(ruling, now) for at, ruling in self.published if at <= now]
        if len(out) == len(self.published):
            return out
        told = [each.verdict for each in out]  # what has not gone out supersedes nothing yet
        return [replace(each, superseded_at=superseded_at(each.verdict.number, told)) for each in out]

    def running(self, now: datetime) -> Running | None:
        """Of several evaluations under way the one that is due first."""
        return next((each for each in self.runs if each.until is None or each.until > now), None)


class Facts:
    """Shared by all that ask while nothing is written and no moment comes that changes anything by day; keep it no
    longer than a snapshot that began after it."""

    def __init__(self, *, since: datetime = EVER) -> None:
        """Made as of `since`; without it nothing is shared."""
        self._lock = threading.Lock()
        self._about: dict[int, About] = {}
        self._permitted: dict[str, Sequence[int]] = {}
        self._offices: Sequence[OfficeRule] | None = None
        self._answers: dict[tuple[Question, int], Answer] = {}
        self._since = self._until = since

    def after(self, news: "Changes", categories: Collection[str], now: datetime) -> "Facts":
        """What still holds: all that is known of other tools, and of other categories than theirs, where none got
        another name, which others may quote."""
        fresh = Facts(since=now)
        if news.of_any or news.tools:
            return fresh
        with self._lock:
            fresh._about = {key: each for key, each in self._about.items() if key not in news.concerned}
            fresh._permitted = {key: ids for key, ids in self._permitted.items() if key not in categories}
        fresh._offices = self._offices
        return fresh

    def about(self, source: "Source", tool_ids: Iterable[int]) -> dict[int, About]:
        """By the tool's id, in the order asked; a tool that is not there is left out."""
        wanted = list(dict.fromkeys(tool_ids))
        found = {tool_id: each for tool_id in wanted if (each := self._about.get(tool_id)) is not None}
        missing = [tool_id for tool_id in wanted if tool_id not in found]
        if not missing:
            return found
        read = _read(source, missing)
        with self._lock:
            self._about |= read
            for oldest in list(self._about)[: max(len(self._about) - MOST_KEPT, 0)]:
                del self._about[oldest]
        found |= read
        return {tool_id: found[tool_id] for tool_id in wanted if tool_id in found}

    def permitted_in(self, source: "Source", category: str) -> Sequence[int]:
        """Ids of tools of the category that some verdict permits or once permitted, by name; none of no category."""
        if not category:
            return ()
        known = self._permitted.get(category)
        if known is None:
            known = asked.permitted_in(source, category)
            with self._lock:
                self._permitted[category] = known
        return known

    def answers(self, house: House, now: datetime) -> dict[tuple[Question, int], Answer]:
        """What was computed and holds now, by question (its `at` is EVER) and tool; add what you compute for now."""
        with self._lock:
            if now < self._since:  # the clock was read before these were made
                return {}
            if now >= self._until:
                self._answers, self._since, self._until = {}, now, midnight(now, house.zone)
            elif len(self._answers) > MOST_KEPT:
                self._answers = {}
            return self._answers

    def house(self, source: "Source", settings: "Settings") -> House:
        if self._offices is None:
            self._offices = asked.offices(source)
        return house_of(self._offices, settings)


def _read(source: "Source", tool_ids: Sequence[int]) -> dict[int, About]:
    rows = {each.tool.id: each for each in asked.with_past(source, tool_ids)}
    published = _published(
        source, {tool_id: each.tool.slug for tool_id, each in rows.items() if each.decided}
    )
    evaluated = [tool_id for tool_id, each in rows.items() if each.evaluated]
    runs = asked.runs(source, evaluated) if evaluated else {}
    told = [tool_id for tool_id, each in rows.items() if each.told_of]
    others = said_of(source, told) if told else {}
    return {
        tool_id: About(
            each.tool,
            tuple(published.get(tool_id, ())),
            tuple(runs.get(tool_id, ())),
            tuple(others.get(tool_id, ())),
        )
        for tool_id, each in rows.items()
    }


def _published(source: "Source", slugs: Mapping[int, str]) -> dict[int, list[tuple[datetime, Ruling]]]:
    found: dict[int, list[tuple[datetime, Ruling]]] = {}
    rows = rulings.decided(source, slugs.keys()) if slugs else []
    known = _in_words(source, rulings.as_rulings(source, rows, slugs=slugs))
    for row, ruling in zip(rows, known, strict=True):
        found.setdefault(row.tool_id, []).append((row.published_at, ruling))
    return found


def _as_of(ruling: Ruling, now: datetime) -> Ruling:
    """What is on record has happened by now, even where the clock was set back since."""
    if all(mark.at <= now for mark in ruling.marks):
        return ruling
    return replace(ruling, marks=tuple(replace(mark, at=min(mark.at, now)) for mark in ruling.marks))


def _in_words(source: "Source", found: Sequence[Ruling]) -> list[Ruling]:
    """With tools called by their names, where a verdict or a mark gives a slug."""
    slugs = {slug for ruling in found for slug in ruling.verdict.alternatives}
    slugs |= {mark.replacement for ruling in found for mark in ruling.marks if mark.replacement}
    names = asked.names_by_slug(source, slugs)
    return [_named(ruling, names) for ruling in found] if names else list(found)


def _named(ruling: Ruling, names: Mapping[str, str]) -> Ruling:
    alternatives = tuple(names.get(slug, slug) for slug in ruling.verdict.alternatives)
    marks = tuple(
        replace(mark, replacement=names.get(mark.replacement, mark.replacement)) for mark in ruling.marks
    )
    return replace(ruling, verdict=replace(ruling.verdict, alternatives=alternatives), marks=marks)
