"""What a candidate's page shows: why it is here, where each field comes from, who asked for it, what befell it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from registry.domain.identity import name_key
from registry.domain.proposal import Confidence, Found
from registry.domain.relevance import Relevance
from registry.domain.tool_suggestion import Suggestions
from registry.domain.triage import CandidateStatus
from registry.domain.values import dataclass
from registry.services.candidates.candidate_story import Meanwhile, since
from registry.services.candidates.likeness import Twin, twins
from registry.services.candidates.relevance import relevance_of
from registry.services.candidates.tool_suggestions import suggestions
from registry.services.entries.reading import proposal_of
from registry.services.outside.evidence import Evidence, on_candidate
from registry.services.people.acting import Actor
from registry.store import candidates, entries, events, inbox, requests, tables, tools
from registry.store.columns import id_of
from registry.store.inbox import InboxRow
from registry.store.tables import Candidate, Tool
from registry.web.pages.inbox_view import (
    REASONS,
    REOPENED,
    Told,
    may_act,
    standing,
    watch_day,
    watch_days,
    why_here,
)
from registry.web.shapes import Event, Form, Option
from registry.web.words import words
from scrapers.links import host_of

MOST_CHOICES = 5
MOST_MENTIONS = 100
MOST_IN_PREVIEW = 3
CATEGORY, TAG = "category:", "tag:"
"""Before the value of a suggestion, as a form sends it."""

ACTS = {
    "candidate.proposed": "Proposed",
    "candidate.accepted": "Accepted",
    "candidate.dismissed": "Dismissed",
    "candidate.merged": "Merged into another candidate",
    "candidate.joined": "Another candidate was merged into it",
    "candidate.unmerged": "Merge undone",
    "candidate.watched": "Put on watch",
    "candidate.reopened": "Reopened",
    "candidate.woke": "Back by itself",
    "candidate.edited": "Corrected",
    "candidate.labelled": "Labels changed",
    "candidate.told_apart": "Said to differ",
    "candidate.undone": "Undone",
}


@dataclass(frozen=True)
class MentionLine:
    source_name: str
    source_url: str
    title: str
    link: str
    published_at: datetime | None
    seen_at: datetime
    kind: str
    names: Sequence[Found]
    """The names that this entry gives."""
    found: str
    """The name that this entry gives, and how it was found, in words."""
    sure: bool


@dataclass(frozen=True)
class SourceCount:
    name: str
    url: str
    count: int


@dataclass(frozen=True)
class NameChoice:
    """One of several names that title and link give; a person picks."""

    name: str
    reason: str


@dataclass(frozen=True)
class CandidatePage:
    candidate: Candidate
    host: str
    standing: str
    row: InboxRow
    why: Sequence[str]
    by_source: Sequence[SourceCount]
    mentions: Sequence[MentionLine]
    requests: Sequence[tables.Request]
    findings: Sequence[Found]
    """Where each field of the candidate comes from."""
    choices: Sequence[NameChoice]
    """At least two, or none."""
    twins: Sequence[Twin]
    into: Sequence[Option]
    """The same as choices for a merge; empty where nothing is alike."""
    history: Sequence[Event]
    may_act: bool
    suggested: Sequence[Option]
    """A category and tags that it may want as a tool, each with why."""
    reopens: bool
    relevance: Relevance
    evidence: Evidence
    """What other registries decided on it."""
    label_options: Sequence[str]
    """Labels that others bear, to choose from."""
    tool: Tool | None
    target: Candidate | None
    """What it was merged into."""
    told: Told | None
    form: Form
    days: Sequence[Option]
    back: str
    """Where to go after an act; empty for this page."""
    act: str = ""
    """The act whose form stands open."""
    refused: str = ""
    beside: bool = False
    """Whether it was refused only since it lives on the host of another tool."""
    meanwhile: Meanwhile | None = None
    """What somebody else changed since it was read, where that refused the act."""
    reasons: Sequence[Option] = REASONS


def candidate_page(
    session: Session,
    candidate_id: int,
    user: Actor,
    now: datetime,
    *,
    told: Told | None = None,
    typed: Mapping[str, object] | None = None,
    faults: Mapping[str, str] | None = None,
    act: str = "",
    back: str = "",
    refused: str = "",
    read_version: int | None = None,
    beside: bool = False,
    most: int = MOST_MENTIONS,
    mark: str | None = None,
) -> CandidatePage:
    """`read_version` is the one that was read where somebody changed it since; `mark` is as for suggestions, and
    without one nothing is suggested."""
    candidate = candidates.get(session, candidate_id)
    (row,) = inbox.rows(session, [candidate])
    target = candidates.get(session, candidate.merged_into_id) if candidate.merged_into_id else None
    is_new = candidate.status is CandidateStatus.NEW
    values: dict[str, object] = {
        "name": candidate.name,
        "homepage": candidate.homepage,
        "tagline": candidate.tagline,
        "category": candidate.category,
        "reason": "",
        "note": "",
        "add": "",
        "into": "",
        "find": "",
        "until": watch_day(now).isoformat(),
        "suggested": (),
        "new_category": "",
        "new_tags": "",
        **(typed or {}),
    }
    spoken = entries.mentions(session, candidate_id)
    mentions = [mention_line(entry, source) for entry, source in spoken[:most]]
    purposes = requests.requests(session, candidate_id=candidate_id)
    found = Suggestions()
    if is_new and mark is not None and may_act(user):
        said = [each.purpose for each in purposes]
        found = suggestions(session, candidate, [entry for entry, _ in spoken], said, row.labels, mark=mark)
    alike = twins(session, [candidate], now=now)[candidate_id] if is_new else []
    return CandidatePage(
        candidate=candidate,
        host=host_of(candidate.homepage),
        standing=standing(candidate, {id_of(target): target.name} if target else {}),
        row=row,
        why=why_here(row, ""),
        evidence=on_candidate(session, candidate, now=now),
        by_source=_by_source(spoken),
        mentions=mentions,
        findings=findings(candidate),
        choices=name_choices(candidate, mentions),
        requests=purposes,
        twins=alike,
        into=[Option("", "Choose …"), *map(_into, alike)] if alike else [],
        history=[told_event(each) for each in events.of_subject(session, "candidate", candidate_id)],
        may_act=may_act(user),
        suggested=options_of(found),
        reopens=candidate.status in REOPENED,
        relevance=relevance_of(session, candidate_id),
        label_options=[each for each, _ in candidates.label_counts(session) if each not in row.labels],
        tool=tools.get_by_id(session, candidate.tool_id) if candidate.tool_id else None,
        target=target,
        told=told,
        form=Form(values, faults or {}),
        days=watch_days(now),
        back=back,
        act=act,
        refused=refused,
        beside=beside,
        meanwhile=since(session, candidate, read_version) if read_version is not None else None,
    )


def options_of(found: Suggestions) -> list[Option]:
    category = [found.category] if found.category else []
    return [
        *(
            Option(CATEGORY + each.value, f"Category: {each.value}", " ".join(each.reasons))
            for each in category
        ),
        *(Option(TAG + each.value, f"Tag: {each.value}", " ".join(each.reasons)) for each in found.tags),
    ]


def _into(twin: Twin) -> Option:
    if twin.tool_slug:
        return Option(f"tool:{twin.tool_slug}", f"the tool {twin.name}, {twin.reason}")
    return Option(str(twin.candidate_id), f"{twin.name} (no. {twin.candidate_id}), {twin.reason}")


def mention_line(entry: tables.Entry, source: tables.Source) -> MentionLine:
    """Read again by the very rules that proposed it, since they are deterministic."""
    read = proposal_of(entry, source.announcer, source.kind)
    named = f"It calls it “{read.name}”. " if read.name else ""
    return MentionLine(
        source_name=source.name,
        source_url=f"/sources/{source.id}",
        title=entry.title or entry.link,
        link=entry.link,
        published_at=entry.published_at,
        seen_at=entry.seen_at,
        kind=entry.kind.value,
        names=[found for found in read.findings if found.field == "name"],
        found=named + " ".join(read.reasons),
        sure=read.sure,
    )


def findings(candidate: Candidate) -> list[Found]:
    return [
        Found(each["field"], each["value"], each["method"], Confidence(each["confidence"]), each["reason"])
        for each in candidate.findings
    ]


def name_choices(candidate: Candidate, mentions: Sequence[MentionLine]) -> list[NameChoice]:
    """The names to pick from where none is sure: the candidate's own first, then what its entries say."""
    if candidate.sure or candidate.status not in (CandidateStatus.NEW, CandidateStatus.WATCH):
        return []
    found = [each for each in findings(candidate) if each.field == "name"]
    found += [each for mention in mentions for each in mention.names]
    choices: dict[str, NameChoice] = {}
    for each in found:
        choices.setdefault(name_key(each.value), NameChoice(each.value, each.reason))
    return list(choices.values())[:MOST_CHOICES] if len(choices) > 1 else []


def told_event(event: tables.Event) -> Event:
    title = f"{ACTS.get(event.action, words(event.action.replace('.', ' ')))} by {event.actor}"
    parts = []
    for key, value in event.after.items():
        was = event.before.get(key, "")
        if key in ("status", "into", "act", "candidate") or not value:
            continue
        shown = words(str(value)) if key in ("reason", "undid") else str(value)
        parts.append(f"{words(key)}: {was} → {shown}" if was else f"{words(key)}: {shown}")
    return Event(event.at, title, "; ".join(parts))


def _by_source(spoken: Sequence[tuple[tables.Entry, tables.Source]]) -> list[SourceCount]:
    """How often each source speaks of it, the one that does most first."""
    found: dict[int, SourceCount] = {}
    for _, source in spoken:
        source_id = id_of(source)
        before = found.get(source_id)
        found[source_id] = SourceCount(
            source.name, f"/sources/{source_id}", before.count + 1 if before else 1
        )
    return sorted(found.values(), key=lambda each: (-each.count, each.name.lower()))
