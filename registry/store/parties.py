"""Who takes part in an evaluation, and who may not: who is to score, is interested, sells the tool or asked for it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session, col, select

from registry.domain.values import dataclass
from registry.store.columns import id_of
from registry.store.memo import remembered
from registry.store.plain import rows
from registry.store.tables import Assignment, Candidate, Evaluation, Interest, Request, User, VendorContact


@dataclass(frozen=True)
class Standing:
    """What one person is to an evaluation; each set holds that person or nobody."""

    assigned: bool
    declared: bool
    interested: frozenset[int]
    requesters: frozenset[int]
    contacts: frozenset[int]


class Declared(NamedTuple):
    """What somebody said of an interest, less the words."""

    evaluation_id: int
    user_id: int
    interested: bool
    at: datetime | str
    """As the database gives it."""


@remembered(Assignment, User)
def assigned(session: Session, evaluation_id: int) -> Sequence[User]:
    return session.exec(
        select(User)
        .join(Assignment, col(Assignment.user_id) == User.id)
        .where(Assignment.evaluation_id == evaluation_id)
        .order_by(col(User.name))
    ).all()


def is_assigned(session: Session, evaluation_id: int, user_id: int) -> bool:
    return standing(session, evaluation_id, user_id).assigned


@remembered(Interest)
def interests(session: Session, evaluation_id: int) -> dict[int, Interest]:
    """User id -> what that person declared."""
    found = session.exec(select(Interest).where(Interest.evaluation_id == evaluation_id))
    return {row.user_id: row for row in found}


def interested(session: Session, evaluation: Evaluation) -> frozenset[int]:
    """Who has an interest in the tool: by their word in this evaluation, else by their last one in another of it."""
    return interested_by(interests_in(session, evaluation.tool_id), id_of(evaluation))


def interested_before(session: Session, tool_id: int) -> frozenset[int]:
    """Who has an interest in the tool in an evaluation of it that is yet to be opened."""
    return interested_by(interests_in(session, tool_id))


def interested_by(said: Iterable[Declared], evaluation_id: int | None = None) -> frozenset[int]:
    """The same, by what was said in all rounds of the tool."""
    in_order = sorted(said, key=lambda row: (row.evaluation_id == evaluation_id, row.at))
    last = {row.user_id: row.interested for row in in_order}
    return frozenset(user_id for user_id, holds in last.items() if holds)


@remembered(Interest, Evaluation)
def interests_in(session: Session, tool_id: int) -> Sequence[Declared]:
    """What was declared in any round of the tool."""
    return [Declared(*row) for row in rows(session, _DECLARED, tool_id)]


@remembered(VendorContact)
def contacts(session: Session, tool_id: int) -> dict[int, VendorContact]:
    """User id -> who here is a contact of the tool's vendor."""
    found = session.exec(select(VendorContact).where(VendorContact.tool_id == tool_id))
    return {row.user_id: row for row in found}


@remembered(Assignment, Evaluation, Interest, Request, Candidate, VendorContact)
def standing(session: Session, evaluation_id: int, user_id: int) -> Standing:
    [(assigned, interested, asked_for_it, sells_it)] = rows(session, _STANDING, *[user_id] * 4, evaluation_id)

    def them(holds: bool | None) -> frozenset[int]:
        return frozenset({user_id}) if holds else frozenset()

    return Standing(
        assigned=bool(assigned),
        declared=interested is not None,
        interested=them(interested),
        requesters=them(asked_for_it),
        contacts=them(sells_it),
    )


@remembered(Request, Candidate)
def requesters(session: Session, tool_id: int) -> frozenset[int]:
    """Everybody who asked for the tool, also while it was still a candidate."""
    return frozenset(user_id for (user_id,) in rows(session, _REQUESTERS, tool_id, tool_id))


_STANDING = """
SELECT
    EXISTS (SELECT 1 FROM assignment WHERE evaluation_id = evaluation.id AND user_id = ?),
    (SELECT interested FROM interest WHERE evaluation_id = evaluation.id AND user_id = ?),
    EXISTS (
        SELECT 1 FROM request WHERE user_id = ? AND (
            tool_id = evaluation.tool_id
            OR candidate_id IN (SELECT candidate.id FROM candidate WHERE candidate.tool_id = evaluation.tool_id)
        )
    ),
    EXISTS (SELECT 1 FROM vendor_contact WHERE tool_id = evaluation.tool_id AND user_id = ?)
FROM evaluation WHERE evaluation.id = ?
"""
_DECLARED = """
SELECT evaluation_id, user_id, interested, at FROM interest JOIN evaluation ON evaluation.id = evaluation_id
WHERE tool_id = ?
"""
_REQUESTERS = """
SELECT user_id FROM request WHERE tool_id = ? AND user_id IS NOT NULL
UNION SELECT user_id FROM request JOIN candidate ON candidate.id = candidate_id
WHERE candidate.tool_id = ? AND user_id IS NOT NULL
"""
