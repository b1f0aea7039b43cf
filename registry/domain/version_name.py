"""A name and the version behind it, told apart in a title or a link; which names exist is not its business."""

import re
from collections.abc import Iterable

NUMBER = r"\d+(?:\.\d+){1,4}(?:[-+.]?(?:(?:a|b)\d+|(?:rc|alpha|beta|pre|dev|post)[-.]?\d*))?"
VERSION = re.compile(
    r"(?:(?<=\s)|^)(?:version\s+|v\.?\s?)?"
    rf"(?P<number>{NUMBER}|(?<=[vV])\d{{1,4}}|(?<=ersion )\d{{1,4}})(?=$|[\s,:;)!])",
    re.IGNORECASE,
)
WHOLE = re.compile(r"(?P<name>\S.*?\D)\s(?P<number>[1-9]\d?)$")
"""A name that ends in a small whole number, `Claude 4`; `Plumbline 365` is a name."""
ALONE = re.compile(
    rf"^(?:version\s+|v\.?\s?)?(?P<number>{NUMBER}|(?<=v)\d{{1,4}})(?=$|[\s,:;)!])", re.IGNORECASE
)
TAG = re.compile(
    rf"/(?:releases/tag|-/releases|tags?|v|versions)/[^/]*?(?P<number>{NUMBER})/?$", re.IGNORECASE
)
PACKAGE = re.compile(rf"/(?P<number>{NUMBER})/?$", re.IGNORECASE)


def split_version(title: str) -> tuple[str, str]:
    """`("Plumbline", "2.0")` for "Plumbline 2.0" and "Plumbline v2.0"; version "" where there is none."""
    found = VERSION.search(title)
    if not found or not title[: found.start()].strip(" -–—:,("):
        return title.strip(), ""
    return title[: found.start()].strip(" -–—:,("), found["number"]


def split_whole(name: str) -> tuple[str, str]:
    """Like `split_version`, and "Plumbline 4" too is a version; only where the whole title is a name."""
    bare, version = split_version(name)
    if version:
        return bare, version
    found = WHOLE.match(name)
    return (found["name"], found["number"]) if found else (name, "")


def version_in(title: str, link: str) -> str:
    """The version that a release's title names, else its link's; "" where neither does."""
    alone = ALONE.match(title)
    version = alone["number"] if alone else split_version(title)[1]
    tag = None if version else TAG.search(link)
    return version or (tag["number"] if tag else "")


def version_in_package(link: str) -> str:
    found = PACKAGE.search(link)
    return found["number"] if found else ""


def is_major(version: str, known: Iterable[str]) -> bool:
    """Whether a version's first number is above that of every version known; False where none is known."""
    firsts = [first for first in map(_first, known) if first is not None]
    mine = _first(version)
    return mine is not None and bool(firsts) and mine > max(firsts)


def _first(version: str) -> int | None:
    number = re.match(r"\d{1,9}", version)
    return int(number[0]) if number else None
