"""A house and verdicts that take just what a test is about. Amir decides, Rosa is the other approver."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from registry.domain.condition import Check, Condition, Duty
from registry.domain.lookup import Answer, House, Question, answer
from registry.domain.outcome import Outcome
from registry.domain.validity import Mark, MarkKind, Ruling
from registry.domain.verdict import Pilot, Scope, Verdict

STARTED = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
MIDDAY = time(12, 0, tzinfo=UTC)

THE_HOUSE = House(
    data_classes=("public", "internal", "sensitive", "regulated"),
    account_types=("organisation", "work", "private"),
    offices=("North", "South", "West"),
    audiences=("teachers", "engineers"),
    zone=UTC,
    default_rules={"": "Public data only.", "South": "Nothing before the South desk agrees."},
    contact="tools@office.example",
)

SIGN_IN = Condition(
    "Sign in with the organisation's account.", duty=Duty.USER, check=Check.SELF_ATTESTED, standing=True
)


def on(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), MIDDAY)


def a_verdict(outcome: Outcome | str = Outcome.APPROVED, number: int = 1, **values: Any) -> Verdict:
    outcome = Outcome(outcome)
    scope_names = {"edition", "offices", "versions", "deployment", "data_ceiling", "accounts", "audience"}
    scope = {name: values.pop(name) for name in scope_names & set(values)}
    for name in ("offices", "accounts", "audience"):
        if name in scope:
            scope[name] = frozenset(scope[name])
    if outcome in (Outcome.APPROVED_WITH_CONDITIONS, Outcome.PILOT):
        values.setdefault("conditions", (SIGN_IN,))
    if outcome is Outcome.PILOT:
        values.setdefault("pilot", Pilot("Rosa", "20 teachers", "minutes saved", "stop when it loses work"))
    starts_at = values.pop("starts_at", STARTED)
    defaults = {
        "tool": "quill",
        "rationale": "It does what we need.",
        "decided_by": "Amir",
        "decided_at": min(starts_at, STARTED),
    }
    return Verdict(
        number=number, outcome=outcome, scope=Scope(**scope), starts_at=starts_at, **(defaults | values)
    )


def a_ruling(outcome: Outcome | str = Outcome.APPROVED, number: int = 1, **values: Any) -> Ruling:
    marks = tuple(values.pop("marks", ()))
    superseded_at = values.pop("superseded_at", None)
    return Ruling(a_verdict(outcome, number, **values), marks, superseded_at)


def a_mark(kind: MarkKind, at: datetime, by: str = "Amir", **values: Any) -> Mark:
    return Mark(kind, at, by, **({"reason": "Something is wrong."} | values))


def dated(due: str, **values: Any) -> Condition:
    fixed = {"duty": Duty.OFFICE, "check": Check.EVIDENCE, "due_on": date.fromisoformat(due)}
    return Condition("The office signs the amended terms.", **(fixed | values))


def ask(
    rulings: Ruling | Sequence[Ruling],
    *,
    at: datetime = STARTED + timedelta(days=10),
    house: House = THE_HOUSE,
    **said: Any,
) -> Answer:
    """The answer about Quill; what is said may be values of the question, or what else `answer` takes."""
    extra = {name: said.pop(name) for name in ("under_review_since", "expected_on", "now") if name in said}
    several = [rulings] if isinstance(rulings, Ruling) else rulings
    return answer("Quill", several, Question(at=at, **said), house, **extra)


ZURICH = ZoneInfo("Europe/Zurich")
