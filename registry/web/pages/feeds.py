"""The directory of feeds: each as a line a person can read, and all of them as a list for feed readers."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.language import said, worded
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.tag import most_used
from registry.domain.validity import STATE_LABELS, ValidityState
from registry.domain.values import dataclass
from registry.publish import opml
from registry.publish.formats import FORMATS
from registry.services.answers.shown import ANY_TOOL
from registry.services.verdicts.shelf import Filter
from registry.store import offices, tags, tools
from registry.web.deps import House, Read
from registry.web.etag import conditional
from registry.web.feeds import feed_links
from registry.web.filters import as_query
from registry.web.render import render
from registry.web.routing import page_router
from registry.web.shapes import Link

router = page_router()
FOLLOWED_STATES = (ValidityState.REVIEW_DUE, ValidityState.GRACE, ValidityState.LAPSED)


@dataclass(frozen=True)
class FeedLine:
    name: str
    page_url: str
    """The same as a page for people."""
    formats: Sequence[Link]
    address: str
    """The whole address of the first format, to copy."""


@dataclass(frozen=True)
class FeedGroup:
    name: str
    feeds: Sequence[FeedLine]


@dataclass(frozen=True)
class FeedsPage:
    groups: Sequence[FeedGroup]
    example: str
    """The whole address of one feed, to copy."""
    tool_example: str


@router.get("/feeds")
def show_feeds(request: Request, read: Read, settings: House) -> Response:
    page = FeedsPage(
        _groups(read, settings.base_url),
        f"{settings.base_url}/feeds/verdicts.atom",
        f"{settings.base_url}/tools/<name>/verdicts.atom",
    )
    links = feed_links(worded("All verdicts"))
    return render(request, "feeds/list.html", page, feeds=links, indexed=True, lasting=ANY_TOOL)


@router.get("/feeds.opml")
def download_opml(request: Request, read: Read, settings: House) -> Response:
    base, language = settings.base_url, settings.words
    listed = {
        said(group.name, language): [
            (said(line.name, language), base + line.formats[0].url, base + line.page_url)
            for line in group.feeds
        ]
        for group in _groups(read, base)
    }
    headers = {"Content-Disposition": 'attachment; filename="feeds.opml"'}
    return conditional(request, opml.render(settings.name, listed), "text/x-opml", headers=headers)


def _groups(read: Session, base_url: str) -> list[FeedGroup]:
    everything = Filter()
    line = partial(_line, base_url=base_url)
    groups = [
        FeedGroup(worded("Everything"), [line(worded("All verdicts"), everything)]),
        FeedGroup(
            worded("By outcome"),
            [
                line(worded(MEANINGS[each].label), replace(everything, outcomes=frozenset({each})))
                for each in Outcome
            ],
        ),
        FeedGroup(
            worded("What runs out"),
            [
                line(worded(STATE_LABELS[each]), replace(everything, validities=frozenset({each})))
                for each in FOLLOWED_STATES
            ],
        ),
        FeedGroup(
            worded("By category"),
            [
                line(name, replace(everything, categories=frozenset({name})))
                for name in tools.categories(read)
            ],
        ),
        FeedGroup(
            worded("By tag"),
            [line(tag, replace(everything, tags=frozenset({tag}))) for tag in most_used(tags.counts(read))],
        ),
        FeedGroup(
            worded("By office"),
            [
                line(office.name, replace(everything, offices=frozenset({office.code})))
                for office in offices.rules(read)
            ],
        ),
    ]
    return [group for group in groups if group.feeds]


def _line(name: str, wanted: Filter, *, base_url: str) -> FeedLine:
    query = as_query(wanted)
    links = feed_links(name, wanted=wanted)
    formats = [Link(each.name, link.url) for each, link in zip(FORMATS.values(), links, strict=True)]
    return FeedLine(name, "/verdicts" + (f"?{query}" if query else ""), formats, base_url + formats[0].url)
