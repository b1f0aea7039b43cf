"""May I use it? From the verdicts on one tool, what happened to them and a question to the one answer.
Which tool was meant, the alternatives, guidance and suggestions are found by those who can search the
store."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import product

from registry.domain import wording
from registry.domain.answer import (
    EXIT_CODES,
    PERMITS,
    STRICTNESS_OF_ANSWERS,
    Answer,
    AnswerCode,
    AnswerCondition,
    EditionAnswer,
    House,
    Question,
    exit_code,
)
from registry.domain.coverage import DIMENSIONS, covers, covers_edition, require_known, values
from registry.domain.errors import NoSuchEdition
from registry.domain.finding import (
    BY_OUTCOME,
    Finding,
    Held,
    duty_of_user,
    edition_names,
    find,
    find_in_all_editions,
    hold,
)
from registry.domain.identity import name_key
from registry.domain.language import day_text
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.validity import Ruling, ValidityState, validity
from registry.domain.values import dataclass
from registry.domain.verdict import Verdict

__all__ = [
    "EXIT_CODES",
    "Answer",
    "AnswerCode",
    "AnswerCondition",
    "EditionAnswer",
    "House",
    "Question",
    "answer",
    "exit_code",
    "unknown",
]

_V = ValidityState


@dataclass(frozen=True)
class _Case:
    """One question on one tool, and all that is needed to answer it."""

    tool: str
    question: Question
    house: House
    today: date
    known_on: date
    """The day on which it is asked; `today` is the one that is asked about."""
    held: tuple[Held, ...]
    scheduled: tuple[Verdict, ...]
    under_review_since: date | None
    expected_on: date | None

    @property
    def undecided(self) -> AnswerCode:
        return AnswerCode.UNDER_REVIEW if self.under_review_since else AnswerCode.NOT_REVIEWED


def answer(
    tool_name: str,
    rulings: Sequence[Ruling],
    question: Question,
    house: House,
    *,
    under_review_since: date | None = None,
    expected_on: date | None = None,
    now: datetime | None = None,
) -> Answer:
    """The answer for one tool from all its verdicts (none of them undone), by the five rules on several
    verdicts.

    `under_review_since` says that an evaluation is open; a verdict beats it. What ends between `now` and the
    moment that is asked about is told as what is to come. Raises InvalidInput where the
    question names a data class, account type, audience or office that the house does not have, or an edition that
    verdicts which tell editions apart do not know. Source: docs/concepts.md, "The answer".
    """
    _require_known(question, house)
    today = question.at.astimezone(house.zone).date()
    known = [each for each in rulings if each.verdict.decided_at <= question.at]
    states = [(each, validity(each, at=question.at, zone=house.zone)) for each in known]
    case = _Case(
        tool=tool_name,
        question=question,
        house=house,
        today=today,
        known_on=now.astimezone(house.zone).date() if now else today,
        held=tuple(held for each, now in states if (held := hold(each, now, today, house)) is not None),
        scheduled=tuple(each.verdict for each, now in states if now.state is _V.SCHEDULED),
        under_review_since=under_review_since if under_review_since and under_review_since <= today else None,
        expected_on=expected_on,
    )
    found = _answer_for(case, question.edition)
    if question.edition is not None and found.verdict is not None:
        return _of_edition(case, question.edition, found, known)
    editions = _editions(case)
    strictest_first = sorted(editions.items(), key=lambda each: -STRICTNESS_OF_ANSWERS[each[1].code])
    listed = tuple(EditionAnswer(name, each.code, each.verdict) for name, each in strictest_first)
    if question.edition is None:
        found = _strictest(found, tuple(editions.values()), house)
    return replace(found, editions=listed)


def unknown(query: str, question: Question, house: House) -> Answer:
    """The answer where no tool is certainly meant: the office's default rule. Raises InvalidInput like `answer`."""
    _require_known(question, house)
    phrases = {"query": query, "rule": wording.default_rule(house, question.office)}
    return Answer(AnswerCode.UNKNOWN_TOOL, wording.sentence(AnswerCode.UNKNOWN_TOOL, phrases, house))


def _require_known(question: Question, house: House) -> None:
    for dimension in DIMENSIONS:
        require_known(dimension, getattr(question, dimension), house)


