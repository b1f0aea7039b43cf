"""Whether a verdict still stands: computed from the verdict, what happened to it since, and the moment that
is asked for; never typed in and never stored."""

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from registry.domain.errors import RuleBroken
from registry.domain.language import gettext_noop as _
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.values import dataclass
from registry.domain.verdict import Verdict, open_due_dates

GRACE_DAYS = 30
REVIEW_DAYS = 60
"""The last day and the 59 before it."""
CONFIRM_DAYS = 14
SUNSET_MOST_DAYS = 3653
"""Ten years: a day further away is a slip of the keyboard."""


class ValidityState(StrEnum):
    """In the order in which they are asked: the first that holds is the state."""

    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    SCHEDULED = "scheduled"
    SUSPENDED = "suspended"
    SUNSET_REACHED = "sunset_reached"
    GRADUATED = "graduated"
    LAPSED = "lapsed"
    GRACE = "grace"
    SUNSET_ANNOUNCED = "sunset_announced"
    REVIEW_DUE = "review_due"
    ACTIVE = "active"


STATE_LABELS: dict[ValidityState, str] = {
    ValidityState.REVOKED: _("Withdrawn"),
    ValidityState.SUPERSEDED: _("Replaced by a newer verdict"),
    ValidityState.SCHEDULED: _("Not started yet"),
    ValidityState.SUSPENDED: _("Suspended"),
    ValidityState.SUNSET_REACHED: _("Retired"),
    ValidityState.GRADUATED: _("Needs no approval any more"),
    ValidityState.LAPSED: _("Lapsed"),
    ValidityState.GRACE: _("Ended, days of grace"),
    ValidityState.SUNSET_ANNOUNCED: _("To be retired"),
    ValidityState.REVIEW_DUE: _("Stands, review due"),
    ValidityState.ACTIVE: _("Stands"),
}


class MarkKind(StrEnum):
    """What can happen to a published verdict."""

    REVOKED = "revoked"
    SUSPENDED = "suspended"
    SUSPENSION_CONFIRMED = "suspension_confirmed"
    SUSPENSION_LIFTED = "suspension_lifted"
    SUNSET = "sunset"
    SUNSET_CANCELLED = "sunset_cancelled"
    GRADUATED = "graduated"
    GRADUATION_CANCELLED = "graduation_cancelled"
    PILOT_RESULT = "pilot_result"
    """What a pilot came to; it changes nothing about whether it stands."""


@dataclass(frozen=True)
class Mark:
    kind: MarkKind
    at: datetime
    by: str
    reason: str = ""
    replacement: str = ""
    effective_on: date | None = None
    """Of a sunset: the first day on which the tool may no longer be used."""
    details: Mapping[str, str] = field(default_factory=dict)
    """Of a pilot's result: `reached` (yes, partly or no), `measure` and `exit_rule`, each what came of it."""
    by_id: int | None = None
    """The account behind `by`, where there is one: two people may bear one name."""
    for_id: int | None = None
    """Of the approver whose deputy did it."""


@dataclass(frozen=True)
class Validity:
    state: ValidityState
    ends_on: date | None
    """The last day of a standing verdict, the day of a sunset, or the day on which it was revoked or
    superseded."""
    replacement: str
    overdue: bool
    """It was suspended, and nobody confirmed or lifted that within 14 days."""
    since: datetime | None = None
    """When it came into this state; None for one that never left the first."""
    reason: str = ""
    """Why it was suspended, withdrawn or retired, as whoever did it said; empty in every other state."""


@dataclass(frozen=True)
class Ruling:
    """A verdict and what happened to it since."""

    verdict: Verdict
    marks: tuple[Mark, ...] = ()
    """In the order in which they were recorded, which holds whatever the clock said."""
    superseded_at: datetime | None = None
    """When the earliest verdict that names this one, and was not undone, starts."""


@dataclass(frozen=True)
class MarkRule:
    verb: str
    states: frozenset[ValidityState]
    permissive_only: bool = True
    needs_reason: bool = False
    by_another: bool = False
    """By another person than the one who suspended it."""


