"""Which category and tags a candidate may want as a tool, from what is said of it and from the tools most like it.

A suggestion tells why, and nobody is bound by it: nothing is set by itself. Only what the registry uses already is
suggested, so that its words stay few, and where the evidence is thin nothing is.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from registry.domain.identity import slug
from registry.domain.relevance import words_of
from registry.domain.values import dataclass

NEAREST = 5
"""So many of the tools most like it are asked."""
ALIKE = 0.6
"""What the likenesses of those that agree add up to at the least; each is from 0 to 1."""
MOST_TAGS = 5
_SIGNS = ".,;:!?()[]“”\"‘’'…"


class Known(NamedTuple):
    """A tool of the registry as far as others are likened to it."""

    name: str
    text: str
    category: str
    tags: tuple[str, ...]


class Said(NamedTuple):
    """One text about the candidate; `filed` are the keywords that its publisher gave it."""

    text: str
    filed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suggestion:
    value: str
    reasons: Sequence[str]
    """Sentences, the strongest first."""


@dataclass(frozen=True)
class Suggestions:
    category: Suggestion | None = None
    tags: Sequence[Suggestion] = ()


class _Read(NamedTuple):
    words: Sequence[str]
    key: str
    """All of its words in order, each between hyphens."""


class Library:
    """Tools by the words of their names and texts, rare words weighing most."""

    def __init__(self, tools: Iterable[Known] = (), *, before: "Library | None" = None) -> None:
        """Of tools that were in the one `before` the words are not looked for again."""
        self.tools = tuple(tools)
        self.categories = frozenset(each.category for each in self.tools) - {""}
        self.tags = frozenset(tag for each in self.tools for tag in each.tags)
        known: Mapping[tuple[str, str], _Read] = before._read if before else {}
        texts = {(each.name, each.text) for each in self.tools}
        self._read: Mapping[tuple[str, str], _Read] = {
            text: known.get(text) or _Read(_words(*text), f"-{_key(' '.join(text))}-") for text in texts
        }
        words = [self._read[each.name, each.text].words for each in self.tools]
        self._holding: dict[str, list[int]] = defaultdict(list)
        for at, some in enumerate(words):
            for word in some:
                self._holding[word].append(at)
        self._rare = math.log(len(self.tools) + 1.5)
        self._weights = {
            word: math.log((len(self.tools) + 1) / (len(places) + 0.5)) ** 2
            for word, places in self._holding.items()
        }
        self._lengths = [math.sqrt(sum(map(self._weight, some))) for some in words]

    def most_like(self, *texts: str) -> list[tuple[float, Known]]:
        """Likeness, from 0 to 1, and tool; at most NEAREST, the most alike first."""
        words = _words(*texts)
        found: dict[int, float] = defaultdict(float)
        for word in words:
            for at in self._holding.get(word, ()):
                found[at] += self._weights[word]
        length = math.sqrt(sum(map(self._weight, words)))
        ranked = sorted(
            (-shared / (length * self._lengths[at]), at) for at, shared in found.items() if shared
        )
        return [(-likeness, self.tools[at]) for likeness, at in ranked[:NEAREST]]

    def telling(self, tag: str) -> tuple[int, int]:
        """How many of the tools whose name or text holds the tag as whole words have it, and how many these are."""
        sought = f"-{_key(tag)}-"
        saying = [each for each in self.tools if sought in self._read[each.name, each.text].key]
        return sum(tag in each.tags for each in saying), len(saying)

    def _weight(self, word: str) -> float:
        return self._weights.get(word, self._rare**2)


def suggest(
    entries: Sequence[Said], library: Library, *, texts: Sequence[str] = (), labels: Sequence[str] = ()
) -> Suggestions:
    """`entries` are those that speak of it, `texts` what else says what it is: its name, and what people want it for;
    `labels` are those of the candidate.

    A tag is suggested where a label is the same word, where at least two entries or the only one are filed under it,
    where at least two say it and it tells (half of the tools that say it have it, and two at the least), or where at
    least two of the tools most like it have it and make up half of the likeness; a category by labels, files and
    likeness alone.
    """
    alike = library.most_like(*texts, *(each.text for each in entries))
    labelled = Said("", tuple(labels))
    categories = _ranked(
        _filed(library.categories, [labelled]),
        _filed(library.categories, entries),
        (),
        _borne(alike, lambda tool: [tool.category] if tool.category else []),
        len(entries),
        bears="are in it",
    )
    tags = _ranked(
        _filed(library.tags, [labelled]),
        _filed(library.tags, entries),
        _spoken(library, entries),
        _borne(alike, lambda tool: tool.tags),
        len(entries),
        bears="have it",
    )
    return Suggestions(categories[0] if categories else None, tags[:MOST_TAGS])


def _ranked(
    labelled: Collection[str],
    filed: Mapping[str, int],
    spoken: Iterable[tuple[str, int, str]],
    borne: Mapping[str, tuple[float, Sequence[str]]],
    total: int,
    *,
    bears: str,
) -> list[Suggestion]:
    """Labels come first, then what entries are filed under, what they say, and what only others bear; often before
    seldom."""
    places: dict[str, tuple[int, float]] = {}
    reasons: dict[str, list[str]] = defaultdict(list)
    for value in labelled:
        places[value] = (0, 0)
        reasons[value].append(f"It is labelled “{value}”.")
    for value, count in filed.items():
        if count > 1 or count == total:
            places.setdefault(value, (1, -count))
            reasons[value].append(_counted(count, total, ("is filed", "are filed"), f"under “{value}”"))
    for value, count, why in spoken:
        places.setdefault(value, (2, -count))
        reasons[value].append(_counted(count, total, ("says", "say"), f"“{value}”; {why}"))
    for value, (weight, names) in borne.items():
        places.setdefault(value, (3, -weight))
        reasons[value].append(f"{_listed(names)}, which are much like it, {bears}.")
    order = sorted(places, key=lambda value: (*places[value], value))
    return [Suggestion(value, tuple(reasons[value])) for value in order]


def _filed(known: Collection[str], entries: Sequence[Said]) -> Counter[str]:
    """How many of the entries are filed under each."""
    spellings = {_key(each): each for each in sorted(known)}
    found: Counter[str] = Counter()
    for each in entries:
        found.update({spellings[key] for key in map(_key, each.filed) if key in spellings})
    return found


def _spoken(library: Library, entries: Sequence[Said]) -> Iterator[tuple[str, int, str]]:
    """The tags that at least two of the entries hold as whole words, with how many do, and why that tells."""
    spellings = {_key(each): each for each in sorted(library.tags)}
    longest = max((key.count("-") + 1 for key in spellings), default=0)
    found: Counter[str] = Counter()
    for each in entries:
        words = _key(each.text).split("-")
        runs = {
            "-".join(words[at : at + length])
            for length in range(1, longest + 1)
            for at in range(len(words) - length + 1)
        }
        found.update({spellings[key] for key in runs & spellings.keys()})
    for tag, count in found.items():
        if count > 1:
            having, saying = library.telling(tag)
            if having > 1 and having * 2 >= saying:
                yield tag, count, f"so do {saying} tools here, of which {having} have that tag"


def _borne(
    alike: Sequence[tuple[float, Known]], borne: Callable[[Known], Collection[str]]
) -> dict[str, tuple[float, list[str]]]:
    """What at least two of them bear who make up most of the likeness, with that and their names."""
    found: dict[str, tuple[float, list[str]]] = {}
    for likeness, tool in alike:
        for value in borne(tool):
            weight, names = found.get(value, (0.0, []))
            found[value] = (weight + likeness, [*names, tool.name])
    whole = sum(likeness for likeness, _ in alike)
    return {
        value: (weight, names)
        for value, (weight, names) in found.items()
        if len(names) > 1 and weight >= ALIKE and weight * 2 >= whole
    }


def _words(*texts: str) -> list[str]:
    """The telling words, one and many alike."""
    return list(dict.fromkeys(map(_one, words_of(*texts))))


def _key(text: str) -> str:
    """Its words joined by hyphens, one and many alike: `AI Agents` and `ai-agent` are one."""
    parts = (part.strip(_SIGNS) for part in text.split())
    # Few words need the whole of a slug's rules, and a text has many.
    spelled = (part.lower() if part.isascii() and part.isalnum() else slug(part) for part in parts if part)
    return "-".join(_one(word) for part in spelled for word in part.split("-") if word)


def _one(word: str) -> str:
    return word[:-1] if len(word) > 3 and word[-1] == "s" != word[-2] else word


def _counted(count: int, total: int, does: tuple[str, str], what: str) -> str:
    if total == 1:
        return f"Its only entry {does[0]} {what}."
    if count == total:
        return f"{'Both' if total == 2 else f'All {total}'} of its entries {does[1]} {what}."
    return f"{count} of its {total} entries {does[1]} {what}."


def _listed(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}"
