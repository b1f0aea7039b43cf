"""Notices as an RSS 2.0 feed, by the practices of the RSS Advisory Board."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

from registry.publish import vocabulary
from registry.publish.elements import branch, document, leaf
from registry.publish.notice import Channel, Notice
from registry.publish.text import as_html, line, moment

SPECIFICATION = "https://www.rssboard.org/rss-specification"
MEDIA_TYPE = "application/rss+xml"
_ROOT = (
    ("version", "2.0"),
    ("xmlns:atom", "http://www.w3.org/2005/Atom"),
    ("xmlns:content", "http://purl.org/rss/1.0/modules/content/"),
    ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
    ("xmlns:fh", "http://purl.org/syndication/history/1.0"),
    vocabulary.DECLARED,
)


def whole(channel: Channel, items: Sequence[str]) -> bytes:
    return document(branch("rss", [branch("channel", [*_head(channel), *items])], _ROOT))


def _head(channel: Channel) -> Iterator[str]:
    yield leaf("title", line(channel.title))
    yield leaf("link", channel.home_url)
    yield leaf("description", line(channel.description))
    yield leaf("language", channel.language)
    yield leaf("lastBuildDate", _date(channel.updated_at))
    yield leaf("docs", SPECIFICATION)
    for rel, url in (("self", channel.url), *channel.places.links):
        yield leaf("atom:link", "", (("rel", rel), ("href", url), ("type", MEDIA_TYPE)))
    if channel.hub:
        yield leaf("atom:link", "", (("rel", "hub"), ("href", channel.hub)))
    if channel.archive:
        yield leaf("fh:archive", "")


def entry(_channel: Channel, notice: Notice) -> str:
    return branch("item", _parts(notice))


def _parts(notice: Notice) -> Iterator[str]:
    yield leaf("title", line(notice.title))
    yield leaf("link", notice.url)
    yield leaf("guid", notice.id, (("isPermaLink", "false"),))
    yield leaf("pubDate", _date(notice.published_at))
    yield leaf("atom:updated", moment(notice.updated_at))
    yield leaf("dc:creator", line(notice.author))
    for each in notice.categories:
        yield leaf("category", line(each.label), (("domain", each.scheme_uri),))
    yield leaf("description", line(notice.summary))
    yield leaf("content:encoded", as_html(notice.blocks))
    if notice.verdict:
        yield vocabulary.verdict(notice.verdict)


def _date(value: datetime) -> str:
    return format_datetime(value.astimezone(UTC), usegmt=True)
