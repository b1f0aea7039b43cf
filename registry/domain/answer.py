"""The shapes of a question to the registry and of its answer; how an answer is found is lookup's business."""

from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum

from registry.domain.language import ENGLISH, WRITTEN_IN, Language
from registry.domain.validity import Validity
from registry.domain.values import dataclass
from registry.domain.verdict import Scope, Verdict


class AnswerCode(StrEnum):
    YES = "yes"
    YES_IF = "yes_if"
    PILOT = "pilot"
    NO = "no"
    LAPSED = "lapsed"
    SUSPENDED = "suspended"
    UNDER_REVIEW = "under_review"
    NOT_REVIEWED = "not_reviewed"
    UNKNOWN_TOOL = "unknown_tool"


PERMITS = frozenset({AnswerCode.YES, AnswerCode.YES_IF, AnswerCode.PILOT})

STRICTNESS_OF_ANSWERS: dict[AnswerCode, int] = {
    AnswerCode.YES: 0,
    AnswerCode.YES_IF: 1,
    AnswerCode.PILOT: 2,
    AnswerCode.UNDER_REVIEW: 3,
    AnswerCode.NOT_REVIEWED: 4,
    AnswerCode.UNKNOWN_TOOL: 5,
    AnswerCode.LAPSED: 6,
    AnswerCode.SUSPENDED: 7,
    AnswerCode.NO: 8,
}
"""0 is the most permissive."""

EXIT_CODES: dict[AnswerCode, int] = {
    AnswerCode.YES: 0,
    AnswerCode.YES_IF: 10,
    AnswerCode.PILOT: 10,
    AnswerCode.NO: 11,
    AnswerCode.NOT_REVIEWED: 12,
    AnswerCode.UNDER_REVIEW: 12,
    AnswerCode.LAPSED: 12,
    AnswerCode.SUSPENDED: 12,
    AnswerCode.UNKNOWN_TOOL: 13,
}


@dataclass(frozen=True, kw_only=True)
class House:
    """What the organisation has set: every value that a question may name, and what it says where nothing
    is decided."""

    data_classes: tuple[str, ...]
    """Lowest first; each includes the ones before it."""
    account_types: tuple[str, ...]
    offices: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    """Empty: not set here, so any may be asked for."""
    zone: tzinfo = UTC
    default_rules: Mapping[str, str] = field(default_factory=dict)
    """Office to sentence; "" is the general one."""
    contact: str = ""
    language: Language = ENGLISH
    speaks: str = WRITTEN_IN
    """The code of that language."""
    phrases: Mapping[str, str] = field(default_factory=dict)
    """Account type or office to its words within a sentence; what has none is said as its code."""


@dataclass(frozen=True)
class Question:
    """May I use it, at this moment, for this? What is None was not said. `at` is aware."""

    at: datetime
    data_class: str | None = None
    account: str | None = None
    audience: str | None = None
    office: str | None = None
    edition: str | None = None


@dataclass(frozen=True)
class AnswerCondition:
    """One line of the checklist; `duty`, `check` and `state` are the codes of the condition, "" where not
    said."""

    text: str
    duty: str = ""
    check: str = ""
    due_on: date | None = None
    state: str = ""


@dataclass(frozen=True)
class EditionAnswer:
    name: str
    code: AnswerCode
    verdict: Verdict | None


@dataclass(frozen=True)
class Answer:
    code: AnswerCode
    sentence: str
    depends_on: tuple[str, ...] = ()
    """Names of the fields of the question that were not said and change the answer."""
    conditions: tuple[AnswerCondition, ...] = ()
    verdict: Verdict | None = None
    validity: Validity | None = None
    editions: tuple[EditionAnswer, ...] = ()
    replacement: str = ""
    scopes: tuple[Scope, ...] = ()
    """Of all verdicts that permit it together: the widest says which data."""
    elsewhere: tuple[Verdict, ...] = ()
    """Standing verdicts of other offices, as evidence, where the one asked for has none."""


def exit_code(answer: Answer) -> int:
    """The exit code of the command; a question on which the answer depends never gives 0."""
    if answer.depends_on and answer.code is AnswerCode.YES:
        return EXIT_CODES[AnswerCode.YES_IF]
    return EXIT_CODES[answer.code]
