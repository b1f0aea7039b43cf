"""Where an evaluation stands after an act: open, scoring, moderation or ready to decide."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session

from registry.domain.disagreement import BANDS, disagreements
from registry.domain.errors import RuleBroken
from registry.domain.evaluation import EvaluationState, Submitted, Tier, missing, next_state, require_act
from registry.domain.values import dataclass
from registry.services.decisions import second_reading
from registry.services.evaluations.scorecards import as_value, counting
from registry.services.people.acting import Actor, record
from registry.services.rubrics import rubrics
from registry.store import evaluations, parties, users
from registry.store.columns import id_of
from registry.store.evaluation_lists import Case
from registry.store.tables import Evaluation

AT_WORK = (
    EvaluationState.OPEN,
    EvaluationState.SCORING,
    EvaluationState.MODERATION,
    EvaluationState.DECISION,
)


@dataclass(frozen=True)
class Progress:
    state: EvaluationState
    missing: tuple[str, ...]
    """What is still to be done, in sentences; empty when it is ready to decide."""
    unresolved: tuple[str, ...] = ()
    """What reviewers disagree on and nobody has resolved: ids of criteria, knock-outs and bands."""


def progress(session: Session, evaluation: Evaluation, *, solo: bool) -> Progress:
    """Compute where an evaluation at work stands and what it lacks, from what is stored.

    What reviewers disagree on is looked for when all the scorecards are in: before, none of it can be resolved.
    """
    evaluation_id, tier = id_of(evaluation), Tier(evaluation.tier)
    cards = evaluations.heads(session, evaluation_id)
    people = [card.reviewer.id for card in counting(cards)]
    areas = users.areas(session, people) if tier.areas else {}
    submitted = [Submitted(each, areas.get(each, frozenset())) for each in people]
    lacking = missing(tier, submitted, solo=solo)
    if lacking:
        begun = bool(cards or parties.assigned(session, evaluation_id))
        return Progress(next_state(tier, submitted, solo=solo, begun=begun), lacking)
    rubric = rubrics.rubric(session, evaluation.rubric_hash)
    counted = counting(evaluations.scorecards(session, evaluation_id))
    flagged = [each.id for each in disagreements(rubric, [as_value(card) for card in counted])]
    moderated = [row.item for row in evaluations.moderations(session, evaluation_id)] if flagged else []
    return Progress(
        next_state(tier, submitted, flagged=flagged, moderated=moderated, solo=solo),
        missing(tier, submitted, flagged=flagged, moderated=moderated, solo=solo),
        tuple(each for each in flagged if each not in moderated),
    )


def require_ready(session: Session, evaluation: Evaluation, *, solo: bool) -> None:
    """Raises RuleBroken unless it is ready to decide by what counts now, whatever its state says."""
    require_act(evaluation.state, "decide")
    now_at = progress(session, evaluation, solo=solo)
    if now_at.state is not EvaluationState.DECISION:
        raise RuleBroken(f"This evaluation is not ready to decide any more. {' '.join(now_at.missing)}")


def go_on(session: Session, evaluation: Evaluation, *, solo: bool) -> None:
    """Take an evaluation out of its end to where it stands by what counts now."""
    evaluation_id = id_of(evaluation)
    counted = {each.id for each in counting(evaluations.heads(session, evaluation_id))}
    evaluation.closed_at = None
    session.flush()
    if counted != {each.id for each in counting(evaluations.heads(session, evaluation_id))}:
        reopen_moderated(session, evaluation_id)
    evaluation.state = progress(session, evaluation, solo=solo).state


def at_work(evaluation: Evaluation | Case) -> bool:
    """Whether it goes on by itself, and neither waits nor is closed."""
    return evaluation.state in AT_WORK


def reopen_moderated(session: Session, evaluation_id: int, items: Collection[str] | None = None) -> None:
    """What was resolved holds for the ratings that it was found among: those of `items`, or all, are open again.

    Bands follow from all of the ratings.
    """
    for row in evaluations.moderations(session, evaluation_id):
        if items is None or row.item in items or row.item in BANDS:
            session.delete(row)
    session.flush()


def advance(session: Session, evaluation: Evaluation, *, solo: bool, by: Actor, now: datetime) -> None:
    """Move the evaluation to where it now stands, and write an event where that is another place."""
    session.flush()
    state = progress(session, evaluation, solo=solo).state
    before = evaluation.state
    evaluations.move_on(session, evaluation, state)
    if state is before:
        return
    record(
        session,
        "evaluation.moved",
        ("evaluation", evaluation.id),
        by=by,
        now=now,
        before={"state": before.value},
        after={"state": state.value},
    )
    if state is EvaluationState.DECISION:
        second_reading.settle(session, evaluation, now=now)
