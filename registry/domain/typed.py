"""Text as somebody typed it, at whichever door: the same is asked on a page, by the API and at a terminal."""


def clean(text: str) -> str:
    """Without space at its ends, with plain line ends, and without what no keyboard types (PostgreSQL refuses NUL)."""
    kept = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in kept if sign >= " " or sign in "\n\t").strip()
