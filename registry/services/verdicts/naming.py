"""What feeds and their entries are called for ever: tag URIs (RFC 4151) under the host by which the registry was first
served, wherever it moves."""

import re
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

from sqlmodel import Session

from registry.domain.values import dataclass
from registry.store import notices
from registry.store.engine import serialise

BEFORE_IT_IS_NAMED = date(2026, 1, 1)


@dataclass(frozen=True)
class Naming:
    authority: str
    named_on: date

    def notice(self, uid: str) -> str:
        return self._tag(f"notice/{uid}")

    def feed(self, path: str) -> str:
        """Of a feed by its address without ending, such as `feeds/verdicts?outcome=approved`."""
        return self._tag(path)

    @property
    def began_at(self) -> datetime:
        """What a feed without entries was last changed at."""
        return datetime(self.named_on.year, self.named_on.month, self.named_on.day, tzinfo=UTC)

    def _tag(self, specific: str) -> str:
        return f"tag:{self.authority},{self.named_on.isoformat()}:{specific}"


def naming(session: Session, base_url: str) -> Naming:
    """As it was settled; by the present address as long as it is not."""
    authority, named_on = notices.named(session)
    if authority and named_on is not None:
        return Naming(authority, named_on)
    return Naming(_authority(base_url), BEFORE_IT_IS_NAMED)


def settle(session: Session, base_url: str, *, now: datetime) -> None:
    """Keep the name of today's address for ever, where none is kept yet."""
    if notices.book(session).authority:
        return
    serialise(session, "naming")
    book = notices.book(session)
    session.refresh(book)
    if not book.authority:
        book.authority, book.named_on = _authority(base_url), now.astimezone(UTC).date()
        session.flush()


def _authority(base_url: str) -> str:
    # RFC 4151 2.1: the name of a host, in small letters; an address in brackets is none
    host = (urlsplit(base_url).hostname or "").lower().rstrip(".")
    return host if re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", host) else "localhost"
