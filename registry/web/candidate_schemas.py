"""Wire shapes of candidates and their triage, written by hand like all of the API's."""

from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from registry.domain.tool_suggestion import Suggestion, Suggestions
from registry.domain.triage import CandidateStatus, DismissReason
from registry.store.columns import id_of
from registry.store.inbox import Demand, Filter, InboxRow, Order
from registry.web.deps import Plain
from registry.web.inbox_filter import ALL, Age, Wanted, checked_month
from registry.web.schemas import Sent, Shape
from registry.web.strict import CalendarDay, Flag, Whole

MOST_ID = 2**31 - 1


class CandidateFilter(Shape):
    """The inbox's filters; values of one add up, different ones narrow each other."""

    status: CandidateStatus | Literal["all"] = Field(
        CandidateStatus.NEW, description="Where they stand; `all` for wherever."
    )
    source: list[int] = Field(
        [], max_length=40, description="Only those that one of these sources speaks of."
    )
    label: list[Plain] = Field([], max_length=40, description="Only those that bear one of these labels.")
    demand: list[Demand] = Field(
        [], description="Only those that colleagues asked for, or looked up in vain."
    )
    reason: list[DismissReason] = Field([], description="Only those dismissed for one of these reasons.")
    name: Literal["", "unsure"] = Field("", description="`unsure`: only those whose name is not certain.")
    age: Age | None = Field(None, description="How long ago they were first seen.")
    decided: Plain = Field(
        "",
        max_length=9,
        json_schema_extra={"pattern": r"^([0-9]{4}-(0[1-9]|1[0-2])([.][.])?)?$"},
        description="Only those decided in this month, such as 2026-11; `2026-11..` from it on.",
    )
    q: Plain = Field("", max_length=200, description="Words in name, home page or tagline.")
    sort: Order = Field(Order.NEWEST, description="Which come first.")

    def wanted(self) -> Wanted:
        return Wanted(
            status=None if self.status == ALL else CandidateStatus(self.status),
            sources=tuple(sorted(set(self.source))),
            labels=tuple(sorted({each for each in self.label if each})),
            demand=tuple(each for each in Demand if each in self.demand),
            reasons=tuple(each for each in DismissReason if each in self.reason),
            unsure=self.name == "unsure",
            age=self.age,
            month=checked_month(self.decided),
            words=self.q,
            order=self.sort,
        )

    def filter(self, *, zone: ZoneInfo, now: datetime) -> Filter:
        return self.wanted().filter(zone=zone, now=now)


class FilterIn(CandidateFilter, Sent):
    """The same in a body."""

    source: list[Whole] = Field([], max_length=40)


class FindingOut(Shape):
    field: str = Field(description="Which field of the candidate it is for.", examples=["name"])
    value: str
    method: str = Field(description="How it was found.", examples=["before_separator"])
    confidence: str = Field(description="sure, likely or guess.", examples=["sure"])
    reason: str


class CandidateOut(Shape):
    id: int
    version: int = Field(description="Rises with each change; the start of its ETag.")
    name: str = Field(examples=["Quillmark"])
    homepage: str
    tagline: str
    category: str
    status: CandidateStatus
    reason: str
    note: str
    sure: bool = Field(description="Whether its name is certain.")
    findings: list[FindingOut] = Field(
        description="How each field was found; a field found twice differs, and its first finding was taken."
    )
    watch_until: date | None
    merged_into: int | None
    seen_at: datetime
    closed_at: datetime | None = Field(description="When it was accepted, merged, dismissed or put on watch.")
    mentions: int
    requests: int
    look_ups: int = Field(
        description="How often it was looked up by name or address, and nobody could answer."
    )
    sources: list[str] = Field(description="Names of the sources that speak of it.")
    newest_entry: str = Field(description="Link of the newest entry that speaks of it.")
    labels: list[str] = Field(description="Words that a rule or a person put on it.", examples=[["agents"]])
    relevance: int | None = Field(
        description="0 to 100, learnt from what was let in and dismissed; null while too little was."
    )


def candidate_out(row: InboxRow) -> CandidateOut:
    each = row.candidate
    return CandidateOut(
        id=id_of(each),
        version=each.version,
        name=each.name,
        homepage=each.homepage,
        tagline=each.tagline,
        category=each.category,
        status=each.status,
        reason=each.reason,
        note=each.note,
        sure=each.sure,
        findings=[FindingOut(**found) for found in each.findings],
        watch_until=each.watch_until,
        merged_into=each.merged_into_id,
        seen_at=each.seen_at,
        closed_at=each.closed_at,
        mentions=row.mentions,
        requests=row.requests,
        look_ups=row.look_ups,
        sources=list(row.sources),
        newest_entry=row.link,
        labels=list(row.labels),
        relevance=each.relevance,
    )


