"""What an answer is read from leaves a trail: no table of it can be written unseen."""

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, event, text
from sqlmodel import SQLModel

from registry.domain.lookup import Question
from registry.domain.outcome import Outcome
from registry.domain.proposal import Announcer, EntryKind
from registry.services.answers import lookup
from registry.services.people.house import house
from registry.settings import Settings
from registry.store.changes import ANY, Trail
from registry.store.columns import id_of
from registry.store.engine import make_engine, transaction
from registry.store.tables import Candidate, Entry, Mention, Source
from tests.builders import a_condition, a_tool, a_verdict, the_cast
from tests.postgres import Postgres
from tests.web.remembered import followed

EVENT = (
    "INSERT INTO event (at, actor, action, subject_kind, subject_id, before, after)"
    " VALUES ('2026-11-03 14:02:00', 'x', 'x.y', '{kind}', {id}, '{{}}', '{{}}')"
)
TABLES = re.compile(r'(?:FROM|JOIN) "?(\w+)"?')
SHOWN_NOWHERE = {
    "api_token", "assignment", "candidate_label", "code_wanted", "delegation", "delivery", "difference",
    "entry_revision", "fetch", "follower", "intake_rule", "interest", "kept_reply", "library_condition",
    "library_wording", "log_head", "moderation", "office_column", "proposed_condition", "provider_sign_in",
    "read_mark", "recovery_code", "reference_attempt", "reference_case", "reference_score", "remark",
    "reopening", "report", "request", "rescore", "saved_filter", "scorecard", "scorecard_knock_out",
    "scorecard_rating", "second_factor", "second_reading", "sign_in_failure", "sign_in_link", "told_notice",
    "tool_change", "triage_act", "triage_step", "unanswered", "user", "user_area", "user_identity",
    "user_office", "user_role", "user_session", "vendor_contact", "webhook", "work_told",
}  # fmt: skip
"""Tables that no page is read from that is given to everybody from memory; tests/web/remembered.py sees to it."""
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


@pytest.mark.both_databases
def test_a_table_is_on_the_trail_or_shows_nowhere(engine: Engine) -> None:
    on_trail = followed(engine)
    assert {"verdict", "tool", "mention", "rubric_in_force"} <= on_trail
    assert not on_trail & SHOWN_NOWHERE
    unknown = set(SQLModel.metadata.tables) - on_trail - SHOWN_NOWHERE
    assert not unknown, "say what changes of it, or that it shows nowhere"


@pytest.mark.both_databases
def test_what_pages_show_beside_answers_is_news_of_its_tool(engine: Engine, now: datetime) -> None:
    with transaction(engine) as session:
        cast, tool, other = (
            the_cast(session, now),
            a_tool(session, now=now),
            a_tool(session, "Murmur", now=now),
        )
        verdict = a_verdict(session, tool, cast, now=now)
        source = Source(
            name="News", url="https://news.example/feed", announcer=Announcer.NEWS, created_at=now
        )
        session.add(source)
        session.flush()
        entry = Entry(
            source_id=id_of(source), key="k", second_key="k", seen_at=now, content_hash="1", kind=EntryKind.TOOL,
            extractor_version="1",
        )  # fmt: skip
        candidates = [
            Candidate(name=name, name_key=name, seen_at=now, tool_id=its)
            for name, its in (("a", None), ("b", id_of(tool)))
        ]
        session.add_all([entry, *candidates])
        session.flush()
        of_nothing, of_tool = map(id_of, candidates)
        told = {"entry_id": id_of(entry), "first_candidate_id": of_nothing, "at": now}
        session.add(Mention(candidate_id=of_nothing, **told))
    rubric = "SELECT max(content_hash) FROM rubric_file"
    trail = Trail(engine)
    try:
        for act, concerned in (
            ("UPDATE entry SET title = 'New'", None),
            ("UPDATE source SET failures = 1, answered_url = answered_url", None),
            (f"UPDATE candidate SET note = 'x' WHERE id = {of_tool}", None),
            (f"UPDATE mention SET candidate_id = {of_tool}", {tool.id}),
            ("UPDATE entry SET title = 'Newer'", {tool.id}),
            (f"UPDATE candidate SET tool_id = {other.id} WHERE id = {of_tool}", {tool.id, other.id}),
            ("DELETE FROM mention", {other.id}),
            ("UPDATE source SET name = 'Other'", {ANY}),
            ("UPDATE rubric_in_force SET since = since", {ANY}),
            (f"UPDATE rubric_file SET name = 'x' WHERE content_hash = ({rubric})", {ANY}),
            ("UPDATE notice_book SET swept_at = NULL", None),
            ("UPDATE notice_book SET authority = 'x.example'", {ANY}),
            (EVENT.format(kind="tool", id=tool.id), {tool.id}),
            (EVENT.format(kind="candidate", id=1), None),
            (EVENT.format(kind="verdict", id=verdict.id), {tool.id}),
            ("INSERT INTO log_entry SELECT -1, max(id), '' FROM event", {tool.id}),
            (
                "UPDATE event SET actor = 'Nobody' WHERE actor_id IS NOT NULL AND subject_kind = 'verdict'",
                {tool.id},
            ),
        ):
            assert trail.news() is None
            with engine.begin() as connection:
                connection.execute(text(act))
            news = trail.news()
            assert (news and news.concerned) == concerned, act
    finally:
        trail.close()


def test_what_was_written_is_looked_for_by_an_index_however_short_the_trail_was(postgres: Postgres) -> None:
    with postgres.database() as url:
        engine = make_engine(url)
        with engine.begin() as connection:
            short = "SELECT 0, false, number FROM generate_series(1, 50) AS number"
            connection.execute(text(f"INSERT INTO tool_change (tool_id, named, xid) {short}"))
            connection.execute(text("ANALYZE tool_change"))
        trail = Trail(engine)
        plan = str(trail._rows("EXPLAIN EXECUTE tool_changes (8000, '8000:8000:')"))
        trail.close()
        engine.dispose()
    assert "ix_tool_change_xid" in plan
    assert "Seq Scan" not in plan
