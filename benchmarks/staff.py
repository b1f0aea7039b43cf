"""How long the staff's pages take on a full office, beside the look-up page on the same site, and what they ask.

    python benchmarks/staff.py [--scale 0.1 1] [--rounds 15] [--json]

The office is made from a seed, once for each scale; each page is asked for in turn with the look-up page. `times` is a
page's median by that of the look-up page in the same rounds, `cpu_times` the same of the processor, which other work
disturbs less. A page is one line in PAGES, with what it must be full of.
"""

import argparse
import json
import random
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import event
from sqlmodel import Session, SQLModel, col, select
from starlette.testclient import TestClient

from registry.domain.identity import name_key, slug
from registry.domain.proposal import Announcer, EntryKind
from registry.domain.triage import CandidateStatus, DismissReason
from registry.services.evaluations import evaluation as rounds
from registry.services.people import sign_in
from registry.services.people.acting import REGISTRY, Actor, event_of, record_all
from registry.services.rubrics import rubric_files, rubrics
from registry.settings import Settings
from registry.store import rubrics as files
from registry.store import schema
from registry.store.columns import id_of
from registry.store.engine import make_engine, reserve_ids, transaction, write_all
from registry.store.tables import (
    Candidate,
    CandidateLabel,
    Entry,
    Evaluation,
    Mention,
    Request,
    Role,
    Source,
    Tool,
    Unanswered,
    Verdict,
)
from registry.web.app import create_app
from registry.web.parts import Parts
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

LOOK_UP = "/check?q=tool+7"
TOOLS = 300
STEMS = ("alder", "birch", "cedar", "fern", "heron", "kite", "loom", "moss", "otter", "quill", "reed", "wren")
TAILS = ("board", "cast", "desk", "flow", "forge", "graph", "lens", "mark", "notes", "pad", "sync", "vault")


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


