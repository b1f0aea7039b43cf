"""The answer in a frame of another site: only where the office names that site, without scripts, never by accident."""

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from registry.settings import Settings
from registry.web.app import create_app

pytestmark = pytest.mark.usefixtures("decided")


def framers(policy: str) -> str:
    return next(part.strip() for part in policy.split(";") if part.strip().startswith("frame-ancestors"))


def test_only_the_answer_may_be_framed_and_only_by_the_sites_named(
    settings: Settings, site_engine: Engine
) -> None:
    named = settings.model_copy(update={"embed_sites": ("https://intranet.example",)})
    with TestClient(create_app(named, engine=site_engine)) as client:
        reply = client.get("/embed?q=quillmark")
        assert (
            framers(reply.headers["content-security-policy"])
            == "frame-ancestors 'self' https://intranet.example"
        )
        assert "x-frame-options" not in reply.headers
        for path in ("/", "/check?q=quillmark", "/login"):
            other = client.get(path).headers
            assert framers(other["content-security-policy"]) == "frame-ancestors 'none'"
            assert other["x-frame-options"] == "DENY"


def test_where_no_site_is_named_only_we_ourselves_may_frame_it(client: TestClient) -> None:
    policy = client.get("/embed?q=quillmark").headers["content-security-policy"]
    assert framers(policy) == "frame-ancestors 'self'"


def test_it_holds_the_answer_and_a_way_to_the_whole_of_it(client: TestClient) -> None:
    shown = client.get("/embed?q=murmur notes").text
    assert '<h1 id="answer">Yes, if you meet 2 conditions</h1>' in shown
    assert 'href="http://testserver/check?q=murmur+notes" target="_top"' in shown
    assert "<script" not in shown


def test_a_near_name_is_asked_back_within_the_frame(client: TestClient) -> None:
    shown = client.get("/embed?q=quilmark").text
    assert 'Did you mean <a href="/embed?q=Quillmark">Quillmark</a>?' in shown


def test_what_it_does_not_know_is_said_in_the_frame(client: TestClient) -> None:
    reply = client.get("/embed?q=quillmark&office=moon")
    assert reply.status_code == 422
    assert 'role="alert"' in reply.text
    assert client.get("/embed").status_code == 200


@pytest.mark.parametrize(
    "site", ["intranet.example", "https://a.example/path", "https://a.example; script-src *", "'none'"]
)
def test_a_setting_that_is_no_site_is_refused(site: str) -> None:
    with pytest.raises(ValueError, match="is no site"):
        Settings(embed_sites=site)  # type: ignore[arg-type]
