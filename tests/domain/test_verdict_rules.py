from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.condition import Condition
from registry.domain.errors import RuleBroken
from registry.domain.evaluation import Tier
from registry.domain.outcome import LADDER, MEANINGS, Outcome
from registry.domain.verdict import (
    NONE_KNOWN,
    AssessmentFacts,
    Draft,
    Pilot,
    check_step,
    default_valid_until,
    demands,
    step_from,
)
from tests.domain.verdict_builders import SIGN_IN, dated

APPROVED, CONDITIONAL, PILOT = Outcome.APPROVED, Outcome.APPROVED_WITH_CONDITIONS, Outcome.PILOT
REJECTED, PROHIBITED = Outcome.REJECTED, Outcome.PROHIBITED
THE_PILOT = Pilot("Rosa", "20 teachers", "minutes saved", "stop when it loses work")

WHOLE: dict[Outcome, dict[str, Any]] = {
    APPROVED: {},
    CONDITIONAL: {"conditions": (SIGN_IN,)},
    PILOT: {"conditions": (SIGN_IN,), "pilot": THE_PILOT},
    REJECTED: {"reason_code": "privacy", "alternatives": ("Loom",)},
    PROHIBITED: {"citation": "Act 12, section 3"},
}


def lacks(outcome: Outcome, facts: AssessmentFacts | None = None, **values: Any) -> dict[str, str]:
    draft = Draft(outcome=outcome, **({"rationale": "It does what we need."} | WHOLE[outcome] | values))
    return demands(draft, facts or AssessmentFacts())


@pytest.mark.parametrize("outcome", Outcome)
def test_a_verdict_with_all_that_its_outcome_needs_can_be_published(outcome: Outcome):
    assert lacks(outcome) == {}


@pytest.mark.parametrize("outcome", Outcome)
def test_every_verdict_needs_a_rationale(outcome: Outcome):
    assert set(lacks(outcome, rationale="  ")) == {"rationale"}


@pytest.mark.parametrize("rating", ["3", "4", "U"])
def test_a_rating_of_3_4_or_u_forbids_plain_approval(rating: str):
    assert "R2" in lacks(APPROVED, AssessmentFacts(ratings={"R1": "2", "R2": rating}))["outcome"]


def test_an_unknown_knock_out_forbids_plain_approval():
    assert "K5" in lacks(APPROVED, AssessmentFacts(unknown_knock_outs=("K5",)))["outcome"]


def test_a_plain_approval_has_no_conditions():
    assert set(lacks(APPROVED, conditions=(SIGN_IN,))) == {"conditions"}


@given(
    ratings=st.dictionaries(
        st.sampled_from(["R1", "R2", "R3"]), st.sampled_from(["0", "1", "2", "3", "4", "U"])
    ),
    outcome=st.sampled_from([CONDITIONAL, PILOT]),
)
def test_a_conditional_approval_without_a_condition_is_refused_whatever_the_ratings(
    ratings: dict[str, str], outcome: Outcome
):
    assert "conditions" in lacks(outcome, AssessmentFacts(ratings=ratings), conditions=())


def test_a_condition_that_says_nothing_is_no_condition():
    assert "conditions" in lacks(CONDITIONAL, conditions=(Condition("  "),))


@pytest.mark.parametrize("outcome", [CONDITIONAL, PILOT])
def test_a_conditional_approval_covers_each_3_each_u_and_each_unknown_knock_out(outcome: Outcome):
    facts = AssessmentFacts(ratings={"R1": "3", "R2": "U", "R3": "2"}, unknown_knock_outs=("K5",))
    assert lacks(outcome, facts)["conditions"] == "Add a condition that covers R1, R2, K5."
    covering = Condition("Only the hosted form.", mitigates=frozenset({"R1", "R2", "K5"}))
    assert lacks(outcome, facts, conditions=(covering,)) == {}


@pytest.mark.parametrize("outcome", [APPROVED, CONDITIONAL, PILOT])
def test_a_rating_of_4_permits_nothing(outcome: Outcome):
    assert "outcome" in lacks(outcome, AssessmentFacts(ratings={"R2": "4"}))


def test_a_pilot_needs_owner_size_measure_and_exit_rule():
    needed = {"pilot_owner", "pilot_size", "pilot_measure", "pilot_exit_rule"}
    assert set(lacks(PILOT, pilot=None)) == needed
    assert set(lacks(PILOT, pilot=Pilot("Rosa", " ", "minutes", "end"))) == {"pilot_size"}


def test_a_pilot_is_renewed_once_and_not_twice():
    assert lacks(PILOT, earlier_pilots=1) == {}
    assert set(lacks(PILOT, earlier_pilots=2)) == {"outcome"}


