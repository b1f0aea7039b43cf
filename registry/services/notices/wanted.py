"""What a follower or a webhook wants to hear of: facets of the list of verdicts, kept as the query that names them."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.notice import NoticeKind
from registry.domain.notice_words import KIND_LABELS
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.validity import STATE_LABELS, ValidityState
from registry.services.people.house import house
from registry.services.verdicts.facets import refuse_strangers
from registry.services.verdicts.shelf import Filter
from registry.settings import Settings
from registry.store import tools

FIELDS: Mapping[str, str] = {
    "outcome": "outcomes",
    "category": "categories",
    "office": "offices",
    "tool": "tools",
    "data_class": "data_classes",
    "validity": "validities",
    "rubric": "rubrics",
}
"""Facet to the field of a filter that holds its values."""
TEXT = "q"
EVENT = "event"
"""What happened; a feed can be narrowed by it, a list of verdicts cannot."""
_ORDER = (*FIELDS, EVENT, TEXT)
MOST = 1000
_CODES: Mapping[str, Collection[str]] = {
    "outcome": frozenset(Outcome),
    "validity": frozenset(ValidityState),
    EVENT: frozenset(NoticeKind),
}


def canonical(session: Session, query: str, settings: Settings) -> str:
    """The same query in the order in which it is kept. Raises InvalidInput, naming what may stand there."""
    told = ordered(query)
    try:
        refuse_strangers(session, as_filter(told), house(session, settings))
    except InvalidInput as refused:
        raise _no_filter(refused.sentence) from refused
    return told


def ordered(query: str) -> str:
    """`canonical` for what is checked already: codes are looked at, names of ours are not."""
    kept: set[tuple[str, str]] = set()
    given: list[tuple[str, str]] = parse_qsl(query.removeprefix("?"))
    for name, value in given:
        if name not in _ORDER:
            raise _no_filter(f"{name} is no filter. Filters are: {', '.join(_ORDER)}.")
        if name in _CODES and value not in _CODES[name]:
            raise _no_filter(f"{value} is no {name}. It is one of: {', '.join(sorted(_CODES[name]))}.")
        if value.strip():
            kept.add((name, value.strip()))
    ordered = sorted(kept, key=lambda each: (_ORDER.index(each[0]), each[1]))
    told = urlencode(ordered)
    if len(told) > MOST:
        raise _no_filter("That are too many filters. Choose fewer.")
    return told


@lru_cache(maxsize=4096)
def as_filter(query: str) -> Filter:
    """The filter of a query that was kept. Whatever has become of a verdict, who follows it hears of it."""
    values: dict[str, set[Any]] = defaultdict(set)
    for name, value in parse_qsl(query):
        if name in FIELDS:
            values[FIELDS[name]].add(value)
    values["outcomes"] = {Outcome(each) for each in values["outcomes"]}
    values["validities"] = {ValidityState(each) for each in values["validities"]} or set(ValidityState)
    facets: dict[str, Any] = {name: frozenset(each) for name, each in values.items()}
    return Filter(**facets, text=dict(parse_qsl(query)).get(TEXT, ""))


@lru_cache(maxsize=4096)
def kinds_of(query: str) -> frozenset[NoticeKind]:
    """What must have happened; empty for anything."""
    return frozenset(NoticeKind(value) for name, value in parse_qsl(query) if name == EVENT)


def sentence_of(session: Session, query: str) -> str:
    """What is followed, as part of a sentence."""
    values: dict[str, list[str]] = defaultdict(list)
    for name, value in parse_qsl(query):
        values[name].append(_named(session, name, value))
    of_tools = f" on {_either(values.pop('tool'))}" if "tool" in values else ""
    rest = [f"{_FACET_WORDS[name]} {_either(each)}" for name, each in values.items()]
    told = f"verdicts{of_tools}" + (f" {', '.join(rest)}" if rest else "")
    return told if query else "all verdicts"


_FACET_WORDS: Mapping[str, str] = {
    "outcome": "decided as",
    "category": "in the category",
    "office": "for the office",
    "data_class": "for information that is",
    "validity": "now",
    "rubric": "by the rubric",
    EVENT: "when this happens:",
    TEXT: "with the words",
}


def _named(session: Session, name: str, value: str) -> str:
    if name == "tool":
        found = tools.find(session, value)
        return found.name if found else value
    if name == "outcome":
        return MEANINGS[Outcome(value)].label.lower()
    if name == EVENT:
        return KIND_LABELS[NoticeKind(value)].lower()
    if name == "validity":
        return STATE_LABELS[ValidityState(value)].lower()
    return value.replace("_", " ") if name == "data_class" else value


def _either(values: list[str]) -> str:
    return " or ".join(values)


def _no_filter(sentence: str) -> InvalidInput:
    return InvalidInput(f"This cannot be followed: {sentence}", {"wanted": sentence})
