"""Rows as they are stored: another text after whatever may show, and what was written of each notice."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from registry.domain.outcome import Outcome
from registry.store import copied
from registry.store.tables import Notice, VerdictCondition
from registry.web.copy.digest import digest
from tests.builders import a_tool, a_verdict, the_cast


@pytest.mark.both_databases
def test_rows_are_the_same_until_one_is_written_and_those_of_a_notice_tell_all_of_its_verdict(
    session: Session, now: datetime
) -> None:
    cast, tool, before = the_cast(session, now), a_tool(session, now=now), now - timedelta(days=2)
    first = a_verdict(session, tool, cast, now=before)
    later, outcome = before + timedelta(days=1), Outcome.APPROVED_WITH_CONDITIONS
    a_verdict(session, tool, cast, now=later, outcome=outcome, supersedes=(first.number,))
    told = copied.told(session)
    assert copied.told(session) == told
    numbers = [each.number or 0 for each in session.exec(select(Notice))]
    found = copied.notices(session, numbers)
    assert {*found} == {*numbers}
    last = found[max(numbers)]
    assert len(last) == 3  # itself with its verdict, a condition, and the number that it supersedes
    assert last[-1] == (first.number,)
    marks = {number: digest(rows) for number, rows in found.items()}
    session.exec(select(VerdictCondition)).one().met_on = now.date()
    changed = {number: digest(rows) for number, rows in copied.notices(session, numbers).items()}
    of_first = {each.number for each in session.exec(select(Notice)) if each.verdict_id == first.id}
    assert {number for number in numbers if marks[number] == changed[number]} == of_first
    after = copied.told(session)
    assert after.whole != told.whole
    assert after.of_any == told.of_any
    assert {each for each in after.of_tools if after.of_tools[each] != told.of_tools[each]} == {tool.id}
    tool.name = "Another"
    assert copied.told(session).of_any != told.of_any
