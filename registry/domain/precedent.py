"""How much a case is like one that was decided before, and in what; which decisions are compared is for others."""

from collections.abc import Mapping
from dataclasses import field

from registry.domain.values import dataclass

MOST: Mapping[str, int] = {
    "category": 25,
    "vendor": 15,
    "data": 10,
    "accounts": 5,
    "audience": 5,
    "ratings": 40,
}
"""Points that each likeness can bring; all of them together are 100."""

LEAST = 25
"""Below this a case is no precedent: the same category alone just is one."""

_RANK = {"NA": 0, "0": 0, "1": 1, "2": 2, "3": 3, "U": 3, "4": 4}


@dataclass(frozen=True, kw_only=True)
class Case:
    """A tool, what it is to be used for, and its settled ratings, as far as they are known."""

    category: str = ""
    vendor: str = ""
    data_class: str = ""
    accounts: frozenset[str] = frozenset()
    audience: frozenset[str] = frozenset()
    ratings: Mapping[str, str] = field(default_factory=dict)
    """Criterion id -> "0" to "4", "U" or "NA"."""


@dataclass(frozen=True)
class Likeness:
    points: int
    """Of 100."""
    reasons: tuple[str, ...]
    """In what they are alike, in words, the weightiest first."""


def likeness(case: Case, past: Case) -> Likeness:
    """Count the points that two cases have in common. Source: docs/concepts.md, "Precedents".

    Ratings count by the share of the criteria that both have and that lie at most one step apart.
    """
    found: list[tuple[int, str]] = []
    if case.category and case.category == past.category:
        found.append((MOST["category"], f"both are of the category {case.category}"))
    if case.vendor and case.vendor.casefold() == past.vendor.casefold():
        found.append((MOST["vendor"], f"both are made by {case.vendor}"))
    if case.data_class and case.data_class == past.data_class:
        found.append((MOST["data"], "the same class of information"))
    for name, mine, theirs in (
        ("accounts", case.accounts, past.accounts),
        ("audience", case.audience, past.audience),
    ):
        if mine & theirs:
            found.append(
                (MOST[name], "the same kind of account" if name == "accounts" else "the same people")
            )
    shared = sorted(case.ratings.keys() & past.ratings.keys())
    near = sum(abs(_RANK[case.ratings[each]] - _RANK[past.ratings[each]]) <= 1 for each in shared)
    if shared and near * 2 > len(shared):
        points = MOST["ratings"] * near // len(shared)
        found.append((points, f"{near} of {len(shared)} ratings are at most one step apart"))
    found.sort(key=lambda each: -each[0])
    return Likeness(sum(points for points, _ in found), tuple(reason for _, reason in found))
