"""Mails at each step of a request to whoever asked: what they were told last, against what is so now."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from registry.domain.errors import NotFound
from registry.domain.language import joined, worded
from registry.publish.mail import Letter
from registry.services.answers.stage import Stage, stages
from registry.services.notices import links, outbox
from registry.services.notices.addresses import address_in
from registry.settings import Settings
from registry.store import requests
from registry.store.columns import id_of
from registry.store.tables import Channel, DeliveryKind, Request, User

KIND = "request"
TOO_OLD = timedelta(days=1)
"""Who asked so long ago and never heard from us by mail is told of what happens next, not of what has been."""
FOLLOWED_FOR = timedelta(days=730)


def look(session: Session, settings: Settings, now: datetime) -> int:
    """Write a mail for each request that has come further since its last one; gives how many.

    What can still be taken back waits until it cannot. Several steps within one look make one mail.
    """
    rows = [each for each in requests.to_be_told(session, now - FOLLOWED_FOR) if address_of(session, each)]
    written = 0
    for request_id, stage in stages(session, rows, settings, now=now).items():
        row = session.get_one(Request, request_id)
        if stage.key == row.told_step or not stage.settled:
            continue
        if row.told_step or now - row.at < TOO_OLD:
            about = stage.key if row.told_step else f"first:{stage.key}"
            outbox.write(
                session, Channel.MAIL, DeliveryKind.REQUEST, request_id=request_id, about=about, now=now
            )
            written += 1
        row.told_step = stage.key
    session.flush()
    return written


def news(session: Session, settings: Settings, now: datetime) -> bool:
    """Whether `look` would write anything."""
    rows: Sequence[Request] = requests.to_be_told(session, now - FOLLOWED_FOR)
    found = stages(session, rows, settings, now=now) if rows else {}
    return any(
        found[id_of(row)].settled and found[id_of(row)].key != row.told_step
        for row in rows
        if id_of(row) in found
    )


def letter_of(
    session: Session, request: Request, about: str, settings: Settings, now: datetime
) -> Letter | None:
    """The mail of one step; None where the request has come further since."""
    first, key = about.startswith("first:"), about.removeprefix("first:")
    stage = stages(session, [request], settings, now=now).get(id_of(request))
    if stage is None or stage.key != key:
        return None
    opening = [stage.state]
    if first:
        opening = [worded("We have your request for {tool}. {state}", tool=stage.name, state=stage.state)]
    if stage.expected_on is not None and stage.tool is not None:
        opening.append(worded("We expect to decide by {day}.", day=stage.expected_on))
    return Letter(
        _subject(stage, first),
        [*opening, stage.next_step],
        action=(worded("See where it stands"), url_of(request, settings)),
        closing=[worded("Keep this address to yourself: whoever has it can read your request.")],
        links=[(worded("No more mails about it"), f"{url_of(request, settings)}/leave")],
    )


def _subject(stage: Stage, first: bool) -> str:
    kind = stage.key.partition(":")[0]
    words = worded("we have your request") if first and kind != "decided" else _SUBJECTS[kind]
    return joined(": ", [stage.name, words])


_SUBJECTS = {
    "received": worded("your request waits to be looked at"),
    "merged": worded("your request was joined with another"),
    "watched": worded("we will look again later"),
    "declined": worded("we will not review it"),
    "accepted": worded("your request was accepted"),
    "begun": worded("the review has begun"),
    "decided": worded("it was decided"),
}


def address_of(session: Session, request: Request) -> str:
    """Where its mails go; empty where nobody is to be told."""
    if request.silent:
        return ""
    if request.user_id is not None:
        user = session.get(User, request.user_id)
        return user.email if user is not None and user.disabled_at is None else ""
    return address_in(request.contact)


def leave(session: Session, request: Request) -> None:
    """No mail about it any more; an address that was left for that is forgotten."""
    request.silent = True
    if address_in(request.contact):
        request.contact = ""
    session.flush()


def by_link(session: Session, token: str, *, secret: bytes) -> Request | None:
    """The request that a link in a mail was made for; None for what is no such link."""
    try:
        row = session.get(Request, links.row_in(token))
    except NotFound:
        return None
    return row if row and links.proves(token, KIND, id_of(row), _nonce(row), secret) else None


def token_of(request: Request, *, secret: bytes) -> str:
    """For the link in its mails: the one that was shown when it was asked for is stored nowhere."""
    return links.token_of(KIND, id_of(request), _nonce(request), secret)


def url_of(request: Request, settings: Settings) -> str:
    return f"{settings.base_url}/request/{token_of(request, secret=settings.secret)}"


def _nonce(request: Request) -> str:
    return hashlib.sha256(request.digest.encode()).hexdigest()[:32]
