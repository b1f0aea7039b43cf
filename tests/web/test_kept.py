"""What is counted seldom is counted again after an act that it is counted from, and at the latest after an hour."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session

from registry.services.people.acting import REGISTRY, record
from registry.store.engine import snapshot, transaction
from registry.web.kept import LOOKED_BACK, Keeping, Kept

OF_VERDICTS = frozenset({"verdict", "candidate.accepted"})


def counting() -> Callable[[Keeping, str], int]:
    """How often the value under a key was made so far."""
    made: list[str] = []
    return lambda keeping, key: keeping(
        key,
        OF_VERDICTS,
        lambda: made.append(key) or made.count(key),  # type: ignore[func-returns-value]
    )


def happens(session: Session, action: str, now: datetime, times: int = 1) -> None:
    for _ in range(times):
        record(session, action, (action.partition(".")[0], 1), by=REGISTRY, now=now)
    session.flush()


def test_it_is_made_once_until_something_happened_that_it_is_counted_from(
    session: Session, now: datetime
) -> None:
    kept, count = Kept(), counting()
    assert [count(kept.at(session, now), key) for key in ("a", "a", "b")] == [1, 1, 1]
    happens(session, "candidate.dismissed", now)
    assert count(kept.at(session, now), "a") == 1
    happens(session, "candidate.accepted", now)
    assert count(kept.at(session, now), "a") == 2
    happens(session, "verdict.revoked", now)
    assert count(kept.at(session, now), "a") == 3


def test_it_is_made_again_after_an_hour_and_where_the_clock_went_back(
    session: Session, now: datetime
) -> None:
    kept, count = Kept(), counting()
    moments = [now, now + timedelta(minutes=59), now + timedelta(minutes=60), now]
    assert [count(kept.at(session, moment), "a") for moment in moments] == [1, 1, 2, 3]


def test_more_than_is_looked_back_at_makes_everything_anew(session: Session, now: datetime) -> None:
    kept, count = Kept(), counting()
    happens(session, "tool.made", now)
    assert count(kept.at(session, now), "a") == 1
    happens(session, "verdict.revoked", now)
    happens(session, "tool.made", now, LOOKED_BACK)
    assert count(kept.at(session, now), "a") == 2


def test_what_was_counted_before_an_act_is_not_kept_after_it(engine: Engine, now: datetime) -> None:
    kept, count = Kept(), counting()
    with transaction(engine) as session:
        happens(session, "tool.made", now)
    with snapshot(engine) as early:
        before = kept.at(early, now)
        with transaction(engine) as session:
            happens(session, "verdict.revoked", now)
        with snapshot(engine) as late:
            kept.at(late, now)
        assert count(before, "a") == 1  # it began before anybody saw the act
        assert count(kept.at(early, now), "a") == 2  # its session still cannot see it
    with snapshot(engine) as late:
        assert [count(kept.at(late, now), "a") for _ in range(2)] == [3, 3]
