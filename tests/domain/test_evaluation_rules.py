from datetime import date

import pytest

from registry.domain.errors import NotAllowed, RuleBroken
from registry.domain.evaluation import (
    ACTS,
    EvaluationState,
    Submitted,
    Tier,
    may_decide,
    may_score,
    missing,
    next_state,
    propose_tier,
    recorded_exceptions,
    require_act,
    target_on,
    tier_for,
)

ROSA, AMIR, EMIL, NADIA = 1, 2, 3, 4
OPEN, SCORING = EvaluationState.OPEN, EvaluationState.SCORING
MODERATION, DECISION = EvaluationState.MODERATION, EvaluationState.DECISION


def cards(*areas: str) -> list[Submitted]:
    """One scorecard for each, by another reviewer, who speaks for that area ("" for none)."""
    return [Submitted(number, frozenset({area} - {""})) for number, area in enumerate(areas)]


def test_an_evaluation_is_open_until_somebody_starts_and_scoring_from_then():
    assert next_state(Tier.TWO, []) is OPEN
    assert next_state(Tier.TWO, [], begun=True) is SCORING
    assert next_state(Tier.TWO, cards("")) is SCORING


@pytest.mark.parametrize(("tier", "needed"), [(Tier.ONE, 1), (Tier.TWO, 2)])
def test_it_goes_to_decision_when_the_number_of_its_tier_is_in(tier: Tier, needed: int):
    assert next_state(tier, cards(*[""] * (needed - 1)), begun=True) is SCORING
    assert next_state(tier, cards(*[""] * needed)) is DECISION


def test_tier_3_needs_three_scorecards_among_them_privacy_security_and_accessibility():
    assert next_state(Tier.THREE, cards("privacy", "security")) is SCORING
    assert next_state(Tier.THREE, cards("privacy", "security", "records")) is SCORING
    assert next_state(Tier.THREE, cards("privacy", "security", "accessibility")) is DECISION
    two_people = [
        Submitted(1, frozenset({"privacy", "security"})),
        Submitted(2, frozenset({"accessibility"})),
    ]
    assert next_state(Tier.THREE, two_people) is SCORING


def test_two_scorecards_of_one_reviewer_count_once():
    assert next_state(Tier.TWO, [Submitted(ROSA), Submitted(ROSA)]) is SCORING


def test_a_flagged_disagreement_is_moderated_before_the_decision():
    both = cards("", "")
    assert next_state(Tier.TWO, both, flagged={"R2", "K1"}) is MODERATION
    assert next_state(Tier.TWO, both, flagged={"R2", "K1"}, moderated={"R2"}) is MODERATION
    assert next_state(Tier.TWO, both, flagged={"R2", "K1"}, moderated={"R2", "K1"}) is DECISION
    assert next_state(Tier.TWO, cards(""), flagged={"R2"}) is SCORING


@pytest.mark.parametrize("tier", Tier)
def test_in_an_office_of_one_person_one_scorecard_is_enough(tier: Tier):
    assert next_state(tier, [], solo=True) is OPEN
    assert next_state(tier, cards(""), solo=True) is DECISION


def test_the_task_list_says_what_is_missing_and_is_empty_when_nothing_is():
    assert missing(Tier.THREE, cards("privacy")) == (
        "2 more scorecards are needed: 1 of 3 handed in.",
        "A reviewer for security must hand in a scorecard.",
        "A reviewer for accessibility must hand in a scorecard.",
    )
    assert missing(Tier.TWO, cards("", ""), flagged=["R2", "K1"], moderated=["R2"]) == (
        "The disagreement on K1 must be moderated.",
    )
    assert missing(Tier.TWO, cards("", "")) == ()


@pytest.mark.parametrize(
    ("act", "state"),
    [
        ("score", EvaluationState.DECISION),
        ("decide", EvaluationState.SCORING),
        ("moderate", EvaluationState.DECISION),
        ("resume", EvaluationState.OPEN),
        ("decide", EvaluationState.WAITING),
        ("withdraw", EvaluationState.DECIDED),
        ("wait", EvaluationState.WITHDRAWN),
        ("bury", EvaluationState.OPEN),
    ],
)
def test_an_act_that_the_state_does_not_allow_is_refused(act: str, state: EvaluationState):
    with pytest.raises(RuleBroken):
        require_act(state, act)


@pytest.mark.parametrize("act", ACTS)
def test_nothing_happens_any_more_to_what_is_decided_or_withdrawn(act: str):
    for over in (EvaluationState.DECIDED, EvaluationState.WITHDRAWN):
        with pytest.raises(RuleBroken, match="Open a new one"):
            require_act(over, act)


