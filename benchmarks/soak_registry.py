"""The big registry that is soaked: many tools, many entries, cases to score and to decide, people who are signed in."""

import random
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import Engine, text
from sqlmodel import Session
from staff_office import Office, fill_inbox, fill_verdicts, the_office

from registry.domain.identity import name_key
from registry.domain.proposal import Announcer, EntryKind
from registry.services.people import sign_in
from registry.services.rubrics import rubrics
from registry.store import users
from registry.store.columns import id_of
from registry.store.engine import transaction, write_all
from registry.store.tables import Alias, AliasKind, Entry, Role, Source, Tool
from tests.builders import a_person, a_typed_scorecard, an_evaluation, scored

AT_ONCE = 20_000
CASES_OF_ONE = 60
"""Evaluations of one pair of reviewers, so that many people write."""


@dataclass
class Soaked:
    """What the load may ask for."""

    slugs: list[str]
    names: list[str]
    verdicts: int
    to_score: list[tuple[int, str]]
    """Evaluation and the cookie of who owes a scorecard."""
    to_decide: list[int]
    approver: str
    reviewer: str
    employee: str
    draft: dict[str, Any]


def fill(
    engine: Engine, secret_file: Path, *, tools: int, entries: int, scorecards: int, decisions: int, feeds: list[str],
    lasts_s: float, seed: int,
) -> Soaked:  # fmt: skip
    """Tools and entries in all; `feeds` become due one after the other while it lasts."""
    secret_file.write_text(secrets.token_hex(32))
    secret_file.chmod(0o600)
    now, dice = datetime.now(UTC), random.Random(seed)  # noqa: S311 - a corpus, no secret
    with _step("the office"), transaction(engine) as session:
        office = the_office(session, now, 1.0)
    with _step("the inbox"), transaction(engine) as session:
        fill_inbox(replace(office, session=session))
    with _step("verdicts"), transaction(engine) as session:
        fill_verdicts(replace(office, session=session))
    with _step("tools and entries"), transaction(engine) as session:
        _fill_tools(session, tools, dice, now)
        _fill_entries(session, entries, now)
        _retire(session)
    _analyse(engine)
    with _step("cases"), transaction(engine) as session:
        found = _cases(session, office, scorecards, decisions, secret_file.read_bytes().strip(), now)
        for place, url in enumerate(feeds):
            due = now + timedelta(seconds=30 + lasts_s * place / len(feeds))
            session.add(
                Source(name=f"Local {place}", url=url, announcer=Announcer.NEWS, created_at=now, due_at=due)
            )
    _analyse(engine)
    return found


def _analyse(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


@contextmanager
def _step(name: str) -> Iterator[None]:
    begun = perf_counter()
    yield
    print(f"{name}: {perf_counter() - begun:.0f} s", file=sys.stderr)


def _fill_tools(session: Session, tools: int, dice: random.Random, now: datetime) -> None:
    there = session.execute(text("SELECT count(*) FROM tool")).scalar_one()
    rows = [
        {"slug": f"known-{n}", "name": f"Known {n}", "category": f"C{dice.randrange(40)}", "created_at": now}
        for n in range(tools - there)
    ]
    write_all(session, Tool, rows)
    bare = session.execute(
        text("SELECT id, name FROM tool WHERE id NOT IN (SELECT tool_id FROM alias)")
    ).all()
    names = [
        {"tool_id": tool_id, "kind": AliasKind.NAME, "text": name, "key": name_key(name)}
        for tool_id, name in bare
    ]
    write_all(session, Alias, names)


def _fill_entries(session: Session, entries: int, now: datetime) -> None:
    """Those that only were seen, besides those that speak of candidates."""
    there = session.execute(text("SELECT count(*) FROM entry")).scalar_one()
    sources = session.execute(text("SELECT id FROM source ORDER BY id")).scalars().all()
    for first in range(there, entries, AT_ONCE):
        write_all(
            session,
            Entry,
            [
                {
                    "source_id": sources[n % len(sources)],
                    "key": f"seen-{n}",
                    "second_key": f"seen-{n}",
                    "title": f"Something {n} - an announcement of what is new",
                    "link": f"https://feed.example/seen/{n}",
                    "canonical_link": f"https://feed.example/seen/{n}",
                    "seen_at": now - timedelta(minutes=n),
                    "content_hash": "1",
                    "kind": EntryKind.TOOL,
                    "only_seen": True,
                    "extractor_version": "1",
                }
                for n in range(first, min(first + AT_ONCE, entries))
            ],
        )


def _retire(session: Session) -> None:
    """The invented hosts are asked for nothing."""
    session.execute(text("UPDATE source SET due_at = now() + interval '1 year'"))


def _cases(
    session: Session, office: Office, scorecards: int, decisions: int, secret: bytes, now: datetime
) -> Soaked:
    def cookie(person: int) -> str:
        return sign_in.start_session(session, users.get(session, person), secret=secret, now=now)

    cast = office.cast
    rubric, _ = rubrics.current(session)
    free = session.execute(
        text("SELECT id FROM tool WHERE slug LIKE 'known-%' ORDER BY id LIMIT :n"),
        {"n": scorecards // 2 + 1 + decisions},
    ).scalars().all()  # fmt: skip
    tools = [session.get_one(Tool, each) for each in free]
    to_score: list[tuple[int, str]] = []
    pair: list[Any] = []
    for place in range(scorecards // 2 + 1):
        if place % CASES_OF_ONE == 0:
            pair = [a_person(session, f"Scorer{place}{each}", Role.REVIEWER, now=now) for each in "ab"]
            cookies = [cookie(each.person_id) for each in pair]
        case = id_of(an_evaluation(session, tools.pop(), owner=cast["rosa"], reviewers=pair, now=now))
        to_score += [(case, each) for each in cookies]
    to_decide = []
    for _ in range(decisions):
        case = an_evaluation(
            session, tools.pop(), owner=cast["rosa"], reviewers=(cast["rosa"], cast["ravi"]), now=now
        )
        for who in ("rosa", "ravi"):
            scored(session, case, cast[who], now=now)
        to_decide.append(id_of(case))
    typed = a_typed_scorecard(rubric)
    lines = {name: _without_mark(asdict(each)) for name, each in typed.ratings.items()}
    answers = {name: _without_mark(asdict(each)) for name, each in typed.knock_outs.items()}
    asked = session.execute(text("SELECT slug, name FROM tool ORDER BY id")).all()
    return Soaked(
        slugs=[slug for slug, _ in asked],
        names=[name for _, name in asked],
        verdicts=session.execute(text("SELECT max(number) FROM verdict")).scalar_one(),
        to_score=to_score,
        to_decide=to_decide,
        approver=cookie(cast["amir"].person_id or 0),
        reviewer=cookie(cast["rosa"].person_id or 0),
        employee=cookie(a_person(session, "Eve", Role.EMPLOYEE, now=now).person_id or 0),
        draft={"ratings": lines, "knock_outs": answers},
    )


def _without_mark(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name != "carried"}
