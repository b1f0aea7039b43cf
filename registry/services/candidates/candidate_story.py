"""What befell a candidate since somebody read it, told from its events."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from registry.domain.values import dataclass
from registry.services.candidates.recording import TOLD
from registry.store import events
from registry.store.columns import id_of
from registry.store.tables import Candidate, Event

UNVERSIONED = frozenset({"candidate.proposed", "candidate.labelled", "candidate.told_apart"})
"""What two people may do at once raises no version."""


@dataclass(frozen=True)
class Differing:
    """One field as it was when it was read, and as it is now."""

    field: str
    then: str
    now: str


@dataclass(frozen=True)
class Meanwhile:
    fields: Sequence[Differing]
    by: str
    """Who changed it last."""
    at: datetime | None


def since(session: Session, candidate: Candidate, version: int) -> Meanwhile:
    """What differs between the version that was read and the present one."""
    newer = [each for each in events.of_subject(session, "candidate", id_of(candidate)) if _counts(each)]
    newer = newer[: max(0, candidate.version - version)]
    now_is = {name: str(getattr(candidate, name)) for name in TOLD}
    then = dict(now_is)
    for each in newer:
        then |= {name: str(value) for name, value in each.before.items() if name in then}
    fields = [Differing(name, then[name], now_is[name]) for name in TOLD if then[name] != now_is[name]]
    return Meanwhile(fields, newer[0].actor if newer else "", newer[0].at if newer else None)


def _counts(event: Event) -> bool:
    return event.action not in UNVERSIONED and event.after.get("undid") not in ("label", "differ")
