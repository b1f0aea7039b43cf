"""Where verdicts stand as the database counts it is what the rule says of each, whatever befell it."""

import random
from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session, true

from registry.domain.outcome import Outcome
from registry.domain.validity import MarkKind, ValidityState, validity
from registry.services.people.acting import REGISTRY, record
from registry.store import shelf, standing, verdicts
from registry.store.columns import id_of
from registry.store.tables import Supersession, Verdict, VerdictCondition
from tests.builders import a_tool

ZONE = ZoneInfo("Pacific/Auckland")


def fill(session: Session, dice: random.Random, now: datetime) -> None:
    """150 verdicts whose every moment and day lies near to where a state turns into another."""
    tool = a_tool(session, now=now)
    today = now.astimezone(ZONE).date()
    near = lambda: today + timedelta(days=dice.choice((-31, -30, -29, -1, 0, 1, 58, 59, 60, 61, 89, 90, 400)))  # noqa: E731
    moment = lambda: now + timedelta(days=dice.choice((-500, -100, -40, -1, 0, 0, 1)))  # noqa: E731
    rows = [
        Verdict(
            number=number,
            uid=str(number),
            tool_id=id_of(tool),
            outcome=dice.choice(list(Outcome)),
            decided_by="Amir",
            decided_at=now - timedelta(days=500),
            published_at=moment(),
            starts_at=moment(),
            valid_until=dice.choice((None, near())),
            undone_at=dice.choice((None, None, None, now)),
            imported=True,
        )
        for number in range(1, 151)
    ]
    session.add_all(rows)
    session.flush()
    for row in dice.sample(rows, 70):
        for position in range(dice.randrange(3)):
            due_on = dice.choice((None, near()))
            session.add(
                VerdictCondition(
                    verdict_id=id_of(row),
                    position=position,
                    text="Sign.",
                    kind="other",
                    standing=due_on is None,
                    due_on=due_on,
                    met_on=dice.choice((None, near())),
                    waived_reason=dice.choice(("", "", "So.")),
                )
            )
    for new, old in zip(dice.sample(rows, 30), dice.sample(rows, 30), strict=True):
        if new is not old:
            session.add(Supersession(verdict_id=id_of(new), superseded_id=id_of(old)))
    session.flush()
    for row in dice.sample(rows, 40):
        for kind in dice.choices(list(MarkKind), k=dice.randrange(1, 3)):
            after = {"reason": "So.", "effective_on": near().isoformat()}
            record(
                session, f"verdict.{kind.value}", ("verdict", row.id), by=REGISTRY, now=moment(), after=after
            )


@pytest.mark.both_databases
@pytest.mark.parametrize("seed", range(4))
def test_the_database_counts_as_the_rule_says(session: Session, now: datetime, seed: int) -> None:
    fill(session, random.Random(seed), now)
    today = now.astimezone(ZONE).date()
    rows = verdicts.published(session, now=now)
    said = {
        row.number: validity(ruling, at=now, zone=ZONE)
        for row, ruling in zip(rows, verdicts.as_rulings(session, rows, now=now), strict=True)
    }
    plain = standing.rows(session, today=today, now=now)
    marked = standing.marked(session, now=now)
    told = {number: (state, ends) for _, number, _, state, ends in plain}
    # A verdict that has given way ends on the day of its successor; nobody counts those by their last day.
    gone = ValidityState.SUPERSEDED
    assert {number: each if each[0] != gone else gone for number, each in told.items()} == {
        number: (at.state, at.ends_on) if at.state is not gone else gone
        for number, at in said.items()
        if number in told
    }
    assert {each.verdict.number: validity(each, at=now, zone=ZONE) for each in marked} == {
        number: at for number, at in said.items() if number not in told
    }
    soon = today + timedelta(days=90)
    counted = Counter[tuple[str, bool]]()
    for _, state, ends_soon, count in standing.counts(session, today=today, soon=soon, now=now):
        counted[state, ends_soon] += count
    assert counted == Counter(
        (state, ends is not None and today <= ends < soon) for state, ends in told.values()
    )
    assert len({at.state for at in said.values()}) > 6


def test_the_short_ruling_stands_where_the_whole_one_does(session: Session, now: datetime) -> None:
    fill(session, random.Random(9), now)
    rows = verdicts.published(session, now=now)
    whole = {
        row.number: each for row, each in zip(rows, verdicts.as_rulings(session, rows, now=now), strict=True)
    }
    short = standing.rulings(session, true(), now=now)
    assert [each.verdict.number for each in short] == sorted(whole)
    for each in short:
        for at in (now, now + timedelta(days=70)):
            assert validity(each, at=at, zone=ZONE) == validity(whole[each.verdict.number], at=at, zone=ZONE)


@pytest.mark.both_databases
def test_what_stands_on_the_shelf_is_what_the_rule_says(session: Session, now: datetime) -> None:
    fill(session, random.Random(11), now)
    rows = verdicts.published(session, now=now)
    said = {
        row.number: validity(ruling, at=now, zone=ZONE)
        for row, ruling in zip(rows, verdicts.as_rulings(session, rows, now=now), strict=True)
    }
    whole = shelf.facts(session, now=now, zone=ZONE)
    assert {each.number: (each.state, each.ends_on) for each in whole} == {
        number: (at.state, at.ends_on) for number, at in said.items()
    }
    assert shelf.facts(session, now=now, zone=ZONE, tool_ids={whole[0].tool_id}) == whole
    assert shelf.facts(session, now=now, zone=ZONE, tool_ids={whole[0].tool_id + 1}) == []
