"""Two rubrics, or two decision tables, side by side: what differs in words, and what a case decided before would be
recommended under the other; choosing the cases and switching over are left to others."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import TypeVar

from registry.domain.assessment import Assessment, CriterionResult, KnockOutResult, weigh
from registry.domain.condition import Condition
from registry.domain.decision_table import CELLS, Cell, DecisionTable, FitBand, Mitigation, RiskBand, Row
from registry.domain.outcome import STRICTNESS, Outcome
from registry.domain.recommendation import Recommendation, explain, recommend
from registry.domain.rubric import Criterion, KnockOut, KnockOutAnswer, Rating, Rubric, Side
from registry.domain.values import dataclass

Thing = TypeVar("Thing")

BEST = {Side.RISK: Rating.ZERO, Side.FIT: Rating.FOUR}


class Sort(StrEnum):
    """Of a difference."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True)
class Detail:
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Difference:
    sort: Sort
    what: str
    """`R13 Energy`, or the inputs of a row."""
    details: tuple[Detail, ...] = ()
    """What changed; of something added or removed, what it says."""


@dataclass(frozen=True)
class CellChange:
    cell: Cell
    before: Outcome
    after: Outcome


@dataclass(frozen=True)
class Case:
    """What was settled in an evaluation: ratings and answers by id, and the conditions of its verdict."""

    ratings: Mapping[str, Rating]
    answers: Mapping[str, KnockOutAnswer]
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Rules:
    """What a case is judged by; the table holds the outcomes of whichever office it is for."""

    rubric: Rubric
    table: DecisionTable


@dataclass(frozen=True)
class Effect:
    before: Recommendation
    after: Recommendation
    unanswered: tuple[str, ...]
    """Ids that the new rubric asks and nobody answered in this case: they count as unknown."""
    only_unanswered: bool
    """The recommendation would stay if the unanswered questions had the best of answers."""
    causes: tuple[str, ...]
    """Why it changes, in sentences: each input that differs, then the rows."""

    @property
    def changes(self) -> bool:
        return self.before.outcome is not self.after.outcome

    @property
    def stricter(self) -> bool:
        return STRICTNESS[self.after.outcome] > STRICTNESS[self.before.outcome]


def rubric_differences(before: Rubric, after: Rubric) -> tuple[Difference, ...]:
    """Criteria first, then knock-outs, in the order of the later one; what it asks no more follows its kind."""
    titles = [Detail("Title", before.title, after.title)] if before.title != after.title else []
    heads = (Difference(Sort.CHANGED, "The rubric", tuple(titles)),) if titles else ()
    return (
        *heads,
        *_differences(
            {each.id: each for each in before.criteria},
            {each.id: each for each in after.criteria},
            _criterion_says,
        ),
        *_differences(
            {each.id: each for each in before.knock_outs},
            {each.id: each for each in after.knock_outs},
            _knock_out_says,
        ),
    )


def row_differences(before: DecisionTable, after: DecisionTable) -> tuple[Difference, ...]:
    """Rows are the same where their inputs are; their place in the table shows in `cell_changes`."""
    return _differences(_by_inputs(before), _by_inputs(after), _row_says)


def cell_changes(before: DecisionTable, after: DecisionTable) -> tuple[CellChange, ...]:
    """Those of the 45 combinations that would be recommended another outcome."""
    pairs = [(cell, before.row_for(*cell).outcome, after.row_for(*cell).outcome) for cell in CELLS]
    return tuple(CellChange(*each) for each in pairs if each[1] is not each[2])


def effect(case: Case, before: Rules, after: Rules) -> Effect:
    """What a case is recommended by the one and by the other; an answer that a rubric never asked for is left out."""
    was = _judge(case, before)
    new = _judge(case, after)
    asked_new = tuple(each for each in unanswered(case, after.rubric) if each not in before.rubric.ids)
    changes = was[1].outcome is not new[1].outcome
    return Effect(
        before=was[1],
        after=new[1],
        unanswered=asked_new,
        only_unanswered=changes
        and bool(asked_new)
        and _judge(_answered_best(case, after.rubric, asked_new), after)[1].outcome is was[1].outcome,
        causes=_causes(after.rubric, was, new) if changes else (),
    )


def unanswered(case: Case, rubric: Rubric) -> tuple[str, ...]:
    """Ids in the rubric's order; a "not applicable" where this rubric has none is no answer."""
    return tuple(
        [each.id for each in rubric.criteria if not _answers(case, each)]
        + [each.id for each in rubric.knock_outs if each.id not in case.answers]
    )


def _answers(case: Case, criterion: Criterion) -> bool:
    rating = case.ratings.get(criterion.id)
    return rating is not None and (rating is not Rating.NOT_APPLICABLE or criterion.may_not_apply)


