"""Says how well titles are read: kinds, names, how often a name is sure, versions, home pages.

    python benchmarks/names.py [--launches ARCHIVE] [--mistakes] [--json]

Over the labelled announcements (tests/domain/labelled/), part by part, and with `--launches` over an archive of a
launch feed whose contents show each name in bold.
"""

import argparse
import html
import json
import re
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from registry.domain.proposal import Announcer, propose
from scrapers.errors import ParseError
from scrapers.links import identity_key
from scrapers.rss_atom import parse
from tests.labelled import PARTS, labelled, score

IDENTITY = re.compile(r"<id>([^<]*)</id>")
BOLD = re.compile(r"&lt;b&gt;([^<]*?)&lt;/b&gt;")
ROUNDS = 5


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--launches", type=Path, help="a tar archive of snapshots of a launch feed")
    arguments.add_argument(
        "--mistakes",
        action="store_true",
        help="print what is read wrongly in the half for improving the rules",
    )
    arguments.add_argument("--json", action="store_true", help="print data alone")
    given = arguments.parse_args()
    parts = {part: score(labelled(part)) for part in PARTS}
    report = {
        "entries": {part: each.entries for part, each in parts.items()},
        "sure": {part: each.sure for part, each in parts.items()},
        "shares": {part: each.shares for part, each in parts.items()},
        "microseconds": round(_microseconds(), 1),
        "launches": _launches(given.launches) if given.launches else None,
    }
    if given.json:
        print(json.dumps(report, indent=2))
        return
    print(f"{'':26}" + "".join(f"{part:>10}" for part in PARTS))
    print(f"{'entries':26}" + "".join(f"{parts[part].entries:>10}" for part in PARTS))
    for what in next(iter(parts.values())).shares:
        print(f"{what:26}" + "".join(f"{parts[part].shares[what]:>10.1%}" for part in PARTS))
    print(f"{report['microseconds']} microseconds an entry")
    if report["launches"]:
        print("launch feed: " + ", ".join(f"{key} {value}" for key, value in report["launches"].items()))
    if given.mistakes:
        print("\n".join(parts["work"].mistakes))


def _microseconds() -> float:
    """Of processor for one entry, the median of a few rounds; the strong key of its link not counted."""
    entries = [(each, identity_key(each.link)) for each in labelled()]
    took = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for each, key in entries:
            propose(title=each.title, link=each.link, identity_key=key, announcer=each.announcer)
        took.append((time.process_time() - start) / len(entries) * 1e6)
    return sorted(took)[ROUNDS // 2]


def _launches(archive: Path) -> dict[str, object]:
    """Every title of the archive once, against the name that the entry's content shows in bold."""
    known: dict[tuple[str, str], tuple[str, str]] = {}
    for body in _members(archive):
        names = _names(body.decode("utf-8", "replace"))
        try:
            entries = parse(body, url="https://feeds.example/feed.xml", headers={}).entries
        except ParseError:
            continue
        for entry in entries:
            name = names.get(entry.key)
            if name and entry.title.startswith(f"{name} - "):
                known[entry.key, entry.title] = name, entry.link
    right = sure = sure_right = 0
    for (_, title), (name, link) in known.items():
        said = propose(
            title=title, link=link, identity_key=identity_key(link), announcer=Announcer.LAUNCH_FEED
        )
        right += said.name == name
        sure += said.sure
        sure_right += said.sure and said.name == name
    titles = max(len(known), 1)
    return {
        "titles": len(known),
        "names right": f"{right / titles:.2%}",
        "sure": f"{sure / titles:.2%}",
        "right where sure": f"{sure_right / max(sure, 1):.2%}",
    }


def _members(archive: Path) -> Iterator[bytes]:
    with tarfile.open(archive) as members:
        for member in members:
            found = members.extractfile(member) if member.isfile() else None
            if found:
                yield found.read()


def _names(text: str) -> dict[str, str]:
    """By id, the name that an entry's content shows in bold."""
    known = {}
    for entry in text.split("<entry>")[1:]:
        identity, name = IDENTITY.search(entry), BOLD.search(entry)
        if identity and name:
            known[html.unescape(identity[1])] = " ".join(html.unescape(html.unescape(name[1])).split())
    return known


if __name__ == "__main__":
    main()
