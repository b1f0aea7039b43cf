"""Whether somebody's roles reach as far as what they decide; asked in the transaction of the act itself."""

from collections.abc import Collection

from sqlmodel import Session

from registry.domain.errors import NotAllowed
from registry.domain.reach import beyond_reach
from registry.services.people.acting import Actor
from registry.store import users


def reach_fault(session: Session, by: Actor, offices: Collection[str]) -> str:
    """Why they may not decide for these offices (none: all), in a sentence; empty where they may.

    What the registry does by itself, and who stands at its terminal, is limited by nothing.
    """
    return beyond_reach(users.offices_of(session, by.id), offices) if by.id is not None else ""


def require_reach(session: Session, by: Actor, offices: Collection[str]) -> None:
    """Raises NotAllowed."""
    if fault := reach_fault(session, by, offices):
        raise NotAllowed(fault)
