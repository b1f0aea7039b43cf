"""What a reviewer does: declare an interest, save drafts that lose no word, submit, and amend."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, delete

from registry.domain.errors import InvalidInput, NotAllowed, RuleBroken, StaleVersion
from registry.domain.evaluation import EvaluationState, may_score, require_act
from registry.domain.rubric import Rating, Rubric
from registry.services import rubrics
from registry.services.acting import Actor, record, refuse_long
from registry.services.assessing import BANDS
from registry.services.progress import advance
from registry.services.scorecards import TypedScorecard, as_typed, as_value, unfinished
from registry.store import evaluations, tables
from registry.store.columns import id_of
from registry.store.evaluations import StoredScorecard
from registry.store.tables import Evaluation, Rescore, ScorecardKnockOut, ScorecardRating

CONFIDENCES = ("low", "medium", "high")
SENTENCE_MOST = 1000
EVIDENCE_MOST = 2000
ONCE = "You have re-scored already, and each reviewer does so once. Write a remark; the owner resolves it."


def declare(
    session: Session, evaluation_id: int, *, interested: bool, statement: str, by: Actor, now: datetime
) -> tables.Interest:
    """Say before scoring or deciding whether one has an interest; it can be declared later, never taken back."""
    evaluation = evaluations.get(session, evaluation_id)
    if interested and not statement.strip():
        raise InvalidInput(
            "Say in a sentence what your interest is.", {"statement": "Say what your interest is."}
        )
    refuse_long("Your declaration was not kept.", statement=(statement, 500))
    row = session.get(tables.Interest, (evaluation_id, by.person_id))
    if row is not None and row.interested and not interested:
        raise RuleBroken("You declared an interest. Ask the owner of the evaluation if that was a mistake.")
    row = row or tables.Interest(evaluation_id=evaluation_id, user_id=by.person_id, interested=False, at=now)
    row.interested, row.statement, row.at = interested, statement.strip(), now
    session.add(row)
    session.flush()
    record(
        session,
        "interest.declared",
        ("evaluation", evaluation.id),
        by=by,
        now=now,
        after={"interested": interested, "statement": row.statement},
    )
    return row


def save_draft(
    session: Session,
    evaluation_id: int,
    typed: TypedScorecard,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Scorecard:
    """Keep what was typed, complete or not. `version` is of the draft that was read, 0 for none.

    Raises NotAllowed, RuleBroken where scoring is over, StaleVersion where another tab saved meanwhile, and
    InvalidInput for what no scorecard can hold.
    """
    evaluation = _scorable(session, evaluation_id, by)
    rubric = rubrics.rubric(session, evaluation.rubric_hash)
    _refuse_unholdable(rubric, typed)
    draft = _draft(session, evaluation_id, by)
    if draft is None:
        if version:
            raise StaleVersion("Your scorecard was submitted meanwhile. Open it again to see it.")
        if _own(session, evaluation_id, by):
            raise RuleBroken("Your scorecard is submitted. Amend it to change it.")
        draft = tables.Scorecard(evaluation_id=evaluation_id, user_id=by.person_id, saved_at=now, version=0)
        session.add(draft)
        session.flush()
    elif draft.version != version:
        raise StaleVersion("Your draft was saved from another window meanwhile. Compare both and save again.")
    draft.saved_at, draft.version = now, draft.version + 1
    session.flush()
    _write_lines(session, draft, typed)
    return draft


def submit(session: Session, evaluation_id: int, *, solo: bool, by: Actor, now: datetime) -> tables.Scorecard:
    """Submit the draft; from then on it is read-only. Raises InvalidInput naming each line that is not finished."""
    evaluation = _scorable(session, evaluation_id, by)
    rubric = rubrics.rubric(session, evaluation.rubric_hash)
    drafts = [each for each in _own(session, evaluation_id, by) if not each.submitted]
    if not drafts:
        raise RuleBroken("There is no draft to submit. Fill in the scorecard first.")
    faults = unfinished(rubric, drafts[-1])
    if faults:
        raise InvalidInput(f"{len(faults)} answers are not finished yet.", faults)
    draft = drafts[-1].row
    if draft.number > 1 and evaluation.state is EvaluationState.MODERATION:
        _use_rescore(session, draft, by, now)
    _reopen_moderated(session, evaluation_id, _changed_items(_own(session, evaluation_id, by)))
    draft.submitted_at, draft.version = now, draft.version + 1
    session.flush()
    record(
        session,
        "scorecard.submitted" if draft.number == 1 else "scorecard.amended",
        ("evaluation", evaluation_id),
        by=by,
        now=now,
        after={"number": draft.number, "reason": draft.reason},
    )
    advance(session, evaluation, solo=solo, by=by, now=now)
    return draft


def amend(session: Session, evaluation_id: int, *, reason: str, by: Actor, now: datetime) -> tables.Scorecard:
    """Open the submitted scorecard again as a new draft with the next number; the old one stays on record.

    While disagreements are resolved that is the reviewer's one re-score: RuleBroken where it was used.
    """
    evaluation = _scorable(session, evaluation_id, by)
    if evaluation.state is EvaluationState.MODERATION:
        _refuse_second_rescore(session, evaluation_id, by)
    own = _own(session, evaluation_id, by)
    if not own or not own[-1].submitted:
        raise RuleBroken("There is no submitted scorecard of yours to amend.")
    if not reason.strip():
        raise InvalidInput("Say why you amend your scorecard.", {"reason": "Say why."})
    refuse_long("Your scorecard stays as it was.", reason=(reason, 500))
    last = own[-1]
    draft = tables.Scorecard(
        evaluation_id=evaluation_id,
        user_id=by.person_id,
        number=last.row.number + 1,
        reason=reason.strip(),
        saved_at=now,
    )
    session.add(draft)
    session.flush()
    _write_lines(session, draft, as_typed(last))
    return draft


def _scorable(session: Session, evaluation_id: int, by: Actor) -> Evaluation:
    evaluation = evaluations.get(session, evaluation_id)
    require_act(evaluation.state, "score")
    if not evaluations.is_assigned(session, evaluation_id, by.person_id):
        raise NotAllowed("You are not assigned to this evaluation. Ask its owner to assign you.")
    declared = evaluations.interests(session, evaluation_id)
    may_score(
        by.person_id,
        requester=evaluations.requesters(session, evaluation.tool_id),
        interested=frozenset(user_id for user_id, each in declared.items() if each.interested),
    )
    if by.id not in declared:
        raise RuleBroken("Declare first whether you have an interest in this tool.")
    return evaluation


def _own(session: Session, evaluation_id: int, by: Actor) -> list[StoredScorecard]:
    return [each for each in evaluations.scorecards(session, evaluation_id) if each.reviewer.id == by.id]


def _use_rescore(session: Session, draft: tables.Scorecard, by: Actor, now: datetime) -> None:
    _refuse_second_rescore(session, draft.evaluation_id, by)
    session.add(
        Rescore(evaluation_id=draft.evaluation_id, user_id=by.person_id, scorecard_id=id_of(draft), at=now)
    )


def _refuse_second_rescore(session: Session, evaluation_id: int, by: Actor) -> None:
    if session.get(Rescore, (evaluation_id, by.person_id)) is not None:
        raise RuleBroken(ONCE)


def _changed_items(own: Sequence[StoredScorecard]) -> set[str]:
    """What the last of a reviewer's scorecards rates otherwise than the one before it; nothing for the first."""
    if len(own) < 2:
        return set()
    before, after = as_value(own[-2]), as_value(own[-1])
    ids = {*before.ratings, *after.ratings, *before.knock_outs, *after.knock_outs}
    return {
        each
        for each in ids
        if before.ratings.get(each) != after.ratings.get(each)
        or before.knock_outs.get(each) != after.knock_outs.get(each)
    }


