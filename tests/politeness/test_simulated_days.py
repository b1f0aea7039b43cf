"""Some simulated days at a publisher who checks each request; the month is benchmarks/month.py's, by hand."""

import pytest

from registry.services.sources import polling
from tests.politeness.careful_publisher import CarefulPublisher
from tests.politeness.month import Month

FEW = ("both", "one-of-two", "bare", "members", "limited", "ends", "empty")


@pytest.fixture
def publisher():
    with CarefulPublisher() as publisher:
        yield publisher


def test_half_a_day_breaks_no_rule_of_politeness(engine, publisher):
    outcome = Month(engine, publisher, days=0.5, hosts=FEW).run()
    assert outcome.faults == []
    assert outcome.share_of(304) > 0


@pytest.mark.whole
@pytest.mark.one_database
def test_two_days_break_no_rule_of_politeness_and_store_each_entry_once(engine, publisher):
    outcome = Month(engine, publisher, days=2, hosts=FEW).run()
    assert outcome.faults == []
    assert (outcome.events["outage.noticed"], outcome.events["outage.over"]) == (1, 1)
    assert (outcome.events["source.gone"], outcome.events["source.moved"]) == (1, 0)
    assert outcome.share_of(304) > 0.1


def test_a_registry_that_comes_too_often_is_noticed(engine, publisher, monkeypatch):
    interval_s = polling.interval_s
    monkeypatch.setattr(polling, "interval_s", lambda *said, **more: interval_s(*said, **more) // 2)
    outcome = Month(engine, publisher, days=0.8, hosts=("both", "dated")).run()
    assert any("too early (half the usual gap" in each for each in outcome.violations)
