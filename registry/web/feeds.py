"""Feeds of verdicts: every format of FORMATS, under every facet of the list, by pages and by months."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotFound
from registry.domain.language import joined, said, small, worded
from registry.domain.notice_words import KIND_LABELS
from registry.domain.outcome import MEANINGS
from registry.domain.validity import STATE_LABELS
from registry.publish.formats import FORMATS
from registry.publish.notice import Channel, Places
from registry.services.answers import lookup
from registry.services.answers.index import Index
from registry.services.answers.shown import Shown
from registry.services.verdicts import feed
from registry.services.verdicts.annals import Reading
from registry.services.verdicts.feed import Document, Part
from registry.services.verdicts.naming import Naming, naming
from registry.services.verdicts.shelf import Filter
from registry.settings import Settings
from registry.store import notices, tools
from registry.web.deps import House, Known, Now, Read, Slug
from registry.web.errors import problem, status_of
from registry.web.etag import conditional
from registry.web.feed_address import Asked, narrowed, read_address
from registry.web.filters import as_query
from registry.web.memory import keep
from registry.web.parts import parts_of
from registry.web.rendering import FeedLink
from registry.web.routing import page_router

router = page_router()
OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Last-Modified, Link",
}
"""A page of any other site may read what everybody may read."""
PREFLIGHT = OPEN | {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "If-None-Match, If-Modified-Since",
    "Access-Control-Max-Age": "86400",
    "Allow": "GET, HEAD, OPTIONS",
}
ASK_AGAIN = "public, no-cache"
FOR_LONG = "public, max-age=86400"
"""Of an archive, which changes no more."""


@router.get("/feeds/verdicts.{ending}")
def verdicts_feed(
    ending: str, request: Request, known: Known, read: Read, settings: House, now: Now
) -> Response:
    return _reply(request, known, read, settings, now, ending, "")


@router.get("/tools/{slug}/verdicts.{ending}")
def tool_feed(
    slug: Slug, ending: str, request: Request, known: Known, read: Read, settings: House, now: Now
) -> Response:
    return _reply(request, known, read, settings, now, ending, slug)


@router.options("/feeds/verdicts.{ending}")
@router.options("/tools/{slug}/verdicts.{ending}")
def may_read() -> Response:
    return Response(status_code=204, headers=PREFLIGHT)


def feed_links(title: str, path: str = "/feeds/verdicts", wanted: Filter | None = None) -> list[FeedLink]:
    """One link per format, for the head of a page; `path` is the feed's address without its ending."""
    query = as_query(wanted) if wanted else ""
    return [
        FeedLink(
            joined("", [title, f" ({each.name})"]),
            each.media_type,
            f"{path}.{ending}{'?' + query if query else ''}",
            each.name,
        )
        for ending, each in FORMATS.items()
    ]


def _reply(
    request: Request,
    known: Index | None,
    read: Session,
    settings: Settings,
    now: datetime,
    ending: str,
    slug: str,
) -> Response:
    try:
        if ending not in FORMATS:
            raise NotFound(
                worded("There is no such feed format. Choose among: {formats}.", formats=", ".join(FORMATS))
            )
        asked = read_address(request.query_params, of_tool=bool(slug))
        if asked.query != request.url.query:  # each document has one address, which it can name as its own
            query = f"?{asked.query}" if asked.query else ""
            return RedirectResponse(f"{request.url.path}{query}", status_code=301, headers=OPEN)
        return _document(request, known, read, settings, now, ending, slug, asked)
    except (InvalidInput, NotFound) as refused:
        faults = refused.faults if isinstance(refused, InvalidInput) else {}
        return problem(request, status_of(refused), refused.sentence, refused.code, faults, OPEN)


def _document(
    request: Request,
    known: Index | None,
    read: Session,
    settings: Settings,
    now: datetime,
    ending: str,
    slug: str,
    asked: Asked,
) -> Response:
    tool_id = tools.get_id(read, slug) if slug else None
    organisation, called = lookup.organisation(read, settings, known), naming(read, settings.base_url)
    wanted, of_one = narrowed(read, asked, organisation), asked.wanted
    if slug:
        alone = frozenset({slug})
        wanted, of_one = replace(wanted, tools=alone), replace(of_one, tools=alone)
    parts = parts_of(request)
    document = document_of(parts.annals.reading(read, wanted, now=now), asked, paged=parts.copy is None)
    entries = parts.entries.of(
        read, document.found, organisation, called, base_url=settings.base_url, author=settings.name
    )
    path = f"tools/{slug}/verdicts" if slug else "feeds/verdicts"
    channel = _channel(asked, document, settings, called, path=path, ending=ending, of_one=of_one)
    form = FORMATS[ending]
    body = form.whole(channel, [parts.texts.of(form, channel, each) for each in entries])
    headers = OPEN | (
        {"Link": f'<{channel.hub}>; rel="hub", <{channel.url}>; rel="self"'} if channel.hub else {}
    )
    told_of = frozenset(each.tool_id for each in document.found)
    shown = Shown(told_of, listed=True) if tool_id is None else Shown(told_of | {tool_id})
    keep(request, _end_of_month(now), shown)
    return conditional(
        request,
        body,
        form.media_type,
        # By when it came to stand here, not by its own day: an import brings what happened long ago.
        changed_at=max((each.filed_at for each in document.found), default=called.began_at),
        cache=ASK_AGAIN if asked.part is None else FOR_LONG,
        headers=headers,
        compressed=True,
    )


