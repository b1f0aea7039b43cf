"""What was decided: the immutable verdict, what each outcome needs before it can be published, how far an
approver may step from the recommendation, and how long it stands by default. Whether it still stands is
validity's business."""

import calendar
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime, timedelta

from registry.domain.condition import Condition
from registry.domain.errors import RuleBroken
from registry.domain.evaluation import Tier
from registry.domain.language import worded
from registry.domain.outcome import MEANINGS, STRICTNESS, Outcome
from registry.domain.values import dataclass

NONE_KNOWN = "none known"
"""What stands among the alternatives when there is none."""

PILOT_DAYS = 180
CONDITIONAL_MONTHS = 12
QUICK_LANE_MONTHS = 12
APPROVED_MONTHS: dict[Tier, int] = {Tier.ONE: 36, Tier.TWO: 24, Tier.THREE: 12}


@dataclass(frozen=True)
class Scope:
    """What exactly was decided on; what is left empty is not limited."""

    edition: str = ""
    offices: frozenset[str] = frozenset()
    versions: str = ""
    deployment: str = ""
    data_ceiling: str | None = None
    """The highest data class; it includes the ones before it."""
    accounts: frozenset[str] = frozenset()
    audience: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Pilot:
    owner: str
    size: str
    measure: str
    exit_rule: str


@dataclass(frozen=True, kw_only=True)
class Verdict:
    number: int
    tool: str
    """The tool's slug."""
    outcome: Outcome
    scope: Scope = field(default_factory=Scope)
    conditions: tuple[Condition, ...] = ()
    rationale: str = ""
    alternatives: tuple[str, ...] = ()
    reason_code: str = ""
    citation: str = ""
    pilot: Pilot | None = None
    decided_by: str
    decided_for: str = ""
    """The approver whose deputy decided; empty where it was decided in one's own right."""
    decided_at: datetime
    starts_at: datetime
    """After the undo window, or later where a later day was chosen."""
    valid_until: date | None = None
    """The last day, inclusive, in the organisation's time zone; without meaning for a no."""
    supersedes: tuple[int, ...] = ()
    imported: bool = False
    notes: tuple[str, ...] = ()
    """Exceptions on the record: one person scored and decided, the quick lane."""

    @property
    def decider(self) -> str:
        return decider(self.decided_by, self.decided_for)


def decider(decided_by: str, decided_for: str) -> str:
    """Who decided, in words."""
    if not decided_for:
        return decided_by
    return worded("{deputy} for {approver}", deputy=decided_by, approver=decided_for)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A verdict before it is published."""

    outcome: Outcome
    conditions: tuple[Condition, ...] = ()
    rationale: str = ""
    alternatives: tuple[str, ...] = ()
    reason_code: str = ""
    citation: str = ""
    pilot: Pilot | None = None
    step_reason: str = ""
    """Why the approver stepped away from the recommendation."""
    earlier_pilots: int = 0
    """How many pilots in a row this one would follow."""


@dataclass(frozen=True, kw_only=True)
class AssessmentFacts:
    """What the assessment says, as plain values: `ratings` maps a criterion's id to "0".."4" or "U"."""

    ratings: Mapping[str, str] = field(default_factory=dict)
    unknown_knock_outs: Collection[str] = ()
    recommended: Outcome | None = None
    extreme: bool = False
    """The risk band is extreme (or forbidden): no step up."""


