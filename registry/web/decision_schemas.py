"""Wire shapes of deciding: the memo, what is decided, the quick no, and the library of conditions."""

from datetime import date, datetime
from typing import Any

from pydantic import Field

from registry.domain.condition import Check, ConditionKind, Duty
from registry.domain.outcome import Outcome
from registry.web.deps import Plain
from registry.web.schemas import Sent, Shape, VerdictOut
from registry.web.strict import CalendarDay, Flag, Whole


class AdviceOut(Shape):
    outcome: Outcome
    row: int = Field(description="Row of the decision table, from 1.")
    risk: str
    fit: str
    mitigation: str
    note: str


class FlipOut(Shape):
    id: str = Field(description="Criterion or knock-out.", examples=["R5"])
    before: str
    after: str
    outcome: Outcome


class PrecedentOut(Shape):
    number: int
    tool: str = Field(description="Slug.")
    outcome: Outcome
    decided_at: datetime
    points: int = Field(description="Of 100; see “Precedents” in the papers.")
    alike: list[str]
    conditions: list[str]
    url: str


class WeighedOut(Shape):
    """What the rules make of it under the conditions given."""

    recommended: AdviceOut
    reachable: AdviceOut = Field(description="The best one, if every open point were covered.")
    reasons: list[str]
    uncovered: list[str] = Field(description="Criteria and knock-outs that no complete condition covers.")
    flips: list[FlipOut] = Field(
        description="Single changes that would lead to another outcome, nearest first."
    )


class MemoOut(WeighedOut):
    evaluation: int
    version: int = Field(description="Send it as `If-Match` when you decide.")
    assessment: dict[str, Any] = Field(description="As a verdict would keep it.")
    disagreements: list[str]
    open: list[str] = Field(description="Open questions, in words.")
    precedents: list[PrecedentOut]
    second_reading: str = Field(description="What it is a second reading of; empty where it is none.")


class ConditionIn(Sent):
    text: Plain = Field(max_length=500)
    kind: ConditionKind = ConditionKind.OTHER
    who: Duty | None = None
    check: Check | None = None
    mitigates: list[Plain] = Field([])
    standing: Flag = True
    due_on: CalendarDay | None = None
    wording: Whole | None = Field(None, description="Id of the library's wording that it is taken from.")


class ScopeIn(Sent):
    """What is left out is not limited."""

    edition: Plain = ""
    offices: list[Plain] = Field([])
    versions: Plain = ""
    deployment: Plain = ""
    data_ceiling: Plain | None = None
    accounts: list[Plain] = Field([])
    audience: list[Plain] = Field([])


class PilotIn(Sent):
    owner: Plain = ""
    size: Plain = ""
    measure: Plain = ""
    exit_rule: Plain = ""


class DecisionIn(Sent):
    outcome: Outcome
    rationale: Plain = ""
    conditions: list[ConditionIn] = Field([])
    scope: ScopeIn = ScopeIn()
    alternatives: list[Plain] = Field([], description="Slugs of tools, or `none known`.")
    reason_code: Plain = ""
    citation: Plain = ""
    pilot: PilotIn | None = None
    step_reason: Plain = ""
    valid_until: CalendarDay | None = None
    starts_on: CalendarDay | None = None
    supersedes: list[Whole] = Field([])
    internal_note: Plain = Field("", description="Never published.")
    within: list[Plain] = Field(
        [], description="Limits confirmed in the quick lane: cost, public_account, people."
    )


class PreviewOut(WeighedOut):
    faults: dict[str, str] = Field(description="Field to a sentence; empty where it could be published.")
    hint: str = Field(description="How it sits among the precedents; empty where it agrees with them.")
    warnings: list[str] = Field(
        description="Where a condition says less than the scope allows; nothing that keeps it from being published."
    )
    valid_until: date | None = Field(description="The last day where none is given.")
    valid_until_why: str
    verdict: VerdictOut | None = Field(description="As it would be published; null while there are faults.")
    answer: dict[str, Any] | None = Field(description="As /api/v1/check would answer then.")


class DecidedOut(Shape):
    number: int
    evaluation: int | None
    outcome: Outcome
    decided_by: str
    decided_for: str = Field(description="The approver whose deputy decided; empty where it was nobody's.")
    published_at: datetime = Field(description="When the undo window ends.")
    notes: list[str]
    url: str


class StandIn(Sent):
    reason: Plain = Field(max_length=400)


class QuickNoIn(Sent):
    ground: Plain = Field(
        description="A knock-out that the rubric marks for it, or `duplicate`.", examples=["K9"]
    )
    evidence: Plain = Field("", description="A link, or the paragraph that shows it.")
    said_by: Plain = ""
    citation: Plain = ""
    rationale: Plain = ""
    alternatives: list[Plain] = Field([], description="Slugs of tools, or `none known`.")
    supersedes: list[Whole] = Field([])
    internal_note: Plain = ""
    independent: Flag = Field(
        False, description="You did not ask for it, are no contact of its vendor, and have no interest in it."
    )


class WordingIn(Sent):
    text: Plain
    kind: ConditionKind = ConditionKind.OTHER
    who: Duty | None = None
    check: Check | None = None
    mitigates: list[Plain] = Field([])
    standing: Flag = True
    due_days: Whole | None = Field(None, description="For a dated one: days from the decision.")


class WordingOut(Shape):
    id: int
    number: int
    text: str
    kind: ConditionKind
    who: Duty | None
    check: Check | None
    mitigates: list[str]
    standing: bool
    due_days: int | None
    at: datetime


class LibraryOut(Shape):
    """A condition to use again, with the wording that is offered."""

    id: int
    version: int
    wording: WordingOut
    used: int = Field(description="In how many verdicts.")
    retired_at: datetime | None
    retired_reason: str


class UseOut(Shape):
    verdict: int
    tool: str
    wording: int
    changed: bool = Field(description="The verdict has other words.")


class WholeLibraryOut(LibraryOut):
    wordings: list[WordingOut] = Field(description="Newest first.")
    uses: list[UseOut]
