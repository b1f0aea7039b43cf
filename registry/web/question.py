"""A question to the registry as it stands in an address: read as typed, made a Question, written back as a link."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends, Request
from pydantic import BeforeValidator
from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.language import gettext_noop as _
from registry.domain.language import joined, worded, worded_n
from registry.domain.lookup import House, Question
from registry.domain.typed import clean
from registry.domain.values import dataclass
from registry.services.answers.lookup import moment, no_day
from registry.store import offices
from registry.web.shapes import Choice, Option
from registry.web.words import words
from scrapers.links import untracked

MOST_SIGNS = 500
ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
LABELS = {
    "edition": _("Which edition?"),
    "data_class": _("What will you enter?"),
    "account": _("With which account?"),
    "audience": _("Who will use it?"),
    "office": _("In which office?"),
}


@dataclass(frozen=True)
class Typed:
    """What was asked, just as it was typed; empty is not said."""

    q: str = ""
    edition: str = ""
    data_class: str = ""
    account: str = ""
    audience: str = ""
    office: str = ""
    on: str = ""

    def url(self, **said: str) -> str:
        """The address of this question, or of the same with something else said."""
        values = vars(self) | said
        return "/check?" + urlencode([(name, value) for name, value in values.items() if value])

    def said(self, *, but: Sequence[str] = ()) -> list[tuple[str, str]]:
        return [(name, value) for name, value in vars(self).items() if value and name not in but]


def require_known(
    given: Iterable[tuple[str, str]], known: Sequence[str], *, many: Sequence[str] = ()
) -> None:
    """Raises InvalidInput where something is said twice, or that nobody asks for: no answer may be the milder for it.

    What stands in `many` may be given again and again.
    """
    said = list(given)
    names = [name for name, _ in said]
    faults = {}
    for name in dict.fromkeys(names):
        if name not in (*known, *many):
            faults[name] = _unknown(name, known)
        elif names.count(name) > 1 and name not in many:
            values = ", ".join(f"“{value}”" for each, value in said if each == name)
            told = _("“{name}” is given more than once: {values}. Give it once.")
            faults[name] = worded(told, name=name, values=values)
    if faults:
        raise InvalidInput(joined(" ", faults.values()), faults)


def _unknown(name: str, known: Sequence[str]) -> str:
    if not known:
        return worded("We do not know what “{name}” asks for. There is nothing.", name=name)
    return worded_n(
        "We do not know what “{name}” asks for. There is {names}.",
        "We do not know what “{name}” asks for. There are {names}.",
        len(known),
        name=name,
        names=", ".join(known),
    )


def untracked_of(request: Request) -> list[tuple[str, str]]:
    """What the address says, without what only tells where its reader came from."""
    return parse_qsl(untracked(f"?{request.url.query}").partition("?")[2], keep_blank_values=True)


async def read_question(request: Request) -> Typed:
    given = request.query_params
    return Typed(**{name: clean(given.get(name, ""))[:MOST_SIGNS] for name in Typed.__dataclass_fields__})


QUESTION = tuple(Typed.__dataclass_fields__)
TypedQuestion = Annotated[Typed, Depends(read_question)]


def require_a_question(request: Request) -> None:
    """For programs, which are told of every parameter that they cannot mean."""
    require_known(request.query_params.multi_items(), QUESTION)


def iso_day(text: object) -> date | None:
    """Raises InvalidInput for anything but a day as 2026-11-03; nothing is no day."""
    if text in (None, ""):
        return None
    if not isinstance(text, str) or not ISO_DAY.fullmatch(text):
        raise no_day()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise no_day() from error


Day = Annotated[date | None, BeforeValidator(iso_day)]
"""A day in the API, by the same rule as on the page."""


def as_question(typed: Typed, house: House, *, now: datetime) -> Question:
    """Raises InvalidInput for a day that is none; the other values are held against the house by the look-up."""
    return Question(
        at=moment(iso_day(typed.on), house, now=now),
        data_class=typed.data_class or None,
        account=typed.account or None,
        audience=typed.audience or None,
        office=typed.office or None,
        edition=typed.edition or None,
    )


def choices(
    typed: Typed, house: House, offices: Sequence[Option] = (), editions: Sequence[str] = ()
) -> dict[str, Choice]:
    """Dimension -> the question about it with all it may be; a dimension with nothing to choose is left out."""
    options = {
        "edition": [Option(name, name) for name in editions],
        "data_class": _options(house.data_classes),
        "account": _options(house.account_types),
        "audience": _options(house.audiences),
        "office": list(offices) or _options(house.offices),
    }
    values = vars(typed)
    return {name: Choice(name, LABELS[name], found, values[name]) for name, found in options.items() if found}


def office_options(session: Session) -> list[Option]:
    return [Option(office.code, office.name) for office in offices.rules(session)]


def offices_of(house: House) -> list[Option]:
    """The same out of the house, which has been read."""
    found = [Option(code, house.phrases.get(code, code)) for code in house.offices]
    return sorted(found, key=lambda each: (each.label, each.value))


def _options(values: Sequence[str]) -> list[Option]:
    return [Option(value, words(value)) for value in values]
