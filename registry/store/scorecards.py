"""A reviewer's scorecard written: begun, its lines saved, handed in. Read it is in evaluations.py."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, update
from sqlmodel import Session

from registry.domain.scorecard import TypedScorecard
from registry.store.engine import write_all
from registry.store.memo import forget
from registry.store.tables import Scorecard, ScorecardKnockOut, ScorecardRating

_CARDS = Scorecard.__table__  # type: ignore[attr-defined]
_RATINGS = ScorecardRating.__table__  # type: ignore[attr-defined]
_ANSWERS = ScorecardKnockOut.__table__  # type: ignore[attr-defined]
_BEGIN = insert(_CARDS)
_CHANGE = update(_CARDS).where(_CARDS.c.id == bindparam("card"))
_DROP = (
    delete(_RATINGS).where(_RATINGS.c.scorecard_id == bindparam("card")),
    delete(_ANSWERS).where(_ANSWERS.c.scorecard_id == bindparam("card")),
)


def begin(
    session: Session,
    evaluation_id: int,
    user_id: int,
    typed: TypedScorecard,
    *,
    number: int = 1,
    reason: str = "",
    submitted_at: datetime | None = None,
    now: datetime,
) -> int:
    """Write the first version of a draft, or one that is handed in at once, with its lines; gives its id."""
    values = {
        "evaluation_id": evaluation_id,
        "user_id": user_id,
        "number": number,
        "reason": reason,
        "saved_at": now,
        "submitted_at": submitted_at,
        "version": 1,
    }
    card: int = session.connection().execute(_BEGIN, values).inserted_primary_key[0]  # type: ignore[index]
    forget(session, Scorecard)
    _write_lines(session, card, typed)
    return card


def save(
    session: Session,
    card: int,
    typed: TypedScorecard,
    *,
    version: int,
    submitted_at: datetime | None = None,
    now: datetime,
) -> None:
    """Put what was typed in the place of every line that the draft had, and hand it in where a moment is given."""
    change(session, card, saved_at=now, submitted_at=submitted_at, version=version)
    for statement in _DROP:
        session.connection().execute(statement, {"card": card})
    _write_lines(session, card, typed)
    forget(session, ScorecardRating, ScorecardKnockOut)


def change(session: Session, card: int, **values: Any) -> None:
    session.connection().execute(_CHANGE, {"card": card, **values})
    forget(session, Scorecard)


def _write_lines(session: Session, card: int, typed: TypedScorecard) -> None:
    ratings = [{"scorecard_id": card, "criterion": key, **vars(line)} for key, line in typed.ratings.items()]
    answers = [
        {"scorecard_id": card, "knock_out": key, **vars(line)} for key, line in typed.knock_outs.items()
    ]
    write_all(session, ScorecardRating, ratings)
    write_all(session, ScorecardKnockOut, answers)
