"""What a verdict changes of the one that it replaces, in words."""

from collections.abc import Mapping
from datetime import date

from registry.domain.language import day_text
from registry.domain.lookup import House
from registry.domain.succession import CONDITION, changes
from registry.domain.validity import Ruling
from registry.domain.verdict import Verdict
from registry.web.shapes import Change
from registry.web.words import words

LABELS = {
    "outcome": "Outcome",
    "edition": "Edition",
    "versions": "Versions",
    "deployment": "Deployment",
    "data_ceiling": "Information up to",
    "accounts": "Accounts",
    "audience": "People",
    "offices": "Offices",
    "valid_until": "Until",
}
WITHOUT = {
    "edition": "every edition",
    "versions": "every version",
    "deployment": "any",
    "data_ceiling": "any",
    "accounts": "any",
    "audience": "everybody",
    "offices": "all",
    "valid_until": "somebody decides anew",
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
    return f"What it changes of verdict {before}", found


def _condition(before: str | date | None, after: str | date | None) -> Change:
    label = (
        "New condition" if before is None else "Condition left out" if after is None else "Condition reworded"
    )
    return Change(label, str(before or ""), str(after or ""))


def _said(what: str, value: str | date | None, house: House) -> str:
    if value is None:
        return WITHOUT[what]
    if isinstance(value, date):
        return day_text(value)
    if what in OWN_WORDS:
        return value
    phrases = house.phrases if what == "offices" else {}
    return ", ".join(phrases.get(code) or words(code) for code in value.split(", "))
