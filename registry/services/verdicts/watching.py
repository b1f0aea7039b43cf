"""What happened by itself since somebody last looked, and whose case it opens again: days, conditions, mentions.

A round reads first and writes only where there is something to write; what opens a case once never does so twice.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from sqlmodel import Session

from registry.domain.language import day_text
from registry.domain.outcome import Outcome
from registry.domain.outside import changes, read_outside
from registry.domain.triggers import (
    CAUSES,
    NO_OWNER,
    NO_OWNER_DAYS,
    OVERDUE_DAYS,
    Cause,
    cause_of,
    concerns,
)
from registry.domain.validity import CONFIRM_DAYS, GRACE_DAYS, REVIEW_DAYS, Ruling, ValidityState, validity
from registry.domain.values import dataclass
from registry.services.people.acting import REGISTRY, record
from registry.services.verdicts.reopening import reopen
from registry.store import outside, reopenings, tables, verdicts
from registry.store.columns import id_of

MENTIONS = "mentions"
AT_ONCE = 25
"""So many are opened in one round; the next one goes on."""
LOOKED_AT = 1000
"""Some are due and open nothing, since they are to be retired or were withdrawn."""
READ_AT_ONCE = 2000
READ_AGAIN = 200
"""Transactions may commit in another order than they took their numbers, so that the last ones are read once more."""
_V = ValidityState


@dataclass(frozen=True)
class Due:
    """A verdict whose case something opens."""

    number: int
    cause: Cause
    text: str
    key: str
    link: str = ""


@dataclass(frozen=True)
class Round:
    due: Sequence[Due]
    read_up_to: int
    """The highest number of an event that was read; 0 where there was none."""
    suspensions: Sequence[int]
    """Numbers of verdicts whose suspension nobody confirmed or lifted in time."""
    read_before: int = 0

    @property
    def anything(self) -> bool:
        """Whether there is something to write; how far was read is kept now and then."""
        return bool(self.due or self.suspensions) or self.read_up_to - self.read_before >= READ_AT_ONCE // 4


def look(session: Session, *, zone: tzinfo, now: datetime) -> Round:
    """What is to be opened or reported now; writes nothing."""
    by_day = [
        *_reviews(session, zone, now),
        *_conditions(session, zone, now),
        *_ownerless(session, zone, now),
        *_adopted(session, zone, now),
    ]
    read_before = reopenings.read_up_to(session, MENTIONS)
    told, read_up_to = _mentions(session, max(read_before - READ_AGAIN, 0), zone, now)
    return Round([*told, *by_day], read_up_to, _suspensions(session, zone, now), read_before)


def act(session: Session, found: Round, *, zone: tzinfo, now: datetime) -> list[tables.Reopening]:
    """Open what a round found, each once, and report suspensions that are overdue."""
    opened = []
    rows = {row.number: row for row in verdicts.by_numbers(session, {each.number for each in found.due})}
    for each in found.due:
        why = reopen(
            session,
            rows[each.number],
            each.cause,
            text=each.text,
            key=each.key,
            link=each.link,
            zone=zone,
            now=now,
        )
        if why is not None:
            opened.append(why)
    for number in found.suspensions:
        row = verdicts.get(session, number)
        record(
            session,
            "verdict.suspension_overdue",
            ("verdict", row.id),
            by=REGISTRY,
            now=now,
            after={"number": number, "reason": f"Nobody confirmed or lifted it within {CONFIRM_DAYS} days."},
        )
    reopenings.mark_read(session, MENTIONS, found.read_up_to)
    return opened


def watch(session: Session, *, zone: tzinfo, now: datetime) -> list[tables.Reopening]:
    """One round: look, and act on what was found."""
    return act(session, look(session, zone=zone, now=now), zone=zone, now=now)


def _reviews(session: Session, zone: tzinfo, now: datetime) -> list[Due]:
    today = now.astimezone(zone).date()
    rows = reopenings.due_for_review(
        session,
        since=today - timedelta(days=GRACE_DAYS),
        until=today + timedelta(days=REVIEW_DAYS - 1),
        now=now,
        limit=LOOKED_AT,
    )
    found = []
    for row, ruling in zip(rows, verdicts.as_rulings(session, rows, now=now), strict=True):
        state = validity(ruling, at=now, zone=zone).state
        ended_pilot = row.outcome is Outcome.PILOT and state is _V.LAPSED
        if state in (_V.REVIEW_DUE, _V.GRACE, _V.SUSPENDED) or ended_pilot:
            what = "The pilot" if row.outcome is Outcome.PILOT else "The approval"
            ends = "ended" if row.valid_until is not None and row.valid_until < today else "ends"
            text = f"{what} {ends} on {day_text(row.valid_until)}."
            found.append(Due(row.number, Cause.REVIEW_DUE, text, f"review_due:{row.id}"))
    return found[:AT_ONCE]


def _conditions(session: Session, zone: tzinfo, now: datetime) -> list[Due]:
    today = now.astimezone(zone).date()
    since = today - timedelta(days=OVERDUE_DAYS)
    pairs = reopenings.with_overdue_condition(session, since=since, today=today, now=now, limit=LOOKED_AT)
    states = _states(session, [row for row, _ in pairs], zone, now)
    return [
        Due(
            row.number,
            Cause.CONDITION_OVERDUE,
            f"Due on {day_text(condition.due_on)}: {condition.text}"[:500],
            f"condition:{condition.id}",
        )
        for row, condition in pairs
        if concerns(Cause.CONDITION_OVERDUE, row.outcome, states[row.number])
        or (row.outcome is Outcome.PILOT and states[row.number] is _V.LAPSED)
    ][:AT_ONCE]


def _ownerless(session: Session, zone: tzinfo, now: datetime) -> list[Due]:
    until = now - timedelta(days=NO_OWNER_DAYS)
    rows = reopenings.rejected_for(session, NO_OWNER, until=until, now=now, limit=LOOKED_AT)
    states = _states(session, rows, zone, now)
    text = (
        f"It was turned down {NO_OWNER_DAYS} days ago because nobody would own it. Perhaps somebody does now."
    )
    return [
        Due(row.number, Cause.NO_OWNER, text, f"no_owner:{row.id}")
        for row in rows
        if concerns(Cause.NO_OWNER, row.outcome, states[row.number])
    ][:AT_ONCE]


def _adopted(session: Session, zone: tzinfo, now: datetime) -> list[Due]:
    """Verdicts taken over from another registry that says something else by now, or whose own has come to its end."""
    today = now.astimezone(zone).date()
    found = outside.adoptions_to_look_at(session, today=today, now=now, limit=LOOKED_AT)
    states = _states(session, [verdict for _, verdict, _ in found], zone, now)
    due = []
    for adoption, verdict, theirs in found:
        was = read_outside(verdict.assessment["adopted"]["said"])
        says = read_outside(theirs.said)
        if (
            was is None
            or says is None
            or not concerns(Cause.ADOPTED, verdict.outcome, states[verdict.number])
        ):
            continue
        told = changes(was, says) if theirs.revision > adoption.revision else []
        key = f"adopted:{verdict.id}:{theirs.revision}"
        if not told and says.state_on(today) is not says.state:
            told, key = [f"It ended there on {day_text(says.ends_on)}."], f"adopted_end:{verdict.id}"
        if told and not reopenings.is_known(session, key):
            registry = verdict.assessment["adopted"]["registry"]
            due.append(Due(verdict.number, Cause.ADOPTED, f"{registry}: {' '.join(told)}", key, says.url))
    return due[:AT_ONCE]


def _mentions(session: Session, after: int, zone: tzinfo, now: datetime) -> tuple[list[Due], int]:
    """Of what tools were told after an event, that which opens the case of a verdict made before it."""
    told = reopenings.mentions_after(session, after, limit=READ_AT_ONCE)
    meant = [
        (event, cause)
        for event in told
        if (cause := cause_of(str(event.after.get("signal") or ""), major=bool(event.after.get("major"))))
    ]
    rulings = verdicts.rulings(session, {event.subject_id for event, _ in meant}, now=now) if meant else {}
    found = []
    for event, cause in meant:
        for ruling in rulings.get(event.subject_id, ()):
            key = f"event:{event.id}:{ruling.verdict.number}"
            if _is_news(ruling, event.at, cause, zone, now) and not reopenings.is_known(session, key):
                text = str(event.after.get("title") or CAUSES[cause].label)
                link = str(event.after.get("link") or "")
                found.append(Due(ruling.verdict.number, cause, text, key, link))
    return found, told[-1].id or 0 if told else 0


def _is_news(ruling: Ruling, told_at: datetime, cause: Cause, zone: tzinfo, now: datetime) -> bool:
    verdict = ruling.verdict
    state = validity(ruling, at=now, zone=zone).state
    return told_at > verdict.decided_at and concerns(cause, verdict.outcome, state)


def _suspensions(session: Session, zone: tzinfo, now: datetime) -> list[int]:
    pairs = reopenings.unconfirmed_suspensions(
        session, until=now - timedelta(days=CONFIRM_DAYS), limit=AT_ONCE
    )
    rows = [row for row, _ in pairs]
    rulings = verdicts.as_rulings(session, rows, now=now)
    return [each.verdict.number for each in rulings if validity(each, at=now, zone=zone).overdue]


def _states(
    session: Session, rows: Sequence[tables.Verdict], zone: tzinfo, now: datetime
) -> dict[int, ValidityState]:
    once = list({id_of(row): row for row in rows}.values())
    return {
        each.verdict.number: validity(each, at=now, zone=zone).state
        for each in verdicts.as_rulings(session, once, now=now)
    }
