"""Which notices a verdict's history has: one for each thing that befell it and matters to those who follow.

The same whether they are written with the act, by the day that came, or long afterwards for a history that there is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from registry.domain.condition import Condition, ConditionState
from registry.domain.outcome import MEANINGS
from registry.domain.validity import (
    GRACE_DAYS,
    PERMITTED_MARKS,
    Mark,
    MarkKind,
    Ruling,
    Validity,
    ValidityState,
    announced_end,
    validity,
)
from registry.domain.values import dataclass
from registry.domain.verdict import Verdict, open_due_dates


class NoticeKind(StrEnum):
    """What is told of a verdict."""

    PUBLISHED = "published"
    STARTED = "started"
    """Its day has come; only of a verdict that was published with a later day."""
    SUPERSEDED = "superseded"
    SUSPENDED = "suspended"
    LIFTED = "lifted"
    REVOKED = "revoked"
    ENDED = "ended"
    """Its last day is over: who uses the tool may go on for the days of grace."""
    LAPSED = "lapsed"
    SUNSET_ANNOUNCED = "sunset_announced"
    SUNSET_CANCELLED = "sunset_cancelled"
    SUNSET_REACHED = "sunset_reached"
    GRADUATED = "graduated"
    GRADUATION_CANCELLED = "graduation_cancelled"
    CONDITION_MET = "condition_met"
    CONDITION_WAIVED = "condition_waived"
    CONDITION_OVERDUE = "condition_overdue"
    CONDITION_REOPENED = "condition_reopened"
    """It had been noted as met, or waived, by mistake."""
    PILOT_RESULT = "pilot_result"


class ConditionActKind(StrEnum):
    MET = "met"
    WAIVED = "waived"
    REOPENED = "reopened"


@dataclass(frozen=True)
class ConditionAct:
    """What became of a dated condition, as it was noted."""

    kind: ConditionActKind
    position: int
    """From 1, in the verdict's order."""
    by: str
    met_on: date | None = None
    evidence: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Act:
    id: int
    """Of its event: acts are in this order, whatever the clock said."""
    at: datetime
    what: Mark | ConditionAct


@dataclass(frozen=True)
class History:
    verdict: Verdict
    """Its conditions as they were when it was published."""
    published_at: datetime
    acts: Sequence[Act] = ()
    superseded_at: datetime | None = None
    superseded_by: int | None = None
    """The number of the verdict that names this one and starts first."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """One notice of a verdict, before it is put in words."""

    kind: NoticeKind
    key: str
    """What it is about, among a verdict's notices; never changes."""
    revision: int = 1
    """Above 1 it is the same notice again, put right or added to."""
    at: datetime
    """When it happened: of a day that came, its first moment in the organisation's time zone."""
    before: Validity | None
    after: Validity
    verdict: Verdict
    """As it stands with this notice: what became of its conditions so far."""
    by: str = ""
    """Who did it; empty for what a day brought."""
    reason: str = ""
    replacement: str = ""
    day: date | None = None
    """The first day of an announced end, the day by which a condition was due or on which it was met."""
    position: int | None = None
    """Of the condition that it is about."""
    pilot: Mark | None = None
    """The result of a pilot, as it was told last."""
    successor: int | None = None
    confirmed_by: str = ""
    """Who confirmed a suspension."""


