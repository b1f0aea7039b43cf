"""What a fresh registry starts with: public feeds that nobody polls until somebody wants them."""

import tomllib
from pathlib import Path

import scrapers
from registry.domain.proposal import Announcer
from scrapers.catalogue import SCRAPERS
from scrapers.links import canonical_url

SOURCES = tomllib.loads((Path(scrapers.__file__).parent / "sources.toml").read_text("utf-8"))["source"]


def test_each_is_of_a_known_kind_and_announcer():
    assert {source["kind"] for source in SOURCES} <= set(SCRAPERS)
    assert {source["announcer"] for source in SOURCES} <= {announcer.value for announcer in Announcer}


def test_none_is_polled_unasked():
    assert not any(source["enabled"] for source in SOURCES)


def test_each_says_what_it_brings_and_stands_once():
    assert all(source["brings"].endswith(".") and source["group"] and source["name"] for source in SOURCES)
    assert len({canonical_url(source["url"]) for source in SOURCES} - {""}) == len(SOURCES)
