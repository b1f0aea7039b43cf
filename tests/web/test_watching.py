"""Log lines for machines: each request by its id and the pattern of its address, and no secret in any of them."""

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.testclient import TestClient

from registry.cli.logs import JsonLines, TextLines
from registry.settings import Settings
from registry.web.app import create_app
from tests.web.conftest import HandClock


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, object]]]]:
    """What was logged so far, at every level."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # the test's own client tells of its requests
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.fixture
def app(settings: Settings, site_engine: Engine, clock: HandClock) -> FastAPI:
    return create_app(settings.model_copy(update={"log_format": "json"}), engine=site_engine, clock=clock)


def test_a_request_is_one_line_that_names_the_person_by_number(
    as_: Callable[[str], TestClient], cast: dict[str, int], lines: Callable[[], list[dict[str, object]]]
) -> None:
    reply = as_("reviewer").get("/tools/quillmark?q=private+words")
    (line,) = [each for each in lines() if each["event"] == "request"]
    assert line == {
        "time": line["time"],
        "level": "info",
        "event": "request",
        "logger": "registry.requests",
        "request_id": reply.headers["x-request-id"],
        "method": "GET",
        "route": "/tools/{slug}",
        "status": 404,
        "ms": line["ms"],
        "user": cast["Rosa"],
    }


def test_a_failure_has_a_line_with_its_id_and_its_traceback(
    app: FastAPI, client: TestClient, lines: Callable[[], list[dict[str, object]]]
) -> None:
    @app.get("/break/{secret}")
    def break_down(secret: str) -> None:
        raise ZeroDivisionError

    reply = client.get("/break/hidden-value")
    (failed,) = [each for each in lines() if each["level"] == "error"]
    assert failed["request_id"] == reply.headers["x-request-id"]
    assert "ZeroDivisionError" in str(failed["traceback"])
    assert "/break/{secret}" in str(failed["event"])
    assert "hidden-value" not in json.dumps(lines())


@pytest.mark.parametrize("form", [JsonLines(), TextLines("%(message)s")])
def test_no_text_begins_a_line_of_its_own(form: logging.Formatter) -> None:
    told = "odd\r\n2026-11-03 ERROR everything is well"
    record = logging.LogRecord("registry", logging.INFO, "", 0, "fault=%s", (told,), None)
    assert len(form.format(record).splitlines()) == 1
