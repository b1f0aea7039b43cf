"""What a reviewer does: declare an interest, save drafts that lose no word, submit, and amend."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotAllowed, RuleBroken, StaleVersion
from registry.domain.evaluation import EvaluationState, may_score, require_act
from registry.domain.rubric import Rating, Rubric
from registry.domain.scorecard import TypedScorecard
from registry.services.evaluations.progress import advance, at_work, reopen_moderated
from registry.services.evaluations.scorecards import Earlier, as_typed, as_value, carried, unfinished
from registry.services.people.acting import Actor, record, refuse_long
from registry.services.rubrics import rubrics
from registry.store import evaluations, tables
from registry.store import scorecards as store
from registry.store.columns import id_of
from registry.store.evaluations import StoredScorecard
from registry.store.tables import Evaluation, Rescore

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
        if any(each.submitted for each in evaluations.scorecards(session, evaluation_id, of=by.person_id)):
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
) -> int:
    """Keep what was typed, complete or not; `version` is of the draft that was read, 0 for none. Gives the new one.

    Raises NotAllowed, RuleBroken where scoring is over, StaleVersion where another tab saved meanwhile, and
    InvalidInput for what no scorecard can hold.
    """
    evaluation = _scorable(session, evaluation_id, by)
    rubric = rubrics.rubric(session, evaluation.rubric_hash)
    _refuse_unholdable(rubric, typed)
    own = evaluations.scorecards(session, evaluation_id, of=by.person_id)
    draft = own[-1] if own and not own[-1].submitted else None
    if draft is None:
        if version:
            raise StaleVersion("Your scorecard was submitted meanwhile. Open it again to see it.")
        if own:
            raise RuleBroken("Your scorecard is submitted. Amend it to change it.")
        store.begin(session, evaluation_id, by.person_id, typed, now=now)
        return 1
    if draft.version != version:
        raise StaleVersion("Your draft was saved from another window meanwhile. Compare both and save again.")
    store.save(session, draft.id, typed, version=version + 1, now=now)
    return version + 1


def carry_over(session: Session, evaluation_id: int, *, by: Actor, now: datetime) -> int:
    """Begin with what one said of the same tool the last time; every line has to be confirmed or changed.

    Only lines whose question still reads the same are taken. Gives the draft's version. Raises RuleBroken where a
    draft is begun, or nothing is there to begin with.
    """
    evaluation = _scorable(session, evaluation_id, by)
    if evaluations.scorecards(session, evaluation_id, of=by.person_id):
        raise RuleBroken("You have begun this scorecard already. Go on with it.")
    earlier = last_of(session, evaluation, by=by)
    if earlier is None:
        raise RuleBroken("You have not scored this tool before. Begin with the first question.")
    store.begin(session, evaluation_id, by.person_id, earlier.lines, now=now)
    return 1


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
    return Earlier(number, card.submitted_at or then.opened_at, lines)


def submit(session: Session, evaluation_id: int, *, solo: bool, by: Actor, now: datetime) -> None:
    """Hand in the draft; from then on it is read-only. Raises InvalidInput naming each line that is not finished."""
    evaluation = _scorable(session, evaluation_id, by)
    rubric = rubrics.rubric(session, evaluation.rubric_hash)
    own = evaluations.scorecards(session, evaluation_id, of=by.person_id)
    if not own or own[-1].submitted:
        raise RuleBroken("There is no draft to submit. Fill in the scorecard first.")
    draft = own[-1]
    faults = unfinished(rubric, draft)
    if faults:
        raise InvalidInput(f"{len(faults)} answers are not finished yet.", faults)
    if draft.number > 1 and evaluation.state is EvaluationState.MODERATION:
        _use_rescore(session, evaluation_id, draft, by, now)
    if changed := _changed_items(own):
        reopen_moderated(session, evaluation_id, changed)
    store.change(session, draft.id, submitted_at=now, version=draft.version + 1)
    record(
        session,
        "scorecard.submitted" if draft.number == 1 else "scorecard.amended",
        ("evaluation", evaluation_id),
        by=by,
        now=now,
        after={"number": draft.number, "reason": draft.reason},
    )
    advance(session, evaluation, solo=solo, by=by, now=now)


def amend(session: Session, evaluation_id: int, *, reason: str, by: Actor, now: datetime) -> None:
    """Open the submitted scorecard again as a new draft with the next number; the old one stays on record.

    While disagreements are resolved that is the reviewer's one re-score: RuleBroken where it was used.
    """
    evaluation = _scorable(session, evaluation_id, by)
    if evaluation.state is EvaluationState.MODERATION:
        _refuse_second_rescore(session, evaluation_id, by)
    own = evaluations.scorecards(session, evaluation_id, of=by.person_id)
    if own and not own[-1].submitted and own[-1].number > 1 and own[-1].reason == reason.strip():
        return  # a double click
    if not own or not own[-1].submitted:
        raise RuleBroken("There is no submitted scorecard of yours to amend.")
    if not reason.strip():
        raise InvalidInput("Say why you amend your scorecard.", {"reason": "Say why."})
    refuse_long("Your scorecard stays as it was.", reason=(reason, 500))
    last = own[-1]
    store.begin(
        session,
        evaluation_id,
        by.person_id,
        as_typed(last),
        number=last.number + 1,
        reason=reason.strip(),
        now=now,
    )


def _scorable(session: Session, evaluation_id: int, by: Actor) -> Evaluation:
    evaluation = evaluations.get(session, evaluation_id)
    require_act(evaluation.state, "score")
    standing = evaluations.standing(session, evaluation_id, by.person_id)
    if not standing.assigned:
        raise NotAllowed("You are not assigned to this evaluation. Ask its owner to assign you.")
    may_score(
        by.person_id,
        requester=standing.requesters,
        vendor_contacts=standing.contacts,
        interested=standing.interested,
    )
    if not standing.declared:
        raise RuleBroken("Declare first whether you have an interest in this tool.")
    return evaluation


def _use_rescore(
    session: Session, evaluation_id: int, draft: StoredScorecard, by: Actor, now: datetime
) -> None:
    _refuse_second_rescore(session, evaluation_id, by)
    session.add(Rescore(evaluation_id=evaluation_id, user_id=by.person_id, scorecard_id=draft.id, at=now))


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
