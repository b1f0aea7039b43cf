"""Notices as a JSON Feed 1.1, each with its machine-readable verdict."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from registry.publish.notice import Channel, Notice
from registry.publish.text import as_html


def render(channel: Channel, notices: Sequence[Notice]) -> bytes:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": channel.title,
        "description": channel.description,
        "home_page_url": channel.home_url,
        "feed_url": channel.url,
        "items": [
            {
                "id": notice.id,
                "url": notice.url,
                "title": notice.title,
                "summary": notice.summary,
                "content_html": as_html(notice.paragraphs),
                "date_published": _moment(notice.published_at),
                "date_modified": _moment(notice.updated_at),
                "authors": [{"name": notice.author}],
                "tags": list(notice.categories),
                "_verdict": dict(notice.verdict),
            }
            for notice in notices
        ],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1).encode()


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
