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
            assert limits.hold(session, {"a": 3, "b": 9}, secret=SECRET, now=now) is not None
    with transaction(engine) as session:
        assert limits.hold(session, {"a": 3}, secret=SECRET, now=now) is None
        assert limits.hold(session, {"b": 9}, secret=SECRET, now=now) is not None
        assert limits.hold(session, {"a": 3}, secret=SECRET, now=now + limits.WINDOW) is not None


def test_what_was_let_go_or_forgotten_does_not_count(session: Session, now: datetime) -> None:
    held = limits.hold(session, {"a": 1}, secret=SECRET, now=now)
    limits.let_go(session, held)
    assert limits.hold(session, {"a": 1}, secret=SECRET, now=now) is not None
    limits.forget(session, "a", secret=SECRET)
    assert limits.hold(session, {"a": 1}, secret=SECRET, now=now) is not None


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
