"""Reads the labelled announcements and says how well the rules read them; the labels are in domain/labelled/."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from registry.domain.identity import name_key
from registry.domain.proposal import Announcer, EntryKind, Proposal, propose
from scrapers.hosts import PACKAGES
from scrapers.links import identity_key, link_key

FOLDER = Path(__file__).parent / "domain" / "labelled"
HALVES = ("work", "report")
PARTS = (*HALVES, "fresh")
"""What the rules were improved on, the other half, and what was labelled only when the rules stood."""
CODE = ("github.com/", "gitlab.com/", "codeberg.org/", "bitbucket.org/", "huggingface.co/", "pkg:")
PRODUCTS = (EntryKind.TOOL, EntryKind.VERSION)


@dataclass(frozen=True)
class Labelled:
    """One announcement and what a careful person says of it; see labelled/README.md."""

    title: str
    link: str
    id: str
    announcer: Announcer
    kind: EntryKind
    name: str
    also: tuple[str, ...]
    homepage: str
    version: str
    same: str
    """What it speaks of, one word for each thing."""
    part: str
    """`work`, `report` or `fresh`."""

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.also)

    @property
    def in_title(self) -> bool:
        return bool(self.name) and any(name_key(name) in name_key(self.title) for name in self.names)

    @property
    def on_code_host(self) -> bool:
        return identity_key(self.link).startswith(CODE)


@dataclass
class Score:
    """How often the rules and the labels agree in one half."""

    entries: int = 0
    kinds: int = 0
    said: Counter[str] = field(default_factory=Counter)
    said_rightly: Counter[str] = field(default_factory=Counter)
    labelled: Counter[str] = field(default_factory=Counter)
    named: int = 0
    named_rightly: int = 0
    sure: int = 0
    sure_rightly: int = 0
    talk: int = 0
    """Discussions whose title names a product."""
    talk_sure: int = 0
    code: int = 0
    """Products whose link leads to a repository or a package."""
    code_sure: int = 0
    products: int = 0
    found: int = 0
    """Products proposed under their name."""
    homes: int = 0
    homes_rightly: int = 0
    versions: int = 0
    versions_rightly: int = 0
    mistakes: list[str] = field(default_factory=list)

    @property
    def shares(self) -> dict[str, float]:
        kinds = {
            f"kind {kind.value}": _share(self.said_rightly[kind.value], self.said[kind.value])
            for kind in EntryKind
        }
        return {
            "kinds right": _share(self.kinds, self.entries),
            **kinds,
            "names right": _share(self.named_rightly, self.named),
            "names right where sure": _share(self.sure_rightly, self.sure),
            "sure in discussions": _share(self.talk_sure, self.talk),
            "sure on code hosts": _share(self.code_sure, self.code),
            "products found by name": _share(self.found, self.products),
            "home pages right": _share(self.homes_rightly, self.homes),
            "versions right": _share(self.versions_rightly, self.versions),
        }


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def labelled(part: str = "") -> list[Labelled]:
    """All of them, or those of one of `PARTS`, in the order of the files."""
    found = [
        _read(line, path.stem)
        for path in sorted(FOLDER.glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    return [each for each in found if not part or each.part == part]


def _read(line: str, file: str) -> Labelled:
    row = json.loads(line)
    title = row["title"]
    return Labelled(
        title=title,
        link=_expanded(row.get("link", "")),
        id=row.get("id", ""),
        announcer=Announcer(row["announcer"]),
        kind=EntryKind(row["kind"]),
        name=row.get("name", ""),
        also=tuple(row.get("also", ())),
        homepage=_expanded(row.get("homepage", "")),
        version=row.get("version", ""),
        same=row.get("same", "") or row.get("name", "") + title,
        part="fresh" if file == "fresh" else HALVES[hashlib.sha256(title.encode()).digest()[0] % 2],
    )


def _expanded(link: str) -> str:
    """`index:pypi/project/pip/` as an address."""
    if not link.startswith("index:"):
        return link
    index, _, path = link.removeprefix("index:").partition("/")
    suffix = next(suffix for name, suffix in PACKAGES if name == index)
    return f"https://{index}.{suffix}/{path}"


def read(entry: Labelled) -> Proposal:
    return propose(
        title=entry.title,
        link=entry.link,
        identity_key=identity_key(entry.link),
        announcer=entry.announcer,
    )


def named_rightly(entry: Labelled, said: str) -> bool:
    return name_key(said) in {name_key(name) for name in entry.names if name}


def score(entries: Iterable[Labelled]) -> Score:
    result = Score()
    for entry in entries:
        _add(result, entry, read(entry))
    return result


def _add(result: Score, entry: Labelled, said: Proposal) -> None:
    result.entries += 1
    result.labelled[entry.kind.value] += 1
    result.said[said.kind.value] += 1
    kind_right, name_right = said.kind is entry.kind, named_rightly(entry, said.name)
    result.kinds += kind_right
    result.said_rightly[said.kind.value] += kind_right
    if said.name:
        result.named += 1
        result.named_rightly += name_right
        result.sure += said.sure
        result.sure_rightly += said.sure and name_right
    if entry.kind in PRODUCTS:
        result.products += 1
        result.found += name_right and said.kind in PRODUCTS
        result.homes += 1
        home_right = link_key(said.homepage) == link_key(entry.homepage)
        result.homes_rightly += home_right
        if entry.announcer is Announcer.DISCUSSION and entry.in_title:
            result.talk += 1
            result.talk_sure += said.sure
        if entry.on_code_host:
            result.code += 1
            result.code_sure += said.sure
    else:
        home_right = True
    if entry.version:
        result.versions += 1
        result.versions_rightly += said.version == entry.version
    faults = [
        *([f"{said.kind.value}, not {entry.kind.value}"] if not kind_right else []),
        *([f"“{said.name}”, not “{entry.name}”"] if not name_right and (said.name or entry.name) else []),
        *([f"home “{said.homepage}”"] if not home_right else []),
        *([f"version “{said.version}”"] if said.version != entry.version else []),
    ]
    if faults:
        sure = " (sure)" if said.sure else ""
        result.mistakes.append(
            f"{entry.announcer.value}: {entry.title} | {entry.link} -> {', '.join(faults)}{sure}"
        )


def shares(entries: Sequence[Labelled]) -> dict[str, float]:
    return score(entries).shares
