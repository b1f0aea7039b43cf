"""How a refusal is told: a problem document to programs, a page to people."""

from collections.abc import Callable
from http import HTTPStatus

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from registry.domain import errors
from registry.domain.errors import InvalidInput, RegistryError
from registry.settings import Settings
from registry.web.app import create_app
from registry.web.deps import SignedIn
from registry.web.errors import STATUSES, status_of

PROBLEM = "application/problem+json"


@pytest.fixture
def failing(app: FastAPI) -> FastAPI:
    """The site with addresses that fail on purpose."""

    def invalid() -> None:
        raise InvalidInput("It cannot be taken.", {"name": "Give a name."})

    def broken() -> None:
        raise RuntimeError("the password is hunter2")

    def someone(user: SignedIn) -> str:
        return user.name

    def number(number: int) -> int:
        return number

    for prefix in ("/api/v1", "/pages"):
        app.add_api_route(f"{prefix}/invalid", invalid)
        app.add_api_route(f"{prefix}/broken", broken)
        app.add_api_route(f"{prefix}/someone", someone)
        app.add_api_route(f"{prefix}/number", number)
        app.add_api_route(f"{prefix}/number/{{number}}", number)
    return app


@pytest.fixture
def browser(failing: FastAPI, browse: Callable[[], TestClient]) -> TestClient:
    return browse()


@pytest.mark.parametrize("kind", RegistryError.__subclasses__())
def test_every_refusal_has_its_status_in_the_table(kind: type[RegistryError]) -> None:
    assert kind in STATUSES


def test_a_child_of_a_refusal_has_its_parents_status() -> None:
    class Sharper(errors.NotFound):
        pass

    assert status_of(Sharper("x")) == 404


def test_a_program_gets_a_problem_document_with_code_and_faults(browser: TestClient) -> None:
    reply = browser.get("/api/v1/invalid")
    assert (reply.status_code, reply.headers["content-type"]) == (422, PROBLEM)
    assert reply.json() == {
        "type": "about:blank",
        "title": HTTPStatus(422).phrase,
        "status": 422,
        "detail": "It cannot be taken.",
        "code": "invalid_input",
        "faults": {"name": "Give a name."},
        "request_id": reply.headers["x-request-id"],
    }


def test_a_person_gets_a_page_that_says_what_happened(browser: TestClient) -> None:
    reply = browser.get("/pages/invalid")
    assert reply.status_code == 422
    assert reply.headers["content-type"].startswith("text/html")
    assert "It cannot be taken." in reply.text


def test_a_page_gives_json_where_only_json_is_accepted(browser: TestClient) -> None:
    reply = browser.get("/pages/invalid", headers={"Accept": "application/json"})
    assert reply.headers["content-type"] == PROBLEM


def test_who_is_not_signed_in_is_led_to_the_sign_in_and_back(browser: TestClient) -> None:
    reply = browser.get("/pages/someone?a=1&b=2")
    assert reply.status_code == 303
    assert reply.headers["location"] == "/login?next=%2Fpages%2Fsomeone%3Fa%3D1%26b%3D2"


def test_a_program_that_is_not_signed_in_is_told_how(browser: TestClient) -> None:
    reply = browser.get("/api/v1/someone")
    assert (reply.status_code, reply.headers["www-authenticate"]) == (401, "Bearer")
    assert reply.json()["code"] == "not_signed_in"


def test_an_unknown_page_and_an_unknown_address_of_the_api_are_404(browser: TestClient) -> None:
    page, answer = browser.get("/no/such"), browser.get("/api/v1/no/such")
    assert (page.status_code, answer.status_code) == (404, 404)
    assert "There is no such page" in page.text
    assert answer.json()["code"] == "not_found"


def test_a_number_in_an_address_that_is_none_is_404(browser: TestClient) -> None:
    assert browser.get("/pages/number/seven").status_code == 404


def test_a_parameter_that_cannot_be_taken_is_told_by_name(browser: TestClient) -> None:
    reply = browser.get("/api/v1/number?number=seven")
    assert reply.status_code == 422
    assert set(reply.json()["faults"]) == {"number"}


def test_a_wrong_method_is_told_which_one_is_right(browser: TestClient) -> None:
    reply = browser.delete("/api/v1/invalid")
    assert (reply.status_code, reply.headers["allow"]) == (405, "GET, HEAD")
    assert reply.json()["detail"] == "This address does not take DELETE requests; it takes GET, HEAD."


@pytest.mark.parametrize("path", ["/pages/broken", "/api/v1/broken"])
def test_an_unexpected_error_tells_a_reference_and_nothing_of_its_inside(
    browser: TestClient, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    reply = browser.get(path)
    assert reply.status_code == 500
    assert "hunter2" not in reply.text
    assert "RuntimeError" not in reply.text
    assert "content-security-policy" in reply.headers
    named = next(record.args[0] for record in caplog.records if "request failed" in record.message)
    assert named == reply.headers["x-request-id"]
    assert named in reply.text


@pytest.mark.parametrize(
    ("who", "way", "sent", "field"),
    [
        ("Emil", "/requests", '{"name": "Inkpost", "purpose": "Letters \\ud800"}', "purpose"),
        ("Ada", "/offices", '{"name": "Ink\\udfffpost"}', "name"),
        ("Rosa", "/evaluations", '{"tool": "x", "use": {"purpose": ["\\ud800"]}}', "use.purpose.0"),
        ("Ada", "/people", '{"na\\ud800me": "Mina"}', "na?me"),
    ],
)
def test_half_a_letter_is_refused_wherever_the_api_writes(
    as_: Callable[[str], TestClient], who: str, way: str, sent: str, field: str
) -> None:
    reply = as_(who).post(f"/api/v1{way}", content=sent, headers={"Content-Type": "application/json"})
    assert (reply.status_code, reply.headers["content-type"]) == (422, PROBLEM)
    assert "half of a letter" in reply.json()["faults"][field]


def test_whole_letters_are_taken_however_they_are_written(as_: Callable[[str], TestClient]) -> None:
    sent = '{"name": "Inkpost", "purpose": "Letters \\ud83d\\ude00"}'
    reply = as_("Emil").post("/api/v1/requests", content=sent, headers={"Content-Type": "application/json"})
    assert reply.status_code == 201


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("q=", "Write something here."),
        ("q=%20", "Write something here."),
        (f"q={'x' * 2001}", "At most 2000 characters"),
    ],
)
def test_a_text_too_short_or_too_long_is_told_as_a_text(browser: TestClient, address: str, told: str) -> None:
    assert told in browser.get(f"/api/v1/check?{address}").json()["faults"]["q"]


def test_the_title_of_a_problem_is_said_in_the_language_of_the_house_and_its_code_never(
    settings: Settings,
) -> None:
    with TestClient(create_app(settings.model_copy(update={"language": "es"}))) as spanish:
        told = spanish.get("/api/v1/nowhere").json()
    assert (told["type"], told["title"], told["code"]) == ("about:blank", "No encontrado", "not_found")
