"""What answers are made of is kept while nothing is written, and no answer is older than the question."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, event

from registry.domain.lookup import AnswerCode, House, Question
from registry.domain.outcome import Outcome
from registry.domain.verdict import Scope
from registry.services.answers import lookup
from registry.services.answers.following import Following
from registry.store.columns import id_of
from registry.store.engine import make_engine, snapshot, transaction
from registry.store.tables import Tool
from tests.builders import TERMS, UTC_ZONE, a_tool, a_verdict, an_evaluation, the_cast

HOUSE = House(
    data_classes=TERMS.data_classes,
    account_types=TERMS.account_types,
    audiences=TERMS.audiences,
    zone=UTC_ZONE,
    default_rules={"": "Do not use it."},
)
AT_ONCE = replace(TERMS, undo_s=0)
Ask = Callable[..., lookup.LookUp]


@pytest.fixture
def ask(engine: Engine, now: datetime) -> Iterator[Ask]:
    """Asks as the site does, each time in a snapshot of its own."""
    clock = [now]
    following = Following(engine, lambda: clock[0])
    following.start()
    following.wait()

    def asking(query: str, at: datetime, **said: str) -> lookup.LookUp:
        clock[0] = at
        index = following.index()
        assert index is not None
        with snapshot(engine) as session:
            question = Question(at=at, **said)  # type: ignore[arg-type]
            return lookup.check(session, query, question, HOUSE, now=at, index=index)

    yield asking
    following.close()


@pytest.mark.both_databases
def test_a_verdict_that_another_process_publishes_is_in_the_next_answer(
    engine: Engine, ask: Ask, now: datetime
) -> None:
    with transaction(engine) as session:
        cast = the_cast(session, now)
        tool_id = a_tool(session, "Quillmark", now=now).id
        a_tool(session, "Inkwell", now=now)
    assert ask("quillmark", now).answer.code is AnswerCode.NOT_REVIEWED
    assert ask("inkwell", now).alternatives == ()
    other = make_engine(engine.url.render_as_string(hide_password=False))
    with transaction(other) as session:
        a_verdict(session, session.get_one(Tool, tool_id), cast, now=now, terms=AT_ONCE)
    assert ask("quillmark", now).answer.code is AnswerCode.YES
    assert [each.tool.name for each in ask("inkwell", now).alternatives] == ["Quillmark"]
    with transaction(other) as session:
        session.get_one(Tool, tool_id).guidance = "Ask first."
    found = ask("quillmark", now).tool
    assert found is not None
    assert found.guidance == "Ask first."
    other.dispose()


def test_what_is_kept_follows_the_clock_where_nothing_is_written(
    engine: Engine, ask: Ask, now: datetime
) -> None:
    with transaction(engine) as session:
        cast = the_cast(session, now)
        verdict = a_verdict(session, a_tool(session, "Quillmark", now=now), cast, now=now)
        an_evaluation(session, a_tool(session, "Inkwell", now=now), owner=cast["rosa"], now=now)
        ends = verdict.valid_until
    assert ends is not None
    last = datetime.combine(ends, now.timetz())
    moments = [now + timedelta(seconds=299), now + timedelta(seconds=300), last, last + timedelta(days=31)]
    codes = [ask("quillmark", moment).answer.code for moment in moments]
    assert codes == [AnswerCode.UNDER_REVIEW, AnswerCode.YES, AnswerCode.YES, AnswerCode.LAPSED]
    assert ask("quillmark", now + timedelta(seconds=299)).answer.code is AnswerCode.UNDER_REVIEW, "set back"
    assert ask("inkwell", last).answer.code is AnswerCode.UNDER_REVIEW


def test_each_question_about_a_tool_has_an_answer_of_its_own(engine: Engine, ask: Ask, now: datetime) -> None:
    with transaction(engine) as session:
        cast = the_cast(session, now)
        tool = a_tool(session, "Quillmark", now=now)
        a_verdict(session, tool, cast, now=now, terms=AT_ONCE, scope=Scope(data_ceiling="internal"))
    later = now + timedelta(seconds=1)
    for _ in range(2):
        assert ask("quillmark", later, data_class="public").answer.code is AnswerCode.YES
        assert ask("quillmark", later, data_class="sensitive").answer.code is AnswerCode.NO
        assert ask("quillmark", later).answer.depends_on == ("data_class",)


def test_what_was_asked_a_moment_ago_asks_nothing_of_the_store(
    engine: Engine, ask: Ask, now: datetime
) -> None:
    with transaction(engine) as session:
        cast = the_cast(session, now)
        for number in range(12):
            refused = Outcome.REJECTED if number % 2 else Outcome.APPROVED
            tool = a_tool(session, f"Tool {number}", now=now)
            a_verdict(session, tool, cast, now=now, terms=AT_ONCE, outcome=refused)
    first = ask("tool 1", now)
    assert len(first.alternatives) == lookup.MOST_ALTERNATIVES
    seen: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *said: seen.append(said[2]))
    assert ask("tool 1", now + timedelta(seconds=1)).alternatives == first.alternatives
    assert seen == []
    ask("tool 3", now + timedelta(seconds=2))
    assert len(seen) <= 8, "its alternatives are known"


@pytest.mark.both_databases
def test_what_is_written_of_another_tool_leaves_what_is_known_of_this_one(
    engine: Engine, ask: Ask, now: datetime
) -> None:
    with transaction(engine) as session:
        cast = the_cast(session, now)
        for name in ("Quillmark", "Inkwell"):
            a_verdict(session, a_tool(session, name, now=now), cast, now=now, terms=AT_ONCE)
        other = id_of(a_tool(session, "Blotter", now=now))
    for name in ("quillmark", "inkwell"):
        ask(name, now)
    with transaction(engine) as session:
        a_verdict(session, session.get_one(Tool, other), cast, now=now, terms=AT_ONCE)
    seen: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *said: seen.append(said[2]))
    for name in ("quillmark", "inkwell"):
        assert ask(name, now).answer.code is AnswerCode.YES
    assert not [each for each in seen if "verdict_condition" in each]
    assert ask("blotter", now).answer.code is AnswerCode.YES


def test_what_is_permitted_in_a_category_is_kept_until_one_of_its_tools_changes(
    engine: Engine, ask: Ask, now: datetime
) -> None:
    with transaction(engine) as session:
        cast = the_cast(session, now)
        a_tool(session, "Inkwell", now=now, category="Writing")
        alike = id_of(a_tool(session, "Quillmark", now=now, category="Writing"))
        other = id_of(a_tool(session, "Atlas", now=now, category="Maps"))
        a_verdict(session, a_tool(session, "Globe", now=now, category="Maps"), cast, now=now, terms=AT_ONCE)
    assert ask("inkwell", now).alternatives == ()
    seen: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *said: seen.append(said[2]))
    for tool_id, instead, read in ((other, [], 0), (alike, ["Quillmark"], 1)):
        with transaction(engine) as session:
            a_verdict(session, session.get_one(Tool, tool_id), cast, now=now, terms=AT_ONCE)
        seen.clear()
        assert [each.tool.name for each in ask("inkwell", now).alternatives] == instead
        assert len([each for each in seen if "FROM tool WHERE category = " in each]) == read
