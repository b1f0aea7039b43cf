"""Visits to sources without a network: each test says what came, and when."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import select

from registry.services.entries.intake import Brought
from registry.services.people.acting import Actor
from registry.services.sources import failures, sources, visits
from registry.services.sources.leases import Lease, claim
from registry.services.sources.visits import Success
from registry.store.engine import snapshot, transaction
from registry.store.tables import Event, Source
from scrapers.entry import Entry, Parsed
from scrapers.errors import FetchError
from scrapers.fetch import Fetched, Redirect, Validators
from tests.feeds import an_entry

ADA = Actor(None, "Ada")
GIVEN = Validators('"1"', "Sun, 01 Nov 2026 09:00:00 GMT")


class Visited:
    """One source, and what its visits bring."""

    def __init__(self, engine: Engine, url: str, now: datetime) -> None:
        self._engine = engine
        with transaction(engine) as session:
            self.id = sources.add_source(session, url=url, by=ADA, now=now).id or 0

    def row(self) -> Source:
        with snapshot(self._engine) as session:
            return session.get_one(Source, self.id)

    def change(self, **values: object) -> None:
        with transaction(self._engine) as session:
            source = session.get_one(Source, self.id)
            for name, value in values.items():
                setattr(source, name, value)

    def lease(self, at: datetime) -> Lease:
        with transaction(self._engine) as session:
            ((lease, _),) = claim(session, owner="test", now=at, limit=1, only=[self.id])
            return lease

    def asking(self, at: datetime) -> visits.Asking:
        """What would be asked at a moment, as often as one likes."""
        with snapshot(self._engine) as session:
            return visits.asking(session, Lease(self.id, 0, ""), at)

    def brings(
        self,
        at: datetime,
        entries: Sequence[Entry] = (),
        *,
        body: str = "",
        validators: Validators = GIVEN,
        ttl_s: int = 0,
        to: str = "",
        by: Sequence[int] = (301,),
        **fetched: object,
    ) -> Brought:
        """A visit with a body of its own per `body`; `to` is where redirects with these statuses led."""
        lease = self.lease(at)
        hops = tuple(Redirect(status, to) for status in by) if to else ()
        got = _fetched(to or lease.url, 200, validators, hops, body_hash=body or "hash", **fetched)
        parsed = Parsed(tuple(entries or [an_entry()]), ttl_s=ttl_s)
        with transaction(self._engine) as session:
            return visits.succeed(session, Success(lease, got, parsed, at))

    def is_unchanged(
        self,
        at: datetime,
        *,
        status: int = 304,
        validators: Validators = GIVEN,
        to: str = "",
        by: Sequence[int] = (301,),
        **fetched: object,
    ) -> None:
        lease = self.lease(at)
        hops = tuple(Redirect(each, to) for each in by) if to else ()
        got = _fetched(to or lease.url, status, validators, hops, **fetched)
        with transaction(self._engine) as session:
            visits.succeed(session, Success(lease, got, None, at))

    def fails(self, at: datetime, code: str = "server_error", **more: int) -> None:
        lease = self.lease(at)
        with transaction(self._engine) as session:
            failures.fail(session, lease, FetchError(code, f"It is a case of {code}.", **more), at)


def actions(engine: Engine) -> list[str]:
    """Every act of the registry and of people since the sources were added, in order."""
    with snapshot(engine) as session:
        found = session.exec(select(Event.action).order_by(Event.id)).all()
    return [each for each in found if each not in ("source.added", "source.fetched")]


def _fetched(
    url: str, status: int, validators: Validators, hops: tuple[Redirect, ...], **more: object
) -> Fetched:
    values: dict[str, object] = {
        "body": b"",
        "headers": {},
        "wire_bytes": 0,
        "elapsed_s": 0.0,
        "body_hash": "",
        "fresh_for_s": None,
        **more,
    }
    return Fetched(url=url, status=status, validators=validators, redirects=hops, **values)  # type: ignore[arg-type]
