"""Builders of stored things: each takes just what a test is about, and gives the row."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session

from registry.domain.condition import Check, Condition, ConditionKind, Duty
from registry.domain.identity import name_key, slug
from registry.domain.outcome import Outcome
from registry.domain.rubric import KnockOutAnswer, Rating, Rubric
from registry.domain.scorecard import TypedAnswer, TypedRating, TypedScorecard
from registry.domain.verdict import Pilot
from registry.services.decisions.decision import Decision, Terms, decide
from registry.services.evaluations import evaluation as rounds
from registry.services.evaluations import scoring
from registry.services.people.acting import Actor
from registry.services.rubrics import rubric_files, rubrics
from registry.store import tables
from registry.store.columns import id_of
from registry.store.tables import (
    Alias,
    AliasKind,
    Evaluation,
    Office,
    Role,
    Tool,
    ToolTag,
    User,
    UserArea,
    UserRole,
)

UTC_ZONE = ZoneInfo("UTC")
TERMS = Terms(
    zone=UTC_ZONE,
    undo_s=300,
    solo=False,
    data_classes=("public", "internal", "sensitive", "regulated"),
    account_types=("organisation", "work", "private"),
    audiences=("staff", "contractors"),
    offices=("hq", "field"),
)


def a_person(session: Session, name: str, *roles: Role, now: datetime, areas: Iterable[str] = ()) -> Actor:
    user = User(email=f"{name.lower()}@office.example", name=name, created_at=now)
    session.add(user)
    session.flush()
    session.add_all(UserRole(user_id=id_of(user), role=role) for role in roles)
    session.add_all(UserArea(user_id=id_of(user), area=area) for area in areas)
    session.flush()
    return Actor(id_of(user), name, frozenset(roles))


def the_cast(session: Session, now: datetime) -> dict[str, Actor]:
    """Rosa, Ravi and Mina review, Amir and Ana approve, Ada administers, Emil only looks things up, Uma audits."""
    return {
        "rosa": a_person(session, "Rosa", Role.REVIEWER, now=now, areas=("privacy",)),
        "ravi": a_person(session, "Ravi", Role.REVIEWER, now=now, areas=("security",)),
        "mina": a_person(session, "Mina", Role.REVIEWER, now=now, areas=("accessibility",)),
        "amir": a_person(session, "Amir", Role.APPROVER, now=now),
        "ana": a_person(session, "Ana", Role.APPROVER, now=now),
        "ada": a_person(session, "Ada", Role.ADMIN, now=now),
        "emil": a_person(session, "Emil", Role.EMPLOYEE, now=now),
        "uma": a_person(session, "Uma", Role.AUDITOR, now=now),
    }


def the_offices(session: Session) -> None:
    session.add_all([Office(code="hq", name="Headquarters"), Office(code="field", name="Field office")])
    session.flush()


def a_tool(
    session: Session,
    name: str = "Quillmark",
    *,
    now: datetime,
    aliases: Mapping[str, AliasKind] | None = None,
    category: str = "Writing",
    vendor: str = "",
    tagged: Iterable[str] = (),
) -> Tool:
    tool = Tool(
        slug=slug(name),
        name=name,
        vendor=vendor,
        category=category,
        homepage=f"https://{slug(name)}.example/",
        created_at=now,
    )
    session.add(tool)
    session.flush()
    session.add(Alias(tool_id=id_of(tool), kind=AliasKind.NAME, text=name, key=name_key(name)))
    for text, kind in (aliases or {}).items():
        key = name_key(text) if kind is AliasKind.NAME else text.lower()
        session.add(Alias(tool_id=id_of(tool), kind=kind, text=text, key=key))
    session.add_all(ToolTag(tool_id=id_of(tool), tag=each) for each in tagged)
    session.flush()
    return tool


def a_typed_scorecard(rubric: Rubric, *, risk: str = "1", fit: str = "4", **ratings: str) -> TypedScorecard:
    """Every line filled in; `R5="3"` rates one criterion otherwise, `K8="yes"` answers one knock-out otherwise."""
    return TypedScorecard(
        ratings={
            each.id: TypedRating(
                Rating(ratings.get(each.id, risk if each in rubric.risks else fit)),
                sentence=f"Because of what {each.name} shows.",
                evidence="https://evidence.example/",
            )
            for each in rubric.criteria
        },
        knock_outs={
            each.id: TypedAnswer(
                KnockOutAnswer(ratings.get(each.id, "no")), f"Because of what {each.name} shows."
            )
            for each in rubric.knock_outs
        },
    )


def an_evaluation(
    session: Session,
    tool: Tool,
    *,
    owner: Actor,
    reviewers: Iterable[Actor] = (),
    tier: int = 2,
    now: datetime,
    data_class: str = "internal",
) -> Evaluation:
    rubric_files.take_in(session, None, now=now)
    evaluation = rounds.open_evaluation(
        session,
        id_of(tool),
        tier=tier,
        owner_id=owner.person_id,
        intended_use={"purpose": "Drafting letters", "data_class": data_class},
        reviewers=[each.person_id for each in reviewers],
        zone=UTC_ZONE,
        by=owner,
        now=now,
    )
    for each in reviewers:
        scoring.declare(session, id_of(evaluation), interested=False, statement="", by=each, now=now)
    return evaluation


def scored(
    session: Session,
    evaluation: Evaluation,
    by: Actor,
    *,
    now: datetime,
    risk: str = "1",
    fit: str = "4",
    **ratings: str,
) -> None:
    rubric = rubrics.rubric(session, evaluation.rubric_hash)
    typed = a_typed_scorecard(rubric, risk=risk, fit=fit, **ratings)
    scoring.save_draft(session, id_of(evaluation), typed, version=0, by=by, now=now)
    scoring.submit(session, id_of(evaluation), solo=False, by=by, now=now)


def a_condition(text: str = "Enter only public information.", *mitigates: str) -> Condition:
    return Condition(
        text=text,
        kind=ConditionKind.DATA_CEILING,
        duty=Duty.USER,
        check=Check.SELF_ATTESTED,
        mitigates=frozenset(mitigates),
        standing=True,
    )


def a_verdict(
    session: Session,
    tool: Tool,
    cast: Mapping[str, Actor],
    *,
    now: datetime,
    outcome: Outcome = Outcome.APPROVED,
    terms: Terms = TERMS,
    **decided: object,
) -> tables.Verdict:
    """A verdict that went the whole way: opened, scored by two, decided by Amir."""
    evaluation = an_evaluation(
        session, tool, owner=cast["rosa"], reviewers=(cast["rosa"], cast["ravi"]), now=now
    )
    ratings = {"risk": "1"}
    if outcome in (Outcome.APPROVED_WITH_CONDITIONS, Outcome.PILOT):
        ratings["R5"] = "3"
        decided.setdefault("conditions", (a_condition("Enter only public information.", "R5"),))
    if outcome is Outcome.PILOT:
        decided.setdefault("pilot", Pilot("the web team", "20 people", "Hours saved.", "Ends by itself."))
        decided.setdefault("step_reason", "We want to see it at work first.")
    elif outcome is Outcome.PROHIBITED:
        ratings["K1"] = "yes"
        decided.setdefault("citation", "the Act on Records, section 4")
    elif outcome is Outcome.REJECTED:
        ratings["R2"] = "4"
        decided.setdefault("reason_code", "not_acceptable")
        decided.setdefault("alternatives", ("none known",))
    for name in ("rosa", "ravi"):
        scored(session, evaluation, cast[name], now=now, **ratings)
    decision = Decision(outcome=outcome, rationale="It does what we need.", **decided)  # type: ignore[arg-type]
    return decide(session, id_of(evaluation), decision, terms, by=cast["amir"], now=now)
