"""Who decides for whom while they are away, as pages and the API both tell it."""

from collections.abc import Sequence
from dataclasses import field
from datetime import date, datetime, tzinfo

from sqlmodel import Session

from registry.domain.language import worded
from registry.domain.values import dataclass
from registry.services.people import deputies
from registry.services.people.acting import Actor
from registry.services.people.deputies import last_day_of
from registry.settings import Settings
from registry.store import delegations
from registry.store.columns import id_of
from registry.store.tables import Delegation, Role, User
from registry.web.shapes import Form, Option


@dataclass(frozen=True)
class Lending:
    """One delegation. `state` is to_come, holds, rests (one of the two has lost the role for it), over or ended."""

    id: int
    approver_id: int
    approver: str
    deputy_id: int
    deputy: str
    first_day: date
    last_day: date
    state: str
    ended_at: datetime | None

    @property
    def may_end(self) -> bool:
        return self.state not in ("over", "ended")


@dataclass(frozen=True)
class Deputies:
    """What a page shows of one person's delegations."""

    given: Sequence[Lending] = ()
    """By which another decides for them, the newest first."""
    taken: Sequence[Lending] = ()
    """By which they decide for another."""
    may_name: bool = False
    options: Sequence[Option] = ()
    """Whom they may name."""
    form: Form = field(default_factory=Form)


def lendings_of(session: Session, user_id: int, *, zone: tzinfo, now: datetime) -> list[Lending]:
    """All that concern somebody, the newest first."""
    found = delegations.concerning(session, user_id)
    holding = delegations.holding(session, [id_of(row) for row, *_ in found], now=now)
    return [_lending(*each, holding=holding, zone=zone, now=now) for each in found]


def deputies_of(
    session: Session,
    user_id: int,
    settings: Settings,
    *,
    now: datetime,
    by: Actor | None = None,
    form: Form | None = None,
) -> Deputies:
    """`by` is the person themselves, on their own page."""
    every = lendings_of(session, user_id, zone=settings.zone, now=now)
    may_name = by is not None and by.scopes is None and Role.APPROVER in by.own_roles
    today = now.astimezone(settings.zone).date().isoformat()
    named = deputies.eligible(session, by) if may_name and by is not None else ()
    return Deputies(
        given=[each for each in every if each.approver_id == user_id],
        taken=[each for each in every if each.deputy_id == user_id],
        may_name=may_name,
        options=[Option("", worded("Choose a person")), *(Option(str(each.id), each.name) for each in named)],
        form=form or Form({"deputy": "", "first_day": today, "last_day": ""}),
    )


def _lending(
    row: Delegation,
    approver: User,
    deputy: User,
    *,
    holding: frozenset[int],
    zone: tzinfo,
    now: datetime,
) -> Lending:
    return Lending(
        id=id_of(row),
        approver_id=row.approver_id,
        approver=approver.name,
        deputy_id=row.deputy_id,
        deputy=deputy.name,
        first_day=row.starts_at.astimezone(zone).date(),
        last_day=last_day_of(row, zone),
        state=_state(row, holds=row.id in holding, now=now),
        ended_at=row.ended_at,
    )


def _state(row: Delegation, *, holds: bool, now: datetime) -> str:
    if row.ended_at is not None:
        return "ended"
    if row.ends_at <= now:
        return "over"
    if row.starts_at > now:
        return "to_come"
    return "holds" if holds else "rests"