def document_of(reading: Reading, asked: Asked, *, paged: bool = True) -> Document:
    """Raises InvalidInput or NotFound for a place at which there is none. Where it is not `paged` it leads to archives
    alone, since all pages become other ones with each notice."""
    if asked.part is not None:
        return feed.archive(reading, asked.part)
    found = feed.newest(reading) if asked.before is None else feed.before(reading, asked.before)
    return found if paged else replace(found, next=None)


def facet_channel(
    asked: Asked, document: Document, settings: Settings, called: Naming, ending: str
) -> Channel:
    """Of a document of the feed of all verdicts, or of those that `asked` narrows it to."""
    return _channel(
        asked, document, settings, called, path="feeds/verdicts", ending=ending, of_one=asked.wanted
    )


def tool_channel(document: Document, settings: Settings, called: Naming, slug: str, ending: str) -> Channel:
    """Of the newest document of a tool's feed, or of an archive."""
    asked, of_one = Asked(Filter(), part=document.part), Filter(tools=frozenset({slug}))
    return _channel(
        asked, document, settings, called, path=f"tools/{slug}/verdicts", ending=ending, of_one=of_one
    )


def _channel(
    asked: Asked,
    document: Document,
    settings: Settings,
    called: Naming,
    *,
    path: str,
    ending: str,
    of_one: Filter,
) -> Channel:
    itself = asked.feed

    def at(place: Asked) -> str:
        return f"{settings.base_url}/{path}.{ending}" + (f"?{place.query}" if place.query else "")

    def of_part(part: Part | None) -> str:
        return at(replace(itself, part=part)) if part is not None else ""

    page = as_query(asked.wanted)
    home = (
        path.removesuffix("/verdicts")
        if path.startswith("tools/")
        else f"verdicts{'?' if page else ''}{page}"
    )
    places = Places(
        first=at(itself) if asked.before is not None else "",
        next=at(replace(itself, before=document.next)) if document.next is not None else "",
        current=at(itself) if asked.part is not None else "",
        prev_archive=of_part(document.prev_archive),
        next_archive=of_part(document.next_archive),
    )
    return Channel(
        id=called.feed(path + (f"?{itself.query}" if itself.query else "")),
        title=said(_title(settings, of_one, asked), settings.words),
        description=said(
            worded("What {registry} decided, and what became of it, newest first.", registry=settings.name),
            settings.words,
        ),
        home_url=f"{settings.base_url}/{home}",
        url=at(asked),
        author=settings.name,
        updated_at=max((each.updated_at for each in document.found), default=called.began_at),
        about_url=f"{settings.base_url}/feeds",
        language=settings.language,
        places=places,
        archive=asked.part is not None,
        hub=settings.websub_hub if _is_topic(asked, of_tool=path.startswith("tools/")) else "",
    )


def _is_topic(asked: Asked, *, of_tool: bool) -> bool:
    """Whether the hub is told of this document: services/notices/spreading.py tells it of no combination."""
    if asked.before is not None or asked.part is not None or asked.kinds:
        return False
    told = ("outcome=", "category=", "tag=", "office=")
    query = as_query(asked.wanted)
    return not query or (not of_tool and "&" not in query and query.startswith(told))


def _title(settings: Settings, wanted: Filter, asked: Asked) -> str:
    named = [
        *(small(worded(MEANINGS[outcome].label)) for outcome in sorted(wanted.outcomes)),
        *(*sorted(wanted.categories), *sorted(wanted.tags), *sorted(wanted.offices), *sorted(wanted.tools)),
        *(*sorted(wanted.data_classes), *sorted(wanted.rubrics)),
        *(small(worded(STATE_LABELS[state])) for state in sorted(wanted.validities)),
        *(small(worded(KIND_LABELS[kind])) for kind in sorted(asked.kinds)),
        *([f"“{wanted.text}”"] if wanted.text else []),
    ]
    title = worded("{registry}: verdicts", registry=settings.name)
    return joined(" – ", [title, joined(", ", named)]) if named else title


def next_turn(read: Session, now: datetime) -> datetime:
    """When time alone changes a feed next: a notice becomes public, or a month is over."""
    month, moment = _end_of_month(now), notices.next_moment(read, now=now)
    return min(month, moment) if moment else month


def _end_of_month(now: datetime) -> datetime:
    at = now.astimezone(UTC)
    return (at.replace(day=1, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=32)).replace(day=1)
