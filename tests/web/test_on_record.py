"""The watch over all tests of the site does see what would leave no event."""

from collections.abc import Callable

from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient

from registry.web.deps import Tx
from tests.web.on_record import watching


def test_what_is_written_without_an_event_is_seen(app: FastAPI, as_: Callable[[str], TestClient]) -> None:
    def rename(tx: Tx) -> None:
        tx.execute(text("UPDATE office SET name = 'Other'"))

    app.post("/nothing-recorded")(rename)
    with watching() as found:
        admin = as_("admin")
        assert admin.post("/nothing-recorded").status_code == 200
        assert found == ["office written without an event"]
        found.clear()
        added = {"email": "new@example.org", "name": "New", "roles": "employee"}
        assert admin.post("/people", data=added).status_code in (200, 303)
        assert found == []
