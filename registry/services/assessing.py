"""One evaluation as the rules see it: scorecards, conditions and moderation in, assessment and recommendation out."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from registry.domain.assessment import Assessment, Moderated, Scorecard, assess
from registry.domain.condition import Condition
from registry.domain.decision_table import DecisionTable
from registry.domain.disagreement import Disagreement, disagreements
from registry.domain.recommendation import Flip, Recommendation, explain, flips, reachable, recommend
from registry.domain.rubric import KnockOutAnswer, Rating, Rubric
from registry.services import rubrics
from registry.services.progress import BANDS
from registry.services.scorecards import as_value, counting
from registry.store import evaluations
from registry.store.columns import id_of
from registry.store.conditions import as_condition
from registry.store.evaluations import StoredScorecard
from registry.store.tables import Evaluation, Moderation


@dataclass(frozen=True)
class Weighed:
    rubric: Rubric
    table: DecisionTable
    cards: tuple[StoredScorecard, ...]
    """The submitted ones that count, one a reviewer."""
    scorecards: tuple[Scorecard, ...]
    conditions: tuple[Condition, ...]
    moderated: Moderated
    assessment: Assessment
    recommendation: Recommendation
    disagreements: tuple[Disagreement, ...]

    def reachable(self) -> Recommendation:
        return reachable(self.rubric, self.scorecards, self.conditions, self.moderated, self.table)

    def flips(self) -> tuple[Flip, ...]:
        return flips(self.rubric, self.scorecards, self.conditions, self.moderated, self.table)

    def reasons(self) -> tuple[str, ...]:
        return explain(self.rubric, self.assessment, self.recommendation)


def weigh(
    session: Session, evaluation: Evaluation, *, conditions: Sequence[Condition] | None = None
) -> Weighed:
    """Weigh with the conditions proposed so far, or with others. Raises NoScorecards before the first is submitted."""
    evaluation_id = id_of(evaluation)
    rubric = rubrics.rubric(session, evaluation.rubric_hash)
    table = rubrics.decision_table(session, evaluation.table_hash)
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
    )


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
