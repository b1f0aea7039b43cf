"""The stored assessment of a verdict as bars, sentences and evidence; reviewers stay without names."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from registry.domain.language import joined, small, worded
from registry.domain.values import dataclass
from registry.web.links import outside_link
from registry.web.shapes import Link
from registry.web.words import small_words, words

COUNTS_AS = {"risk": 3, "fit": 1}
"""What an unknown counts as."""
TONES = {"risk": ("yes", "yes", "plain", "if", "no"), "fit": ("no", "if", "plain", "yes", "yes")}
WIDE = 2
"""Ratings that lie so far apart are a disagreement worth telling."""


@dataclass(frozen=True)
class Score:
    id: str
    name: str
    rating: str
    """0 to 4, U or NA."""
    said: str
    """The rating in words for those who do not see the bar."""
    told: str
    """What the bar shows, in words."""
    number: int | None
    """What it counts as; None where not applicable."""
    tone: str
    spread: str
    """What the reviewers' ratings were, in words."""
    wide: bool
    sentences: Sequence[str]
    evidence: Sequence[Link]
    quotes: Sequence[str]


PLAIN_RATINGS = frozenset({"0", "1", "2", "NA"})


@dataclass(frozen=True)
class Assessed:
    """`risk`, `fit`, `mitigation` are the bands' codes; `reasons` say how the recommendation came about."""

    risks: Sequence[Score]
    fits: Sequence[Score]
    risk: str
    fit: str
    mitigation: str
    reasons: Sequence[str]
    rubric: str
    knock_outs: Sequence[tuple[str, str]]
    """Those that were not answered with no: name, and `yes` or `unknown`."""
    disagreements: Sequence[str] = ()
    """Where reviewers were far apart, how it was resolved and how many dissent, without names."""

    @property
    def plain(self) -> bool:
        """No risk is at 3 or unknown, so there is nothing that a condition would have to cover."""
        return all(each.rating in PLAIN_RATINGS for each in self.risks)


def assessed(stored: Mapping[str, Any]) -> Assessed | None:
    """None for a verdict that was imported, and so never scored here."""
    if not stored.get("criteria"):
        return None
    every = [_score(each) for each in stored["criteria"]]
    sides = [each["side"] for each in stored["criteria"]]
    rubric = stored.get("rubric", {})
    return Assessed(
        risks=[each for each, side in zip(every, sides, strict=True) if side == "risk"],
        fits=[each for each, side in zip(every, sides, strict=True) if side == "fit"],
        risk=stored.get("risk", ""),
        fit=stored.get("fit", ""),
        mitigation=stored.get("mitigation", ""),
        reasons=stored.get("reasons", []),
        rubric=f"{rubric.get('name', '')} {rubric.get('version', '')}".strip(),
        knock_outs=[
            (each["name"], each["answer"]) for each in stored.get("knock_outs", []) if each["answer"] != "no"
        ],
        disagreements=_disagreements(stored),
    )


BANDS = {"risk_band": worded("risk band"), "fit_band": worded("fit band")}


def _disagreements(stored: Mapping[str, Any]) -> list[str]:
    named = {each["id"]: each["name"] for each in (*stored["criteria"], *stored.get("knock_outs", []))}
    told: list[str] = []
    for each in stored.get("disagreements", []):
        given = joined(worded(" and "), map(_rating, each["given"]))
        criterion = BANDS.get(each["id"]) or small(worded(named[each["id"]]))
        sentence = worded("On {criterion} reviewers gave {ratings}.", criterion=criterion, ratings=given)
        said = [sentence]
        if each["value"]:
            resolved = {"rating": _rating(each["value"]), "reason": each["reason"]}
            said.append(worded("It was resolved as {rating}: {reason}", **resolved))
            if each["dissent"]:
                said.append(
                    worded(
                        "{few} of {all} gave something else and stand by it.",
                        few=each["dissent"],
                        all=len(each["given"]),
                    )
                )
        elif each["reason"]:
            said.append(worded("It was left so: {reason}", reason=each["reason"]))
        told.append(joined(" ", said))
    return told


def _score(stored: Mapping[str, Any]) -> Score:
    side, rating = stored["side"], stored["rating"]
    name, said, told = _in_words(stored["id"], stored["name"], rating)
    number = None if rating == "NA" else COUNTS_AS[side] if rating == "U" else int(rating)
    given = tuple(sorted(stored.get("given", ())))
    evidence = dict.fromkeys(stored.get("evidence", []))
    links = {text: outside_link(text) for text in evidence}
    return Score(
        id=stored["id"],
        name=name,
        rating=rating,
        said=said,
        told=told,
        number=number,
        tone="plain" if number is None else TONES[side][number],
        spread=_spread(given, moderated=bool(stored.get("moderated"))),
        wide=stored.get("spread", 0) >= WIDE,
        sentences=list(dict.fromkeys(each for each in stored.get("sentences", []) if each)),
        evidence=[link for link in links.values() if link is not None],
        quotes=[text for text, link in links.items() if link is None and text.strip()],
    )


@lru_cache(1_024)
def _in_words(criterion: str, name: str, rating: str) -> tuple[str, str, str]:
    """Its name, its rating, and both as its bar shows them."""
    called = worded(name[:1].upper() + name[1:])
    rated = worded("{rating} of 4", rating=rating) if rating.isdigit() else words(rating)
    return called, rated, joined("", [criterion, " ", called, ": ", rated])


def _rating(value: str) -> str:
    return value if value.isdigit() else small_words(value)


@lru_cache(1_024)
def _spread(given: tuple[str, ...], *, moderated: bool) -> str:
    if not given:
        return worded("Nobody rated it")
    told = worded("One reviewer")
    if len(given) > 1:
        ratings = joined(", ", map(_rating, given))
        told = worded("{n} reviewers: {ratings}", n=len(given), ratings=ratings)
    return worded("{told}; resolved by moderation", told=told) if moderated else told
