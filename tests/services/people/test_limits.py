"""Limits of signing in: shared by all processes, and no way to lock somebody out for good."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from registry.services.people import limits
from registry.store.engine import transaction
from registry.store.tables import SignInFailure

SECRET = b"0123456789abcdef0123456789abcdef"


@pytest.mark.both_databases
def test_what_one_process_counted_another_one_counts_too(engine: Engine, now: datetime) -> None:
    for _ in range(3):
        with transaction(engine) as session:
            assert limits.hold(session, {"a": 3, "b": 9}, secret=SECRET, now=now).until is None
    with transaction(engine) as session:
        assert limits.hold(session, {"a": 3}, secret=SECRET, now=now).until == now + limits.WINDOW
        assert limits.hold(session, {"b": 9}, secret=SECRET, now=now).until is None
        assert limits.hold(session, {"a": 3}, secret=SECRET, now=now + limits.WINDOW).until is None


@pytest.mark.both_databases
def test_the_more_codes_were_wrong_the_longer_is_the_wait_and_in_a_day_20_are_tried_in_30_days_60(
    session: Session, now: datetime
) -> None:
    """Somebody who has the password and never gives up, one attempt a minute."""
    minute, waits, tried, moment = timedelta(minutes=1), [], [], now
    while moment < now + 30 * limits.DAY:
        held = limits.hold(session, {"code": limits.CODES}, secret=SECRET, now=moment)
        if held.until is None:
            tried.append(moment)
            moment += minute
        else:
            waits.append(held.until - moment)
            moment = held.until
    assert (len([each for each in tried if each < now + limits.DAY]), len(tried)) == (20, 60)
    first, second, _, fourth, *_ = waits
    assert first < limits.WINDOW < timedelta(hours=2) < second < timedelta(hours=19) < fourth
    assert max(waits) > 25 * limits.DAY


@pytest.mark.parametrize(
    ("wait", "told"),
    [
        (timedelta(seconds=1), "1 minute"),
        (timedelta(minutes=90), "90 minutes"),
        (timedelta(hours=23, minutes=1), "24 hours"),
        (timedelta(days=9), "9 days"),
    ],
)
def test_how_long_to_wait_is_told(now: datetime, wait: timedelta, told: str) -> None:
    assert limits.wait_told(now + wait, now).endswith(f"Wait for {told}.")


def test_what_was_let_go_or_forgotten_does_not_count(session: Session, now: datetime) -> None:
    held = limits.hold(session, {"a": 1}, secret=SECRET, now=now)
    limits.let_go(session, held)
    assert limits.hold(session, {"a": 1}, secret=SECRET, now=now).until is None
    limits.forget(session, "a", secret=SECRET)
    assert limits.hold(session, {"a": 1}, secret=SECRET, now=now).until is None


def test_no_address_and_no_account_stands_in_the_table_and_nothing_stays(
    session: Session, now: datetime
) -> None:
    key = limits.account_key("rosa@example.org", "", None, secret=SECRET)
    limits.hold(session, {key: 9}, secret=SECRET, now=now)
    assert "rosa" not in session.exec(select(SignInFailure)).one().key
    limits.hold(session, {"other": 9}, secret=SECRET, now=now + timedelta(hours=1))
    assert len(session.exec(select(SignInFailure)).all()) == 1


def test_a_browser_counts_by_itself_where_it_signed_in_before_and_nowhere_else() -> None:
    known = limits.known_browser(7, secret=SECRET)

    def key(cookie: str, user_id: int | None) -> str:
        return limits.account_key("rosa@example.org", cookie, user_id, secret=SECRET)

    stranger = key("", 7)
    assert key(known, 7) != stranger
    assert {key(known, 8), key(known, None), key("x.y", 7), key("x", 7), key("é.ü", 7)} == {stranger}


@pytest.mark.parametrize(
    ("host", "network", "key"),
    [
        ("192.0.2.77", "192.0.2.0/24", "network 192.0.2.77/32"),
        ("2001:db8:1:2:3::9", "2001:db8:1::/48", "network 2001:db8:1:2::/64"),
        ("testclient", "", "network testclient"),
    ],
)
def test_a_place_is_told_roughly_and_counted_by_household(host: str, network: str, key: str) -> None:
    assert (limits.network_of(host), limits.network_key(host)) == (network, key)


def test_a_place_is_an_address_of_ipv4_however_it_came_and_a_household_of_ipv6() -> None:
    assert limits.network_key("::ffff:192.0.2.1") == limits.network_key("192.0.2.1")
    assert limits.network_key("192.0.2.2") != limits.network_key("192.0.2.1")
    assert limits.network_key("2001:db8::1") == limits.network_key("2001:db8::ffff:1")
    assert limits.network_key("2001:db8:0:1::1") != limits.network_key("2001:db8::1")
    assert limits.network_of("::ffff:192.0.2.1") == "192.0.2.0/24"
