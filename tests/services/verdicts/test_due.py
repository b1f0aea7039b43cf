"""Nothing that is due is missed by asking the database first of which verdicts something may be."""

import random
from datetime import datetime

import pytest
from sqlmodel import Session, true

from registry.domain.lookup import House
from registry.services.verdicts.due import DueKind, due
from registry.store import standing
from tests.store.test_standing import ZONE, fill

HOUSE = House(zone=ZONE, data_classes=(), account_types=(), audiences=(), offices=())


@pytest.mark.parametrize("seed", range(3))
def test_what_is_due_is_what_the_rule_says_of_every_verdict(
    session: Session, now: datetime, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(session, random.Random(seed), now)
    found = due(session, HOUSE, now=now)
    monkeypatch.setattr(
        standing, "owing", lambda session, *, today, now: standing.rulings(session, true(), now=now)
    )
    assert found == due(session, HOUSE, now=now)
    assert {each.kind for each in found} == set(DueKind)
