"""Wire shapes of what befalls verdicts: acts, conditions, reports of colleagues, reopened cases, what is due."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from registry.domain.triggers import CAUSES, Cause, ReportKind
from registry.domain.validity import MarkKind
from registry.services.verdicts.due import DueThing
from registry.settings import Settings
from registry.store.columns import id_of
from registry.store.reopenings import Reopened
from registry.store.reports import ToldReport
from registry.store.tables import Tool
from registry.web.deps import Plain
from registry.web.schemas import Sent, Shape, ToolRef
from registry.web.strict import NEEDED, CalendarDay, Flag, Whole


class SuspensionIn(Sent):
    act: Literal["suspend", "confirm", "lift"] = Field(
        description="Another person than the one who suspended it confirms or lifts."
    )
    reason: Plain = Field("", description="Needed to suspend.")
    replacement: Plain = Field(
        "", description="What to use instead: name, alias or slug of a tool that is listed. Empty: nothing."
    )


class DecidedMark(Sent):
    """An approver's act on a verdict that has gone out."""

    act: Literal["revoked", "sunset", "sunset_cancelled", "graduated", "graduation_cancelled", "pilot_result"]
    reason: Plain = Field("", description="Needed but for `sunset` and `graduated`.")
    replacement: Plain = ""
    effective_on: CalendarDay | None = Field(
        None, description="Of a sunset: the first day on which the tool may no longer be used."
    )
    reached: Literal["", "yes", "partly", "no"] = Field(
        "", description="Of a pilot's result: whether it reached what it was to show."
    )
    measure: Plain = Field("", description="Of a pilot's result: what was found by its measure.")
    exit_rule: Plain = Field("", description="Of a pilot's result: what came of its exit rule.")

    @property
    def kind(self) -> MarkKind:
        return MarkKind(self.act)


class MetIn(Sent):
    met_on: CalendarDay | None = Field(None, description="Null: today.")
    evidence: Plain = Field("", description="A link or a sentence; needed where `check` is `evidence`.")


class ReasonIn(Sent):
    reason: Plain = Field(json_schema_extra=NEEDED, description="Stays on the record.")


class ReadVerdict(Sent):
    number: Whole = Field(ge=1, le=2**31 - 1)
    mark: Whole = Field(
        ge=0, description="The number in the verdict's ETag, before the hyphen, when it was read."
    )


class WithdrawalIn(Sent):
    verdicts: list[ReadVerdict] = Field(max_length=200)
    reason: Plain
    replacement: Plain = ""
    dry_run: Flag = Field(False, description="Tell what would happen, and do nothing.")


class WithdrawnOut(Shape):
    number: int
    refused: str = Field(description="Why it cannot be withdrawn; empty where it can, or was.")


class WithdrawalOut(Shape):
    done: bool
    verdicts: list[WithdrawnOut]


class ReopenIn(Sent):
    numbers: list[Whole] = Field(min_length=1, max_length=200)
    cause: Cause = Field(description="`new_evidence`, `rubric`, `terms`, `owner` or `no_owner`.")
    text: Plain = Field(description="What is new, in a sentence.")


class ReopeningOut(Shape):
    """One cause for which a verdict is looked at again; the verdict holds until somebody decides anew."""

    id: int
    cause: Cause
    sentence: str = Field(examples=["a flaw in it is being exploited"])
    text: str
    link: str
    at: datetime
    tool: ToolRef
    edition: str
    verdict: int = Field(description="Its number.")
    evaluation: str = Field(description="Address of the case.")
    state: str
    owner: str
    due_on: date


class ReportIn(Sent):
    tool: Plain = Field(json_schema_extra=NEEDED, description="Name, slug or address.")
    text: Plain = Field(json_schema_extra=NEEDED, description="At most 2,000 characters.")
    happened_on: CalendarDay | None = None
    contact: Plain = ""
    unlisted: Flag = Field(
        False,
        description="Of an incident: the tool is known not to be listed. Else a name nobody knows is refused.",
    )


class ReportedOut(Shape):
    id: int
    kind: ReportKind
    tool: ToolRef | None = Field(description="Null where it is no tool of ours.")
    reopened: bool = Field(description="Whether it opened a case, or was added to one.")
    voices: int = Field(
        description="Of a challenge: how many different people sent one since the newest verdict."
    )
    enough: int = Field(description="How many it takes.")


class ReportOut(Shape):
    id: int
    kind: ReportKind
    tool: ToolRef | None
    name: str
    verdict: int | None
    text: str
    happened_on: date | None
    contact: str
    at: datetime


class DueOut(Shape):
    """One thing that somebody owes by a day."""

    kind: str = Field(description="`condition`, `suspension`, `review` or `pilot_result`.")
    who: str = Field(description="`user`, `office`, `registry` or `approver`.")
    text: str
    due_on: date
    state: str = Field(description="`overdue`, `soon` (within 30 days) or `later`.")
    verdict: int
    tool: ToolRef
    owner: str = Field(description="Who owns the case behind it, or decided it.")
    url: str


def due_out(each: DueThing, settings: Settings) -> DueOut:
    base = settings.base_url
    return DueOut(
        kind=each.kind.value,
        who=each.who,
        text=each.text,
        due_on=each.due_on,
        state=each.when.value,
        verdict=each.number,
        tool=ToolRef(slug=each.tool_slug, name=each.tool_name, url=f"{base}/tools/{each.tool_slug}"),
        owner=each.owner,
        url=f"{base}/verdicts/{each.number}",
    )


def reopening_out(each: Reopened, base_url: str) -> ReopeningOut:
    tool, case = each.tool, each.evaluation
    return ReopeningOut(
        id=id_of(each.row),
        cause=each.row.cause,
        sentence=CAUSES[each.row.cause].label,
        text=each.row.text,
        link=each.row.link,
        at=each.row.at,
        tool=_ref(tool, base_url),
        edition=case.edition,
        verdict=each.number,
        evaluation=f"{base_url}/evaluations/{case.id}",
        state=case.state.value,
        owner=each.owner.name,
        due_on=case.due_on,
    )


def report_out(each: ToldReport, base_url: str) -> ReportOut:
    return ReportOut(
        id=id_of(each.row),
        kind=each.row.kind,
        tool=_ref(each.tool, base_url) if each.tool else None,
        name=each.row.name,
        verdict=each.row.verdict_number,
        text=each.row.text,
        happened_on=each.row.happened_on,
        contact=each.row.contact,
        at=each.row.at,
    )


def _ref(tool: Tool, base_url: str) -> ToolRef:
    return ToolRef(slug=tool.slug, name=tool.name, url=f"{base_url}/tools/{tool.slug}")
