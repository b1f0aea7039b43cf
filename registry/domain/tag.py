"""Tags: free keywords on tools, in one spelling each, so that one person's tag is everybody's."""

from collections.abc import Collection, Iterable, Mapping

from registry.domain.errors import InvalidInput
from registry.domain.identity import slug

MAX_TAG = 40
MOST_TAGS = 12
"""On one tool."""
MOST_OFFERED = 40
"""Where there are more, the most used ones are offered; any other is found by its address."""


def tags_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Each in its one spelling, once, in order: `Open Source` and `open_source` are both `open-source`.

    Raises InvalidInput for one without letters and digits or too long, and for too many.
    """
    found = sorted({_tag(text) for text in texts})
    if len(found) > MOST_TAGS:
        raise InvalidInput(
            f"A tool has at most {MOST_TAGS} tags; these are {len(found)}. Keep those by which people look for it."
        )
    return tuple(found)


def parted(typed: str) -> list[str]:
    """The tags in a text that parts them by commas, semicolons or lines."""
    lines = typed.replace(";", ",").replace("\n", ",").split(",")
    return [each.strip() for each in lines if each.strip()]


def most_used(counts: Mapping[str, int], besides: Collection[str] = ()) -> list[str]:
    """The tags to offer where so many bear each, and those that are chosen already, in order."""
    found = sorted(counts, key=lambda tag: (-counts[tag], tag))[:MOST_OFFERED]
    return sorted({*found, *besides})


def _tag(text: str) -> str:
    found = slug(text) if any(char.isalnum() for char in text) else ""
    if not found or len(found) > MAX_TAG:
        said = text.strip() if len(text.strip()) <= MAX_TAG else text.strip()[:MAX_TAG] + "…"
        raise InvalidInput(
            f"“{said}” is no tag. A tag is a word or a few, such as open-source: at most {MAX_TAG} letters and digits."
        )
    return found
