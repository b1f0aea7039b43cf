"""Reads of evaluations and of all that was said in them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, or_, select

from registry.domain.errors import NotFound
from registry.domain.evaluation import EvaluationState
from registry.store.columns import id_of
from registry.store.engine import hold
from registry.store.memo import remembered
from registry.store.tables import (
    Assignment,
    Candidate,
    Evaluation,
    Interest,
    Moderation,
    ProposedCondition,
    Request,
    Scorecard,
    ScorecardKnockOut,
    ScorecardRating,
    User,
    VendorContact,
    Verdict,
)

CLOSED = (EvaluationState.DECIDED, EvaluationState.WITHDRAWN)


@dataclass(frozen=True)
class Running:
    """An evaluation under way, as an employee may hear of it."""

    since: datetime
    due_on: date


@dataclass(frozen=True)
class StoredScorecard:
    """One scorecard with its reviewer and every line of it, drafts included."""

    row: Scorecard
    reviewer: User
    ratings: dict[str, ScorecardRating]
    knock_outs: dict[str, ScorecardKnockOut]
    left_out: bool = False
    """Its reviewer has an interest, or is a contact of the vendor: it stays on record and counts for nothing."""

    @property
    def submitted(self) -> bool:
        return self.row.submitted_at is not None


def get(session: Session, evaluation_id: int) -> Evaluation:
    """For an act: nobody else acts on it until this one is done. Raises NotFound."""
    hold(session, "evaluation", evaluation_id)
    found = session.get(Evaluation, evaluation_id)
    if found is None:
        raise NotFound(f"There is no evaluation {evaluation_id}. See the list of evaluations.")
    return found


def find_running(session: Session, tool_id: int, edition: str) -> Evaluation | None:
    return session.exec(
        select(Evaluation).where(
            Evaluation.tool_id == tool_id,
            Evaluation.edition == edition,
            col(Evaluation.state).not_in(CLOSED),
        )
    ).first()


def running(session: Session, tool_ids: Iterable[int], *, now: datetime) -> dict[int, Running]:
    """Tool id -> its evaluation under way; of several the one that is due first.

    One whose verdict has not gone out yet is under way still: nobody may tell by a gap that it was decided.
    """
    unpublished = select(Verdict.evaluation_id).where(
        col(Verdict.undone_at).is_(None), col(Verdict.published_at) > now
    )
    query = select(col(Evaluation.tool_id), col(Evaluation.opened_at), col(Evaluation.due_on)).where(
        col(Evaluation.tool_id).in_(set(tool_ids)),
        or_(col(Evaluation.state).not_in(CLOSED), col(Evaluation.id).in_(unpublished)),
    )
    rows = session.exec(query.order_by(col(Evaluation.due_on).desc())).all()
    return {tool_id: Running(opened_at, due_on) for tool_id, opened_at, due_on in rows}


def of_tool(session: Session, tool_id: int) -> Sequence[Evaluation]:
    return session.exec(
        select(Evaluation).where(Evaluation.tool_id == tool_id).order_by(col(Evaluation.id).desc())
    ).all()


def owners(session: Session, evaluation_ids: Iterable[int]) -> dict[int, tuple[int, str]]:
    """Evaluation id -> who owns it: account and name."""
    query = (
        select(Evaluation.id, User.id, User.name)
        .join(User, col(User.id) == col(Evaluation.owner_id))
        .where(col(Evaluation.id).in_(set(evaluation_ids)))
    )
    rows = session.exec(query).all()
    return {case: (person, name) for case, person, name in rows if case is not None and person is not None}


@remembered(Assignment, User)
def assigned(session: Session, evaluation_id: int) -> Sequence[User]:
    return session.exec(
        select(User)
        .join(Assignment, col(Assignment.user_id) == User.id)
        .where(Assignment.evaluation_id == evaluation_id)
        .order_by(col(User.name))
    ).all()


def is_assigned(session: Session, evaluation_id: int, user_id: int) -> bool:
    return any(each.id == user_id for each in assigned(session, evaluation_id))


@remembered(Interest)
def interests(session: Session, evaluation_id: int) -> dict[int, Interest]:
    """User id -> what that person declared."""
    rows = session.exec(select(Interest).where(Interest.evaluation_id == evaluation_id))
    return {row.user_id: row for row in rows}


@remembered(VendorContact)
def contacts(session: Session, tool_id: int) -> dict[int, VendorContact]:
    """User id -> who here is a contact of the tool's vendor."""
    rows = session.exec(select(VendorContact).where(VendorContact.tool_id == tool_id))
    return {row.user_id: row for row in rows}


