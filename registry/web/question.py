"""A question to the registry as it stands in an address: read as typed, made a Question, written back as a link."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Request
from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.language import gettext_noop as _
from registry.domain.lookup import House, Question
from registry.services.answers.lookup import moment
from registry.store import offices
from registry.web.deps import clean
from registry.web.shapes import Choice, Option
from registry.web.words import words

MOST_SIGNS = 500
YEARS = (2000, 2199)
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
        values = asdict(replace(self, **said))
        return "/check?" + urlencode([(name, value) for name, value in values.items() if value])

    def said(self, *, but: Sequence[str] = ()) -> list[tuple[str, str]]:
        return [(name, value) for name, value in asdict(self).items() if value and name not in but]


def read_question(request: Request) -> Typed:
    given = request.query_params
    return Typed(**{name: clean(given.get(name, ""))[:MOST_SIGNS] for name in Typed.__dataclass_fields__})


TypedQuestion = Annotated[Typed, Depends(read_question)]


def as_question(typed: Typed, house: House, *, now: datetime) -> Question:
    """Raises InvalidInput for a day that is none; the other values are held against the house by the look-up."""
    return Question(
        at=moment(_day(typed.on), house, now=now),
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
    values = asdict(typed)
    return {name: Choice(name, LABELS[name], found, values[name]) for name, found in options.items() if found}


def office_options(session: Session) -> list[Option]:
    return [Option(office.code, office.name) for office in offices.all_offices(session)]


def offices_of(house: House) -> list[Option]:
    """The same out of the house, which has been read."""
    found = [Option(code, house.phrases.get(code, code)) for code in house.offices]
    return sorted(found, key=lambda each: (each.label, each.value))


def _options(values: Sequence[str]) -> list[Option]:
    return [Option(value, words(value)) for value in values]


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise _no_day() from error
    if not YEARS[0] <= day.year <= YEARS[1]:
        raise _no_day()
    return day


def _no_day() -> InvalidInput:
    sentence = f"Write the day as year-month-day, such as 2026-11-03, between {YEARS[0]} and {YEARS[1]}."
    return InvalidInput(sentence, {"on": sentence})
