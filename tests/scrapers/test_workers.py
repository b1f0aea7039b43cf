"""A hostile document costs its child process and nothing else."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from sample_files import URL, sample

import scrapers.workers
from scrapers.catalogue import SCRAPERS
from scrapers.errors import ParseError
from scrapers.workers import Workers
from tests.conftest import in_whole

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(
    not Path("/proc/self").exists(), reason="limits and children are looked up in /proc"
)


@pytest.fixture(scope="module")
def workers():
    with Workers(count=1, cpu_s=1, memory_mb=300) as pool:
        yield pool


def children() -> set[int]:
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text().rsplit(")", 1)[1].split()[1]
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if int(parent) == os.getpid() and (b"scrapers.workers" in command or not command):
            found.add(int(folder.name))
    return found


def parse(workers, body, kind="feed"):
    return workers.parse(kind, body, url=URL, headers={"content-type": "text/xml"})


def code_of(workers, body, kind="feed"):
    with pytest.raises(ParseError) as caught:
        parse(workers, body, kind)
    return caught.value.code


@pytest.mark.parametrize(
    "name", ["rss2.rss", "atom.atom", "malformed.rss", "json_feed_1_1.json", "odd_dates.rss"]
)
def test_a_child_gives_what_the_scraper_itself_gives(workers, name):
    assert parse(workers, sample(name)) == SCRAPERS["feed"](sample(name), url=URL, headers={})


def test_a_refusal_keeps_its_code_sentence_and_suggestions(workers):
    page = b'<html><title>Home</title><link rel="alternate" type="application/rss+xml" href="/f.rss"></html>'
    with pytest.raises(ParseError) as caught:
        parse(workers, page)
    assert caught.value.code == "web_page_not_feed"
    assert caught.value.suggested == ("https://feeds.example/f.rss",)
    assert "Home" in caught.value.sentence


def test_an_unknown_kind_is_refused(workers):
    assert code_of(workers, b"", "telepathy") == "unknown_kind"


HOSTILE = {
    "unclosed comments": b"<rss version='2.0'><channel><item><title>A</title></item>" + b"<!--" * 400_000,
    "comments in a text": b"<rss version='2.0'><channel><item><title>A</title><description>"
    + b"&lt;!--" * 150_000
    + b"</description></item></channel></rss>",
    "deep nesting": b"<rss version='2.0'><channel><item>" + b"<a>" * 900_000,
    "deep JSON": b'{"items":' + b"[" * 2_000_000,
    "a deep page": b"<html><body>" + b"<div><table><tr>" * 400_000,
    "too many entries": b"<rss version='2.0'><channel>" + b"<item><title>a</title></item>" * 300_000,
    "a memory bomb": b'{"version":"https://jsonfeed.org/version/1","items":[' + b"{}," * 3_000_000 + b"{}]}",
}


@pytest.mark.parametrize("kind", ["deep nesting", *in_whole(sorted(HOSTILE.keys() - {"deep nesting"}))])
def test_a_hostile_document_ends_in_time_and_the_next_one_is_read(workers, kind):
    with suppress(ParseError):
        parse(workers, HOSTILE[kind])
    assert parse(workers, sample("rss2.rss")).title == "Plumbline news"


def test_a_child_out_of_memory_is_told_as_killed(workers):
    assert code_of(workers, HOSTILE["a memory bomb"]) == "parser_killed"


def test_a_child_that_holds_much_memory_is_replaced_before_the_next_document():
    items = b"<item><title>a</title><description>" + b"b" * 500 + b"</description></item>"
    large = b"<rss version='2.0'><channel>" + items * 8_000 + b"</channel></rss>"
    with Workers(count=1, memory_mb=125) as pool:
        before = children()
        parse(pool, sample("rss2.rss"))
        (first,) = children() - before
        parse(pool, sample("atom.atom"))
        assert first in children()
        assert parse(pool, large).entries
        parse(pool, sample("rss2.rss"))
        assert first not in children()


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"code": "gone"},
        {"code": "gone", "sentence": "x.", "suggested": 1},
        {"entries": [{}]},
        {"entries": 5},
        {"entries": [], "unheard": 1},
        {"entries": [{"tags": None, "published_at": "never"}]},
    ],
)
def test_a_child_that_answers_nonsense_is_told_as_killed(workers, monkeypatch, reply):
    monkeypatch.setattr(scrapers.workers._Child, "ask", lambda *_: reply)
    assert code_of(workers, sample("rss2.rss")) == "parser_killed"


def test_a_child_out_of_time_is_killed_and_replaced():
    with Workers(count=1, timeout_s=0.001) as pool:  # less than any interpreter takes to start
        assert code_of(pool, sample("rss2.rss")) == "parser_killed"


def test_what_is_being_parsed_is_given_up_when_that_is_asked_for():
    with Workers(count=1, timeout_s=600) as pool, ThreadPoolExecutor(1) as aside:
        before = children()
        parse(pool, sample("rss2.rss"))
        (child,) = children() - before
        os.kill(child, signal.SIGSTOP)
        code = aside.submit(code_of, pool, sample("atom.atom"))
        while not pool._busy:
            os.sched_yield()
        pool.give_up()
        try:
            assert code.result(timeout=60) == "parser_killed"
        finally:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        assert parse(pool, sample("atom.atom")).entries


def test_a_child_killed_between_two_documents_is_replaced_unseen(workers):
    parse(workers, sample("rss2.rss"))
    for child in children():
        os.kill(child, signal.SIGKILL)
    for child in children():
        while (Path("/proc") / str(child) / "stat").read_text().rsplit(")", 1)[1].split()[0] != "Z":
            os.sched_yield()
    assert parse(workers, sample("atom.atom")).entries


def test_limits_hold_in_the_child(workers):
    parse(workers, sample("rss2.rss"))
    (child,) = children()
    limits = (Path("/proc") / str(child) / "limits").read_text()
    address_space = next(line for line in limits.splitlines() if line.startswith("Max address space"))
    assert str(300 * 2**20) in address_space
    assert (
        "unlimited" not in next(line for line in limits.splitlines() if line.startswith("Max cpu time"))[:40]
    )


def test_a_child_sees_no_settings_of_the_service(workers, monkeypatch):
    monkeypatch.setenv("REGISTRY_DATABASE_URL", "postgresql://secret")
    with Workers(count=1) as pool:
        before = children()
        parse(pool, sample("rss2.rss"))
        (child,) = children() - before
        assert b"REGISTRY_" not in (Path("/proc") / str(child) / "environ").read_bytes()


WAYS_OUT = [
    "socket.create_connection(('127.0.0.1', 9))",
    "socket.getaddrinfo('feeds.example', 80)",
    "socket.socket()",
    "urllib.request.urlopen('http://127.0.0.1:9/')",
    "raise feedparser.parse('http://127.0.0.1:9/feed')['bozo_exception']",
    "subprocess.run(['true'])",
    "os.system('true')",
    "os.execv('/bin/true', ['true'])",
    "os.fork()",
    "open('left_behind', 'w')",
    "os.open('left_behind', os.O_CREAT | os.O_WRONLY)",
    "pathlib.Path('left_behind').write_text('x')",
]


def test_what_runs_in_a_child_has_no_way_out(tmp_path):
    program = f"""
