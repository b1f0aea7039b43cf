"""Where a colleague's request stands, in plain words: for the page by which it is followed, and for its mails."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session

from registry.domain.answer import Answer, AnswerCode
from registry.domain.language import small, worded
from registry.domain.lookup import Question
from registry.domain.triage import REASON_LABELS, CandidateStatus, DismissReason
from registry.domain.values import dataclass
from registry.services.answers import lookup
from registry.services.answers.expecting import expect
from registry.services.candidates.undoing import UNDO_FOR
from registry.services.people.house import house
from registry.settings import Settings
from registry.store import candidates, tools, under_way
from registry.store.columns import id_of
from registry.store.tables import Candidate, Request, Tool


@dataclass(frozen=True)
class Stage:
    key: str
    """Tells one step from another, at most 20 characters; `decided:12` names the verdict."""
    code: str
    """Of the state, for its badge."""
    name: str
    """Of the tool, or of what is to become one."""
    state: str
    next_step: str
    expected_on: date | None
    tool: Tool | None
    settled: bool = True
    """False where it may still be taken back."""


def stages(
    session: Session, requests: Sequence[Request], settings: Settings, *, now: datetime
) -> dict[int, Stage]:
    """Request id -> where it stands, in a fixed number of queries."""
    found = candidates.by_id(session, {each.candidate_id for each in requests if each.candidate_id})
    tool_ids = {each.tool_id for each in requests} | {each.tool_id for each in found.values()}
    known = tools.by_ids(session, {each for each in tool_ids if each is not None})
    organisation = house(session, settings)
    answers = lookup.answers(session, list(known.values()), Question(at=now), organisation, now=now)
    running = under_way.running(session, known, now=now)
    expected = expect(session, running, zone=settings.zone, now=now)
    told = {}
    for each in requests:
        candidate = found.get(each.candidate_id) if each.candidate_id else None
        tool_id = each.tool_id or (candidate.tool_id if candidate else None)
        if tool_id is not None:
            told[id_of(each)] = _of_tool(
                known[tool_id], answers[tool_id], tool_id in running, expected.get(tool_id)
            )
        elif candidate is not None:
            told[id_of(each)] = _of_candidate(each, candidate, now)
    return told


def _of_tool(tool: Tool, answer: Answer, running: bool, expected_on: date | None) -> Stage:
    if answer.code is AnswerCode.UNDER_REVIEW:
        key, state = "begun", worded("It is being reviewed.")
        step = worded("You can see the answer here once somebody has decided.")
    elif answer.code is AnswerCode.NOT_REVIEWED:
        key, state = "accepted", worded("It was accepted, and waits for its review to begin.")
        step = worded("Once it begins, the day stands here.")
    else:
        key = f"decided:{answer.verdict.number if answer.verdict else answer.code}"[:20]
        state = worded("It was decided. A new review is under way.") if running else worded("It was decided.")
        step = worded("Open the answer for what to keep to, and until when it stands.")
    return Stage(key, answer.code.value, tool.name, state, step, expected_on, tool)


def _of_candidate(request: Request, candidate: Candidate, now: datetime) -> Stage:
    key, settled, wakes_on = "received", True, None
    state = worded("It waits for somebody to look at it.")
    step = worded("Then it is accepted for review, or you read here why not.")
    if request.first_candidate_id != candidate.id:
        key, state = (
            "merged",
            worded(
                "It is treated together with {tool}, which is the same tool. {state}",
                tool=candidate.name,
                state=state,
            ),
        )
    if candidate.status is CandidateStatus.WATCH:
        key, wakes_on = "watched", candidate.watch_until
        state = worded("We keep an eye on it, and look again later.")
        step = worded("It comes up sooner if more people ask for it.")
    elif candidate.status is CandidateStatus.DISMISSED:
        reason = candidate.reason
        label = worded(REASON_LABELS[DismissReason(reason)]) if reason in list(DismissReason) else reason
        key, state = "declined", worded("We decided not to review it. Reason: {reason}.", reason=small(label))
        step = worded("Ask us if you see it otherwise.")
    if candidate.closed_at is not None:
        settled = now - candidate.closed_at >= UNDO_FOR
    return Stage(key, candidate.status.value, candidate.name, state, step, wakes_on, None, settled)
