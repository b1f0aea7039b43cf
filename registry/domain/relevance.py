"""How likely a candidate is one for us: a number with its reasons, learnt from what triage let in and dismissed.

It orders and explains, and never hides anything. Examples and features are services/candidates/relevance.py's.
"""

import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from registry.domain.intake_rule import spelled
from registry.domain.proposal import Announcer
from registry.domain.values import dataclass

ENOUGH = 5
"""So many let in and so many dismissed there must be before anything is learnt."""
DOUBT = 3.0
"""A feature counts as if it had been seen so many times more, at the usual rate: few examples say little."""
NEUTRAL = 50
MOST_REASONS = 4
SAYS_SOMETHING = 0.2
MOST_WORDS = 40

_WORD = re.compile(r"[^\W\d_][\w'’+#-]{1,29}")
_SMALL_WORDS = (
    "a all an and any are as at be but by can do does for from get has have how if in into is it its just let like"
    " make makes more my new no not now of on one or our out so than that the their them they this to up us use"
    " using via was we what when where which who will with you your"
)
_COMMON = frozenset(_SMALL_WORDS.split())


class FeatureKind(StrEnum):
    SOURCE = "source"
    ANNOUNCER = "announcer"
    WORD = "word"
    SITE = "site"
    LABEL = "label"
    NAME = "name"
    HEARD = "heard"


class Feature(NamedTuple):
    kind: FeatureKind
    value: str


SORTS: dict[str, str] = {
    Announcer.LAUNCH_FEED: "launch feeds",
    Announcer.DISCUSSION: "discussion boards",
    Announcer.RELEASES: "releases of repositories",
    Announcer.PACKAGE_INDEX: "package indexes",
    Announcer.VENDOR_BLOG: "vendors’ blogs",
    Announcer.ADVISORIES: "security advisories",
    Announcer.OTHER_REGISTRY: "other registries",
    Announcer.NEWS: "news",
}
SITES: dict[str, str] = {
    "repository": "whose home is a repository",
    "package": "whose home is a package",
    "site": "with a site of their own",
    "none": "without a home page",
}
NAMES: dict[str, str] = {
    "sure": "whose name is sure",
    "not sure": "whose name is not sure",
    "by hand": "typed in by hand",
    "request": "asked for by a colleague",
    "other_registry": "decided on by another registry",
}
HEARD: dict[str, str] = {
    "once": "heard of once",
    "a few times": "heard of two or three times",
    "often": "heard of more than three times",
}
PHRASES: dict[FeatureKind, Callable[[str], str]] = {
    FeatureKind.SOURCE: lambda value: f"from {value}",
    FeatureKind.ANNOUNCER: lambda value: f"from {SORTS.get(value, value)}",
    FeatureKind.WORD: lambda value: f"with the word “{value}”",
    FeatureKind.SITE: lambda value: SITES.get(value, value),
    FeatureKind.LABEL: lambda value: f"with the label “{value}”",
    FeatureKind.NAME: lambda value: NAMES.get(value, value),
    FeatureKind.HEARD: lambda value: HEARD.get(value, value),
}

Features = frozenset[Feature]


class Seen(NamedTuple):
    """How many with this feature were let in, of how many that were decided."""

    accepted: int
    decided: int


@dataclass(frozen=True)
class Learnt:
    accepted: int
    decided: int
    seen: Mapping[Feature, Seen]

    @property
    def enough(self) -> bool:
        return self.accepted >= ENOUGH and self.decided - self.accepted >= ENOUGH

    def weight(self, feature: Feature) -> float:
        """How much more or less likely it is let in than usual, as a difference of log-odds; 0 for what is unknown."""
        seen = self.seen.get(feature)
        if seen is None or not self.enough:
            return 0.0
        usual = (self.accepted + 1) / (self.decided + 2)
        rate = (seen.accepted + DOUBT * usual) / (seen.decided + DOUBT)
        return _log_odds(rate) - _log_odds(usual)


@dataclass(frozen=True)
class Relevance:
    """0 to 100; 50 where nothing speaks for or against it. `reasons` are sentences, the weightiest first."""

    number: int
    reasons: Sequence[str]


