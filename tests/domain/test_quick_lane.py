"""What one reviewer may decide alone, and that nobody can foretell which of it is read a second time."""

from datetime import date
from uuid import UUID

from registry.domain.outcome import Outcome
from registry.domain.quick_lane import LIMITS, beyond, is_sampled
from registry.domain.verdict import Scope

PUBLIC = Scope(data_ceiling="public")


def found(outcome: Outcome = Outcome.APPROVED, scope: Scope = PUBLIC, confirmed=tuple(LIMITS), until=None):  # type: ignore[no-untyped-def]
    return beyond(
        outcome, scope, confirmed, lowest_class="public", valid_until=until, latest=date(2027, 11, 3)
    )


def test_public_information_and_the_three_limits_confirmed_are_within_the_quick_lane():
    assert found() == {}


def test_more_than_public_information_is_for_an_approver():
    assert "data_ceiling" in found(scope=Scope(data_ceiling="internal"))
    assert "data_ceiling" in found(scope=Scope())


def test_each_limit_is_confirmed():
    for each in LIMITS:
        lacking = found(confirmed=[other for other in LIMITS if other != each])
        assert LIMITS[each] in lacking["within"]


def test_it_stands_for_twelve_months_at_most():
    assert found(until=date(2027, 11, 3)) == {}
    assert "valid_until" in found(until=date(2027, 11, 4))


def test_a_no_is_never_beyond_the_quick_lane():
    assert found(Outcome.REJECTED, Scope(), ()) == {}


def test_one_in_ten_is_sampled_always_the_same_and_otherwise_under_another_key():
    uids = [str(UUID(int=number)) for number in range(2000)]
    one, other = ({uid for uid in uids if is_sampled(uid, key)} for key in (b"one", b"other"))
    assert 150 < len(one) < 250
    assert one == {uid for uid in uids if is_sampled(uid, b"one")}
    assert len(one & other) < 50
