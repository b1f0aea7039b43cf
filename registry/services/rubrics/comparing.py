"""A rubric file beside another one, and an office's outcomes beside the table's: on verdicts that were given before."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from registry.domain.comparison import (
    Case,
    CellChange,
    Difference,
    Effect,
    Rules,
    cell_changes,
    effect,
    row_differences,
    rubric_differences,
)
from registry.domain.decision_table import DecisionTable, strictest, with_outcomes
from registry.domain.errors import InvalidInput
from registry.domain.outcome import Outcome
from registry.domain.rubric import KnockOutAnswer, Rating
from registry.domain.values import dataclass
from registry.services.evaluations.assessing import concerned
from registry.services.rubrics import rubrics
from registry.store import offices
from registry.store import rubrics as store
from registry.store.rubrics import Judged
from registry.store.tables import RubricFile

NEWEST = 1000
"""So many verdicts are weighed anew at most, the newest ones."""
Outcomes = Mapping[str, Mapping[int, Outcome]]


@dataclass(frozen=True)
class Reweighed:
    judged: Judged
    effect: Effect


@dataclass(frozen=True)
class Reweighing:
    """What would be recommended now in cases that were decided before."""

    cases: Sequence[Reweighed]
    """Newest first; at most NEWEST."""
    verdicts: int
    """How many there are altogether."""

    @property
    def changed(self) -> list[Reweighed]:
        return [each for each in self.cases if each.effect.changes]

    @property
    def only_unanswered(self) -> int:
        """How many change for nothing but questions that nobody was asked then."""
        return sum(each.effect.only_unanswered for each in self.cases)

    @property
    def unanswered(self) -> tuple[str, ...]:
        """Every id that the new rubric asks and some case has no answer to, most missed first."""
        return tuple(
            key
            for key, _ in Counter(
                each for case in self.cases for each in case.effect.unanswered
            ).most_common()
        )


@dataclass(frozen=True)
class Comparison:
    before: RubricFile
    after: RubricFile
    differences: Sequence[Difference]
    cells: Sequence[CellChange]
    """Of decision tables alone."""
    reweighing: Reweighing


def compare(session: Session, before: RubricFile, after: RubricFile, *, now: datetime) -> Comparison:
    """Each verdict's settled ratings and conditions, weighed by the one file and by the other.

    Whatever is not compared (the table where rubrics are, and the reverse) is what is in force; offices' own outcomes
    bind as they do in a decision. Raises InvalidInput for two files of different kinds.
    """
    if before.kind != after.kind:
        raise InvalidInput(
            "A rubric cannot be compared with a decision table.", {"against": "is of another kind"}
        )
    rubric, table = rubrics.current(session)
    if after.kind == "rubric":
        old, new = rubrics.as_rubric(before), rubrics.as_rubric(after)
        bound = _binder(table, own_outcomes(session, table.content_hash))
        return Comparison(
            before,
            after,
            rubric_differences(old, new),
            (),
            _reweigh(session, lambda each: (Rules(old, bound(each)), Rules(new, bound(each))), now=now),
        )
    old_table, new_table = rubrics.as_table(before), rubrics.as_table(after)
    by_old = _binder(old_table, own_outcomes(session, old_table.content_hash))
    by_new = _binder(new_table, own_outcomes(session, new_table.content_hash))
    return Comparison(
        before,
        after,
        row_differences(old_table, new_table),
        cell_changes(old_table, new_table),
        _reweigh(session, lambda each: (Rules(rubric, by_old(each)), Rules(rubric, by_new(each))), now=now),
    )


def compare_outcomes(
    session: Session, office: str, table: DecisionTable, outcomes: Mapping[int, Outcome], *, now: datetime
) -> Reweighing:
    """What an office's outcomes would change in verdicts that hold for it, beside those that it has for that table.

    Raises RubricInvalid, naming the two cells, where the outcomes are no sound column.
    """
    with_outcomes(table, outcomes)
    own = own_outcomes(session, table.content_hash)
    rubric, _ = rubrics.current(session)
    by_old = _binder(table, own)
    by_new = _binder(
        table, {**own, office: outcomes} if outcomes else {key: own[key] for key in own if key != office}
    )
    found = _reweigh(
        session, lambda each: (Rules(rubric, by_old(each)), Rules(rubric, by_new(each))), now=now
    )
    held = [each for each in found.cases if not each.judged.offices or office in each.judged.offices]
    return replace(found, cases=held)


def own_outcomes(session: Session, table_hash: str) -> Outcomes:
    """Office code -> its own outcomes for a table, those without any left out."""
    held = offices.holding(session, table_hash)
    return {code: offices.outcomes_of(each) for code, each in held.items() if each.outcomes}


def _reweigh(
    session: Session, rules: Callable[[Collection[str]], tuple[Rules, Rules]], *, now: datetime
) -> Reweighing:
    cases = [
        Reweighed(each, effect(_case(each), *rules(each.offices)))
        for each in store.judged(session, now=now, limit=NEWEST)
    ]
    return Reweighing(cases, store.count_judged(session, now=now))


def _binder(table: DecisionTable, own: Outcomes) -> Callable[[Collection[str]], DecisionTable]:
    """Offices of a verdict -> the table that binds them, made once for each set of offices."""
    made: dict[frozenset[str], DecisionTable] = {}

    def bound(wanted: Collection[str]) -> DecisionTable:
        key = frozenset(wanted)
        if key not in made:
            made[key] = strictest(table, concerned(own, key).values())
        return made[key]

    return bound


def _case(judged: Judged) -> Case:
    kept = judged.assessment
    return Case(
        ratings={each["id"]: Rating(each["rating"]) for each in kept.get("criteria", ())},
        answers={each["id"]: KnockOutAnswer(each["answer"]) for each in kept.get("knock_outs", ())},
        conditions=judged.conditions,
    )
