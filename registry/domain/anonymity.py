"""Texts without the names that stand in them."""

import re
from collections.abc import Iterable

LEAST = 3
"""Letters of a given name that is looked for alone; a shorter one is a word too often."""


def without(text: str, hidden: Iterable[tuple[str, str]]) -> str:
    """The text with each (name, what it stands for): the name as a whole word, in any case, is replaced."""
    for name, instead in sorted(hidden, key=lambda each: -len(each[0])):
        if name.strip():
            text = re.sub(rf"(?<!\w){re.escape(name.strip())}(?!\w)", instead, text, flags=re.IGNORECASE)
    return text[:1].upper() + text[1:]


def people(names: Iterable[str]) -> list[tuple[str, str]]:
    """What hides people: their whole names and their given names alone."""
    found = []
    for name in names:
        found.append((name, "a reviewer"))
        given = name.split()[0] if name.split() else ""
        if len(given) >= LEAST and given != name:
            found.append((given, "a reviewer"))
    return found
