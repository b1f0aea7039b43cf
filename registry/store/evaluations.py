"""Evaluations and all that was said in them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, exists, update
from sqlalchemy import select as plain_select
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col, or_, select

from registry.domain.errors import NotFound
from registry.domain.evaluation import EvaluationState
from registry.domain.scorecard import TypedAnswer, TypedRating
from registry.domain.values import dataclass
from registry.store.engine import hold
from registry.store.memo import forget, remembered
from registry.store.tables import (
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
)

CLOSED = (EvaluationState.DECIDED, EvaluationState.WITHDRAWN)


@dataclass(frozen=True)
class Reviewer:
    id: int
    name: str
    email: str


@dataclass(frozen=True)
class StoredScorecard:
    """One scorecard with its reviewer and every line of it, drafts included."""

    id: int
    number: int
    """1 for the first, higher for amendments; the highest submitted one counts."""
    reason: str
    """Why it was amended."""
    saved_at: datetime
    submitted_at: datetime | None
    version: int
    reviewer: Reviewer
    left_out: bool
    """Its reviewer has an interest, is a contact of the vendor or asked for the tool: it counts for nothing."""
    ratings: dict[str, TypedRating]
    knock_outs: dict[str, TypedAnswer]

    @property
    def submitted(self) -> bool:
        return self.submitted_at is not None


@remembered(Evaluation)
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


_LOOKED_INTO = (Scorecard, User, Evaluation, Interest, VendorContact, Request, Candidate)


@remembered(*_LOOKED_INTO)
def heads(session: Session, evaluation_id: int) -> list[StoredScorecard]:
    """Every scorecard, drafts and amendments included, without its lines; by reviewer's name and number."""
    found = session.connection().execute(_CARDS, {"evaluation_id": evaluation_id})
    return [
        StoredScorecard(
            row.id,
            row.number,
            row.reason,
            row.saved_at,
            row.submitted_at,
            row.version,
            Reviewer(row.user_id, row.name, row.email),
            row.left_out,
            {},
            {},
        )
        for row in found
    ]


def scorecards(session: Session, evaluation_id: int, *, of: int | None = None) -> list[StoredScorecard]:
    """The same with their lines, all or those of one reviewer."""
    cards = [each for each in heads(session, evaluation_id) if of in (None, each.reviewer.id)]
    if not cards:
        return []
    ratings, answers = _lines_of(session, evaluation_id, of)
    return [
        replace(card, ratings=ratings.get(card.id, {}), knock_outs=answers.get(card.id, {})) for card in cards
    ]


@remembered(ScorecardRating, ScorecardKnockOut)
def _lines_of(
    session: Session, evaluation_id: int, of: int | None
) -> tuple[Mapping[int, dict[str, TypedRating]], Mapping[int, dict[str, TypedAnswer]]]:
    """Ratings and answers, each by its scorecard's id and what it is of."""
    connection, asked = session.connection(), {"evaluation_id": evaluation_id, "user_id": of}
    of_ratings, of_answers = _LINES if of is None else _LINES_OF_ONE
    ratings: defaultdict[int, dict[str, TypedRating]] = defaultdict(dict)
    for number, criterion, *line in connection.execute(of_ratings, asked):
        ratings[number][criterion] = TypedRating(*line)
    answers: defaultdict[int, dict[str, TypedAnswer]] = defaultdict(dict)
    for number, knock_out, *said in connection.execute(of_answers, asked):
        answers[number][knock_out] = TypedAnswer(*said)
    return ratings, answers


def move_on(session: Session, evaluation: Evaluation, state: EvaluationState) -> None:
    """Write the evaluation's next version and where it stands."""
    version = evaluation.version + 1
    session.connection().execute(
        _MOVE_ON, {"evaluation_id": evaluation.id, "on_version": version, "on_state": state}
    )
    set_committed_value(evaluation, "version", version)
    set_committed_value(evaluation, "state", state)
    forget(session, Evaluation)


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
    own = [each for each in scorecards(session, found, of=user_id) if each.submitted]
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


_EVALUATION, _CARD = Evaluation.__table__.c, Scorecard.__table__.c  # type: ignore[attr-defined]
_INTEREST, _CONTACT = Interest.__table__.c, VendorContact.__table__.c  # type: ignore[attr-defined]
_REQUEST, _CANDIDATE = Request.__table__.c, Candidate.__table__.c  # type: ignore[attr-defined]
_HERE = _EVALUATION.id == bindparam("evaluation_id")
_WHO: Any = bindparam("user_id")
_MOVE_ON = (
    update(Evaluation.__table__)  # type: ignore[attr-defined]
    .where(_HERE)
    .values(version=bindparam("on_version"), state=bindparam("on_state", type_=_EVALUATION.state.type))
)


def _then(at: Any) -> Any:
    """Of a closed evaluation counts what was so before."""
    return or_(_EVALUATION.closed_at.is_(None), at <= _EVALUATION.closed_at)


_CAME_FROM = (
    plain_select(_CANDIDATE.id)
    .where(_CANDIDATE.tool_id == _EVALUATION.tool_id)
    .correlate(Evaluation.__table__)  # type: ignore[attr-defined]
)
_LEFT_OUT = or_(
    exists().where(
        _REQUEST.user_id == _CARD.user_id,
        or_(_REQUEST.tool_id == _EVALUATION.tool_id, _REQUEST.candidate_id.in_(_CAME_FROM)),
        _then(_REQUEST.at),
    ),
    exists().where(
        _INTEREST.evaluation_id == _EVALUATION.id,
        _INTEREST.user_id == _CARD.user_id,
        _INTEREST.interested,
        _then(_INTEREST.at),
    ),
    exists().where(
        _CONTACT.tool_id == _EVALUATION.tool_id, _CONTACT.user_id == _CARD.user_id, _then(_CONTACT.at)
    ),
)


def _cards() -> Select[Any]:
    person = User.__table__.c  # type: ignore[attr-defined]
    cards = plain_select(
        _CARD.id, _CARD.number, _CARD.reason, _CARD.saved_at, _CARD.submitted_at, _CARD.version
    )
    return (
        cards.add_columns(_CARD.user_id, person.name, person.email, _LEFT_OUT.label("left_out"))
        .join_from(Scorecard, User, person.id == _CARD.user_id)
        .join(Evaluation, _EVALUATION.id == _CARD.evaluation_id)
        .where(_CARD.evaluation_id == bindparam("evaluation_id"))
        .order_by(person.name, person.id, _CARD.number)
    )


def _lines(*narrowed: Any) -> tuple[Select[Any], Select[Any]]:
    """What reads ratings and answers; built once, as the others: a draft is saved every few seconds."""
    rating, answer = ScorecardRating.__table__.c, ScorecardKnockOut.__table__.c  # type: ignore[attr-defined]
    within = [_CARD.evaluation_id == bindparam("evaluation_id"), *narrowed]
    return (
        plain_select(rating.scorecard_id, rating.criterion, rating.rating, rating.confidence)
        .add_columns(rating.sentence, rating.evidence, rating.carried)
        .join_from(ScorecardRating, Scorecard, _CARD.id == rating.scorecard_id)
        .where(*within),
        plain_select(answer.scorecard_id, answer.knock_out, answer.answer, answer.sentence, answer.carried)
        .join_from(ScorecardKnockOut, Scorecard, _CARD.id == answer.scorecard_id)
        .where(*within),
    )


_CARDS = _cards()
_LINES = _lines()
_LINES_OF_ONE = _lines(_CARD.user_id == _WHO)