def learn(examples: Iterable[tuple[Features, bool]]) -> Learnt:
    """Count how often each feature came with being let in (True) and with being dismissed as not for us (False)."""
    let_in: dict[Feature, int] = {}
    decided: dict[Feature, int] = {}
    accepted = total = 0
    for features, was_accepted in examples:
        total += 1
        accepted += was_accepted
        for feature in features:
            decided[feature] = decided.get(feature, 0) + 1
            if was_accepted:
                let_in[feature] = let_in.get(feature, 0) + 1
    seen = {feature: Seen(let_in.get(feature, 0), count) for feature, count in decided.items()}
    return Learnt(accepted, total, seen)


def relevance(features: Features, learnt: Learnt) -> Relevance:
    """The features' weights added up, those of one kind damped, since words that come together tell one thing."""
    if not learnt.enough:
        return Relevance(NEUTRAL, (_too_little(learnt),))
    weights = {feature: learnt.weight(feature) for feature in features}
    told = sorted(
        ((weight, feature) for feature, weight in weights.items() if abs(weight) >= SAYS_SOMETHING),
        key=lambda each: (-abs(each[0]), each[1]),
    )
    number = round(100 / (1 + math.exp(-_added_up(weights))))
    reasons = _reasons(told, learnt)
    return Relevance(number, reasons or ("Nothing like it was decided yet.",))


def words_of(*texts: str) -> list[str]:
    """The telling words of some texts, folded, each once, in their order; at most 40."""
    found = (word.strip("-'’") for text in texts for word in _WORD.findall(spelled(text)))
    return list(dict.fromkeys(word for word in found if len(word) > 1 and word not in _COMMON))[:MOST_WORDS]


def heard(mentions: int) -> str:
    return "once" if mentions <= 1 else "a few times" if mentions <= 3 else "often"


def site_of(identity: str) -> str:
    """What sort of home a strong key names."""
    if not identity:
        return "none"
    if identity.startswith("pkg:"):
        return "package"
    return "repository" if identity.count("/") == 2 else "site"


def _added_up(weights: Mapping[Feature, float]) -> float:
    by_kind: dict[FeatureKind, list[float]] = {}
    for feature, weight in sorted(weights.items()):
        if weight:
            by_kind.setdefault(feature.kind, []).append(weight)
    return sum(_damped(each) for each in by_kind.values())


def _damped(weights: Collection[float]) -> float:
    return sum(weights) / math.sqrt(len(weights))


def _reasons(told: Sequence[tuple[float, Feature]], learnt: Learnt) -> tuple[str, ...]:
    reasons: list[str] = []
    counted: set[Seen] = set()
    for weight, feature in told:
        seen = learnt.seen[feature]
        if feature.kind in (FeatureKind.SOURCE, FeatureKind.ANNOUNCER):
            if seen in counted:  # the only source of its sort: it would say the same again
                continue
            counted.add(seen)
        reasons.append(_reason(weight, feature, seen, learnt))
    return tuple(reasons[:MOST_REASONS])


def _reason(weight: float, feature: Feature, seen: Seen, learnt: Learnt) -> str:
    phrase = PHRASES[feature.kind](feature.value)
    count, done = (seen.accepted, "let in") if weight > 0 else (seen.decided - seen.accepted, "dismissed")
    were = "was" if seen.decided == 1 else "were"
    told = f"{count} of {seen.decided} {phrase} {were} {done}"
    if count * 2 > seen.decided:
        return f"{told}."
    usual = learnt.accepted if weight > 0 else learnt.decided - learnt.accepted
    return f"{told}; of all it is {usual} of {learnt.decided}."


def _too_little(learnt: Learnt) -> str:
    return (
        f"Too little was decided to learn from: {learnt.accepted} let in, "
        f"{learnt.decided - learnt.accepted} dismissed as not for us; {ENOUGH} of each are needed."
    )


def _log_odds(rate: float) -> float:
    return math.log(rate / (1 - rate))
