"""Triggers that are gone, changed, switched off or planted are seen."""

import json

import pytest
from sqlalchemy import Engine, text

from registry.store import guards

FRESH = guards._FRESH


@pytest.mark.both_databases
def test_what_is_stored_is_what_a_fresh_database_has(engine: Engine) -> None:
    """After a migration with triggers: put what `guards.present` gives into registry/store/guards.json."""
    with engine.connect() as connection:
        assert guards.faults(connection) == []
        stored = json.loads(FRESH.read_text("utf-8"))
        assert guards.present(connection) == stored[connection.dialect.name]


@pytest.mark.both_databases
def test_what_is_gone_changed_switched_off_or_planted_is_told(engine: Engine) -> None:
    sqlite = engine.dialect.name == "sqlite"
    acts = [
        "DROP TRIGGER event_stays" + ("" if sqlite else " ON event"),
        "DROP TRIGGER log_entry_stays" if sqlite else "ALTER TABLE log_entry DISABLE TRIGGER log_entry_stays",
        "CREATE VIEW planted AS SELECT 1 AS one",
    ]
    if sqlite:
        acts += [
            "DROP TRIGGER event_is_kept",
            "CREATE TRIGGER event_is_kept BEFORE DELETE ON event BEGIN SELECT 1; END",
            "CREATE TRIGGER foreign_one AFTER INSERT ON verdict BEGIN DELETE FROM supersession; END",
        ]
    else:
        acts += [
            "CREATE OR REPLACE FUNCTION event_is_kept() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RETURN OLD; END $$",
            "CREATE RULE foreign_one AS ON INSERT TO verdict DO ALSO DELETE FROM supersession",
        ]
    with engine.begin() as connection:
        for each in acts:
            connection.execute(text(each))
        found = " ".join(guards.faults(connection))
    assert "trigger event_stays is gone" in found
    assert ("log_entry_stays is gone" if sqlite else "log_entry_stays on log_entry is switched off") in found
    assert "event_is_kept on event does not do any more" in found
    assert "view planted on planted is not of this registry" in found
    assert "foreign_one on verdict is not of this registry" in found
