"""One row of an imported list as values: each fault is told by column, each liberty taken as a note."""

import json
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from datetime import UTC, date, datetime, tzinfo
from typing import Any, TypeVar

from registry.domain.condition import Check, Condition, Duty
from registry.domain.errors import InvalidInput
from registry.domain.identity import name_key
from registry.domain.lookup import House
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.tag import tags_of
from registry.domain.values import dataclass
from registry.services.lists.import_objects import (
    FIRST_YEAR,
    PlannedMark,
    plain,
    read_condition,
    read_mark,
)
from registry.services.lists.spreadsheets import Row
from registry.services.tools.home_pages import read_home_page

SEVERAL = frozenset({"aliases", "tags"})
TOOL_COLUMNS = (
    "name",
    "slug",
    "homepage",
    "aliases",
    "vendor",
    "category",
    "tags",
    "description",
    "guidance",
)
VERDICT_COLUMNS = (
    "outcome", "number", "conditions", "rationale", "decided_at", "decided_by", "decided_for", "valid_from",
    "valid_until", "data_class", "accounts", "offices", "editions", "versions", "audience", "deployment",
    "reason_code", "citation", "alternatives", "pilot", "supersedes", "reference", "notes", "marks",
)  # fmt: skip
COLUMNS = (*TOOL_COLUMNS, *VERDICT_COLUMNS)
NOBODY = "an earlier list"
NO_DATE = frozenset({"", "-", "–", "—", "n/a", "na", "none", "null", "tbd"})
_LENGTHS = {
    "name": 120, "slug": 120, "homepage": 2000, "vendor": 120, "category": 80, "description": 2000,
    "guidance": 2000, "rationale": 4000, "decided_by": 120, "decided_for": 120, "versions": 200, "deployment": 200,
    "reason_code": 60, "citation": 500, "reference": 500,
}  # fmt: skip
_MAY_BE_CUT = frozenset({"description", "guidance", "rationale"})
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class PlannedVerdict:
    outcome: Outcome
    number: int | None
    edition: str
    conditions: tuple[Condition, ...]
    decided_at: datetime | None
    decided_by: str
    decided_for: str
    """The approver whose deputy decided; empty where it was nobody's."""
    starts_at: datetime | None
    valid_until: date | None
    data_ceiling: str | None
    accounts: tuple[str, ...]
    offices: tuple[str, ...]
    audience: tuple[str, ...]
    alternatives: tuple[str, ...]
    pilot: Mapping[str, str]
    supersedes: tuple[int, ...]
    marks: tuple[PlannedMark, ...]
    recorded: tuple[str, ...]
    """Exceptions that were on its record."""
    texts: Mapping[str, str]
    """By column: versions, deployment, rationale, reason_code, citation, reference."""


@dataclass(frozen=True)
class PlannedRow:
    number: int
    """1 for the first row under the header."""
    texts: Mapping[str, str]
    """The tool's columns."""
    aliases: tuple[str, ...]
    tags: tuple[str, ...]
    verdicts: tuple[PlannedVerdict, ...]
    """One for each edition named; none where the row only tells a tool."""
    notes: tuple[str, ...]
    faults: Mapping[str, str]
    """Column to a sentence."""

    @property
    def name(self) -> str:
        return self.texts["name"]

    @property
    def whole(self) -> bool:
        """Whether it comes from a registry's export, where nothing is left to be guessed."""
        return bool(self.texts["slug"])


def read_row(number: int, row: Row, house: House, *, now: datetime, date_format: str = "") -> PlannedRow:
    """Never raises: what cannot be read stands in `faults`."""
    cells = _Cells(row, house.zone, date_format)
    texts = {column: cells.text(column) for column in TOOL_COLUMNS if column not in SEVERAL}
    if not name_key(texts["name"]):
        cells.faults["name"] = "Give the tool's name."
    try:
        texts["homepage"] = read_home_page(texts["homepage"])
    except InvalidInput as refused:
        cells.faults.setdefault("homepage", refused.sentence)
    aliases = cells.several("aliases")
    if any(len(each) > 500 for each in aliases):
        cells.faults["aliases"] = "An alias has at most 500 characters."
    outcome = cells.outcome()
    planned = _verdicts(cells, outcome, house, now) if outcome else ()
    return PlannedRow(number, texts, aliases, cells.tags(), planned, tuple(cells.notes), cells.faults)


