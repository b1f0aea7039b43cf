"""The facets of the list of verdicts as they stand in an address, for the page, the downloads and every feed alike."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from registry.domain.outcome import Outcome
from registry.domain.validity import ValidityState
from registry.services.verdicts.shelf import Filter
from registry.web.understood import codes

FACETS = ("outcome", "category", "tag", "office", "tool", "data_class", "validity", "rubric", "q")
"""Query parameters; each but `q` may be repeated."""


def as_filter(query: QueryParams) -> Filter:
    """The filter that an address names. Raises InvalidInput, naming what may stand there, for an unknown code."""
    return Filter(
        outcomes=frozenset(codes(Outcome, query.getlist("outcome"), "outcome")),
        categories=_said(query.getlist("category")),
        tags=_said(query.getlist("tag")),
        offices=_said(query.getlist("office")),
        tools=_said(query.getlist("tool")),
        data_classes=_said(query.getlist("data_class")),
        validities=frozenset(codes(ValidityState, query.getlist("validity"), "validity")),
        rubrics=_said(query.getlist("rubric")),
        text=query.get("q", "").strip()[:200],
    )


def as_query(wanted: Filter) -> str:
    """The query that names a filter, in an order that never changes; empty for no filter."""
    values: Mapping[str, Iterable[str]] = {
        "outcome": [each.value for each in wanted.outcomes],
        "category": wanted.categories,
        "tag": wanted.tags,
        "office": wanted.offices,
        "tool": wanted.tools,
        "data_class": wanted.data_classes,
        "validity": [each.value for each in wanted.validities],
        "rubric": wanted.rubrics,
        "q": [wanted.text] if wanted.text else [],
    }
    return urlencode([(facet, value) for facet in FACETS for value in sorted(values[facet])])


def _said(values: Iterable[str]) -> frozenset[str]:
    return frozenset(value for value in values if value)
