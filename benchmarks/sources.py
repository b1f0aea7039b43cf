"""How long the pages of the sources take with 500 and 5,000 of them, and how many queries they ask.

The corpus is made from a seed: three states of ten are trouble, thirty visits each, entries and candidates behind them.
"""

import argparse
import json
import random
import statistics
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from sqlalchemy import Engine, event
from starlette.testclient import TestClient

from registry.domain.proposal import Announcer, EntryKind
from registry.domain.triage import CandidateStatus
from registry.domain.visit import Visit, with_visit
from registry.services.people import accounts, sign_in
from registry.services.people.acting import REGISTRY
from registry.services.sources import source_health
from registry.settings import Settings
from registry.store import schema
from registry.store.columns import id_of
from registry.store.engine import make_engine, transaction
from registry.store.tables import Candidate, Entry, Mention, Source, Tool
from registry.web.app import create_app

PAGES = {
    "the list": "/sources",
    "one group, not well": "/sources?group=Vendors&state=trouble",
    "words": "/sources?q=alder+host1",
    "by yield": "/sources?sort=yield",
    "the last page": "/sources?sort=name&page=9999",
    "one source": "/sources/7",
    "starter list": "/sources/starter",
    "health feed": "/sources/health.atom",
    "OPML": "/sources.opml",
}
GROUPS = ("Launches", "Vendors", "Risks", "News", "Releases", "")
TREES = ("Alder", "Birch", "Cedar", "Dogwood")
SENTENCE = "There is nothing at this address. Look for the feed’s new address on its site."


def seed(engine: Engine, count: int, entries: int) -> None:
    """`count` sources with `entries` entries each, a third of which propose something."""
    chance, now = random.Random(1), datetime.now(UTC)  # noqa: S311 - a corpus, no secret
    with transaction(engine) as session:
        tool = Tool(slug="plumeria", name="Plumeria", name_key="plumeria", created_at=now)
        sources = [_source(number, chance, now) for number in range(count)]
        session.add_all([tool, *sources])
        session.flush()
        for source in sources:
            _entries(session, source, entries, id_of(tool), chance, now)
        session.flush()
        source_health.notice(session, now)


def _source(number: int, chance: random.Random, now: datetime) -> Source:
    source = Source(
        name=f"{chance.choice(TREES)} news {number}",
        url=f"https://host{number}.example/feed.xml",
        announcer=chance.choice(list(Announcer)),
        group=chance.choice(GROUPS),
        created_at=now - timedelta(days=400),
        fetched_at=now - timedelta(minutes=6 + chance.randrange(300)),
        succeeded_at=now - timedelta(minutes=6 + chance.randrange(300)),
        changed_at=now - timedelta(hours=chance.randrange(40)),
        due_at=now + timedelta(minutes=chance.randrange(600)),
        usual_gap_s=chance.choice([3_600, 86_400, 400_000]),
    )
    fate = chance.random()
    if fate < 0.02:
        source.failures, source.error_code, source.error = 9, "http_404", SENTENCE
        source.succeeded_at = now - timedelta(days=5)
    elif fate < 0.05:
        source.failures, source.error_code, source.error = 2, "timeout", "Its server took too long."
    elif fate < 0.06:
        source.gone_at = now
    elif fate < 0.09:
        source.changed_at = now - timedelta(days=90)
    elif fate < 0.11:
        source.paused_at = now
    for hour in range(30):
        source.strip = with_visit(source.strip, _visit(now - timedelta(hours=30 - hour), chance))
    return source


def _visit(at: datetime, chance: random.Random) -> Visit:
    luck = chance.random()
    if luck > 0.97:
        return Visit(at, error_code="timeout", elapsed_ms=60_000)
    new = chance.randrange(9) if luck > 0.7 else 0
    return Visit(at, 304 if luck < 0.6 else 200, chance.randrange(90_000), 25, new, chance.randrange(900))


