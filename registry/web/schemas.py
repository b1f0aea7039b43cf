"""Wire shapes of the JSON API, written by hand: the promise to its clients, whatever becomes of the tables."""

from datetime import date, datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, Field

from registry.domain.condition import Check, ConditionKind, Duty
from registry.domain.evaluation import EvaluationState
from registry.domain.intake_rule import RuleAct, RuleField
from registry.domain.lookup import AnswerCode
from registry.domain.outcome import Outcome
from registry.domain.rubric import KnockOutAnswer, Rating
from registry.domain.triage import CandidateStatus
from registry.domain.validity import ValidityState
from registry.web.deps import Plain
from registry.web.strict import Flag, Whole

Item = TypeVar("Item")


class Shape(BaseModel, defer_build=True):
    """What we tell; how it is written is made out when it is first asked for."""


class Sent(BaseModel, extra="forbid"):
    """A body, or a part of one: a field that is not known here is refused, for it may have been a limit."""


class Problem(Shape):
    """A refusal, after RFC 9457; match on `code`, show `detail`."""

    type: str = "about:blank"
    title: str = Field(description="The status in words.", examples=["Not Found"])
    status: int
    detail: str = Field(description="One plain sentence that says what to do next.")
    code: str = Field(description="Stable; made for clients to match.", examples=["not_found"])
    faults: dict[str, str] = Field({}, description="Field name to a sentence about it.")
    request_id: str = Field("", description="To name when asking for help; as in the header X-Request-Id.")


class Page(Shape, Generic[Item]):
    """One part of a list; the `Link` header leads to the next one while there is one."""

    items: list[Item]
    next: str | None = Field(None, description="The next part's cursor; null at the end.")


class ToolRef(Shape):
    slug: str = Field(examples=["quillmark"])
    name: str = Field(examples=["Quillmark"])
    url: str = Field(description="Its page.", examples=["https://registry.example.org/tools/quillmark"])


class MatchOut(Shape):
    kind: str = Field(
        description="name, alias, domain, path, purl or exe: by what it was known.", examples=["name"]
    )
    tool: ToolRef


class DutyOut(Shape):
    """One line of the checklist."""

    text: str = Field(description="What must be done.", examples=["Enter only public information."])
    who: str = Field(description="user, office or registry; empty where not said.", examples=["user"])
    check: str = Field(description="self_attested, evidence or automatic; empty where not said.")
    due_on: date | None = Field(description="By when; null for a lasting duty.")
    state: str = Field(description="standing, open, met, overdue or waived; empty for a limit of the answer.")


class SuggestionOut(Shape):
    slug: str = Field(examples=["paletta"])
    name: str = Field(examples=["Paletta"])
    answer: AnswerCode


class VerdictRef(Shape):
    number: int = Field(examples=[12])
    outcome: Outcome
    decided_at: datetime
    valid_until: date | None = Field(description="The last day, inclusive.")
    url: str = Field(examples=["https://registry.example.org/verdicts/12"])


class EditionOut(Shape):
    name: str = Field(examples=["Pro"])
    answer: AnswerCode
    verdict: VerdictRef | None


class ElsewhereOut(Shape):
    registry: str = Field(description="Who decided it.", examples=["Harbour City Registry"])
    outcome: Outcome
    conditions: list[str]
    decided_on: date | None
    url: str


class EvidenceOut(Shape):
    sentence: str = Field(examples=["One other organisation, Harbour City Registry, approved it."])
    verdicts: list[ElsewhereOut]


class AnswerOut(Shape):
    """The answer to "may I use it?"; `registry check --json` prints the same object."""

    query: str = Field(description="What was asked, as it was typed.", examples=["Quillmark"])
    match: MatchOut | None = Field(description="Null unless the tool is certain.")
    answer: AnswerCode = Field(examples=["yes_if"])
    depends_on: list[str] = Field(
        description="What was not said and changes the answer: data_class, account, audience, office, edition, or "
        "tool, where others live on the host that was asked for.",
        examples=[["data_class"]],
    )
    sentence: str = Field(description="The answer in one plain sentence.")
    conditions: list[DutyOut]
    alternatives: list[SuggestionOut] = Field(description="Tools that would be a yes for the same question.")
    guidance: list[str]
    verdict: VerdictRef | None
    editions: list[EditionOut]
    suggestions: list[SuggestionOut] = Field(
        description="Where nothing is certain: best first. Else other tools on the host that was asked for: the "
        "strictest first. At most 8."
    )
    evidence: EvidenceOut | None = Field(
        None, description="What other registries decided, where nothing is decided here. It is no answer."
    )


