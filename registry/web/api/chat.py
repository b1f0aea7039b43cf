"""May I use it, asked in a chat: a slash command of Slack, a message to an outgoing webhook of Teams."""

from typing import Annotated, Any

from fastapi import Depends, Header, Request
from pydantic import ValidationError
from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotFound, NotSignedIn
from registry.domain.language import gettext_noop as _
from registry.domain.language import worded
from registry.domain.lookup import Question
from registry.domain.typed import clean
from registry.services.answers import lookup
from registry.services.answers.index import Index
from registry.settings import Settings
from registry.web import chat
from registry.web.chat import SLACK, TEAMS, Dialect
from registry.web.deps import House, Known, Now, Read
from registry.web.routing import api_router
from registry.web.schemas import Shape

router = api_router("/chat", tag="answer")
MOST_SIGNS = 500
USAGE = _("Ask with a name or an address, such as: {example}")
EXAMPLE = "otter.ai"


class TeamsMessage(Shape):
    text: str = ""


async def read_body(request: Request) -> bytes:
    return await request.body()


Body = Annotated[bytes, Depends(read_body)]
Sent = Annotated[str, Header(description="What the chat service proves with that the call is its own.")]


@router.post("/slack", summary="May I use it, from Slack")
def answer_slack(
    body: Body,
    known: Known,
    read: Read,
    settings: House,
    now: Now,
    x_slack_request_timestamp: Sent = "",
    x_slack_signature: Sent = "",
) -> dict[str, Any]:
    """Only who asked sees the answer. 401 unless signed with REGISTRY_SLACK_SECRET within the last five minutes."""
    secret = _required(settings.slack_secret, "Slack", "REGISTRY_SLACK_SECRET")
    if not chat.slack_signed(
        body, timestamp=x_slack_request_timestamp, signature=x_slack_signature, secret=secret, now=now
    ):
        raise NotSignedIn(worded("This was not signed by Slack with our secret, or too long ago."))
    text = _answer(chat.slack_asked(body), SLACK, read, known, settings, now)
    return {"response_type": "ephemeral", "text": text}


@router.post("/teams", summary="May I use it, from Teams")
def answer_teams(
    body: Body, known: Known, read: Read, settings: House, now: Now, authorization: Sent = ""
) -> dict[str, Any]:
    """401 unless signed with REGISTRY_TEAMS_SECRET, the token that Teams showed when the webhook was made."""
    secret = _required(settings.teams_secret, "Teams", "REGISTRY_TEAMS_SECRET")
    if not chat.teams_signed(body, authorization=authorization, secret=secret):
        raise NotSignedIn(worded("This was not signed by Teams with our secret."))
    try:
        asked = chat.teams_asked(TeamsMessage.model_validate_json(body).text)
    except ValidationError:
        raise InvalidInput(worded("This is no message of Teams: JSON with `text` was expected.")) from None
    return {"type": "message", "text": _answer(asked, TEAMS, read, known, settings, now)}


def _required(secret: str, where: str, name: str) -> str:
    if not secret:
        told = _("This registry does not answer in {where}: {name} is not set.")
        raise NotFound(worded(told, where=where, name=name))
    return secret


def _answer(
    asked: str, dialect: Dialect, read: Session, known: Index | None, settings: Settings, now: Now
) -> str:
    query = clean(asked)[:MOST_SIGNS]
    if not query:
        return settings.words.gettext(USAGE).format(example=EXAMPLE)
    organisation = lookup.organisation(read, settings, known)
    found = lookup.check(read, query, Question(at=now), organisation, now=now, index=known)
    return chat.reply(found, settings.base_url, dialect, settings.words)
