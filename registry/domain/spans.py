"""How long decided cases took from stage to stage, and the two figures in which it is told."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from math import ceil
from operator import attrgetter
from typing import NamedTuple

from registry.domain.outcome import STRICTNESS, Outcome
from registry.domain.values import dataclass

DAY_S = 86_400


class DecidedCase(NamedTuple):
    """One published verdict that was scored here; moments are seconds since 1970, None where not known."""

    number: int
    tool: str
    slug: str
    tier: int
    outcome: Outcome
    recommended: Outcome | None
    mentioned: int | None
    """When a source or a colleague first brought the tool here; of a tool's first verdict alone."""
    accepted: int | None
    """When triage let it in; of a tool's first verdict alone."""
    opened: int
    scored: int | None
    """When the last reviewer handed in for the first time."""
    decided: int

    @property
    def overridden(self) -> bool:
        return self.recommended is not None and self.recommended is not self.outcome

    @property
    def milder(self) -> bool:
        """Decided more permissively than recommended."""
        return self.recommended is not None and STRICTNESS[self.outcome] < STRICTNESS[self.recommended]


class Stage(StrEnum):
    TRIAGE = "triage"
    OPENING = "opening"
    SCORING = "scoring"
    DECIDING = "deciding"
    REVIEW = "review"
    WHOLE = "whole"


@dataclass(frozen=True)
class StageMeaning:
    label: str
    starts: str
    ends: str
    """Fields of a case."""
    definition: str


STAGES: dict[Stage, StageMeaning] = {
    Stage.TRIAGE: StageMeaning(
        "Mention to accepted",
        "mentioned",
        "accepted",
        "From the first mention by a source, or the first request, until triage let the tool in.",
    ),
    Stage.OPENING: StageMeaning(
        "Accepted to opened",
        "accepted",
        "opened",
        "From the tool’s acceptance until its first evaluation was opened.",
    ),
    Stage.SCORING: StageMeaning(
        "Opened to scorecards in",
        "opened",
        "scored",
        "From the opening of the evaluation until the last reviewer handed in for the first time.",
    ),
    Stage.DECIDING: StageMeaning(
        "Scorecards in to verdict",
        "scored",
        "decided",
        "From the last scorecard until the approver decided; resolving disagreements is in it.",
    ),
    Stage.REVIEW: StageMeaning(
        "Opened to verdict", "opened", "decided", "From the opening of the evaluation until the verdict."
    ),
    Stage.WHOLE: StageMeaning(
        "Mention to verdict",
        "mentioned",
        "decided",
        "From the first mention, or the first request, until the tool’s first verdict.",
    ),
}


@dataclass(frozen=True)
class Span:
    """Whole days are too coarse for the quick lane, so both figures are days with their fraction; None for no case."""

    count: int
    median: float | None
    slow: float | None
    """The 85th percentile."""


def days(case: DecidedCase, stage: Stage) -> float | None:
    """None where an end is not known, or the stage was not gone through in this order."""
    return next(iter(_took([case], stage)), None)


def _took(cases: Sequence[DecidedCase], stage: Stage) -> list[float]:
    ends = attrgetter(STAGES[stage].starts, STAGES[stage].ends)
    return [
        (end - start) / DAY_S
        for start, end in map(ends, cases)
        if start is not None and end is not None and end >= start
    ]


def measure(values: Sequence[float]) -> Span:
    """Nearest rank: each figure is what a real case took, and so many of a hundred took no longer."""
    ranked = sorted(values)
    return Span(len(ranked), percentile(ranked, 50), percentile(ranked, 85))


def percentile(ranked: Sequence[float], share: int) -> float | None:
    return ranked[max(1, ceil(len(ranked) * share / 100)) - 1] if ranked else None


def spans(cases: Sequence[DecidedCase]) -> Mapping[Stage, Span]:
    return {stage: measure(_took(cases, stage)) for stage in Stage}
