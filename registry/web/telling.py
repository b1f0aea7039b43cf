"""Who may report of a tool, for the forms and the API alike; a report without an account is counted by its place."""

from datetime import datetime

from fastapi import Request

from registry.domain.errors import NotAllowed, NotSignedIn
from registry.domain.language import worded
from registry.services.people.acting import Actor
from registry.settings import Settings
from registry.web.parts import parts_of
from registry.web.visiting import place_of

MOST_FROM_ONE_PLACE = 10
"""Reports without an account from one place, within the throttle's window."""
SOMEBODY = Actor(None, "somebody without an account")


def require_voice(settings: Settings, user: Actor | None) -> None:
    """Whoever may ask for a tool may report; a token needs the scope of requests."""
    if user is None and settings.requests != "anybody":
        raise NotSignedIn(worded("Sign in to tell us."))
    if user is not None and user.scopes is not None and "request" not in user.scopes:
        raise NotAllowed(worded("This needs a token with the scope request."))


def teller(request: Request, user: Actor | None, now: datetime) -> tuple[Actor, str]:
    """Who tells, and from where; NotAllowed where too many reports came from one place without an account."""
    place = place_of(request)
    if user is not None:
        return user, place
    throttle, key = parts_of(request).throttle, f"report: {place}"
    if throttle.failures(key, now) >= MOST_FROM_ONE_PLACE:
        raise NotAllowed(
            worded("Too many reports came from where you are. Wait a quarter of an hour, or sign in.")
        )
    throttle.note_failure(key, now)
    return SOMEBODY, place
