"""What a verdict changes of the one that it replaces: outcome, scope, conditions and dates, from what to what."""

from collections.abc import Sequence
from datetime import date
from difflib import SequenceMatcher

from registry.domain.condition import Condition
from registry.domain.values import dataclass
from registry.domain.verdict import Verdict

ALIKE = 0.6
"""From so much of their letters in common two conditions are one that was reworded."""
CONDITION = "condition"


@dataclass(frozen=True)
class Change:
    what: str
    """`outcome`, `edition`, `versions`, `deployment`, `data_ceiling`, `accounts`, `audience`, `offices`, `valid_until`,
    or `condition`."""
    before: str | date | None
    """None: there was nothing of the kind. Several codes are parted by commas, in order."""
    after: str | date | None


def changes(before: Verdict, after: Verdict) -> list[Change]:
    """In the order of `Change.what`; conditions in that of the newer verdict, those that are gone at last."""
    old, new = before.scope, after.scope
    pairs: tuple[tuple[str, str | date | None, str | date | None], ...] = (
        ("outcome", before.outcome.value, after.outcome.value),
        ("edition", old.edition or None, new.edition or None),
        ("versions", old.versions or None, new.versions or None),
        ("deployment", old.deployment or None, new.deployment or None),
        ("data_ceiling", old.data_ceiling, new.data_ceiling),
        ("accounts", _listed(old.accounts), _listed(new.accounts)),
        ("audience", _listed(old.audience), _listed(new.audience)),
        ("offices", _listed(old.offices), _listed(new.offices)),
        ("valid_until", before.valid_until, after.valid_until),
    )
    found = [Change(what, was, now) for what, was, now in pairs if was != now]
    return [*found, *_conditions(before.conditions, after.conditions)]


def _listed(codes: frozenset[str]) -> str | None:
    return ", ".join(sorted(codes)) or None


def _conditions(before: Sequence[Condition], after: Sequence[Condition]) -> list[Change]:
    """Equal texts are one; of the others those that are most alike are paired first."""
    gone, come = _without(before, after), _without(after, before)
    alike = sorted(
        ((_likeness(old, new), -gone.index(old), -come.index(new), old, new) for old in gone for new in come),
        reverse=True,
    )
    was: dict[str, str] = {}
    for likeness, _, _, old, new in alike:
        if likeness >= ALIKE and new not in was and old not in was.values():
            was[new] = old
    return [
        *(Change(CONDITION, was.get(text), text) for text in come),
        *(Change(CONDITION, text, None) for text in gone if text not in was.values()),
    ]


def _without(these: Sequence[Condition], those: Sequence[Condition]) -> list[str]:
    known = {each.text for each in those}
    return list(dict.fromkeys(each.text for each in these if each.text not in known))


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one.casefold(), other.casefold(), autojunk=False).ratio()
