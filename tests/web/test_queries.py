"""How many queries a public page asks: the same for few tools as for many."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from sqlalchemy import Engine, event
from starlette.testclient import TestClient

from registry.store.engine import transaction
from tests.builders import a_tool, a_verdict, the_cast

PAGES = (
    "/",
    "/check?q=tool+00",
    "/check?q=toll+0",
    "/tools",
    "/tools/tool-00",
    "/verdicts",
    "/verdicts/1",
    "/verdicts.csv",
    "/feeds/verdicts.atom",
    "/tools/tool-00/verdicts.atom",
    "/feeds",
    "/suggest?q=tool",
)


@contextmanager
def counting(engine: Engine) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "INSERT", "UPDATE")):
            said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


def asked(client: TestClient, engine: Engine) -> dict[str, int]:
    counts = {}
    for page in PAGES:
        with counting(engine) as said:
            assert client.get(page).status_code == 200, page
        counts[page] = len(said)
    return counts


@pytest.mark.filterwarnings("default")
def test_a_page_asks_as_many_queries_for_thirty_tools_as_for_three(
    client: TestClient, site_engine: Engine, now: datetime
) -> None:
    from datetime import timedelta

    before = now - timedelta(days=3)
    with transaction(site_engine) as session:
        cast = the_cast(session, before)
        for number in range(3):
            a_verdict(session, a_tool(session, f"Tool {number:02}", now=before), cast, now=before)
    few = asked(client, site_engine)
    with transaction(site_engine) as session:
        for number in range(3, 30):
            a_verdict(session, a_tool(session, f"Tool {number:02}", now=before), cast, now=before)
    many = asked(client, site_engine)
    print("\n" + "\n".join(f"{count:3} {page}" for page, count in many.items()))
    assert many == few