class _Grid:
    """Rule 4: the findings for every combination of what was not said.

    Along each axis values stand in groups that every verdict treats alike, so forty offices may be two
    places.
    """

    def __init__(
        self, case: _Case, held: Sequence[Held], find_at: Callable[[Mapping[str, str]], Finding]
    ) -> None:
        self.axes = {name: _groups(name, case, held) for name in DIMENSIONS}
        self.findings = {
            place: find_at(
                {
                    name: groups[index][0]
                    for (name, groups), index in zip(self.axes.items(), place, strict=True)
                }
            )
            for place in product(*(range(len(groups)) for groups in self.axes.values()))
        }

    def depends_on(self) -> tuple[str, ...]:
        names = [name for number, name in enumerate(self.axes) if self._changes_along(number)]
        differ = any(finding.editions_differ for finding in self.findings.values())
        return (*names, "edition") if differ else tuple(names)

    def most_permissive(self) -> tuple[int, ...]:
        return min(self.findings, key=lambda place: STRICTNESS_OF_ANSWERS[self.findings[place].code])

    def box_around(self, place: tuple[int, ...]) -> dict[str, tuple[str, ...]]:
        """Values of each dimension, as many as can be, of which every combination gives the answer at
        `place`."""
        wanted = self.findings[place].same
        box = [[index] for index in place]
        for number, groups in enumerate(self.axes.values()):
            for index in set(range(len(groups))) - {place[number]}:
                trial = [*box[:number], [index], *box[number + 1 :]]
                if all(self.findings[each].same == wanted for each in product(*trial)):
                    box[number].append(index)
        return {
            name: tuple(value for index in sorted(indexes) for value in groups[index])
            for (name, groups), indexes in zip(self.axes.items(), box, strict=True)
            if len(indexes) < len(groups)
        }

    def _changes_along(self, number: int) -> bool:
        seen: dict[tuple[int, ...], object] = {}
        return any(
            seen.setdefault((*place[:number], *place[number + 1 :]), finding.same) != finding.same
            for place, finding in self.findings.items()
        )


def _groups(name: str, case: _Case, held: Sequence[Held]) -> tuple[tuple[str, ...], ...]:
    said: str | None = getattr(case.question, name)
    if said is not None:
        return ((said,),)
    scopes = [each.verdict.scope for each in held]
    groups: dict[tuple[bool, ...], list[str]] = {}
    for value in values(name, scopes, case.house):
        groups.setdefault(tuple(covers(name, scope, value, case.house) for scope in scopes), []).append(value)
    return tuple(tuple(group) for group in groups.values())


def _answer_for(case: _Case, edition: str | None) -> Answer:
    if edition is None:
        held, rule = case.held, find_in_all_editions
    else:
        held, rule = tuple(each for each in case.held if covers_edition(each.verdict, edition)), find
    grid = _Grid(case, held, lambda point: rule(held, point, case.house, case.undecided))
    place = grid.most_permissive()
    finding, depends_on = grid.findings[place], grid.depends_on()
    unsaid = [name for name in depends_on if name != "edition"]
    if unsaid and finding.code in PERMITS:
        finding = _limited(finding, grid.box_around(place), case.house)
    return _worded(case, finding, depends_on, edition)


def _limited(finding: Finding, box: Mapping[str, tuple[str, ...]], house: House) -> Finding:
    """The same with its limits as first conditions (grace alone stays before them), and never a plain yes."""
    limits = tuple(duty_of_user(wording.limit(name, allowed, house)) for name, allowed in box.items())
    in_grace = finding.held is not None and finding.held.validity.state is _V.GRACE
    start = 1 if in_grace else 0
    code = AnswerCode.YES_IF if finding.code is AnswerCode.YES else finding.code
    conditions = (*finding.conditions[:start], *limits, *finding.conditions[start:])
    return replace(finding, code=code, conditions=conditions)


def _editions(case: _Case) -> dict[str, Answer]:
    """What each edition would be answered; nothing where no verdict names one."""
    names = _names(case)
    if not any(names):
        return {}
    other = case.house.language.gettext(wording.OTHER_EDITIONS)
    return {name or other: _answer_for(case, name) for name in names}


def _names(case: _Case, *to_come: Verdict) -> tuple[str, ...]:
    verdicts = (*(each.verdict for each in case.held), *to_come)
    return edition_names([each for each in verdicts if _concerns(each, case, None)])


def _of_edition(case: _Case, edition: str, found: Answer, known: Sequence[Ruling]) -> Answer:
    """What is decided for every edition is no answer to a slip of the keyboard where editions differ."""
    house, named = case.house, [name for name in _names(case, *case.scheduled) if name]
    if not named:
        return replace(found, sentence=f"{found.sentence} {wording.addition('every_edition', house)}")
    there_are = (*named, house.language.gettext(wording.OTHER_EDITIONS))
    once = filter(None, (each.verdict.scope.edition for each in known))
    if name_key(edition) not in map(name_key, (*there_are, *once)):
        raise NoSuchEdition(wording.not_allowed("edition", edition, there_are, house), there_are)
    return found


def _strictest(found: Answer, editions: Sequence[Answer], house: House) -> Answer:
    """The answer to who said no edition: never milder than one listed, on which an office may not have decided."""
    answers = (found, *editions)
    strictest = max(answers, key=lambda each: STRICTNESS_OF_ANSWERS[each.code])
    differ = len({(each.code, each.conditions, each.depends_on) for each in answers}) > 1
    if not differ or "edition" in strictest.depends_on:
        return strictest
    return replace(
        strictest,
        sentence=f"{strictest.sentence} {wording.addition('editions', house)}",
        depends_on=(*strictest.depends_on, "edition"),
    )


def _coming(case: _Case, edition: str | None) -> list[Verdict]:
    """What is decided for this question and has not started."""
    return [each for each in case.scheduled if _concerns(each, case, edition)]


