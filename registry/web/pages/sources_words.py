"""The words of the pages of sources: sorts of source, events, and addresses as they may be shown."""

from registry.domain.proposal import Announcer
from registry.store import tables
from registry.web.shapes import Event, Option
from registry.web.words import words
from scrapers.links import public_url

ANNOUNCERS = (
    Option(Announcer.LAUNCH_FEED.value, "A launch feed", "each entry is a tool: “Name - what it does”"),
    Option(Announcer.DISCUSSION.value, "A discussion board", "people show what they made"),
    Option(Announcer.RELEASES.value, "Releases of a repository", "each entry is a version"),
    Option(Announcer.PACKAGE_INDEX.value, "A package index", "each entry is a package"),
    Option(Announcer.VENDOR_BLOG.value, "A vendor’s blog", "“Introducing …”, “… is now available”"),
    Option(Announcer.ADVISORIES.value, "Security advisories", "risks of known tools"),
    Option(Announcer.OTHER_REGISTRY.value, "Another office’s registry", "its verdicts, as evidence"),
    Option(Announcer.NEWS.value, "News", "articles; few of them bring a tool"),
)

EVENTS = {
    "source.added": "Added",
    "source.paused": "Paused",
    "source.resumed": "Resumed",
    "source.removed": "Removed",
    "source.edited": "Changed",
    "source.asked_now": "Asked to be read at once",
    "source.failed": "Could not be read",
    "source.recovered": "Can be read again",
    "source.broken": "Needs somebody",
    "source.fetched": "Brought something",
    "source.flooded": "Brought suspiciously much, which is held back",
    "source.let_in": "What was held back was let in",
    "source.left": "What was held back was left as seen",
    "source.moved": "Moved to another address",
    "source.moved_back": "Moved back",
    "source.gone": "Is gone",
    "source.quiet": "Fell silent",
    "source.woke": "Brings news again",
}

TOLD = {"url": "address", "announcer": "sort", "error_code": "trouble", "noted_at": "silent since"}
"""How a field of an event is called on the page, where its own name is not."""
SENTENCES = frozenset({"source.failed", "source.broken", "source.quiet", "source.gone"})


def as_event(event: tables.Event) -> Event:
    title = EVENTS.get(event.action, words(event.action))
    if event.action in SENTENCES:
        return Event(event.at, title, str(event.after.get("error", "")))
    told = ", ".join(
        f"{TOLD.get(key, words(key).lower())} {_plain(value)}" for key, value in event.after.items() if value
    )
    return Event(event.at, f"{title} by {event.actor}", told)


def _plain(value: object) -> str:
    text = str(value)
    return public_url(text) if text.startswith(("http://", "https://")) else text
