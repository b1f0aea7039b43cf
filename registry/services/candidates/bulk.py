"""Acts on several candidates at once: tried first, so that one sees what will happen, then done whole or not at all."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlmodel import Session

from registry.domain.errors import InvalidInput, RuleBroken, StaleVersion
from registry.domain.triage import DismissReason, Verb
from registry.domain.values import dataclass
from registry.services.candidates import labels, merging, triage
from registry.services.candidates.recording import (
    Chosen,
    DoneAlready,
    Recording,
    Refusal,
    mark_of,
    selection_mark,
)
from registry.services.people.acting import Actor
from registry.store import inbox, triage_acts
from registry.store.columns import id_of
from registry.store.inbox import Filter
from registry.store.tables import TriageAct

VERBS = (Verb.ACCEPT, Verb.DISMISS, Verb.WATCH, Verb.MERGE, Verb.LABEL, Verb.REOPEN)
MOST = {Verb.ACCEPT: 500, Verb.MERGE: 500}
MOST_OF_OTHERS = 20_000
"""Accepting and merging write much for each; the others are one statement for all."""


@dataclass(frozen=True)
class Order:
    """What to do with all of them, and what that verb needs to know."""

    verb: Verb
    reason: DismissReason | None = None
    note: str = ""
    until: date | None = None
    into: int | None = None
    tool_id: int | None = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What an order would do now; nothing of it was done."""

    chosen: Sequence[Chosen]
    count: int
    names: Sequence[str]
    """Of those it would befall, in the order of their numbers."""
    refused: Sequence[Refusal]
    told: str
    mark: str
    """Stands for exactly these candidates on these versions; empty where nothing would be done."""


class Changed(StaleVersion):
    """What was confirmed is no longer what would happen."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(
            "What this would do has changed since it was shown. Nothing was done. Look again, then confirm."
        )
        self.plan = plan


def matching(session: Session, wanted: Filter) -> Sequence[Chosen]:
    """Every candidate that matches now."""
    return [Chosen(candidate_id, version) for candidate_id, version in inbox.versions(session, wanted)]


def plan(session: Session, chosen: Sequence[Chosen], order: Order, *, by: Actor, now: datetime) -> Plan:
    """Try the order on those chosen and drop it again: what it would befall, and what would refuse, with why.

    What its verb needs to know may still be missing. Raises InvalidInput where nobody was chosen, or too many.
    """
    _check(chosen, order, whole=False)
    trial = session.begin_nested()
    try:
        recording = _prepared(session, chosen, _completed(order, chosen, now), by, now)
        kept = _kept(chosen, recording)
        names = [each.name for each in recording.done]
        return Plan(kept, len(kept), names, list(recording.refused), recording.told, selection_mark(kept))
    finally:
        trial.rollback()
        session.expire_all()


def act(
    session: Session,
    chosen: Sequence[Chosen],
    order: Order,
    *,
    by: Actor,
    now: datetime,
    mark: str = "",
    leaving_out: bool = False,
) -> TriageAct:
    """Do it to all of them, or, where `leaving_out`, to those that do not refuse.

    With the mark of a plan it is done to exactly those of the plan or not at all; the same again gives what was done
    the first time. Raises InvalidInput, Changed, and what refused the first one.
    """
    if mark:
        asked = _prepared(session, [], order, by, now).asked
        known = triage_acts.find_by_mark(session, mark_of(order.verb, asked, mark), by.id)
        if known is not None:
            return known
    _check(chosen, order)
    trial = session.begin_nested()
    recording = _prepared(session, chosen, order, by, now)
    kept = _kept(chosen, recording)
    if mark and mark != selection_mark(kept):
        trial.rollback()
        session.expire_all()
        raise Changed(plan(session, chosen, order, by=by, now=now))
    if recording.refused and not (mark or (leaving_out and kept)):
        trial.rollback()
        session.expire_all()
        error = recording.refused[0].error
        if isinstance(error, DoneAlready):
            return error.act
        raise error
    if not kept:
        raise RuleBroken("There is nothing to do here: they are all like that already.")
    recording.refused.clear()
    recording.mark = mark_of(order.verb, recording.asked, selection_mark(kept))
    trial.commit()
    return recording.write_as_it_is() if order.verb is Verb.LABEL else recording.write()


def _completed(order: Order, chosen: Sequence[Chosen], now: datetime) -> Order:
    """An order whose verb can be tried, whatever it still lacks."""
    return replace(
        order,
        reason=order.reason or DismissReason.OTHER,
        until=order.until or now.date() + timedelta(days=30),
        into=order.into or (chosen[0].id if order.verb is Verb.MERGE else None),
    )


def _kept(chosen: Sequence[Chosen], recording: Recording) -> list[Chosen]:
    done = {id_of(each) for each in recording.done}
    return [each for each in chosen if each.id in done]


def _prepared(
    session: Session, chosen: Sequence[Chosen], order: Order, by: Actor, now: datetime
) -> Recording:
    if order.verb is Verb.ACCEPT:
        return triage.accepting(session, chosen, tool_id=order.tool_id, by=by, now=now)
    if order.verb is Verb.MERGE and order.into is not None:
        others = [each for each in chosen if each.id != order.into]
        return merging.merging(session, others, into=order.into, by=by, now=now)
    if order.verb is Verb.DISMISS and order.reason is not None:
        return triage.dismissing(session, chosen, reason=order.reason, note=order.note, by=by, now=now)
    if order.verb is Verb.WATCH and order.until is not None:
        return triage.watching(session, chosen, until=order.until, by=by, now=now)
    if order.verb is Verb.LABEL:
        return labels.labelling(session, chosen, add=order.add, remove=order.remove, by=by, now=now)
    return triage.reopening(session, chosen, by=by, now=now)


def _check(chosen: Sequence[Chosen], order: Order, *, whole: bool = True) -> None:
    faults = {}
    if not chosen:
        faults["ids"] = "Tick at least one candidate first."
    if order.verb not in VERBS:
        faults["act"] = f"Choose what to do with them: {', '.join(VERBS)}."
    if whole and order.verb is Verb.DISMISS and order.reason is None:
        faults["reason"] = "Say why you dismiss them."
    if whole and order.verb is Verb.WATCH and order.until is None:
        faults["until"] = "Say until when to watch them: a day to come, such as 2027-03-31."
    if whole and order.verb is Verb.MERGE and order.into is None:
        faults["into"] = "Say which candidate stays; the others go into it."
    if whole and order.verb is Verb.LABEL and not (order.add or order.remove):
        faults["add"] = "Write a label first."
    most = MOST.get(order.verb, MOST_OF_OTHERS)
    if len(chosen) > most:
        faults["ids"] = (
            f"At most {most:,} at once; these are {len(chosen):,}. Narrow the list, and repeat it."
        )
    if faults:
        raise InvalidInput(" ".join(faults.values()), faults)
