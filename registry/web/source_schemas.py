"""Wire shapes of the sources in the JSON API: part of the promise in schemas.py."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from registry.domain.proposal import Announcer
from registry.services.sources.source_health import SourceState as Fares
from registry.web.deps import Plain
from registry.web.schemas import Sent, Shape


class SourceState(StrEnum):
    NEW = "new"
    OK = "ok"
    FAILING = "failing"
    PAUSED = "paused"
    GONE = "gone"


class SourceOut(Shape):
    id: int
    version: str = Field(description="Changes when a person changes it; the start of its ETag.")
    name: str
    url: str = Field(examples=["https://news.example/feed.atom"])
    kind: str
    announcer: Announcer
    group: str
    state: SourceState
    health: Fares = Field(description="How it fares; finer than `state`.")
    says: str = Field(description="What is the matter and what to do, in one sentence.")
    due_at: datetime | None
    fetched_at: datetime | None
    succeeded_at: datetime | None
    changed_at: datetime | None = Field(description="When it last brought something.")
    quiet_at: datetime | None = Field(description="When it was noticed to have fallen silent.")
    may_fetch_at: datetime = Field(description="From when on it may be asked to be read at once.")
    former_url: str = Field(description="The address before the last move; undo-move goes back to it.")
    note: str = Field(description="What was odd about the document that was read last; empty for nothing.")
    failures: int = Field(description="In a row.")
    error_code: str
    error: str


class SourceYieldOut(Shape):
    proposed: int = Field(description="Candidates that its entries of a year speak of.")
    accepted: int = Field(description="How many of them were let in.")


class LastVisitsOut(Shape):
    """The last thirty at most."""

    count: int
    worked: int
    new: int = Field(description="Entries that they brought.")


class SourceLineOut(SourceOut):
    year: SourceYieldOut
    last_visits: LastVisitsOut


class VisitOut(Shape):
    at: datetime
    status: int = Field(description="HTTP status; 0 where no reply came.")
    bytes: int
    entries: int
    new: int
    elapsed_ms: int
    error_code: str


class SourceWhole(SourceOut):
    year: SourceYieldOut
    visits: list[VisitOut] = Field(description="The last thirty, newest first.")


class SourceChange(Sent):
    """Only what is given is changed."""

    name: Plain | None = Field(None, max_length=120)
    url: Plain | None = Field(None, min_length=1, max_length=2000)
    announcer: Announcer | None = None
    group: Plain | None = Field(None, max_length=80)


class StarterOut(Shape):
    name: str
    url: str
    kind: str
    announcer: Announcer
    group: str
    brings: str
    source_id: int | None = Field(description="Of the source that polls it already; null where none does.")


class StarterIn(Sent):
    names: list[Plain] = Field([], max_length=200)
    groups: list[Plain] = Field([], max_length=50)


class LeftOutOut(Shape):
    name: str
    url: str
    why: str


class AddedOut(Shape):
    added: list[SourceOut]
    left_out: list[LeftOutOut]


class UrlIn(Sent):
    url: Plain = Field(min_length=1, max_length=2000, examples=["https://news.example/feed.atom"])
    kind: Plain = Field("feed", max_length=40, description="Which scraper reads it.")
    announcer: Announcer = Field(Announcer.NEWS, description="What sort of source it is.")


class SourceIn(UrlIn):
    name: Plain = Field("", max_length=120, description="As lists show it; else its host.")
    group: Plain = Field("", max_length=80)


class CheckedEntry(Shape):
    title: str
    link: str
    kind: str = Field(description="What the entry announces.", examples=["tool"])
    name: str = Field(description="The tool that it would propose.")
    homepage: str
    new: bool = Field(True, description="False where the source that was tried has it already.")


class CheckedOut(Shape):
    ok: bool
    url: str
    title: str = ""
    kind: str = Field("feed", description="Which scraper reads it; `verdicts` for another registry.")
    verdicts: int = Field(0, description="How many entries tell a verdict of another registry.")
    note: str = ""
    malformed: bool = False
    entries: list[CheckedEntry] = Field([])
    error_code: str = ""
    error: str = ""
    suggested: list[str] = Field([], description="Feeds that the page names, where it is none itself.")
