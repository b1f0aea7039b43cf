"""Wire shapes of candidates and their triage, written by hand like all of the API's."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from registry.domain.triage import CandidateStatus, DismissReason
from registry.web.deps import Plain


class FindingOut(BaseModel):
    field: str = Field(description="Which field of the candidate it is for.", examples=["name"])
    value: str
    method: str = Field(description="How it was found.", examples=["before_separator"])
    confidence: str = Field(description="sure, likely or guess.", examples=["sure"])
    reason: str


class CandidateOut(BaseModel):
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
    mentions: int
    requests: int
    sources: list[str] = Field(description="Names of the sources that speak of it.")
    newest_entry: str = Field(description="Link of the newest entry that speaks of it.")
    labels: list[str] = Field(description="Words that a rule or a person put on it.", examples=[["agents"]])
    relevance: int | None = Field(
        description="0 to 100, learnt from what was let in and dismissed; null while too little was."
    )


class AcceptIn(BaseModel):
    tool: Plain = Field("", description="Slug of the tool that it is; empty makes a new tool.")
    category: Plain = Field("", max_length=80, description="Category of the new tool.", examples=["Writing"])


class DismissIn(BaseModel):
    reason: DismissReason = Field(examples=["not_a_tool"])
    note: Plain = Field("", max_length=1000)


class MergeIn(BaseModel):
    into: int = Field(
        ge=1, le=2**31 - 1, description="Id of the candidate that it is the same as.", examples=[17]
    )


class WatchIn(BaseModel):
    until: date = Field(description="A day to come.", examples=["2027-03-01"])


class LabelsIn(BaseModel):
    add: list[Plain] = Field([], max_length=20, examples=[["agents"]])
    remove: list[Plain] = Field([], max_length=20)
