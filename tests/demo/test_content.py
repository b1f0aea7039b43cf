"""The demo's office holds together: every reference resolves, and every verdict obeys the rules it is to show."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from registry.demo.content import Content, EvaluationRecord, VerdictRecord, load
from registry.demo.moments import offset
from registry.demo.scorecards import FITS, KNOCK_OUTS, RISKS
from registry.domain.assessment import Assessment, Moderated, Scorecard, assess
from registry.domain.condition import Condition, ConditionState
from registry.domain.decision_table import RiskBand, parse_decision_table
from registry.domain.disagreement import disagreements
from registry.domain.evaluation import TIERS, EvaluationState, Submitted, Tier, next_state
from registry.domain.identity import name_key
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.recommendation import recommend
from registry.domain.rubric import KnockOutAnswer, Rating, evidence_required, parse_rubric
from registry.domain.validity import Mark, Ruling, ValidityState, check_mark, superseded_at, validity
from registry.domain.verdict import NONE_KNOWN, AssessmentFacts, Draft, Verdict, demands
from registry.services.rubrics.rubric_files import SUPPLIED

NOW = datetime(2026, 11, 23, 9, 41, 7, tzinfo=UTC)
ZONE = ZoneInfo("UTC")
RUBRIC = parse_rubric((SUPPLIED / "technology-1.toml").read_bytes())
TABLE = parse_decision_table((SUPPLIED / "decision-1.toml").read_bytes())
SHOWCASE = {"inkfield-free", "inkfield-business", "vellumine", "patchwren", "ferrywright", "minutecraft"}

CONTENT: Content = load(NOW)
EVALUATIONS = {each.key: each for each in CONTENT.evaluations}
DECIDED = [each for each in CONTENT.verdicts if not each.imported]


def cards_of(evaluation: EvaluationRecord) -> list[Scorecard]:
    return [
        Scorecard(
            each.by,
            {key: line.rating for key, line in each.ratings.items()},
            {key: line.answer for key, line in each.knock_outs.items()},
        )
        for each in evaluation.scorecards
        if each.submitted_at
    ]


def moderated(evaluation: EvaluationRecord) -> Moderated:
    told = {each.item: each.value for each in evaluation.moderations if each.value}
    ratings = {key: Rating(value) for key, value in told.items() if key not in KNOCK_OUTS}
    return Moderated(ratings, {k: KnockOutAnswer(value) for k, value in told.items() if k in KNOCK_OUTS})


def assessed(evaluation: EvaluationRecord, conditions: tuple[Condition, ...]) -> Assessment:
    return assess(RUBRIC, cards_of(evaluation), conditions, moderated(evaluation))


def as_verdict(record: VerdictRecord) -> Verdict:
    starts = datetime.combine(record.starts_on, time.min, ZONE) if record.starts_on else record.decided_at
    return Verdict(
        number=record.number,
        tool=record.tool,
        outcome=record.outcome,
        scope=record.scope,
        conditions=record.conditions,
        decided_by=record.decided_by,
        decided_at=record.decided_at,
        starts_at=starts,
        valid_until=record.valid_until,
        supersedes=record.supersedes,
    )


def ruling(record: VerdictRecord, marks: tuple[Mark, ...]) -> Ruling:
    every = [as_verdict(each) for each in CONTENT.verdicts]
    return Ruling(as_verdict(record), marks, superseded_at(record.number, every))


def states(now: datetime) -> dict[int, ValidityState]:
    return {
        each.number: validity(ruling(each, each.marks), at=now, zone=ZONE).state for each in CONTENT.verdicts
    }


def test_forty_tools_in_eight_categories_with_names_and_aliases_of_their_own():
    assert len(CONTENT.tools) == 41
    assert len({each.category for each in CONTENT.tools}) == 8
    called = [name_key(name) for tool in CONTENT.tools for name in (tool.name, *tool.aliases, tool.homepage)]
    assert [name for name, times in Counter(called).items() if times > 1] == []
    assert len({each.slug for each in CONTENT.tools}) == 41


def test_the_cast_holds_every_role():
    roles = {each.key: set(each.roles) for each in CONTENT.people}
    assert {key for key, held in roles.items() if "reviewer" in held} == {"rosa", "ravi", "mina"}
    assert {key for key, held in roles.items() if "approver" in held} == {"amir", "ana"}
    assert (roles["ada"], roles["emil"], roles["uma"]) == ({"admin"}, {"employee"}, {"auditor"})
    assert [each.code for each in CONTENT.offices] == ["hq", "field"]
    assert all(each.default_rule for each in CONTENT.offices)


def test_every_reference_resolves():
    people, tools = {each.key for each in CONTENT.people}, {each.slug for each in CONTENT.tools}
    offices = {each.code for each in CONTENT.offices}
    for each in CONTENT.evaluations:
        assert {each.tool} <= tools, each.key
        assert {each.owner, *each.reviewers, *(card.by for card in each.scorecards)} <= people, each.key
        assert {done.by for done in (*each.moderations, *each.proposed)} <= people, each.key
        assert set(each.use.offices) <= offices, each.key
        assert set(each.use.audience) <= set(CONTENT.audiences), each.key
    for each in CONTENT.verdicts:
        assert {each.tool, *each.alternatives} - {NONE_KNOWN} <= tools, each.number
        assert {each.decided_by, *(mark.by for mark in each.marks)} <= people, each.number
        assert each.scope.offices <= offices, each.number
        assert each.scope.audience <= set(CONTENT.audiences), each.number
        assert {mark.replacement for mark in each.marks} - {""} <= tools, each.number
        assert each.imported or EVALUATIONS[each.evaluation].tool == each.tool
        assert each.imported or EVALUATIONS[each.evaluation].edition == each.scope.edition
    assert {each.tool for each in CONTENT.requests} - {""} <= tools
    assert {each.by for each in (*CONTENT.requests, *CONTENT.triage)} - {""} <= people


def test_keys_and_numbers_are_unique_and_numbers_follow_the_decisions():
    assert len(EVALUATIONS) == len(CONTENT.evaluations)
    assert [each.number for each in CONTENT.verdicts] == list(range(1, len(CONTENT.verdicts) + 1))
    assert all(
        a.decided_at < b.decided_at for a, b in zip(CONTENT.verdicts, CONTENT.verdicts[1:], strict=False)
    )
    decided = [each.evaluation for each in DECIDED]
    assert len(set(decided)) == len(decided)
    assert set(decided) == {each.key for each in CONTENT.evaluations if each.state is EvaluationState.DECIDED}


def test_all_five_outcomes_are_there_and_conditional_is_the_common_one():
    outcomes = Counter(each.outcome for each in CONTENT.verdicts)
    assert set(outcomes) == set(Outcome)
    assert outcomes.most_common(1)[0][0] is Outcome.APPROVED_WITH_CONDITIONS


@pytest.mark.parametrize("hour", [0, 9, 23])
def test_every_validity_is_reached_on_the_day_of_the_demo(hour):
    now = NOW.replace(hour=hour)
    assert set(states(now).values()) == set(ValidityState)


def test_the_verdicts_stand_as_they_are_meant_to():
    found = states(NOW)
    named = {
        1: "lapsed", 2: "graduated", 3: "review_due", 4: "suspended", 5: "superseded", 7: "grace", 8: "revoked",
        9: "sunset_reached", 13: "grace", 16: "sunset_announced", 18: "active", 22: "superseded", 30: "suspended",
        34: "active", 38: "scheduled",
    }  # fmt: skip
    assert {number: str(found[number]) for number in named} == named


def test_one_suspension_is_overdue_and_one_waits_for_a_second_person():
    overdue = {
        n: validity(ruling(v, v.marks), at=NOW, zone=ZONE).overdue for n in (4, 30) for v in [by_number(n)]
    }
    assert overdue == {4: True, 30: False}


def by_number(number: int) -> VerdictRecord:
    return next(each for each in CONTENT.verdicts if each.number == number)


def test_conditions_are_found_in_every_state():
    on = NOW.date()
    met = {each.state(on) for verdict in CONTENT.verdicts for each in verdict.conditions}
    assert met == set(ConditionState)


def test_dated_conditions_fall_due_and_are_met_after_the_decision():
    for verdict in CONTENT.verdicts:
        for each in verdict.conditions:
            assert each.complete, (verdict.number, each.text)
            for when in (each.due_on, each.met_on):
                assert when is None or verdict.decided_at.date() < when, (verdict.number, each.text)


def test_every_mark_was_allowed_when_it_was_made():
    for verdict in CONTENT.verdicts:
        for number, mark in enumerate(verdict.marks):
            check_mark(ruling(verdict, verdict.marks[:number]), mark, mark.at, ZONE)


def test_every_verdict_obeys_the_decision_rule_and_has_what_its_outcome_needs():
    for verdict in DECIDED:
        weighed = assessed(EVALUATIONS[verdict.evaluation], verdict.conditions)
        recommended = recommend(weighed, TABLE).outcome
        draft = Draft(
            outcome=verdict.outcome,
            conditions=verdict.conditions,
            rationale=verdict.rationale,
            alternatives=verdict.alternatives,
            reason_code=verdict.reason_code,
            citation=verdict.citation,
            pilot=verdict.pilot,
            step_reason=verdict.step_reason,
            earlier_pilots=sum(by_number(each).outcome is Outcome.PILOT for each in verdict.supersedes),
        )
        facts = AssessmentFacts(
            ratings={key: weighed.rating(key).value for key in RISKS},
            unknown_knock_outs=[k.id for k in weighed.knock_outs if k.answer is KnockOutAnswer.UNKNOWN],
            recommended=recommended,
            extreme=weighed.risk in (RiskBand.EXTREME, RiskBand.FORBIDDEN),
        )
        assert demands(draft, facts) == {}, (verdict.number, verdict.tool, recommended)
        assert bool(verdict.step_reason) == (recommended is not verdict.outcome), verdict.number


def test_some_verdicts_step_away_from_the_recommendation_with_a_reason():
    assert sum(bool(each.step_reason) for each in DECIDED) >= 2


def test_only_a_yes_has_an_end():
    for each in CONTENT.verdicts:
        assert (each.valid_until is not None) == MEANINGS[each.outcome].may_use, each.number


def test_who_scored_does_not_decide_outside_the_quick_lane():
    quick = set()
    for verdict in DECIDED:
        evaluation = EVALUATIONS[verdict.evaluation]
        if verdict.decided_by in {card.by for card in evaluation.scorecards}:
            quick.add(evaluation.tier)
        assert evaluation.requested_by not in (verdict.decided_by, *evaluation.reviewers)
    assert quick == {Tier.ONE}


def test_every_evaluation_is_in_the_state_that_its_scorecards_put_it_in():
    areas = {each.key: frozenset(each.areas) for each in CONTENT.people}
    reviewers = {each.key: number for number, each in enumerate(CONTENT.people)}
    for each in CONTENT.evaluations:
        if each.state in (EvaluationState.WAITING, EvaluationState.WITHDRAWN):
            continue
        submitted = [
            Submitted(reviewers[card.by], areas[card.by]) for card in each.scorecards if card.submitted_at
        ]
        flagged = [flag.id for flag in disagreements(RUBRIC, cards_of(each))]
        done = [moderation.item for moderation in each.moderations]
        state = next_state(each.tier, submitted, flagged=flagged, moderated=done, begun=bool(each.reviewers))
        expected = EvaluationState.DECISION if each.state is EvaluationState.DECIDED else each.state
        assert state is expected, (each.key, set(flagged) - set(done))
        assert set(done) <= set(flagged), each.key


def test_evaluations_of_every_state_are_under_way():
    assert {each.state for each in CONTENT.evaluations} == set(EvaluationState)


def test_the_moderation_under_way_is_about_real_disagreement():
    flagged = {each.id for each in disagreements(RUBRIC, cards_of(EVALUATIONS["minutecraft"]))}
    assert {"R1", "R2", "R8", "K7"} <= flagged


def test_submitted_scorecards_are_whole_with_evidence_where_it_is_asked_for():
    for evaluation in CONTENT.evaluations:
        for card in (each for each in evaluation.scorecards if each.submitted_at):
            assert set(card.ratings) == {*RISKS, *FITS}, evaluation.key
            assert set(card.knock_outs) == set(KNOCK_OUTS), evaluation.key
            for key, line in card.ratings.items():
                assert line.sentence.endswith("."), (evaluation.key, card.by, key)
                assert "{" not in line.sentence
                assert line.evidence or not evidence_required(line.rating), (evaluation.key, card.by, key)


def test_the_showcase_is_written_by_hand():
    table = {
        line.sentence
        for evaluation in CONTENT.evaluations
        if evaluation.key not in SHOWCASE
        for card in evaluation.scorecards
        for line in card.ratings.values()
    }
    for key in SHOWCASE:
        written = [line.sentence for card in EVALUATIONS[key].scorecards for line in card.ratings.values()]
        assert len(set(written)) >= 0.9 * len(written), key
        assert len(table & set(written)) <= 3, (key, table & set(written))


def test_everything_happened_in_the_right_order_and_before_now():
    decided_at = {each.evaluation: each.decided_at for each in DECIDED}
    for each in CONTENT.evaluations:
        end = decided_at.get(each.key, each.closed_at or NOW)
        submitted = [card.submitted_at for card in each.scorecards if card.submitted_at]
        assert submitted == sorted(submitted), each.key
        moments = [each.opened_at, *submitted, *(done.at for done in each.moderations), end]
        assert moments == sorted(moments), each.key
        assert len(set(submitted)) == len(submitted), each.key
    assert all(each.decided_at < NOW for each in CONTENT.verdicts)


def test_two_rounds_on_one_tool_and_edition_never_overlap():
    decided_at = {each.evaluation: each.decided_at for each in DECIDED}
    ends: dict[tuple[str, str], datetime] = {}
    for each in CONTENT.evaluations:
        key = (each.tool, each.edition)
        assert each.opened_at > ends.get(key, each.opened_at - timedelta(days=1)), each.key
        ends[key] = decided_at.get(each.key, each.closed_at or NOW)


def test_a_tier_fits_its_data():
    for each in CONTENT.evaluations:
        if each.use.data_class in ("sensitive", "regulated"):
            assert each.tier is Tier.THREE, each.key
        if each.tier is Tier.ONE:
            assert each.use.data_class == "public", each.key
        assert len(each.scorecards) <= TIERS[each.tier].scorecards, each.key


def test_requests_look_ups_and_triage_are_there():
    assert len(CONTENT.requests) == 6
    assert len(CONTENT.unanswered) >= 5
    acts = Counter(each.act for each in CONTENT.triage)
    assert acts == {"dismiss": 3, "watch": 2}
    assert all(each.reason for each in CONTENT.triage if each.act == "dismiss")
    assert all(each.until and each.until > NOW.date() for each in CONTENT.triage if each.act == "watch")


def test_the_content_is_the_same_for_the_whole_hour():
    assert load(NOW.replace(minute=1)) == CONTENT


@pytest.mark.parametrize("text", ["", "-", "3d", "-3w", "-3d 4h"])
def test_an_offset_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="offset"):
        offset(text)
