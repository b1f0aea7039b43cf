"""What a follower or a webhook wants to hear of: facets of the list of verdicts, kept as the query that names them."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.language import gettext_noop as _
from registry.domain.language import joined, small, worded
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
    "tag": "tags",
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
            raise _no_filter(
                worded("{name} is no filter. Filters are: {filters}.", name=name, filters=", ".join(_ORDER))
            )
        if name in _CODES and value not in _CODES[name]:
            raise _no_filter(
                worded(
                    "{value} is no {name}. It is one of: {codes}.",
                    value=value,
                    name=name,
                    codes=", ".join(sorted(_CODES[name])),
                )
            )
        if value.strip():
            kept.add((name, value.strip()))
    ordered = sorted(kept, key=lambda each: (_ORDER.index(each[0]), each[1]))
    told = urlencode(ordered)
    if len(told) > MOST:
        raise _no_filter(worded("Those are too many filters. Choose fewer."))
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
    if not query:
        return worded("all verdicts")
    some = worded("verdicts")
    if "tool" in values:
        some = worded("verdicts on {tools}", tools=_either(values.pop("tool")))
    rest = [worded(_FACET_WORDS[name], values=_either(each)) for name, each in values.items()]
    return joined(" ", [some, joined(", ", rest)]) if rest else some


_FACET_WORDS: Mapping[str, str] = {
    "outcome": _("decided as {values}"),
    "category": _("in the category {values}"),
    "tag": _("on tools tagged {values}"),
    "office": _("for the office {values}"),
    "data_class": _("for information that is {values}"),
    "validity": _("now {values}"),
    "rubric": _("by the rubric {values}"),
    EVENT: _("when this happens: {values}"),
    TEXT: _("with the words {values}"),
}


def _named(session: Session, name: str, value: str) -> str:
    if name == "tool":
        found = tools.find(session, value)
        return found.name if found else value
    if name == "outcome":
        return small(worded(MEANINGS[Outcome(value)].label))
    if name == EVENT:
        return small(worded(KIND_LABELS[NoticeKind(value)]))
    if name == "validity":
        return small(worded(STATE_LABELS[ValidityState(value)]))
    return worded(value.replace("_", " ")) if name == "data_class" else value


def _either(values: list[str]) -> str:
    return joined(worded(" or "), values)


def _no_filter(sentence: str) -> InvalidInput:
    return InvalidInput(worded("This cannot be followed: {why}", why=sentence), {"wanted": sentence})
