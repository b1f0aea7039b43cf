"""Opening a decided case again, with the cause named: one case per tool and edition, however many causes come in.

What was known goes along: the intended use, the reviewers, the owner. The verdict stands until somebody decides anew.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Any

from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotAllowed, RuleBroken
from registry.domain.evaluation import Tier
from registry.domain.outcome import MEANINGS
from registry.domain.triggers import CAUSES, REOPENED_IN, Cause, look_by
from registry.domain.validity import STATE_LABELS, Validity, validity
from registry.services.evaluations import assigning
from registry.services.evaluations import evaluation as rounds
from registry.services.people.acting import REGISTRY, Actor, record, refuse_long
from registry.store import evaluation_lists, evaluations, parties, reopenings, tables, tools, users, verdicts
from registry.store.columns import id_of
from registry.store.engine import serialise
from registry.store.tables import Evaluation, Reopening, Role

TIER_UNKNOWN = Tier.TWO
"""Of a verdict that was imported, and so never evaluated here."""


def reopen(
    session: Session,
    row: tables.Verdict,
    cause: Cause,
    *,
    text: str,
    key: str,
    link: str = "",
    zone: tzinfo,
    by: Actor = REGISTRY,
    now: datetime,
) -> Reopening | None:
    """Open the case of a verdict again, or add the cause to the case that is under way for its tool and edition.

    None where `key` (what happened) opened a case before, or nobody is there who could own one.
    """
    serialise(session, "opening")
    if reopenings.is_known(session, key):
        return None
    earlier = evaluations.get(session, row.evaluation_id) if row.evaluation_id is not None else None
    running = evaluations.find_running(session, row.tool_id, row.edition)
    if running is None:
        owner_id = _owner(session, earlier, row, by)
        if owner_id is None:
            return None
        running = _open(session, row, earlier, owner_id, zone=zone, by=by, now=now)
    else:
        running.version += 1
    why = Reopening(
        evaluation_id=id_of(running),
        verdict_id=id_of(row),
        cause=cause,
        text=text[:500],
        link=link[:2000],
        key=key[:120],
        at=now,
    )
    ends_on = _stands(session, row, now, zone).ends_on
    today = now.astimezone(zone).date()
    before = running.due_on
    running.due_on = min(before, look_by(cause, today=today, target=before, ends_on=ends_on))
    session.add(why)
    session.flush()
    record(
        session,
        "evaluation.reopened",
        ("evaluation", running.id),
        by=by,
        now=now,
        before={"due_on": str(before)},
        after={
            "cause": cause.value,
            "text": why.text,
            "verdict": row.number,
            "tool": tools.get_by_id(session, row.tool_id).slug,
            "edition": row.edition,
            "due_on": str(running.due_on),
        },
    )
    return why


def reopen_by_hand(
    session: Session,
    numbers: Iterable[int],
    cause: Cause,
    *,
    text: str,
    zone: tzinfo,
    by: Actor,
    now: datetime,
) -> list[Reopening]:
    """Have verdicts looked at again, all or none. Raises InvalidInput, and RuleBroken naming those that cannot be."""
    if not by.roles & {Role.REVIEWER, Role.APPROVER}:
        raise NotAllowed("Only reviewers and approvers open a case again. Send a challenge instead.")
    wanted = list(dict.fromkeys(numbers))
    faults = {} if text.strip() else {"text": "Say what is new."}
    if not CAUSES[cause].by_hand:
        faults["cause"] = "Choose one of the causes that a person can name."
    if not wanted:
        faults["numbers"] = "Choose at least one verdict."
    if faults:
        raise InvalidInput("Nothing was opened again.", faults)
    refuse_long("Nothing was opened again.", text=(text, 500))
    serialise(session, "opening")  # before verdicts, as whoever opens a case and decides it
    serialise(session, "verdict")
    rows = {number: verdicts.get_published(session, number, now=now) for number in wanted}
    _refuse_ended(session, rows, now, zone)
    opened = []
    for number, row in rows.items():
        key = f"{cause.value}:{number}:{now.isoformat()}"
        why = reopen(session, row, cause, text=text.strip(), key=key, zone=zone, by=by, now=now)
        if why is None:
            raise RuleBroken("Nobody is here who could own the case. Ask an admin for a reviewer.")
        opened.append(why)
    return opened


def _refuse_ended(session: Session, rows: Mapping[int, tables.Verdict], now: datetime, zone: tzinfo) -> None:
    rulings = verdicts.as_rulings(session, list(rows.values()), now=now)
    states = {each.verdict.number: validity(each, at=now, zone=zone).state for each in rulings}
    ended = {number: state for number, state in states.items() if state not in REOPENED_IN}
    if ended:
        told = ", ".join(
            f"verdict {number} ({STATE_LABELS[ended[number]].lower()})" for number in sorted(ended)
        )
        raise RuleBroken(f"Nothing was opened again: {told} ended for good or has not begun.")


def _stands(session: Session, row: tables.Verdict, now: datetime, zone: tzinfo) -> Validity:
    return validity(verdicts.as_rulings(session, [row], now=now)[0], at=now, zone=zone)


def _owner(session: Session, earlier: Evaluation | None, row: tables.Verdict, by: Actor) -> int | None:
    """Who opens it by hand; else who owned it before, who decided it, or the least busy of those who could."""
    able = {
        id_of(each) for role in (Role.REVIEWER, Role.APPROVER) for each in users.active_holders(session, role)
    }
    first = (by.id, earlier.owner_id if earlier else None, row.decided_by_id)
    for each in first:
        if each in able:
            return each
    busy = evaluation_lists.workloads(session, today=row.decided_at.date())
    return min(able, key=lambda each: (busy[each].open if each in busy else 0, each), default=None)


def _open(
    session: Session,
    row: tables.Verdict,
    earlier: Evaluation | None,
    owner_id: int,
    *,
    zone: tzinfo,
    by: Actor,
    now: datetime,
) -> Evaluation:
    opened = rounds.open_evaluation(
        session,
        row.tool_id,
        tier=earlier.tier if earlier else TIER_UNKNOWN,
        owner_id=owner_id,
        intended_use=dict(earlier.intended_use) if earlier else _use_of(row),
        edition=row.edition,
        zone=zone,
        by=by,
        now=now,
    )
    reviewers = {id_of(each) for each in users.active_holders(session, Role.REVIEWER)}
    barred = parties.requesters(session, row.tool_id) | parties.contacts(session, row.tool_id).keys()
    barred |= parties.interested(session, opened)
    scored = (
        {card.reviewer.id: None for card in evaluations.scorecards(session, id_of(earlier)) if card.submitted}
        if earlier
        else {}
    )
    for each in scored:
        if each in reviewers - barred:
            assigning.assign(session, id_of(opened), each, by=by, now=now)
    return opened


def _use_of(row: tables.Verdict) -> dict[str, Any]:
    """The intended use of a verdict that was imported, from its scope."""
    return {
        "purpose": f"As verdict {row.number} says: {MEANINGS[row.outcome].label.lower()}",
        "data_class": row.data_ceiling or "",
        "accounts": list(row.accounts),
        "audience": list(row.audience),
        "offices": list(row.offices),
        "versions": row.versions,
    }