def _answered_best(case: Case, rubric: Rubric, ids: Iterable[str]) -> Case:
    asked = set(ids)
    ratings = {each.id: BEST[each.side] for each in rubric.criteria if each.id in asked}
    answers = {each.id: KnockOutAnswer.NO for each in rubric.knock_outs if each.id in asked}
    return Case({**case.ratings, **ratings}, {**case.answers, **answers}, case.conditions)


def _judge(case: Case, rules: Rules) -> tuple[Assessment, Recommendation]:
    rubric = rules.rubric
    ratings = {each.id: case.ratings[each.id] for each in rubric.criteria if _answers(case, each)}
    assessment = weigh(
        rubric,
        tuple(
            CriterionResult(each.id, (), ratings.get(each.id, Rating.UNKNOWN), 0) for each in rubric.criteria
        ),
        tuple(
            KnockOutResult(each.id, (), case.answers.get(each.id, KnockOutAnswer.UNKNOWN))
            for each in rubric.knock_outs
        ),
        case.conditions,
    )
    return assessment, recommend(assessment, rules.table)


def _causes(
    rubric: Rubric, was: tuple[Assessment, Recommendation], new: tuple[Assessment, Recommendation]
) -> tuple[str, ...]:
    before, after = was[1], new[1]
    risk, fit, mitigation, row = explain(rubric, new[0], after)
    told = [
        f"{sentence} It was {old}."
        for old, now, sentence in (
            (before.risk, after.risk, risk),
            (before.fit, after.fit, fit),
            (before.mitigation, after.mitigation, mitigation),
        )
        if old is not now
    ]
    return (*told, f"{row} It was row {before.row.number}.")


def _differences(
    before: Mapping[str, Thing], after: Mapping[str, Thing], says: Callable[[Thing], dict[str, str]]
) -> tuple[Difference, ...]:
    found = []
    for key, thing in after.items():
        said = says(thing)
        old = says(before[key]) if key in before else {}
        if not old:
            details = tuple(Detail(label, "", text) for label, text in said.items() if text and label)
            found.append(Difference(Sort.ADDED, said[""], details))
            continue
        changed = tuple(
            Detail(label or "Name", old[label], text) for label, text in said.items() if text != old[label]
        )
        if changed:
            found.append(Difference(Sort.CHANGED, said[""], changed))
    gone = [says(thing) for key, thing in before.items() if key not in after]
    return (*found, *(Difference(Sort.REMOVED, said[""]) for said in gone))


def _criterion_says(criterion: Criterion) -> dict[str, str]:
    return {
        "": f"{criterion.id} {criterion.name}",
        "Kind": criterion.side.value,
        "Weight": str(criterion.weight),
        "Question": criterion.question,
        **{f"What {number} means": text for number, text in criterion.anchors.items()},
        "May be not applicable": "yes" if criterion.may_not_apply else "no",
        "Ordinary guidance": criterion.ordinary_guidance,
        "Expertise": ", ".join(sorted(criterion.areas)),
        "Evidence": criterion.evidence,
    }


def _knock_out_says(knock_out: KnockOut) -> dict[str, str]:
    days = knock_out.reopens_after_days
    return {
        "": f"{knock_out.id} {knock_out.name}",
        "Kind": "knock-out",
        "Question": knock_out.question,
        "What the employee reads": knock_out.reason,
        "Forbids the tool": "yes" if knock_out.forbids else "no",
        "Allows a no on the same day": "yes" if knock_out.quick_no else "no",
        "Opens the case again": f"after {days} days" if days else "no",
    }


def _row_says(row: Row) -> dict[str, str]:
    return {
        "": _inputs(row).capitalize(),
        "Recommends": row.outcome.value,
        "Conditions that come along": " ".join(row.preset_conditions),
        "Note": row.note,
    }


def _by_inputs(table: DecisionTable) -> dict[str, Row]:
    """Of two rows with the same inputs the upper one, since the lower is never reached."""
    return {
        **{_inputs(row): row for row in table.rows},
        **{_inputs(row): row for row in reversed(table.rows)},
    }


def _inputs(row: Row) -> str:
    return ", ".join(
        f"{name} {_either(chosen, every)}"
        for name, chosen, every in (
            ("risk", row.risks, RiskBand),
            ("fit", row.fits, FitBand),
            ("mitigation", row.mitigations, Mitigation),
        )
    )


def _either(chosen: Iterable[StrEnum], every: type[StrEnum]) -> str:
    held = set(chosen)
    return "any" if len(held) == len(every) else " or ".join(each.value for each in every if each in held)
