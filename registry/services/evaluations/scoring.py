"""What a reviewer does: declare an interest, save drafts that lose no word, submit, and amend."""

from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotAllowed, RuleBroken, StaleVersion
from registry.domain.evaluation import EvaluationState, may_score, require_act
from registry.domain.rubric import Rating, Rubric
from registry.domain.scorecard import TypedScorecard
from registry.domain.values import dataclass
from registry.services.evaluations.progress import advance, at_work, reopen_moderated
from registry.services.evaluations.scorecards import Earlier, as_typed, carried, unfinished
from registry.services.people.acting import Actor, record, refuse_long
from registry.services.rubrics import rubrics
from registry.store import evaluations, parties, tables
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
    return _save(session, evaluation, typed, version=version, by=by, now=now).version


@dataclass(frozen=True)
class _Draft:
    """What is known of a reviewer's newest scorecard, without reading its lines again."""

    id: int
    number: int
    reason: str
    version: int
    changed: frozenset[str] = frozenset()
    """What it rates otherwise than the one that was handed in before."""


def _save(
    session: Session,
    evaluation: Evaluation,
    typed: TypedScorecard,
    *,
    version: int,
    submitted_at: datetime | None = None,
    by: Actor,
    now: datetime,
) -> _Draft:
    evaluation_id = id_of(evaluation)
    _refuse_unholdable(rubrics.rubric(session, evaluation.rubric_hash), typed)
    own = evaluations.scorecards(session, evaluation_id, of=by.person_id)
    draft = own[-1] if own and not own[-1].submitted else None
    if draft is None:
        if version:
            raise StaleVersion("Your scorecard was submitted meanwhile. Open it again to see it.")
        if own:
            raise RuleBroken("Your scorecard is submitted. Amend it to change it.")
        card = store.begin(session, evaluation_id, by.person_id, typed, submitted_at=submitted_at, now=now)
        return _Draft(card, 1, "", 1)
    if draft.version != version:
        raise StaleVersion("Your draft was saved from another window meanwhile. Compare both and save again.")
    store.save(session, draft.id, typed, version=version + 1, submitted_at=submitted_at, now=now)
    changed = _changed_items(as_typed(own[-2]), typed) if len(own) > 1 else frozenset[str]()
    return _Draft(draft.id, draft.number, draft.reason, version + 1, changed)


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


def submit(session: Session, evaluation_id: int, *, solo: bool, by: Actor, now: datetime) -> StoredScorecard:
    """Hand in the draft, and give it as it then stands: from now on it is read-only.

    Raises InvalidInput naming each line that is not finished.
    """
    evaluation = _scorable(session, evaluation_id, by)
    own = evaluations.scorecards(session, evaluation_id, of=by.person_id)
    if not own or own[-1].submitted:
        raise RuleBroken("There is no draft to submit. Fill in the scorecard first.")
    last = own[-1]
    faults = unfinished(rubrics.rubric(session, evaluation.rubric_hash), last)
    if faults:
        raise InvalidInput(f"{len(faults)} answers are not finished yet.", faults)
    changed = _changed_items(as_typed(own[-2]), as_typed(last)) if len(own) > 1 else frozenset[str]()
    store.change(session, last.id, submitted_at=now, version=last.version + 1)
    draft = _Draft(last.id, last.number, last.reason, last.version + 1, changed)
    _submitted(session, evaluation, draft, solo=solo, by=by, now=now)
    return replace(last, submitted_at=now, version=draft.version)


def hand_in(
    session: Session,
    evaluation_id: int,
    typed: TypedScorecard,
    *,
    version: int,
    solo: bool,
    by: Actor,
    now: datetime,
) -> tuple[int, dict[str, str]]:
    """Save what was typed and, where no line of it is unfinished, submit it, in one go.

    Gives the version under which it is saved, and what each unfinished line lacks. Raises as `save_draft` does.
    """
    evaluation = _scorable(session, evaluation_id, by)
    faults = unfinished(rubrics.rubric(session, evaluation.rubric_hash), typed)
    submitted_at = None if faults else now
    draft = _save(session, evaluation, typed, version=version, submitted_at=submitted_at, by=by, now=now)
    if not faults:
        _submitted(session, evaluation, draft, solo=solo, by=by, now=now)
    return draft.version, faults


def _submitted(
    session: Session, evaluation: Evaluation, draft: _Draft, *, solo: bool, by: Actor, now: datetime
) -> None:
    """What follows from a scorecard that is in."""
    evaluation_id = id_of(evaluation)
    if draft.number > 1 and evaluation.state is EvaluationState.MODERATION:
        _use_rescore(session, evaluation_id, draft.id, by, now)
    if draft.changed:
        reopen_moderated(session, evaluation_id, draft.changed)
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
    standing = parties.standing(session, evaluation_id, by.person_id)
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


def _use_rescore(session: Session, evaluation_id: int, card: int, by: Actor, now: datetime) -> None:
    _refuse_second_rescore(session, evaluation_id, by)
    session.add(Rescore(evaluation_id=evaluation_id, user_id=by.person_id, scorecard_id=card, at=now))


def _refuse_second_rescore(session: Session, evaluation_id: int, by: Actor) -> None:
    if session.get(Rescore, (evaluation_id, by.person_id)) is not None:
        raise RuleBroken(ONCE)


def _changed_items(before: TypedScorecard, after: TypedScorecard) -> frozenset[str]:
    """What the later card rates or answers otherwise."""
    was, now_is = _said(before), _said(after)
    return frozenset(each for each in {*was, *now_is} if was.get(each) != now_is.get(each))


def _said(card: TypedScorecard) -> dict[str, str | None]:
    ratings = {key: line.rating for key, line in card.ratings.items()}
    return {**ratings, **{key: line.answer for key, line in card.knock_outs.items()}}


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
