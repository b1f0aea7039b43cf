"""One in ten verdicts of the quick lane goes to a second reviewer, who scores the tool anew without seeing the first.

What comes of it is second_reading.py's.
"""

from datetime import date, datetime, tzinfo

from sqlmodel import Session

from registry.domain.evaluation import Tier
from registry.domain.quick_lane import is_sampled
from registry.services.evaluations import evaluation as rounds
from registry.services.people.acting import REGISTRY, record
from registry.store import deciding, evaluation_lists, evaluations, parties, tools, users
from registry.store.columns import id_of
from registry.store.engine import serialise
from registry.store.tables import Evaluation, Role, SecondReading, Verdict


def open_due(session: Session, *, secret: bytes, zone: tzinfo, now: datetime) -> list[SecondReading]:
    """Open a reading of each sampled verdict that has gone out; one that nobody can read now is tried again later."""
    serialise(session, "second reading")
    waiting = [row for row in deciding.quick_unread(session, now=now) if is_sampled(row.uid, secret)]
    opened = [_open(session, row, zone=zone, now=now) for row in waiting]
    return [each for each in opened if each is not None]


def _open(session: Session, row: Verdict, *, zone: tzinfo, now: datetime) -> SecondReading | None:
    tool = tools.get_by_id(session, row.tool_id)
    reader = _reader(session, row, today=now.astimezone(zone).date())
    if reader is None or evaluations.find_running(session, row.tool_id, row.edition) is not None:
        return None
    first = session.get_one(Evaluation, row.evaluation_id)
    evaluation = rounds.open_evaluation(
        session,
        id_of(tool),
        tier=Tier.ONE,
        owner_id=reader,
        intended_use=first.intended_use,
        edition=row.edition,
        reviewers=[reader],
        zone=zone,
        by=REGISTRY,
        now=now,
    )
    reading = SecondReading(verdict_id=id_of(row), evaluation_id=id_of(evaluation), opened_at=now)
    session.add(reading)
    session.flush()
    after = {"number": row.number, "evaluation": evaluation.id, "reader": reader}
    record(session, "verdict.sampled", ("verdict", row.id), by=REGISTRY, now=now, after=after)
    return reading


def _reader(session: Session, row: Verdict, *, today: date) -> int | None:
    """The reviewer with the least to do who had no part in the first reading and may score the tool."""
    barred = {row.decided_by_id, row.decided_for_id, *parties.requesters(session, row.tool_id)}
    barred |= parties.contacts(session, row.tool_id).keys()
    barred |= parties.interested_before(session, row.tool_id)
    if row.evaluation_id is not None:
        barred |= {card.reviewer.id for card in evaluations.scorecards(session, row.evaluation_id)}
    load = evaluation_lists.workloads(session, today=today)
    free = [id_of(each) for each in users.active_holders(session, Role.REVIEWER) if each.id not in barred]
    return min(
        free, key=lambda user_id: (load[user_id].open if user_id in load else 0, user_id), default=None
    )
