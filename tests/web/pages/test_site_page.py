import xml.etree.ElementTree as ET
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from registry.settings import Settings
from registry.web.words import HEADINGS

pytestmark = pytest.mark.usefixtures("decided")


def test_a_registry_that_is_not_public_asks_robots_to_stay_out(client: TestClient) -> None:
    assert client.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"
    assert client.get("/sitemap.xml").status_code == 404
    assert 'content="noindex"' in client.get("/").text


def test_guidance_tells_what_every_answer_means(client: TestClient) -> None:
    from registry.web.pages.site import MEANINGS

    assert set(MEANINGS) == set(HEADINGS)
    assert client.get("/guidance").status_code == client.get("/accessibility").status_code == 200


def test_no_public_page_leads_nowhere(client: TestClient) -> None:
    pages = [
        "/",
        "/check?q=murmur+notes",
        "/tools",
        "/tools/harrow-chat",
        "/verdicts",
        "/verdicts/3",
        "/feeds",
    ]
    found = {
        part.split('"')[0].replace("&amp;", "&").split("#")[0]
        for page in pages
        for part in client.get(page).text.split('href="')[1:]
    }
    for address in sorted(each for each in found if each.startswith("/")):
        assert client.get(address).status_code in (200, 303), address


def test_flaws_can_be_reported_to_nobody_until_a_setting_names_somebody(client: TestClient) -> None:
    assert client.get("/.well-known/security.txt").status_code == 404


class TestWhoHearsOfFlaws:
    @pytest.fixture(
        params=[
            ({"contact": "ask@office.example"}, "mailto:ask@office.example"),
            (
                {"contact": "ask@office.example", "security_contact": "https://office.example/flaws"},
                "https://office.example/flaws",
            ),
            ({"contact": "the help desk", "security_contact": "+1 (202) 555-0100"}, "tel:+12025550100"),
        ],
        ids=["contact", "page", "phone"],
    )
    def told(self, request: pytest.FixtureRequest) -> tuple[dict[str, str], str]:
        given: tuple[dict[str, str], str] = request.param
        return given

    @pytest.fixture
    def settings(self, tmp_path: Path, database_url: str, told: tuple[dict[str, str], str]) -> Settings:
        return Settings(
            data_dir=tmp_path,
            database_url=database_url,
            base_url="https://testserver",
            language="es",
            **told[0],  # type: ignore[arg-type]
        )

    def test_security_txt_names_them_in_the_form_of_rfc_9116(
        self, client: TestClient, told: tuple[dict[str, str], str], now: datetime
    ) -> None:
        reply = client.get("/.well-known/security.txt")
        assert reply.headers["content-type"] == "text/plain; charset=utf-8"
        assert reply.text.splitlines() == [
            f"Contact: {told[1]}",
            "Expires: 2027-02-01T00:00:00Z",
            "Preferred-Languages: es, en",
            "Canonical: https://testserver/.well-known/security.txt",
        ]
        assert now < datetime.fromisoformat("2027-02-01T00:00:00+00:00") < now + timedelta(days=366)


class TestWherePublic:
    @pytest.fixture
    def settings(self, tmp_path: Path, database_url: str) -> Settings:
        return Settings(
            data_dir=tmp_path, database_url=database_url, base_url="http://testserver", public=True
        )

    def test_robots_are_let_in_and_find_the_map(self, client: TestClient) -> None:
        told = client.get("/robots.txt").text
        assert "Disallow: /\n" not in told
        assert "Disallow: /check" in told
        assert "Sitemap: http://testserver/sitemap.xml" in told
        assert 'content="noindex"' not in client.get("/tools/quillmark").text
        assert 'content="noindex"' in client.get("/check?q=quillmark").text

    def test_the_map_lists_pages_tools_and_published_verdicts(self, client: TestClient) -> None:
        urls = {each.text for each in ET.fromstring(client.get("/sitemap.xml").text).iter() if each.text}
        assert {"http://testserver/tools/quillmark", "http://testserver/verdicts/7"} <= urls
        assert "http://testserver/verdicts/8" not in urls
