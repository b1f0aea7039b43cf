"""Reference cases: made from a finished evaluation or by hand, scored by each reviewer once, and who is trained."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from sqlmodel import Session

from registry.domain import calibration as rule
from registry.domain.anonymity import people, without
from registry.domain.calibration import Calibration, calibrate
from registry.domain.errors import InvalidInput, NotAllowed, RuleBroken, StaleVersion
from registry.domain.evaluation import EvaluationState
from registry.domain.rubric import KnockOutAnswer, Rating, Rubric
from registry.domain.values import dataclass
from registry.services.evaluations.assessing import weigh
from registry.services.people.acting import Actor, record, refuse_long
from registry.services.rubrics import rubrics
from registry.store import evaluations, tools
from registry.store import reference_cases as store
from registry.store.columns import id_of
from registry.store.engine import serialise
from registry.store.tables import ReferenceAttempt, ReferenceCase, ReferenceScore, Role

KEEPERS = frozenset({Role.APPROVER, Role.ADMIN})
LEAST = 5
"""Criteria that a case must ask for, so that comparing says something."""


@dataclass(frozen=True)
class CaseDraft:
    """A case as it is written; `agreed` holds item -> (value, reason), and what is not in it is not asked."""

    title: str = ""
    description: str = ""
    intended_use: str = ""
    evidence: str = ""
    agreed: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    evaluation_id: int | None = None


def drafted_from(session: Session, evaluation_id: int) -> tuple[Rubric, CaseDraft]:
    """A case out of a decided evaluation: what was assessed, each with the reason of who gave just that.

    Names of reviewers, of the tool and of its vendor are taken out; whoever saves it reads it over first.
    """
    evaluation = evaluations.get(session, evaluation_id)
    if evaluation.state is not EvaluationState.DECIDED:
        raise RuleBroken("Only a decided evaluation becomes a reference case.")
    weighed, tool = weigh(session, evaluation), tools.get_by_id(session, evaluation.tool_id)
    hidden = people(card.reviewer.name for card in weighed.cards)
    hidden += [(tool.name, "the tool"), (tool.vendor, "the supplier")]
    resolved = {row.item: row.reason for row in weighed.resolutions if row.value}
    agreed: dict[str, tuple[str, str]] = {}
    evidence: dict[str, None] = {}
    for each in weighed.assessment.criteria:
        told = [
            card.ratings[each.criterion_id] for card in weighed.cards if each.criterion_id in card.ratings
        ]
        same = [line.sentence for line in told if line.rating is each.rating and line.sentence]
        reason = resolved.get(each.criterion_id) or (same[0] if same else "")
        agreed[each.criterion_id] = (each.rating.value, without(reason, hidden))
        evidence |= dict.fromkeys(line.evidence for line in told if line.evidence)
    for answer in weighed.assessment.knock_outs:
        lines = [card.knock_outs[answer.id] for card in weighed.cards if answer.id in card.knock_outs]
        same = [line.sentence for line in lines if line.answer is answer.answer and line.sentence]
        reason = resolved.get(answer.id) or (same[0] if same else "")
        agreed[answer.id] = (answer.answer.value, without(reason, hidden))
    category = tool.category.lower() or "office"
    return weighed.rubric, CaseDraft(
        title=f"A tool for {category}",
        description=without(tool.description, hidden),
        intended_use=without(str(evaluation.intended_use.get("purpose", "")), hidden),
        evidence="\n".join(evidence)[:8000],
        agreed=agreed,
        evaluation_id=evaluation_id,
    )


def make_case(session: Session, draft: CaseDraft, *, by: Actor, now: datetime) -> ReferenceCase:
    """Keep a case, for the rubric in force or the one of its evaluation. It is never changed, only retired.

    Raises InvalidInput, by field; a fault of an item stands under its id.
    """
    _require_keeper(by)
    if draft.evaluation_id is not None:
        rubric = rubrics.rubric(session, evaluations.get(session, draft.evaluation_id).rubric_hash)
    else:
        rubric, _ = rubrics.current(session)
    faults = _faults(rubric, draft)
    if faults:
        raise InvalidInput("The reference case was not kept.", faults)
    refuse_long(
        "The reference case was not kept.",
        title=(draft.title, 120),
        description=(draft.description, 4000),
        intended_use=(draft.intended_use, 500),
        evidence=(draft.evidence, 8000),
        **{item: (reason, 1000) for item, (_, reason) in draft.agreed.items()},
    )
    row = ReferenceCase(
        title=draft.title.strip(),
        description=draft.description.strip(),
        intended_use=draft.intended_use.strip(),
        evidence=draft.evidence.strip(),
        rubric_hash=rubric.content_hash,
        evaluation_id=draft.evaluation_id,
        made_by_id=by.person_id,
        made_at=now,
    )
    session.add(row)
    session.flush()
    session.add_all(
        ReferenceScore(case_id=id_of(row), item=item, value=value, reason=reason.strip())
        for item, (value, reason) in draft.agreed.items()
    )
    session.flush()
    record(
        session, "reference_case.made", ("reference_case", row.id), by=by, now=now, after={"title": row.title}
    )
    return row


def retire(session: Session, case_id: int, *, by: Actor, now: datetime) -> ReferenceCase:
    """Nobody begins it any more; what was finished still counts. Twice is once."""
    _require_keeper(by)
    row = store.get(session, case_id)
    if row.retired_at is None:
        row.retired_at = now
        session.flush()
        record(
            session,
            "reference_case.retired",
            ("reference_case", row.id),
            by=by,
            now=now,
            after={"title": row.title},
        )
    return row


def save(
    session: Session,
    case_id: int,
    given: Mapping[str, tuple[str, str]],
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> ReferenceAttempt:
    """Keep what a reviewer has filled in so far: item -> (value or empty, sentence). `version` is 0 for none read."""
    serialise(session, f"reference attempt {case_id} {by.person_id}")
    row = store.get(session, case_id)
    attempt = store.find_attempt(session, case_id, by.person_id)
    _require_scorer(row, attempt, by)
    rubric = rubrics.rubric(session, row.rubric_hash)
    asked = store.items(session, case_id)
    faults = {
        item: f"{item} is not asked here." if item not in asked else f"{item}: choose one of the ratings."
        for item, (value, _) in given.items()
        if item not in asked or (value and value not in allowed(rubric, item))
    }
    if faults:
        raise InvalidInput("Your scores were not kept.", faults)
    refuse_long("Your scores were not kept.", **{item: (said, 1000) for item, (_, said) in given.items()})
    if attempt is None:
        attempt = ReferenceAttempt(case_id=case_id, user_id=by.person_id, saved_at=now, version=0)
        session.add(attempt)
    elif attempt.version != version:
        raise StaleVersion("You saved this from another window meanwhile. Open it again to see both.")
    attempt.given = {item: {"value": value, "sentence": said} for item, (value, said) in given.items()}
    attempt.saved_at, attempt.version = now, attempt.version + 1
    session.flush()
    return attempt


def hand_in(session: Session, case_id: int, *, by: Actor, now: datetime) -> Calibration:
    """Hand in what was saved; from then on it is compared, shown and never changed. Raises InvalidInput by item."""
    row = store.get(session, case_id)
    attempt = store.find_attempt(session, case_id, by.person_id)
    if attempt is not None and attempt.submitted_at is not None:
        return _compare(session, row, attempt)  # a double click
    _require_scorer(row, attempt, by)
    given = {item: line["value"] for item, line in attempt.given.items()} if attempt else {}
    lacking = [item for item in store.items(session, case_id) if not given.get(item)]
    if attempt is None or lacking:
        rubric = rubrics.rubric(session, row.rubric_hash)
        order = [*(each.id for each in rubric.knock_outs), *(each.id for each in rubric.criteria)]
        raise InvalidInput(
            f"{len(lacking)} answers are not finished yet.",
            {item: f"{item}: choose a rating or an answer." for item in sorted(lacking, key=order.index)},
        )
    attempt.submitted_at, attempt.version = now, attempt.version + 1
    found = _compare(session, row, attempt)
    attempt.near, attempt.of, attempt.agreement, attempt.passed = (
        found.near,
        found.of,
        found.agreement,
        found.passed,
    )
    session.flush()
    record(
        session,
        "reference_case.finished",
        ("reference_case", row.id),
        by=by,
        now=now,
        after={"near": found.near, "of": found.of, "passed": found.passed},
    )
    return found


def result(session: Session, case_id: int, *, by: Actor) -> Calibration | None:
    """How a person's scores compare; None before they are handed in."""
    attempt = store.find_attempt(session, case_id, by.person_id)
    if attempt is None or attempt.submitted_at is None:
        return None
    return _compare(session, store.get(session, case_id), attempt)


