"""Following by mail, for programs: asking to, and what the secret of a mail's link lets its holder do."""

from datetime import datetime
from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import Field

from registry.domain.language import said, worded
from registry.services.notices import following
from registry.services.notices.wanted import canonical
from registry.store.tables import Follower
from registry.web.api.replies import as_json, told
from registry.web.asking import asker
from registry.web.deps import CurrentUser, House, Now, Plain, Read, Tx
from registry.web.routing import api_router
from registry.web.schemas import Sent, Shape
from registry.web.strict import Flag

router = api_router("/follows", tag="following")


Everything = Annotated[bool, Query(description="Leave all that the address follows.")]


class FollowIn(Sent):
    address: Plain = Field(description="An e-mail address; it is asked first.")
    wanted: Plain = Field(
        "", description="Facets as in the address of a list of verdicts.", examples=["tool=notes"]
    )
    weekly: Flag = Field(False, description="All of a week in one mail.")


class AskedOut(Shape):
    sentence: str


class HowIn(Sent):
    weekly: Flag


class FollowOut(Shape):
    wanted: str
    weekly: bool
    asked_at: datetime
    confirmed_at: datetime | None


@router.post("", response_model=AskedOut, status_code=202, summary="Follow by mail")
def ask(request: Request, tx: Tx, settings: House, user: CurrentUser, now: Now, asked: FollowIn) -> AskedOut:
    """The same reply whether the address is known or not. 409 where the registry sends no mail."""
    following.require_mail(settings)
    asker(request, user, now, what="addresses")
    wanted = canonical(tx, asked.wanted, settings)
    following.ask(tx, address=asked.address, wanted=wanted, weekly=asked.weekly, now=now)
    sentence = worded("A mail asks this address whether it wants to follow.")
    return AskedOut(sentence=said(sentence, settings.words))


@router.get("/{token}", response_model=FollowOut, summary="What a link's holder follows")
def show(token: str, request: Request, read: Read, settings: House) -> Response:
    """What it follows, how often, and since when."""
    return told(request, _out(following.by_link(read, token[:200], secret=settings.secret)), private=True)


@router.post("/{token}/confirm", response_model=FollowOut, summary="Say yes")
def confirm(token: str, tx: Tx, settings: House, now: Now) -> Response:
    """From now on it is told. To say yes twice changes nothing."""
    row = following.by_link(tx, token[:200], secret=settings.secret)
    following.confirm(row, now=now)
    return _told(row)


@router.patch("/{token}", response_model=FollowOut, summary="Choose how often")
def choose(token: str, tx: Tx, settings: House, now: Now, asked: HowIn) -> Response:
    """What was gathered for the week goes out at once where each is to come by itself."""
    row = following.by_link(tx, token[:200], secret=settings.secret)
    following.choose(tx, row, weekly=asked.weekly, now=now)
    return _told(row)


@router.delete("/{token}", response_model=AskedOut, summary="Leave")
def leave(token: str, tx: Tx, settings: House, everything: Everything = False) -> AskedOut:
    """The address is forgotten with the last thing that it follows."""
    row = following.by_link(tx, token[:200], secret=settings.secret)
    following.leave(tx, following.all_of(tx, row) if everything else [row])
    return AskedOut(sentence=said(worded("No mail comes any more about this."), settings.words))


def _out(row: Follower) -> FollowOut:
    return FollowOut(
        wanted=row.wanted, weekly=row.weekly, asked_at=row.asked_at, confirmed_at=row.confirmed_at
    )


def _told(row: Follower) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(as_json(_out(row)), headers=headers, media_type="application/json")