_V = ValidityState
_STANDS = frozenset({_V.ACTIVE, _V.REVIEW_DUE, _V.SUNSET_ANNOUNCED, _V.GRADUATED})

PERMITTED_MARKS: dict[MarkKind, MarkRule] = {
    MarkKind.REVOKED: MarkRule(
        "revoked", frozenset(_V) - {_V.REVOKED, _V.SUPERSEDED}, permissive_only=False, needs_reason=True
    ),
    MarkKind.SUSPENDED: MarkRule("suspended", _STANDS | {_V.GRACE}, needs_reason=True),
    MarkKind.SUSPENSION_CONFIRMED: MarkRule("confirmed", frozenset({_V.SUSPENDED}), by_another=True),
    MarkKind.SUSPENSION_LIFTED: MarkRule("lifted", frozenset({_V.SUSPENDED}), by_another=True),
    MarkKind.SUNSET: MarkRule("retired", _STANDS | {_V.SUSPENDED}),
    MarkKind.SUNSET_CANCELLED: MarkRule(
        "kept after all", frozenset({_V.SUNSET_ANNOUNCED}), needs_reason=True
    ),
    MarkKind.GRADUATED: MarkRule("graduated", frozenset({_V.ACTIVE, _V.REVIEW_DUE})),
    MarkKind.GRADUATION_CANCELLED: MarkRule(
        "put back under approval", frozenset({_V.GRADUATED}), needs_reason=True
    ),
    MarkKind.PILOT_RESULT: MarkRule("reported on", frozenset(_V) - {_V.SCHEDULED}, needs_reason=True),
}


@dataclass(frozen=True)
class _Past:
    """What the marks up to one moment add up to."""

    revoked: Mark | None = None
    suspended: Mark | None = None
    confirmed: bool = False
    sunset: Mark | None = None
    graduated: Mark | None = None


def validity(ruling: Ruling, *, at: datetime, zone: tzinfo) -> Validity:
    """The state of a verdict at a moment, for an organisation in `zone`; what happened after `at` counts
    for nothing.

    Days are those of `zone`, and the last day is inclusive. A permissive verdict ends on its `valid_until`
    or on the earliest due date of a dated condition that is neither met nor waived, whichever comes first.
    `at` must be aware.
    """
    verdict = ruling.verdict
    permissive = MEANINGS[verdict.outcome].may_use
    today = at.astimezone(zone).date()
    past = _past(ruling, at)
    superseded = ruling.superseded_at is not None and ruling.superseded_at <= at
    sunset_on = _sunset_day(past.sunset, zone)
    last_day = _last_day(verdict, today) if permissive else None
    days_over = (today - last_day).days if last_day is not None else None
    grace_days = GRACE_DAYS if _has_grace(ruling, past, last_day, today, zone) else 0
    holds = (
        (_V.REVOKED, past.revoked is not None),
        (_V.SUPERSEDED, superseded),
        (_V.SCHEDULED, at < verdict.starts_at),
        (_V.SUSPENDED, past.suspended is not None),
        (_V.SUNSET_REACHED, sunset_on is not None and today >= sunset_on),
        (_V.GRADUATED, past.graduated is not None),
        (_V.LAPSED, days_over is not None and days_over > grace_days),
        (_V.GRACE, days_over is not None and days_over > 0),
        (_V.SUNSET_ANNOUNCED, sunset_on is not None),
        (_V.REVIEW_DUE, days_over is not None and days_over > -REVIEW_DAYS),
        (_V.ACTIVE, True),
    )
    state = next(each for each, true in holds if true)
    if state is _V.REVOKED and past.revoked is not None:
        ends_on: date | None = past.revoked.at.astimezone(zone).date()
    elif state is _V.SUPERSEDED and ruling.superseded_at is not None:
        ends_on = ruling.superseded_at.astimezone(zone).date()
    else:
        ends = (sunset_on, None if state is _V.GRADUATED else last_day)
        ends_on = min((day for day in ends if day is not None), default=None)
    since = _since(state, ruling, past, last_day, grace_days, zone)
    overdue = _is_overdue(past, state, today, zone)
    return Validity(state, ends_on, _replacement(past), overdue, since, _reason(past, state))


