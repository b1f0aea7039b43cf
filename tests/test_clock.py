"""The clock of a serving process never goes back; what it goes ahead the machine's catches up."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from registry.clock import MOST_AHEAD, SteadyClock, clock_after
from registry.services.people import accounts
from registry.services.people.acting import REGISTRY
from registry.store.engine import transaction
from tests.conftest import NOW

HOUR = timedelta(hours=1)


class Machine:
    """A machine whose clock can be set."""

    def __init__(self) -> None:
        self.wall, self.beat = NOW, 0.0

    def passes(self, span: timedelta) -> None:
        self.wall, self.beat = self.wall + span, self.beat + span.total_seconds()

    def clock(self, not_before: datetime | None = None) -> SteadyClock:
        return SteadyClock(not_before=not_before, wall=lambda: self.wall, beat=lambda: self.beat)


def test_it_tells_the_machines_time_also_where_that_is_set_ahead() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.passes(HOUR)
    assert clock() == NOW + HOUR
    machine.wall += 2 * HOUR
    assert clock() == machine.wall


def test_set_back_two_hours_it_goes_on_and_is_caught_up_after_four() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.wall -= 2 * HOUR
    moments = []
    for _ in range(24):
        machine.passes(HOUR / 4)
        moments.append(clock())
    assert moments == sorted(set(moments)), "a later moment each time, so what waits for one gets it"
    assert moments[0] == NOW + HOUR / 8
    assert moments[15] == machine.wall - 2 * HOUR
    assert moments[-1] == machine.wall


def test_it_begins_behind_nothing_that_happened() -> None:
    machine = Machine()
    assert machine.clock(NOW + 2 * HOUR)() == NOW + 2 * HOUR
    assert machine.clock(NOW - HOUR)() == NOW


def test_what_a_broken_clock_wrote_is_no_measure() -> None:
    assert Machine().clock(NOW + MOST_AHEAD + HOUR)() == NOW


@pytest.mark.both_databases
def test_after_a_restart_it_goes_on_from_the_last_act(engine: Engine) -> None:
    ahead = datetime.now(NOW.tzinfo) + 2 * HOUR
    with transaction(engine) as session:
        accounts.add_user(session, email="a@example.org", name="Ada", roles=["admin"], by=REGISTRY, now=ahead)
    assert clock_after(engine)() >= ahead
