"""Who is asked to score: by expertise and load, never who has a part in it; un-asked and handed over on record."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import pytest
from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotAllowed, RuleBroken
from registry.domain.evaluation import EvaluationState, ProposedTier, Tier
from registry.domain.scorecard import TypedScorecard
from registry.services.evaluations import assigning, moderation, scoring
from registry.services.evaluations import evaluation as rounds
from registry.services.evaluations.scorecards import counting, visible
from registry.services.people import accounts
from registry.services.people.acting import REGISTRY, Actor
from registry.store import evaluations, events
from registry.store.columns import id_of
from registry.store.tables import Evaluation, Request, Role
from tests.builders import UTC_ZONE, a_person, a_tool, an_evaluation, scored, the_cast


@pytest.fixture
def cast(session: Session, now: datetime) -> dict[str, Actor]:
    return the_cast(session, now)


@pytest.fixture
def opened(session: Session, cast: Mapping[str, Actor], now: datetime) -> Evaluation:
    """For Rosa, who owns it, and Ravi to score."""
    reviewers = (cast["rosa"], cast["ravi"])
    return an_evaluation(session, a_tool(session, now=now), owner=cast["rosa"], reviewers=reviewers, now=now)


def acts(session: Session, evaluation: Evaluation) -> list[str]:
    return [each.action for each in events.of_subject(session, "evaluation", id_of(evaluation))]


def test_the_choice_shows_areas_load_and_who_may_not(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    other = a_tool(session, "Inkpost", now=now)
    session.add(Request(tool_id=other.id, user_id=cast["mina"].id, purpose="Letters", digest="1", at=now))
    session.flush()
    late = opened.due_on + timedelta(days=1)
    found = assigning.choice(session, id_of(other), Tier.ONE, solo=False, today=late, now=now)
    people = {each.name: each for each in found.people}
    assert set(people) == {"Rosa", "Ravi", "Mina"}
    assert (people["Ravi"].areas, people["Ravi"].open, people["Ravi"].overdue) == ({"security"}, 1, 1)
    assert "Asked for this tool" in people["Mina"].barred
    assert found.proposed == (cast["ravi"].id,)


def test_a_contact_of_the_vendor_is_never_asked_and_their_scorecard_counts_no_more(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    for name in ("rosa", "ravi"):
        scored(session, opened, cast[name], now=now)
    assert opened.state is EvaluationState.DECISION
    with pytest.raises(InvalidInput):
        assigning.add_contact(
            session, opened.tool_id, cast["ravi"].person_id, note=" ", solo=False, by=cast["rosa"], now=now
        )
    for name in ("ravi", "mina"):
        assigning.add_contact(
            session,
            opened.tool_id,
            cast[name].person_id,
            note="Sits on their board.",
            solo=False,
            by=cast["rosa"],
            now=now,
        )
    cards = evaluations.scorecards(session, id_of(opened))
    assert [card.reviewer.name for card in counting(cards)] == ["Rosa"]
    assert len(cards) == 2
    assert opened.state is EvaluationState.SCORING
    with pytest.raises(NotAllowed, match="contact of its vendor"):
        assigning.assign(session, id_of(opened), cast["mina"].person_id, by=cast["rosa"], now=now)
    with pytest.raises(NotAllowed, match="contact of its vendor"):
        scoring.amend(session, id_of(opened), reason="Again.", by=cast["ravi"], now=now)
    with pytest.raises(NotAllowed, match="Somebody else"):
        assigning.remove_contact(
            session, opened.tool_id, cast["ravi"].person_id, solo=False, by=cast["ravi"], now=now
        )
    assigning.remove_contact(
        session, opened.tool_id, cast["ravi"].person_id, solo=False, by=cast["rosa"], now=now
    )
    assert opened.state is EvaluationState.DECISION


def test_who_is_not_asked_any_more_leaves_a_draft_on_record_and_reads_nobodys(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    scored(session, opened, cast["rosa"], now=now)
    scoring.save_draft(session, id_of(opened), TypedScorecard(), version=0, by=cast["ravi"], now=now)
    assigning.unassign(
        session,
        id_of(opened),
        cast["ravi"].person_id,
        reason="On leave.",
        solo=False,
        by=cast["rosa"],
        now=now,
    )
    seen = visible(session, id_of(opened), to=cast["ravi"], owner_id=opened.owner_id)
    assert [card.reviewer.name for card in seen] == ["Ravi"]
    assert acts(session, opened)[0] == "evaluation.unassigned"
    with pytest.raises(NotAllowed):
        scoring.save_draft(session, id_of(opened), TypedScorecard(), version=1, by=cast["ravi"], now=now)
    assigning.assign(session, id_of(opened), cast["ravi"].person_id, by=cast["rosa"], now=now)
    scoring.save_draft(session, id_of(opened), TypedScorecard(), version=1, by=cast["ravi"], now=now)


def test_a_scorecard_that_is_handed_in_is_not_taken_back(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    scored(session, opened, cast["ravi"], now=now)
    with pytest.raises(RuleBroken, match="it stays"):
        assigning.unassign(
            session, id_of(opened), cast["ravi"].person_id, solo=False, by=cast["rosa"], now=now
        )


def test_an_evaluation_gets_another_owner_who_can_own_it(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    with pytest.raises(InvalidInput, match="neither reviewer nor approver"):
        assigning.hand_over(session, id_of(opened), cast["emil"].person_id, by=cast["rosa"], now=now)
    assigning.hand_over(session, id_of(opened), cast["amir"].person_id, by=cast["rosa"], now=now)
    assert opened.owner_id == cast["amir"].id
    assert acts(session, opened)[0] == "evaluation.handed_over"


def test_an_interest_declared_after_handing_in_takes_the_scorecard_out_of_the_count(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    scored(session, opened, cast["rosa"], now=now, R1="1")
    scored(session, opened, cast["ravi"], now=now, R1="3")
    moderation.moderate(
        session, id_of(opened), "R1", value="2", reason="Read again.", solo=False, by=cast["rosa"], now=now
    )
    scoring.declare(
        session, id_of(opened), interested=True, statement="My sister works there.", by=cast["ravi"], now=now
    )
    assert opened.state is EvaluationState.SCORING
    assert evaluations.moderations(session, id_of(opened)) == []
    cards = evaluations.scorecards(session, id_of(opened))
    assert [card.reviewer.name for card in cards] == ["Ravi", "Rosa"]
    assert [card.reviewer.name for card in counting(cards)] == ["Rosa"]
    told = next(
        each
        for each in events.of_subject(session, "evaluation", id_of(opened))
        if each.action == "interest.declared"
    )
    assert (told.before["interested"], told.after["interested"]) == (False, True)


def test_what_was_decided_stays_decided_by_the_scorecards_that_counted_then(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    for name in ("rosa", "ravi"):
        scored(session, opened, cast[name], now=now)
    opened.state, opened.closed_at = EvaluationState.DECIDED, now
    session.flush()
    scoring.declare(
        session,
        id_of(opened),
        interested=True,
        statement="I bought shares.",
        by=cast["ravi"],
        now=now + timedelta(days=1),
    )
    assert len(counting(evaluations.scorecards(session, id_of(opened)))) == 2
    assert opened.state is EvaluationState.DECIDED


def test_a_lower_tier_than_proposed_needs_a_reason(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    told = {
        "owner_id": cast["rosa"].person_id,
        "intended_use": {"purpose": "Letters"},
        "zone": UTC_ZONE,
        "by": cast["rosa"],
        "now": now,
        "proposed": ProposedTier(Tier.THREE, "Tier 3: regulated information is entered."),
    }
    other = id_of(a_tool(session, "Inkpost", now=now))
    with pytest.raises(InvalidInput) as refused:
        rounds.open_evaluation(session, other, tier=2, **told)  # type: ignore[arg-type]
    assert "regulated information" in refused.value.faults["tier_reason"]
    kept = rounds.open_evaluation(session, other, tier=2, tier_reason="A trial with made-up data.", **told)  # type: ignore[arg-type]
    assert kept.tier_reason == "A trial with made-up data."


def test_the_day_is_changed_with_a_reason_and_never_into_the_past(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    today = now.date()

    def move(day: date, reason: str) -> None:
        rounds.reschedule(
            session, id_of(opened), due_on=day, reason=reason, today=today, by=cast["rosa"], now=now
        )

    with pytest.raises(InvalidInput) as refused:
        move(today - timedelta(days=1), "")
    assert "past" in refused.value.faults["due_on"]
    assert "Say why" in refused.value.faults["due_reason"]
    move(today + timedelta(days=90), "The vendor answers in the new year.")
    event = events.of_subject(session, "evaluation", id_of(opened))[0]
    assert (event.action, event.after["reason"]) == (
        "evaluation.rescheduled",
        "The vendor answers in the new year.",
    )


@pytest.mark.both_databases
def test_what_waits_goes_on_by_itself_on_its_day_and_the_event_says_why(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    today = now.date()
    until = today + timedelta(days=7)
    rounds.wait(
        session,
        id_of(opened),
        until=until,
        for_whom="The vendor’s answer",
        today=today,
        by=cast["rosa"],
        now=now,
    )
    assert rounds.resume_due(session, until - timedelta(days=1), now, solo=False) == []
    assert [each.id for each in rounds.resume_due(session, until, now, solo=False)] == [opened.id]
    assert opened.state is EvaluationState.SCORING
    moved = next(
        each for each in events.of_subject(session, "evaluation", id_of(opened)) if each.after.get("reason")
    )
    assert (moved.actor, moved.after["reason"]) == (
        REGISTRY.name,
        "its day has come; it waited for The vendor’s answer",
    )


def test_who_could_read_what_was_handed_in_is_not_asked_to_score_afterwards(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    """The owner before, whoever was an approver, an auditor or an admin then: what was read is not unread."""
    case, ada = id_of(opened), cast["ada"]
    owner = a_person(session, "Olga", Role.REVIEWER, now=now)
    approver = a_person(session, "Otto", Role.REVIEWER, Role.APPROVER, now=now)
    admin = a_person(session, "Oona", Role.REVIEWER, Role.ADMIN, now=now)
    early = a_person(session, "Odin", Role.REVIEWER, Role.APPROVER, now=now)
    accounts.set_roles(session, early.person_id, roles=["reviewer"], by=ada, now=now)
    assigning.hand_over(session, case, owner.person_id, by=cast["rosa"], now=now)
    later = now + timedelta(hours=1)
    scored(session, opened, cast["rosa"], now=later)
    assigning.hand_over(session, case, cast["rosa"].person_id, by=owner, now=later)
    accounts.set_roles(session, approver.person_id, roles=["reviewer"], by=ada, now=later)
    choice = assigning.choice(
        session, opened.tool_id, Tier.TWO, evaluation=opened, solo=False, today=now.date(), now=later
    )
    barred = {each.name: each.barred for each in choice.people}
    for person in (owner, approver, admin):
        assert "May have read" in barred[person.name]
        with pytest.raises(RuleBroken, match="may have read"):
            assigning.assign(session, case, person.person_id, by=cast["rosa"], now=later)
    assigning.assign(session, case, early.person_id, by=cast["rosa"], now=later)
