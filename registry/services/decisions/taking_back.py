"""Taking a verdict back before it goes out: nobody but its decider has heard of it, and nobody will."""

from datetime import datetime

from sqlmodel import Session

from registry.domain.errors import NotAllowed, RuleBroken
from registry.domain.evaluation import EvaluationState
from registry.services.evaluations.progress import go_on
from registry.services.people.acting import Actor, record
from registry.store import evaluations, tables, verdicts
from registry.store.engine import serialise
from registry.store.tables import Evaluation


def undo(session: Session, number: int, *, solo: bool = False, by: Actor, now: datetime) -> tables.Verdict:
    """Take a verdict back before anything went out; its number is not used again and its evaluation is open again.

    Only who decided it may, in person: until it goes out it is theirs. Raises NotAllowed, RuleBroken.
    """
    if by.scopes is not None:
        raise NotAllowed("Only a person takes a verdict back, never a token. Sign in first.")
    row = verdicts.get(session, number)
    evaluation = evaluations.get(session, row.evaluation_id) if row.evaluation_id is not None else None
    serialise(session, "opening")
    serialise(session, "verdict")
    session.refresh(row)
    if row.undone_at is not None:
        raise RuleBroken(f"Verdict {number} was taken back already.")
    if now >= row.published_at:
        raise RuleBroken(f"Verdict {number} has gone out. Revoke it, or decide anew.")
    if by.id != row.decided_by_id:
        raise NotAllowed(f"Only {row.decided_by}, who decided it, can take verdict {number} back.")
    row.undone_at = now
    if evaluation is not None:
        _open_again(session, evaluation, row, solo=solo)
    session.flush()
    record(session, "verdict.undone", ("verdict", row.id), by=by, now=now, after={"number": number})
    return row


def _open_again(session: Session, evaluation: Evaluation, row: tables.Verdict, *, solo: bool) -> None:
    """To where it stands by what counts now; what was opened only for a quick no ends with it.

    Raises RuleBroken where another evaluation of the same tool and edition was opened meanwhile.
    """
    evaluation.version += 1
    if row.assessment.get("opened_for_it"):
        evaluation.state = EvaluationState.WITHDRAWN
        evaluation.withdrawn_reason = "What was decided at once was taken back before it went out."
        return
    if (other := evaluations.find_running(session, evaluation.tool_id, evaluation.edition)) is not None:
        raise RuleBroken(
            f"Evaluation {other.id} of this tool was opened meanwhile, and one at a time is under way. "
            f"Withdraw it first, or let verdict {row.number} go out and revoke it."
        )
    go_on(session, evaluation, solo=solo)
