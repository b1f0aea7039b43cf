"""Each request has an id, by which a person and the log speak of the same one."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from registry.settings import Settings
from registry.store.engine import make_engine
from registry.web.app import create_app
from registry.web.request_id import FORM

Browse = Callable[[], TestClient]
GIVEN = "from-the-proxy-1"


def test_every_reply_names_its_request_and_no_two_the_same(client: TestClient) -> None:
    asked = ["/", "/healthz", "/no/such", "/api/v1/check?q=x", "/api/v1/check?q=x", "/feeds/verdicts.atom"]
    ids = [client.get(path).headers["x-request-id"] for path in [*asked, "/feeds/verdicts.atom"]]
    assert all(FORM.fullmatch(each.encode()) for each in ids)
    assert len(set(ids)) == len(ids)


def test_an_error_tells_the_id_on_the_page_and_in_the_problem_document(client: TestClient) -> None:
    page, problem = client.get("/no/such"), client.get("/api/v1/no/such")
    assert f"<code>{page.headers['x-request-id']}</code>" in page.text
    assert problem.json()["request_id"] == problem.headers["x-request-id"]


@pytest.mark.parametrize(
    "refused",
    [
        {"method": "POST", "url": "/theme", "headers": {"Sec-Fetch-Site": "cross-site"}},
        {"method": "DELETE", "url": "/"},
        {"method": "GET", "url": "/", "headers": {"Host": "elsewhere.example"}},
        {"method": "POST", "url": "/theme", "content": b"theme=" + b"x" * 2_000_000},
    ],
)
def test_so_does_what_is_refused_before_any_page_is_asked(client: TestClient, refused: dict) -> None:  # type: ignore[type-arg]
    reply = client.request(**refused)
    assert reply.status_code >= 400
    assert len(reply.headers.get_list("x-request-id")) == 1


def test_nobody_else_may_name_a_request(client: TestClient) -> None:
    assert client.get("/", headers={"X-Request-Id": GIVEN}).headers["x-request-id"] != GIVEN


@pytest.fixture
def behind_a_proxy(settings: Settings) -> FastAPI:
    """The site with a trusted proxy at the test client's own address."""
    trusting = settings.model_copy(update={"trusted_proxies": ("testclient",)})
    return create_app(trusting, engine=make_engine(settings.resolved_database_url))


@pytest.mark.parametrize(
    ("given", "taken"),
    [(GIVEN, True), ("short", False), ("x" * 65, False), ("<b>12345678</b>", False), ("two words 12", False)],
)
def test_a_trusted_proxy_names_a_request_in_letters_figures_and_dashes(
    behind_a_proxy: FastAPI, given: str, taken: bool
) -> None:
    reply = TestClient(behind_a_proxy).get("/healthz", headers={"X-Request-Id": given})
    assert (reply.headers["x-request-id"] == given) is taken


def test_a_proxy_that_is_not_trusted_names_none(settings: Settings) -> None:
    trusting = settings.model_copy(update={"trusted_proxies": ("10.0.0.1",)})
    app = create_app(trusting, engine=make_engine(settings.resolved_database_url))
    headers = {"X-Request-Id": GIVEN, "X-Forwarded-For": "10.0.0.1"}
    assert TestClient(app).get("/healthz", headers=headers).headers["x-request-id"] != GIVEN
