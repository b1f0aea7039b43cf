"""\"May I use it?\": match what was asked, read the verdicts, compute the answer and what may be used instead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from sqlmodel import Session

from registry.domain import lookup as rules
from registry.domain.coverage import values
from registry.domain.identity import name_key
from registry.domain.lookup import Answer, AnswerCode, House, Question
from registry.domain.validity import Ruling
from registry.domain.verdict import Verdict
from registry.services.answers import matching
from registry.services.answers.expecting import expect
from registry.services.answers.index import Index
from registry.services.answers.matching import Match
from registry.services.outside.evidence import NOTHING, Evidence, on_tool
from registry.store import tools, under_way, verdicts
from registry.store.columns import id_of
from registry.store.tables import Tool, Unanswered
from scrapers.links import link_key

MOST_ALTERNATIVES = 5
_YES = (AnswerCode.YES, AnswerCode.YES_IF)
_OPEN = (AnswerCode.NOT_REVIEWED, AnswerCode.UNDER_REVIEW)


@dataclass(frozen=True)
class Suggestion:
    tool: Tool
    code: AnswerCode


@dataclass(frozen=True)
class LookUp:
    """All that is to be said about one query."""

    query: str
    question: Question
    match: Match | None
    answer: Answer
    alternatives: tuple[Suggestion, ...]
    """Other tools that would be a yes for the same question."""
    suggestions: tuple[Suggestion, ...]
    evidence: Evidence = NOTHING
    """What other registries decided, where nothing is decided here."""

    @property
    def tool(self) -> Tool | None:
        return self.match.tool if self.match else None


def moment(on: date | None, house: House, *, now: datetime) -> datetime:
    """When a question is asked for: now, or the last moment of another day in the organisation's time zone."""
    if on is None or on == now.astimezone(house.zone).date():
        return now
    return datetime.combine(on, time(23, 59, 59), tzinfo=house.zone)


def check(
    session: Session,
    query: str,
    question: Question,
    house: House,
    *,
    now: datetime,
    index: Index | None = None,
) -> LookUp:
    """Answer what was typed. Raises InvalidInput for a data class, account, audience or office not known here."""
    return check_all(session, [query], question, house, now=now, index=index)[0]


def check_all(
    session: Session,
    queries: Sequence[str],
    question: Question,
    house: House,
    *,
    now: datetime,
    index: Index | None = None,
) -> list[LookUp]:
    """Answer the same question about everything in a list, in its order; each tool is computed once."""
    if index is None and len(queries) > 1:
        index = matching.read_index(session)
    matches = [matching.match(session, query, index) for query in queries]
    asking = _Asking(session, question, house, now)
    asking.compute([found.tool for found in matches if found])
    return [
        replace(asking.about(found.tool), query=query, match=found) if found else asking.unknown(query, index)
        for query, found in zip(queries, matches, strict=True)
    ]


def check_tool(session: Session, tool: Tool, question: Question, house: House, *, now: datetime) -> LookUp:
    return _Asking(session, question, house, now).about(tool)


def answers(
    session: Session, found: Sequence[Tool], question: Question, house: House, *, now: datetime
) -> dict[int, Answer]:
    """Tool id -> answer, for a list of tools, in a fixed number of queries."""
    ids = [id_of(tool) for tool in found]
    known = _in_words(session, verdicts.rulings(session, ids, now=now))
    running = under_way.running(session, ids, now=now)
    expected = expect(session, running, zone=house.zone, now=now)
    return {
        tool_id: _computed(
            tool, known.get(tool_id, []), running.get(tool_id), question, house, expected.get(tool_id)
        )
        for tool in found
        for tool_id in [id_of(tool)]
    }


