from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from registry.domain.errors import RuleBroken
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.validity import MarkKind, Ruling, ValidityState, check_mark, superseded_at, validity
from tests.domain.verdict_builders import STARTED, ZURICH, a_mark, a_ruling, a_verdict, dated, on

END = date(2026, 6, 30)
PERMISSIVE = [each for each in Outcome if MEANINGS[each].may_use]
NOES = [each for each in Outcome if not MEANINGS[each].may_use]
SUSPENDED = a_mark(MarkKind.SUSPENDED, on("2026-03-01"))
LIFTED = a_mark(MarkKind.SUSPENSION_LIFTED, on("2026-03-10"), by="Rosa")
CONFIRMED = a_mark(MarkKind.SUSPENSION_CONFIRMED, on("2026-03-10"), by="Rosa")
SUNSET = a_mark(MarkKind.SUNSET, on("2026-03-01"), effective_on=date(2026, 5, 1), replacement="Loom")
GRADUATED = a_mark(MarkKind.GRADUATED, on("2026-03-01"))
REVOKED = a_mark(MarkKind.REVOKED, on("2026-03-01"), replacement="Loom")


def state(day: str, outcome: Outcome = Outcome.APPROVED, **values: Any) -> str:
    return validity(a_ruling(outcome, **values), at=on(day), zone=UTC).state.value


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-01-15", "active"),
        ("2026-05-01", "active"),
        ("2026-05-02", "review_due"),
        ("2026-06-30", "review_due"),
        ("2026-07-01", "grace"),
        ("2026-07-30", "grace"),
        ("2026-07-31", "lapsed"),
    ],
)
def test_review_is_due_for_60_days_then_30_days_of_grace_then_lapsed(day: str, expected: str):
    assert state(day, valid_until=END) == expected


def test_the_last_day_is_inclusive_in_the_time_zone_of_the_organisation():
    ruling = a_ruling(valid_until=END)
    last_second = datetime(2026, 6, 30, 23, 59, 59, tzinfo=ZURICH)
    assert validity(ruling, at=last_second, zone=ZURICH).state is ValidityState.REVIEW_DUE
    assert validity(ruling, at=last_second + timedelta(seconds=1), zone=ZURICH).state is ValidityState.GRACE
    assert validity(ruling, at=last_second + timedelta(seconds=1), zone=UTC).state is ValidityState.REVIEW_DUE


def test_a_verdict_without_a_last_day_stands_on():
    assert state("2090-01-01") == "active"
    assert state("2026-02-01", valid_until=date.max) == "active"


def test_a_pilot_has_no_grace():
    assert state("2026-07-01", Outcome.PILOT, valid_until=END) == "lapsed"


@pytest.mark.parametrize("outcome", NOES)
def test_a_no_has_no_end_date(outcome: Outcome):
    ruling = a_ruling(outcome, valid_until=END, conditions=(dated("2026-02-01"),))
    now = validity(ruling, at=on("2030-01-01"), zone=UTC)
    assert (now.state, now.ends_on) == (ValidityState.ACTIVE, None)


@pytest.mark.parametrize("outcome", PERMISSIVE)
def test_it_ends_at_the_earliest_due_date_of_a_condition_neither_met_nor_waived(outcome: Outcome):
    conditions = (dated("2026-05-20"), dated("2026-04-10"), dated("2026-03-01", met_on=date(2026, 2, 20)))
    waived = dated("2026-02-20", waived_reason="The terms changed.")
    ruling = a_ruling(outcome, valid_until=END, conditions=(*conditions, waived))
    assert validity(ruling, at=on("2026-04-10"), zone=UTC).ends_on == date(2026, 4, 10)
    after = ValidityState.LAPSED if outcome is Outcome.PILOT else ValidityState.GRACE
    assert validity(ruling, at=on("2026-04-11"), zone=UTC).state is after
    assert validity(ruling, at=on("2026-05-11"), zone=UTC).state is ValidityState.LAPSED


def test_a_condition_met_later_was_open_on_an_earlier_day():
    ruling = a_ruling(valid_until=END, conditions=(dated("2026-04-10", met_on=date(2026, 4, 1)),))
    assert validity(ruling, at=on("2026-03-31"), zone=UTC).ends_on == date(2026, 4, 10)
    assert validity(ruling, at=on("2026-04-01"), zone=UTC).ends_on == END


