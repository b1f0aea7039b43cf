"""Feeds of invented products, as their publishers would write them."""

from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

from scrapers.entry import Entry
from scrapers.links import canonical_url

THEN = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


def an_entry(
    key: str = "1",
    *,
    title: str = "Plumeria - Write minutes while you talk",
    link: str = "https://plumeria.example/",
    published_at: datetime | None = THEN,
    content_hash: str = "",
    second_key: str = "",
    tags: tuple[str, ...] = (),
) -> Entry:
    return Entry(
        key=key,
        second_key=second_key or key,
        title=title,
        link=link,
        canonical_link=canonical_url(link),
        summary="",
        author="",
        tags=tags,
        published_at=published_at,
        content_hash=content_hash or f"{title}|{link}"[:64],
    )


def some_entries(count: int, *, first: int = 1, every: timedelta = timedelta(hours=6)) -> list[Entry]:
    """Of as many products, newest first."""
    numbers = range(first, first + count)
    return [
        an_entry(
            f"id-{number}",
            title=f"Product{number} - Does thing {number}",
            link=f"https://product{number}.example/",
            published_at=THEN + every * number,
        )
        for number in reversed(numbers)
    ]


def a_feed(*items: tuple[str, str, str], title: str = "Launches") -> bytes:
    """RSS of (id, title, link), an hour apart."""
    rows = "".join(
        f"<item><guid isPermaLink='false'>{escape(key)}</guid><title>{escape(name)}</title>"
        f"<link>{escape(link)}</link><pubDate>{_date(place)}</pubDate></item>"
        for place, (key, name, link) in enumerate(items)
    )
    return f"<rss version='2.0'><channel><title>{escape(title)}</title>{rows}</channel></rss>".encode()


def _date(place: int) -> str:
    return (THEN - timedelta(hours=place)).strftime("%a, %d %b %Y %H:%M:%S +0000")
