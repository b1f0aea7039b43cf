"""One evaluation as the rules see it: scorecards, conditions and moderation in, assessment and recommendation out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from registry.domain.assessment import Assessment, Moderated, Scorecard, assess
from registry.domain.condition import Condition
from registry.domain.decision_table import DecisionTable, strictest, with_outcomes
from registry.domain.disagreement import Disagreement, disagreements
from registry.domain.outcome import Outcome
from registry.domain.recommendation import Flip, Recommendation, explain, flips, reachable, recommend
from registry.domain.rubric import KnockOutAnswer, Rating, Rubric
from registry.services import rubrics
from registry.services.scorecards import as_value, counting
from registry.store import evaluations, offices
from registry.store.columns import id_of
from registry.store.conditions import as_condition
from registry.store.evaluations import StoredScorecard
from registry.store.tables import Evaluation, Moderation

BANDS = ("risk_band", "fit_band")


@dataclass(frozen=True)
class OfficeAdvice:
    """What one office's own outcomes recommend."""

    office: str
    """Its code; empty for the decision table's own outcomes."""
    recommendation: Recommendation


@dataclass(frozen=True)
class Weighed:
    rubric: Rubric
    table: DecisionTable
    """With the outcomes of the offices that it is for, in each row the strictest."""
    cards: tuple[StoredScorecard, ...]
    """The submitted ones that count, one a reviewer."""
    scorecards: tuple[Scorecard, ...]
    conditions: tuple[Condition, ...]
    moderated: Moderated
    assessment: Assessment
    recommendation: Recommendation
    disagreements: tuple[Disagreement, ...]
    by_office: tuple[OfficeAdvice, ...] = ()
    """Where one of the offices has outcomes of its own: what each of them is recommended; else empty."""

    def reachable(self) -> Recommendation:
        return reachable(self.rubric, self.scorecards, self.conditions, self.moderated, self.table)

    def flips(self) -> tuple[Flip, ...]:
        return flips(self.rubric, self.scorecards, self.conditions, self.moderated, self.table)

    def reasons(self) -> tuple[str, ...]:
        return explain(self.rubric, self.assessment, self.recommendation)


def weigh(
    session: Session,
    evaluation: Evaluation,
    *,
    conditions: Sequence[Condition] | None = None,
    for_offices: Collection[str] | None = None,
) -> Weighed:
    """Weigh with the conditions proposed so far, or with others. Raises NoScorecards before the first is submitted.

    The recommendation is for the offices of the intended use, or for others; none means all. Where their own outcomes
    differ the strictest binds.
    """
    evaluation_id = id_of(evaluation)
    rubric = rubrics.rubric(session, evaluation.rubric_hash)
    general = rubrics.decision_table(session, evaluation.table_hash)
    columns = concerned(
        own_outcomes(session, evaluation),
        evaluation.intended_use.get("offices", ()) if for_offices is None else for_offices,
    )
    table = strictest(general, columns.values())
    cards = counting(evaluations.scorecards(session, evaluation_id))
    values = tuple(as_value(card) for card in cards)
    if conditions is None:
        proposed = evaluations.proposed_conditions(session, evaluation_id)
        conditions = [as_condition(row) for row in proposed]
    moderated = as_moderated(rubric, evaluations.moderations(session, evaluation_id))
    assessment = assess(rubric, values, conditions, moderated)
    return Weighed(
        rubric=rubric,
        table=table,
        cards=tuple(cards),
        scorecards=values,
        conditions=tuple(conditions),
        moderated=moderated,
        assessment=assessment,
        recommendation=recommend(assessment, table),
        disagreements=disagreements(rubric, values),
        by_office=tuple(
            OfficeAdvice(code, recommend(assessment, with_outcomes(general, column)))
            for code, column in columns.items()
        ),
    )


def own_outcomes(session: Session, evaluation: Evaluation) -> dict[str, Mapping[int, Outcome]]:
    """Office code -> its own outcomes by row, as they were when the evaluation was opened."""
    kept = {each.id: each for each in offices.by_ids(session, evaluation.office_columns.values())}
    return {code: offices.outcomes_of(kept[key]) for code, key in evaluation.office_columns.items()}


def concerned(
    own: Mapping[str, Mapping[int, Outcome]], wanted: Collection[str]
) -> dict[str, Mapping[int, Outcome]]:
    """The columns that bind a decision for the wanted offices (none means all), the table's own under "".

    Empty where none of these offices has a column: then the table is as it is.
    """
    held = {code: own[code] for code in sorted(wanted or own) if code in own}
    if held and (not wanted or not own.keys() >= set(wanted)):
        return {"": {}, **held}
    return held


def as_moderated(rubric: Rubric, rows: Sequence[Moderation]) -> Moderated:
    criteria = {criterion.id for criterion in rubric.criteria}
    return Moderated(
        ratings={row.item: Rating(row.value) for row in rows if row.value and row.item in criteria},
        knock_outs={
            row.item: KnockOutAnswer(row.value)
            for row in rows
            if row.value and row.item not in criteria and row.item not in BANDS
        },
    )