def demands(draft: Draft, facts: AssessmentFacts) -> dict[str, str]:
    """What the outcome needs and this draft lacks: a sentence for each field; empty when it can be
    published.

    Fields: outcome, step_reason, conditions, rationale, alternatives, reason_code, citation, pilot_owner,
    pilot_size, pilot_measure, pilot_exit_rule. Source: docs/concepts.md, the table of outcomes.
    """
    lacks: dict[str, str] = {}
    if not draft.rationale.strip():
        lacks["rationale"] = "Say in plain words why."
    lacks |= _demands_of_ratings(draft, facts)
    if MEANINGS[draft.outcome].needs_conditions:
        lacks |= _demands_of_conditions(draft, facts)
    elif draft.outcome is Outcome.APPROVED and draft.conditions:
        lacks["conditions"] = (
            'A plain approval has no conditions. Take them out, or choose "approved with conditions".'
        )
    if draft.outcome is Outcome.PILOT:
        lacks |= _demands_of_pilot(draft)
    if draft.outcome is Outcome.REJECTED:
        lacks |= _demands_of_rejection(draft)
    if draft.outcome is Outcome.PROHIBITED and not draft.citation.strip():
        lacks["citation"] = "Cite the law or the rule that forbids it."
    if facts.recommended is not None:
        fault = _step_fault(facts.recommended, draft.outcome, draft.step_reason, facts.extreme)
        if fault is not None:
            lacks.setdefault(*fault)
    return lacks


def step_from(recommended: Outcome, chosen: Outcome) -> int:
    """How many steps the choice is from the recommendation: below 0 more permissive, above 0 stricter."""
    return STRICTNESS[chosen] - STRICTNESS[recommended]


def check_step(recommended: Outcome, chosen: Outcome, *, reason: str, extreme: bool = False) -> None:
    """Raise RuleBroken unless the choice is the recommendation, or one step from it with a written reason.

    There is no step up from prohibited, or from the recommendation of an extreme risk, and none down to
    prohibited.
    """
    fault = _step_fault(recommended, chosen, reason, extreme)
    if fault is not None:
        raise RuleBroken(fault[1])


def default_valid_until(
    outcome: Outcome,
    *,
    tier: Tier,
    quick_lane: bool = False,
    decided_on: date,
    conditions: Sequence[Condition] = (),
) -> date | None:
    """The last day that the form proposes; None for a no, which has no end."""
    return explained_valid_until(
        outcome, tier=tier, quick_lane=quick_lane, decided_on=decided_on, conditions=conditions
    )[0]


def explained_valid_until(
    outcome: Outcome,
    *,
    tier: Tier,
    quick_lane: bool = False,
    decided_on: date,
    conditions: Sequence[Condition] = (),
) -> tuple[date | None, str]:
    """The day on which it ends unless something changes, and the rule that it follows from, in words.

    Without `conditions` it is the outcome's own life, which is what a verdict keeps: an open condition ends it sooner
    only as long as it is open.
    """
    if not MEANINGS[outcome].may_use:
        return None, "a no has no end"
    if outcome is Outcome.APPROVED:
        months = QUICK_LANE_MONTHS if quick_lane else APPROVED_MONTHS[tier]
        what = "the quick lane" if quick_lane else f"tier {tier.value}"
        return months_after(decided_on, months), f"an approval in {what} stands for {months} months"
    if outcome is Outcome.PILOT:
        end, why = decided_on + timedelta(days=PILOT_DAYS), f"a pilot lasts {PILOT_DAYS} days"
    else:
        end = months_after(decided_on, CONDITIONAL_MONTHS)
        why = f"a conditional approval stands for {CONDITIONAL_MONTHS} months"
    due = open_due_dates(conditions, decided_on)
    if due and due[0] < end:
        return due[0], "that is the earliest day by which a condition is to be met"
    return end, why


def day_faults(
    outcome: Outcome, *, starts_on: date | None, valid_until: date | None, by_rule: date | None
) -> dict[str, str]:
    """Field -> sentence: what is wrong with the chosen days, given the last day by the outcome's own rule."""
    if by_rule is None:
        return {}
    until = valid_until or by_rule
    if outcome is Outcome.PILOT and until > by_rule:
        return {
            "valid_until": f"A pilot lasts {PILOT_DAYS} days at most. Choose an earlier day, or leave it empty."
        }
    if starts_on is not None and starts_on > until:
        return {"starts_on": "It would end before it starts. Choose an earlier day, or a later last day."}
    return {}