_MARKS: dict[MarkKind, NoticeKind] = {
    MarkKind.REVOKED: NoticeKind.REVOKED,
    MarkKind.SUSPENDED: NoticeKind.SUSPENDED,
    MarkKind.SUSPENSION_CONFIRMED: NoticeKind.SUSPENDED,
    MarkKind.SUSPENSION_LIFTED: NoticeKind.LIFTED,
    MarkKind.SUNSET: NoticeKind.SUNSET_ANNOUNCED,
    MarkKind.SUNSET_CANCELLED: NoticeKind.SUNSET_CANCELLED,
    MarkKind.GRADUATED: NoticeKind.GRADUATED,
    MarkKind.GRADUATION_CANCELLED: NoticeKind.GRADUATION_CANCELLED,
    MarkKind.PILOT_RESULT: NoticeKind.PILOT_RESULT,
}
_CONDITIONS: dict[ConditionActKind, NoticeKind] = {
    ConditionActKind.MET: NoticeKind.CONDITION_MET,
    ConditionActKind.WAIVED: NoticeKind.CONDITION_WAIVED,
    ConditionActKind.REOPENED: NoticeKind.CONDITION_REOPENED,
}
_V = ValidityState
_BY_DAY: dict[ValidityState, NoticeKind] = {
    _V.SUPERSEDED: NoticeKind.SUPERSEDED,
    _V.SUNSET_REACHED: NoticeKind.SUNSET_REACHED,
    _V.GRACE: NoticeKind.ENDED,
    _V.LAPSED: NoticeKind.LAPSED,
}
"""States that a verdict comes into by itself, and that are news. That a review is due is the office's business."""
_OVER = frozenset({_V.REVOKED, _V.SUPERSEDED, _V.SUNSET_REACHED, _V.LAPSED, _V.SCHEDULED})
"""In these nothing is owed by a verdict, or not yet."""


def notices_of(history: History, *, until: datetime, zone: tzinfo) -> list[Told]:
    """All notices up to a moment, in the order in which things happened; that of the publication always.

    Days are those of `zone`. What is on record has happened by `until`, even where the clock was set back since.
    """
    return list(_Walk(history, until, zone).notices())