def by_value(
    session: Session,
    tool: Tool,
    question: Question,
    dimensions: Sequence[str],
    house: House,
    *,
    now: datetime,
) -> dict[str, list[tuple[str, AnswerCode]]]:
    """Dimension -> each value the house has for it, with the answer it would bring; a fixed number of queries."""
    if not dimensions:
        return {}
    known = verdicts.rulings(session, [id_of(tool)], now=now).get(id_of(tool), [])
    running = under_way.running(session, [id_of(tool)], now=now).get(id_of(tool))
    return {
        dimension: [
            (value, _computed(tool, known, running, _with(question, dimension, value), house).code)
            for value in values(dimension, (), house)
            if value
        ]
        for dimension in dimensions
    }


def count_unanswered(session: Session, query: str, *, now: datetime) -> None:
    """Remember that nobody could answer this: what was asked and how often, never by whom."""
    key = (link_key(query) if "://" in query else name_key(query))[:200]
    if not key:
        return
    row = session.get(Unanswered, key)
    if row is None:
        session.add(Unanswered(key=key, query=query[:200], first_at=now, last_at=now))
    else:
        row.times, row.last_at = row.times + 1, now


def told(found: LookUp, *, base_url: str) -> dict[str, Any]:
    """The answer as the object that `/api/v1/check` and `registry check --json` give. Source: interface.md."""
    answer = found.answer
    return {
        "query": found.query,
        "match": found.match
        and {
            "kind": found.match.kind,
            "tool": {
                "slug": found.match.tool.slug,
                "name": found.match.tool.name,
                "url": f"{base_url}/tools/{found.match.tool.slug}",
            },
        },
        "answer": answer.code.value,
        "depends_on": list(answer.depends_on),
        "sentence": answer.sentence,
        "conditions": [
            {
                "text": each.text,
                "who": each.duty,
                "check": each.check,
                "due_on": each.due_on and each.due_on.isoformat(),
                "state": each.state,
            }
            for each in answer.conditions
        ],
        "alternatives": [_suggestion(each) for each in found.alternatives],
        "guidance": [found.tool.guidance] if found.tool and found.tool.guidance else [],
        "verdict": _verdict(answer.verdict, base_url),
        "editions": [
            {"name": each.name, "answer": each.code.value, "verdict": _verdict(each.verdict, base_url)}
            for each in answer.editions
        ],
        "suggestions": [_suggestion(each) for each in found.suggestions],
        "evidence": _evidence(found.evidence),
    }


def _in_words(session: Session, known: Mapping[int, Sequence[Ruling]]) -> dict[int, list[Ruling]]:
    """The rulings with tools called by their names, where a verdict or a mark gives a slug."""
    every = [ruling for rulings in known.values() for ruling in rulings]
    slugs = {slug for ruling in every for slug in ruling.verdict.alternatives}
    slugs |= {mark.replacement for ruling in every for mark in ruling.marks if mark.replacement}
    names = {slug: tool.name for slug, tool in tools.by_slugs(session, slugs).items()}

    def named(ruling: Ruling) -> Ruling:
        alternatives = tuple(names.get(slug, slug) for slug in ruling.verdict.alternatives)
        marks = tuple(
            replace(mark, replacement=names.get(mark.replacement, mark.replacement)) for mark in ruling.marks
        )
        return replace(ruling, verdict=replace(ruling.verdict, alternatives=alternatives), marks=marks)

    return {tool_id: [named(ruling) for ruling in rulings] for tool_id, rulings in known.items()}


def _computed(
    tool: Tool,
    known: Sequence[Ruling],
    running: "under_way.Running | None",
    question: Question,
    house: House,
    expected_on: date | None = None,
) -> Answer:
    return rules.answer(
        tool.name,
        known,
        question,
        house,
        under_review_since=running.since.astimezone(house.zone).date() if running else None,
        expected_on=expected_on,
    )


def _with(question: Question, dimension: str, value: str) -> Question:
    said: dict[str, Any] = {dimension: value}
    return replace(question, **said)


