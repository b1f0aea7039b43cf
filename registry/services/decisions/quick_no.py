"""The quick no: a tool that a law bans, that needs private accounts, or that an approved tool makes needless.

It needs no scorecard: one knock-out, who says that it holds, and the evidence are the whole assessment.
"""

from collections.abc import Sequence
from dataclasses import field
from datetime import datetime, tzinfo
from typing import Any

from sqlmodel import Session

from registry.domain.decision_table import RiskBand
from registry.domain.errors import InvalidInput, NotAllowed, RuleBroken
from registry.domain.evaluation import Alone, Tier
from registry.domain.lookup import AnswerCode, House, Question
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.rubric import KnockOut, Rubric
from registry.domain.validity import validity
from registry.domain.values import dataclass
from registry.domain.verdict import AssessmentFacts, Draft, demands
from registry.services.answers import lookup
from registry.services.decisions.decider import Permission, independent_rights, require_trained
from registry.services.decisions.decision import Decision, Terms, publish, verdict_row
from registry.services.evaluations import evaluation as rounds
from registry.services.evaluations.calibration import is_trained
from registry.services.evaluations.scoring import declare
from registry.services.people.acting import Actor
from registry.services.people.reach import DECIDERS
from registry.services.rubrics import rubrics
from registry.services.verdicts.publishing import HIDDEN
from registry.store import evaluations, tables, tools, verdicts
from registry.store.columns import id_of
from registry.store.engine import hold
from registry.store.tables import Evaluation, Role, Tool

DUPLICATE = "duplicate"
GIVERS = frozenset({Role.REVIEWER, Role.APPROVER})
PURPOSE = "Any use: it was answered with a quick no."
YES = frozenset({AnswerCode.YES, AnswerCode.YES_IF})


@dataclass(frozen=True, kw_only=True)
class QuickNo:
    """What was filled in. `ground` is the id of a knock-out that may be answered at once, or `duplicate`."""

    ground: str
    evidence: str
    """A link, or the paragraph that shows it."""
    rationale: str = ""
    """Empty takes the knock-out's own sentence."""
    said_by: str = ""
    """Who says so, where it is not who decides, such as the legal office."""
    citation: str = ""
    alternatives: tuple[str, ...] = ()
    """Slugs of tools, or `none known`."""
    supersedes: tuple[int, ...] = ()
    independent: bool = False
    """Declares: did not ask for it, no contact of the vendor, no interest."""
    internal_note: str = field(default="")


def grounds(session: Session) -> Sequence[KnockOut]:
    """The knock-outs of the newest rubric that may be answered with a no on the same day."""
    return [each for each in _rubric(session).knock_outs if each.quick_no]


def give(
    session: Session, tool: Tool, told: QuickNo, terms: Terms, house: House, *, by: Actor, now: datetime
) -> tables.Verdict:
    """Publish it as a numbered verdict, with undo window and all; an evaluation that is under way ends with it.

    Raises NotAllowed, RuleBroken where a no of the same ground stands or a colleague has
    decided what has not gone out, InvalidInput naming every field at fault.
    """
    rubric = _rubric(session)
    ground = next((each for each in grounds(session) if each.id == told.ground), None)
    require_giver(session, by, cases_needed=terms.cases_needed)
    if ground is not None and ground.forbids and Role.APPROVER not in by.roles:
        raise NotAllowed("Only an approver says that a law or a policy forbids a tool. Ask one of them.")
    hold(session, "quick no", id_of(tool))
    running = _held(session, tool)
    _refuse_untold(session, tool, by=by, now=now)
    decision = _decision(told, ground)
    found = _faults(session, tool, told, decision, ground, house, now=now)
    if found:
        raise InvalidInput("Nothing was published. See what is missing.", found)
    _refuse_twice(session, tool, decision, zone=terms.zone, now=now)
    evaluation = running or _opened(session, tool, terms, by=by, now=now)
    allowed = _permission(session, evaluation, ground, terms, by=by, now=now)
    declare(session, id_of(evaluation), interested=False, statement="", by=by, now=now)
    row = verdict_row(evaluation, decision, terms, allowed, by=by, now=now)
    row.recommended = decision.outcome
    row.assessment = _assessment(rubric, told, ground, by) | {"opened_for_it": running is None}
    return publish(session, evaluation, row, decision, allowed, zone=terms.zone, by=by, now=now)


def require_giver(session: Session, by: Actor, *, cases_needed: int) -> None:
    """Raises NotAllowed unless this person may give a quick no on some ground.

    `cases_needed` is how many reference cases make a reviewer trained; an approver needs none.
    """
    if by.id is None or by.scopes is not None:
        raise NotAllowed("Only a person decides, never a token. Sign in first.")
    if Role.APPROVER in by.roles:
        return
    if Role.REVIEWER not in by.roles:
        raise NotAllowed("A quick no is for approvers and trained reviewers. Ask one of them.")
    require_trained(session, by, needed=cases_needed)


def _refuse_untold(session: Session, tool: Tool, *, by: Actor, now: datetime) -> None:
    """RuleBroken while a colleague can still take back what they decided on the whole tool, whatever that is.

    It is refused before anything of this answer is looked at: a reply that depended on it would tell theirs.
    """
    for row in verdicts.of_tool(session, id_of(tool)):
        if row.published_at > now and row.decided_by_id != by.id and not row.edition:
            raise RuleBroken(
                f"{row.decided_by} has decided on {tool.name}. What was decided is told when it goes out; "
                "look at it then."
            )


