"""What we ask about a tool: criteria with weights and anchors, knock-outs, and how a rating ranks and
counts; weighing the ratings is left to assessment."""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from typing import TypeVar

from registry.domain.errors import RubricInvalid, UnknownCriterion
from registry.domain.table_file import Table, open_table
from registry.domain.values import dataclass

Thing = TypeVar("Thing")


class Side(StrEnum):
    RISK = "risk"
    FIT = "fit"


class Rating(StrEnum):
    """Of a risk 0 is none and 4 not acceptable as it is; of a fit 4 is best."""

    ZERO = "0"
    ONE = "1"
    TWO = "2"
    THREE = "3"
    FOUR = "4"
    UNKNOWN = "U"
    NOT_APPLICABLE = "NA"


class KnockOutAnswer(StrEnum):
    """In the order of badness: the worst answer holds."""

    NO = "no"
    UNKNOWN = "unknown"
    YES = "yes"


DEGREES = (Rating.ZERO, Rating.ONE, Rating.TWO, Rating.THREE, Rating.FOUR)
"""The ratings with an anchor, by their number."""

_COUNTS: dict[Side, dict[Rating, int]] = {
    Side.RISK: {
        **{rating: number for number, rating in enumerate(DEGREES)},
        Rating.UNKNOWN: 3,
        Rating.NOT_APPLICABLE: 0,
    },
    Side.FIT: {
        **{rating: number for number, rating in enumerate(DEGREES)},
        Rating.UNKNOWN: 1,
    },
}

_BEST_TO_WORST: dict[Side, tuple[Rating, ...]] = {
    Side.RISK: (Rating.NOT_APPLICABLE, *DEGREES[:4], Rating.UNKNOWN, Rating.FOUR),
    # As with a risk, U is just worse than the number that it counts as.
    Side.FIT: (*reversed(DEGREES[1:]), Rating.UNKNOWN, Rating.ZERO),
}

_BADNESS: dict[Side, dict[Rating, int]] = {
    side: {rating: rank for rank, rating in enumerate(ratings)} for side, ratings in _BEST_TO_WORST.items()
}

_ANSWER_BADNESS: dict[KnockOutAnswer, int] = {answer: rank for rank, answer in enumerate(KnockOutAnswer)}

_EVIDENCE_FOR = frozenset({Rating.ZERO, Rating.THREE, Rating.FOUR})

_ID = re.compile(r"[A-Za-z][A-Za-z0-9]{0,19}")


@dataclass(frozen=True)
class Criterion:
    id: str
    side: Side
    name: str
    question: str
    weight: int
    anchors: Mapping[int, str]
    """What each rating from 0 to 4 means here, in words."""
    may_not_apply: bool = False
    ordinary_guidance: str = ""
    """What a user of the tool must do when the risk is at 2; empty for a fit."""
    areas: frozenset[str] = frozenset()
    """The expertise that it asks for, such as `privacy`."""
    evidence: str = ""
    """Where the evidence is usually found; may be empty."""


@dataclass(frozen=True)
class KnockOut:
    id: str
    name: str
    question: str
    reason: str
    """What the employee reads when it holds."""
    forbids: bool = False
    """Makes the risk forbidden and not just extreme."""
    quick_no: bool = False
    """May be answered with a no on the same day."""
    reopens_after_days: int | None = None
    """The case opens again by itself after so many days; None means that it does not."""


@dataclass(frozen=True)
class Rubric:
    name: str
    version: int
    title: str
    criteria: tuple[Criterion, ...]
    knock_outs: tuple[KnockOut, ...]
    content_hash: str
    """SHA-256 of the file's bytes, in hexadecimal."""

    @cached_property
    def risks(self) -> tuple[Criterion, ...]:
        return tuple(each for each in self.criteria if each.side is Side.RISK)

    @cached_property
    def fits(self) -> tuple[Criterion, ...]:
        return tuple(each for each in self.criteria if each.side is Side.FIT)

    @cached_property
    def ids(self) -> frozenset[str]:
        """Of criteria and knock-outs alike: what a condition may mitigate."""
        return frozenset([each.id for each in self.criteria] + [each.id for each in self.knock_outs])

    def criterion(self, criterion_id: str) -> Criterion:
        """Raises UnknownCriterion."""
        return _named(self._criteria_by_id, criterion_id, self, "criterion")

    def knock_out(self, knock_out_id: str) -> KnockOut:
        """Raises UnknownCriterion."""
        return _named(self._knock_outs_by_id, knock_out_id, self, "knock-out")

    @cached_property
    def _criteria_by_id(self) -> dict[str, Criterion]:
        return {each.id: each for each in self.criteria}

    @cached_property
    def _knock_outs_by_id(self) -> dict[str, KnockOut]:
        return {each.id: each for each in self.knock_outs}


