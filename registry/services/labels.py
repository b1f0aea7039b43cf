"""Words that people put on candidates and take off again; rules put them on in services/judging.py."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.intake_rule import MAX_LABEL, spelled
from registry.services.acting import Actor, record
from registry.store import candidates
from registry.store.tables import CandidateLabel

MOST_LABELS = 20


def label(
    session: Session,
    candidate_id: int,
    *,
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
    by: Actor,
    now: datetime,
) -> Sequence[str]:
    """Put labels on a candidate and take others off; gives those it bears then. What two people do adds up.

    A label that is in use in another spelling is put on as it is spelled there. Raises NotFound, InvalidInput.
    """
    candidate = candidates.get(session, candidate_id)
    before = list(candidates.labels(session, [candidate_id]).get(candidate_id, ()))
    known = {spelled(each): each for each, _ in candidates.label_counts(session)}
    wanted = [known.get(spelled(each), each) for each in _cleaned(add)]
    gone = {spelled(each) for each in remove}
    after = [each for each in dict.fromkeys([*before, *wanted]) if spelled(each) not in gone]
    if len(after) > MOST_LABELS:
        raise _refused(f"At most {MOST_LABELS} labels; these would be {len(after)}.")
    for each in before:
        if each not in after:
            session.delete(session.get_one(CandidateLabel, (candidate_id, each)))
    session.add_all(
        CandidateLabel(candidate_id=candidate_id, label=each) for each in after if each not in before
    )
    session.flush()
    if set(after) != set(before):
        record(
            session,
            "candidate.labelled",
            ("candidate", candidate.id),
            by=by,
            now=now,
            before={"labels": ", ".join(sorted(before))},
            after={"labels": ", ".join(sorted(after))},
        )
    return sorted(after, key=str.lower)


def parted(typed: str) -> list[str]:
    """The labels in a line that parts them by commas."""
    return [each.strip() for each in typed.split(",") if each.strip()]


def _cleaned(labels: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(" ".join(each.split()) for each in labels))
    for each in found:
        if not each or len(each) > MAX_LABEL or "," in each:
            raise _refused(f"A label has 1 to {MAX_LABEL} characters, and no comma.")
    return found


def _refused(sentence: str) -> InvalidInput:
    return InvalidInput("The labels stay as they were.", {"add": sentence})