def open_due_dates(conditions: Sequence[Condition], on: date) -> tuple[date, ...]:
    """The due dates of the dated conditions that on this day were neither met nor waived, earliest first."""
    return tuple(
        sorted(
            each.due_on
            for each in conditions
            if each.due_on is not None
            and not each.standing
            and not each.waived_reason
            and (each.met_on is None or each.met_on > on)
        )
    )


def _demands_of_ratings(draft: Draft, facts: AssessmentFacts) -> dict[str, str]:
    if not MEANINGS[draft.outcome].may_use:
        return {}
    forbidden = {"3", "4", "U"} if draft.outcome is Outcome.APPROVED else {"4"}
    reasons = [f"{each} is rated {rating}" for each, rating in facts.ratings.items() if rating in forbidden]
    if draft.outcome is Outcome.APPROVED:
        reasons += [f"{each} is unknown" for each in facts.unknown_knock_outs]
    if not reasons:
        return {}
    return {"outcome": f'"{MEANINGS[draft.outcome].label}" is not possible: {", ".join(reasons)}.'}


def _demands_of_conditions(draft: Draft, facts: AssessmentFacts) -> dict[str, str]:
    if not draft.conditions:
        return {"conditions": "Add at least one condition."}
    if not all(each.text.strip() for each in draft.conditions):
        return {"conditions": "Say in each condition what must be done."}
    to_cover = [each for each, rating in facts.ratings.items() if rating in {"3", "U"}]
    to_cover += facts.unknown_knock_outs
    covered = frozenset[str]().union(*(each.mitigates for each in draft.conditions))
    bare = [each for each in to_cover if each not in covered]
    return {"conditions": f"Add a condition that covers {', '.join(bare)}."} if bare else {}


def _demands_of_pilot(draft: Draft) -> dict[str, str]:
    pilot = draft.pilot or Pilot("", "", "", "")
    needs = (
        ("pilot_owner", pilot.owner, "Name who runs the pilot."),
        ("pilot_size", pilot.size, "Say who and how many take part in the pilot."),
        ("pilot_measure", pilot.measure, "Say how you will know whether the pilot worked."),
        ("pilot_exit_rule", pilot.exit_rule, "Say when and how the pilot ends."),
    )
    lacks = {name: sentence for name, value, sentence in needs if not value.strip()}
    if draft.earlier_pilots > 1:
        lacks["outcome"] = "A pilot can be renewed only once, and this one was. Choose another outcome."
    return lacks


def _demands_of_rejection(draft: Draft) -> dict[str, str]:
    lacks = {}
    if not draft.reason_code.strip():
        lacks["reason_code"] = "Choose the reason."
    if not any(each.strip() for each in draft.alternatives):
        lacks["alternatives"] = f'Name what to use instead, or write "{NONE_KNOWN}".'
    return lacks


def _step_fault(recommended: Outcome, chosen: Outcome, reason: str, extreme: bool) -> tuple[str, str] | None:
    step = step_from(recommended, chosen)
    if step == 0:
        return None
    label = MEANINGS[recommended].label.lower()
    if step < 0 and recommended is Outcome.PROHIBITED:
        return "outcome", "What is prohibited stays prohibited. Only a change of the rule reopens it."
    if step < 0 and extreme:
        return (
            "outcome",
            f"The risk is extreme: nothing milder than the recommendation ({label}) is possible.",
        )
    if chosen is Outcome.PROHIBITED:
        return (
            "outcome",
            "Only what a law or a rule forbids is prohibited. Answer that question of the rubric first.",
        )
    if abs(step) > 1:
        return "outcome", f"The recommendation is: {label}. You may go one step from it, not {abs(step)}."
    if not reason.strip():
        return "step_reason", f"The recommendation is: {label}. Write why you decide otherwise."
    return None


def months_after(day: date, months: int) -> date:
    """The same day of the month, or the last one where that month is shorter."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, min(day.day, calendar.monthrange(years, month + 1)[1]))
