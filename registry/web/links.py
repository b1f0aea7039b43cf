"""Addresses that others wrote: only what a browser may safely follow becomes a link."""

from urllib.parse import urlsplit

from registry.web.shapes import Link

MOST_LABEL = 60


def outside_link(text: str) -> Link | None:
    """A link labelled by host and path, or None for anything but one whole http or https address."""
    address = text.strip()
    if not address.lower().startswith(("http://", "https://")) or address.split() != [address]:
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if not parts.hostname or "@" in parts.netloc:
        return None
    label = parts.hostname.removeprefix("www.") + parts.path.rstrip("/")
    return Link(label if len(label) <= MOST_LABEL else label[: MOST_LABEL - 1] + "…", address)


def outside_address(text: str) -> str:
    """What may stand in an `href`, whatever was stored: an http or https address as it is, for all else `#`."""
    return text if text.lower().startswith(("http://", "https://")) else "#"
