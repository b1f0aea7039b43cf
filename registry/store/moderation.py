"""Reads of what was said about disagreements, and of who re-scored."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from registry.store.tables import Remark, Rescore, User


def remarks(session: Session, evaluation_id: int) -> Sequence[tuple[Remark, User]]:
    """Every remark of an evaluation with who made it, oldest first; one query."""
    return session.exec(
        select(Remark, User)
        .join(User, col(User.id) == col(Remark.by_id))
        .where(Remark.evaluation_id == evaluation_id)
        .order_by(col(Remark.id))
    ).all()


def rescores(session: Session, evaluation_id: int) -> dict[int, Rescore]:
    """User id -> that reviewer's one re-score."""
    rows = session.exec(select(Rescore).where(Rescore.evaluation_id == evaluation_id)).all()
    return {row.user_id: row for row in rows}


def unanswered(remarks: Sequence[Remark], rescored: Sequence[Rescore] = ()) -> list[Remark]:
    """The questions for evidence to which the one who was asked has neither remarked nor re-scored since."""
    answered = {(each.by_id, each.item): id_ for id_, each in enumerate(remarks)}
    later = {each.user_id: each.at for each in rescored}
    return [
        each
        for place, each in enumerate(remarks)
        if each.asked_id is not None
        and answered.get((each.asked_id, each.item), -1) < place
        and not (each.asked_id in later and later[each.asked_id] >= each.at)
    ]
