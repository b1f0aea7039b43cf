"""How well real announcements are read: floors, which may only be raised. See labelled/README.md."""

import pytest

from registry.domain.proposal import Announcer, EntryKind
from registry.domain.title_patterns import CODE_HOST
from scrapers.hosts import CODE_HOSTS
from tests.labelled import PARTS, labelled, read, score

FLOORS = {
    "work": {
        "kinds right": 0.96,
        "names right where sure": 0.99,
        "names right": 0.97,
        "sure in discussions": 0.72,
        "sure on code hosts": 0.95,
        "products found by name": 0.96,
        "home pages right": 0.975,
        "versions right": 0.95,
    },
    "report": {
        "kinds right": 0.945,
        "names right where sure": 1.0,
        "names right": 0.94,
        "sure in discussions": 0.79,
        "sure on code hosts": 0.96,
        "products found by name": 0.92,
        "home pages right": 0.975,
        "versions right": 0.91,
    },
    "fresh": {
        "kinds right": 0.96,
        "names right where sure": 1.0,
        "names right": 0.92,
        "sure in discussions": 0.81,
        "sure on code hosts": 0.95,
        "products found by name": 0.90,
        "home pages right": 0.975,
        "versions right": 1.0,
    },
}


@pytest.mark.parametrize("part", PARTS)
def test_announcements_are_read_at_least_this_well(part):
    shares = score(labelled(part)).shares
    assert {what: share for what, share in shares.items() if share < FLOORS[part].get(what, 0)} == {}


@pytest.mark.parametrize("part", PARTS)
def test_nine_of_ten_entries_said_to_be_of_a_kind_are_of_it(part):
    shares = score(labelled(part)).shares
    assert {what: share for what, share in shares.items() if what.startswith("kind ") and share < 0.9} == {}


def test_the_labels_speak_of_every_sort_of_source_and_every_kind():
    entries = labelled()
    assert len(entries) >= 700
    assert {each.announcer for each in entries} == set(Announcer)
    assert {each.kind for each in entries} == set(EntryKind)
    for each in entries:
        assert each.name or each.kind not in (EntryKind.TOOL, EntryKind.VERSION), each.title


def test_every_finding_says_how_it_was_found_and_how_sure_that_is():
    for entry in labelled():
        said = read(entry)
        assert said.reasons
        for found in said.findings:
            assert found.value, entry.title
            assert found.method, entry.title
            assert found.reason.endswith("."), found


def test_the_rules_and_the_scrapers_know_the_same_code_hosts():
    assert all(CODE_HOST.match(f"{host}/acme/plumbline") for host in CODE_HOSTS)
