"""What a verdict changes of the one that it replaces, in words."""

from collections.abc import Mapping
from datetime import date

from registry.domain.language import joined, worded
from registry.domain.lookup import House
from registry.domain.succession import CONDITION, changes
from registry.domain.validity import Ruling
from registry.domain.verdict import Verdict
from registry.web.shapes import Change
from registry.web.words import words

LABELS = {
    "outcome": worded("Outcome"),
    "edition": worded("Edition"),
    "versions": worded("Versions"),
    "deployment": worded("Deployment"),
    "data_ceiling": worded("Information up to"),
    "accounts": worded("Accounts"),
    "audience": worded("People"),
    "offices": worded("Offices"),
    "valid_until": worded("Until"),
}
WITHOUT = {
    "edition": worded("every edition"),
    "versions": worded("every version"),
    "deployment": worded("any"),
    "data_ceiling": worded("any"),
    "accounts": worded("any"),
    "audience": worded("everybody"),
    "offices": worded("all"),
    "valid_until": worded("somebody decides anew"),
}
"""What stands where a verdict is bound to nothing."""
OWN_WORDS = ("edition", "versions", "deployment")


def changes_of(ruling: Ruling, known: Mapping[int, Verdict], house: House) -> tuple[str, list[Change]]:
    """A title and what differs from the newest verdict that this one names; nothing where it names none of `known`."""
    before = max((number for number in ruling.verdict.supersedes if number in known), default=None)
    if before is None:
        return "", []
    found = [
        _condition(each.before, each.after)
        if each.what == CONDITION
        else Change(
            LABELS[each.what], _said(each.what, each.before, house), _said(each.what, each.after, house)
        )
        for each in changes(known[before], ruling.verdict)
    ]
    return worded("What it changes of verdict {number}", number=before), found


def _condition(before: str | date | None, after: str | date | None) -> Change:
    label = (
        worded("New condition")
        if before is None
        else worded("Condition left out")
        if after is None
        else worded("Condition reworded")
    )
    return Change(label, str(before or ""), str(after or ""))


def _said(what: str, value: str | date | None, house: House) -> str:
    if value is None:
        return WITHOUT[what]
    if isinstance(value, date):
        return worded("{day}", day=value)
    if what in OWN_WORDS:
        return value
    phrases = house.phrases if what == "offices" else {}
    return joined(", ", [phrases.get(code) or words(code) for code in value.split(", ")])
