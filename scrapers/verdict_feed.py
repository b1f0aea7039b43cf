"""Another registry's feed of verdicts: what makes a feed one, and one history out of its pages."""

from collections.abc import Sequence
from dataclasses import replace

from scrapers.entry import MAX_ENTRIES, Entry, Parsed
from scrapers.errors import ParseError

KIND = "verdicts"


def checked(parsed: Parsed) -> Parsed:
    """The feed, where it tells verdicts or nothing at all. Raises ParseError: no_verdicts."""
    if parsed.entries and not parsed.tells_verdicts:
        raise ParseError(
            "no_verdicts",
            "The feed holds no verdict that a machine can read, so it is no registry's feed of verdicts."
            " Add it as an ordinary feed, or give another address.",
        )
    silent = sum(entry.stated is None for entry in parsed.entries)
    if not silent:
        return parsed
    told = f"Left aside {silent} {'entry' if silent == 1 else 'entries'} without a verdict that can be read."
    return replace(parsed, note=f"{parsed.note} {told}".strip(), malformed=True)


def joined(pages: Sequence[Parsed]) -> Parsed:
    """Pages of one feed, the newest first, as one document: at most 5,000 entries, each key once."""
    first: dict[str, Entry] = {}
    for page in pages:
        for entry in page.entries:
            first.setdefault(entry.key, entry)
    seconds: dict[str, Entry] = {}
    for entry in first.values():
        seconds.setdefault(entry.second_key, entry)
    return replace(pages[0], entries=tuple(seconds.values())[:MAX_ENTRIES], older=pages[-1].older)
