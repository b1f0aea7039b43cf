"""The five outcomes of a decision and what each of them means; everybody reads the one table."""

from enum import StrEnum

from registry.domain.language import gettext_noop as _
from registry.domain.values import dataclass


class Outcome(StrEnum):
    APPROVED = "approved"
    APPROVED_WITH_CONDITIONS = "approved_with_conditions"
    PILOT = "pilot"
    REJECTED = "rejected"
    PROHIBITED = "prohibited"


@dataclass(frozen=True)
class Meaning:
    label: str
    may_use: bool
    needs_conditions: bool
    group: Outcome
    """What it counts as in lists and feeds: a pilot as a conditional approval, a prohibition as a rejection."""


MEANINGS: dict[Outcome, Meaning] = {
    Outcome.APPROVED: Meaning(_("Approved"), True, False, Outcome.APPROVED),
    Outcome.APPROVED_WITH_CONDITIONS: Meaning(
        _("Approved with conditions"), True, True, Outcome.APPROVED_WITH_CONDITIONS
    ),
    Outcome.PILOT: Meaning(_("Pilot"), True, True, Outcome.APPROVED_WITH_CONDITIONS),
    Outcome.REJECTED: Meaning(_("Rejected"), False, False, Outcome.REJECTED),
    Outcome.PROHIBITED: Meaning(_("Prohibited"), False, False, Outcome.REJECTED),
}

LADDER = (Outcome.APPROVED, Outcome.APPROVED_WITH_CONDITIONS, Outcome.PILOT, Outcome.REJECTED)
"""Most permissive first; an approver may go one step either way, and never up from prohibited."""

STRICTNESS: dict[Outcome, int] = {outcome: rank for rank, outcome in enumerate(Outcome)}
"""0 is the most permissive; a higher number is stricter."""


def members(outcome: Outcome) -> frozenset[Outcome]:
    """The outcomes that a filter by `outcome` lets through: itself and those that count as it."""
    return frozenset({outcome} | {each for each, meaning in MEANINGS.items() if meaning.group is outcome})