class ToolOut(ToolRef):
    vendor: str
    category: str = Field(examples=["Writing"])
    tags: list[str] = Field(description="Free keywords, in order.", examples=[["open-source", "offline"]])
    answer: AnswerCode = Field(description="For a colleague who said nothing else.")
    depends_on: list[str] = Field(description="What was not said and changes the answer.")
    sentence: str = Field(description="The answer in one plain sentence.")


class WholeToolOut(ToolOut):
    homepage: str
    description: str
    guidance: str = Field(description="How to use it responsibly.")
    aliases: list[str] = Field(
        description="Names, domains, paths and package URLs that surely mean it.",
        examples=[["chat.quillmark.example", "pkg:pypi/quillmark"]],
    )
    verdicts: list[int] = Field(description="Numbers of its published verdicts, newest first.")


class ToolEditIn(Sent):
    """What is left out, or null, stays as it is; an empty text takes away what was there. The slug always stays."""

    name: Plain | None = Field(
        None, max_length=500, description="The name that it had stays among its aliases."
    )
    vendor: Plain | None = Field(None, max_length=500)
    category: Plain | None = Field(None, max_length=500, examples=["Drawing"])
    homepage: Plain | None = Field(
        None,
        max_length=4000,
        description="Its own address becomes an alias, unless people find another tool by it.",
        examples=["https://quillmark.example"],
    )
    description: Plain | None = Field(None, max_length=10_000, description="What it is, in a line.")
    guidance: Plain | None = Field(None, max_length=10_000, description="How to use it well.")
    tags: list[Plain] | None = Field(
        None,
        max_length=200,
        description="All its tags from now on; each gets its one spelling: `Open Source` is `open-source`.",
        examples=[["open-source", "offline"]],
    )
    aliases: list[Plain] | None = Field(
        None,
        max_length=200,
        description="All the ways to say it from now on, written as they are read here; its own name stays.",
        examples=[["chat.quillmark.example", "pkg:pypi/quillmark"]],
    )


class ScopeOut(Shape):
    """What exactly was decided on; empty or null is not limited."""

    edition: str
    offices: list[str]
    versions: str
    deployment: str
    data_ceiling: str | None = Field(description="The highest data class.")
    accounts: list[str]
    audience: list[str]


class ConditionOut(Shape):
    text: str
    kind: ConditionKind
    who: Duty | None
    check: Check | None
    mitigates: list[str] = Field(description="Ids of criteria and knock-outs.", examples=[["R5"]])
    standing: bool = Field(description="A lasting duty, with no due date.")
    due_on: date | None
    met_on: date | None
    evidence: str = Field("", description="What shows that it was met.")
    waived_reason: str


class AdoptedFromOut(Shape):
    registry: str
    number: str = Field(description="Theirs.")
    url: str
    uid: str = Field(description="What they call it for ever.")


class VerdictOut(Shape):
    """A decision: immutable but for `validity`, `ends_on` and `replacement`, which are computed."""

    number: int = Field(examples=[12])
    url: str
    tool: ToolRef
    outcome: Outcome
    validity: ValidityState = Field(description="Whether it still stands.")
    ends_on: date | None = Field(
        description="The last day, a sunset's day, or when it was revoked or superseded."
    )
    overdue: bool = Field(description="It is suspended, and nobody confirmed or lifted that within 14 days.")
    replacement: str
    scope: ScopeOut
    conditions: list[ConditionOut]
    rationale: str
    reason_code: str
    citation: str
    alternatives: list[str] = Field(description="Slugs of tools, or names.")
    pilot: dict[str, str] | None = Field(description="owner, size, measure, exit_rule.")
    pilot_result: dict[str, str] | None = Field(
        description="reached (yes, partly, no), measure, exit_rule, note, by, at; null where nobody told."
    )
    decided_by: str
    decided_for: str = Field(description="The approver whose deputy decided; empty where it was nobody's.")
    decided_at: datetime
    valid_from: datetime
    valid_until: date | None = Field(description="The last day, inclusive, in the organisation's time zone.")
    supersedes: list[int]
    imported: bool = Field(description="Taken over from another list, never scored here.")
    adopted_from: AdoptedFromOut | None = Field(
        None, description="The registry whose verdict it took over with local conditions, unscored here."
    )
    notes: list[str] = Field(description="Exceptions on the record.")
    second_reading: "SecondReadingOut | None" = Field(
        None, description="For staff who may see work in progress; else null, as for what needs none."
    )


