"""Wire shapes of evaluations and scorecards, written by hand like all of the API's."""

from datetime import date, datetime

from pydantic import Field

from registry.domain.condition import Check, ConditionKind, Duty
from registry.domain.rubric import KnockOutAnswer, Rating
from registry.services.evaluations.work import TaskKind
from registry.web.deps import Plain
from registry.web.schemas import AnswerLineOut, EvaluationOut, RatingOut, ScorecardOut, Sent, Shape
from registry.web.strict import NEEDED, CalendarDay, Flag, Whole

PersonId = Field(ge=1, le=2**31 - 1, description="A person's id; see /evaluations/{id}/reviewers.")


class TaskOut(Shape):
    kind: TaskKind = Field(description="What is to be done.", examples=["score"])
    whose: int | None = Field(description="Id of the person; null for any approver.")
    name: str = Field(description="Of the person.")
    count: int = Field(description="How many reviewers are to be asked.")
    area: str = Field(description="What a reviewer to be asked must know.", examples=["privacy"])
    item: str = Field(description="Criterion, knock-out or band to be resolved.", examples=["R1"])


class PieceOut(Shape):
    """One task of yours."""

    evaluation: int
    tool: str = Field(description="Name of the tool.", examples=["Quillmark"])
    task: TaskOut
    due_on: date
    overdue: bool
    url: str


class LeftOut(Shape):
    """A decision that waits for a colleague, because something bars you from it."""

    evaluation: int
    tool: str = Field(description="Name of the tool.", examples=["Quillmark"])
    reason: str = Field(examples=["You declared an interest in this tool, so you cannot decide it."])
    due_on: date
    url: str


class WorkOut(Shape):
    items: list[PieceOut] = Field(description="What is due first at the top.")
    left: list[LeftOut] = Field(
        description="Decisions that wait for a colleague, and why they are not yours; none for a token."
    )


class TakerOut(Shape):
    id: int
    name: str
    handed_in: bool
    declared: bool = Field(description="Whether they said if they have an interest.")


class WholeEvaluationOut(EvaluationOut):
    reviewers: list[str] = Field(description="Who is asked to score.")
    asked: list[TakerOut] = Field(description="The same with what has become of it.")
    blind: bool = Field(description="You owe a scorecard, so others' are not shown.")
    missing: list[str] = Field(description="What is still to be done before it can be decided.")
    tasks: list[TaskOut] = Field(description="The same as tasks, with whose they are.")
    scorecards: list[ScorecardOut] = Field(description="Your own, and others' once you owe none.")


class ReviewerOut(Shape):
    id: int
    name: str
    areas: list[str] = Field(description="What they know well.", examples=[["privacy"]])
    open: int = Field(description="Scorecards they have yet to hand in.")
    overdue: int = Field(description="Of these, how many are late.")
    barred: str = Field(description="Why they may not score this one; empty where they may.")
    proposed: bool = Field(description="Whether they are proposed.")


class ReviewersOut(Shape):
    items: list[ReviewerOut] = Field(description="Every active reviewer who is not asked yet, by name.")


class UseIn(Sent):
    """What the tool is to be used for; the tier follows from it."""

    purpose: Plain = Field(max_length=500, examples=["Drafting letters"])
    data_class: Plain = Field("", description="Highest class of information entered.", examples=["internal"])
    effect: Plain = Field(
        "", description="none, people or rights: what it has an effect on.", examples=["none"]
    )
    costs: Plain = Field("", description="yes where it costs more than a trivial sum, else no.")
    public_account: Plain = Field("", description="yes where it needs an account that speaks in public.")
    accounts: list[Plain] = Field([], description="Types of account; none means any.")
    audience: list[Plain] = Field([])
    offices: list[Plain] = Field([], description="Codes; none means all.")
    versions: Plain = Field("", max_length=200)


class OpenIn(Sent):
    tool: Plain = Field(description="Slug of the tool.", examples=["quillmark"])
    use: UseIn
    edition: Plain = Field("", max_length=80, description="Empty: every edition.")
    tier: Whole | None = Field(None, ge=1, le=3, description="Null takes the one that follows from the use.")
    tier_reason: Plain = Field("", max_length=500, description="Needed for a lower tier than follows.")
    owner: Whole | None = Field(None, ge=1, le=2**31 - 1, description="Id of a person; null means you.")
    reviewers: list[Whole] = Field([], description="Ids of those who are asked to score.")


class WhomIn(Sent):
    person: Whole = PersonId
    reason: Plain = Field("", max_length=500)


class ContactIn(Sent):
    person: Whole = PersonId
    note: Plain = Field(max_length=200, json_schema_extra=NEEDED, description="What ties them to the vendor.")


class DueIn(Sent):
    due_on: CalendarDay
    reason: Plain = Field(max_length=500, json_schema_extra=NEEDED)


class InterestIn(Sent):
    interested: Flag
    statement: Plain = Field("", max_length=500, description="What it is, where there is one.")


class WaitIn(Sent):
    until: CalendarDay = Field(description="On this day it goes on by itself.")
    for_whom: Plain = Field(max_length=200, examples=["The vendor's answer"])


class ReasonIn(Sent):
    reason: Plain = Field(max_length=500, json_schema_extra=NEEDED)


class ProposedIn(Sent):
    """A condition put beside the evaluation."""

    text: Plain = Field(max_length=500, examples=["Enter only public information."])
    kind: ConditionKind = ConditionKind.OTHER
    who: Duty | None = Field(None, description="Who must do it.")
    check: Check | None = Field(None, description="How it is checked.")
    mitigates: list[Plain] = Field(
        [], description="Criteria and knock-outs that it covers.", examples=[["R5"]]
    )
    standing: Flag = Field(True, description="A lasting duty; false is done once.")
    due_on: CalendarDay | None = None


class ProposedOut(Shape):
    id: int
    text: str
    evaluation: int


class LineIn(Sent):
    rating: Rating | None = Field(None, description="0 to 4, U for unknown, NA where the rubric allows it.")
    confidence: Plain = Field("medium", description="low, medium or high.")
    sentence: Plain = Field("", max_length=1000)
    evidence: Plain = Field("", max_length=2000, description="Links and quoted paragraphs, one a line.")


class AnswerIn(Sent):
    answer: KnockOutAnswer | None = None
    sentence: Plain = Field("", max_length=1000)


class DraftIn(Sent):
    """The whole draft; a line that is left out is empty from now on."""

    ratings: dict[str, LineIn] = Field({}, description="By criterion.")
    knock_outs: dict[str, AnswerIn] = Field({})
    confirmed: list[Plain] = Field(
        [], description="Ids of carried-over lines that are still so; one that differs needs no word."
    )


class DraftOut(Shape):
    evaluation: int
    number: int = Field(description="1 for the first, higher for amendments; 0 where nothing is begun.")
    version: int = Field(description="What If-Match of the next save wants.")
    saved_at: datetime | None
    submitted_at: datetime | None
    unfinished: dict[str, str] = Field(description="Id to what its line lacks before it can be handed in.")
    carried: list[str] = Field(description="Ids of lines from your last scorecard that wait to be confirmed.")
    ratings: dict[str, RatingOut]
    knock_outs: dict[str, AnswerLineOut]
