"""Flagged disagreements are resolved by the owner, within what was given, with a reason; dissent stays on record."""

from collections.abc import Mapping
from datetime import date, datetime

import pytest
from sqlmodel import Session, select

from registry.domain.errors import InvalidInput, NotAllowed, RuleBroken, StaleVersion
from registry.domain.evaluation import EvaluationState
from registry.domain.outcome import Outcome
from registry.domain.rubric import Rating
from registry.domain.scorecard import TypedRating
from registry.services.decisions.decision import Decision, decide
from registry.services.evaluations import evaluation as rounds
from registry.services.evaluations import moderation, scoring
from registry.services.evaluations.assessing import weigh
from registry.services.evaluations.progress import progress
from registry.services.people.acting import Actor
from registry.store import evaluations, events
from registry.store import moderation as store
from registry.store.columns import id_of
from registry.store.tables import Evaluation, Remark
from tests.builders import TERMS, a_condition, a_tool, an_evaluation, scored, the_cast
from tests.conftest import Beginning


def two_that_differ(session: Session, now: datetime) -> dict[str, Actor]:
    """Rosa rates R1 with 1, Ravi with 4; so the risk bands differ too."""
    cast = the_cast(session, now)
    reviewers = (cast["rosa"], cast["ravi"])
    found = an_evaluation(session, a_tool(session, now=now), owner=cast["rosa"], reviewers=reviewers, now=now)
    scored(session, found, cast["rosa"], now=now)
    scored(session, found, cast["ravi"], now=now, R1="4")
    return cast


@pytest.fixture
def beginning() -> Beginning:
    return two_that_differ


@pytest.fixture
def cast(given: dict[str, Actor]) -> dict[str, Actor]:
    return given


@pytest.fixture
def split(session: Session) -> Evaluation:
    return session.exec(select(Evaluation)).one()


def resolve(
    session: Session,
    evaluation: Evaluation,
    item: str,
    value: str,
    *,
    by: Actor,
    now: datetime,
    reason: str = "We read the policy together.",
) -> None:
    moderation.moderate(
        session, id_of(evaluation), item, value=value, reason=reason, solo=False, by=by, now=now
    )


def test_ratings_two_apart_hold_the_evaluation_at_moderation(session: Session, split: Evaluation) -> None:
    assert split.state is EvaluationState.MODERATION
    assert progress(session, split, solo=False).missing == (
        "The disagreement on R1 must be moderated.",
        "The disagreement on risk_band must be moderated.",
    )


