"""\"May I use it?\": match what was asked, read the verdicts, compute the answer and what may be used instead."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from registry.domain import lookup as rules
from registry.domain.answer import STRICTNESS_OF_ANSWERS
from registry.domain.coverage import values
from registry.domain.errors import InvalidInput
from registry.domain.language import gettext_noop as _
from registry.domain.language import worded
from registry.domain.lookup import Answer, AnswerCode, House, Question
from registry.domain.outside import Others
from registry.domain.tool import Tool
from registry.domain.values import dataclass
from registry.services.answers import matching
from registry.services.answers.expecting import expect
from registry.services.answers.facts import EVER, About
from registry.services.answers.index import Index
from registry.services.answers.matching import Match, facts_of
from registry.services.answers.shown import ANY_TOOL, Shown
from registry.store.plain import HasId, id_of

if TYPE_CHECKING:
    from registry.settings import Settings
    from registry.store.plain import Source

MOST_ALTERNATIVES = 5
YEARS = (2000, 2199)
_YES = (AnswerCode.YES, AnswerCode.YES_IF)
_OPEN = (AnswerCode.NOT_REVIEWED, AnswerCode.UNDER_REVIEW)
NOBODY = Others()


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
    """What may have been meant: where no tool is certain the best first, else other tools on the host that was asked
    for, the strictest first."""
    evidence: Others = NOBODY
    """What other registries decided, where nothing is decided here."""
    shown: Shown = ANY_TOOL
    """What all of it was drawn from."""

    @property
    def tool(self) -> Tool | None:
        return self.match.tool if self.match else None


def organisation(source: "Source", settings: "Settings", index: Index | None = None) -> House:
    """The house, of which the index may know the offices."""
    return facts_of(index).house(source, settings)


def moment(on: date | None, house: House, *, now: datetime) -> datetime:
    """When a question is asked for: now, or the last moment of another day in the organisation's time zone.

    Raises InvalidInput for a year that is beyond all verdicts.
    """
    if on is not None and not YEARS[0] <= on.year <= YEARS[1]:
        raise no_day()
    if on is None or on == now.astimezone(house.zone).date():
        return now
    return datetime.combine(on, time(23, 59, 59), tzinfo=house.zone)


def no_day() -> InvalidInput:
    first, last = YEARS
    told = _("Write the day as year-month-day, such as 2026-11-03, between {first} and {last}.")
    sentence = worded(told, first=first, last=last)
    return InvalidInput(sentence, {"on": sentence})


def check(
    source: "Source",
    query: str,
    question: Question,
    house: House,
    *,
    now: datetime,
    index: Index | None = None,
) -> LookUp:
    """Answer what was typed. Raises InvalidInput for a data class, account, audience or office not known here."""
    return check_all(source, [query], question, house, now=now, index=index)[0]


def check_all(
    source: "Source",
    queries: Sequence[str],
    question: Question,
    house: House,
    *,
    now: datetime,
    index: Index | None = None,
) -> list[LookUp]:
    """Answer the same question about everything in a list, in its order; each tool is computed once."""
    if index is None and len(queries) > 1:
        index = matching.read_index(source)
    matches = [matching.match(source, query, index) for query in queries]
    at_hosts = [matching.at_host(source, query, index) for query in queries]
    asking = _Asking(source, question, house, now, index)
    asking.compute([found.tool.id for found in matches if found])
    return [
        asking.matched(query, found, at_host) if found else asking.unknown(query, at_host)
        for query, found, at_host in zip(queries, matches, at_hosts, strict=True)
    ]


def check_tool(source: "Source", tool: HasId, question: Question, house: House, *, now: datetime) -> LookUp:
    asking, tool_id = _Asking(source, question, house, now), id_of(tool)
    return asking.about(asking.facts.about(source, [tool_id])[tool_id].tool)


def suggested(
    source: "Source", tool_ids: Sequence[int], question: Question, house: House, *, now: datetime
) -> list[Suggestion]:
    """These tools, each with its answer, in their order."""
    return _Asking(source, question, house, now).suggested(tool_ids)


def check_tools(
    source: "Source",
    found: Iterable[HasId],
    question: Question,
    house: House,
    *,
    now: datetime,
    index: Index | None = None,
) -> list[LookUp]:
    """The same question about tools that are known, in their order."""
    asking, ids = _Asking(source, question, house, now, index), [id_of(tool) for tool in found]
    asking.compute(ids)
    return [asking.about(each.tool) for each in asking.facts.about(source, ids).values()]


def answers(
    source: "Source",
    found: Iterable[HasId],
    question: Question,
    house: House,
    *,
    now: datetime,
    index: Index | None = None,
) -> dict[int, Answer]:
    """Tool id -> answer, for a list of tools, in a fixed number of queries."""
    return _answers(source, [id_of(tool) for tool in found], question, house, now=now, index=index)


def _answers(
    source: "Source",
    tool_ids: Sequence[int],
    question: Question,
    house: House,
    *,
    now: datetime,
    index: Index | None,
) -> dict[int, Answer]:
    """Those of tools that are not there are left out."""
    if index is None or question.at != now:
        return _compute(source, facts_of(index).about(source, tool_ids), question, house, now=now)
    said, kept = replace(question, at=EVER), index.facts.answers(house, now)
    missing = [tool_id for tool_id in tool_ids if (said, tool_id) not in kept]
    made = _compute(source, index.facts.about(source, missing), question, house, now=now)
    kept |= {(said, tool_id): answer for tool_id, answer in made.items()}
    found = {tool_id: made.get(tool_id) or kept.get((said, tool_id)) for tool_id in tool_ids}
    return {tool_id: answer for tool_id, answer in found.items() if answer is not None}


def _compute(
    source: "Source", about: Mapping[int, About], question: Question, house: House, *, now: datetime
) -> dict[int, Answer]:
    known = {tool_id: each.running(now) for tool_id, each in about.items()}
    running = {tool_id: each for tool_id, each in known.items() if each is not None}
    expected = expect(source, running, zone=house.zone, now=now)
    return {
        tool_id: _computed(each, question, house, now, expected.get(tool_id))
        for tool_id, each in about.items()
    }


def by_value(
    source: "Source",
    tool: Tool,
    question: Question,
    dimensions: Sequence[str],
    house: House,
    *,
    now: datetime,
    index: Index | None = None,
) -> dict[str, list[tuple[str, AnswerCode]]]:
    """Dimension -> each value the house has for it, with the answer it would bring; a fixed number of queries."""
    if not dimensions:
        return {}
    about = facts_of(index).about(source, [id_of(tool)])[id_of(tool)]
    return {
        dimension: [
            (value, _computed(about, _with(question, dimension, value), house, now).code)
            for value in values(dimension, (), house)
            if value
        ]
        for dimension in dimensions
    }


def _computed(
    about: About, question: Question, house: House, now: datetime, expected_on: date | None = None
) -> Answer:
    running = about.running(now)
    return rules.answer(
        about.tool.name,
        about.rulings(now),
        question,
        house,
        under_review_since=running.since.astimezone(house.zone).date() if running else None,
        expected_on=expected_on,
        now=now,
    )


def _with(question: Question, dimension: str, value: str) -> Question:
    said: dict[str, Any] = {dimension: value}
    return replace(question, **said)


class _Asking:
    """One question put to any number of tools; what was read or computed for one is kept for the next."""

    def __init__(
        self, source: "Source", question: Question, house: House, now: datetime, index: Index | None = None
    ) -> None:
        self.source, self.question, self.house, self.now, self.index = source, question, house, now, index
        self.facts = facts_of(index)
        self._computed: dict[int, Answer] = {}
        self._whole = (
            self
            if question.edition is None
            else _Asking(source, replace(question, edition=None), house, now, index)
        )
        """The same about whole tools: another tool has other editions."""

    def compute(self, tool_ids: Sequence[int]) -> dict[int, Answer]:
        missing = [tool_id for tool_id in tool_ids if tool_id not in self._computed]
        if missing:
            self._computed |= _answers(
                self.source, missing, self.question, self.house, now=self.now, index=self.index
            )
        return self._computed

    def about(self, tool: Tool) -> LookUp:
        answer = self.compute([id_of(tool)])[id_of(tool)]
        instead, shown = self._instead_of(tool, answer)
        if self.facts.about(self.source, [id_of(tool)])[id_of(tool)].running(self.now):
            shown = ANY_TOOL  # when a decision may be expected is told by how long all others took
        evidence = self._evidence(tool, answer)
        return LookUp(tool.name, self.question, Match("name", tool), answer, instead, (), evidence, shown)

    def _evidence(self, tool: Tool, answer: Answer) -> Others:
        if answer.code not in _OPEN or answer.verdict is not None:
            return NOBODY
        about = self.facts.about(self.source, [id_of(tool)])[id_of(tool)]
        return Others(about.others, self.question.at.astimezone(self.house.zone).date())

    def matched(self, query: str, match: Match, at_host: Sequence[int]) -> LookUp:
        """Where other tools live on the host that is asked for they are named, since one of them may be meant."""
        found = replace(self.about(match.tool), query=query, match=match)
        others = self._strictest([each for each in at_host if each != match.tool.id])
        if not others:
            return found
        answer, shown = found.answer, found.shown.with_tools([each.tool.id for each in others])
        if any(each.code is not answer.code for each in others):
            answer = replace(answer, depends_on=(*answer.depends_on, "tool"))
        return replace(found, answer=answer, suggestions=others, shown=shown)

    def unknown(self, query: str, at_host: Sequence[int] = ()) -> LookUp:
        near = [
            each for each in matching.near(self.source, query, self.index) if each not in frozenset(at_host)
        ]
        found = (*self._strictest(at_host), *self._whole.suggested(near))[: matching.MOST_SUGGESTIONS]
        answer = rules.unknown(query, self.question, self.house)
        return LookUp(query, self.question, None, answer, (), found)

    def _strictest(self, tool_ids: Sequence[int]) -> tuple[Suggestion, ...]:
        """At most eight of them, the strictest answer first."""
        found = self._whole.suggested(tool_ids) if tool_ids else []
        strictest_first = sorted(found, key=lambda each: -STRICTNESS_OF_ANSWERS[each.code])
        return tuple(strictest_first[: matching.MOST_SUGGESTIONS])

    def suggested(self, tool_ids: Sequence[int]) -> list[Suggestion]:
        computed = self.compute(tool_ids)
        about = self.facts.about(self.source, tool_ids)
        return [Suggestion(each.tool, computed[tool_id].code) for tool_id, each in about.items()]

    def _instead_of(self, tool: Tool, answer: Answer) -> tuple[tuple[Suggestion, ...], Shown]:
        """What would be a yes: those the verdict names, and, where this tool is none, others of its kind."""
        if answer.code is AnswerCode.YES:
            return (), Shown(frozenset({id_of(tool)}))
        named = [*(answer.verdict.alternatives if answer.verdict else ()), answer.replacement]
        first = matching.named(self.source, [name for name in named if name], self.index)
        alike = () if answer.code in _YES else self.facts.permitted_in(self.source, tool.category)
        pool = dict.fromkeys([*first, *alike])
        others = [tool_id for tool_id in pool if tool_id != tool.id]
        found: list[Suggestion] = []
        looked_at = {id_of(tool)}
        for start in range(0, len(others), MOST_ALTERNATIVES):  # mostly the first few are enough
            few = others[start : start + MOST_ALTERNATIVES]
            looked_at.update(few)
            found += [each for each in self._whole.suggested(few) if each.code in _YES]
            if len(found) >= MOST_ALTERNATIVES:
                break
        categories = frozenset() if answer.code in _YES else frozenset({tool.category})
        return tuple(found[:MOST_ALTERNATIVES]), Shown(frozenset(looked_at), categories)