def superseded_at(number: int, verdicts: Iterable[Verdict]) -> datetime | None:
    """When the verdict of this number gives way: the earliest start among those (none of them undone) that
    name it."""
    return min((each.starts_at for each in verdicts if number in each.supersedes), default=None)


def check_mark(ruling: Ruling, mark: Mark, at: datetime, zone: tzinfo) -> None:
    """Raise RuleBroken where this cannot happen to this verdict now."""
    rule = PERMITTED_MARKS[mark.kind]
    number = ruling.verdict.number
    if rule.permissive_only and not MEANINGS[ruling.verdict.outcome].may_use:
        raise RuleBroken(
            f"Verdict {number} is a no. Only a verdict that permits something can be {rule.verb}."
        )
    state = validity(ruling, at=at, zone=zone).state
    if rule.by_another and state is not _V.SUSPENDED:
        raise RuleBroken(f"Verdict {number} is not suspended, so there is nothing to be {rule.verb}.")
    if state not in rule.states:
        now = STATE_LABELS[state].lower()
        raise RuleBroken(f"Verdict {number} cannot be {rule.verb}. Its state is: {now}.")
    if mark.kind is MarkKind.PILOT_RESULT and ruling.verdict.outcome is not Outcome.PILOT:
        raise RuleBroken(f"Verdict {number} is no pilot, so it has no result to report.")
    if mark.kind is MarkKind.GRADUATED and ruling.verdict.outcome is Outcome.PILOT:
        raise RuleBroken(
            f"Verdict {number} is a pilot, and a pilot does not graduate. When it is over, decide anew."
        )
    past = _past(ruling, at)
    if rule.by_another and past.suspended is not None and _same_person(past.suspended, mark):
        raise RuleBroken(
            f"You suspended verdict {number} yourself, or one of you for the other. "
            "Another person must confirm or lift it."
            if past.suspended.for_id or mark.for_id
            else f"You suspended verdict {number} yourself. Another person must confirm or lift it."
        )
    if mark.kind is MarkKind.SUSPENSION_CONFIRMED and past.confirmed:
        raise RuleBroken(f"The suspension of verdict {number} is confirmed already.")
    if rule.needs_reason and not mark.reason.strip():
        raise RuleBroken(f"Write why verdict {number} is {rule.verb}.")
    if mark.kind is MarkKind.SUNSET:
        _check_sunset(mark, number, _sunset_day(past.sunset, zone), at.astimezone(zone).date())


def announced_end(ruling: Ruling, *, at: datetime, zone: tzinfo) -> date | None:
    """The first day on which its announced end forbids the tool, come or to come; None where none is announced."""
    return _sunset_day(_past(ruling, at).sunset, zone)


def _check_sunset(mark: Mark, number: int, announced: date | None, today: date) -> None:
    if announced is not None and announced <= today:
        raise RuleBroken(f"The announced end of verdict {number} has come. It is not moved; decide anew.")
    if mark.effective_on is None:
        raise RuleBroken("Say from which day the tool may no longer be used.")
    if mark.effective_on > today + timedelta(days=SUNSET_MOST_DAYS):
        raise RuleBroken("Choose a day within the next ten years.")
    if mark.effective_on <= today:
        raise RuleBroken("Choose a day after today. To stop its use at once, suspend or revoke the verdict.")


def _same_person(one: Mark, other: Mark) -> bool:
    """Nor is it another one who acts as the first one's deputy, or whose deputy the first one was."""
    if one.by_id is not None and other.by_id is not None:
        return not {one.by_id, one.for_id}.isdisjoint({other.by_id, other.for_id} - {None})
    return one.by == other.by


