"""What the demo's office practises with: reference cases that reviewers finished, and a thread of remarks."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlmodel import Session

from registry.demo.ground import Ground
from registry.domain.evaluation import EvaluationState
from registry.services.evaluations import calibration, moderation
from registry.services.evaluations.assessing import weigh
from registry.services.people.acting import Actor
from registry.store import evaluation_lists, evaluations, tools
from registry.store import reference_cases as store
from registry.store.columns import id_of
from registry.store.evaluation_lists import Filters
from registry.store.tables import ReferenceCase

CASES = (("chartwright", "Charts for reports"), ("keyhollow", "Keys shared within a team"))
"""Slug of a tool that was decided on, and what its case is called."""
RAVI_SEES: Mapping[str, str] = {"R1": "3", "R3": "2", "F5": "1"}
MINA_SEES: Mapping[str, str] = {"R2": "2"}
UNTOLD = "Agreed without a word."


def prepare(session: Session, ground: Ground, *, now: datetime) -> None:
    people = ground.people
    kept = [
        _case(session, slug, title, by=people["amir"], now=now - timedelta(days=20)) for slug, title in CASES
    ]
    _finish(session, kept[0], RAVI_SEES, by=people["ravi"], now=now - timedelta(days=12))
    _finish(session, kept[0], MINA_SEES, by=people["mina"], now=now - timedelta(days=9))
    _talk(session, people, now=now)


def _case(session: Session, slug: str, title: str, *, by: Actor, now: datetime) -> ReferenceCase:
    rounds = evaluations.of_tool(session, id_of(tools.get(session, slug)))
    decided = next(each for each in rounds if each.state is EvaluationState.DECIDED)
    _, draft = calibration.drafted_from(session, id_of(decided))
    told = {item: (value, reason or UNTOLD) for item, (value, reason) in draft.agreed.items()}
    whole = calibration.CaseDraft(
        title, draft.description, draft.intended_use, draft.evidence, told, draft.evaluation_id
    )
    return calibration.make_case(session, whole, by=by, now=now)


def _finish(
    session: Session, case: ReferenceCase, seen: Mapping[str, str], *, by: Actor, now: datetime
) -> None:
    agreed = store.scores_to_compare(session, id_of(case))
    given = {item: (seen.get(item, value), "") for item, value in agreed.items()}
    calibration.save(session, id_of(case), given, version=0, by=by, now=now - timedelta(hours=1))
    calibration.hand_in(session, id_of(case), by=by, now=now)


def _talk(session: Session, people: Mapping[str, Actor], *, now: datetime) -> None:
    """On the first thing that is disagreed on in the evaluation in moderation."""
    found = evaluation_lists.page(session, Filters(states=[EvaluationState.MODERATION]), limit=1)
    if not found:
        return
    evaluation = found[0][0]
    item = next(each.id for each in weigh(session, evaluation).disagreements if each.kind == "rating")
    rosa, ravi = people["rosa"], people["ravi"]
    moderation.remark(
        session,
        id_of(evaluation),
        item,
        text="The supplier says that audio is deleted after the notes are written. Where did you see otherwise?",
        asked_id=ravi.person_id,
        by=rosa,
        now=now - timedelta(days=3),
    )
    moderation.remark(
        session,
        id_of(evaluation),
        item,
        text="In their help: it is kept for thirty days unless an administrator shortens that.",
        evidence="https://minutecraft.example/help/retention",
        by=ravi,
        now=now - timedelta(days=2),
    )
