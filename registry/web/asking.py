"""Who may ask for a tool, or about a list of them, how often from one place, in how many words; page and API alike."""

from collections.abc import Mapping
from datetime import datetime

from fastapi import Request

from registry.domain.errors import InvalidInput, NotAllowed, NotSignedIn
from registry.domain.language import worded
from registry.services.people.acting import Actor
from registry.settings import Settings
from registry.web.parts import parts_of
from registry.web.visiting import place_of

MOST_FROM_ONE_PLACE = 20
"""Requests, and as many lists, without an account from one place, within the throttle's window."""
MOST_COUNTED = 200
"""Look-ups from one place, within the same window, that are counted where nobody can answer them: more of them would
fill the store with whatever comes to a program's mind."""
SOMEBODY = Actor(None, "somebody without an account")
TOO_MANY = {
    "requests": worded("Too many requests came from where you are. Wait a quarter of an hour, or sign in."),
    "addresses": worded("Too many addresses came from where you are. Wait a quarter of an hour, or sign in."),
    "lists": worded("Too many lists came from where you are. Wait a quarter of an hour, or sign in."),
}
LENGTHS = {"homepage": 2000, "purpose": 2000, "needed_by": 80, "contact": 200}


def require_right(settings: Settings, user: Actor | None) -> None:
    if user is None and settings.requests != "anybody":
        raise NotSignedIn(worded("Sign in to ask for a tool."))
    if user is not None and user.scopes is not None and "request" not in user.scopes:
        raise NotAllowed(worded("This needs a token with the scope request."))


def asker(request: Request, user: Actor | None, now: datetime, *, what: str = "requests") -> Actor:
    """Raises NotAllowed where too many came from one place without an account."""
    if user is not None:
        return user
    throttle = parts_of(request).throttle
    key = f"{what}: {place_of(request)}"
    if throttle.failures(key, now) >= MOST_FROM_ONE_PLACE:
        raise NotAllowed(TOO_MANY[what])
    throttle.note_failure(key, now)
    return SOMEBODY


def may_count(request: Request, now: datetime) -> bool:
    """Whether what nobody could answer is counted; it counts then towards MOST_COUNTED."""
    throttle, key = parts_of(request).throttle, f"unanswered: {place_of(request)}"
    if throttle.failures(key, now) >= MOST_COUNTED:
        return False
    throttle.note_failure(key, now)
    return True


def require_lengths(typed: Mapping[str, str], settings: Settings) -> None:
    """What the service would cut off without a word is refused here, so that nothing typed is lost."""
    faults = {
        name: worded("is {n} characters long; at most {most} fit", n=len(typed[name]), most=most)
        for name, most in LENGTHS.items()
        if len(typed[name]) > most
    }
    if typed["data_class"] and typed["data_class"] not in settings.data_classes:
        faults["data_class"] = worded("must be one of: {values}", values=", ".join(settings.data_classes))
    if faults:
        raise InvalidInput(worded("Something is too long."), faults)
