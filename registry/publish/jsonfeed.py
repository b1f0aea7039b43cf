"""Notices as a JSON Feed 1.1, each with its machine-readable verdict."""

import json
from collections.abc import Sequence
from typing import Any

from registry.publish.notice import Channel, Notice
from registry.publish.text import as_html, clean, line, moment

MEDIA_TYPE = "application/feed+json"


def whole(channel: Channel, items: Sequence[str]) -> bytes:
    places = channel.places
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": line(channel.title),
        "description": line(channel.description),
        "home_page_url": channel.home_url,
        "feed_url": channel.url,
        **({"next_url": places.next} if places.next else {}),
        **({"hubs": [{"type": "WebSub", "url": channel.hub}]} if channel.hub else {}),
        "language": channel.language,
        "authors": [{"name": line(channel.author)}],
        "_registry": {
            "about": channel.about_url,
            "id": channel.id,
            "archive": channel.archive,
            "links": dict(places.links),
        },
    }
    return f'{_text(feed)[:-1]},"items":[{",".join(items)}]}}'.encode()


def entry(channel: Channel, notice: Notice) -> str:
    item: dict[str, Any] = {
        "id": notice.id,
        "url": notice.url,
        "title": line(notice.title),
        "summary": line(notice.summary),
        "content_html": as_html(notice.blocks),
        "date_published": moment(notice.published_at),
        "date_modified": moment(notice.updated_at),
        "authors": [{"name": line(notice.author)}],
        **({"language": notice.language} if notice.language != channel.language else {}),
        "tags": list(dict.fromkeys(line(each.label) for each in notice.categories)),
        **({"_registry": {"about": channel.about_url, **clean(notice.verdict)}} if notice.verdict else {}),
    }
    return _text(item)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