@dataclass(frozen=True)
class Page:
    name: str
    who: str
    path: str
    fill: Callable[[Office], None] | None = None


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
    """5,000 published verdicts of four years on 2,000 tools, as the twenty real ones are, each with its evaluation."""
    session, chance = office.session, office.chance
    models = list(session.exec(select(Verdict).order_by(col(Verdict.number))))
    cases = {each.id: each for each in session.exec(select(Evaluation))}
    first = len(models) + 1
    wanted = range(first, first + office.some(5000))
    moments = {number: office.now - timedelta(minutes=chance.randrange(4 * 525_600)) for number in wanted}
    like = {number: models[number % len(models)] for number in wanted}
    tools = _written(session, Tool, [_tool(office, number) for number in range(office.some(2000))])
    tool_of = {number: tools[number % len(tools)]["id"] for number in wanted}
    opened = _written(
        session,
        Evaluation,
        [
            _like(cases[like[number].evaluation_id])
            | {"tool_id": tool_of[number], "opened_at": moment - timedelta(days=chance.randrange(1, 90))}
            | {"closed_at": moment, "due_on": (moment + timedelta(days=5)).date()}
            for number, moment in moments.items()
        ],
    )
    decided = _written(
        session,
        Verdict,
        [
            _like(like[number])
            | {
                "number": number,
                "uid": f"uid-{number}",
                "tool_id": tool_of[number],
                "evaluation_id": its["id"],
            }
            | {"decided_at": moments[number], "published_at": moments[number], "starts_at": moments[number]}
            | {"valid_until": (moments[number] + timedelta(days=chance.randrange(200, 1100))).date()}
            for number, its in zip(wanted, opened, strict=True)
        ],
    )
    record_all(
        session,
        [
            event_of(
                "verdict.published", ("verdict", each["id"]), by=office.cast["amir"], now=each["decided_at"]
            )
            for each in decided
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


PAGES = (
    Page("look-up, certain match", "", LOOK_UP),
    Page("inbox, 10,000 open", "rosa", "/inbox", fill_inbox),
    Page("inbox, by relevance", "rosa", "/inbox?sort=relevance"),
    Page("inbox, one source", "rosa", "/inbox?source=7"),
    Page("inbox, by words", "rosa", "/inbox?q=fernflow"),
    Page("one candidate", "rosa", "/inbox/1"),
    Page("evaluation, 12 reviewers", "rosa", "/evaluations/{twelve}", fill_twelve),
    Page("its disagreements", "rosa", "/evaluations/{twelve}/moderation"),
    Page("dashboard, 5,000 verdicts", "amir", "/dashboard", fill_verdicts),
    Page("rubrics, the list", "ada", "/rubrics"),
    Page("rubric on 1,000 verdicts", "ada", "/rubrics/{next_rubric}", fill_rubric),
)
"""The first one is the measure of the others. What fills the office for one page may serve those after it."""


def measure(scale: float, rounds: int) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="staff-") as folder:
        settings = Settings(
            data_dir=Path(folder), base_url="http://testserver", database_url=f"sqlite:///{folder}/r.sqlite3"
        )
        engine = make_engine(settings.resolved_database_url)
        schema.upgrade(engine)
        now = datetime.now(UTC)
        with transaction(engine) as session:
            office = _office(session, now, scale)
            for page in PAGES:
                if page.fill is not None:
                    page.fill(office)
            people = {each.who for each in PAGES if each.who}
            links = {who: _link(session, office.cast[who], settings, now) for who in people}
        engine.dispose()
        rows = []
        with TestClient(create_app(settings), follow_redirects=True) as browser:
            for page in PAGES:
                browser.cookies.clear()
                if page.who:
                    browser.post(f"/sign-in/{links[page.who]}", headers={"Sec-Fetch-Site": "same-origin"})
                found = replace(page, path=page.path.format(**office.marks))
                rows.append(_row(browser, found, scale, rounds))
        return rows


def _office(session: Session, now: datetime, scale: float) -> Office:
    long_ago = now - timedelta(days=30)
    rubric_files.take_in(session, None, now=long_ago)
    cast = the_cast(session, long_ago)
    the_offices(session)
    tools = [a_tool(session, f"Tool {number}", now=long_ago) for number in range(TOOLS)]
    for tool in tools[:20]:
        a_verdict(session, tool, cast, now=long_ago)
    return Office(session, cast, tools, random.Random(1), now, scale)  # noqa: S311 - a corpus, no secret


def _link(session: Session, who: Actor, settings: Settings, now: datetime) -> str:
    return sign_in.make_link(
        session,
        who.person_id,
        secret=settings.secret,
        valid_for=timedelta(hours=1),
        reusable=True,
        by=REGISTRY,
        now=now,
    )


def _row(browser: TestClient, page: Page, scale: float, rounds: int) -> dict[str, Any]:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    parts: Parts = browser.app.state.parts  # type: ignore[attr-defined]
    event.listen(parts.engine, "before_cursor_execute", note)
    first = _ask(browser, page.path)
    took: list[Asked] = []
    beside: list[Asked] = []
    for _ in range(rounds):
        beside.append(_ask(browser, LOOK_UP))
        asked.clear()
        took.append(_ask(browser, page.path))
    event.remove(parts.engine, "before_cursor_execute", note)
    return {
        "scale": scale,
        "page": page.name,
        "ms": round(_middle(took, 0) * 1000, 1),
        "cpu_ms": round(_middle(took, 1) * 1000, 1),
        "first_ms": round(first[0] * 1000, 1),
        "times": round(_middle(took, 0) / _middle(beside, 0), 2),
        "cpu_times": round(_middle(took, 1) / _middle(beside, 1), 2),
        "queries": len([each for each in asked if each.lstrip().upper().startswith("SELECT")]),
        "kB": round(first[2] / 1000),
    }


Asked = tuple[float, float, int]
"""Seconds by the clock, seconds of processor, bytes."""


def _middle(took: Sequence[Asked], which: int) -> float:
    return statistics.median(each[which] for each in took)


def _ask(browser: TestClient, path: str) -> Asked:
    began, worked = perf_counter(), process_time()
    reply = browser.get(path)
    seconds, processor = perf_counter() - began, process_time() - worked
    if reply.status_code != 200:
        raise SystemExit(f"{path} answered {reply.status_code}")
    return seconds, processor, len(reply.content)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scale", type=float, nargs="+", default=[0.1, 1], help="1 is the full office")
    parser.add_argument("--rounds", type=int, default=15, help="of which the median is told")
    parser.add_argument("--json", action="store_true", help="print data alone")
    given = parser.parse_args()
    rows = [row for scale in given.scale for row in measure(scale, given.rounds)]
    if given.json:
        json.dump(rows, sys.stdout, indent=2)
        return
    for row in ({key: key for key in _COLUMNS}, *rows):
        print("  ".join(f"{row[key]:>{width}}" for key, width in _COLUMNS.items()))


_COLUMNS = {
    "scale": 5,
    "page": 26,
    "ms": 7,
    "cpu_ms": 7,
    "first_ms": 8,
    "times": 6,
    "cpu_times": 9,
    "queries": 8,
    "kB": 5,
}

if __name__ == "__main__":
    main()
