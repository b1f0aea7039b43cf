"""Reviewers score blind: drafts that lose no word, what a scorecard needs to be handed in, who sees whose."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotAllowed, RuleBroken, StaleVersion
from registry.domain.evaluation import EvaluationState
from registry.domain.rubric import Rating
from registry.domain.scorecard import TypedRating, TypedScorecard
from registry.domain.triage import CandidateStatus
from registry.services.evaluations import assigning, scoring, taking_part
from registry.services.evaluations import evaluation as rounds
from registry.services.evaluations.scorecards import counting, is_blind, visible
from registry.services.people.acting import Actor
from registry.services.rubrics import rubrics
from registry.store import evaluation_lists, evaluations
from registry.store.columns import id_of
from registry.store.evaluation_lists import Workload
from registry.store.tables import Assignment, Candidate, Evaluation, Request, Role
from tests.builders import a_tool, a_typed_scorecard, an_evaluation, scored, the_cast
from tests.builders_domain import the_rubric

EMPTY = TypedScorecard()


@pytest.fixture
def cast(session: Session, now: datetime) -> dict[str, Actor]:
    return the_cast(session, now)


@pytest.fixture
def opened(session: Session, cast: Mapping[str, Actor], now: datetime) -> Evaluation:
    """For Rosa, who owns it, and Ravi to score."""
    reviewers = (cast["rosa"], cast["ravi"])
    return an_evaluation(session, a_tool(session, now=now), owner=cast["rosa"], reviewers=reviewers, now=now)


def seen_by(session: Session, evaluation: Evaluation, who: Actor) -> set[str]:
    cards = visible(session, id_of(evaluation), to=who, owner_id=evaluation.owner_id)
    return {card.reviewer.name for card in cards}


@pytest.mark.both_databases
def test_a_sees_b_only_when_both_have_handed_in(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    scored(session, opened, cast["rosa"], now=now)
    assert seen_by(session, opened, cast["ravi"]) == set()
    assert seen_by(session, opened, cast["rosa"]) == {"Rosa"}
    scored(session, opened, cast["ravi"], now=now)
    assert seen_by(session, opened, cast["ravi"]) == {"Rosa", "Ravi"}
    assert seen_by(session, opened, cast["rosa"]) == {"Rosa", "Ravi"}


def test_nobody_sees_a_draft_of_somebody_else(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    scored(session, opened, cast["rosa"], now=now)
    scoring.save_draft(session, id_of(opened), EMPTY, version=0, by=cast["ravi"], now=now)
    assert seen_by(session, opened, cast["amir"]) == {"Rosa"}
    assert seen_by(session, opened, cast["ravi"]) == {"Ravi"}


def test_an_approver_or_owner_who_is_asked_to_score_is_as_blind_as_any_reviewer(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    amir = replace(cast["amir"], roles=cast["amir"].roles | {Role.REVIEWER})
    session.add(Assignment(evaluation_id=id_of(opened), user_id=amir.person_id, at=now))
    scored(session, opened, cast["ravi"], now=now)
    for who in (amir, cast["rosa"]):
        assert seen_by(session, opened, who) == set()
        assert is_blind(session, id_of(opened), to=who)
        with pytest.raises(NotAllowed, match="Hand in your own scorecard first"):
            taking_part.require_open_eyes(session, opened, by=who)


def test_approvers_and_auditors_who_score_nothing_read_along_and_strangers_do_not(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    scored(session, opened, cast["rosa"], now=now)
    assert seen_by(session, opened, cast["amir"]) == {"Rosa"}
    assert seen_by(session, opened, cast["uma"]) == {"Rosa"}
    for name in ("mina", "ada", "emil"):
        assert seen_by(session, opened, cast[name]) == set()
        with pytest.raises(NotAllowed):
            taking_part.require_sight(session, opened, by=cast[name])


def test_who_may_have_read_scorecards_is_not_asked_to_score_any_more(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    owner = cast["mina"]
    evaluation = an_evaluation(
        session, a_tool(session, now=now), owner=owner, reviewers=(cast["rosa"],), now=now
    )
    scored(session, evaluation, cast["rosa"], now=now)
    with pytest.raises(RuleBroken, match="Mina may have read"):
        assigning.assign(session, id_of(evaluation), owner.person_id, by=owner, now=now)
    assigning.assign(session, id_of(evaluation), cast["ravi"].person_id, by=owner, now=now)


@pytest.mark.both_databases
def test_a_draft_keeps_whatever_was_typed_and_counts_for_nothing(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    typed = TypedScorecard({"R1": TypedRating(Rating.TWO, sentence="Half a thought")})
    version = scoring.save_draft(session, id_of(opened), typed, version=0, by=cast["rosa"], now=now)
    cards = evaluations.scorecards(session, id_of(opened))
    assert cards[0].ratings["R1"].sentence == "Half a thought"
    assert version == 1
    assert counting(cards) == []


def test_saving_a_draft_takes_as_few_statements_as_ever_however_many_have_scored(
    session: Session,
    cast: Mapping[str, Actor],
    now: datetime,
    count_queries: Callable[[Session], AbstractContextManager[list[str]]],
) -> None:
    sent = []
    for others in ([], ["ravi"]):
        people = [cast[name] for name in ("rosa", *others)]
        tool = a_tool(session, f"Tool {len(others)}", now=now)
        case = an_evaluation(session, tool, owner=cast["amir"], reviewers=people, now=now)
        for name in others:
            scored(session, case, cast[name], now=now)
        rubrics.rubric(session, case.rubric_hash)
        session.expire_all()
        with count_queries(session) as each:
            scoring.save_draft(session, id_of(case), EMPTY, version=0, by=cast["rosa"], now=now)
        sent.append(sum("advisory_xact_lock" not in statement for statement in each))
    assert sent[0] == sent[1] <= 4


@pytest.mark.both_databases
def test_a_draft_saved_from_an_older_window_is_refused(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    for version in (0, 1):
        scoring.save_draft(session, id_of(opened), EMPTY, version=version, by=cast["rosa"], now=now)
    for version in (0, 1, 7):
        with pytest.raises(StaleVersion):
            scoring.save_draft(session, id_of(opened), EMPTY, version=version, by=cast["rosa"], now=now)


@pytest.mark.parametrize("rating", ["0", "3", "4"])
def test_a_risk_of_0_3_or_4_needs_evidence(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime, rating: str
) -> None:
    typed = a_typed_scorecard(the_rubric(), R2=rating)
    line = replace(typed.ratings["R2"], evidence=" ")
    typed = replace(typed, ratings={**typed.ratings, "R2": line})
    scoring.save_draft(session, id_of(opened), typed, version=0, by=cast["rosa"], now=now)
    with pytest.raises(InvalidInput) as refused:
        scoring.submit(session, id_of(opened), solo=False, by=cast["rosa"], now=now)
    assert list(refused.value.faults) == ["R2"]


@pytest.mark.parametrize("answer", ["yes", "unknown"])
def test_a_knock_out_that_is_not_no_needs_a_sentence(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime, answer: str
) -> None:
    typed = a_typed_scorecard(the_rubric(), K8=answer)
    bare = {key: replace(line, sentence=" ") for key, line in typed.knock_outs.items()}
    card = replace(typed, knock_outs=bare)
    scoring.save_draft(session, id_of(opened), card, version=0, by=cast["rosa"], now=now)
    with pytest.raises(InvalidInput) as refused:
        scoring.submit(session, id_of(opened), solo=False, by=cast["rosa"], now=now)
    assert list(refused.value.faults) == ["K8"]  # the others are no, and need none


def test_every_line_must_be_answered_before_it_is_handed_in(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    scoring.save_draft(session, id_of(opened), EMPTY, version=0, by=cast["rosa"], now=now)
    with pytest.raises(InvalidInput) as refused:
        scoring.submit(session, id_of(opened), solo=False, by=cast["rosa"], now=now)
    assert set(refused.value.faults) == the_rubric().ids


def test_not_applicable_is_kept_only_where_the_rubric_allows_it(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    typed = TypedScorecard({"R1": TypedRating(Rating.NOT_APPLICABLE)})
    with pytest.raises(InvalidInput, match="not saved"):
        scoring.save_draft(session, id_of(opened), typed, version=0, by=cast["rosa"], now=now)
    typed = TypedScorecard({"R12": TypedRating(Rating.NOT_APPLICABLE)})
    scoring.save_draft(session, id_of(opened), typed, version=0, by=cast["rosa"], now=now)


def test_amending_keeps_the_old_scorecard_which_counts_until_the_new_one_is_in(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    scored(session, opened, cast["rosa"], now=now)
    with pytest.raises(InvalidInput):
        scoring.amend(session, id_of(opened), reason=" ", by=cast["rosa"], now=now)
    scoring.amend(session, id_of(opened), reason="They answered.", by=cast["rosa"], now=now)
    assert [card.number for card in counting(evaluations.scorecards(session, id_of(opened)))] == [1]
    scoring.submit(session, id_of(opened), solo=False, by=cast["rosa"], now=now)
    cards = evaluations.scorecards(session, id_of(opened))
    assert [card.number for card in counting(cards)] == [2]
    assert [card.number for card in cards] == [1, 2]


def test_what_is_handed_in_is_changed_only_by_amending_it(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    scored(session, opened, cast["rosa"], now=now)
    with pytest.raises(RuleBroken, match="Amend it"):
        scoring.save_draft(session, id_of(opened), EMPTY, version=0, by=cast["rosa"], now=now)


def test_who_asked_for_the_tool_or_declared_an_interest_cannot_score(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    session.add(
        Request(tool_id=opened.tool_id, user_id=cast["rosa"].id, purpose="Letters", digest="1", at=now)
    )
    session.flush()
    with pytest.raises(NotAllowed, match="You asked for this tool"):
        scoring.save_draft(session, id_of(opened), EMPTY, version=0, by=cast["rosa"], now=now)
    scoring.declare(
        session, id_of(opened), interested=True, statement="I hold shares.", by=cast["ravi"], now=now
    )
    with pytest.raises(NotAllowed, match="You declared an interest"):
        scoring.save_draft(session, id_of(opened), EMPTY, version=0, by=cast["ravi"], now=now)
    with pytest.raises(RuleBroken):
        scoring.declare(session, id_of(opened), interested=False, statement="", by=cast["ravi"], now=now)


@pytest.mark.both_databases
def test_who_asked_for_another_tool_scores_this_one(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    rosa, other = cast["rosa"], a_tool(session, "Otherwise", now=now)
    an_evaluation(session, other, owner=cast["ravi"], now=now)
    wish = Candidate(
        name="Otherwise", name_key="otherwise", status=CandidateStatus.ACCEPTED, tool_id=other.id, seen_at=now
    )
    session.add(wish)
    session.flush()
    session.add(Request(candidate_id=wish.id, user_id=rosa.id, purpose="Letters", digest="1", at=now))
    session.flush()
    scoring.save_draft(session, id_of(opened), EMPTY, version=0, by=rosa, now=now)
    wish.tool_id = opened.tool_id
    session.flush()
    with pytest.raises(NotAllowed, match="You asked for this tool"):
        scoring.save_draft(session, id_of(opened), EMPTY, version=1, by=rosa, now=now)


def test_the_last_scorecard_that_the_tier_asks_for_moves_the_evaluation_on(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    scored(session, opened, cast["rosa"], now=now)
    assert opened.state is EvaluationState.SCORING
    scored(session, opened, cast["ravi"], now=now)
    assert opened.state is EvaluationState.DECISION


def test_a_reviewers_load_is_what_they_have_yet_to_hand_in(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    scored(session, opened, cast["rosa"], now=now)
    owing = evaluation_lists.workloads(session, today=opened.due_on)
    assert owing == {cast["ravi"].id: Workload(open=1)}
    late = evaluation_lists.workloads(session, today=opened.due_on + timedelta(days=1))
    assert late == {cast["ravi"].id: Workload(open=1, overdue=1)}
    rounds.withdraw(session, id_of(opened), reason="Gone.", by=cast["rosa"], now=now)
    assert evaluation_lists.workloads(session, today=opened.due_on) == {}