def is_trained(session: Session, user_id: int, *, needed: int) -> bool:
    """Whether a reviewer counts as trained: `needed` is the setting REGISTRY_REFERENCE_CASES, 0 asks for nothing."""
    return needed == 0 or rule.is_trained(store.passed(session, user_id), needed)


def allowed(rubric: Rubric, item: str) -> tuple[str, ...]:
    """The values that may stand for a criterion or a knock-out. Raises UnknownCriterion."""
    if item in {each.id for each in rubric.criteria}:
        out = () if rubric.criterion(item).may_not_apply else (Rating.NOT_APPLICABLE,)
        return tuple(each.value for each in Rating if each not in out)
    rubric.knock_out(item)
    return tuple(each.value for each in KnockOutAnswer)


def _compare(session: Session, row: ReferenceCase, attempt: ReferenceAttempt) -> Calibration:
    rubric = rubrics.rubric(session, row.rubric_hash)
    given = {item: line["value"] for item, line in attempt.given.items()}
    return calibrate(rubric, given, store.scores_to_compare(session, id_of(row)))


def _faults(rubric: Rubric, draft: CaseDraft) -> dict[str, str]:
    faults = {}
    if not draft.title.strip():
        faults["title"] = "Give it a title that does not name the tool."
    if not draft.description.strip():
        faults["description"] = "Say what the tool is and does."
    for item, (value, reason) in draft.agreed.items():
        if item not in rubric.ids:
            faults[item] = f"The rubric has no {item}."
        elif value not in allowed(rubric, item):
            faults[item] = f"{item}: choose one of {', '.join(allowed(rubric, item))}."
        elif not reason.strip():
            faults[item] = f"{item}: say why this was agreed, or leave it out."
    asked = [each for each in rubric.criteria if each.id in draft.agreed]
    if len(asked) < LEAST and not faults:
        faults["agreed"] = f"Agree on at least {LEAST} criteria; what is left out is not asked."
    return faults


def _require_keeper(by: Actor) -> None:
    if not by.roles & KEEPERS:
        raise NotAllowed("Approvers and admins keep the reference cases. Ask one of them.")


def _require_scorer(row: ReferenceCase, attempt: ReferenceAttempt | None, by: Actor) -> None:
    if Role.REVIEWER not in by.roles:
        raise NotAllowed("Reference cases are for reviewers.")
    if row.made_by_id == by.id:
        raise NotAllowed("You wrote this case, so it cannot measure you.")
    if attempt is not None and attempt.submitted_at is not None:
        raise RuleBroken("You have handed this case in and seen what was agreed. Take another one.")
    if row.retired_at is not None and attempt is None:
        raise RuleBroken("This case is retired. Take another one.")
