"""What the verdicts on a tool say to one question in which everything is said: the rows of "What holds",
and the rules on several verdicts (office, limits, the strictest, editions)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from registry.domain import wording
from registry.domain.answer import PERMITS, STRICTNESS_OF_ANSWERS, AnswerCode, AnswerCondition, House
from registry.domain.condition import ConditionState, Duty
from registry.domain.coverage import LIMITS, covers, covers_edition
from registry.domain.identity import name_key
from registry.domain.outcome import MEANINGS, STRICTNESS, Outcome
from registry.domain.validity import Ruling, Validity, ValidityState
from registry.domain.values import dataclass
from registry.domain.verdict import Verdict

_V = ValidityState

CODES_OF_OUTCOMES: dict[Outcome, AnswerCode] = {
    Outcome.APPROVED: AnswerCode.YES,
    Outcome.APPROVED_WITH_CONDITIONS: AnswerCode.YES_IF,
    Outcome.PILOT: AnswerCode.PILOT,
    Outcome.REJECTED: AnswerCode.NO,
    Outcome.PROHIBITED: AnswerCode.NO,
}

BY_OUTCOME = frozenset({_V.ACTIVE, _V.REVIEW_DUE, _V.SUNSET_ANNOUNCED})

CODES_OF_STATES: dict[ValidityState, AnswerCode] = {
    _V.GRACE: AnswerCode.YES_IF,
    _V.GRADUATED: AnswerCode.YES,
    _V.SUNSET_REACHED: AnswerCode.NO,
    _V.REVOKED: AnswerCode.NO,
    _V.LAPSED: AnswerCode.LAPSED,
    _V.SUSPENDED: AnswerCode.SUSPENDED,
}
"""The states that answer whatever was permitted; scheduled and superseded are as if they were not there."""

STANDING = BY_OUTCOME | {_V.GRACE, _V.GRADUATED}


@dataclass(frozen=True)
class Held:
    """A verdict that counts at the moment asked for."""

    verdict: Verdict
    validity: Validity
    code: AnswerCode
    conditions: tuple[AnswerCondition, ...]

    @property
    def standing(self) -> bool:
        return self.validity.state in STANDING


@dataclass(frozen=True)
class Finding:
    """What one fully said question gives; no `held` where no verdict is for the office or the edition."""

    code: AnswerCode
    held: Held | None = None
    conditions: tuple[AnswerCondition, ...] = ()
    broken: tuple[str, ...] = ()
    """The limits of the verdict that the question goes beyond."""
    binding: tuple[Held, ...] = ()
    """All that speak to the question, this one among them unless it is beyond its limits."""
    editions_differ: bool = False

    @property
    def same(self) -> tuple[AnswerCode, tuple[AnswerCondition, ...]]:
        """Findings that agree in this are one answer."""
        return self.code, self.conditions


def hold(ruling: Ruling, now: Validity, today: date, house: House) -> Held | None:
    """The row of "What holds" for one verdict, or None where it is as if it were not there."""
    verdict = ruling.verdict
    if now.state in (_V.SCHEDULED, _V.SUPERSEDED):
        return None
    if now.state is _V.REVOKED and not MEANINGS[verdict.outcome].may_use:
        return None
    code = CODES_OF_OUTCOMES[verdict.outcome] if now.state in BY_OUTCOME else CODES_OF_STATES[now.state]
    carries = code in PERMITS and now.state is not _V.GRADUATED
    conditions = _checklist(verdict, today) if carries else ()
    if now.state is _V.GRACE:
        text = wording.grace(now.ends_on, house)
        conditions = (duty_of_user(text), *conditions)
    return Held(verdict, now, code, conditions)


def duty_of_user(text: str) -> AnswerCondition:
    return AnswerCondition(text, duty=Duty.USER, state=ConditionState.STANDING)


def find(held: Sequence[Held], point: Mapping[str, str], house: House, undecided: AnswerCode) -> Finding:
    """Rules 1 to 3 for a `point` that has a value for every dimension; `undecided` is the code where
    nothing is left."""
    ours = [each for each in held if covers("office", each.verdict.scope, point["office"], house)]
    if not ours:
        return Finding(undecided)
    limits = [
        (each, tuple(name for name in LIMITS if not _reaches(each, name, point[name], house)))
        for each in ours
    ]
    binding = [each for each, broken in limits if not broken]
    beyond: list[Finding] = []
    if any(each.standing for each in binding):
        # Who may enter more may enter less: what forbids less sensitive data forbids this too.
        binding = [each for each, broken in limits if not broken or _forbids_more(each, broken)]
    else:
        beyond = [Finding(AnswerCode.NO, each, broken=broken) for each, broken in limits if broken]
    findings = [Finding(each.code, each, each.conditions) for each in binding]
    strictest = max([*findings, *beyond], key=_strictness)
    conditions = _joined(strictest, binding)
    return replace(strictest, conditions=conditions, binding=tuple(binding))


def _forbids_more(held: Held, broken: tuple[str, ...]) -> bool:
    return held.code not in PERMITS and broken == ("data_class",)


def _reaches(held: Held, dimension: str, value: str, house: House) -> bool:
    """As `covers`; but a no is one for all data."""
    if dimension == "data_class" and held.code is AnswerCode.NO:
        return True
    return covers(dimension, held.verdict.scope, value, house)


def find_in_all_editions(
    held: Sequence[Held], point: Mapping[str, str], house: House, undecided: AnswerCode
) -> Finding:
    """Rule 5, where no edition was said: the strictest of those that a verdict for this office speaks of."""
    ours = [each for each in held if covers("office", each.verdict.scope, point["office"], house)]
    findings = [
        find([each for each in ours if covers_edition(each.verdict, edition)], point, house, undecided)
        for edition in edition_names([each.verdict for each in ours])
    ]
    if not findings:
        return Finding(undecided)
    return replace(
        max(findings, key=_strictness), editions_differ=len({finding.same for finding in findings}) > 1
    )


def edition_names(verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    """The editions that these verdicts name, in order, and "" for all others where a verdict names none."""
    named = {name_key(name): name for each in verdicts if (name := each.scope.edition)}
    general = ("",) if any(not each.scope.edition for each in verdicts) else ()
    return (*(named[key] for key in sorted(named)), *general)


def _checklist(verdict: Verdict, today: date) -> tuple[AnswerCondition, ...]:
    """The conditions as they were on that day: one that was met later was open then."""
    then = (
        replace(each, met_on=None) if each.met_on is not None and each.met_on > today else each
        for each in verdict.conditions
    )
    return tuple(
        AnswerCondition(each.text, each.duty or "", each.check or "", each.due_on, each.state(today))
        for each in then
    )


def _strictness(finding: Finding) -> tuple[int, int, bool, int, int]:
    """By code; among equals the plainest no (a rule, a rejection, the nearest limit), grace, more
    conditions, the later."""
    assert finding.held is not None
    outcome = STRICTNESS[finding.held.verdict.outcome]
    return (
        STRICTNESS_OF_ANSWERS[finding.code],
        -len(finding.broken) if finding.broken else outcome,
        finding.held.validity.state is _V.GRACE,
        len(finding.conditions),
        finding.held.verdict.number,
    )


def _joined(strictest: Finding, binding: Sequence[Held]) -> tuple[AnswerCondition, ...]:
    """The strictest verdict's conditions, then those of the others that bind beside it."""
    if strictest.code not in PERMITS:
        return ()
    joined = list(strictest.conditions)
    for each in binding:
        joined += [condition for condition in each.conditions if condition not in joined]
    return tuple(joined)