def test_scheduled_until_the_moment_it_starts():
    ruling = a_ruling()
    assert validity(ruling, at=STARTED - timedelta(seconds=1), zone=UTC).state is ValidityState.SCHEDULED
    assert validity(ruling, at=STARTED, zone=UTC).state is ValidityState.ACTIVE


def test_superseded_from_the_moment_its_successor_starts():
    ruling = a_ruling(superseded_at=on("2026-03-01"))
    assert validity(ruling, at=on("2026-02-28"), zone=UTC).state is ValidityState.ACTIVE
    now = validity(ruling, at=on("2026-03-01"), zone=UTC)
    assert (now.state, now.ends_on) == (ValidityState.SUPERSEDED, date(2026, 3, 1))


def test_only_a_verdict_that_names_the_number_supersedes_it():
    later = a_verdict(number=2, supersedes=(1,), starts_at=on("2026-04-01"))
    earlier = a_verdict(number=3, supersedes=(7, 1), starts_at=on("2026-03-01"))
    stranger = a_verdict(number=4, starts_at=on("2026-02-01"))
    assert superseded_at(1, [later, earlier, stranger]) == on("2026-03-01")
    assert superseded_at(1, [stranger]) is None


def test_suspended_until_lifted():
    assert state("2026-02-28", marks=[SUSPENDED, LIFTED]) == "active"
    assert state("2026-03-05", marks=[SUSPENDED, LIFTED]) == "suspended"
    assert state("2026-03-11", marks=[SUSPENDED, LIFTED]) == "active"


def test_a_suspension_that_nobody_confirms_or_lifts_in_14_days_stays_and_is_overdue():
    ruling = a_ruling(marks=[SUSPENDED])
    assert not validity(ruling, at=on("2026-03-15"), zone=UTC).overdue
    late = validity(ruling, at=on("2026-03-16"), zone=UTC)
    assert (late.state, late.overdue) == (ValidityState.SUSPENDED, True)
    assert not validity(a_ruling(marks=[SUSPENDED, CONFIRMED]), at=on("2026-03-16"), zone=UTC).overdue


def test_what_was_suspended_when_it_ended_has_no_grace():
    lifted_late = a_mark(MarkKind.SUSPENSION_LIFTED, on("2026-07-05"), by="Rosa")
    assert state("2026-07-06", valid_until=END, marks=[SUSPENDED, lifted_late]) == "lapsed"
    assert state("2026-07-06", valid_until=END, marks=[SUSPENDED, LIFTED]) == "grace"


def test_a_sunset_is_announced_with_date_and_replacement_and_then_reached():
    ruling = a_ruling(valid_until=END, marks=[SUNSET])
    before = validity(ruling, at=on("2026-04-30"), zone=UTC)
    assert (before.state, before.ends_on, before.replacement) == (
        "sunset_announced",
        date(2026, 5, 1),
        "Loom",
    )
    after = validity(ruling, at=on("2026-05-01"), zone=UTC)
    assert (after.state, after.replacement) == ("sunset_reached", "Loom")


def test_a_verdict_under_sunset_has_no_grace():
    far = a_mark(MarkKind.SUNSET, on("2026-03-01"), effective_on=date(2027, 1, 1))
    assert state("2026-07-01", valid_until=END, marks=[far]) == "lapsed"


def test_a_graduated_verdict_does_not_lapse():
    now = validity(a_ruling(valid_until=END, marks=[GRADUATED]), at=on("2030-01-01"), zone=UTC)
    assert (now.state, now.ends_on) == (ValidityState.GRADUATED, None)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"marks": [REVOKED], "superseded_at": on("2026-03-02")}, "revoked"),
        ({"marks": [SUSPENDED], "superseded_at": on("2026-03-02")}, "superseded"),
        ({"marks": [SUSPENDED], "starts_at": on("2026-12-01")}, "scheduled"),
        ({"marks": [SUSPENDED, SUNSET, GRADUATED], "valid_until": END}, "suspended"),
        ({"marks": [SUNSET, GRADUATED], "valid_until": END}, "sunset_reached"),
        ({"marks": [GRADUATED], "valid_until": END}, "graduated"),
        ({"valid_until": END}, "lapsed"),
    ],
)
def test_the_first_that_holds_is_the_state(values: dict[str, Any], expected: str):
    assert state("2026-09-01", **values) == expected


