"""One evaluation as the rules see it: scorecards, conditions and moderation in, assessment and recommendation out."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlmodel import Session

from registry.domain.anonymity import people, without
from registry.domain.assessment import Assessment, Moderated, Scorecard, assess
from registry.domain.condition import Condition
from registry.domain.decision_table import DecisionTable, strictest, with_outcomes
from registry.domain.disagreement import BANDS, Disagreement, by_severity, disagreements, dissenting
from registry.domain.outcome import Outcome
from registry.domain.recommendation import Flip, Recommendation, explain, flips, reachable, recommend
from registry.domain.rubric import KnockOutAnswer, Rating, Rubric
from registry.domain.values import dataclass
from registry.services.evaluations.scorecards import as_value, counting
from registry.services.rubrics import rubrics
from registry.store import evaluations, offices
from registry.store.columns import id_of
from registry.store.conditions import as_condition
from registry.store.evaluations import StoredScorecard
from registry.store.tables import Evaluation, Moderation


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
    resolutions: tuple[Moderation, ...]
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
    resolutions = evaluations.moderations(session, evaluation_id)
    moderated = as_moderated(rubric, resolutions)
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
        resolutions=tuple(resolutions),
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


def as_it_was(weighed: Weighed) -> dict[str, Any]:
    """The assessment in JSON-ready values: what every page about this verdict shows of it later."""
    assessment = weighed.assessment
    return {
        "rubric": {"name": weighed.rubric.name, "version": weighed.rubric.version},
        "risk": assessment.risk.value,
        "fit": assessment.fit.value,
        "fit_sum": assessment.fit_sum,
        "mitigation": assessment.mitigation.value,
        "row": weighed.recommendation.row.number,
        "offices": {each.office: each.recommendation.outcome.value for each in weighed.by_office},
        "reasons": list(weighed.reasons()),
        "criteria": [
            {
                "id": each.criterion_id,
                "name": weighed.rubric.criterion(each.criterion_id).name,
                "side": weighed.rubric.criterion(each.criterion_id).side.value,
                "rating": each.rating.value,
                "given": [rating.value for rating in each.given],
                "spread": each.spread,
                "moderated": each.moderated,
                "sentences": [
                    card.ratings[each.criterion_id].sentence
                    for card in weighed.cards
                    if each.criterion_id in card.ratings
                ],
                "evidence": [
                    card.ratings[each.criterion_id].evidence
                    for card in weighed.cards
                    if each.criterion_id in card.ratings and card.ratings[each.criterion_id].evidence
                ],
            }
            for each in assessment.criteria
        ],
        "knock_outs": [
            {"id": each.id, "name": weighed.rubric.knock_out(each.id).name, "answer": each.answer.value}
            for each in assessment.knock_outs
        ],
        "disagreements": _dissent(weighed),
    }


def _dissent(weighed: Weighed) -> list[dict[str, Any]]:
    """What was flagged and how it was resolved, without names; an empty `value` was left as it is."""
    reasons = {row.item: row for row in weighed.resolutions}
    hidden = people(card.reviewer.name for card in weighed.cards)
    return [
        {
            "id": each.id,
            "kind": each.kind.value,
            "given": sorted(each.given.values()),
            "spread": each.spread,
            "value": reasons[each.id].value if each.id in reasons else "",
            "reason": without(reasons[each.id].reason, hidden) if each.id in reasons else "",
            "dissent": dissenting(each, reasons[each.id].value) if each.id in reasons else 0,
        }
        for each in by_severity(weighed.disagreements)
    ]
