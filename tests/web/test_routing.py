from threading import Barrier, Thread

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient

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
