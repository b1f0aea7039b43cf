"""Reads a folder of captured feeds, archives or files, in the limited children and says what became of each.

    python benchmarks/corpus.py FOLDER [--json]

Where an archive's feeds hold their names in bold in the content, it also says how many names were found.
"""

import argparse
import html
import json
import re
import resource
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from registry.domain.proposal import Announcer, propose
from scrapers.entry import Parsed
from scrapers.errors import ParseError
from scrapers.links import identity_key
from scrapers.workers import Workers

IDENTITY = re.compile(r"<id>([^<]*)</id>")
BOLD = re.compile(r"&lt;b&gt;([^<]*?)&lt;/b&gt;")
NOT_FEEDS = (".csv", ".md", ".opml", ".txt")


@dataclass
class Tally:
    """What became of one archive."""

    files: int = 0
    with_entries: int = 0
    malformed: int = 0
    empty_feeds: int = 0
    entries: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    seconds: float = 0.0
    names: int = 0
    names_right: int = 0
    names_sure: int = 0
    names_sure_and_right: int = 0


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--json", action="store_true", help="print data alone")
    given = arguments.parse_args()
    with Workers(count=2) as workers:
        tallies = {name: _read(workers, documents) for name, documents in _archives(given.folder)}
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    report = {"archives": {name: _plain(tally) for name, tally in tallies.items()}, "peak_child_mb": peak_mb}
    if given.json:
        print(json.dumps(report, indent=2))
    else:
        _print_table(tallies, peak_mb)


def _archives(folder: Path) -> Iterator[tuple[str, Iterator[tuple[str, bytes]]]]:
    for path in sorted(folder.iterdir()):
        if path.name.endswith((".tar.gz", ".tgz")):
            yield path.name, _members(path)
        elif path.is_file() and not path.name.endswith(NOT_FEEDS):
            yield path.name, iter([(path.name, path.read_bytes())])


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path) as archive:
        for member in archive:
            found = archive.extractfile(member) if member.isfile() else None
            if found:
                yield member.name, found.read()


def _read(workers: Workers, documents: Iterator[tuple[str, bytes]]) -> Tally:
    tally, asked = Tally(), set[tuple[str, str]]()
    for _, body in documents:
        start = time.perf_counter()
        try:
            kind = "known_exploited" if b'"vulnerabilities"' in body[:2_000] else "feed"
            parsed = workers.parse(kind, body, url="https://feeds.example/feed.xml", headers={})
        except ParseError as error:
            tally.refused[error.code] += 1
        else:
            _count(tally, parsed)
            _check_names(tally, parsed, body, asked)
        took = time.perf_counter() - start
        tally.files, tally.seconds = tally.files + 1, tally.seconds + took
        tally.slowest_s = max(tally.slowest_s, took)
    return tally


def _count(tally: Tally, parsed: Parsed) -> None:
    tally.entries += len(parsed.entries)
    tally.with_entries += bool(parsed.entries)
    tally.empty_feeds += not parsed.entries
    tally.malformed += parsed.malformed
    for keys in ([entry.key for entry in parsed.entries], [entry.second_key for entry in parsed.entries]):
        if len(set(keys)) != len(keys):
            raise AssertionError("two entries of one document have the same key")


def _check_names(tally: Tally, parsed: Parsed, body: bytes, asked: set[tuple[str, str]]) -> None:
    known = _known_names(body.decode("utf-8", "replace"))
    for entry in parsed.entries:
        name = known.get(entry.key)
        if not name or not entry.title.startswith(f"{name} - ") or (entry.key, entry.title) in asked:
            continue
        asked.add((entry.key, entry.title))
        proposal = propose(
            title=entry.title,
            link=entry.link,
            identity_key=identity_key(entry.link),
            announcer=Announcer.LAUNCH_FEED,
        )
        right = proposal.name == name
        tally.names += 1
        tally.names_right += right
        tally.names_sure += proposal.sure
        tally.names_sure_and_right += proposal.sure and right


def _known_names(text: str) -> dict[str, str]:
    """By id, the name that an entry's content shows in bold."""
    known = {}
    for entry in text.split("<entry>")[1:]:
        identity, name = IDENTITY.search(entry), BOLD.search(entry)
        if identity and name:
            known[html.unescape(identity[1])] = " ".join(html.unescape(html.unescape(name[1])).split())
    return known


def _plain(tally: Tally) -> dict[str, object]:
    return {
        name: dict(value)
        if isinstance(value, Counter)
        else round(value, 3)
        if isinstance(value, float)
        else value
        for name, value in vars(tally).items()
    }


def _print_table(tallies: dict[str, Tally], peak_mb: int) -> None:
    columns = f"{'files':>6} {'read':>6} {'broken':>6} {'empty':>6} {'entries':>8} {'s':>7} {'slowest':>7}"
    print(f"{'archive':34} {columns}  refused")
    for name, tally in tallies.items():
        refused = ", ".join(f"{code} {times}" for code, times in tally.refused.most_common())
        print(
            f"{name:34} {tally.files:6} {tally.with_entries:6} {tally.malformed:6} {tally.empty_feeds:6}"
            f" {tally.entries:8} {tally.seconds:7.1f} {tally.slowest_s:7.2f}  {refused or '-'}"
        )
        if tally.names:
            print(
                f"{'':34} names right {tally.names_right / tally.names:.2%} of {tally.names},"
                f" sure {tally.names_sure / tally.names:.2%}, of these right"
                f" {tally.names_sure_and_right / max(tally.names_sure, 1):.2%}"
            )
    print(f"most memory in one child: {peak_mb} MB")


if __name__ == "__main__":
    main()