import feedparser, json, os, pathlib, socket, subprocess, urllib.request
from scrapers.workers import close_doors

close_doors()
ends = []
for attempt in {WAYS_OUT!r}:
    try:
        exec(attempt)
        ends.append("done")
    except OSError as error:
        ends.append(str(error))
print(json.dumps(ends))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    ends = dict(zip(WAYS_OUT, json.loads(ended.stdout), strict=True))
    assert [attempt for attempt, end in ends.items() if "A document may not do this" not in end] == []
    assert not list(tmp_path.iterdir())


def test_every_child_closes_its_doors_before_it_reads_anything(workers, monkeypatch):
    called = []
    monkeypatch.setattr(scrapers.workers, "close_doors", lambda: called.append("closed"))
    monkeypatch.setattr(scrapers.workers, "_limit", lambda *_: called.append("limited"))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO()))
    scrapers.workers._serve(1, 100)
    assert called == ["closed", "limited"]


def test_threads_share_the_children():
    titles, faults = [], []

    def work(pool):
        try:
            titles.extend(parse(pool, sample("rss2.rss")).title for _ in range(5))
        except ParseError as error:
            faults.append(error)

    before = children()
    with Workers(count=2) as pool:
        threads = [threading.Thread(target=work, args=(pool,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(children() - before) <= 2
    assert titles == ["Plumbline news"] * 30
    assert not faults


def test_closing_leaves_no_process_and_no_zombie_behind():
    before = children()
    pool = Workers(count=2)
    parse(pool, sample("rss2.rss"))
    pool.close()
    pool.close()
    assert children() <= before
    with pytest.raises(RuntimeError):
        parse(pool, sample("rss2.rss"))


def test_the_parent_never_reads_a_pickle():
    assert "pickle" not in vars(scrapers.workers)
    assert json is scrapers.workers.json