def _reopen_moderated(session: Session, evaluation_id: int, items: set[str]) -> None:
    """A moderated value holds for the ratings that it was found among; bands follow from all of them."""
    for row in evaluations.moderations(session, evaluation_id):
        if items and (row.item in items or row.item in BANDS):
            session.delete(row)
    session.flush()


def _draft(session: Session, evaluation_id: int, by: Actor) -> tables.Scorecard | None:
    return next((each.row for each in _own(session, evaluation_id, by) if not each.submitted), None)


def _refuse_unholdable(rubric: Rubric, typed: TypedScorecard) -> None:
    faults: dict[str, str] = {}
    for key, line in typed.ratings.items():
        criterion = rubric.criterion(key)
        if line.rating is Rating.NOT_APPLICABLE and not criterion.may_not_apply:
            faults[key] = f"{key} {criterion.name} always applies: choose 0 to 4, or U."
        elif line.confidence not in CONFIDENCES:
            faults[key] = f"{key}: confidence is low, medium or high."
        elif len(line.sentence) > SENTENCE_MOST or len(line.evidence) > EVIDENCE_MOST:
            faults[key] = (
                f"{key}: at most {SENTENCE_MOST} characters for the sentence and {EVIDENCE_MOST} for the evidence."
            )
    for key, answer in typed.knock_outs.items():
        rubric.knock_out(key)
        if len(answer.sentence) > SENTENCE_MOST:
            faults[key] = f"{key}: at most {SENTENCE_MOST} characters for the sentence."
    if faults:
        raise InvalidInput("The scorecard was not saved.", faults)


def _write_lines(session: Session, draft: tables.Scorecard, typed: TypedScorecard) -> None:
    session.exec(delete(ScorecardRating).where(col(ScorecardRating.scorecard_id) == draft.id))
    session.exec(delete(ScorecardKnockOut).where(col(ScorecardKnockOut.scorecard_id) == draft.id))
    session.add_all(
        ScorecardRating(
            scorecard_id=id_of(draft),
            criterion=key,
            rating=line.rating,
            confidence=line.confidence,
            sentence=line.sentence,
            evidence=line.evidence,
        )
        for key, line in typed.ratings.items()
    )
    session.add_all(
        ScorecardKnockOut(
            scorecard_id=id_of(draft), knock_out=key, answer=line.answer, sentence=line.sentence
        )
        for key, line in typed.knock_outs.items()
    )
    session.flush()