class _Walk:
    """Goes along a verdict's life, from each thing that befell it to the next."""

    def __init__(self, history: History, until: datetime, zone: tzinfo) -> None:
        self._history, self._until, self._zone = history, until, zone
        self._ruling = Ruling(history.verdict, (), history.superseded_at)
        self._permissive = MEANINGS[history.verdict.outcome].may_use
        self._at = history.published_at
        self._state = self._validity(self._at)
        self._open: dict[str, Told] = {}
        """Notices that may be told again, by what they are about."""

    def notices(self) -> Iterator[Told]:
        verdict = self._history.verdict
        yield self._told(NoticeKind.PUBLISHED, "published", None, by=verdict.decided_by)
        for act in self._history.acts:
            moment = max(min(act.at, self._until), self._at)
            yield from self._days(moment)
            yield from self._acted(act, moment)
        yield from self._days(self._until)

    def _days(self, until: datetime) -> Iterator[Told]:
        while (turn := self._next_turn(until)) is not None:
            before, self._at = self._state, turn
            self._state = self._validity(turn)
            yield from self._came_due(turn, before)
            if self._state.state is before.state:
                continue
            if before.state is _V.SCHEDULED and self._state.state is not _V.SUPERSEDED:
                yield self._told(NoticeKind.STARTED, "started", before)
            kind = _BY_DAY.get(self._state.state)
            if kind is not None:
                day = turn.astimezone(self._zone).date()
                key = kind.value if kind is NoticeKind.SUPERSEDED else f"{kind.value}:{day.isoformat()}"
                yield self._told(kind, key, before, day=self._state.ends_on, successor=self._successor())

    def _came_due(self, turn: datetime, before: Validity) -> Iterator[Told]:
        if before.state in _OVER or not self._permissive:
            return
        yesterday = turn.astimezone(self._zone).date() - timedelta(days=1)
        for position, each in enumerate(self._ruling.verdict.conditions, start=1):
            if each.due_on == yesterday and each.state(yesterday) is ConditionState.OPEN:
                key = f"overdue:{position}"
                yield self._told(
                    NoticeKind.CONDITION_OVERDUE, key, before, day=each.due_on, position=position
                )

    def _next_turn(self, until: datetime) -> datetime | None:
        verdict, zone = self._ruling.verdict, self._zone
        today = self._at.astimezone(zone).date()
        days: set[date] = set()
        if self._permissive:
            dues = open_due_dates(verdict.conditions, today)
            ends = {each for each in (verdict.valid_until, *dues) if each is not None}
            days |= {each + timedelta(days=over) for each in ends for over in (1, GRACE_DAYS + 1)}
            days |= {each for each in (announced_end(self._ruling, at=self._at, zone=zone),) if each}
        turns = {datetime.combine(day, time.min, zone).astimezone(UTC) for day in days}
        turns |= {each for each in (verdict.starts_at, self._ruling.superseded_at) if each is not None}
        return min((each for each in turns if self._at < each <= until), default=None)

    def _acted(self, act: Act, moment: datetime) -> Iterator[Told]:
        before, self._at = self._state, moment
        if isinstance(act.what, Mark):
            mark = replace(act.what, at=moment)
            if PERMITTED_MARKS[mark.kind].permissive_only and not self._permissive:
                return
            self._ruling = replace(self._ruling, marks=(*self._ruling.marks, mark))
            self._state = self._validity(moment)
            yield from self._marked(act.id, mark, before)
        else:
            found = self._noted(act.what)
            self._state = self._validity(moment)
            if found is not None:
                yield self._of_condition(act.id, act.what, found, before)

    def _marked(self, act_id: int, mark: Mark, before: Validity) -> Iterator[Told]:
        kind = _MARKS[mark.kind]
        told = self._told(
            kind,
            f"{kind.value}:{act_id}",
            before,
            by=mark.by,
            reason=mark.reason,
            replacement=mark.replacement,
            day=mark.effective_on,
            pilot=mark if kind is NoticeKind.PILOT_RESULT else None,
        )
        earlier = self._open.get(kind.value)
        if mark.kind is MarkKind.SUSPENSION_CONFIRMED:
            if earlier is None:
                return
            told = replace(
                earlier, revision=earlier.revision + 1, at=told.at, after=told.after, confirmed_by=mark.by
            )
        elif kind is NoticeKind.PILOT_RESULT and earlier is not None:
            told = replace(told, key=earlier.key, revision=earlier.revision + 1, before=earlier.before)
        self._open[kind.value] = told
        yield told

    def _of_condition(self, act_id: int, noted: ConditionAct, condition: Condition, before: Validity) -> Told:
        kind, about = _CONDITIONS[noted.kind], f"condition:{noted.position}"
        told = self._told(
            kind,
            f"{kind.value}:{act_id}",
            before,
            by=noted.by,
            reason=noted.reason,
            day=noted.met_on or condition.due_on,
            position=noted.position,
        )
        earlier = self._open.get(about)
        if earlier is not None and earlier.kind is kind:
            told = replace(told, key=earlier.key, revision=earlier.revision + 1, before=earlier.before)
        self._open[about] = told
        return told

    def _noted(self, noted: ConditionAct) -> Condition | None:
        """The condition, with what was noted; None where the verdict has no such condition."""
        conditions = list(self._ruling.verdict.conditions)
        if not 1 <= noted.position <= len(conditions):
            return None
        condition = conditions[noted.position - 1]
        match noted.kind:
            case ConditionActKind.MET:
                condition = replace(condition, met_on=noted.met_on, evidence=noted.evidence)
            case ConditionActKind.WAIVED:
                condition = replace(condition, waived_reason=noted.reason)
            case ConditionActKind.REOPENED:
                condition = replace(condition, met_on=None, evidence="", waived_reason="")
        conditions[noted.position - 1] = condition
        verdict = replace(self._ruling.verdict, conditions=tuple(conditions))
        self._ruling = replace(self._ruling, verdict=verdict)
        return condition

    def _told(
        self,
        kind: NoticeKind,
        key: str,
        before: Validity | None,
        *,
        by: str = "",
        reason: str = "",
        replacement: str = "",
        day: date | None = None,
        position: int | None = None,
        pilot: Mark | None = None,
        successor: int | None = None,
    ) -> Told:
        results = [mark for mark in self._ruling.marks if mark.kind is MarkKind.PILOT_RESULT]
        return Told(
            kind=kind,
            key=key,
            at=self._at,
            before=before,
            after=self._state,
            verdict=self._ruling.verdict,
            by=by,
            reason=reason,
            replacement=replacement or self._state.replacement,
            day=day,
            position=position,
            pilot=pilot or (results[-1] if results else None),
            successor=successor,
        )

    def _successor(self) -> int | None:
        return self._history.superseded_by if self._state.state is _V.SUPERSEDED else None

    def _validity(self, at: datetime) -> Validity:
        return validity(self._ruling, at=at, zone=self._zone)