class AcceptIn(Sent):
    tool: Plain = Field("", description="Slug of the tool that it is; empty makes a new tool.")
    category: Plain = Field("", max_length=80, description="Category of the new tool.", examples=["Writing"])
    tags: list[Plain] = Field(
        [], max_length=40, description="Tags of the new tool; none into another one.", examples=[["speech"]]
    )
    beside: bool = Field(
        False, description="Whether it may live on the host of another tool, each by its own page."
    )


class SuggestionOut(Shape):
    value: str = Field(examples=["speech"])
    reasons: list[str] = Field(examples=[["3 of its 4 entries say “speech”."]])


class SuggestionsOut(Shape):
    category: SuggestionOut | None
    tags: list[SuggestionOut] = Field(description="Such as tools have already; the strongest first.")


def suggestions_out(found: Suggestions) -> SuggestionsOut:
    return SuggestionsOut(
        category=_suggestion_out(found.category) if found.category else None,
        tags=[_suggestion_out(each) for each in found.tags],
    )


def _suggestion_out(each: Suggestion) -> SuggestionOut:
    return SuggestionOut(value=each.value, reasons=list(each.reasons))


class DismissIn(Sent):
    reason: DismissReason = Field(examples=["not_a_tool"])
    note: Plain = Field("", max_length=1000)


class MergeIn(Sent):
    into: Whole = Field(
        ge=1, le=MOST_ID, description="Id of the candidate that it is the same as.", examples=[17]
    )


class WatchIn(Sent):
    until: CalendarDay = Field(description="A day to come.", examples=["2027-03-01"])


class LabelsIn(Sent):
    add: list[Plain] = Field([], max_length=20, examples=[["agents"]])
    remove: list[Plain] = Field([], max_length=20)


class EditIn(Sent):
    name: Plain | None = Field(None, max_length=120, examples=["Quillmark"])
    homepage: Plain | None = Field(None, max_length=2000, examples=["https://quillmark.example/"])
    tagline: Plain | None = Field(None, max_length=500)
    category: Plain | None = Field(None, max_length=80)


class ChosenIn(Sent):
    id: Whole = Field(ge=1, le=MOST_ID)
    version: Whole | None = Field(None, description="The one that was read; null where any will do.")


class BulkIn(Sent):
    act: Literal["accept", "dismiss", "watch", "merge", "label", "reopen"] = Field(examples=["dismiss"])
    ids: list[ChosenIn] = Field(
        [], max_length=20_000, description="These; or else all that `matching` finds."
    )
    matching: FilterIn | None = None
    reason: DismissReason | None = Field(None, description="dismiss: why.", examples=["spam"])
    note: Plain = Field("", max_length=1000, description="dismiss: a sentence more.")
    until: CalendarDay | None = Field(None, description="watch: a day to come.")
    into: Whole | None = Field(None, ge=1, le=MOST_ID, description="merge: the candidate that stays.")
    add: list[Plain] = Field([], max_length=20, description="label: to put on.")
    remove: list[Plain] = Field([], max_length=20, description="label: to take off.")
    dry_run: Flag = Field(False, description="Only say what would happen.")
    leave_out: Flag = Field(
        False, description="Where some refuse, act on the others; else nothing is done where one refuses."
    )


class RefusedOut(Shape):
    id: int
    name: str
    reason: str = Field(description="One plain sentence.")


class BulkOut(Shape):
    act: int | None = Field(description="Number of the act, to undo it by; null for a dry run.")
    count: int = Field(description="How many candidates it befell, or would befall.")
    told: str = Field(examples=["dismissed: spam"])
    ids: list[int]
    refused: list[RefusedOut]
    undo_until: datetime | None


class ActOut(Shape):
    id: int
    at: datetime
    by: str
    verb: str = Field(examples=["dismiss"])
    told: str = Field(description="What befell them.", examples=["dismissed: spam"])
    count: int
    ids: list[int] = Field(description="The candidates that it befell.")
    undo_until: datetime
    undone_at: datetime | None


class SavedFilterIn(Sent):
    name: Plain = Field(max_length=60, examples=["Requested, not sure"])
    filter: FilterIn = Field(FilterIn())


class SavedFilterOut(Shape):
    id: int
    name: str
    url: str = Field(description="An ordinary address of the inbox, which can be sent to a colleague.")
    count: int = Field(description="How many candidates it matches now.")


class TwinOut(Shape):
    candidate: int | None = Field(description="The other candidate; null where it is a tool.")
    tool: str | None = Field(description="The tool's slug; null where it is a candidate.")
    name: str
    score: int = Field(description="0 to 100; 100 is the same name.")
    reason: str = Field(examples=["92 % alike"])


class TwinsOut(Shape):
    items: list[TwinOut]


class DifferIn(Sent):
    candidate: Whole | None = Field(None, ge=1, le=MOST_ID, description="The other candidate ...")
    tool: Plain = Field("", description="... or the slug of the tool that it differs from.")


class DismissedOut(Shape):
    by: Literal["month", "source"]
    name: str = Field(description="The month, such as 2026-11, or the source.")
    reason: DismissReason
    count: int
    url: str = Field(description="The list behind the number.")


class DismissalsOut(Shape):
    rows: list[DismissedOut]
