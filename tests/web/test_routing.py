from collections.abc import AsyncIterator
from threading import Barrier, Thread
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select
from sqlmodel import Session

from registry.store.reading import Snapshot
from registry.web import routing
from registry.web.routing import LateRoute, page_router


def of_two() -> tuple[APIRouter, list[LateRoute]]:
    router = page_router("/things")

    @router.get("/{number}")
    def show(number: int) -> dict[str, int]:
        return {"number": number}

    @router.post("/{number}")
    def change(number: int) -> dict[str, int]:
        return {"number": number}

    return router, [route for route in router.routes if isinstance(route, LateRoute)]


def test_a_route_is_read_when_it_is_first_asked_for_and_no_other_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(routing, "OPEN", frozenset({"GET /things/{number}"}))
    router, (shown, changed) = of_two()
    assert "dependant" not in shown.__dict__
    app = FastAPI()
    app.router.routes.extend(router.routes)
    assert TestClient(app).get("/things/7").json() == {"number": 7}
    assert "dependant" in shown.__dict__
    assert "dependant" not in changed.__dict__


def test_many_who_ask_for_a_route_at_once_find_it_whole() -> None:
    _, (route, _) = of_two()
    begin, found = Barrier(8), []

    def ask() -> None:
        begin.wait()
        found.append((route.app, route.dependant))

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len({id(app) for app, _ in found}) == 1


def test_what_a_route_does_not_have_is_told_as_of_any_object() -> None:
    _, (route, _) = of_two()
    assert not hasattr(route, "colour")
    assert route.dependant.path_params[0].name == "number"


def test_what_was_read_from_is_closed_before_the_handlers_thread_is_left(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routing, "OPEN", frozenset({"GET /things"}))
    router, order = page_router("/things"), list[str]()

    class Watched(Snapshot):
        def close(self) -> None:
            if self.in_transaction():
                order.append("closed")
            super().close()

    async def opened() -> AsyncIterator[Session]:
        with Watched(engine) as session:
            yield session
            order.append("given back")

    @router.get("")
    def show(read: Annotated[Session, Depends(opened)]) -> int:
        return read.execute(select(1)).scalar_one()

    app = FastAPI()
    app.router.routes.extend(router.routes)
    assert TestClient(app).get("/things").json() == 1
    assert order == ["closed", "given back"]
