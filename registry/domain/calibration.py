"""How a reviewer's scores of a reference case compare with the agreed ones, and when somebody counts as trained."""

from collections.abc import Mapping
from enum import StrEnum

from registry.domain.agreement import Metric, alpha
from registry.domain.assessment import spread
from registry.domain.rubric import KnockOutAnswer, Rating, Rubric, Side, answer_badness, badness
from registry.domain.values import dataclass

NEAR = 1
"""Ratings that lie this far apart, or less, are near."""
ENOUGH_PERCENT = 80
"""So many of a hundred criteria must be near for a case to count."""


class Way(StrEnum):
    SAME = "same"
    MILDER = "milder"
    HARSHER = "harsher"


@dataclass(frozen=True)
class Difference:
    item: str
    given: str
    agreed: str
    apart: int
    """Ratings: 0 to 4, U taken as the number that it counts as. Answers: 0 to 2."""
    way: Way
    """Milder sees less risk, or more fit, than was agreed."""


@dataclass(frozen=True)
class Calibration:
    differences: tuple[Difference, ...]
    """Of everything that was asked, in the rubric's order."""
    near: int
    of: int
    """How many criteria were compared."""
    agreement: float | None
    """Krippendorff's alpha of both, all criteria on one scale from best to worst; None where it is not defined."""
    missed: tuple[str, ...]
    """Knock-outs that were agreed to hold and were not answered with yes."""

    @property
    def passed(self) -> bool:
        """At least 80 of 100 criteria within one step, and no knock-out missed."""
        return not self.missed and self.near * 100 >= self.of * ENOUGH_PERCENT


def calibrate(rubric: Rubric, given: Mapping[str, str], agreed: Mapping[str, str]) -> Calibration:
    """Compare what was given with what was agreed, by item; whatever was agreed must have been given.

    Raises KeyError where something was not given, and ValueError for what is no rating or answer.
    """
    differences, units, missed = [], [], []
    for criterion in rubric.criteria:
        if criterion.id in agreed:
            one, other = Rating(given[criterion.id]), Rating(agreed[criterion.id])
            ranks = tuple(
                badness(criterion.side, each) + (criterion.side is Side.FIT) for each in (one, other)
            )
            differences.append(
                Difference(criterion.id, one, other, spread(criterion.side, [one, other]), _way(*ranks))
            )
            if Rating.NOT_APPLICABLE not in (one, other):
                units.append((ranks, 1))
    near = sum(each.apart <= NEAR for each in differences)
    of = len(differences)
    for knock_out in rubric.knock_outs:
        if knock_out.id in agreed:
            said, held = KnockOutAnswer(given[knock_out.id]), KnockOutAnswer(agreed[knock_out.id])
            ranks = (answer_badness(said), answer_badness(held))
            differences.append(Difference(knock_out.id, said, held, abs(ranks[0] - ranks[1]), _way(*ranks)))
            if held is KnockOutAnswer.YES and said is not held:
                missed.append(knock_out.id)
    return Calibration(tuple(differences), near, of, alpha(units, Metric.ORDINAL), tuple(missed))


def is_trained(passed: int, needed: int) -> bool:
    """Whoever has finished as many reference cases as the office asks for; an office that asks for none trusts all."""
    return passed >= needed


def _way(given: int, agreed: int) -> Way:
    return Way.SAME if given == agreed else Way.MILDER if given < agreed else Way.HARSHER
