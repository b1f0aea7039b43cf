"""Feeds of verdicts: every format of FORMATS, under every facet of the list, with validators and stable ids."""

from dataclasses import replace
from datetime import datetime

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.errors import NotFound
from registry.domain.outcome import MEANINGS
from registry.domain.validity import ValidityState
from registry.publish.formats import FORMATS
from registry.services.people.house import house
from registry.services.verdicts import listing, publishing
from registry.services.verdicts.shelf import Filter
from registry.settings import Settings
from registry.store import tools
from registry.web.deps import House, Now, Read, Slug
from registry.web.etag import conditional
from registry.web.filters import as_filter, as_query
from registry.web.rendering import FeedLink
from registry.web.routing import page_router

router = page_router()
MOST_NOTICES = 50
EVERY_STATE = frozenset(ValidityState)
"""A follower must hear of a verdict that was revoked or superseded, so a feed hides none unless it is asked to."""


@router.get("/feeds/verdicts.{ending}")
def verdicts_feed(ending: str, request: Request, read: Read, settings: House, now: Now) -> Response:
    return _feed(
        request, read, settings, now, ending, as_filter(request.query_params), "/feeds/verdicts", "/verdicts"
    )


@router.get("/tools/{slug}/verdicts.{ending}")
def tool_feed(slug: Slug, ending: str, request: Request, read: Read, settings: House, now: Now) -> Response:
    tools.get(read, slug)
    wanted = replace(as_filter(request.query_params), tools=frozenset({slug}))
    return _feed(request, read, settings, now, ending, wanted, f"/tools/{slug}/verdicts", f"/tools/{slug}")


def feed_links(title: str, path: str = "/feeds/verdicts", wanted: Filter | None = None) -> list[FeedLink]:
    """One link per format, for the head of a page; `path` is the feed's address without its ending."""
    query = as_query(wanted) if wanted else ""
    return [
        FeedLink(f"{title} ({each.name})", each.media_type, f"{path}.{ending}{'?' + query if query else ''}")
        for ending, each in FORMATS.items()
    ]


def _feed(
    request: Request,
    read: Session,
    settings: Settings,
    now: datetime,
    ending: str,
    wanted: Filter,
    path: str,
    home: str,
) -> Response:
    if ending not in FORMATS:
        raise NotFound(f"There is no such feed format. Choose among: {', '.join(FORMATS)}.")
    base_url = settings.base_url
    shown = replace(wanted, validities=wanted.validities or EVERY_STATE)
    organisation = house(read, settings)
    listed = listing.newest(read, shown, organisation, now=now)
    notices = [publishing.as_notice(each, organisation, base_url=base_url) for each in listed]
    notices.sort(key=lambda notice: notice.updated_at, reverse=True)
    query = as_query(wanted if home == "/verdicts" else replace(wanted, tools=frozenset()))
    channel = publishing.channel(
        notices[:MOST_NOTICES],
        title=_title(settings, wanted),
        description=f"What {settings.name} decided, newest first.",
        url=f"{base_url}{path}.{ending}" + (f"?{query}" if query else ""),
        home_url=f"{base_url}{home}" + (f"?{query}" if query and home == "/verdicts" else ""),
    )
    body = FORMATS[ending].render(channel, notices[:MOST_NOTICES])
    return conditional(request, body, FORMATS[ending].media_type, changed_at=channel.updated_at)


def _title(settings: Settings, wanted: Filter) -> str:
    outcomes = [MEANINGS[outcome].label.lower() for outcome in sorted(wanted.outcomes)]
    named = [*outcomes, *sorted(wanted.categories), *sorted(wanted.offices), *sorted(wanted.tools)]
    return f"{settings.name}: verdicts" + (f" – {', '.join(named)}" if named else "")
