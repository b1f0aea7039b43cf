"""Who scores and who owns an evaluation: choosing by expertise and load, asking, un-asking, handing over."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlmodel import Session

from registry.domain.choice_of_reviewers import Choosable, propose
from registry.domain.errors import InvalidInput, NotAllowed, NotFound, RuleBroken
from registry.domain.evaluation import EvaluationState, Tier, require_act
from registry.domain.values import dataclass
from registry.services.evaluations.progress import advance, at_work, reopen_moderated
from registry.services.people.acting import Actor, record, refuse_long
from registry.store import delegations, evaluation_lists, evaluations, events, parties, users
from registry.store.columns import id_of
from registry.store.engine import serialise
from registry.store.tables import Assignment, Evaluation, Role, User, VendorContact

OWNERS = frozenset({Role.REVIEWER, Role.APPROVER})
READERS = frozenset({Role.APPROVER, Role.AUDITOR, Role.ADMIN})
"""Roles to which scorecards that are handed in, or the log that tells of them, are open."""


@dataclass(frozen=True)
class Choice:
    people: tuple[Choosable, ...]
    """Every active reviewer who is not asked yet, by name."""
    proposed: tuple[int, ...]


def choice(
    session: Session,
    tool_id: int,
    tier: Tier,
    *,
    evaluation: Evaluation | None = None,
    solo: bool,
    today: date,
    now: datetime,
) -> Choice:
    """Who could be asked to score, what each has to do and whether each may; the number of queries is fixed.

    Without an `evaluation` it is one that is about to be opened.
    """
    people = [each for each in users.everybody(session) if each.user.disabled_at is None]
    work = evaluation_lists.workloads(session, today=today)
    requesters, contacts = parties.requesters(session, tool_id), parties.contacts(session, tool_id)
    interested: set[int] = set()
    asked: list[int] = []
    read: frozenset[int] = frozenset()
    if evaluation is not None:
        evaluation_id = id_of(evaluation)
        declared = parties.interests(session, evaluation_id).values()
        interested = {each.user_id for each in declared if each.interested}
        asked = [id_of(each) for each in parties.assigned(session, evaluation_id)]
        read = who_may_have_read(session, evaluation, people, now=now)
    found, brought = [], []
    for each in people:
        user_id, areas = id_of(each.user), frozenset(each.areas)
        if user_id in asked:
            if user_id not in interested | requesters | contacts.keys():
                brought.append(areas)
            continue
        if Role.REVIEWER not in each.roles:
            continue
        reasons = (
            (user_id in requesters, "Asked for this tool, so cannot score it."),
            (user_id in contacts, "Is a contact of its vendor, so cannot score it."),
            (user_id in interested, "Declared an interest, so cannot score it."),
            (user_id in read, "May have read what others handed in, so cannot score any more."),
        )
        barred = next((told for holds, told in reasons if holds), "")
        load = work.get(user_id, evaluation_lists.Workload())
        found.append(Choosable(user_id, each.user.name, areas, load.open, load.overdue, barred))
    return Choice(tuple(found), propose(tier, found, asked=brought, solo=solo))


def assign(session: Session, evaluation_id: int, user_id: int, *, by: Actor, now: datetime) -> None:
    """Ask a reviewer to score; asking twice changes nothing. A draft of theirs that was left goes on."""
    evaluation = evaluations.get(session, evaluation_id)
    require_act(evaluation.state, "score")
    person = users.get(session, user_id)
    if person.disabled_at is not None or Role.REVIEWER not in users.roles(session, user_id):
        raise NotAllowed(f"{person.name} is not a reviewer, so cannot be asked to score.")
    if parties.is_assigned(session, evaluation_id, user_id):
        return
    _refuse_barred(session, evaluation, person)
    _refuse_who_has_read(session, evaluation, person, now=now)
    session.add(Assignment(evaluation_id=evaluation_id, user_id=user_id, at=now))
    if evaluation.state is EvaluationState.OPEN:
        evaluation.state = EvaluationState.SCORING
    evaluation.version += 1
    session.flush()
    _tell(session, evaluation, "evaluation.assigned", {"reviewer": user_id}, by=by, now=now)


def unassign(
    session: Session,
    evaluation_id: int,
    user_id: int,
    *,
    reason: str = "",
    solo: bool,
    by: Actor,
    now: datetime,
) -> None:
    """Ask a reviewer no more. A draft stays on record; RuleBroken for who has handed in, whose scorecard stays."""
    evaluation = evaluations.get(session, evaluation_id)
    require_act(evaluation.state, "assign")
    row = session.get(Assignment, (evaluation_id, user_id))
    if row is None:
        return
    person = users.get(session, user_id)
    own = [each for each in evaluations.scorecards(session, evaluation_id) if each.reviewer.id == user_id]
    if any(each.submitted for each in own):
        raise RuleBroken(
            f"{person.name} has handed in a scorecard, and it stays. Nothing is left to take back."
        )
    refuse_long(f"{person.name} is still asked to score.", reason=(reason, 500))
    session.delete(row)
    session.flush()
    told = {"reviewer": user_id, "reason": reason.strip(), "draft": bool(own)}
    _tell(session, evaluation, "evaluation.unassigned", told, by=by, now=now)
    if at_work(evaluation):
        advance(session, evaluation, solo=solo, by=by, now=now)
    else:
        evaluation.version += 1


def hand_over(
    session: Session, evaluation_id: int, owner_id: int, *, reason: str = "", by: Actor, now: datetime
) -> Evaluation:
    """Give an evaluation another owner, a reviewer or approver; the one before has no more say in it."""
    evaluation = evaluations.get(session, evaluation_id)
    if evaluation.state in evaluations.CLOSED:
        raise RuleBroken("This evaluation is closed, so it needs no other owner.")
    if owner_id == evaluation.owner_id:
        return evaluation
    person = users.get(session, owner_id)
    if person.disabled_at is not None or not users.roles(session, owner_id) & OWNERS:
        sentence = f"{person.name} is neither reviewer nor approver, so cannot own an evaluation."
        raise InvalidInput(sentence, {"owner": sentence})
    refuse_long("The owner stays as it was.", reason=(reason, 500))
    before = evaluation.owner_id
    evaluation.owner_id = owner_id
    evaluation.version += 1
    session.flush()
    record(
        session,
        "evaluation.handed_over",
        ("evaluation", evaluation_id),
        by=by,
        now=now,
        before={"owner": before},
        after={"owner": owner_id, "reason": reason.strip()},
    )
    return evaluation


def add_contact(
    session: Session, tool_id: int, user_id: int, *, note: str, solo: bool, by: Actor, now: datetime
) -> VendorContact:
    """Record that somebody here is a contact of a tool's vendor: from now on they neither score nor decide on it.

    A scorecard of theirs in an evaluation under way stays on record and counts no more.
    """
    serialise(session, f"contacts {tool_id}")
    users.get(session, user_id)
    if not note.strip():
        raise InvalidInput("Say what ties them to the vendor.", {"note": "Say what ties them to the vendor."})
    refuse_long("The contact was not kept.", note=(note, 200))
    row = session.get(VendorContact, (tool_id, user_id))
    if row is None:
        row = VendorContact(tool_id=tool_id, user_id=user_id, by_id=by.id, at=now)
    row.note = note.strip()
    session.add(row)
    session.flush()
    told = {"person": user_id, "note": row.note}
    record(session, "contact.added", ("tool", tool_id), by=by, now=now, after=told)
    _advance_all(session, tool_id, "contact.added", told, solo=solo, by=by, now=now)
    return row


def remove_contact(
    session: Session, tool_id: int, user_id: int, *, solo: bool, by: Actor, now: datetime
) -> None:
    row = session.get(VendorContact, (tool_id, user_id))
    if row is None:
        raise NotFound("That person is not recorded as a contact of the vendor.")
    if by.id == user_id:
        raise NotAllowed("Somebody else must say that you are no contact of the vendor any more.")
    told = {"person": user_id, "note": row.note}
    session.delete(row)
    session.flush()
    record(session, "contact.removed", ("tool", tool_id), by=by, now=now, before=told)
    _advance_all(session, tool_id, "contact.removed", told, solo=solo, by=by, now=now)


def heed_request(session: Session, tool_id: int, *, solo: bool, by: Actor, now: datetime) -> None:
    """Who scored a tool and asks for it afterwards: the scorecard stays on record and counts no more."""
    under_way = [
        each for each in evaluations.of_tool(session, tool_id) if each.state not in evaluations.CLOSED
    ]
    cards = [card for each in under_way for card in evaluations.scorecards(session, id_of(each))]
    if any(card.submitted and card.reviewer.id == by.id for card in cards):
        _advance_all(session, tool_id, "tool.requested", {"person": by.person_id}, solo=solo, by=by, now=now)


def successors(people: Iterable[users.Person]) -> Sequence[users.Person]:
    """Those who could take over what somebody leaves."""
    return [each for each in people if each.user.disabled_at is None and each.roles & OWNERS]


def _advance_all(
    session: Session,
    tool_id: int,
    action: str,
    told: Mapping[str, object],
    *,
    solo: bool,
    by: Actor,
    now: datetime,
) -> None:
    """Each evaluation of the tool that is under way hears of it, and goes where it now stands."""
    for evaluation_id in sorted(id_of(each) for each in evaluations.of_tool(session, tool_id)):
        evaluation = evaluations.get(session, evaluation_id)
        session.refresh(evaluation)  # it may have been decided while we waited for our turn
        if evaluation.state in evaluations.CLOSED:
            continue
        _tell(session, evaluation, action, told, by=by, now=now)
        reopen_moderated(session, id_of(evaluation))
        if at_work(evaluation):
            advance(session, evaluation, solo=solo, by=by, now=now)


def _refuse_barred(session: Session, evaluation: Evaluation, person: User) -> None:
    evaluation_id, user_id = id_of(evaluation), id_of(person)
    if user_id in parties.requesters(session, evaluation.tool_id):
        raise NotAllowed(f"{person.name} asked for this tool, so cannot score it.")
    if user_id in parties.contacts(session, evaluation.tool_id):
        raise NotAllowed(f"{person.name} is a contact of its vendor, so cannot score it.")
    declared = parties.interests(session, evaluation_id).get(user_id)
    if declared is not None and declared.interested:
        raise NotAllowed(f"{person.name} declared an interest in this tool, so cannot score it.")


def _refuse_who_has_read(session: Session, evaluation: Evaluation, person: User, *, now: datetime) -> None:
    people = [users.person(session, id_of(person))]
    if id_of(person) in who_may_have_read(session, evaluation, people, now=now):
        raise RuleBroken(f"{person.name} may have read what others handed in, so cannot score any more.")


def who_may_have_read(
    session: Session, evaluation: Evaluation, people: Iterable[users.Person], *, now: datetime
) -> frozenset[int]:
    """Those of `people` who owned the evaluation, held a role in READERS or was the deputy of who does, at any time
    since the first scorecard.

    Whether they did read is not asked. Source: docs/concepts.md, "An evaluation's states".
    """
    cards = evaluations.scorecards(session, id_of(evaluation))
    first = min((each.submitted_at for each in cards if each.submitted_at), default=None)
    if first is None:
        return frozenset()
    lost = {
        event.subject_id
        for event in events.of_action(session, "user.roles_set", since=first)
        if READERS & set(event.before.get("roles", ()))
    }
    handed_over = [
        event.before
        for event in events.of_action(session, "evaluation.handed_over", since=first)
        if event.subject_id == evaluation.id
    ]
    stood_in = delegations.deputies_between(session, first, now)
    owned = {each.get("owner_id", each["owner"]) for each in handed_over}  # older events tell a name, or both
    return frozenset(
        id_of(each.user)
        for each in people
        if {each.user.id, each.user.name} & {evaluation.owner_id, *owned, *lost, *stood_in}
        or each.roles & READERS
    )


def _tell(
    session: Session,
    evaluation: Evaluation,
    action: str,
    told: Mapping[str, object],
    *,
    by: Actor,
    now: datetime,
) -> None:
    record(session, action, ("evaluation", evaluation.id), by=by, now=now, after=told)
