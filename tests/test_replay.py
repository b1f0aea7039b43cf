"""What one publisher served over weeks or a year, read in its order: each item is stored once, with its revisions."""

import hashlib
import io
import re
import tarfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser
import pytest
from sqlalchemy import Engine
from sqlmodel import select

from registry import jobs, rounds
from registry.domain.proposal import Announcer
from registry.services.entries.intake import MAX_REVISIONS
from registry.services.people.acting import Actor
from registry.services.sources import sources
from registry.store.engine import snapshot, transaction
from registry.store.tables import Entry, EntryRevision, Mention
from scrapers.fetch import Fetcher
from scrapers.workers import Workers
from tests.conftest import in_whole
from tests.scrapers.hostile import HostileServer, conditional
from tests.series import Ids, a_series

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
SERIES = ("replay-anthropic-news-2025", "replay-ollama-2025", "replay-openai-research-2025")
LONG_SERIES = "producthunt-2024"
ADA = Actor(None, "Ada")


@dataclass
class Reader:
    """Reads one source of a real server into a real database, at moments of the test's choice."""

    engine: Engine
    server: HostileServer
    fetcher: Fetcher
    workers: Workers
    source_id: int = field(init=False)

    def __post_init__(self) -> None:
        with transaction(self.engine) as session:
            added = sources.add_source(
                session,
                url=self.server.url("/feed"),
                announcer=Announcer.VENDOR_BLOG,
                by=ADA,
                now=datetime(2024, 1, 1, tzinfo=UTC),
            )
            self.source_id = added.id or 0

    def reads(self, body: bytes, at: datetime) -> jobs.Refreshed:
        etag = f'"{hashlib.sha256(body).hexdigest()}"'
        self.server.plays("/feed", conditional(body, etag=etag))
        (refreshed,) = rounds.refresh_due(
            self.engine, self.fetcher, self.workers, lambda: at, threads=1, only=[self.source_id]
        )
        assert refreshed.ok, refreshed.error
        return refreshed

    def all_of(self, column) -> list:
        with snapshot(self.engine) as session:
            return list(session.exec(select(column)).all())


@pytest.fixture
def reader(engine: Engine) -> Iterator[Reader]:
    with (
        HostileServer() as server,
        Fetcher(agent="registry tests", allow_cidrs=("127.0.0.0/8",)) as fetcher,
        Workers(count=1) as workers,
    ):
        yield Reader(engine, server, fetcher, workers)


@pytest.mark.parametrize("ids", Ids)
@pytest.mark.parametrize("documents", [12, *in_whole([40])])
def test_whatever_a_publisher_does_to_its_entries_each_is_stored_once_with_its_revisions(
    reader, ids, documents
):
    ever: set[int] = set()
    for document in a_series(7, ids, documents=documents):
        refreshed = reader.reads(document.body, document.at)
        assert refreshed.brought.new == len(document.served - ever), document.served - ever
        ever |= document.served
        assert reader.reads(document.body, document.at + timedelta(hours=1)).unchanged
    rows = reader.all_of(Entry)
    numbers = [number_of(row.title) for row in rows]
    assert sorted(numbers) == sorted(ever)
    expected = {number: min(times, MAX_REVISIONS) for number, times in document.revisions.items()}
    assert {number_of(row.title): row.revision - 1 for row in rows} == expected
    assert Counter(reader.all_of(EntryRevision.entry_id)) == Counter(
        {row.id: row.revision - 1 for row in rows if row.revision > 1}
    )
    assert len(set(reader.all_of(Mention.entry_id))) == len(reader.all_of(Mention.entry_id))


@pytest.mark.whole
@pytest.mark.one_database
@pytest.mark.parametrize(("seed", "ids"), [*enumerate([*Ids] * 2)])
def test_so_it_is_with_other_publishers(reader, ids, seed):
    """Each has one of the kinds of ids, in turn."""
    ever: set[int] = set()
    for document in a_series(seed, ids, documents=60):
        assert reader.reads(document.body, document.at).brought.new == len(document.served - ever)
        ever |= document.served
    assert sorted(number_of(row.title) for row in reader.all_of(Entry)) == sorted(ever)


def number_of(title: str) -> int:
    found = re.match(r"Item(\d+) ", title)
    assert found, title
    return int(found[1])


def documents(name: str) -> Iterator[tuple[datetime, bytes]]:
    """Moment and body of each snapshot in the order of time; nothing where the corpus is not here."""
    path = CORPUS / f"{name}.tar.gz"
    if not path.exists():
        return
    with tarfile.open(path) as archive:
        files = [
            (each.name, archive.extractfile(each).read()) for each in archive.getmembers() if each.isfile()
        ]
    found = [(moment_of(file, body), body) for file, body in files]
    yield from sorted(found, key=lambda each: each[0])


def moment_of(file: str, body: bytes) -> datetime:
    """From the file's name, else from what the feed says of itself."""
    if stamp := re.search(r"\d{4}-\d\d-\d\dT\d{6}", file):
        return datetime.strptime(stamp[0], "%Y-%m-%dT%H%M%S").replace(tzinfo=UTC)
    return datetime.fromisoformat(feedparser.parse(io.BytesIO(body)).feed.updated).astimezone(UTC)


def told(body: bytes) -> dict[str, tuple[str, ...]]:
    """By guid, else link: what each item says, as another reader sees it."""
    return {
        each.get("id") or each.get("link"): tuple(
            " ".join(re.sub(r"<[^>]*>", " ", text).split())
            for text in (
                each.get("title", ""),
                each.get("summary", ""),
                *(c.value for c in each.get("content", ())),
            )
        )
        for each in feedparser.parse(io.BytesIO(body)).entries
    }


def replay(reader: Reader, name: str, *, every: int = 1) -> None:
    said: dict[str, list[tuple[str, ...]]] = {}
    for at, body in list(documents(name))[::every]:
        here = told(body)
        fresh = here.keys() - said.keys()
        assert reader.reads(body, at).brought.new == len(fresh), at
        for key, text in here.items():
            if said.setdefault(key, [text])[-1] != text:
                said[key].append(text)
    rows = {row.key: row for row in reader.all_of(Entry)}
    links = {row.link: row for row in rows.values()}
    assert len(rows) == len(said)
    found = {key: rows.get(key) or links.get(key) for key in said}
    assert all(found.values())
    edited = {key: found[key].revision for key, texts in said.items()}
    assert edited == {key: min(len(texts), MAX_REVISIONS + 1) for key, texts in said.items()}


@pytest.mark.parametrize("name", SERIES)
def test_a_year_of_a_vendors_news_is_stored_once_each(reader, name):
    replay(reader, name, every=24)


@pytest.mark.whole
@pytest.mark.one_database
@pytest.mark.parametrize("name", SERIES)
def test_so_it_is_when_each_of_its_documents_is_read(reader, name):
    replay(reader, name)


@pytest.mark.whole
@pytest.mark.one_database
def test_a_year_of_launches_is_stored_once_each(reader):
    replay(reader, LONG_SERIES, every=12)
