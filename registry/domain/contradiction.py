"""Where the words of a condition and the scope of the same verdict do not go together: told, and left to a person."""

import re
from collections.abc import Iterable, Sequence

from registry.domain.condition import Condition, ConditionKind
from registry.domain.verdict import Scope

FORBIDS = frozenset({"no", "not", "never", "nothing", "without", "neither", "except", "but"})
"""Words by which a condition names what may not be entered rather than what may."""
_WORDS = re.compile(r"[a-z0-9]+")


def contradictions(
    conditions: Iterable[Condition], scope: Scope, data_classes: Sequence[str]
) -> list[tuple[Condition, str]]:
    """Conditions that limit the data to a class below what the scope allows, each with the highest class it permits.

    `data_classes` are the organisation's, the least sensitive first. Only a condition of the kind data ceiling that
    names a class by its word is looked at; of several that it permits the highest counts. A ceiling below every class
    is "".
    """
    allowed = (
        data_classes.index(scope.data_ceiling)
        if scope.data_ceiling in data_classes
        else len(data_classes) - 1
    )
    found = []
    for condition in conditions:
        highest = _highest(condition, data_classes)
        if highest is not None and highest < allowed:
            found.append((condition, data_classes[highest] if highest >= 0 else ""))
    return found


def _highest(condition: Condition, data_classes: Sequence[str]) -> int | None:
    """Place of the highest class that the condition permits, -1 where it permits none; None where it names none."""
    if condition.kind is not ConditionKind.DATA_CEILING:
        return None
    words = set(_WORDS.findall(condition.text.lower()))
    named = [place for place, each in enumerate(data_classes) if set(_WORDS.findall(each.lower())) <= words]
    if not named:
        return None
    return min(named) - 1 if words & FORBIDS else max(named)