def _concerns(verdict: Verdict, case: _Case, edition: str | None) -> bool:
    office = case.question.office
    in_office = office is None or covers("office", verdict.scope, office, case.house)
    return in_office and (edition is None or covers_edition(verdict, edition))


def _worded(case: _Case, finding: Finding, depends_on: tuple[str, ...], edition: str | None) -> Answer:
    held = finding.held
    elsewhere: tuple[Verdict, ...] = ()
    if held is None:
        elsewhere = tuple(
            each.verdict for each in case.held if each.standing and _is_elsewhere(each.verdict, case)
        )
    additions = _additions(case, finding, depends_on, edition)
    row = _row(finding)
    ends_on = held.validity.ends_on if held else None
    if ends_on is not None and ends_on > case.known_on and f"{row}_ahead" in wording.SENTENCES:
        row = f"{row}_ahead"
    if finding.code is AnswerCode.NOT_REVIEWED and _coming(case, edition):
        row = "not_started"
    elif finding.code is AnswerCode.NOT_REVIEWED and edition and any(_names(case)):
        row = "edition_not_reviewed"
    if elsewhere:
        additions.append(wording.addition("elsewhere", case.house))
    return Answer(
        code=finding.code,
        sentence=wording.sentence(row, _phrases(case, finding, edition), case.house, additions),
        depends_on=depends_on,
        conditions=finding.conditions,
        verdict=held.verdict if held else None,
        validity=held.validity if held else None,
        replacement=held.validity.replacement if held else "",
        scopes=tuple(each.verdict.scope for each in finding.binding) if finding.code in PERMITS else (),
        elsewhere=elsewhere,
    )


def _is_elsewhere(verdict: Verdict, case: _Case) -> bool:
    if case.question.office is None:
        return bool(verdict.scope.offices)
    return not _concerns(verdict, case, None)


def _row(finding: Finding) -> str:
    """Which row of the sentences it is: most codes have one, some have closer ones."""
    held = finding.held
    if held is None:
        return finding.code
    state, outcome = held.validity.state, held.verdict.outcome
    if state in (_V.SUNSET_REACHED, _V.REVOKED):
        return state
    if finding.broken and MEANINGS[outcome].may_use:
        return "limit"
    if state is _V.GRACE and len(finding.conditions) == 1:
        return state
    if state is _V.GRADUATED and finding.code is AnswerCode.YES:
        return state
    return "prohibited" if outcome is Outcome.PROHIBITED else finding.code


def _phrases(case: _Case, finding: Finding, edition: str | None) -> dict[str, str]:
    house, held = case.house, finding.held
    say = house.language.gettext
    kept = wording.checklist(finding.conditions, house)
    phrases = {"tool": case.tool, "conditions": kept, "ask": wording.ask(house)}
    if held is None:
        office = case.question.office
        return phrases | {
            "edition": wording.quoted(edition or ""),
            "editions": ", ".join(filter(None, _names(case))),
            "rule": wording.default_rule(house, office),
            "here": say("for the office {office}").format(office=office) if office else say("here"),
            "since": day_text(case.under_review_since, house.language),
            "expected": wording.expected(case.expected_on, case.today, house),
        }
    verdict = held.verdict
    point = {name: getattr(case.question, name) for name in finding.broken}
    return phrases | {
        **wording.pilot_phrases(verdict, held.validity.ends_on, house),
        "kept": say(" Keep to this: {condition}.").format(condition=kept) if finding.conditions else "",
        "reason": wording.reason(verdict, case.tool, house),
        "instead": wording.instead(held.validity.replacement, verdict, house),
        "citation": verdict.citation.strip().rstrip(".") or say("a rule"),
        "ended": day_text(held.validity.ends_on, house.language),
        "asked": ", ".join(wording.asked(name, value, case.house) for name, value in point.items()),
        "covered": say(", and ").join(wording.covered(name, verdict, house) for name in finding.broken),
    }


def _additions(case: _Case, finding: Finding, depends_on: tuple[str, ...], edition: str | None) -> list[str]:
    """What the sentence adds: until when, what it is bound to, what comes, what it depends on."""
    added = []
    held, house = finding.held, case.house
    if held is not None and finding.code in PERMITS:
        now = held.validity
        if now.state is _V.SUNSET_ANNOUNCED:
            added.append(wording.sunset(now.ends_on, wording.instead(now.replacement, None, house), house))
        elif now.state in BY_OUTCOME and now.ends_on is not None and finding.code is not AnswerCode.PILOT:
            added.append(wording.addition("ends", house, day=day_text(now.ends_on, house.language)))
        added.append(wording.bound(held.verdict, house))
    if coming := _coming(case, edition):
        first = min(coming, key=lambda each: (each.starts_at, each.number))
        added.append(wording.scheduled(first, first.starts_at.astimezone(house.zone).date(), house))
    if unsaid := [name for name in depends_on if name != "edition"]:
        added.append(wording.depends(unsaid, house))
    if "edition" in depends_on:
        added.append(wording.addition("editions", house))
    return added
