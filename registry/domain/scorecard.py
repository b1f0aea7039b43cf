"""A scorecard line by line, as its reviewer fills it in; what is handed in is weighed in assessment.py."""

from collections.abc import Mapping
from dataclasses import field

from registry.domain.rubric import KnockOutAnswer, Rating
from registry.domain.values import dataclass


@dataclass(frozen=True)
class TypedRating:
    rating: Rating | None = None
    confidence: str = "medium"
    sentence: str = ""
    evidence: str = ""
    carried: bool = False
    """Taken from an earlier scorecard, and not yet confirmed."""


@dataclass(frozen=True)
class TypedAnswer:
    answer: KnockOutAnswer | None = None
    sentence: str = ""
    carried: bool = False


@dataclass(frozen=True)
class TypedScorecard:
    """What a reviewer has filled in so far, by criterion and knock-out id."""

    ratings: Mapping[str, TypedRating] = field(default_factory=dict)
    knock_outs: Mapping[str, TypedAnswer] = field(default_factory=dict)
