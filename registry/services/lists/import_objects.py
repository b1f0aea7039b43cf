"""Conditions and marks as an export writes them, read back: each fault is a sentence without words of the program."""

from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime, tzinfo
from enum import StrEnum
from typing import Any, TypeVar

from registry.domain.condition import Check, Condition, ConditionKind, Duty
from registry.domain.errors import InvalidInput
from registry.domain.validity import MarkKind
from registry.domain.values import dataclass

FIRST_YEAR = 1970
"""A day before it is a slip of the keyboard."""
C = TypeVar("C", bound=StrEnum)


@dataclass(frozen=True)
class PlannedMark:
    """What befell the verdict where it comes from."""

    kind: MarkKind
    at: datetime
    by: str = ""
    reason: str = ""
    replacement: str = ""
    effective_on: date | None = None
    details: Mapping[str, str] = field(default_factory=dict)


def read_condition(told: Mapping[str, Any]) -> Condition:
    text, due_on = told.get("text"), _day_of(told, "due_on")
    if not isinstance(text, str) or not 0 < len(text := plain(text)) <= 500:
        raise InvalidInput("A condition has a “text” of 1 to 500 characters.")
    standing = told.get("standing", due_on is None)
    if not isinstance(standing, bool):
        raise InvalidInput("“standing” is true or false.")
    if standing and due_on is not None:
        raise InvalidInput("A standing condition has no due date.")
    mitigates = told.get("mitigates") or []
    if not isinstance(mitigates, list) or not all(isinstance(each, str) for each in mitigates):
        raise InvalidInput("“mitigates” is a list of the rubric’s codes.")
    return Condition(
        text=text,
        kind=_one_of(ConditionKind, told, "kind") or ConditionKind.OTHER,
        duty=_one_of(Duty, told, "who") or (Duty.USER if set(told) == {"text"} else None),
        check=_one_of(Check, told, "check"),
        mitigates=frozenset(mitigates),
        standing=standing,
        due_on=due_on,
        met_on=_day_of(told, "met_on"),
        evidence=plain(str(told.get("evidence") or ""))[:2000],
        waived_reason=plain(str(told.get("waived_reason") or ""))[:500],
    )


def _one_of(codes: type[C], told: Mapping[str, Any], field_: str) -> C | None:
    said = told.get(field_)
    if not said:
        return None
    if said not in list(codes):
        raise InvalidInput(f"“{field_}” is one of: {', '.join(codes)}.")
    return codes(said)


def read_mark(told: Mapping[str, Any], zone: tzinfo) -> PlannedMark:
    kind, at = _one_of(MarkKind, told, "kind"), datetime.fromisoformat(told["at"])
    if kind is None or at.year < FIRST_YEAR:
        raise InvalidInput("It needs a “kind” and, in “at”, the moment.")
    return PlannedMark(
        kind=kind,
        at=at if at.tzinfo else at.replace(tzinfo=zone),
        by=str(told.get("by") or ""),
        reason=str(told.get("reason") or ""),
        replacement=str(told.get("replacement") or ""),
        effective_on=_day_of(told, "effective_on"),
        details={str(name): str(text) for name, text in dict(told.get("details") or {}).items()},
    )


def _day_of(told: Mapping[str, Any], field_: str) -> date | None:
    if not (said := told.get(field_)):
        return None
    try:
        found = date.fromisoformat(said)
    except (ValueError, TypeError):
        found = date.min
    if found.year < FIRST_YEAR:
        raise InvalidInput(f"“{field_}” is a day, written as 2026-11-03.")
    return found


def plain(text: str) -> str:
    """Without space at its ends, control characters and Windows line ends."""
    if text.isprintable():
        return text.strip()
    kept = text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "")
    return "".join(sign for sign in kept if sign >= " " or sign in "\n\t").strip()
