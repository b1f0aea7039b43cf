"""Two that look like one, side by side: a person merges them, either way, or says that they differ."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.identity import name_key
from registry.domain.triage import STATUS_LABELS, CandidateStatus
from registry.domain.values import dataclass
from registry.services.candidates import merging
from registry.services.candidates.likeness import Twin, likeness, twins
from registry.services.candidates.others import Other, others
from registry.store import candidates, inbox, tools, triage_acts
from registry.store.columns import id_of
from registry.store.tables import Candidate, Tool
from registry.web.deps import Asked, Insider, Now, Read, RowId, Text, Triager, Tx
from registry.web.pages.inbox import inside, told_of
from registry.web.pages.inbox_view import Told, may_act, told
from registry.web.render import go, render
from registry.web.routing import page_router
from registry.web.typed import number
from scrapers.links import host_of

router = page_router("/inbox/{candidate_id}")
MERGES = (CandidateStatus.NEW, CandidateStatus.WATCH, CandidateStatus.ACCEPTED)


@dataclass(frozen=True)
class Fact:
    label: str
    one: str
    other: str

    @property
    def same(self) -> bool:
        return self.one == self.other


@dataclass(frozen=True)
class OtherWay:
    """Another one that it may be the same as."""

    name: str
    reason: str
    url: str


@dataclass(frozen=True)
class Match:
    """One that was found by the words typed."""

    name: str
    about: str
    url: str


@dataclass(frozen=True)
class DuplicatesPage:
    candidate: Candidate
    other: Candidate | None
    tool: Tool | None
    """What stands beside it is either `other` or `tool`; neither where nothing is alike."""
    name: str
    other_name: str
    """Each with its number where both are called alike."""
    other_url: str
    reason: str
    facts: Sequence[Fact]
    rest: Sequence[OtherWay]
    find: str
    """What was looked for, to compare it with."""
    found: Sequence[Match]
    into_other: bool
    into_this: bool
    """Which ways merging is possible, as both stand now."""
    may_act: bool
    here: str
    back: str
    told: Told | None


@router.get("/compare")
def compare(
    request: Request,
    candidate_id: RowId,
    read: Read,
    user: Insider,
    now: Now,
    beside: Asked = "",
    find: Asked = "",
    back: Asked = "",
    done: Asked = "",
) -> Response:
    """`beside` is a candidate's number or `tool:<slug>`; empty for the likest one, or where `find` is to give some.

    One that there is not gives the search with what was asked for in it.
    """
    candidate = candidates.get(read, candidate_id)
    alike = twins(read, [candidate], now=now)[candidate_id]
    if not beside and not find and alike:
        beside = _key(alike[0])
    other, tool = _beside(read, beside)
    if beside and other is None and tool is None:
        find = beside.removeprefix("tool:")
    found = others(read, candidate, find, now=now) if find else []
    listed = inside(back) if back else ""
    page = DuplicatesPage(
        candidate=candidate,
        other=other,
        tool=tool,
        name=_told_from(candidate, other),
        other_name=_told_from(other, candidate) if other else tool.name if tool else "",
        other_url=f"/inbox/{other.id}" if other else f"/tools/{tool.slug}" if tool else "",
        reason=next(
            (each.reason for each in alike if _key(each) == beside),
            _reason(candidate, other.name if other else tool.name if tool else ""),
        ),
        facts=_facts(read, candidate, other, tool),
        rest=[
            OtherWay(each.name, each.reason, _url(candidate_id, key, listed))
            for each in alike
            if (key := _key(each)) != beside
        ],
        find=find,
        found=[
            Match(
                _named(each),
                " · ".join(filter(None, [host_of(each.homepage), each.standing, each.reason])),
                _url(candidate_id, each.key, listed),
            )
            for each in found
        ],
        into_other=candidate.status is CandidateStatus.NEW and (tool is not None or _merges(other)),
        into_this=other is not None and other.status is CandidateStatus.NEW and candidate.status in MERGES,
        may_act=may_act(user),
        here=_url(candidate_id, beside, listed),
        back=listed,
        told=told(read, number(done) or 0, user, now),
    )
    return render(request, "inbox/compare.html", page, status=422 if find and not found else 200)


@router.post("/differ")
def differ(
    candidate_id: RowId, tx: Tx, user: Triager, now: Now, beside: Text = "", back: Text = ""
) -> Response:
    """They are two, and it is not suggested again."""
    other, tool = _beside(tx, beside)
    if other is None and tool is None:
        raise InvalidInput(
            "Say which one it differs from; what was sent is not known.", {"beside": "is not known"}
        )
    merging.differ(
        tx,
        candidate_id,
        other_id=id_of(other) if other else None,
        tool_id=id_of(tool) if tool else None,
        by=user,
        now=now,
    )
    done = triage_acts.last_of(tx, candidate_id, user.id, now)
    return go(told_of(back or f"/inbox/{candidate_id}", done=done))


def _beside(session: Session, beside: str) -> tuple[Candidate | None, Tool | None]:
    if beside.startswith("tool:"):
        return None, tools.find(session, beside.removeprefix("tool:"))
    other_id = number(beside)
    return (candidates.by_id(session, [other_id]).get(other_id) if other_id else None), None


def _key(twin: Twin) -> str:
    return f"tool:{twin.tool_slug}" if twin.tool_slug else str(twin.candidate_id)


def _named(each: Other) -> str:
    return each.name if each.key.startswith("tool:") else f"{each.name} (no. {each.key})"


def _reason(candidate: Candidate, name: str) -> str:
    found = likeness(candidate.name_key, name_key(name)) if name else None
    return found[1] if found else ""


def _told_from(one: Candidate, other: Candidate | None) -> str:
    alike = other is not None and one.name == other.name
    return f"{one.name} (no. {one.id})" if alike else one.name


def _merges(other: Candidate | None) -> bool:
    return other is not None and other.status in MERGES


def _url(candidate_id: int, beside: str, back: str) -> str:
    query = f"beside={quote(beside, safe=':')}" + (f"&back={quote(back, safe='')}" if back else "")
    return f"/inbox/{candidate_id}/compare?{query}"


def _facts(session: Session, candidate: Candidate, other: Candidate | None, tool: Tool | None) -> list[Fact]:
    found = inbox.rows(session, [each for each in (candidate, other) if each is not None])
    one = _of_candidate(found[0])
    beside = _of_candidate(found[1]) if other else _of_tool(session, tool) if tool else {}
    labels = list(dict.fromkeys([*one, *beside])) if beside else []
    return [Fact(label, one.get(label, ""), beside.get(label, "")) for label in labels]


def _of_candidate(row: inbox.InboxRow) -> dict[str, str]:
    each = row.candidate
    return {
        "Name": each.name if each.sure else f"{each.name} (not sure)",
        "Home page": each.homepage,
        "What it is": each.tagline,
        "Category": each.category,
        "Stands": f"Candidate {each.id}, {STATUS_LABELS[each.status].lower()}",
        "First seen": _day(each.seen_at),
        "Announced": f"{row.mentions} times" if row.mentions != 1 else "once",
        "Seen in": ", ".join(row.sources),
        "Newest entry": row.title,
        "Requests": str(row.requests),
        "Unanswered look-ups": str(row.look_ups),
        "Labels": ", ".join(row.labels),
    }


def _of_tool(session: Session, tool: Tool) -> dict[str, str]:
    aliases = tools.aliases(session, id_of(tool))
    return {
        "Name": tool.name,
        "Home page": tool.homepage,
        "What it is": tool.description,
        "Category": tool.category,
        "Stands": "A tool of the registry",
        "First seen": _day(tool.created_at),
        "Vendor": tool.vendor,
        "Known as": ", ".join(each.text for each in aliases),
    }


def _day(at: datetime) -> str:
    return at.date().isoformat()
