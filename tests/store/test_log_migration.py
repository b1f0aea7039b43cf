"""The events of a database that knew no log are numbered as they stand, and the log says so."""

import pytest
from alembic import command
from sqlalchemy import Engine, text

from registry.services.log.verifying import verify
from registry.services.people.acting import record
from registry.store import schema
from registry.store.engine import make_engine, transaction
from tests.conftest import NOW
from tests.services.log.conftest import ROSA
from tests.store.test_schema import _bring


@pytest.mark.both_databases
def test_older_events_are_chained_without_what_was_personal_in_them(engine: Engine) -> None:
    engine = make_engine(engine.url.render_as_string(hide_password=False))
    _bring(engine, command.downgrade, "0013")
    with engine.begin() as connection:
        connection.execute(
            text(
                'INSERT INTO "user" (id, email, name, password_hash, created_at)'
                " VALUES (1, 'rosa@example.org', 'Rosa', '', '2026-11-03')"
            )
        )
        for event_id, action, after in (
            (3, "user.added", '{"email": "rosa@example.org", "name": "Rosa", "roles": ["reviewer"]}'),
            (7, "token.created", '{"of": "rosa@example.org", "name": "portal"}'),
            (5, "tool.added", '{"name": "Ké"}'),
        ):
            connection.execute(
                text(
                    "INSERT INTO event (id, at, actor_id, actor, action, subject_kind, subject_id, before, after)"
                    " VALUES (:id, '2026-11-03 14:02:00.000000', 1, 'Rosa', :action, 'x', 1, '{}', :after)"
                ),
                {"id": event_id, "action": action, "after": after},
            )
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT setval(pg_get_serial_sequence('event', 'id'), 7)"))
    schema.upgrade(engine)
    with transaction(engine) as session:
        record(session, "tool.named", ("tool", 1), by=ROSA, now=NOW)
        rows = session.connection().execute(
            text("SELECT action, after FROM log_entry JOIN event ON event.id = event_id ORDER BY number")
        )
        told = [(action, str(after)) for action, after in rows]
    assert [action for action, _ in told] == ["user.added", "tool.added", "token.created", "log.chained"]
    assert "example.org" not in str(told)
    assert "reviewer" in told[0][1]
    assert (verify(engine).sound, verify(engine).size) == (True, 5)
    engine.dispose()
