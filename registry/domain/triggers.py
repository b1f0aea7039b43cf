"""What reopens a case by itself: each cause with its words, how soon somebody must look, and whom it concerns.

A reopened case never changes an answer: the verdict stands until a person decides anew.
"""

from datetime import date, timedelta
from enum import StrEnum

from registry.domain.announcement import Signal
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.validity import ValidityState
from registry.domain.values import dataclass

NO_OWNER = "K10"
"""The knock-out "nobody will own it", which is the reason of a rejection that is looked at again."""
NO_OWNER_DAYS = 180
OVERDUE_DAYS = 30
"""A condition that has been overdue for longer reopens nothing: an imported list may hold years of them."""


class Cause(StrEnum):
    """In the order in which several causes of one case are told."""

    INCIDENT = "incident"
    EXPLOITED = "exploited"
    ADVISORY = "advisory"
    ADOPTED = "adopted"
    CONDITION_OVERDUE = "condition_overdue"
    END_OF_LIFE = "end_of_life"
    TERMS = "terms"
    OWNER = "owner"
    MAJOR_VERSION = "major_version"
    CHALLENGES = "challenges"
    REVIEW_DUE = "review_due"
    RUBRIC = "rubric"
    NO_OWNER = "no_owner"
    NEW_EVIDENCE = "new_evidence"


class ReportKind(StrEnum):
    """What a colleague tells of a tool in use."""

    INCIDENT = "incident"
    CHALLENGE = "challenge"


_PERMISSIVE = frozenset(each for each in Outcome if MEANINGS[each].may_use)
_DECIDED = _PERMISSIVE | {Outcome.REJECTED}


@dataclass(frozen=True)
class CauseMeaning:
    label: str
    """Reads after "Reopened: "."""
    days: int | None
    """Within how many days it wants a decision; None leaves that to the tier."""
    outcomes: frozenset[Outcome]
    by_hand: bool = False
    """Whether a person may name it."""


CAUSES: dict[Cause, CauseMeaning] = {
    Cause.INCIDENT: CauseMeaning("somebody reported an incident", 3, _PERMISSIVE),
    Cause.EXPLOITED: CauseMeaning("a flaw in it is being exploited", 3, _PERMISSIVE),
    Cause.ADVISORY: CauseMeaning("a flaw in it was reported", 14, _PERMISSIVE),
    Cause.ADOPTED: CauseMeaning(
        "the registry that it was adopted from says something else", 14, frozenset(Outcome)
    ),
    Cause.CONDITION_OVERDUE: CauseMeaning("a condition is overdue", 14, _PERMISSIVE),
    Cause.END_OF_LIFE: CauseMeaning("its end was announced", None, _PERMISSIVE),
    Cause.TERMS: CauseMeaning("its terms, privacy policy or price changed", None, _DECIDED, by_hand=True),
    Cause.OWNER: CauseMeaning("it has another owner", None, _DECIDED, by_hand=True),
    Cause.MAJOR_VERSION: CauseMeaning("a new main version came out", None, _DECIDED),
    Cause.CHALLENGES: CauseMeaning("colleagues asked for another look", None, frozenset(Outcome)),
    Cause.REVIEW_DUE: CauseMeaning("its review is due", None, _PERMISSIVE),
    Cause.RUBRIC: CauseMeaning(
        "the rubric or its decision table changed", None, frozenset(Outcome), by_hand=True
    ),
    Cause.NO_OWNER: CauseMeaning("it was turned down for want of an owner", None, _DECIDED, by_hand=True),
    Cause.NEW_EVIDENCE: CauseMeaning("there is new evidence", None, frozenset(Outcome), by_hand=True),
}

_V = ValidityState
REOPENED_IN = frozenset(
    {_V.ACTIVE, _V.REVIEW_DUE, _V.SUNSET_ANNOUNCED, _V.GRACE, _V.GRADUATED, _V.SUSPENDED, _V.LAPSED}
)
"""States of a verdict whose case can be opened again; the others ended for good, or have not begun."""


def concerns(cause: Cause, outcome: Outcome, state: ValidityState) -> bool:
    """Whether this cause, come by itself, reopens the case of a verdict with this outcome in this state."""
    return outcome in CAUSES[cause].outcomes and state in REOPENED_IN - {_V.LAPSED}


def cause_of(signal: str, *, major: bool) -> Cause | None:
    """What a mention by a watched feed means for a tool that was decided on; None for what reopens nothing."""
    if signal == Signal.RELEASE.value:
        return Cause.MAJOR_VERSION if major else None
    return _OF_SIGNALS.get(signal)


_OF_SIGNALS: dict[str, Cause] = {
    Signal.EXPLOITED.value: Cause.EXPLOITED,
    Signal.VULNERABLE.value: Cause.ADVISORY,
    Signal.END_OF_LIFE.value: Cause.END_OF_LIFE,
    Signal.TERMS.value: Cause.TERMS,
    Signal.OWNER.value: Cause.OWNER,
}


def look_by(cause: Cause, *, today: date, target: date, ends_on: date | None) -> date:
    """By when a case that was reopened today is to be decided: its tier's `target`, sooner where the cause is
    pressing; a review that is due wants its decision by the verdict's last day, where that is still to come."""
    if cause is Cause.REVIEW_DUE:
        return ends_on if ends_on is not None and ends_on > today else target
    days = CAUSES[cause].days
    return target if days is None else min(target, today + timedelta(days=days))
