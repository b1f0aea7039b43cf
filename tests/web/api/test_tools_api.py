"""Tags and names of a tool in the API: under the page's rules, on the version that was read."""

from datetime import datetime

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from registry.store.engine import transaction
from tests.builders import a_tool
from tests.web.api.conftest import Program

AT = "/api/v1/tools/quillmark"


@pytest.fixture(autouse=True)
def _tools(site_engine: Engine, now: datetime) -> None:
    with transaction(site_engine) as session:
        a_tool(session, now=now)
        a_tool(session, "Murmur Notes", now=now, tagged=("offline",))


def test_a_program_tags_a_tool_on_the_version_that_it_read(program: Program, client: TestClient) -> None:
    rosa, read = program("Rosa", "read", "triage"), client.get(AT)
    assert (read.json()["tags"], read.headers["etag"][:2]) == ([], '"1')
    sent = {"tags": ["Open Source"], "aliases": ["quill.example"]}
    done = rosa.post(f"{AT}/edit", json=sent, headers={"If-Match": read.headers["etag"]})
    assert (done.json()["tags"], done.json()["aliases"]) == (["open-source"], ["Quillmark", "quill.example"])
    assert rosa.post(f"{AT}/edit", json={"tags": []}, headers={"If-Match": '"1"'}).status_code == 412
    back = client.get(AT).json()
    assert rosa.post(f"{AT}/edit", json={"aliases": back["aliases"]}).json() == back, "as it was told"
    assert [each["slug"] for each in client.get("/api/v1/tools?tag=open-source").json()["items"]] == [
        "quillmark"
    ]
    assert [each["tags"] for each in client.get("/api/v1/tools").json()["items"]] == [
        ["offline"],
        ["open-source"],
    ]


def test_what_is_no_tag_is_a_problem_that_names_the_field(program: Program) -> None:
    reply = program("Amir", "triage").post(f"{AT}/edit", json={"tags": ["!!!"], "aliases": ["Murmur Notes"]})
    assert reply.status_code == 422
    assert "is no tag" in reply.text
    assert "belongs to" in reply.text
