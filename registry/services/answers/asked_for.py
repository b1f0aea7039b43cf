"""What colleagues asked for: each request with who asked and where it stands, for those who work on it."""

from datetime import datetime

from sqlmodel import Session

from registry.domain.values import dataclass
from registry.services.answers.stage import Stage, stages
from registry.settings import Settings
from registry.store import requests, users
from registry.store.columns import id_of
from registry.store.requests import Wanted
from registry.store.tables import Request


@dataclass(frozen=True)
class AskedFor:
    request: Request
    stage: Stage
    by: str
    """Name of who asked; empty for who has no account, and left a contact or nothing."""


def asked_for(
    session: Session,
    wanted: Wanted,
    settings: Settings,
    *,
    before: tuple[datetime, int] | None = None,
    limit: int,
    now: datetime,
) -> list[AskedFor]:
    """Newest first, those before the one of this moment and number; the queries are as many for one as for all."""
    found = requests.page(session, wanted, before=before, limit=limit)
    stand = stages(session, found, settings, now=now)
    names = users.names(session, {each.user_id for each in found if each.user_id is not None})
    return [
        AskedFor(each, stand[id_of(each)], names.get(each.user_id, "") if each.user_id is not None else "")
        for each in found
        if id_of(each) in stand
    ]