def left_out(session: Session, evaluation: Evaluation) -> frozenset[int]:
    """Contacts of the vendor and who declared an interest: their scorecards do not count. Of a closed one, then."""
    until = evaluation.closed_at
    interested = {
        user_id
        for user_id, each in interests(session, id_of(evaluation)).items()
        if each.interested and (until is None or each.at <= until)
    }
    tied = {
        user_id
        for user_id, each in contacts(session, evaluation.tool_id).items()
        if until is None or each.at <= until
    }
    return frozenset(interested | tied)


@remembered(Request, Candidate)
def requesters(session: Session, tool_id: int) -> frozenset[int]:
    """Everybody who asked for the tool, also while it was still a candidate."""
    query = (
        select(Request.user_id)
        .join(Candidate, col(Candidate.id) == col(Request.candidate_id), isouter=True)
        .where(
            or_(Request.tool_id == tool_id, Candidate.tool_id == tool_id), col(Request.user_id).is_not(None)
        )
    )
    return frozenset(user_id for user_id in session.exec(query) if user_id is not None)


@remembered(Scorecard, ScorecardRating, ScorecardKnockOut, User, Evaluation, Interest, VendorContact)
def scorecards(session: Session, evaluation_id: int) -> list[StoredScorecard]:
    """Every scorecard, drafts and amendments included, by reviewer's name and number; in a fixed number of queries."""
    evaluation = session.get(Evaluation, evaluation_id)
    out = left_out(session, evaluation) if evaluation else frozenset()
    rows = session.exec(
        select(Scorecard, User)
        .join(User, col(User.id) == Scorecard.user_id)
        .where(Scorecard.evaluation_id == evaluation_id)
        .order_by(col(User.name), col(User.id), col(Scorecard.number))
    ).all()
    ids = [row.id for row, _ in rows]
    if not ids:
        return []
    ratings: dict[int, dict[str, ScorecardRating]] = {}
    for rating in session.exec(select(ScorecardRating).where(col(ScorecardRating.scorecard_id).in_(ids))):
        ratings.setdefault(rating.scorecard_id, {})[rating.criterion] = rating
    answers: dict[int, dict[str, ScorecardKnockOut]] = {}
    for answer in session.exec(select(ScorecardKnockOut).where(col(ScorecardKnockOut.scorecard_id).in_(ids))):
        answers.setdefault(answer.scorecard_id, {})[answer.knock_out] = answer
    return [
        StoredScorecard(
            row, user, ratings.get(id_of(row), {}), answers.get(id_of(row), {}), left_out=user.id in out
        )
        for row, user in rows
    ]


def last_handed_in(
    session: Session, tool_id: int, user_id: int, *, but: int
) -> tuple[int, StoredScorecard] | None:
    """The id of the newest other evaluation of a tool in which a person handed in a scorecard, and that card."""
    found = session.exec(
        select(Scorecard.evaluation_id)
        .join(Evaluation, col(Evaluation.id) == Scorecard.evaluation_id)
        .where(
            Evaluation.tool_id == tool_id,
            Evaluation.id != but,
            Scorecard.user_id == user_id,
            col(Scorecard.submitted_at).is_not(None),
        )
        .order_by(col(Scorecard.submitted_at).desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    own = [each for each in scorecards(session, found) if each.reviewer.id == user_id and each.submitted]
    return found, own[-1]


@remembered(Moderation)
def moderations(session: Session, evaluation_id: int) -> Sequence[Moderation]:
    return session.exec(
        select(Moderation).where(Moderation.evaluation_id == evaluation_id).order_by(col(Moderation.id))
    ).all()


@remembered(ProposedCondition)
def proposed_conditions(session: Session, evaluation_id: int) -> Sequence[ProposedCondition]:
    return session.exec(
        select(ProposedCondition)
        .where(ProposedCondition.evaluation_id == evaluation_id)
        .order_by(col(ProposedCondition.id))
    ).all()
