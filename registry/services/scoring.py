"""What a reviewer does: declare an interest, save drafts that lose no word, submit, and amend."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, delete, insert

from registry.domain.errors import InvalidInput, NotAllowed, RuleBroken, StaleVersion
from registry.domain.evaluation import EvaluationState, may_score, require_act
from registry.domain.rubric import Rating, Rubric
from registry.services import rubrics
from registry.services.acting import Actor, record, refuse_long
from registry.services.progress import advance, at_work, reopen_moderated
from registry.services.scorecards import Earlier, TypedScorecard, as_typed, as_value, carried, unfinished
from registry.store import evaluations, tables
from registry.store.columns import id_of
from registry.store.evaluations import StoredScorecard
from registry.store.tables import Evaluation, Rescore, ScorecardKnockOut, ScorecardRating

CONFIDENCES = ("low", "medium", "high")
SENTENCE_MOST = 1000
EVIDENCE_MOST = 2000
ONCE = "You have re-scored already, and each reviewer does so once. Write a remark; the owner resolves it."


def declare(
    session: Session,
    evaluation_id: int,
    *,
    interested: bool,
    statement: str,
    solo: bool = False,
    by: Actor,
    now: datetime,
) -> tables.Interest:
    """Say before scoring or deciding whether one has an interest; it can be declared later, never taken back.

    Where it is declared after a scorecard was handed in, that one stays on record and counts no more: what was
    resolved among the scorecards is open again, and the evaluation goes back to where it now stands.
    """
    evaluation = evaluations.get(session, evaluation_id)
    if interested and not statement.strip():
        raise InvalidInput(
            "Say in a sentence what your interest is.", {"statement": "Say what your interest is."}
        )
    refuse_long("Your declaration was not kept.", statement=(statement, 500))
    row = session.get(tables.Interest, (evaluation_id, by.person_id))
    if row is not None and row.interested and not interested:
        raise RuleBroken("You declared an interest. Ask the owner of the evaluation if that was a mistake.")
    before = {"interested": row.interested, "statement": row.statement} if row else None
    if before == {"interested": interested, "statement": statement.strip()} and row is not None:
        return row
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
        before=before,
        after={"interested": interested, "statement": row.statement},
    )
    if interested and at_work(evaluation):
        if any(each.submitted for each in _own(session, evaluation_id, by)):
            reopen_moderated(session, evaluation_id)
        advance(session, evaluation, solo=solo, by=by, now=now)
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


def carry_over(session: Session, evaluation_id: int, *, by: Actor, now: datetime) -> tables.Scorecard:
    """Begin with what one said of the same tool the last time; every line has to be confirmed or changed.

    Only lines whose question still reads the same are taken. Raises RuleBroken where a draft is begun, or nothing is
    there to begin with.
    """
    evaluation = _scorable(session, evaluation_id, by)
    if _own(session, evaluation_id, by):
        raise RuleBroken("You have begun this scorecard already. Go on with it.")
    earlier = last_of(session, evaluation, by=by)
    if earlier is None:
        raise RuleBroken("You have not scored this tool before. Begin with the first question.")
    draft = tables.Scorecard(evaluation_id=evaluation_id, user_id=by.person_id, saved_at=now)
    session.add(draft)
    session.flush()
    _write_lines(session, draft, earlier.lines)
    return draft


def last_of(session: Session, evaluation: Evaluation, *, by: Actor) -> Earlier | None:
    """What this person handed in on the same tool in the last evaluation before, as far as it still applies."""
    found = evaluations.last_handed_in(session, evaluation.tool_id, by.person_id, but=id_of(evaluation))
    if found is None:
        return None
    number, card = found
    then = session.get_one(Evaluation, number)
    lines = carried(
        as_typed(card),
        rubrics.rubric(session, then.rubric_hash),
        rubrics.rubric(session, evaluation.rubric_hash),
    )
    return Earlier(number, card.row.submitted_at or then.opened_at, lines)


def submit(session: Session, evaluation_id: int, *, solo: bool, by: Actor, now: datetime) -> tables.Scorecard:
    """Hand in the draft; from then on it is read-only. Raises InvalidInput naming each line that is not finished."""
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
    if changed := _changed_items(_own(session, evaluation_id, by)):
        reopen_moderated(session, evaluation_id, changed)
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
    if own and not own[-1].submitted and own[-1].row.number > 1 and own[-1].row.reason == reason.strip():
        return own[-1].row  # a double click
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
        vendor_contacts=evaluations.contacts(session, evaluation.tool_id).keys(),
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
    if draft.version > 1:
        session.exec(delete(ScorecardRating).where(col(ScorecardRating.scorecard_id) == draft.id))
        session.exec(delete(ScorecardKnockOut).where(col(ScorecardKnockOut.scorecard_id) == draft.id))
    ratings = [
        {
            "scorecard_id": id_of(draft),
            "criterion": key,
            "rating": line.rating,
            "confidence": line.confidence,
            "sentence": line.sentence,
            "evidence": line.evidence,
            "carried": line.carried,
        }
        for key, line in typed.ratings.items()
    ]
    answers = [
        {
            "scorecard_id": id_of(draft),
            "knock_out": key,
            "answer": line.answer,
            "sentence": line.sentence,
            "carried": line.carried,
        }
        for key, line in typed.knock_outs.items()
    ]
    for table, rows in ((ScorecardRating, ratings), (ScorecardKnockOut, answers)):
        if rows:
            session.execute(insert(table), rows)