class SecondReadingOut(Shape):
    """How a verdict of the quick lane fares with the second reviewer, where one was asked."""

    state: str = Field(
        description="`not_chosen`, `under_way`, `agrees`, `differs`, `decided_anew` or `ended`."
    )
    sentence: str
    evaluation: str | None = Field(description="Address of the second reading; null where there is none.")


class RuleIn(Sent):
    act: RuleAct = Field(description="What it does with the entries that fit.", examples=["block"])
    field: RuleField = Field(RuleField.TITLE, description="Where it looks.")
    pattern: Plain = Field(
        description="Words as they stand, or a regular expression.", examples=["raises funding"]
    )
    expression: Flag = Field(False, description="Whether the pattern is a regular expression.")
    label: Plain = Field("", description="For a rule that labels: the label.")
    source: Whole | None = Field(
        None, ge=1, le=2**31 - 1, description="Id of the one source it holds for; null for all."
    )


class RuleOut(Shape):
    id: int
    sentence: str = Field(examples=["Block entries whose title holds “raises funding”"])
    act: RuleAct
    field: RuleField
    pattern: str
    expression: bool
    label: str
    source: int | None
    kept_out: int = Field(description="How many entries it keeps out at present.")


class TriedEntry(Shape):
    title: str
    link: str
    source: str = Field(description="The source's name.")
    status: CandidateStatus | None = Field(
        description="Of the candidate it speaks of; null where it proposed none."
    )


class TriedOut(Shape):
    entries: int = Field(description="How many stored entries it was tried on.")
    blocked: int
    labelled: int
    let_in: int = Field(description="Kept out at present, and no longer with it.")
    accepted: int = Field(description="Of those blocked, how many a reviewer let in.")
    dismissed: int
    sample: list[TriedEntry] = Field(description="The first 20 that it touches.")


class HeldEntry(Shape):
    id: int
    title: str
    link: str
    published_at: datetime | None
    seen_at: datetime


class HeldIn(Sent):
    let_in: Flag = Field(description="True lets them propose candidates; false leaves them as seen for ever.")


class HeldOut(Shape):
    entries: int = Field(description="How many were held back.")
    candidates: int = Field(description="How many of them proposed a new candidate.")
    kept_out: int = Field(description="How many of them a rule of intake keeps out.")


class RatingOut(Shape):
    rating: Rating | None = Field(description="0 to 4, or U for unknown; null in a draft.")
    confidence: str
    sentence: str
    evidence: str


class AnswerLineOut(Shape):
    answer: KnockOutAnswer | None
    sentence: str


class ScorecardOut(Shape):
    reviewer: str
    number: int = Field(description="1 for the first, higher for amendments.")
    reason: str = Field(description="Why it was amended.")
    submitted_at: datetime | None = Field(description="Null for your own draft.")
    counts: bool = Field(description="False for a draft, an older version, or a reviewer with an interest.")
    ratings: dict[str, RatingOut] = Field(description="By criterion.")
    knock_outs: dict[str, AnswerLineOut]


class EvaluationOut(Shape):
    id: int
    version: int
    url: str
    tool: ToolRef
    edition: str
    tier: int = Field(ge=1, le=3)
    tier_reason: str = Field(description="Why it is lower than what follows from the use; mostly empty.")
    state: EvaluationState
    owner: str
    owner_id: int
    intended_use: dict[str, Any]
    opened_at: datetime
    due_on: date
    overdue: bool
    waiting_until: date | None
    waiting_for: str
    withdrawn_reason: str
    closed_at: datetime | None


class SubjectOut(Shape):
    kind: str = Field(examples=["verdict"])
    id: int


class EventOut(Shape):
    id: int = Field(description="Its number in the log: 1, 2, 3 …, in the order of commits, without a gap.")
    at: datetime
    actor: str = Field(description="A name, or `registry` for what happens by itself.")
    action: str = Field(examples=["verdict.published"])
    subject: SubjectOut
    before: dict[str, Any]
    after: dict[str, Any]
