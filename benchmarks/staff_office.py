"""The full office that the staff's pages are measured in, from a seed; what a `fill` adds serves the pages after it."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, SQLModel, col, select

from registry.domain.condition import Check, ConditionKind, Duty
from registry.domain.identity import name_key, slug
from registry.domain.outcome import Outcome
from registry.domain.proposal import Announcer, EntryKind
from registry.domain.rubric import Rating
from registry.domain.triage import CandidateStatus, DismissReason
from registry.domain.validity import MarkKind
from registry.services.evaluations import evaluation as rounds
from registry.services.people.acting import Actor, event_of, record_all
from registry.services.rubrics import rubric_files, rubrics
from registry.store import rubrics as files
from registry.store.columns import id_of
from registry.store.engine import reserve_ids, write_all
from registry.store.tables import (
    Candidate,
    CandidateLabel,
    Entry,
    Evaluation,
    Mention,
    Request,
    Role,
    Scorecard,
    ScorecardRating,
    Source,
    Supersession,
    Tool,
    Unanswered,
    Verdict,
    VerdictCondition,
)
from tests.builders import (
    a_condition,
    a_person,
    a_tool,
    a_verdict,
    an_evaluation,
    scored,
    the_cast,
    the_offices,
)

TOOLS = 300
STEMS = ("alder", "birch", "cedar", "fern", "heron", "kite", "loom", "moss", "otter", "quill", "reed", "wren")
TAILS = ("board", "cast", "desk", "flow", "forge", "graph", "lens", "mark", "notes", "pad", "sync", "vault")
OUTCOMES = (
    *(Outcome.APPROVED,) * 9,
    *(Outcome.APPROVED_WITH_CONDITIONS,) * 6,
    *(Outcome.PILOT,) * 2,
    *(Outcome.REJECTED,) * 3,
)
RATINGS = (*(Rating.ONE,) * 5, *(Rating.TWO,) * 3, Rating.ZERO, Rating.THREE, Rating.UNKNOWN)
BEFALLEN = (MarkKind.REVOKED, MarkKind.SUSPENDED, MarkKind.SUNSET, MarkKind.GRADUATED)


@dataclass(frozen=True)
class Office:
    """What a page's filling may build on."""

    session: Session
    cast: Mapping[str, Actor]
    tools: Sequence[Tool]
    chance: random.Random
    now: datetime
    scale: float

    marks: dict[str, int] = field(default_factory=dict)
    """Ids that the paths of pages name, such as `/evaluations/{twelve}`."""

    def some(self, count: int) -> int:
        """So many at full scale."""
        return max(1, round(count * self.scale))


def the_office(session: Session, now: datetime, scale: float) -> Office:
    long_ago = now - timedelta(days=30)
    rubric_files.take_in(session, None, now=long_ago)
    cast = the_cast(session, long_ago)
    the_offices(session)
    tools = [a_tool(session, f"Tool {number}", now=long_ago) for number in range(TOOLS)]
    for tool in tools[:20]:
        a_verdict(session, tool, cast, now=long_ago)
    return Office(session, cast, tools, random.Random(1), now, scale)  # noqa: S311 - a corpus, no secret


def fill_inbox(office: Office) -> None:
    """10,000 open candidates of forty sources, a sixth labelled, a few asked for; 3,000 decided ones to learn from."""
    session, chance, now = office.session, office.chance, office.now
    sources = [
        Source(
            name=f"Launches {number}",
            url=f"https://feed{number}.example/",
            announcer=chance.choice(list(Announcer)),
            created_at=now,
        )
        for number in range(40)
    ]
    session.add_all(sources)
    session.flush()
    found = _written(
        session, Candidate, [_candidate(office, number) for number in range(office.some(13_000))]
    )
    spoken = [each for each in found for _ in range(1 + (chance.random() < 0.4) + (chance.random() < 0.1))]
    entries = _written(
        session, Entry, [_entry(office, sources, number, each) for number, each in enumerate(spoken)]
    )
    write_all(
        session,
        Mention,
        [
            {
                "entry_id": row["id"],
                "candidate_id": each["id"],
                "first_candidate_id": each["id"],
                "at": row["seen_at"],
            }
            for row, each in zip(entries, spoken, strict=True)
        ],
    )
    write_all(
        session,
        CandidateLabel,
        [{"candidate_id": each["id"], "label": chance.choice(STEMS)} for each in found[::6]],
    )
    write_all(
        session,
        Request,
        [
            {
                "candidate_id": each["id"],
                "first_candidate_id": each["id"],
                "purpose": "Minutes.",
                "digest": str(each["id"]),
            }
            | {"at": now}
            for each in found[::50]
        ],
    )
    asked = {each["name_key"]: each["name"] for each in found[::40]}
    write_all(
        session,
        Unanswered,
        [
            {"key": key, "query": name, "times": chance.randrange(1, 40), "first_at": now, "last_at": now}
            for key, name in asked.items()
        ],
    )


