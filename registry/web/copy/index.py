"""The look-up of a copy: every way to say a tool, cut into small files of which one question loads a few.

The keys stand in order, in blocks that end where a key's digest says so: a tool more or less changes one block. A list
of lists of the blocks' first keys says which one may hold a key. The script that reads them is static/copy/lookup.js.
"""

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha256
from typing import Any

from registry.domain.answer import STRICTNESS_OF_ANSWERS, AnswerCode
from registry.domain.identity import folded
from registry.domain.language import ENGLISH, Language
from registry.domain.values import dataclass
from registry.services.answers.matching import MOST_SUGGESTIONS
from registry.store.tables import AliasKind
from registry.web.words import MARKS
from scrapers import hosts
from scrapers.links import is_shared_host, public_suffixes, registrable_domain

FOLDER = "index"
LIST = f"{FOLDER}/list.json"
RULES = f"{FOLDER}/rules.json"
MOST_BYTES = 3_100
"""Of one block, and of one list of them."""
ENDS = 28
"""One key in so many ends a block."""
LETTERS = {
    AliasKind.NAME: "n",
    AliasKind.DOMAIN: "d",
    AliasKind.PATH: "p",
    AliasKind.PURL: "u",
    AliasKind.EXE: "e",
}
SHOWN = (
    "yes",
    "yes_if",
    "pilot",
    "no",
    "lapsed",
    "suspended",
    "under_review",
    "not_reviewed",
    "unknown_tool",
)
LAST = 0x1FFFF
"""Of the letters; what comes after are ideographs and signs for private use, which neither fold nor are accents."""
ACCENTS = ((1, 1), (10, 36), (200, 240))
"""Combining classes that a name's key leaves out. Source: domain/identity.py."""


@dataclass(frozen=True)
class Key:
    kind: AliasKind
    key: str
    text: str
    """As it is written; names alone show it."""
    slug: str
    code: str
    """The answer on its tool."""


