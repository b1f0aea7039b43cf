"""Who acts, and the one event that every act writes in its own transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotAllowed
from registry.domain.values import dataclass
from registry.store import log
from registry.store.engine import serialise, share
from registry.store.tables import Role
from scrapers.links import public_url


@dataclass(frozen=True)
class Actor:
    """A person as far as an act needs to know them; `id` is None for what the registry does by itself."""

    id: int | None
    name: str
    roles: frozenset[Role] = frozenset()
    scopes: frozenset[str] | None = None
    """Of an API token; None where the person is here in person."""
    lent: frozenset[Role] = frozenset()
    """Those of `roles` that are theirs for a time, as somebody's deputy, and not in their own right."""

    @property
    def own_roles(self) -> frozenset[Role]:
        return self.roles - self.lent

    @property
    def person_id(self) -> int:
        """Raises NotAllowed for what the registry, or a name without an account, does."""
        if self.id is None:
            raise NotAllowed("Only a person with an account can do this. Sign in first.")
        return self.id


REGISTRY = Actor(None, "registry")


def begin_act(session: Session, by: Actor) -> None:
    """Whoever shuts this person out, or takes a role from them, waits until this transaction has ended."""
    share(session, f"acts of {by.id}")


def await_acts(session: Session, user_id: int, *, by: Actor) -> None:
    """Wait until what they are about is done; what they begin from now on waits for this transaction, and sees it.

    Asked for before any other lock, since their acts may wait for those.
    """
    if by.id != user_id:
        serialise(session, f"acts of {user_id}")


def refuse_long(told: str, **fields: tuple[str, int]) -> None:
    """Raise InvalidInput naming each field (its text, how much fits) that is too long: nothing is cut off unsaid."""
    faults = {
        name: f"At most {most:,} characters; this has {len(text.strip()):,}."
        for name, (text, most) in fields.items()
        if len(text.strip()) > most
    }
    if faults:
        raise InvalidInput(told, faults)


def record(
    session: Session,
    action: str,
    subject: tuple[str, int | None],
    *,
    by: Actor,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write the event of one act: `noun.verb` on (kind, id), with what changed as JSON-ready values."""
    record_all(session, [event_of(action, subject, by=by, now=now, before=before, after=after)])


def record_all(session: Session, found: Sequence[dict[str, Any]]) -> None:
    """Write the events of many acts, made by `event_of`, at one go and in this order.

    They get their numbers in the log when the transaction commits.
    """
    log.append(session, found)


def event_of(
    action: str,
    subject: tuple[str, int | None],
    *,
    by: Actor,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The event of one act as the values of its row, not yet written."""
    kind, subject_id = subject
    if subject_id is None:
        raise ValueError("flush the subject before its event is written")
    return {
        "at": now,
        "actor_id": by.id,
        "actor": by.name,
        "action": action,
        "subject_kind": kind,
        "subject_id": subject_id,
        "before": without_passwords(before or {}),
        "after": without_passwords(after or {}),
    }


def without_passwords(values: Mapping[str, Any]) -> dict[str, Any]:
    """What an event tells, its addresses without the user and password that they may hold."""
    return {name: _without_password(value) for name, value in values.items()}


def _without_password(value: Any) -> Any:
    if isinstance(value, str):
        return public_url(value) if "@" in value else value
    if isinstance(value, Mapping):
        return without_passwords(value)
    return [_without_password(each) for each in value] if isinstance(value, list | tuple) else value