def _written(session: Session, table: type[SQLModel], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with the ids under which they were written."""
    ids = reserve_ids(session, table, len(rows))
    found = [{"id": row_id, **row} for row_id, row in zip(ids, rows, strict=True)]
    write_all(session, table, found)
    return found


def _candidate(office: Office, number: int) -> dict[str, Any]:
    chance, decided = office.chance, number % 13 >= 10
    name = f"{chance.choice(STEMS)}{chance.choice(TAILS)} {number // 3}".title()
    seen_at = office.now - timedelta(minutes=chance.randrange(400 * 1440))
    status = CandidateStatus.NEW
    if decided:
        status = CandidateStatus.ACCEPTED if number % 2 else CandidateStatus.DISMISSED
    return {
        "name": name,
        "name_key": name_key(name),
        "homepage": f"https://site{number}.example/",
        "identity": f"site{number}.example",
        "tagline": f"Does one thing well for {chance.choice(STEMS)} people",
        "sure": number % 5 != 0,
        "findings": [],
        "relevance": chance.randrange(101),
        "status": status,
        "reason": chance.choice(list(DismissReason)).value if status is CandidateStatus.DISMISSED else "",
        "tool_id": chance.choice(office.tools).id if status is CandidateStatus.ACCEPTED else None,
        "seen_at": seen_at,
        "closed_at": seen_at + timedelta(days=1) if decided else None,
        "version": 2 if decided else 1,
    }


def _entry(office: Office, sources: Sequence[Source], number: int, each: Mapping[str, Any]) -> dict[str, Any]:
    link = f"https://feed.example/{number}"
    return {
        "source_id": office.chance.choice(sources).id,
        "key": str(number),
        "second_key": str(number),
        "title": f"{each['name']} - does one thing",
        "link": link,
        "canonical_link": link,
        "seen_at": each["seen_at"],
        "content_hash": "1",
        "kind": EntryKind.TOOL,
        "extractor_version": "1",
    }


def fill_twelve(office: Office) -> None:
    """One evaluation that twelve reviewers have scored, apart on some questions, with a condition proposed."""
    session, now, cast = office.session, office.now - timedelta(days=9), office.cast
    people = [cast["ravi"], cast["mina"]]
    people += [a_person(session, f"Reviewer{number}", Role.REVIEWER, now=now) for number in range(10)]
    evaluation = an_evaluation(session, office.tools[-1], owner=cast["rosa"], reviewers=people, now=now)
    for number, each in enumerate(people):
        scored(session, evaluation, each, now=now, R1=("0", "3")[number % 2], R5="3", F2=str(1 + number % 4))
    rounds.propose_condition(
        session,
        id_of(evaluation),
        a_condition("Enter only public information.", "R5"),
        by=cast["rosa"],
        now=now,
    )
    office.marks["twelve"] = id_of(evaluation)


def fill_verdicts(office: Office) -> None:
    """5,000 published verdicts of four years on 2,000 tools, each scored by two, with what an office has of them.

    The later ones on a tool supersede the earlier; the conditional ones bear two conditions, one of them dated; one in
    twenty was revoked, suspended, given an end or let graduate.
    """
    session, chance = office.session, office.chance
    models = list(session.exec(select(Verdict).order_by(col(Verdict.number))))
    cases = {each.id: each for each in session.exec(select(Evaluation))}
    count, first = office.some(5000), len(models) + 1
    moments = sorted(office.now - timedelta(minutes=chance.randrange(4 * 525_600)) for _ in range(count))
    tools = _written(session, Tool, [_tool(office, number) for number in range(office.some(2000))])
    like = [models[place % len(models)] for place in range(count)]
    opened = _written(
        session,
        Evaluation,
        [
            _like(cases[its.evaluation_id])
            | {
                "tool_id": tools[place % len(tools)]["id"],
                "opened_at": moment - timedelta(days=chance.randrange(2, 90)),
                "closed_at": moment,
                "due_on": (moment + timedelta(days=5)).date(),
            }
            for place, (its, moment) in enumerate(zip(like, moments, strict=True))
        ],
    )
    decided = _written(
        session,
        Verdict,
        [
            _like(its)
            | {
                "number": first + place,
                "uid": f"uid-{place}",
                "tool_id": case["tool_id"],
                "evaluation_id": case["id"],
                "outcome": chance.choice(OUTCOMES),
                "recommended": chance.choice(OUTCOMES) if place % 7 == 0 else None,
                "decided_at": moment,
                "published_at": moment,
                "starts_at": moment,
                "valid_until": (moment + timedelta(days=chance.randrange(200, 1100))).date(),
            }
            for place, (its, case, moment) in enumerate(zip(like, opened, moments, strict=True))
        ],
    )
    later = zip(decided[len(tools) :], decided, strict=False)
    write_all(
        session,
        Supersession,
        [{"verdict_id": new["id"], "superseded_id": old["id"]} for new, old in later],
    )
    conditional = [each for each in decided if each["outcome"] is Outcome.APPROVED_WITH_CONDITIONS]
    write_all(
        session,
        VerdictCondition,
        [row for each in conditional for row in (_condition(each, 1, None), _condition(each, 2, chance))],
    )
    fill_scorecards(office, opened)
    record_all(session, [event for each in decided for event in _happened(office, each)])


def _condition(verdict: Mapping[str, Any], position: int, dated: random.Random | None) -> dict[str, Any]:
    due_on = (verdict["decided_at"] + timedelta(days=dated.randrange(30, 900))).date() if dated else None
    return {
        "verdict_id": verdict["id"],
        "position": position,
        "text": "Sign the agreement." if dated else "Enter only public information.",
        "kind": ConditionKind.OTHER,
        "duty": Duty.OFFICE if dated else Duty.USER,
        "checked": Check.EVIDENCE,
        "standing": due_on is None,
        "due_on": due_on,
        "met_on": due_on if dated and dated.random() < 0.7 else None,
    }


def _happened(office: Office, verdict: Mapping[str, Any]) -> list[dict[str, Any]]:
    amir, chance, subject = office.cast["amir"], office.chance, ("verdict", verdict["id"])
    told = [event_of("verdict.published", subject, by=amir, now=verdict["decided_at"])]
    if chance.random() < 0.05 and verdict["outcome"] is not Outcome.REJECTED:
        kind, moment = chance.choice(BEFALLEN), verdict["decided_at"] + timedelta(days=chance.randrange(200))
        after = {"reason": "It had to be."}
        if kind is MarkKind.SUNSET:
            after["effective_on"] = (moment + timedelta(days=300)).date().isoformat()
        if moment < office.now:
            told.append(event_of(f"verdict.{kind.value}", subject, by=amir, now=moment, after=after))
    return told


def fill_scorecards(office: Office, evaluations: Sequence[Mapping[str, Any]]) -> None:
    """Two reviewers' on each evaluation, with every criterion rated, now and then apart."""
    session, chance = office.session, office.chance
    rubric, _ = rubrics.current(session)
    cards = _written(
        session,
        Scorecard,
        [
            {
                "evaluation_id": each["id"],
                "user_id": office.cast[name].person_id,
                "saved_at": each["opened_at"] + timedelta(days=1),
                "submitted_at": each["opened_at"] + timedelta(days=1),
            }
            for each in evaluations
            for name in ("rosa", "ravi")
        ],
    )
    write_all(
        session,
        ScorecardRating,
        [
            {
                "scorecard_id": card["id"],
                "criterion": criterion.id,
                "rating": chance.choice(RATINGS),
                "sentence": "Because of what it shows.",
            }
            for card in cards
            for criterion in rubric.criteria
        ],
    )


def _tool(office: Office, number: int) -> dict[str, Any]:
    name = f"Decided {number}"
    return {
        "slug": slug(name),
        "name": name,
        "category": office.chance.choice(STEMS),
        "created_at": office.now,
    }


def _like(row: Evaluation | Verdict) -> dict[str, Any]:
    return row.model_dump(exclude={"id"})


def fill_rubric(office: Office) -> None:
    """A next version with another weight and no artificial intelligence asked, to be compared."""
    text = files.in_force(office.session, "rubric").body.replace("version = 1", "version = 2", 1)
    parsed = rubrics.parse(text.replace("may_not_apply = true", "", 1).encode())
    stored = rubrics.store_file(office.session, parsed, origin="b", by=office.cast["ada"], now=office.now)
    office.marks["next_rubric"] = stored.number
