"""What another registry decided, as it tells it: whether that stands there today, what changed in it, and who says so.

It is evidence and never an answer of ours. Its classes of data, accounts and offices are its own words.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from registry.domain.condition import Check, Condition, ConditionKind, Duty
from registry.domain.language import Worded, day_text, joined, worded, worded_n
from registry.domain.language import gettext_noop as _
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.validity import STATE_LABELS, ValidityState
from registry.domain.values import dataclass

MOST_TOLD = 3
"""So many conditions of a change are quoted."""

_V = ValidityState
STANDS = frozenset({_V.ACTIVE, _V.REVIEW_DUE, _V.SUNSET_ANNOUNCED, _V.GRADUATED})
"""States in which somebody there may begin to use the tool, or may not because of the verdict."""
ENDED = frozenset({_V.REVOKED, _V.SUPERSEDED})
"""What ended there for good, and is not counted among what others say."""


_SIMPLY_STANDS = frozenset({_V.ACTIVE, _V.REVIEW_DUE})


class PlacedBy(StrEnum):
    """How it is known which of our tools another registry means."""

    PURL = "purl"
    PATH = "path"
    DOMAIN = "domain"
    NAME = "name"
    PERSON = "person"
    CANDIDATE = "candidate"


PLACED_LABELS: dict[PlacedBy, str] = {
    PlacedBy.PURL: _("by its package"),
    PlacedBy.PATH: _("by its page"),
    PlacedBy.DOMAIN: _("by its web address"),
    PlacedBy.NAME: _("by its name"),
    PlacedBy.PERSON: _("by a colleague"),
    PlacedBy.CANDIDATE: _("as the candidate that it became"),
}


@dataclass(frozen=True)
class OutsideScope:
    edition: str = ""
    versions: str = ""
    deployment: str = ""
    data_ceiling: str = ""
    accounts: tuple[str, ...] = ()
    offices: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """What limits it, in words; nothing where nothing does."""
        told = [
            (worded("Edition"), self.edition),
            (worded("Versions"), self.versions),
            (worded("Deployment"), self.deployment),
            (worded("Data up to"), self.data_ceiling),
            (worded("Accounts"), ", ".join(self.accounts)),
            (worded("Offices"), ", ".join(self.offices)),
            (worded("For"), ", ".join(self.audience)),
        ]
        return [joined(": ", each) for each in told if each[1]]


@dataclass(frozen=True, kw_only=True)
class Outside:
    """One verdict of another registry, as it last told it."""

    number: str
    url: str
    tool_name: str
    outcome: Outcome
    state: ValidityState
    scope: OutsideScope = OutsideScope()
    conditions: tuple[Condition, ...] = ()
    more_conditions: int = 0
    """How many were left out because there were too many."""
    rationale: str = ""
    reason: str = ""
    """Why it was suspended or withdrawn, where that is told."""
    reason_code: str = ""
    citation: str = ""
    decided_by: str = ""
    decided_on: date | None = None
    ends_on: date | None = None
    replacement: str = ""
    supersedes: tuple[str, ...] = ()
    imported: bool = False
    adopted_from: Mapping[str, str] | None = None
    """Whose verdict it took over; None for one of its own."""

    def state_on(self, today: date) -> ValidityState:
        """Its state as last told, lapsed since where its last day is over: silence makes nothing more permissive."""
        over = self.ends_on is not None and self.ends_on < today
        if over and self.state in _SIMPLY_STANDS and MEANINGS[self.outcome].may_use:
            return _V.LAPSED
        if over and self.state is _V.SUNSET_ANNOUNCED:
            return _V.SUNSET_REACHED
        return self.state

    def label_on(self, today: date) -> str:
        """The outcome in words, with what has become of it where it no longer simply stands."""
        state, label = self.state_on(today), MEANINGS[self.outcome].label
        return label if state in _SIMPLY_STANDS else f"{label} – {STATE_LABELS[state].lower()}"


def read_outside(said: Mapping[str, Any]) -> Outside | None:
    """What scrapers.stated.read_stated gave, by our rules; None for an outcome or a state that we do not know."""
    outcome, state = said["outcome"], said["validity"] or _V.ACTIVE.value
    if outcome not in set(Outcome) or state not in set(_V):
        return None
    return Outside(
        number=said["number"],
        url=said["url"],
        tool_name=said["tool"]["name"],
        outcome=Outcome(outcome),
        state=_V(state),
        scope=_scope(said["scope"]),
        conditions=tuple(_condition(each) for each in said["conditions"]),
        more_conditions=said["more_conditions"],
        rationale=said["rationale"],
        reason=said["reason"],
        reason_code=said["reason_code"],
        citation=said["citation"],
        decided_by=said["decided_by"],
        decided_on=_day(said["decided_at"]),
        ends_on=_day(said["ends_on"]) or _day(said["valid_until"]),
        replacement=said["replacement"],
        supersedes=tuple(said["supersedes"]),
        imported=said["imported"],
        adopted_from=said["adopted_from"],
    )


def changes(before: Outside, after: Outside) -> list[str]:
    """What another registry changed of its verdict, a sentence each; nothing where only its words are others."""
    told = []
    if before.state is not after.state and not {before.state, after.state} <= _SIMPLY_STANDS:
        told.append(_new_state(after))
    if before.outcome is not after.outcome:
        was, now = MEANINGS[before.outcome].label.lower(), MEANINGS[after.outcome].label.lower()
        told.append(f"The outcome was {was} and is {now} now.")
    old, new = ([each.text for each in one.conditions] for one in (before, after))
    told += _quoted("A new condition", "New conditions", [each for each in new if each not in old])
    told += _quoted(
        "A condition fell away", "Conditions fell away", [each for each in old if each not in new]
    )
    if before.scope != after.scope:
        told.append(f"It covers something else now: {'; '.join(after.scope.lines) or 'no limit'}.")
    if before.ends_on != after.ends_on and before.state is after.state:
        told.append(
            f"It stands until {day_text(after.ends_on)} now." if after.ends_on else "It has no end now."
        )
    return told


@dataclass(frozen=True)
class Said:
    """One of the verdicts on a tool, with who decided it."""

    registry: str
    outside: Outside
    ours: bool = False
    """It took over a verdict of this very registry, and says nothing of its own."""


@dataclass(frozen=True)
class Others:
    """What other registries say of one tool on one day."""

    said: tuple[Said, ...] = ()
    today: date = date.max

    @property
    def standing(self) -> list[Said]:
        return [each for each in self.said if each.outside.state_on(self.today) in STANDS]

    @property
    def sentence(self) -> str:
        return summary(self.said, self.today)


def summary(said: Sequence[Said], today: date) -> str:
    """ "Two other organisations have decided on it: one approved it, one rejected it."; "" where none stands.

    Each registry counts once, by the strictest that stands there; what only repeats our own verdict is not counted.
    """
    strictest: dict[str, Outcome] = {}
    for each in said:
        if each.ours or each.outside.state_on(today) not in STANDS:
            continue
        before = strictest.get(each.registry)
        rank = list(Outcome).index
        if before is None or rank(each.outside.outcome) > rank(before):
            strictest[each.registry] = each.outside.outcome
    if not strictest:
        return ""
    if len(strictest) == 1:
        [(registry, outcome)] = strictest.items()
        return joined(
            "", [_did(outcome, 1, worded("One other organisation, {registry},", registry=registry)), "."]
        )
    counted = {outcome: sum(each is outcome for each in strictest.values()) for outcome in Outcome}
    parts = [_did(outcome, number, _count(number)) for outcome, number in counted.items() if number]
    who = (
        _OTHERS[len(strictest)]
        if len(strictest) < len(_OTHERS)
        else worded("{n} other organisations", n=len(strictest))
    )
    if len(parts) == 1:
        return joined("", [_did(next(iter(strictest.values())), len(strictest), who), "."])
    return worded(
        "{organisations} have decided on it: {parts}.", organisations=who, parts=joined(", ", parts)
    )


def _did(outcome: Outcome, number: int, who: str) -> Worded:
    match outcome:
        case Outcome.APPROVED:
            return worded_n("{who} approved it", "{who} approved it", number, who=who)
        case Outcome.APPROVED_WITH_CONDITIONS:
            return worded_n(
                "{who} approved it with conditions", "{who} approved it with conditions", number, who=who
            )
        case Outcome.PILOT:
            return worded_n("{who} allowed it in a pilot", "{who} allowed it in a pilot", number, who=who)
        case Outcome.REJECTED:
            return worded_n("{who} rejected it", "{who} rejected it", number, who=who)
        case Outcome.PROHIBITED:
            return worded_n("{who} forbade it", "{who} forbade it", number, who=who)


# Translators: how many organisations.
_COUNTS = (
    worded("no"),
    worded("one"),
    worded("two"),
    worded("three"),
    worded("four"),
    worded("five"),
    worded("six"),
    worded("seven"),
    worded("eight"),
    worded("nine"),
)
_OTHERS = (
    "",
    "",
    worded("Two other organisations"),
    worded("Three other organisations"),
    worded("Four other organisations"),
    worded("Five other organisations"),
    worded("Six other organisations"),
    worded("Seven other organisations"),
    worded("Eight other organisations"),
    worded("Nine other organisations"),
)


def _count(number: int) -> str:
    return _COUNTS[number] if number < len(_COUNTS) else str(number)


def _new_state(after: Outside) -> str:
    label = STATE_LABELS[after.state]
    why = f": {after.reason.rstrip('.')}" if after.reason else ""
    return f"It is now “{label.lower()}” there{why}."


def _quoted(one: str, several: str, texts: Sequence[str]) -> list[str]:
    if not texts:
        return []
    shown = " ".join(f"“{each.rstrip('.')}.”" for each in texts[:MOST_TOLD])
    more = f" and {len(texts) - MOST_TOLD} more" if len(texts) > MOST_TOLD else ""
    return [f"{one if len(texts) == 1 else several}: {shown}{more}"]


def _scope(told: Mapping[str, Any]) -> OutsideScope:
    return OutsideScope(
        edition=told["edition"],
        versions=told["versions"],
        deployment=told["deployment"],
        data_ceiling=told["data_ceiling"],
        accounts=tuple(told["accounts"]),
        offices=tuple(told["offices"]),
        audience=tuple(told["audience"]),
    )


def _condition(told: Mapping[str, Any]) -> Condition:
    kinds, duties, checks = set(ConditionKind), set(Duty), set(Check)
    return Condition(
        text=told["text"],
        kind=ConditionKind(told["kind"]) if told["kind"] in kinds else ConditionKind.OTHER,
        duty=Duty(told["who"]) if told["who"] in duties else None,
        check=Check(told["check"]) if told["check"] in checks else None,
        standing=told["standing"],
        due_on=_day(told["due_on"]) if not told["standing"] else None,
        met_on=_day(told["met_on"]),
        waived_reason=told["waived_reason"],
    )


def _day(text: str) -> date | None:
    return datetime.fromisoformat(text).date() if text else None
