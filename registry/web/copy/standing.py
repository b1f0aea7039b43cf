"""Whether a copy says already all that the registry would say now, without asking it for a single page."""

from datetime import datetime

from sqlmodel import Session

from registry.services.verdicts.turn import next_turn
from registry.settings import Settings
from registry.store import copied
from registry.web import feeds
from registry.web.copy.digest import digest, of_program
from registry.web.copy.folder import State
from registry.web.rendering import Copy


def state_of(session: Session, settings: Settings, copy: Copy, *, now: datetime) -> State:
    """All that a copy is made of, down to the last row, and when time alone makes it another one."""
    made_of = digest([of_program(), copy, settings.model_dump(mode="json"), copied.whole(session)])
    turns = next_turn(session, now=now, zone=settings.zone), feeds.next_turn(session, now)
    return State(made_of, now, min(turns))