def _past(ruling: Ruling, at: datetime) -> _Past:
    """What had befallen the verdict by then. A clock that was set back does not change what came after what."""
    permissive = MEANINGS[ruling.verdict.outcome].may_use
    past, reached = _Past(), None
    for mark in ruling.marks:
        reached = mark.at if reached is None else max(reached, mark.at)
        if reached <= at and (permissive or not PERMITTED_MARKS[mark.kind].permissive_only):
            past = _after(past, mark)
    return past


def _after(past: _Past, mark: Mark) -> _Past:
    match mark.kind:
        case MarkKind.REVOKED:
            return replace(past, revoked=mark)
        case MarkKind.SUSPENDED:
            return replace(past, suspended=past.suspended or mark, confirmed=False)
        case MarkKind.SUSPENSION_LIFTED:
            return replace(past, suspended=None, confirmed=False)
        case MarkKind.SUSPENSION_CONFIRMED:
            return replace(past, confirmed=past.suspended is not None)
        case MarkKind.SUNSET:
            return replace(past, sunset=mark)
        case MarkKind.SUNSET_CANCELLED:
            return replace(past, sunset=None)
        case MarkKind.GRADUATED:
            return replace(past, graduated=mark)
        case MarkKind.GRADUATION_CANCELLED:
            return replace(past, graduated=None)
    return past


def _since(
    state: ValidityState, ruling: Ruling, past: _Past, last_day: date | None, grace_days: int, zone: tzinfo
) -> datetime | None:
    marks = {_V.REVOKED: past.revoked, _V.SUSPENDED: past.suspended, _V.GRADUATED: past.graduated}
    mark = marks.get(state) or (past.sunset if state is _V.SUNSET_ANNOUNCED else None)
    if mark is not None:
        return mark.at
    sunset_on = _sunset_day(past.sunset, zone)
    day: date | None = None
    match state:
        case _V.SUPERSEDED:
            return ruling.superseded_at
        case _V.SUNSET_REACHED:
            day = sunset_on
        case _V.GRACE if last_day is not None:
            day = last_day + timedelta(days=1)
        case _V.LAPSED if last_day is not None:
            day = last_day + timedelta(days=grace_days + 1)
        case _V.REVIEW_DUE if last_day is not None:
            day = last_day - timedelta(days=REVIEW_DAYS - 1)
    return datetime.combine(day, time.min, zone).astimezone(UTC) if day is not None else None


def _sunset_day(sunset: Mark | None, zone: tzinfo) -> date | None:
    if sunset is None:
        return None
    return sunset.effective_on or sunset.at.astimezone(zone).date()


def _last_day(verdict: Verdict, today: date) -> date | None:
    dues = open_due_dates(verdict.conditions, today)
    days = (verdict.valid_until, dues[0] if dues else None)
    return min((day for day in days if day is not None), default=None)


def _has_grace(ruling: Ruling, past: _Past, last_day: date | None, today: date, zone: tzinfo) -> bool:
    """Pilots and sunset verdicts have none, nor has one that was suspended when it ended: nobody was using
    it."""
    if ruling.verdict.outcome is Outcome.PILOT or past.sunset is not None:
        return False
    if last_day is None or today <= last_day:
        return True
    end = datetime.combine(last_day + timedelta(days=1), time.min, zone)
    return _past(ruling, end).suspended is None


def _replacement(past: _Past) -> str:
    marks = (past.revoked, past.sunset, past.suspended)
    return next((mark.replacement for mark in marks if mark is not None and mark.replacement), "")


def _reason(past: _Past, state: ValidityState) -> str:
    stopped_by = {_V.REVOKED: past.revoked, _V.SUSPENDED: past.suspended, _V.SUNSET_REACHED: past.sunset}
    mark = stopped_by.get(state)
    return mark.reason if mark is not None else ""


def _is_overdue(past: _Past, state: ValidityState, today: date, zone: tzinfo) -> bool:
    if state is not _V.SUSPENDED or past.suspended is None or past.confirmed:
        return False
    return (today - past.suspended.at.astimezone(zone).date()).days > CONFIRM_DAYS
