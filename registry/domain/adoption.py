"""Taking over what another registry decided, under local conditions: how far that may go where nothing was scored.

It may be stricter than theirs in everything and milder in nothing. What is tier 3 here is evaluated here.
"""

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from registry.domain.condition import Condition
from registry.domain.evaluation import FIRST_SENSITIVE
from registry.domain.language import day_text
from registry.domain.outcome import MEANINGS, STRICTNESS, Outcome
from registry.domain.outside import Outside
from registry.domain.verdict import PILOT_DAYS, Scope, months_after

MONTHS = 12
NO_EFFECT = "It has no effect on people’s rights."
"""What whoever adopts a yes confirms: else three reviewers score it here."""


def latest_day(outcome: Outcome, theirs: Outside, today: date) -> date | None:
    """The last day that it may stand: as long as theirs, a year at most, a pilot 180 days; None for a no."""
    if not MEANINGS[outcome].may_use:
        return None
    pilot = outcome is Outcome.PILOT
    own = today + timedelta(days=PILOT_DAYS) if pilot else months_after(today, MONTHS)
    return min(own, theirs.ends_on) if theirs.ends_on is not None else own


def beyond(
    outcome: Outcome,
    scope: Scope,
    theirs: Outside,
    *,
    data_classes: Sequence[str],
    accounts: Collection[str],
    audiences: Collection[str],
    valid_until: date | None,
    latest: date | None,
    no_effect: bool,
) -> dict[str, str]:
    """Field -> what takes this beyond an adoption. Source: docs/reciprocity.md, "What may be adopted"."""
    if STRICTNESS[outcome] < STRICTNESS[theirs.outcome]:
        theirs_is = MEANINGS[theirs.outcome].label.lower()
        return {
            "outcome": f"Theirs is “{theirs_is}”, and nothing was scored here that would speak for a milder one. "
            "Choose theirs or a stricter one, or evaluate the tool here."
        }
    if not MEANINGS[outcome].may_use:
        return {}
    found = {
        name: f"Theirs covers only this: {limit}. Say the same, or less."
        for name, limit, ours in (
            ("edition", theirs.scope.edition, scope.edition),
            ("versions", theirs.scope.versions, scope.versions),
            ("deployment", theirs.scope.deployment, scope.deployment),
        )
        if limit and not ours.strip()
    }
    if fault := _ceiling_fault(scope.data_ceiling, theirs.scope.data_ceiling, data_classes):
        found["data_ceiling"] = fault
    for name, limit, known, chosen in (
        ("accounts", theirs.scope.accounts, accounts, scope.accounts),
        ("audience", theirs.scope.audience, audiences, scope.audience),
    ):
        allowed = [each for each in limit if each in known]
        if limit and known and (not chosen or (allowed and chosen - set(allowed))):
            found[name] = f"Theirs is limited to {', '.join(limit)}. Choose the same, or fewer."
    if valid_until is not None and latest is not None and valid_until > latest:
        found["valid_until"] = (
            f"It may stand until {day_text(latest)}: as long as theirs, and a year at most."
        )
    if not no_effect:
        found["no_effect"] = "Confirm it. What has an effect on people’s rights is scored here first."
    return found


def left_out(conditions: Sequence[Condition], theirs: Outside) -> list[str]:
    """Texts of their conditions that do not stand among these word for word."""
    kept = {_plain(each.text) for each in conditions}
    return [each.text for each in theirs.conditions if _plain(each.text) not in kept]


def _ceiling_fault(ours: str | None, theirs: str, classes: Sequence[str]) -> str:
    allowed = list(classes[:FIRST_SENSITIVE])
    if theirs in classes:
        allowed = [each for each in allowed if classes.index(each) <= classes.index(theirs)]
    if ours in allowed:
        return ""
    if ours in classes[FIRST_SENSITIVE:]:
        return (
            "More sensitive information than this is scored here first: choose a lower class, or evaluate it."
        )
    return f"Choose the highest class of information: {' or '.join(allowed)}."


def _plain(text: str) -> str:
    return " ".join(text.split()).rstrip(".").casefold()
