"""What a fresh registry may start with: public feeds that nobody polls until somebody wants them."""

from itertools import groupby

from registry.domain.proposal import Announcer
from scrapers.catalogue import SCRAPERS
from scrapers.links import link_key
from scrapers.starter import starters


def test_each_is_of_a_known_kind_and_announcer():
    assert {each.kind for each in starters()} <= set(SCRAPERS)
    assert {each.announcer for each in starters()} <= {announcer.value for announcer in Announcer}


def test_there_is_one_for_every_sort_of_source():
    assert {each.announcer for each in starters()} == {announcer.value for announcer in Announcer}
    assert len(starters()) >= 40


def test_each_says_what_it_brings_and_stands_once_over_a_secure_address():
    assert all(each.brings.endswith(".") and each.group and each.name for each in starters())
    assert all(each.url.startswith("https://") for each in starters())
    assert len({link_key(each.url) for each in starters()}) == len(starters())
    assert len({each.name for each in starters()}) == len(starters())


def test_those_of_one_group_stand_together():
    groups = [name for name, _ in groupby(starters(), key=lambda each: each.group)]
    assert len(groups) == len(set(groups))