class _Asking:
    """One question put to any number of tools; what was read or computed for one is kept for the next."""

    def __init__(self, session: Session, question: Question, house: House, now: datetime) -> None:
        self.session, self.question, self.house, self.now = session, question, house, now
        self._computed: dict[int, Answer] = {}
        self._permitted: dict[str, Sequence[Tool]] = {}
        self._whole = (
            self
            if question.edition is None
            else _Asking(session, replace(question, edition=None), house, now)
        )
        """The same about whole tools: another tool has other editions."""

    def compute(self, found: Sequence[Tool]) -> dict[int, Answer]:
        missing = {id_of(tool): tool for tool in found if id_of(tool) not in self._computed}
        if missing:
            self._computed |= answers(
                self.session, list(missing.values()), self.question, self.house, now=self.now
            )
        return self._computed

    def about(self, tool: Tool) -> LookUp:
        answer = self.compute([tool])[id_of(tool)]
        instead = () if answer.code in _YES else self._instead_of(tool, answer)
        return LookUp(
            tool.name, self.question, Match("name", tool), answer, instead, (), self._evidence(tool, answer)
        )

    def _evidence(self, tool: Tool, answer: Answer) -> Evidence:
        if answer.code not in _OPEN or answer.verdict is not None:
            return NOTHING
        today = self.now.astimezone(self.house.zone).date()
        return on_tool(self.session, id_of(tool), today=today, now=self.now)

    def unknown(self, query: str, index: Index | None) -> LookUp:
        near = tuple(self._whole.suggested(matching.suggest(self.session, query, index)))
        answer = rules.unknown(query, self.house, self.question.office)
        return LookUp(query, self.question, None, answer, (), near)

    def suggested(self, found: Sequence[Tool]) -> list[Suggestion]:
        computed = self.compute(found)
        return [Suggestion(tool, computed[id_of(tool)].code) for tool in found]

    def _instead_of(self, tool: Tool, answer: Answer) -> tuple[Suggestion, ...]:
        named = [*(answer.verdict.alternatives if answer.verdict else ()), answer.replacement]
        first = tools.by_name_keys(self.session, [name_key(name) for name in named if name])
        pool = {each.id: each for each in [*first, *self._permitted_in(tool.category)]}
        others = [each for each in pool.values() if each.id != tool.id]
        found: list[Suggestion] = []
        for start in range(0, len(others), MOST_ALTERNATIVES):  # mostly the first few are enough
            few = self._whole.suggested(others[start : start + MOST_ALTERNATIVES])
            found += [each for each in few if each.code in _YES]
            if len(found) >= MOST_ALTERNATIVES:
                break
        return tuple(found[:MOST_ALTERNATIVES])

    def _permitted_in(self, category: str) -> Sequence[Tool]:
        if category and category not in self._permitted:
            self._permitted[category] = tools.permitted_in(self.session, category)
        return self._permitted.get(category, ())


def _evidence(found: Evidence) -> dict[str, Any] | None:
    """What others decided, as evidence; None where they did not, or where something is decided here."""
    if not found.sentence:
        return None
    told = [
        {
            "registry": each.registry,
            "outcome": each.outside.outcome.value,
            "conditions": [condition.text for condition in each.outside.conditions],
            "decided_on": each.outside.decided_on and each.outside.decided_on.isoformat(),
            "url": each.outside.url,
        }
        for each in found.standing
    ]
    return {"sentence": found.sentence, "verdicts": told}


def _suggestion(each: Suggestion) -> dict[str, Any]:
    return {"slug": each.tool.slug, "name": each.tool.name, "answer": each.code.value}


def _verdict(verdict: Verdict | None, base_url: str) -> dict[str, Any] | None:
    if verdict is None:
        return None
    return {
        "number": verdict.number,
        "outcome": verdict.outcome.value,
        "decided_at": verdict.decided_at.isoformat(),
        "valid_until": verdict.valid_until and verdict.valid_until.isoformat(),
        "url": f"{base_url}/verdicts/{verdict.number}",
    }
