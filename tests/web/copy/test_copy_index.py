"""The look-up of a copy in small files: what one question loads, and what one tool more changes."""

import json
from typing import Any

from registry.store.tables import AliasKind
from registry.web.assets import STATIC
from registry.web.copy.index import LIST, RULES, Key, files_of

MOST_BYTES = 60_000
BLOCKS = 4
"""That one question reads at most but for addresses with many parts: a name, a host and the one above it, a path."""


def keys(number: int) -> list[Key]:
    found = []
    for at in range(number):
        name = f"{at * 2_654_435_761 % 2**32:x} works"
        found.append(Key(AliasKind.NAME, name.replace(" ", ""), name.title(), f"{name[:-6]}-works", "yes_if"))
        found.append(
            Key(AliasKind.DOMAIN, f"{name[:-6]}.example", f"{name[:-6]}.example", f"{name[:-6]}-works", "yes")
        )
        found.append(Key(AliasKind.PURL, f"pkg:pypi/{name[:-6]}", "", f"{name[:-6]}-works", "yes"))
    return found


def entries_of(known: list[Key]) -> dict[str, list[Any]]:
    called = {each.slug: each.slug.title() for each in known}
    files = [body for path, body in files_of(known, called) if path not in (LIST, RULES)]
    return {entry[0]: entry[2:] for body in files for entry in json.loads(body)}


def test_one_question_loads_at_most_60_kb_of_ten_thousand_tools() -> None:
    files = dict(files_of(keys(10_000), {}))
    script = sum(len((STATIC / "copy" / each).read_bytes()) for each in ("lookup.js", "page.js"))
    lists = [len(body) for path, body in files.items() if path.startswith("index/l") and path != LIST]
    blocks = [len(body) for path, body in files.items() if not path.startswith(("index/l", "index/rules"))]
    assert script + len(files[RULES]) + len(files[LIST]) + BLOCKS * (max(lists) + max(blocks)) <= MOST_BYTES


def test_one_tool_more_changes_a_block_for_each_of_its_keys_and_the_list() -> None:
    known = keys(2_000)
    before, after = (
        dict(files_of(known, {})),
        dict(files_of([*known, Key(AliasKind.NAME, "midway", "Midway", "m", "no")], {})),
    )
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert len(changed) <= 5


def test_a_public_suffix_owns_nothing_but_itself_and_one_below_a_host_is_told() -> None:
    hosts = [
        Key(AliasKind.DOMAIN, each, each, "s", "yes")
        for each in ("github.io", "amazonaws.com", "quill.example")
    ]
    told = entries_of(hosts)
    assert told["d:github.io"] == [["*"]]
    assert "s3.amazonaws.com" in told["d:amazonaws.com"][0]
    assert told["d:quill.example"] == []


def test_a_host_on_which_several_tools_live_names_all_of_them_the_strictest_first() -> None:
    known = [
        Key(AliasKind.DOMAIN, "suite.example", "", "suite", "yes"),
        Key(AliasKind.PATH, "suite.example/about", "", "suite", "yes"),
        Key(AliasKind.PATH, "suite.example/notes", "", "notes", "no"),
        Key(AliasKind.PATH, "docs.suite.example/a/b", "", "pages", "yes_if"),
        Key(AliasKind.DOMAIN, "alone.example", "", "alone", "yes"),
        Key(AliasKind.PATH, "alone.example/pricing", "", "alone", "yes"),
        Key(AliasKind.PATH, "nobodys.example/x", "", "x", "pilot"),
        Key(AliasKind.PATH, "github.com/acme/quill", "", "quill", "yes"),
    ]
    told = {key: entry for key, entry in entries_of(known).items() if key.startswith("h:")}
    assert told == {
        "h:suite.example": [[["notes", "Notes", 3], ["suite", "Suite", 0]]],
        "h:docs.suite.example": [[["pages", "Pages", 1], ["suite", "Suite", 0]]],
        "h:nobodys.example": [[["x", "X", 2]]],
    }