def _refuse_twice(session: Session, tool: Tool, decision: Decision, *, zone: tzinfo, now: datetime) -> None:
    """RuleBroken where a no for the same reason stands that this one does not replace."""
    rows = verdicts.of_tool(session, id_of(tool))
    for row, ruling in zip(rows, verdicts.as_rulings(session, rows, now=now), strict=True):
        same = row.reason_code == decision.reason_code and not MEANINGS[row.outcome].may_use
        stands = validity(ruling, at=now, zone=zone).state not in HIDDEN
        if same and stands and row.number not in decision.supersedes:
            raise RuleBroken(f"Verdict {row.number} says no for this reason already.")


def _permission(
    session: Session,
    evaluation: Evaluation,
    ground: KnockOut | None,
    terms: Terms,
    *,
    by: Actor,
    now: datetime,
) -> Permission:
    of_reviewers = ground is None or not ground.forbids
    trained = of_reviewers and is_trained(session, by.person_id, needed=terms.cases_needed)
    own = GIVERS if trained else DECIDERS
    rights = independent_rights(session, evaluation, solo=terms.solo, own=own, by=by, now=now)
    scorers = {card.reviewer.id for card in evaluations.scorecards(session, id_of(evaluation))}
    alone = Alone.SOLO if by.id in scorers else None
    quick = "Quick no: one person answered the question and decided."
    return Permission(alone, (quick,), rights)


def _held(session: Session, tool: Tool) -> Evaluation | None:
    """The one under way for every edition, on which nobody else acts from now on."""
    running = evaluations.find_running(session, id_of(tool), "")
    if running is None:
        return None
    found = evaluations.get(session, id_of(running))
    session.refresh(found)
    return found if found.state not in evaluations.CLOSED else None


def _opened(session: Session, tool: Tool, terms: Terms, *, by: Actor, now: datetime) -> Evaluation:
    return rounds.open_evaluation(
        session,
        id_of(tool),
        tier=Tier.ONE,
        owner_id=by.person_id,
        intended_use={"purpose": PURPOSE},
        zone=terms.zone,
        by=by,
        now=now,
    )


def _decision(told: QuickNo, ground: KnockOut | None) -> Decision:
    forbids = ground is not None and ground.forbids
    return Decision(
        outcome=Outcome.PROHIBITED if forbids else Outcome.REJECTED,
        rationale=told.rationale.strip()
        or (ground.reason if ground else "An approved tool does it already."),
        alternatives=told.alternatives,
        reason_code=told.ground,
        citation=told.citation,
        supersedes=told.supersedes,
        internal_note=told.internal_note,
    )


def _faults(
    session: Session,
    tool: Tool,
    told: QuickNo,
    decision: Decision,
    ground: KnockOut | None,
    house: House,
    *,
    now: datetime,
) -> dict[str, str]:
    if ground is None and told.ground != DUPLICATE:
        return {"ground": "Choose why the answer is no."}
    draft = Draft(
        outcome=decision.outcome,
        rationale=decision.rationale,
        alternatives=decision.alternatives,
        reason_code=decision.reason_code,
        citation=decision.citation,
    )
    found = demands(draft, AssessmentFacts(recommended=decision.outcome))
    named = tools.by_slugs(session, decision.alternatives)
    if told.ground == DUPLICATE:
        allowed = [each for each in named.values() if each.id != tool.id]
        computed = lookup.answers(session, allowed, Question(at=now), house, now=now)
        if not any(each.code in YES for each in computed.values()):
            found["alternatives"] = "Name the approved tool that does it already."
    if not told.evidence.strip():
        found["evidence"] = "Give the link, or quote the paragraph, that shows it."
    if not told.independent:
        found["independent"] = "Confirm it. Who cannot asks a colleague to decide."
    for name, text, most in (
        ("rationale", decision.rationale, 4000),
        ("evidence", told.evidence, 2000),
        ("said_by", told.said_by, 200),
        ("citation", told.citation, 500),
        ("internal_note", told.internal_note, 4000),
    ):
        if len(text.strip()) > most:
            found[name] = f"At most {most:,} characters; this has {len(text.strip()):,}."
    known = {row.number for row in verdicts.published(session, now=now, tool_ids=[id_of(tool)])}
    if strangers := sorted(set(told.supersedes) - known):
        found["supersedes"] = f"Verdict {strangers[0]} is not about this tool."
    return found


def _assessment(rubric: Rubric, told: QuickNo, ground: KnockOut | None, by: Actor) -> dict[str, Any]:
    """As much of an assessment as there is: the one answer, who gave it, and the evidence."""
    said_by = told.said_by.strip() or by.name
    kept: dict[str, Any] = {
        "rubric": {"name": rubric.name, "version": rubric.version},
        "quick_no": {"ground": told.ground, "said_by": said_by, "evidence": told.evidence.strip()},
        "criteria": [],
        "knock_outs": [],
        "reasons": [],
    }
    if ground is None:
        return kept
    risk = RiskBand.FORBIDDEN if ground.forbids else RiskBand.EXTREME
    kept["risk"] = risk.value
    kept["knock_outs"] = [{"id": ground.id, "name": ground.name, "answer": "yes"}]
    kept["reasons"] = [f"{ground.id} ({ground.name.lower()}) holds, says {said_by}."]
    return kept


def _rubric(session: Session) -> Rubric:
    rubric, _table = rubrics.current(session)
    return rubric