def _entries(
    session: object, source: Source, count: int, tool_id: int, chance: random.Random, now: datetime
) -> None:
    rows = [
        Entry(
            source_id=id_of(source),
            key=f"{source.id}-{number}",
            second_key=f"{source.id}-{number}",
            title=f"Thing{source.id}x{number} - does something",
            link=f"https://thing{source.id}x{number}.example/",
            canonical_link=f"https://thing{source.id}x{number}.example/",
            seen_at=now - timedelta(days=chance.randrange(300)),
            content_hash="1",
            kind=EntryKind.TOOL,
            extractor_version="1",
        )
        for number in range(count)
    ]
    proposed = [
        Candidate(
            name=each.title[:20],
            name_key=each.title[:20].lower(),
            seen_at=now,
            status=CandidateStatus.ACCEPTED if chance.random() < 0.2 else CandidateStatus.NEW,
        )
        for each in rows[::3]
    ]
    for each in proposed:
        each.tool_id = tool_id if each.status is CandidateStatus.ACCEPTED else None
    session.add_all([*rows, *proposed])  # type: ignore[attr-defined]
    session.flush()  # type: ignore[attr-defined]
    session.add_all(  # type: ignore[attr-defined]
        Mention(entry_id=id_of(row), candidate_id=id_of(each), first_candidate_id=id_of(each), at=now)
        for row, each in zip(rows[::3], proposed, strict=True)
    )


def measure(count: int, entries: int, rounds: int) -> list[dict[str, object]]:
    with tempfile.TemporaryDirectory(prefix="sources-") as folder:
        settings = Settings(
            data_dir=Path(folder), base_url="http://testserver", database_url=f"sqlite:///{folder}/r.sqlite3"
        )
        engine = make_engine(settings.resolved_database_url)
        schema.upgrade(engine)
        seed(engine, count, entries)
        with transaction(engine) as session:
            ada = accounts.add_user(
                session,
                email="ada@example.org",
                name="Ada",
                roles=["admin"],
                by=REGISTRY,
                now=datetime.now(UTC),
            )
            link = sign_in.make_link(
                session,
                id_of(ada),
                secret=settings.secret,
                valid_for=timedelta(hours=1),
                by=REGISTRY,
                now=datetime.now(UTC),
            )
        with TestClient(create_app(settings), follow_redirects=True) as browser:
            browser.post(f"/sign-in/{link}", headers={"Sec-Fetch-Site": "same-origin"})
            rows = [_row(browser, name, path, count, rounds) for name, path in PAGES.items()]
        began = perf_counter()
        with transaction(engine) as session:
            source_health.notice(session, datetime.now(UTC))
        rows.append({"sources": count, "page": "note who fell sick", "ms": _ms(perf_counter() - began)})
        engine.dispose()
        return rows


def _row(browser: TestClient, name: str, path: str, count: int, rounds: int) -> dict[str, object]:
    took, size = [], 0
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    from registry.web.parts import Parts

    parts: Parts = browser.app.state.parts  # type: ignore[attr-defined]
    event.listen(parts.engine, "before_cursor_execute", note)
    for _ in range(rounds + 1):
        asked.clear()
        began = perf_counter()
        reply = browser.get(path)
        took.append(perf_counter() - began)
        assert reply.status_code == 200, (path, reply.status_code)
        size = len(reply.content)
    event.remove(parts.engine, "before_cursor_execute", note)
    return {
        "sources": count,
        "page": name,
        "ms": _ms(statistics.median(took[1:])),
        "queries": len([each for each in asked if each.lstrip().upper().startswith("SELECT")]),
        "kB": round(size / 1000),
    }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", type=int, nargs="+", default=[500, 5_000])
    parser.add_argument("--entries", type=int, default=30, help="of each source")
    parser.add_argument("--rounds", type=int, default=5, help="of which the median is told")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rows = [row for count in asked.sources for row in measure(count, asked.entries, asked.rounds)]
    if asked.json:
        json.dump(rows, sys.stdout, indent=2)
        return
    for row in rows:
        print("  ".join(f"{row.get(key, ''):>{width}}" for key, width in _COLUMNS.items()))


_COLUMNS = {"sources": 7, "page": 22, "ms": 8, "queries": 8, "kB": 6}

if __name__ == "__main__":
    main()
