"""The demo's small office as plain values: its people, tools, evaluations, verdicts and requests, with every moment
told from `now`. Scorecards come from scorecards; putting any of it into a registry is left to others."""

import tomllib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from registry.demo.moments import day, moment
from registry.demo.scorecards import ScorecardReader, ScorecardRecord
from registry.domain.condition import Check, Condition, ConditionKind, Duty
from registry.domain.evaluation import EvaluationState, Tier
from registry.domain.outcome import Outcome
from registry.domain.tag import tags_of
from registry.domain.triage import DismissReason
from registry.domain.validity import Mark, MarkKind
from registry.domain.values import dataclass
from registry.domain.verdict import Pilot, Scope

OFFICE = Path(__file__).with_name("office")


@dataclass(frozen=True)
class OfficeRecord:
    code: str
    name: str
    default_rule: str


@dataclass(frozen=True)
class PersonRecord:
    key: str
    """Short and unique; whatever else speaks of people uses it."""
    name: str
    email: str
    roles: tuple[str, ...]
    areas: tuple[str, ...]
    offices: tuple[str, ...]
    """Codes; none means all."""


@dataclass(frozen=True)
class ToolRecord:
    slug: str
    name: str
    vendor: str
    category: str
    tags: tuple[str, ...]
    homepage: str
    aliases: tuple[str, ...]
    """Names, domains, addresses on shared hosts and package URLs, unsorted."""
    editions: tuple[str, ...]
    description: str


@dataclass(frozen=True)
class UseRecord:
    purpose: str
    data_class: str
    accounts: tuple[str, ...]
    audience: tuple[str, ...]
    offices: tuple[str, ...]
    versions: str


@dataclass(frozen=True)
class ProposalRecord:
    by: str
    condition: Condition


@dataclass(frozen=True)
class ModerationRecord:
    item: str
    """Id of a criterion or knock-out, or `risk_band`, `fit_band`."""
    value: str
    """Empty where the medians stand as they are."""
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class InterestRecord:
    by: str
    at: datetime
    statement: str


@dataclass(frozen=True, kw_only=True)
class EvaluationRecord:
    key: str
    tool: str
    edition: str
    tier: Tier
    state: EvaluationState
    owner: str
    opened_at: datetime
    use: UseRecord
    requested_by: str
    reviewers: tuple[str, ...]
    """Who is asked to score, scorecard or not."""
    scorecards: tuple[ScorecardRecord, ...]
    """Oldest first, drafts last."""
    moderations: tuple[ModerationRecord, ...]
    proposed: tuple[ProposalRecord, ...]
    interests: tuple[InterestRecord, ...]
    """Of people who therefore neither score nor decide."""
    waiting_until: date | None
    waiting_for: str
    closed_at: datetime | None
    """Of a withdrawn one."""
    withdrawn_reason: str


@dataclass(frozen=True, kw_only=True)
class VerdictRecord:
    """`decided_by` and the marks' `by` are keys of people; `waived_reason` and `met_on` tell what happened later."""

    number: int
    tool: str
    evaluation: str
    """Key; empty where it was imported."""
    imported: bool
    reference: str
    outcome: Outcome
    scope: Scope
    conditions: tuple[Condition, ...]
    rationale: str
    alternatives: tuple[str, ...]
    reason_code: str
    citation: str
    pilot: Pilot | None
    step_reason: str
    decided_by: str
    decided_at: datetime
    starts_on: date | None
    """None: when it was published."""
    valid_until: date | None
    supersedes: tuple[int, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, kw_only=True)
class RequestRecord:
    by: str
    """Key of a person; empty where only `contact` is known."""
    contact: str
    at: datetime
    tool: str
    """Slug; empty where the request is about a candidate, told by `name` and `url`."""
    name: str
    url: str
    purpose: str
    data_class: str
    needed_by: str


@dataclass(frozen=True)
class UnansweredRecord:
    query: str
    times: int
    last_at: datetime