def files_of(
    keys: Sequence[Key], called: Mapping[str, str], language: Language = ENGLISH
) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of each file of the index, what names others first: so they may be put in place one by one.

    `called` maps a slug to its tool's name.
    """
    found = [*map(_entry, keys), *_at_hosts(keys, called)]
    entries = sorted(found, key=lambda entry: entry[0].encode("utf-16-be"))
    blocks = [(block[0][0], block) for block in _parted(entries)]
    parts = list(_parted([[first, _name(first)] for first, _ in blocks]))
    yield LIST, _packed([[part[0][0], f"l{_name(part[0][0])}"] for part in parts])
    for part in parts:
        yield f"{FOLDER}/l{_name(part[0][0])}.json", _packed(part)
    for first, block in blocks:
        yield f"{FOLDER}/{_name(first)}.json", _packed(block)
    yield RULES, rules(language)


def _name(first: str) -> str:
    return sha256(first.encode()).hexdigest()[:10]


def _entry(each: Key) -> list[Any]:
    """Key, slug, and what the script must know beside: of a name its writing, its answer and the endings that would
    make it a host; of a host or path the public suffixes under it."""
    entry: list[Any] = [f"{LETTERS[each.kind]}:{each.key}", each.slug]
    if each.kind is AliasKind.NAME:
        ends = [each.key[at:] for at in range(1, len(each.key)) if each.key[at:] in _top_names()]
        return [*entry, each.text, SHOWN.index(each.code), *([ends] if ends else [])]
    if each.kind in (AliasKind.DOMAIN, AliasKind.PATH):
        host = each.key.split("/")[0]
        under = ["*"] if not registrable_domain(host) or "." not in host else _suffixes_under(host)
        return [*entry, *([under] if under else [])]
    return entry


def _at_hosts(keys: Sequence[Key], called: Mapping[str, str]) -> Iterator[list[Any]]:
    """For each host on which several tools may be meant all of them, with their answers, the strictest first."""
    owners = {each.key: each for each in keys if each.kind is AliasKind.DOMAIN}
    pages: dict[str, dict[str, Key]] = {}
    for each in sorted(keys, key=lambda key: (len(key.key), key.key)):
        host = each.key.split("/")[0]
        if each.kind is AliasKind.PATH and not is_shared_host(host):
            pages.setdefault(host, {}).setdefault(each.slug, each)
    for host, found in pages.items():
        owner = next((owners[each] for each in _above(host) if each in owners), None)
        if owner is not None:
            found = {owner.slug: owner} | found
        if len(found) > (owner is not None):
            strictest = sorted(found.values(), key=lambda key: -STRICTNESS_OF_ANSWERS[AnswerCode(key.code)])
            told = [[key.slug, called[key.slug], SHOWN.index(key.code)] for key in strictest]
            yield [f"h:{host}", "", told[: MOST_SUGGESTIONS + 1]]


def _above(host: str) -> list[str]:
    """The host, and what is above it down to what was registered."""
    top, labels = registrable_domain(host) or host, host.split(".")
    chain = (".".join(labels[at:]) for at in range(len(labels)))
    return [each for each in chain if each == top or each.endswith(f".{top}")]


def _parted(entries: list[list[Any]]) -> Iterator[list[list[Any]]]:
    block: list[list[Any]] = []
    size = 0
    for entry in entries:
        bytes_ = len(_packed(entry)) + 1
        if block and size + bytes_ > MOST_BYTES:
            yield block
            block, size = [], 0
        block.append(entry)
        size += bytes_
        if sha256(f"{len(entry) > 2}{entry[0]}".encode()).digest()[0] % ENDS == 0:
            yield block
            block, size = [], 0
    if block:
        yield block


def _packed(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@cache
def _top_names() -> frozenset[str]:
    return frozenset(each.rpartition(".")[2] for each in public_suffixes())


@cache
def _by_ending() -> Mapping[str, list[str]]:
    """What stands after the first label of each public suffix, and every shorter end of it, to those suffixes."""
    found: dict[str, list[str]] = {}
    for each in sorted(public_suffixes()):
        labels = each.lstrip("!").split(".")
        for start in range(1, len(labels)):
            found.setdefault(".".join(labels[start:]), []).append(each)
    return found


def _suffixes_under(host: str) -> list[str]:
    return _by_ending().get(host, [])


@cache
def rules(language: Language) -> bytes:
    """What the script cannot know by itself: how letters fold, which hosts are whose, what an answer is called."""
    return _packed(
        {
            "accents": _ranges(code for code in range(LAST + 1) if _is_accent(chr(code))),
            "folds": _folds(),
            "shared": sorted(hosts.SHARED),
            "code": sorted(hosts.CODE_HOSTS),
            "owners": sorted(hosts.NO_OWNERS),
            "many": sorted(hosts.MANY_PRODUCTS),
            "stores": [[host, pattern.pattern] for host, pattern in hosts.STORES],
            "queries": [[*place, name] for place, name in hosts.STORE_QUERIES.items()],
            "same": hosts.SAME_STORE,
            "launches": [[host, pattern.pattern] for host, pattern in hosts.LAUNCHES],
            "packages": [
                [".".join(place), kind, pattern.pattern]
                for place, found in hosts.PACKAGES.items()
                for kind, pattern in found
            ],
            "owned": hosts.PER_PROJECT_PAGES,
            "articles": [
                sorted(hosts.ARTICLE_HOSTS),
                sorted(hosts.ARTICLE_SEGMENTS),
                hosts.DATED_PATH.pattern,
            ],
            "products": sorted(hosts.PRODUCT_SEGMENTS),
            "index": hosts.INDEX_PAGE.pattern,
            "tracking": [sorted(hosts.TRACKING), hosts.TRACKING_PREFIXES],
            "answers": [[language.gettext(MARKS[code].label), MARKS[code].tone] for code in SHOWN],
        }
    )


def _is_accent(char: str) -> bool:
    place = unicodedata.combining(char)
    return place > 0 and any(first <= place <= last for first, last in ACCENTS)


def _ranges(codes: Iterable[int]) -> list[int]:
    """First and last of each run of ascending numbers, one after the other."""
    found: list[int] = []
    for code in codes:
        if found and code == found[-1] + 1:
            found[-1] = code
        else:
            found += [code, code]
    return found


def _folds() -> dict[str, str]:
    """Letters that fold to something other than their small form; those of scripts without small ones never do."""
    return {
        char: plain
        for code in range(128, LAST + 1)
        if unicodedata.category(char := chr(code)) not in ("Cn", "Co", "Cs", "Lo")
        if unicodedata.normalize("NFKD", char) == char and not _is_accent(char)
        if (plain := folded(char)) != char.lower()
    }