@dataclass
class _Cells:
    row: Row
    zone: tzinfo
    date_format: str
    faults: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def text(self, column: str) -> str:
        value = self.row.get(column)
        if isinstance(value, list | dict):
            self.faults[column] = "Write plain text here, no list and no object."
            return ""
        text = plain(value if isinstance(value, str) else "" if value is None else str(value))
        if column in ("name", "category", "vendor"):
            text = " ".join(text.split())
        most = _LENGTHS.get(column)
        if most is not None and len(text) > most:
            if column in _MAY_BE_CUT:
                self.notes.append(f"The {column} was cut after {most} characters.")
                return text[:most].rstrip()
            self.faults[column] = f"At most {most} characters, not {len(text)}."
        return text

    def several(self, column: str) -> tuple[str, ...]:
        value = self._structured(column)
        if isinstance(value, str):
            value = value.split(";")
        if not isinstance(value, list) or any(isinstance(each, list | dict) for each in value):
            self.faults[column] = "Separate several values with “;”, or write a JSON list of texts."
            return ()
        return tuple(dict.fromkeys(text for each in value if (text := plain(str(each)))))

    def tags(self) -> tuple[str, ...]:
        try:
            return tags_of(self.several("tags"))
        except InvalidInput as refused:
            self.faults["tags"] = refused.sentence
            return ()

    def known(self, column: str, choices: tuple[str, ...]) -> tuple[str, ...]:
        given = self.several(column)
        strange = [each for each in given if each not in choices]
        if strange and choices:
            self.faults[column] = f"There is no {strange[0]}. Choose among: {', '.join(choices)}."
        return given

    def outcome(self) -> Outcome | None:
        said = self.text("outcome")
        folded = "_".join(said.replace("-", " ").replace("_", " ").split()).lower()
        if not folded:
            return None
        if folded not in tuple(Outcome):
            self.faults["outcome"] = (
                f"“{said}” is no outcome here. Choose among {', '.join(Outcome)}, or map the list's own words."
            )
            return None
        return Outcome(folded)

    def whole_number(self, column: str) -> int | None:
        text = self.text(column)
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):
            self.faults[column] = "Give a whole number from 1 on."
            return None
        return int(text)

    def moment(self, column: str) -> datetime | None:
        """A day alone begins at its midnight in the organisation's time zone."""
        text = self.text(column)
        if text.lower() in NO_DATE:
            return None
        try:
            found = self._parsed(text)
            if found.year < FIRST_YEAR:
                raise ValueError
            return (found if found.tzinfo else found.replace(tzinfo=self.zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.faults[column] = f"“{text}” is no date from {FIRST_YEAR} to 9999. Write it as 2026-11-03."
            return None

    def day(self, column: str) -> date | None:
        found = self.moment(column)
        return found.astimezone(self.zone).date() if found else None

    def items(
        self, column: str, read: Callable[[Mapping[str, Any]], T], *, lines: bool = False
    ) -> tuple[T, ...]:
        """A JSON list of objects; with `lines`, plain text is one object a line, under `text`.

        `read` may raise InvalidInput, whose sentence is told.
        """
        value = self._structured(column)
        if isinstance(value, str):
            value = value.splitlines() if lines else [value] if value else []
        found: list[T] = []
        for place, each in enumerate(value if isinstance(value, list) else [value], start=1):
            told = {"text": each} if isinstance(each, str) and lines else each
            if each in ("", None):
                continue
            try:
                if not isinstance(told, dict) or not isinstance(value, list):
                    raise InvalidInput("Write a JSON list of objects as in an export.")
                found.append(read(told))
            except InvalidInput as fault:
                self.faults[column] = f"Number {place}: {fault.sentence}"
            except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
                self.faults[column] = f"Number {place} is not written as in an export."
        return tuple(found)

    def mapping(self, column: str) -> dict[str, str]:
        value = self._structured(column)
        if not value:
            return {}
        if not isinstance(value, dict) or any(isinstance(each, list | dict) for each in value.values()):
            self.faults[column] = "Write a JSON object of texts as in an export."
            return {}
        return {str(key): plain(str(each)) for key, each in value.items()}

    def _parsed(self, text: str) -> datetime:
        if self.date_format:
            try:
                return datetime.strptime(text, self.date_format)  # noqa: DTZ007 - the zone is put in by moment
            except ValueError:
                pass  # defaults of the same map are ISO
        return datetime.fromisoformat(text)

    def _structured(self, column: str) -> Any:
        value = self.row.get(column)
        if value is None:
            return []
        if not isinstance(value, str):
            return value if isinstance(value, list | dict) else str(value)
        text = plain(value)
        if text[:1] in ("[", "{"):
            try:
                return json.loads(text)
            except (ValueError, RecursionError):
                self.faults[column] = "This is no valid JSON."
                return []
        return text if text else []


def _verdicts(cells: _Cells, outcome: Outcome, house: House, now: datetime) -> tuple[PlannedVerdict, ...]:
    conditions = cells.items("conditions", read_condition, lines=True)
    if outcome is Outcome.APPROVED and conditions:
        outcome = Outcome.APPROVED_WITH_CONDITIONS
        cells.notes.append("It has conditions, so it was taken as approved with conditions.")
    if MEANINGS[outcome].needs_conditions and not conditions and "conditions" not in cells.faults:
        conditions = (_standing_one(house),)
        cells.notes.append("It named no condition, so it got the standing one: ask for the terms.")
    decided_at, valid_until = cells.moment("decided_at"), cells.day("valid_until")
    if decided_at is not None and decided_at > now:
        cells.faults["decided_at"] = "This day has not come yet."
    starts_at = cells.moment("valid_from")
    first_day = starts_at or decided_at
    if valid_until and first_day and valid_until < first_day.date():
        cells.faults["valid_until"] = (
            f"It would end on {valid_until}, before it starts on {first_day.date()}."
        )
    if valid_until is not None and not MEANINGS[outcome].may_use:
        valid_until = None
        cells.notes.append("The end date of a no was ignored.")
    ceiling = cells.known("data_class", house.data_classes)
    if len(ceiling) > 1:
        cells.faults["data_class"] = "Name one class, the highest."
    number = cells.whole_number("number")
    editions = cells.several("editions") or ("",)
    if any(len(each) > 80 for each in editions):
        cells.faults["editions"] = "An edition's name has at most 80 characters."
    if len(editions) > 1:
        cells.notes.append(f"A verdict is on one edition, so this row gave {len(editions)} verdicts.")
    offices = cells.several("offices")
    if any(len(each) > 40 for each in offices):
        cells.faults["offices"] = "An office's code has at most 40 characters."
    audience = cells.several("audience")
    if strange := [each for each in audience if each not in house.audiences]:
        cells.notes.append(
            f"The audience {', '.join(strange)} is not among those of the settings; it was taken as it is."
        )
    texts = {
        column: cells.text(column)
        for column in ("versions", "deployment", "rationale", "reason_code", "citation", "reference")
    }
    first = PlannedVerdict(
        outcome=outcome,
        number=number,
        edition=editions[0],
        conditions=conditions,
        decided_at=decided_at,
        decided_by=cells.text("decided_by") or NOBODY,
        decided_for=cells.text("decided_for"),
        starts_at=starts_at,
        valid_until=valid_until,
        data_ceiling=ceiling[0] if ceiling else None,
        accounts=cells.known("accounts", house.account_types),
        offices=offices,
        audience=audience,
        alternatives=cells.several("alternatives"),
        pilot=cells.mapping("pilot"),
        supersedes=_numbers(cells, "supersedes"),
        marks=cells.items("marks", lambda told: read_mark(told, cells.zone)),
        recorded=cells.several("notes"),
        texts=texts,
    )
    if set(first.pilot) - {"owner", "size", "measure", "exit_rule"} or len(first.pilot) not in (0, 4):
        cells.faults["pilot"] = "A pilot has owner, size, measure and exit_rule."
    return (first, *(replace(first, edition=each, number=None) for each in editions[1:]))


def _numbers(cells: _Cells, column: str) -> tuple[int, ...]:
    given = cells.several(column)
    if not all(each.isascii() and each.isdigit() and len(each) < 10 for each in given):
        cells.faults[column] = "Name verdicts by their numbers."
        return ()
    return tuple(int(each) for each in given)


def _standing_one(house: House) -> Condition:
    whom = house.contact or "the registry's office"
    return Condition(
        f"Ask {whom} for the terms of this approval.",
        duty=Duty.USER,
        check=Check.SELF_ATTESTED,
        standing=True,
    )
