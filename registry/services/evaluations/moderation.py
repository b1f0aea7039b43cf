"""What is done about a disagreement: remarks, asking for evidence, one re-score each, the owner's resolution."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from registry.domain.assessment import assess
from registry.domain.disagreement import BANDS
from registry.domain.errors import InvalidInput, NotAllowed, RegistryError, RuleBroken, StaleVersion
from registry.domain.evaluation import require_act
from registry.domain.language import day_text
from registry.domain.scorecard import TypedAnswer, TypedRating, TypedScorecard
from registry.services.evaluations import scoring
from registry.services.evaluations.assessing import as_moderated, weigh
from registry.services.evaluations.progress import advance
from registry.services.evaluations.scorecards import as_typed, as_value, counting
from registry.services.people.acting import Actor, record, refuse_long
from registry.services.rubrics import rubrics
from registry.store import evaluations
from registry.store import moderation as store
from registry.store.columns import id_of
from registry.store.tables import Evaluation, Moderation, Remark


def moderate(
    session: Session,
    evaluation_id: int,
    item: str,
    *,
    value: str,
    reason: str,
    solo: bool,
    by: Actor,
    now: datetime,
    version: int | None = None,
) -> Moderation:
    """Resolve one flagged disagreement, by the owner of the evaluation; what each reviewer gave stays on record.

    `value` lies between the lowest and the highest given; empty hands it to the approver as it is, under the median
    or the worst answer. `version` is the evaluation's when it was read: StaleVersion where it changed since. The same
    resolution twice is one.
    """
    evaluation = evaluations.get(session, evaluation_id)
    earlier = [each for each in evaluations.moderations(session, evaluation_id) if each.item == item]
    if earlier and (earlier[0].value, earlier[0].reason, earlier[0].by_id) == (value, reason.strip(), by.id):
        return earlier[0]
    require_act(evaluation.state, "moderate")
    if by.id != evaluation.owner_id:
        raise NotAllowed("Only the owner of the evaluation resolves a disagreement.")
    if not reason.strip():
        raise InvalidInput("Say why it is resolved so.", {"reason": "Say why it is resolved so."})
    refuse_long("The disagreement stays open.", reason=(reason, 1000))
    if item in BANDS and value:
        raise InvalidInput(
            "A band follows from the ratings.", {"value": "Resolve the ratings behind it instead."}
        )
    _refuse_stale(evaluation, version)
    row = Moderation(
        evaluation_id=evaluation_id,
        item=item,
        value=value,
        reason=reason.strip(),
        by_id=by.person_id,
        at=now,
    )
    _check(session, evaluation, row)
    for each in earlier:
        session.delete(each)
    session.flush()
    session.add(row)
    session.flush()
    record(
        session,
        "disagreement.moderated",
        ("evaluation", evaluation_id),
        by=by,
        now=now,
        before={"value": earlier[0].value, "reason": earlier[0].reason} if earlier else None,
        after={"item": item, "value": value, "reason": row.reason},
    )
    advance(session, evaluation, solo=solo, by=by, now=now)
    return row


def remark(
    session: Session,
    evaluation_id: int,
    item: str,
    *,
    text: str,
    evidence: str = "",
    asked_id: int | None = None,
    by: Actor,
    now: datetime,
) -> Remark:
    """Add to the thread of one flagged item, for ever; with `asked_id` it asks that reviewer for evidence."""
    evaluation = evaluations.get(session, evaluation_id)
    if evaluation.state in evaluations.CLOSED:
        raise RuleBroken("This evaluation is closed. What was said stays as it is.")
    _require_flagged(session, evaluation, [item])
    if not text.strip():
        raise InvalidInput("Write your remark.", {"text": "Write your remark."})
    refuse_long("Your remark was not kept.", text=(text, 1000), evidence=(evidence, 2000))
    scorers = {card.reviewer.id for card in counting(evaluations.scorecards(session, evaluation_id))}
    if asked_id is not None and (asked_id not in scorers or asked_id == by.id):
        raise InvalidInput(
            "Ask one of the other reviewers.", {"asked": "Choose a reviewer who scored it, not yourself."}
        )
    said = [row for row, _ in store.remarks(session, evaluation_id) if row.item == item]
    new = (by.id, text.strip(), evidence.strip(), asked_id)
    if said and (said[-1].by_id, said[-1].text, said[-1].evidence, said[-1].asked_id) == new:
        return said[-1]  # a double click
    row = Remark(
        evaluation_id=evaluation_id,
        item=item,
        by_id=by.person_id,
        at=now,
        text=text.strip(),
        evidence=evidence.strip(),
        asked_id=asked_id,
    )
    session.add(row)
    evaluation.version += 1
    session.flush()
    after: dict[str, object] = {"item": item, "text": row.text}
    if asked_id is not None:
        after["reviewer"] = asked_id
    action = "evidence.asked" if asked_id is not None else "disagreement.remarked"
    record(session, action, ("evaluation", evaluation_id), by=by, now=now, after=after)
    return row


def rescore(
    session: Session,
    evaluation_id: int,
    *,
    ratings: Mapping[str, TypedRating],
    knock_outs: Mapping[str, TypedAnswer],
    reason: str,
    solo: bool,
    by: Actor,
    now: datetime,
) -> None:
    """A reviewer's one re-score, after the others were seen: a new scorecard beside the old one, which stays.

    Only flagged criteria and knock-outs are re-scored. Raises RuleBroken for a second one, and InvalidInput where
    nothing changes, a line lacks its sentence or evidence, or the reason is missing.
    """
    evaluation = evaluations.get(session, evaluation_id)
    own = [each for each in evaluations.scorecards(session, evaluation_id) if each.reviewer.id == by.id]
    done = store.rescores(session, evaluation_id).get(by.id or 0)
    if own and done is not None:
        kept = as_typed(own[-1])
        if all(kept.ratings.get(key) == line for key, line in ratings.items()) and all(
            kept.knock_outs.get(key) == line for key, line in knock_outs.items()
        ):
            return  # a double click
        raise RuleBroken(f"{scoring.ONCE} You did on {day_text(done.at.date())}.")
    require_act(evaluation.state, "moderate")
    if not own or not own[0].submitted:
        raise NotAllowed("You have handed in no scorecard here, so there is nothing of yours to re-score.")
    if not own[-1].submitted:
        raise RuleBroken("You are amending your scorecard. Hand that in: it counts as your re-score.")
    _require_flagged(session, evaluation, [*ratings, *knock_outs])
    before = as_typed(own[-1])
    after = TypedScorecard({**before.ratings, **ratings}, {**before.knock_outs, **knock_outs})
    if after == before:
        told = "Change at least one rating or answer, or leave your scorecard as it is."
        raise InvalidInput(told, {"rescore": told})
    scoring.amend(session, evaluation_id, reason=reason, by=by, now=now)
    _, faults = scoring.hand_in(session, evaluation_id, after, version=1, solo=solo, by=by, now=now)
    if faults:
        raise InvalidInput(f"{len(faults)} answers are not finished yet.", faults)


def open_questions(session: Session, evaluation_id: int, user_id: int) -> list[Remark]:
    """Where this reviewer is asked for evidence and has not answered yet."""
    said = [row for row, _ in store.remarks(session, evaluation_id)]
    rescored = list(store.rescores(session, evaluation_id).values())
    return [each for each in store.unanswered(said, rescored) if each.asked_id == user_id]


def _require_flagged(session: Session, evaluation: Evaluation, items: Sequence[str]) -> None:
    flagged = {each.id for each in weigh(session, evaluation).disagreements}
    strange = [each for each in items if each not in flagged]
    if strange:
        raise InvalidInput(
            f"Nobody disagrees on {strange[0]}.", {"item": f"Nobody disagrees on {strange[0]}."}
        )


def _refuse_stale(evaluation: Evaluation, version: int | None) -> None:
    if version is not None and version != evaluation.version:
        raise StaleVersion(
            "Something was said or changed since you opened this page. See what, and resolve it again."
        )


def _check(session: Session, evaluation: Evaluation, row: Moderation) -> None:
    rubric = rubrics.rubric(session, evaluation.rubric_hash)
    cards = [as_value(card) for card in counting(evaluations.scorecards(session, id_of(evaluation)))]
    try:
        assess(rubric, cards, [], as_moderated(rubric, [row]))
    except (RegistryError, ValueError) as error:
        sentence = error.sentence if isinstance(error, RegistryError) else "Choose a rating or an answer."
        raise InvalidInput(sentence, {"value": sentence}) from error
