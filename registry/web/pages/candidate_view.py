"""What a candidate's page tells of where its name and the rest come from, field by field and entry by entry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from registry.domain.identity import name_key
from registry.domain.proposal import Confidence, Found
from registry.domain.triage import CandidateStatus
from registry.services.reading import proposal_of
from registry.store import tables
from registry.store.tables import Candidate

MOST_CHOICES = 5


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
class NameChoice:
    """One of several names that title and link give; a person picks."""

    name: str
    reason: str


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
