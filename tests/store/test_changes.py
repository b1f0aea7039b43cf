"""What an answer is read from leaves a trail: no table of it can be written unseen."""

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, event, text

from registry.domain.lookup import Question
from registry.domain.outcome import Outcome
from registry.services.answers import lookup
from registry.services.people.house import house
from registry.settings import Settings
from registry.store.changes import Trail
from registry.store.engine import transaction
from tests.builders import a_condition, a_tool, a_verdict, the_cast

TABLES = re.compile(r'(?:FROM|JOIN) "?(\w+)"?')
TRIGGERS = {
    "sqlite": "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT event_object_table FROM information_schema.triggers",
}


def test_every_table_that_an_answer_is_read_from_is_followed(engine: Engine, now: datetime) -> None:
    read: set[str] = set()
    with transaction(engine) as session:
        cast, tool = the_cast(session, now), a_tool(session, now=now)
        outcome, conditions = (
            Outcome.APPROVED_WITH_CONDITIONS,
            (a_condition("Enter only public information.", "R5"),),
        )
        a_verdict(session, tool, cast, now=now - timedelta(days=1), outcome=outcome, conditions=conditions)
        session.flush()
        event.listen(engine, "before_cursor_execute", lambda *said: read.update(TABLES.findall(str(said[2]))))
        known = house(session, Settings())
        lookup.check(session, "quillmark", Question(at=now), known, now=now)
        followed = set(session.connection().scalars(text(TRIGGERS[engine.dialect.name])))
    assert {"tool", "alias", "verdict", "evaluation", "event", "office"} <= read
    assert read - followed <= {"sqlite_master", "information_schema", "json_each"}


@pytest.mark.both_databases
def test_each_act_on_each_table_is_news_and_only_once(engine: Engine, now: datetime) -> None:
    with transaction(engine) as session:
        tool = a_tool(session, now=now)
    trail = Trail(engine)
    try:
        for act in (
            f"UPDATE tool SET guidance = 'x' WHERE id = {tool.id}",
            f"UPDATE alias SET text = 'x' WHERE tool_id = {tool.id}",
            f"DELETE FROM alias WHERE tool_id = {tool.id}",
        ):
            assert trail.news() is None
            with engine.begin() as connection:
                connection.execute(text(act))
            news = trail.news()
            assert (news and news.tools) == {tool.id}, act
        with engine.begin() as connection:
            connection.execute(text("UPDATE unanswered SET times = 2"))
        assert trail.news() is None
    finally:
        trail.close()
