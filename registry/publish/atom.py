"""Notices as an Atom feed (RFC 4287), paged and archived as RFC 5005 says."""

from collections.abc import Iterator, Sequence

from registry.publish import vocabulary
from registry.publish.elements import branch, document, leaf
from registry.publish.notice import Channel, Notice
from registry.publish.text import as_html, line, moment

MEDIA_TYPE = "application/atom+xml"
HISTORY = "http://purl.org/syndication/history/1.0"
_ROOT = (
    ("xmlns", "http://www.w3.org/2005/Atom"),
    ("xmlns:fh", HISTORY),
    vocabulary.DECLARED,
)


def whole(channel: Channel, entries: Sequence[str]) -> bytes:
    return document(branch("feed", [*_head(channel), *entries], (*_ROOT, ("xml:lang", channel.language))))


def _head(channel: Channel) -> Iterator[str]:
    yield leaf("id", channel.id)
    yield leaf("title", line(channel.title))
    yield leaf("subtitle", line(channel.description))
    yield leaf("updated", moment(channel.updated_at))
    yield branch("author", [leaf("name", line(channel.author))])
    yield _link("self", channel.url, MEDIA_TYPE)
    yield _link("alternate", channel.home_url, "text/html")
    for rel, url in channel.places.links:
        yield _link(rel, url, MEDIA_TYPE)
    if channel.hub:
        yield leaf("link", "", (("rel", "hub"), ("href", channel.hub)))
    if channel.archive:
        yield leaf("fh:archive", "")


def entry(channel: Channel, notice: Notice) -> str:
    own = [("xml:lang", notice.language)] if notice.language != channel.language else []
    return branch("entry", _parts(notice), own)


def _parts(notice: Notice) -> Iterator[str]:
    yield leaf("id", notice.id)  # RFC 4287 4.2.6: an id never changes
    yield leaf("title", line(notice.title))
    yield leaf("published", moment(notice.published_at))
    yield leaf("updated", moment(notice.updated_at))
    yield branch("author", [leaf("name", line(notice.author))])
    yield _link("alternate", notice.url, "text/html")
    for each in notice.categories:
        told = (("term", line(each.term)), ("scheme", each.scheme_uri), ("label", line(each.label)))
        yield leaf("category", "", told)
    yield leaf("summary", line(notice.summary))
    yield leaf("content", as_html(notice.blocks), (("type", "html"),))
    if notice.verdict:
        yield vocabulary.verdict(notice.verdict)


def _link(rel: str, href: str, media_type: str) -> str:
    return leaf("link", "", (("rel", rel), ("href", href), ("type", media_type)))
