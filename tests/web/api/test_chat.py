"""May I use it, asked in Slack or Teams: answered where it is signed with our secret, and nowhere else."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from sqlalchemy import Engine
from sqlmodel import Session
from starlette.testclient import TestClient

from registry.settings import Settings
from registry.web.app import create_app
from registry.web.chat import slack_signed
from tests.builders import a_tool
from tests.web.conftest import HandClock

SLACK, TEAMS = (
    "8f742231b10e8888abcd99yyyzzz85a5",
    base64.b64encode(b"thirty-two bytes of a Teams token").decode(),
)


@pytest.fixture
def chat(settings: Settings, site_engine: Engine, clock: HandClock):
    with Session(site_engine) as session:
        a_tool(session, "Quillmark & Sons", now=clock.now)
        session.commit()
    told = settings.model_copy(update={"slack_secret": SLACK, "teams_secret": TEAMS})
    with TestClient(create_app(told, engine=site_engine, clock=clock)) as client:
        yield client


def slack(client: TestClient, text: str, *, at: float, secret: str = SLACK, body: bytes | None = None):
    signed = urlencode({"command": "/may-i-use", "text": text, "user_id": "U1"}).encode()
    digest = hmac.new(secret.encode(), b"v0:%d:%s" % (at, signed), hashlib.sha256).hexdigest()
    headers = {
        "X-Slack-Request-Timestamp": str(int(at)),
        "X-Slack-Signature": "v0=" + digest,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return client.post("/api/v1/chat/slack", content=body or signed, headers=headers)


def teams(client: TestClient, text: object, *, secret: str = TEAMS):
    body = json.dumps({"type": "message", "text": text}).encode()
    digest = hmac.new(base64.b64decode(secret), body, hashlib.sha256).digest()
    headers = {
        "Authorization": "HMAC " + base64.b64encode(digest).decode(),
        "Content-Type": "application/json",
    }
    return client.post("/api/v1/chat/teams", content=body, headers=headers)


def test_the_signature_of_slack_is_that_of_its_own_example() -> None:
    # Source: "Verifying requests from Slack", the worked example there.
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
        b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
        b"%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121"
        b".803a0bc887a14d10d2c447fce8b6703c"
    )
    signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    at = datetime.fromtimestamp(1531420618, UTC)
    assert slack_signed(body, timestamp="1531420618", signature=signature, secret=SLACK, now=at)


def test_slack_gets_the_answer_for_the_asker_alone(chat: TestClient, clock: HandClock) -> None:
    told = slack(chat, "quillmark & sons", at=clock.now.timestamp()).json()
    assert told["response_type"] == "ephemeral"
    assert told["text"].startswith("*Not yet reviewed* – Quillmark &amp; Sons\n")
    assert told["text"].endswith("<http://testserver/check?q=quillmark+%26+sons|The whole answer>")


def test_what_slack_makes_a_link_of_is_asked_by_where_it_leads(chat: TestClient, clock: HandClock) -> None:
    for text in (
        "<https://quillmark-sons.example/a>",
        "<https://quillmark-sons.example|a name>",
    ):
        told = slack(chat, text, at=clock.now.timestamp()).json()["text"]
        assert told.endswith("|The whole answer>")
        assert "q=https%3A%2F%2Fquillmark-sons.example" in told
    told = slack(chat, "<https://elsewhere.example|quillmark & sons>", at=clock.now.timestamp()).json()[
        "text"
    ]
    assert told.startswith("*We don’t know this tool*")


def test_teams_gets_it_without_the_name_that_was_called(chat: TestClient) -> None:
    told = teams(chat, "<p><at>Registry</at>&nbsp;quillmark &amp; sons</p>\n").json()
    assert told["type"] == "message"
    assert told["text"].startswith("**Not yet reviewed** – Quillmark & Sons\n\n")


def test_a_near_name_is_a_question_back(chat: TestClient, clock: HandClock) -> None:
    told = slack(chat, "quilmark and sons", at=clock.now.timestamp()).json()["text"]
    assert "Did you mean Quillmark &amp; Sons?" in told


def test_nothing_asked_is_told_how_to_ask(chat: TestClient, clock: HandClock) -> None:
    assert slack(chat, " ", at=clock.now.timestamp()).json()["text"].startswith("Ask with a name")
    assert teams(chat, "<at>Registry</at>").json()["text"].startswith("Ask with a name")


def test_what_is_not_signed_with_our_secret_gets_nothing(chat: TestClient, clock: HandClock) -> None:
    at = clock.now.timestamp()
    assert slack(chat, "quillmark", at=at, secret="another").status_code == 401
    assert slack(chat, "quillmark", at=at, body=b"text=quillmark").status_code == 401
    assert teams(chat, "quillmark", secret=base64.b64encode(b"another").decode()).status_code == 401
    for path in ("slack", "teams"):
        assert chat.post(f"/api/v1/chat/{path}", content=b"text=quillmark").status_code == 401
        reply = chat.post(
            f"/api/v1/chat/{path}",
            content=b"\xff",
            headers=[
                (b"X-Slack-Request-Timestamp", b"9" * 30),
                (b"X-Slack-Signature", b"\xe9"),
                (b"Authorization", b"HMAC \xe9"),
            ],
        )
        assert reply.status_code == 401


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_message_of_another_time_is_not_taken(chat: TestClient, clock: HandClock, minutes: int) -> None:
    assert slack(chat, "quillmark", at=clock.now.timestamp() + 60 * minutes).status_code == 401


@pytest.mark.parametrize("text", [None, 7, ["quillmark"]])
def test_a_signed_message_that_is_none_is_refused_in_words(chat: TestClient, text: object) -> None:
    reply = teams(chat, text)
    assert reply.status_code == 422
    assert "no message of Teams" in reply.json()["detail"]


def test_without_a_secret_the_registry_does_not_answer_there(client: TestClient) -> None:
    for path in ("slack", "teams"):
        reply = client.post(f"/api/v1/chat/{path}", content=b"text=quillmark")
        assert reply.status_code == 404
        assert f"REGISTRY_{path.upper()}_SECRET" in reply.json()["detail"]


def test_a_secret_of_teams_that_is_none_is_told_at_once() -> None:
    with pytest.raises(ValueError, match="as Teams showed it"):
        Settings(teams_secret="not base64!")