def test_what_happened_after_the_moment_asked_for_counts_for_nothing():
    ruling = a_ruling(valid_until=END, marks=[SUSPENDED, SUNSET, REVOKED], superseded_at=on("2026-03-01"))
    now = validity(ruling, at=on("2026-02-28"), zone=UTC)
    assert (now.state, now.ends_on, now.replacement) == (ValidityState.ACTIVE, END, "")


@pytest.mark.parametrize("outcome", NOES)
@pytest.mark.parametrize("mark", [SUSPENDED, SUNSET, GRADUATED])
def test_only_permissive_verdicts_are_suspended_sunset_or_graduated(outcome: Outcome, mark: Any):
    assert state("2026-09-01", outcome, marks=[mark]) == "active"
    with pytest.raises(RuleBroken, match="is a no"):
        check_mark(a_ruling(outcome), mark, mark.at, UTC)


@pytest.mark.parametrize("outcome", Outcome)
def test_every_standing_verdict_can_be_revoked_with_a_reason_and_only_once(outcome: Outcome):
    check_mark(a_ruling(outcome), REVOKED, REVOKED.at, UTC)
    with pytest.raises(RuleBroken, match="Write why"):
        check_mark(a_ruling(outcome), a_mark(MarkKind.REVOKED, REVOKED.at, reason=" "), REVOKED.at, UTC)
    with pytest.raises(RuleBroken):
        check_mark(a_ruling(outcome, marks=[REVOKED]), REVOKED, on("2026-04-01"), UTC)


@pytest.mark.parametrize("kind", [MarkKind.SUSPENSION_CONFIRMED, MarkKind.SUSPENSION_LIFTED])
def test_another_person_confirms_or_lifts_a_suspension(kind: MarkKind):
    ruling: Ruling = a_ruling(marks=[SUSPENDED])
    with pytest.raises(RuleBroken, match="Another person"):
        check_mark(ruling, a_mark(kind, on("2026-03-05"), by="Amir"), on("2026-03-05"), UTC)
    check_mark(ruling, a_mark(kind, on("2026-03-05"), by="Rosa"), on("2026-03-05"), UTC)
    with pytest.raises(RuleBroken, match="not suspended"):
        check_mark(a_ruling(), a_mark(kind, on("2026-03-05"), by="Rosa"), on("2026-03-05"), UTC)


def test_a_confirmed_suspension_can_still_be_lifted_but_not_confirmed_again():
    ruling = a_ruling(marks=[SUSPENDED, CONFIRMED])
    check_mark(ruling, a_mark(MarkKind.SUSPENSION_LIFTED, on("2026-04-01"), by="Rosa"), on("2026-04-01"), UTC)
    with pytest.raises(RuleBroken, match="confirmed already"):
        check_mark(
            ruling, a_mark(MarkKind.SUSPENSION_CONFIRMED, on("2026-04-01"), by="Rosa"), on("2026-04-01"), UTC
        )


def test_a_sunset_names_a_day_that_is_still_to_come():
    for day in (None, date(2026, 3, 1)):
        with pytest.raises(RuleBroken, match="day"):
            check_mark(
                a_ruling(), a_mark(MarkKind.SUNSET, on("2026-03-01"), effective_on=day), on("2026-03-01"), UTC
            )
    check_mark(a_ruling(), SUNSET, SUNSET.at, UTC)


def test_a_sunset_more_than_ten_years_away_is_a_slip_of_the_keyboard():
    def announce(day: date) -> None:
        mark = a_mark(MarkKind.SUNSET, on("2026-03-01"), effective_on=day)
        check_mark(a_ruling(), mark, on("2026-03-01"), UTC)

    announce(date(2036, 3, 1))
    with pytest.raises(RuleBroken, match="ten years"):
        announce(date(2036, 3, 2))


def test_a_pilot_does_not_graduate():
    with pytest.raises(RuleBroken, match="decide anew"):
        check_mark(a_ruling("pilot"), GRADUATED, GRADUATED.at, UTC)


@pytest.mark.parametrize("mark", [SUSPENDED, SUNSET, GRADUATED])
def test_a_lapsed_verdict_comes_back_only_by_a_new_decision(mark: Any):
    with pytest.raises(RuleBroken, match="lapsed"):
        check_mark(a_ruling(valid_until=date(2025, 1, 1)), mark, on("2026-03-01"), UTC)