def counted(side: Side, rating: Rating) -> int:
    """The number from 0 to 4 that a rating counts as: U is 3 as a risk and 1 as a fit, not applicable is no
    risk.

    Raises KeyError for "not applicable" as a fit, which no rubric allows.
    """
    return _COUNTS[side][rating]


def badness(side: Side, rating: Rating) -> int:
    """Ranks ratings of one side, a higher number being worse: a risk's U stands between 3 and 4, a fit's
    between 1 and 0."""
    return _BADNESS[side][rating]


def answer_badness(answer: KnockOutAnswer) -> int:
    """0 no, 1 unknown, 2 yes."""
    return _ANSWER_BADNESS[answer]


def evidence_required(rating: Rating) -> bool:
    """Whether a risk so rated needs a link or a quoted paragraph: no risk at all, and any that is
    significant."""
    return rating in _EVIDENCE_FOR


def parse_rubric(body: bytes) -> Rubric:
    """A rubric from the bytes of its TOML file, criteria and knock-outs in file order.

    Raises RubricInvalid, whose sentence names the table and the key: an unknown or missing key, a wrong kind
    of value, an id used twice, weights of risks or of fits that do not sum to 100.
    """
    table = open_table(body)
    rubric = Rubric(
        name=table.text("name"),
        version=table.whole("version"),
        title=table.text("title"),
        criteria=_criteria(table.table("criteria")),
        knock_outs=_knock_outs(table.table("knock_outs")),
        content_hash=sha256(body).hexdigest(),
    )
    table.close()
    _refuse_shared_ids(rubric)
    _refuse_wrong_sums(rubric)
    return rubric


def _criteria(tables: Table) -> tuple[Criterion, ...]:
    return tuple(_criterion(_checked_id(tables, each), tables.table(each)) for each in tables.names())


def _criterion(criterion_id: str, table: Table) -> Criterion:
    side = table.choice("side", Side)
    criterion = Criterion(
        id=criterion_id,
        side=side,
        name=table.text("name"),
        question=table.text("question"),
        weight=table.whole("weight"),
        anchors=_anchors(table.table("anchors")),
        may_not_apply=side is Side.RISK and table.flag("may_not_apply"),
        ordinary_guidance=table.text("ordinary_guidance") if side is Side.RISK else "",
        areas=frozenset(table.texts("areas")),
        evidence=table.text("evidence") if table.has("evidence") else "",
    )
    table.close()
    return criterion


def _anchors(table: Table) -> Mapping[int, str]:
    anchors = {number: table.text(rating.value) for number, rating in enumerate(DEGREES)}
    table.close()
    return anchors


def _knock_outs(tables: Table) -> tuple[KnockOut, ...]:
    return tuple(_knock_out(_checked_id(tables, each), tables.table(each)) for each in tables.names())


def _knock_out(knock_out_id: str, table: Table) -> KnockOut:
    knock_out = KnockOut(
        id=knock_out_id,
        name=table.text("name"),
        question=table.text("question"),
        reason=table.text("reason"),
        forbids=table.flag("forbids"),
        quick_no=table.flag("quick_no"),
        reopens_after_days=table.whole("reopens_after_days") if table.has("reopens_after_days") else None,
    )
    table.close()
    return knock_out


def _checked_id(tables: Table, key: str) -> str:
    if not _ID.fullmatch(key):
        raise tables.refuse(key, "an id is a letter and up to 19 letters and digits")
    return key


def _refuse_shared_ids(rubric: Rubric) -> None:
    criteria = {each.id for each in rubric.criteria}
    for each in rubric.knock_outs:
        if each.id in criteria:
            raise RubricInvalid(f"knock_outs.{each.id}: is the id of a criterion too; an id names one thing.")


def _refuse_wrong_sums(rubric: Rubric) -> None:
    for name, criteria in (("risks", rubric.risks), ("fits", rubric.fits)):
        total = sum(each.weight for each in criteria)
        if total != 100:
            raise RubricInvalid(f"criteria: the weights of the {name} must sum to 100, sum to {total}.")


def _named(things: Mapping[str, Thing], key: str, rubric: Rubric, noun: str) -> Thing:
    found = things.get(key)
    if found is None:
        raise UnknownCriterion(f"{rubric.title} has no {noun} {key}; it has {', '.join(things)}.")
    return found
