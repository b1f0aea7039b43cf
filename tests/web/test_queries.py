"""How many queries a page asks: the same for few as for many."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from unittest.mock import patch

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, event
from starlette.testclient import TestClient

from registry.domain.library import as_condition
from registry.domain.outcome import Outcome
from registry.services.decisions import library
from registry.store.engine import transaction
from registry.store.plain import Plain, Row
from tests.builders import a_tool, a_verdict, an_evaluation, scored, the_cast
from tests.web.remembered import memory_of

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

    def noted(plain: Plain, statement: str, given: Sequence[object]) -> Iterator[list[Row]]:
        if type(plain) is Plain:  # those of a session are told to its engine's listeners
            said.append(statement)
        return as_it_is(plain, statement, given)

    as_it_is = Plain.parts
    event.listen(engine, "before_cursor_execute", note)
    try:
        with patch.object(Plain, "parts", noted):
            yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


def asked(client: TestClient, engine: Engine, pages: Sequence[str] = PAGES) -> dict[str, int]:
    counts = {}
    for page in pages:
        with counting(engine) as said:
            assert client.get(page).status_code == 200, page
        counts[page] = len(said)
    return counts


@pytest.mark.filterwarnings("default")
@pytest.mark.counts_requests
def test_a_page_asks_no_more_queries_for_twelve_tools_than_for_three(
    client: TestClient, app: FastAPI, site_engine: Engine, now: datetime
) -> None:
    before = now - timedelta(days=3)
    with transaction(site_engine) as session:
        cast = the_cast(session, before)
        for number in range(3):
            a_verdict(session, a_tool(session, f"Tool {number:02}", now=before), cast, now=before)
    few = asked(client, site_engine)
    with transaction(site_engine) as session:
        for number in range(3, 12):
            a_verdict(session, a_tool(session, f"Tool {number:02}", now=before), cast, now=before)
    memory_of(app)._held.clear()
    many = asked(client, site_engine)
    print("\n" + "\n".join(f"{count:3} {page}" for page, count in many.items()))
    assert not {page for page, count in many.items() if count > few[page]}  # what is followed asks less


@pytest.mark.filterwarnings("default")
def test_the_desk_of_an_approver_asks_as_many_queries_for_twelve_verdicts_as_for_three(
    as_: Callable[[str], TestClient], site_engine: Engine, now: datetime
) -> None:
    before = now - timedelta(days=3)
    with transaction(site_engine) as session:
        cast = the_cast(session, before)
        tool = a_tool(session, now=before)
        case = an_evaluation(
            session, tool, owner=cast["rosa"], reviewers=(cast["rosa"], cast["ravi"]), now=before
        )
        for name in ("rosa", "ravi"):
            scored(session, case, cast[name], now=before, R5="3")
        pages = (
            "/conditions",
            "/conditions/1",
            f"/evaluations/{case.id}/decide",
            "/tools/quillmark/quick-no",
        )
    amir = as_("Amir")

    def decided(numbers: range) -> None:
        with transaction(site_engine) as session:
            for number in numbers:
                wording = replace(library.starter()[0], text=f"Do as rule {number:02} says.")
                wording = replace(wording, mitigates=frozenset({"R5"}))
                library.add(session, wording, by=cast["amir"], now=before)
                a_verdict(
                    session,
                    a_tool(session, f"Tool {number:02}", now=before),
                    cast,
                    now=before,
                    outcome=Outcome.APPROVED_WITH_CONDITIONS,
                    conditions=(as_condition(wording, wording_id=1, on=before.date()),),
                )

    decided(range(3))
    asked(amir, site_engine, pages)  # what is read once and then remembered is no page's own
    few = asked(amir, site_engine, pages)
    decided(range(3, 12))
    many = asked(amir, site_engine, pages)
    print("\n" + "\n".join(f"{count:3} {page}" for page, count in many.items()))
    assert many == few