@pytest.mark.both_databases
def test_when_every_flag_is_resolved_it_is_ready_to_decide(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    resolve(session, split, "R1", "2", by=cast["rosa"], now=now)
    assert split.state is EvaluationState.MODERATION
    resolve(session, split, "risk_band", "", by=cast["rosa"], now=now)
    assert split.state is EvaluationState.DECISION


def test_the_resolved_value_stands_for_the_median_and_what_was_given_stays(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    resolve(session, split, "R1", "2", by=cast["rosa"], now=now)
    weighed = weigh(session, split)
    assert weighed.assessment.rating("R1") is Rating.TWO
    assert sorted(weighed.disagreements[0].given.values()) == ["1", "4"]


@pytest.mark.parametrize("value", ["0", "7", "yes"])
def test_a_value_that_nobody_spanned_is_refused(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime, value: str
) -> None:
    with pytest.raises(InvalidInput):
        resolve(session, split, "R1", value, by=cast["rosa"], now=now)


def test_resolving_needs_a_reason(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    with pytest.raises(InvalidInput) as refused:
        resolve(session, split, "R1", "2", by=cast["rosa"], now=now, reason=" ")
    assert list(refused.value.faults) == ["reason"]


def test_a_band_has_no_value_of_its_own(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    with pytest.raises(InvalidInput, match="follows from the ratings"):
        resolve(session, split, "risk_band", "2", by=cast["rosa"], now=now)


def test_only_the_owner_resolves_a_flag(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    for name in ("ravi", "amir", "ada"):
        with pytest.raises(NotAllowed):
            resolve(session, split, "R1", "2", by=cast[name], now=now)


def test_resolving_anew_replaces_the_earlier_one(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    for value in ("2", "3"):
        resolve(session, split, "R1", value, by=cast["rosa"], now=now)
    assert [row.value for row in evaluations.moderations(session, id_of(split))] == ["3"]


def test_a_waiting_evaluation_goes_on_where_it_stood(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    today = now.date()
    with pytest.raises(InvalidInput) as refused:
        rounds.wait(session, id_of(split), until=today, for_whom="", today=today, by=cast["rosa"], now=now)
    assert set(refused.value.faults) == {"until", "for_whom"}
    rounds.wait(
        session,
        id_of(split),
        until=date(2027, 1, 1),
        for_whom="The vendor",
        today=today,
        by=cast["rosa"],
        now=now,
    )
    with pytest.raises(RuleBroken, match="Resume it first"):
        resolve(session, split, "R1", "2", by=cast["rosa"], now=now)
    rounds.resume(session, id_of(split), solo=False, by=cast["rosa"], now=now)
    assert split.state is EvaluationState.MODERATION


def test_a_proposed_condition_names_only_what_the_rubric_asks(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    with pytest.raises(InvalidInput, match="not kept"):
        rounds.propose_condition(
            session, id_of(split), a_condition("Enter little.", "R99"), by=cast["ravi"], now=now
        )
    kept = rounds.propose_condition(
        session, id_of(split), a_condition("Enter little.", "R1"), by=cast["ravi"], now=now
    )
    assert weigh(session, split).conditions == (a_condition("Enter little.", "R1"),)
    rounds.withdraw_condition(session, id_of(split), id_of(kept), by=cast["ravi"], now=now)
    assert weigh(session, split).conditions == ()


def test_a_withdrawn_evaluation_takes_nothing_more(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    rounds.withdraw(session, id_of(split), reason="The tool is gone.", by=cast["rosa"], now=now)
    with pytest.raises(RuleBroken):
        rounds.propose_condition(session, id_of(split), a_condition(), by=cast["ravi"], now=now)
    with pytest.raises(RuleBroken):
        resolve(session, split, "R1", "2", by=cast["rosa"], now=now)


# Remarks and questions for evidence


def say(
    session: Session,
    evaluation: Evaluation,
    text: str,
    *,
    by: Actor,
    now: datetime,
    asked: Actor | None = None,
) -> Remark:
    asked_id = asked.person_id if asked else None
    return moderation.remark(session, id_of(evaluation), "R1", text=text, asked_id=asked_id, by=by, now=now)


def test_a_remark_stays_in_the_thread_of_its_criterion_and_twice_the_same_is_one(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    for _ in range(2):
        say(session, split, "The policy says so.", by=cast["ravi"], now=now)
    rows = store.remarks(session, id_of(split))
    assert [(row.item, row.text, who.name) for row, who in rows] == [("R1", "The policy says so.", "Ravi")]


def test_only_what_is_flagged_is_remarked_on(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    with pytest.raises(InvalidInput, match="Nobody disagrees on R2"):
        moderation.remark(session, id_of(split), "R2", text="So.", by=cast["ravi"], now=now)


def test_a_question_for_evidence_waits_until_that_reviewer_answers(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    ravi = cast["ravi"]
    say(session, split, "Where does it say 4?", by=cast["rosa"], now=now, asked=ravi)
    assert [row.item for row in moderation.open_questions(session, id_of(split), ravi.person_id)] == ["R1"]
    say(session, split, "I asked too.", by=cast["rosa"], now=now)
    assert moderation.open_questions(session, id_of(split), ravi.person_id)
    say(session, split, "Paragraph 7.", by=ravi, now=now)
    assert moderation.open_questions(session, id_of(split), ravi.person_id) == []


def test_evidence_is_asked_of_another_reviewer_who_scored(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    for asked in ("rosa", "mina"):
        with pytest.raises(InvalidInput) as refused:
            say(session, split, "Why?", by=cast["rosa"], now=now, asked=cast[asked])
        assert list(refused.value.faults) == ["asked"]


# The one re-score


def lower(
    session: Session,
    evaluation: Evaluation,
    rating: str,
    *,
    by: Actor,
    now: datetime,
    reason: str = "I read it.",
) -> None:
    line = TypedRating(Rating(rating), "high", "The new policy.", "https://evidence.example/new")
    moderation.rescore(
        session,
        id_of(evaluation),
        ratings={"R1": line},
        knock_outs={},
        reason=reason,
        solo=False,
        by=by,
        now=now,
    )


@pytest.mark.both_databases
def test_a_reviewer_re_scores_once_and_both_values_are_kept(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    lower(session, split, "3", by=cast["ravi"], now=now)
    cards = [card for card in evaluations.scorecards(session, id_of(split)) if card.reviewer.name == "Ravi"]
    assert [(card.number, card.ratings["R1"].rating) for card in cards] == [(1, "4"), (2, "3")]
    assert weigh(session, split).disagreements[0].given["Ravi <ravi@office.example>"] == "3"
    lower(session, split, "3", by=cast["ravi"], now=now)  # a double click is no second one
    with pytest.raises(RuleBroken, match="each reviewer does so once"):
        lower(session, split, "2", by=cast["ravi"], now=now)
    with pytest.raises(RuleBroken, match="each reviewer does so once"):
        scoring.amend(session, id_of(split), reason="Again.", by=cast["ravi"], now=now)


def test_amending_the_whole_scorecard_while_disagreements_are_resolved_is_the_one_re_score(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    scoring.amend(session, id_of(split), reason="They answered.", by=cast["ravi"], now=now)
    scoring.submit(session, id_of(split), solo=False, by=cast["ravi"], now=now)
    with pytest.raises(RuleBroken, match="each reviewer does so once"):
        lower(session, split, "2", by=cast["ravi"], now=now)


def test_when_a_re_score_ends_the_disagreement_it_is_ready_to_decide(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    lower(session, split, "2", by=cast["ravi"], now=now)
    assert split.state is EvaluationState.DECISION


def test_a_re_score_takes_back_what_was_resolved_among_the_old_ratings(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    resolve(session, split, "R1", "4", by=cast["rosa"], now=now)
    lower(session, split, "3", by=cast["ravi"], now=now)
    assert evaluations.moderations(session, id_of(split)) == []


def test_a_re_score_changes_something_says_why_and_has_its_sentence_and_evidence(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    same = {"R1": TypedRating(Rating.FOUR, sentence="Because of what Privacy shows.")}
    for ratings, reason, fault in (
        (same | {"R1": TypedRating(Rating.THREE, sentence="So.", evidence="")}, "I read it.", "R1"),
        (same | {"R1": TypedRating(Rating.THREE, sentence="So.", evidence="p. 7")}, "", "reason"),
        ({}, "I read it.", "rescore"),
    ):
        with pytest.raises(InvalidInput) as refused, session.begin_nested():
            moderation.rescore(
                session,
                id_of(split),
                ratings=ratings,
                knock_outs={},
                reason=reason,
                solo=False,
                by=cast["ravi"],
                now=now,
            )
        assert list(refused.value.faults) == [fault]


def test_what_nobody_disagrees_on_is_not_re_scored_nor_by_who_never_scored(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    line = TypedRating(Rating.TWO, sentence="So.")
    with pytest.raises(InvalidInput, match="Nobody disagrees on R2"):
        moderation.rescore(
            session, id_of(split), ratings={"R2": line}, knock_outs={}, reason="So.", solo=False,
            by=cast["ravi"], now=now,
        )  # fmt: skip
    with pytest.raises(NotAllowed):
        lower(session, split, "2", by=cast["mina"], now=now)


def test_a_resolution_on_a_page_that_is_no_longer_true_is_refused(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    read = split.version
    say(session, split, "Look at paragraph 7.", by=cast["ravi"], now=now)
    with pytest.raises(StaleVersion):
        moderation.moderate(
            session, id_of(split), "R1", value="2", reason="So.", solo=False, by=cast["rosa"], now=now,
            version=read,
        )  # fmt: skip


def test_resolving_twice_the_same_writes_one_event(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    for _ in range(2):
        resolve(session, split, "R1", "2", by=cast["rosa"], now=now)
    told = [each.action for each in events.of_subject(session, "evaluation", id_of(split))]
    assert told.count("disagreement.moderated") == 1


def test_the_verdict_keeps_the_dissent_without_names(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    resolve(session, split, "R1", "2", by=cast["rosa"], now=now)
    resolve(session, split, "risk_band", "", by=cast["rosa"], now=now)
    decision = Decision(outcome=Outcome.APPROVED, rationale="It does what we need.")
    verdict = decide(session, id_of(split), decision, TERMS, by=cast["amir"], now=now)
    kept = verdict.assessment["disagreements"]
    assert kept[0] == {
        "id": "R1",
        "kind": "rating",
        "given": ["1", "4"],
        "spread": 3,
        "value": "2",
        "reason": "We read the policy together.",
        "dissent": 2,
    }
    assert "Rosa" not in str(kept)
