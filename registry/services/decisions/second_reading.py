"""The end of a second reading: both recommend the same and it ends, or an approver decides or lets the verdict stand.

Which verdicts are read a second time, and by whom, is sampling.py's.
"""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotAllowed, NotFound, RuleBroken
from registry.domain.evaluation import Alone, EvaluationState
from registry.domain.outcome import MEANINGS
from registry.domain.values import dataclass
from registry.services.decisions.decider import independent_rights
from registry.services.evaluations.assessing import weigh
from registry.services.people.acting import REGISTRY, Actor, record, refuse_long
from registry.services.people.reach import DECIDERS, widest
from registry.store import deciding, evaluations
from registry.store.columns import id_of
from registry.store.rulings import Recorded
from registry.store.tables import Evaluation, Role, Verdict


def settle(session: Session, evaluation: Evaluation, *, now: datetime) -> None:
    """End the reading where it agrees with the first; else leave the evaluation for an approver to decide.

    Called when an evaluation is ready to decide; does nothing for one that is no second reading.
    """
    reading = deciding.find_reading_by_evaluation(session, id_of(evaluation))
    if reading is None or reading.ended_at is not None:
        return
    first = session.get_one(Verdict, reading.verdict_id)
    found = weigh(session, evaluation).recommendation.outcome
    reading.ended_at, reading.agrees = now, found is first.recommended
    if reading.agrees:
        _close(evaluation, f"The second reading of verdict {first.number} recommends the same.", now)
    session.flush()
    record(
        session,
        "verdict.read_again",
        ("verdict", first.id),
        by=REGISTRY,
        now=now,
        after={
            "number": first.number,
            "evaluation": evaluation.id,
            "first": first.recommended and first.recommended.value,
            "second": found.value,
            "agrees": reading.agrees,
        },
    )


def let_stand(session: Session, evaluation_id: int, *, reason: str, by: Actor, now: datetime) -> Verdict:
    """Say that the verdict stands although the second reading recommends otherwise.

    The act of an approver who could decide anew, in their own right or as a deputy. Who scored may not in an office
    of one person either: they decide anew, and that verdict says that they were alone.
    """
    evaluation = evaluations.get(session, evaluation_id)
    session.refresh(evaluation)
    reading = deciding.find_reading_by_evaluation(session, evaluation_id)
    if reading is None:
        raise NotFound("This evaluation is no second reading.")
    if Role.APPROVER not in by.roles or by.scopes is not None:
        raise NotAllowed("Only an approver, in person, lets a verdict stand.")
    first = session.get_one(Verdict, reading.verdict_id)
    rights = independent_rights(session, evaluation, solo=False, own=DECIDERS, by=by, now=now)
    right = widest(rights, [first.offices])
    if fault := right.fault(first.offices):
        raise NotAllowed(fault)
    if evaluation.state is not EvaluationState.DECISION:
        raise RuleBroken("Nothing waits here: the reading is not finished, or somebody has dealt with it.")
    if not reason.strip():
        raise InvalidInput("Say why it stands.", {"stand_reason": "Say why it stands."})
    refuse_long("Nothing was done.", stand_reason=(reason, 500))
    _close(evaluation, f"Verdict {first.number} stands: {reason.strip()}"[:500], now)
    session.flush()
    record(
        session,
        "verdict.upheld",
        ("verdict", first.id),
        by=by,
        now=now,
        after={"number": first.number, "reason": reason.strip(), **right.told},
    )
    return first


def told(session: Session, evaluation_id: int) -> str:
    """What an evaluation that is a second reading is about, and what is to be done, in words; else empty."""
    reading = deciding.find_reading_by_evaluation(session, evaluation_id)
    if reading is None:
        return ""
    first = session.get_one(Verdict, reading.verdict_id)
    was = MEANINGS[first.recommended].label.lower() if first.recommended else "nothing"
    return (
        f"This is a second reading of verdict {first.number}, which {first.decided_by} gave alone in the quick lane. "
        f"There the rules recommended: {was}."
    )


class ReadingState(StrEnum):
    NOT_CHOSEN = "not_chosen"
    UNDER_WAY = "under_way"
    AGREES = "agrees"
    DIFFERS = "differs"
    """It waits for an approver."""
    DECIDED_ANEW = "decided_anew"
    ENDED = "ended"
    """The verdict stands all the same, or the reading was withdrawn; the sentence says why."""


@dataclass(frozen=True)
class Standing:
    """How the second reading of a verdict stands, with a sentence for the staff."""

    state: ReadingState
    sentence: str
    evaluation_id: int | None = None


def standing(session: Session, row: Verdict | Recorded) -> Standing | None:
    """None for a verdict that did not come by the quick lane. Whether one will be chosen is never foretold."""
    if row.alone is not Alone.QUICK_LANE:
        return None
    reading = deciding.find_reading_of(session, id_of(row))
    if reading is None:
        said = "It was not chosen for a second reading so far; one in ten is."
        return Standing(ReadingState.NOT_CHOSEN, said)
    evaluation = evaluations.get(session, reading.evaluation_id)
    if evaluation.state is EvaluationState.DECISION:
        state = ReadingState.DIFFERS
        said = "The second reading recommends something else. An approver decides anew or lets it stand."
    elif evaluation.state is EvaluationState.DECIDED:
        state = ReadingState.DECIDED_ANEW
        said = "The second reading recommended something else, and it was decided anew."
    elif evaluation.state is EvaluationState.WITHDRAWN:
        state = ReadingState.AGREES if reading.agrees else ReadingState.ENDED
        said = evaluation.withdrawn_reason
    else:
        state = ReadingState.UNDER_WAY
        said = "It was chosen for a second reading: another reviewer scores it without seeing the first scorecard."
    return Standing(state, said, reading.evaluation_id)


def _close(evaluation: Evaluation, reason: str, now: datetime) -> None:
    evaluation.state, evaluation.withdrawn_reason = EvaluationState.WITHDRAWN, reason
    evaluation.closed_at = now
    evaluation.version += 1