def test_what_waits_can_be_resumed_or_withdrawn():
    require_act(EvaluationState.WAITING, "resume")
    require_act(EvaluationState.WAITING, "withdraw")


@pytest.mark.parametrize("solo", [False, True])
@pytest.mark.parametrize("quick_lane", [False, True])
def test_requester_vendor_contact_and_who_declared_an_interest_never_decide(solo: bool, quick_lane: bool):
    for part in ("requesters", "vendor_contacts", "interested"):
        with pytest.raises(NotAllowed):
            may_decide(EMIL, **{part: {EMIL}}, solo=solo, quick_lane=quick_lane)
    may_decide(AMIR, requesters={EMIL}, vendor_contacts={NADIA}, interested={ROSA}, scorers={ROSA})


def test_requester_vendor_contact_and_who_declared_an_interest_never_score():
    with pytest.raises(NotAllowed, match="You asked for this tool"):
        may_score(EMIL, requester=EMIL)
    with pytest.raises(NotAllowed, match="You asked for this tool"):
        may_score(EMIL, requester={EMIL, NADIA})
    with pytest.raises(NotAllowed, match="contact of its vendor"):
        may_score(EMIL, vendor_contacts=[EMIL])
    with pytest.raises(NotAllowed, match="declared an interest"):
        may_score(EMIL, interested=[EMIL])
    may_score(ROSA, requester=EMIL, vendor_contacts=[NADIA], interested=[AMIR])


def test_who_scored_does_not_decide():
    with pytest.raises(NotAllowed, match="You scored this tool"):
        may_decide(ROSA, scorers={ROSA, NADIA})


def test_who_scored_decides_in_the_quick_lane_and_in_an_office_of_one_and_the_verdict_says_so():
    may_decide(ROSA, scorers={ROSA}, quick_lane=True)
    may_decide(ROSA, scorers={ROSA}, solo=True)
    assert recorded_exceptions(ROSA, scorers={ROSA}, quick_lane=True) == (
        "Quick lane: one trained reviewer scored and decided alone.",
    )
    assert recorded_exceptions(ROSA, scorers={ROSA}, solo=True) == (
        "One person scored and decided: this is an office of one person.",
    )
    assert recorded_exceptions(AMIR, scorers={ROSA}) == ()


def test_the_tier_follows_from_the_intended_use():
    plain = {
        "data_is_public": True,
        "data_is_sensitive": False,
        "affects_people": False,
        "affects_rights": False,
        "costs": False,
        "public_account": False,
    }
    assert tier_for(**plain) is Tier.ONE
    for more in (
        {"data_is_public": False},
        {"affects_people": True},
        {"costs": True},
        {"public_account": True},
    ):
        assert tier_for(**(plain | more)) is Tier.TWO
    for much in ({"data_is_sensitive": True}, {"affects_rights": True}):
        assert tier_for(**(plain | much)) is Tier.THREE


def test_the_targets_are_5_working_days_20_days_and_60_days():
    friday = date(2026, 3, 6)
    assert target_on(Tier.ONE, friday) == date(2026, 3, 13)
    assert target_on(Tier.TWO, friday) == date(2026, 3, 26)
    assert target_on(Tier.THREE, friday) == date(2026, 5, 5)


CLASSES = ("public", "internal", "sensitive", "regulated")
PLAIN = {"effect": "none", "costs": "no", "public_account": "no"}


def test_a_tier_is_proposed_from_the_answers_with_the_reason():
    assert propose_tier("public", CLASSES, **PLAIN).tier is Tier.ONE
    internal = propose_tier("internal", CLASSES, **PLAIN)
    assert (internal.tier, internal.because) == (Tier.TWO, "Tier 2: internal information is entered.")
    for data_class in ("sensitive", "regulated"):
        assert propose_tier(data_class, CLASSES, **PLAIN).tier is Tier.THREE
    rights = propose_tier("public", CLASSES, **PLAIN | {"effect": "rights"})
    assert (rights.tier, rights.because) == (Tier.THREE, "Tier 3: it has an effect on people’s rights.")
    both = propose_tier("public", CLASSES, **PLAIN | {"costs": "yes", "public_account": "yes"})
    assert both.tier is Tier.TWO
    assert "costs more" in both.because
    assert "speaks in public" in both.because


@pytest.mark.parametrize("unsaid", ["effect", "costs", "public_account"])
def test_what_was_not_answered_never_makes_the_tier_milder(unsaid: str):
    proposed = propose_tier("public", CLASSES, **PLAIN | {unsaid: ""})
    assert proposed.tier is Tier.TWO
    assert "not said" in proposed.because
    assert propose_tier("", CLASSES, **PLAIN).tier is Tier.TWO
