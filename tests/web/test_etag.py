"""Conditional replies, after RFC 9110."""

from datetime import datetime

import pytest
from fastapi import FastAPI, Request, Response
from starlette.testclient import TestClient

from registry.web.etag import conditional

BODY = b"<feed/>"


@pytest.fixture
def reader(now: datetime) -> TestClient:
    app = FastAPI()

    @app.get("/feed")
    def feed(request: Request) -> Response:
        return conditional(request, BODY, "application/atom+xml", changed_at=now, headers={"Vary": "Accept"})

    return TestClient(app)


def test_who_has_the_bytes_already_gets_none(reader: TestClient) -> None:
    first = reader.get("/feed")
    again = reader.get("/feed", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for name in ("etag", "cache-control", "vary", "last-modified"):
        assert again.headers[name] == first.headers[name]


@pytest.mark.parametrize("known", ["*", "W/{}", '"other", {}'])
def test_tags_are_compared_weakly_and_in_lists(reader: TestClient, known: str) -> None:
    tag = reader.get("/feed").headers["etag"]
    assert reader.get("/feed", headers={"If-None-Match": known.format(tag)}).status_code == 304


def test_another_tag_gets_the_bytes_even_where_the_date_would_do(reader: TestClient) -> None:
    since = reader.get("/feed").headers["last-modified"]
    asked = {"If-None-Match": '"other"', "If-Modified-Since": since}
    assert reader.get("/feed", headers=asked).status_code == 200


@pytest.mark.parametrize(
    ("since", "status"),
    [
        ("Tue, 03 Nov 2026 14:02:00 GMT", 304),
        ("Tue, 03 Nov 2026 14:01:59 GMT", 200),
        ("no date at all", 200),
        ("Tue, 03 Nov 2026 14:02:00 -0000", 200),
    ],
)
def test_a_date_alone_is_compared_to_the_second(reader: TestClient, since: str, status: int) -> None:
    assert reader.get("/feed", headers={"If-Modified-Since": since}).status_code == status