def test_a_rejection_needs_a_reason_code_and_an_alternative_or_none_known():
    assert set(lacks(REJECTED, reason_code="", alternatives=())) == {"reason_code", "alternatives"}
    assert lacks(REJECTED, alternatives=(NONE_KNOWN,)) == {}


def test_a_prohibition_needs_the_citation_of_its_rule():
    assert set(lacks(PROHIBITED, citation=" ")) == {"citation"}


@pytest.mark.parametrize("chosen", LADDER)
@pytest.mark.parametrize("recommended", LADDER)
def test_one_step_either_way_is_free_with_a_written_reason_and_more_is_not(
    recommended: Outcome, chosen: Outcome
):
    distance = abs(LADDER.index(recommended) - LADDER.index(chosen))
    assert abs(step_from(recommended, chosen)) == distance
    if distance < 2:
        check_step(recommended, chosen, reason="A sister office has run it for a year.")
    else:
        with pytest.raises(RuleBroken, match="one step"):
            check_step(recommended, chosen, reason="A sister office has run it for a year.")


def test_a_step_is_negative_towards_the_more_permissive():
    assert step_from(REJECTED, PILOT) == -1
    assert step_from(APPROVED, CONDITIONAL) == 1


def test_a_step_without_a_written_reason_is_refused_and_staying_needs_none():
    check_step(PILOT, PILOT, reason="")
    with pytest.raises(RuleBroken, match="Write why"):
        check_step(PILOT, REJECTED, reason=" ")


@pytest.mark.parametrize("chosen", LADDER)
def test_there_is_no_step_up_from_prohibited(chosen: Outcome):
    with pytest.raises(RuleBroken, match="stays prohibited"):
        check_step(PROHIBITED, chosen, reason="We like it.")


def test_there_is_no_step_up_from_an_extreme_risk():
    with pytest.raises(RuleBroken, match="extreme"):
        check_step(REJECTED, PILOT, reason="We like it.", extreme=True)


def test_nothing_is_prohibited_by_a_step():
    with pytest.raises(RuleBroken, match="Only what a law or a rule forbids"):
        check_step(REJECTED, PROHIBITED, reason="We dislike it.")


def test_a_step_never_waives_what_the_outcome_needs():
    facts = AssessmentFacts(ratings={"R2": "3"}, recommended=CONDITIONAL)
    assert "R2 is rated 3" in lacks(APPROVED, facts, step_reason="We like it.")["outcome"]
    assert set(lacks(REJECTED, AssessmentFacts(recommended=PILOT))) == {"step_reason"}
    assert set(lacks(REJECTED, AssessmentFacts(recommended=APPROVED), step_reason="No.")) == {"outcome"}


DECIDED = date(2026, 8, 31)


@pytest.mark.parametrize(
    ("tier", "quick_lane", "end"),
    [
        (Tier.ONE, False, "2029-08-31"),
        (Tier.ONE, True, "2027-08-31"),
        (Tier.TWO, False, "2028-08-31"),
        (Tier.THREE, False, "2027-08-31"),
    ],
)
def test_an_approval_lives_36_24_or_12_months_by_tier_and_12_in_the_quick_lane(
    tier: Tier, quick_lane: bool, end: str
):
    assert default_valid_until(
        APPROVED, tier=tier, quick_lane=quick_lane, decided_on=DECIDED
    ) == date.fromisoformat(end)


def test_a_conditional_approval_lives_12_months_or_until_its_earliest_open_dated_condition():
    def end(*conditions: Condition) -> date | None:
        return default_valid_until(CONDITIONAL, tier=Tier.ONE, decided_on=DECIDED, conditions=conditions)

    assert end(SIGN_IN) == date(2027, 8, 31)
    assert end(SIGN_IN, dated("2026-12-01"), dated("2026-10-01")) == date(2026, 10, 1)
    assert end(dated("2026-10-01", met_on=DECIDED), dated("2026-11-01", waived_reason="Moot.")) == date(
        2027, 8, 31
    )


def test_a_pilot_lives_180_days():
    assert default_valid_until(PILOT, tier=Tier.TWO, decided_on=date(2026, 1, 1)) == date(2026, 6, 30)


@pytest.mark.parametrize("outcome", [each for each in Outcome if not MEANINGS[each].may_use])
def test_a_no_has_no_end(outcome: Outcome):
    assert default_valid_until(outcome, tier=Tier.TWO, decided_on=DECIDED) is None


def test_a_month_later_is_the_last_day_where_the_month_is_shorter():
    assert default_valid_until(APPROVED, tier=Tier.THREE, decided_on=date(2028, 2, 29)) == date(2029, 2, 28)
