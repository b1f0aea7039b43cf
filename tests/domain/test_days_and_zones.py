"""A verdict's last day is that of the organisation's zone, on the days on which clocks are changed too."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from registry.domain.validity import MarkKind, ValidityState, validity
from tests.domain.verdict_builders import a_mark, a_ruling

ZONES = {
    "Europe/Zurich": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "America/St_Johns": (date(2026, 3, 8), date(2026, 11, 1)),
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),
    "Asia/Beirut": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/Havana": (date(2026, 3, 8), date(2026, 11, 1)),
    "Asia/Kathmandu": (date(2026, 5, 1), date(2026, 7, 1)),
    "Pacific/Kiritimati": (date(2026, 12, 31), date(2027, 1, 1)),
    "Pacific/Chatham": (date(2026, 4, 5), date(2026, 9, 27)),
}
"""Zone to days on which its clocks change, or, where they never do, days that are odd elsewhere. In Beirut and Havana
midnight itself falls out or comes twice."""
CASES = [
    (zone, day + timedelta(days=shift)) for zone, days in ZONES.items() for day in days for shift in (-1, 0)
]


@pytest.mark.parametrize(("zone", "last_day"), CASES)
def test_nothing_ends_before_its_last_day_is_over_and_nothing_stands_a_minute_longer(
    zone: str, last_day: date
) -> None:
    there = ZoneInfo(zone)
    ruling = a_ruling(valid_until=last_day)
    begins = datetime.combine(last_day + timedelta(days=1), time.min, there).astimezone(UTC)
    # Where midnight falls out, the day begins with the first moment that bears its date.
    moments = [begins + timedelta(minutes=minute) for minute in range(-180, 181)]
    for at in moments:
        over = at.astimezone(there).date() > last_day
        expected = ValidityState.GRACE if over else ValidityState.REVIEW_DUE
        assert validity(ruling, at=at, zone=there).state is expected
        assert validity(ruling, at=at.astimezone(ZoneInfo("Asia/Tokyo")), zone=there).state is expected


@pytest.mark.parametrize("night", [date(2026, 3, 29), date(2026, 10, 25)])
def test_a_night_on_which_clocks_change_gives_grace_neither_more_nor_fewer_than_30_days(night: date) -> None:
    there = ZoneInfo("Europe/Zurich")
    ruling = a_ruling(valid_until=night - timedelta(days=15))
    noon = datetime.combine(night + timedelta(days=15), time(23, 59), there)
    assert validity(ruling, at=noon, zone=there).state is ValidityState.GRACE
    assert validity(ruling, at=noon + timedelta(minutes=1), zone=there).state is ValidityState.LAPSED


@pytest.mark.parametrize("hours", [-2, 2])
def test_a_clock_that_jumps_changes_no_order_of_what_befell_a_verdict(hours: int) -> None:
    first = datetime(2026, 3, 1, 12, tzinfo=UTC)
    suspended = a_mark(MarkKind.SUSPENDED, first)
    lifted = a_mark(MarkKind.SUSPENSION_LIFTED, first + timedelta(hours=hours, minutes=5), by="Rosa")
    ruling = a_ruling(marks=[suspended, lifted])
    assert validity(ruling, at=first + timedelta(days=1), zone=UTC).state is ValidityState.ACTIVE
    again = a_ruling(marks=[suspended, lifted, a_mark(MarkKind.SUSPENDED, first + timedelta(minutes=1))])
    assert validity(again, at=first + timedelta(days=1), zone=UTC).state is ValidityState.SUSPENDED


def test_a_state_that_time_made_tells_since_when() -> None:
    there = ZoneInfo("Europe/Zurich")
    ruling = a_ruling(valid_until=date(2026, 6, 30))
    grace = validity(ruling, at=datetime(2026, 7, 3, tzinfo=UTC), zone=there)
    assert grace.since == datetime(2026, 6, 30, 22, tzinfo=UTC)
    lapsed = validity(ruling, at=datetime(2026, 8, 3, tzinfo=UTC), zone=there)
    assert lapsed.since == datetime(2026, 7, 30, 22, tzinfo=UTC)
    assert validity(ruling, at=datetime(2026, 2, 1, tzinfo=UTC), zone=there).since is None