@dataclass(frozen=True, kw_only=True)
class TriageRecord:
    """A candidate dismissed (with a reason) or put on watch (until a day)."""

    name: str
    url: str
    act: str
    by: str
    at: datetime
    reason: DismissReason | None
    until: date | None
    note: str


@dataclass(frozen=True)
class Content:
    audiences: tuple[str, ...]
    """What REGISTRY_AUDIENCES must hold, so that the verdicts' scopes can be told."""
    offices: tuple[OfficeRecord, ...]
    people: tuple[PersonRecord, ...]
    tools: tuple[ToolRecord, ...]
    evaluations: tuple[EvaluationRecord, ...]
    """In the order in which they were opened."""
    verdicts: tuple[VerdictRecord, ...]
    """In the order of their numbers, which is that of the decisions."""
    requests: tuple[RequestRecord, ...]
    unanswered: tuple[UnansweredRecord, ...]
    triage: tuple[TriageRecord, ...]


def load(now: datetime) -> Content:
    """All of the office as it stands at `now` (UTC-aware), the same for the whole hour."""
    people = _read("people.toml")
    tools = tuple(_tool(row) for row in _read("tools.toml")["tool"])
    requests = _read("requests.toml")
    scorecards = ScorecardReader(
        OFFICE, now, {each.slug: (each.name, each.vendor, each.homepage) for each in tools}
    )
    evaluations = [_evaluation(row, now, scorecards) for row in _read("evaluations.toml")["evaluation"]]
    return Content(
        audiences=tuple(people["audiences"]),
        offices=tuple(OfficeRecord(**row) for row in people["office"]),
        people=tuple(_person(row) for row in people["person"]),
        tools=tools,
        evaluations=tuple(sorted(evaluations, key=lambda each: each.opened_at)),
        verdicts=tuple(_verdict(row, now) for row in _read("verdicts.toml")["verdict"]),
        requests=tuple(_request(row, now) for row in requests["request"]),
        unanswered=tuple(
            UnansweredRecord(row["query"], row["times"], moment(now, row["last"]))
            for row in requests["unanswered"]
        ),
        triage=tuple(_triage(row, now) for row in requests["act"]),
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((OFFICE / name).read_text("utf-8"))


def _person(row: dict[str, Any]) -> PersonRecord:
    areas, offices = tuple(row.get("areas", ())), tuple(row.get("offices", ()))
    return PersonRecord(row["key"], row["name"], row["email"], tuple(row["roles"]), areas, offices)


def _tool(row: dict[str, Any]) -> ToolRecord:
    return ToolRecord(
        slug=row["slug"],
        name=row["name"],
        vendor=row["vendor"],
        category=row["category"],
        tags=tags_of(row.get("tags", ())),
        homepage=row["homepage"],
        aliases=tuple(row["aliases"]),
        editions=tuple(row.get("editions", ())),
        description=row["description"],
    )


def _evaluation(row: dict[str, Any], now: datetime, scorecards: ScorecardReader) -> EvaluationRecord:
    cards = scorecards.of(row)
    proposals = row.get("proposed", ())
    return EvaluationRecord(
        key=row["key"],
        tool=row["tool"],
        edition=row.get("edition", ""),
        tier=Tier(row["tier"]),
        state=EvaluationState(row.get("state", "decided")),
        owner=row["owner"],
        opened_at=moment(now, row["opened"]),
        use=_use(row["use"]),
        requested_by=row.get("requested_by", ""),
        reviewers=tuple(row.get("reviewers", (each.by for each in cards))),
        scorecards=cards,
        moderations=tuple(_moderation(each, now) for each in row.get("moderations", ())),
        proposed=tuple(ProposalRecord(each["by"], _condition(each, now)) for each in proposals),
        interests=tuple(
            InterestRecord(each["by"], moment(now, each["at"]), each["statement"])
            for each in row.get("interests", ())
        ),
        waiting_until=_day_of(row, "waiting_until", now),
        waiting_for=row.get("waiting_for", ""),
        closed_at=moment(now, row["closed"]) if "closed" in row else None,
        withdrawn_reason=row.get("withdrawn_reason", ""),
    )


def _use(row: dict[str, Any]) -> UseRecord:
    return UseRecord(
        purpose=row["purpose"],
        data_class=row["data_class"],
        accounts=tuple(row.get("accounts", ())),
        audience=tuple(row.get("audience", ())),
        offices=tuple(row.get("offices", ())),
        versions=row.get("versions", ""),
    )


def _moderation(row: dict[str, Any], now: datetime) -> ModerationRecord:
    return ModerationRecord(row["item"], row["value"], row["by"], moment(now, row["at"]), row["reason"])


def _condition(row: dict[str, Any], now: datetime) -> Condition:
    return Condition(
        text=row["text"],
        kind=ConditionKind(row["kind"]),
        duty=Duty(row["duty"]) if "duty" in row else None,
        check=Check(row["check"]) if "check" in row else None,
        mitigates=frozenset(row.get("mitigates", ())),
        standing=row.get("standing", False),
        due_on=_day_of(row, "due", now),
        met_on=_day_of(row, "met", now),
        waived_reason=row.get("waived", ""),
    )


def _verdict(row: dict[str, Any], now: datetime) -> VerdictRecord:
    return VerdictRecord(
        number=row["number"],
        tool=row["tool"],
        evaluation=row.get("evaluation", ""),
        imported=row.get("imported", False),
        reference=row.get("reference", ""),
        outcome=Outcome(row["outcome"]),
        scope=_scope(row.get("scope", {})),
        conditions=tuple(_condition(each, now) for each in row.get("conditions", ())),
        rationale=row["rationale"],
        alternatives=tuple(row.get("alternatives", ())),
        reason_code=row.get("reason_code", ""),
        citation=row.get("citation", ""),
        pilot=Pilot(**row["pilot"]) if "pilot" in row else None,
        step_reason=row.get("step_reason", ""),
        decided_by=row["decided_by"],
        decided_at=moment(now, row["decided"]),
        starts_on=_day_of(row, "starts", now),
        valid_until=_day_of(row, "until", now),
        supersedes=tuple(row.get("supersedes", ())),
        marks=tuple(_marks(row, now)),
    )


def _scope(row: dict[str, Any]) -> Scope:
    return Scope(
        edition=row.get("edition", ""),
        offices=frozenset(row.get("offices", ())),
        versions=row.get("versions", ""),
        deployment=row.get("deployment", ""),
        data_ceiling=row.get("data_ceiling"),
        accounts=frozenset(row.get("accounts", ())),
        audience=frozenset(row.get("audience", ())),
    )


def _marks(row: dict[str, Any], now: datetime) -> Iterator[Mark]:
    for each in row.get("marks", ()):
        yield Mark(
            kind=MarkKind(each["kind"]),
            at=moment(now, each["at"]),
            by=each["by"],
            reason=each["reason"],
            replacement=each.get("replacement", ""),
            effective_on=_day_of(each, "effective", now),
        )


def _request(row: dict[str, Any], now: datetime) -> RequestRecord:
    return RequestRecord(
        by=row.get("by", ""),
        contact=row.get("contact", ""),
        at=moment(now, row["at"]),
        tool=row.get("tool", ""),
        name=row.get("name", ""),
        url=row.get("url", ""),
        purpose=row["purpose"],
        data_class=row["data_class"],
        needed_by=row["needed_by"],
    )


def _triage(row: dict[str, Any], now: datetime) -> TriageRecord:
    return TriageRecord(
        name=row["name"],
        url=row["url"],
        act=row["act"],
        by=row["by"],
        at=moment(now, row["at"]),
        reason=DismissReason(row["reason"]) if "reason" in row else None,
        until=_day_of(row, "until", now),
        note=row["note"],
    )


def _day_of(row: dict[str, Any], name: str, now: datetime) -> date | None:
    return day(now, row[name]) if name in row else None
