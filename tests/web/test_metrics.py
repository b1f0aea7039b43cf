"""What an operator is told, and who is told it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from opentelemetry.trace import NoOpTracer, Tracer, TracerProvider
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from sqlalchemy import Engine
from starlette.testclient import TestClient

from registry.domain.errors import InvalidInput
from registry.settings import Settings, load_settings
from registry.web import metrics
from registry.web.app import create_app
from tests.web.conftest import HandClock

TOKEN = "a-token-for-the-metrics"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def measured(settings: Settings, site_engine: Engine, clock: HandClock) -> Iterator[TestClient]:
    telling = settings.model_copy(update={"metrics_token": TOKEN})
    with TestClient(
        create_app(telling, engine=site_engine, clock=clock), raise_server_exceptions=False
    ) as client:
        yield client


def samples(text: str) -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample)
    return found


def test_metrics_are_told_to_whoever_sends_the_token(measured: TestClient) -> None:
    told = measured.get("/metrics", headers=BEARER)
    assert told.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert told.headers["cache-control"] == "no-store"
    found = samples(told.text)
    assert found["registry_database_up"][0].value == 1
    assert found["registry_log_position"][0].value > 0
    assert {
        "registry_source_lag_seconds",
        "registry_outbox_lag_seconds",
        "registry_evaluations_overdue",
    } <= set(found)
    assert found["registry_processes"][0].value == 1


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer \xe9"])
def test_nobody_else_is_told_anything(measured: TestClient, sent: str) -> None:
    refused = measured.get("/metrics", headers={"Authorization": sent.encode("latin-1")})  # type: ignore[dict-item]
    assert refused.status_code == 401
    assert "registry_" not in refused.text


def test_without_a_token_there_is_no_such_page(client: TestClient) -> None:
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_requests_are_counted_by_the_pattern_of_their_address(measured: TestClient) -> None:
    for path in ("/tools/one", "/tools/another", "/tools/a third", "/sign-in/hidden", "/a/wild/guess", "/b"):
        measured.get(path)
    measured.head("/tools")
    measured.request("BREW", "/tools")
    found = samples(measured.get("/metrics", headers=BEARER).text)
    counted = {
        (each.labels["method"], each.labels["route"], each.labels["status"]): each.value
        for each in found["registry_http_requests_total"]
    }
    assert counted == {
        ("GET", "/tools/{slug}", "404"): 3,
        ("GET", "/sign-in/{token}", "404"): 1,
        ("GET", "(none)", "404"): 2,
        ("HEAD", "/tools", "200"): 1,
        ("other", "/tools", "405"): 1,
    }
    timed = {each.labels["route"]: each.value for each in found["registry_http_request_seconds_count"]}
    assert timed["/tools/{slug}"] == 3
    assert {each.labels["verb"] for each in found["registry_database_statement_seconds_count"]} <= (
        metrics.VERBS | {"other"}
    )


def test_a_database_that_is_gone_is_told_as_that(
    measured: TestClient, site_engine: Engine, tmp_path: Path
) -> None:
    site_engine.dispose()
    for each in tmp_path.glob("registry.sqlite3*"):
        each.unlink()
    found = samples(measured.get("/metrics", headers=BEARER).text)
    assert found["registry_database_up"][0].value == 0
    assert "registry_sources" not in found


def test_an_address_of_its_own_tells_metrics_and_nothing_else() -> None:
    with metrics.listening("127.0.0.1:0", lambda: b"registry_build 1\n") as port:
        with urlopen(f"http://127.0.0.1:{port}/metrics") as told:
            assert told.read() == b"registry_build 1\n"
        with pytest.raises(HTTPError) as refused:
            urlopen(f"http://127.0.0.1:{port}/")
        assert refused.value.code == 404


def test_a_token_that_could_be_guessed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN + "\n")
    assert load_settings(metrics_token_file=tmp_path / "token").metrics_secret == TOKEN
    (tmp_path / "token").write_text("\n")
    with pytest.raises(InvalidInput, match="shorter than 16"):
        _ = load_settings(metrics_token_file=tmp_path / "token").metrics_secret
    with pytest.raises(InvalidInput, match="REGISTRY_METRICS_BIND"):
        load_settings(metrics_bind="9464")


def test_the_library_measures_nothing_for_others_though_somebody_would_listen(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class Listening(TracerProvider):
        def get_tracer(self, *_: Any, **__: Any) -> Tracer:
            asked.append("tracer")
            return NoOpTracer()

    monkeypatch.setattr("opentelemetry.trace.get_tracer_provider", Listening)
    assert client.get("/check", params={"q": "x"}).status_code == 200
    assert asked == []
