"""The name, the version and the rest that a headline holds; whether they propose anything is proposal.py's."""

from collections.abc import Iterator

from registry.domain.spelling import letters
from registry.domain.title_patterns import (
    AFTER_NAME,
    AVAILABLE,
    COLON,
    FOR_WHOM,
    GENERIC,
    INTRODUCING,
    NO_NAME,
    NO_TAGLINE,
    NO_TOOL,
    ODD_CASE,
    OUR,
    REACHES,
    RELEASED,
    SEPARATOR,
    SOMEWHERE,
    STAGE_OF,
    VERSION_OF,
    VERSION_OUT,
)
from registry.domain.values import dataclass
from registry.domain.version_name import split_version, split_whole

QUOTES = " “”\"'‘’"


@dataclass(frozen=True, slots=True)
class Headline:
    """What a headline announces."""

    name: str
    version: str
    tagline: str
    method: str
    """introducing, available or bare."""


def announced(title: str) -> Headline | None:
    """What a headline with an announcing verb announces: `Introducing X`, `X 2.0 is now available`."""
    reached = REACHES.match(title)
    if reached and is_name(reached["name"], words=5):
        return Headline(reached["name"], reached["number"], "", "available")
    for pattern, method in ((AVAILABLE, "available"), (INTRODUCING, "introducing"), (RELEASED, "available")):
        found = pattern.match(title)
        if found:
            return _of_verb(found["name"], found.groupdict().get("rest") or "", method)
    return None


def _of_verb(text: str, rest: str, method: str) -> Headline | None:
    introduced = INTRODUCING.match(text)
    text = OUR.sub("", STAGE_OF.sub("", OUR.sub("", introduced["name"] if introduced else text)))
    counted = VERSION_OF.match(text)
    if counted:
        text = f"{counted['name']} {counted['number']}"
        name, version = counted["name"], counted["number"]
    else:
        name, version = split_version(text)
    full = next(_splits(text), (text, ""))[0].split(",")[0].strip(" .!?")
    name = AFTER_NAME.sub("", name).strip(QUOTES)
    behind = text[text.find(name) + len(name) :].lstrip(QUOTES) if name else ""
    if not version and behind.strip(" .!") == "":
        name, version = split_whole(name)
    if not version and (SOMEWHERE.match(rest) or behind.startswith(("to ", "and "))):
        return None
    if not is_name(name, words=5) or not _capital(name) or GENERIC.match(name) or NO_TOOL.search(full):
        return None
    tagline = (
        behind.replace(version, "", 1).strip(" ,:.-–—|!" + QUOTES)
        if version
        else behind.strip(" ,:.-–—|!" + QUOTES)
    )
    return Headline(name, version, tagline, method)


def version_out(title: str) -> Headline | None:
    """A name and a version with next to nothing behind them: `mat2 0.13.4`, `Iroh 1.0 - Dial keys`."""
    found = VERSION_OUT.match(title)
    if not found or not is_name(found["name"], words=4):
        return None
    return Headline(found["name"].strip(QUOTES), found["number"], found["rest"].strip(" -–—|:"), "bare")


def bare(title: str, maker: str = "") -> Headline | None:
    """A title that is a product's name alone, or one with a tagline behind it; `maker` is the domain's label."""
    words = title.split()
    if 2 <= len(words) <= 4 and all(word[:1].isupper() or word[:1].isdigit() for word in words):
        name, version = split_whole(title)
        if version and is_name(name, words=3):
            return Headline(name, version, "", "bare")
    whom = FOR_WHOM.match(title)
    if whom:
        return Headline(whom["name"], "", "", "bare")
    for name, tagline in _splits(title, first=True):
        head = name.split()
        odd = len(head) <= 2 and ODD_CASE.match(head[0]) and is_name(name, words=2)
        if odd and not NO_TAGLINE.match(tagline) and not NO_TOOL.search(name):
            return Headline(name, "", tagline, "bare")
        return None
    if len(words) == 1 and ODD_CASE.match(title):
        return Headline(title, "", "", "bare")
    if len(words) != 2:
        return None
    theirs = bool(maker) and letters(words[0]) == letters(maker)
    odd = ODD_CASE.match(words[1]) is not None
    if (theirs and (words[1][:1].isupper() or "-" in words[1])) or (words[0][:1].isupper() and odd):
        return Headline(title, "", "", "bare")
    return None


def is_name(name: str, words: int) -> bool:
    """Short enough for a name, and no sentence's beginning."""
    return bool(letters(name)) and len(name) <= 50 and len(name.split()) <= words and not NO_NAME.search(name)


def splits(text: str, *, first: bool = False) -> Iterator[tuple[str, str]]:
    """Every (name, rest) that a separator makes, in order; a colon counts if alone, or for `first`."""
    return _splits(text, first)


def _splits(text: str, first: bool = False) -> Iterator[tuple[str, str]]:
    found = list(SEPARATOR.finditer(text))
    if not found or first:
        found = sorted([*found, *COLON.finditer(text)], key=lambda each: each.start())
    for each in found:
        if text[: each.start()].strip() and text[each.end() :].strip():
            yield text[: each.start()].strip(), text[each.end() :].strip()


def _capital(name: str) -> bool:
    """A product's name has a capital, a digit or a dot somewhere; `faster builds` has none."""
    return any(letter.isupper() or letter.isdigit() or letter == "." for letter in name) or bool(
        ODD_CASE.match(name)
    )
