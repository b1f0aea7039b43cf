"""In whose right somebody decides, and how far that right reaches; asked in the transaction of the act itself.

One decides in one's own right, or as the deputy of an approver who is away: then for the offices of that approver.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlmodel import Session

from registry.domain.errors import NotAllowed
from registry.domain.reach import beyond_reach
from registry.domain.values import dataclass
from registry.services.people.acting import Actor
from registry.store import delegations, users
from registry.store.columns import id_of
from registry.store.sign_ins import Holder
from registry.store.tables import Role, User

DECIDERS = frozenset({Role.APPROVER})


@dataclass(frozen=True)
class Authority:
    """A right to decide. Without an approver whose deputy acts it is one's own."""

    offices: Collection[str] = ()
    """Codes of those that it is for; none means all."""
    for_id: int | None = None
    for_name: str = ""

    def fault(self, offices: Collection[str]) -> str:
        """Why it does not reach these offices (none: all), in a sentence; empty where it does."""
        return beyond_reach(self.offices, offices, of=self.for_name)

    @property
    def told(self) -> dict[str, int]:
        """What an event of the act tells of it beside who acted."""
        return {} if self.for_id is None else {"for": self.for_id}


def in_person(user: User | Holder, roles: frozenset[Role], *, deputy: bool) -> Actor:
    """Somebody with the roles that they hold and, while they are anybody's deputy, with an approver's."""
    lent = frozenset({Role.APPROVER} if deputy else ()) - roles
    return Actor(id_of(user), user.name, roles | lent, lent=lent)


def authorities(
    session: Session, by: Actor, *, now: datetime, own: Collection[Role] = DECIDERS
) -> list[Authority]:
    """All rights to decide that somebody has at this moment, their own first; `own` are the roles that give one.

    What the registry does by itself, and who stands at its terminal, is limited by nothing. A token is nobody's
    deputy.
    """
    if by.id is None:
        return [Authority()]
    found = [Authority(users.offices_of(session, by.id))] if by.own_roles & frozenset(own) else []
    if by.scopes is None:
        found += [
            Authority(users.offices_of(session, id_of(approver)), id_of(approver), approver.name)
            for _, approver in delegations.approvers_of(session, by.id, now=now)
        ]
    return found


def widest(found: Sequence[Authority], offices: Iterable[Collection[str]]) -> Authority:
    """The first of these rights that reaches all that an act is about, else the first."""
    wanted = list(offices)
    return next((each for each in found if not any(map(each.fault, wanted))), found[0])


def require_reach(
    session: Session,
    by: Actor,
    offices: Collection[str],
    *,
    now: datetime,
    own: Collection[Role] = DECIDERS,
) -> Authority:
    """In whose right they do something to a verdict for these offices. Raises NotAllowed where in nobody's."""
    found = authorities(session, by, now=now, own=own)
    if not found:
        raise NotAllowed("Only an approver decides. Ask one of them.")
    right = widest(found, [offices])
    if fault := right.fault(offices):
        raise NotAllowed(fault)
    return right
