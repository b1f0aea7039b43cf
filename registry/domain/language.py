"""The language that the registry speaks: every sentence is written in English, and said as the catalogue has it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from gettext import NullTranslations

Language = NullTranslations
"""A gettext catalogue; this one says everything as it is written."""
ENGLISH = Language()
WRITTEN_IN = "en"


def gettext_noop(text: str) -> str:
    """Marks a text that is said elsewhere, so that the catalogues have it."""
    return text


_ = gettext_noop
_MONTHS = (  # never those of the machine's locale
    *(_("January"), _("February"), _("March"), _("April"), _("May"), _("June")),
    *(_("July"), _("August"), _("September"), _("October"), _("November"), _("December")),
)


class Worded(str):
    """A sentence made where nobody knows yet who will read it: in English as it is, and to be `said` in another
    language. What is cut from it, or put together with it by other means than those below, is English."""

    said: Callable[[Language], str]


def worded(written: str, /, **values: object) -> Worded:
    """`written` with its gaps filled; a value may be a day, or another sentence."""
    return _worded(lambda language: _filled(language.gettext(written) if written else "", values, language))


def worded_n(one: str, many: str, n: int, /, **values: object) -> Worded:
    """The form that fits `n`, which fills the gap of that name."""
    return _worded(lambda language: _filled(language.ngettext(one, many, n), {"n": n} | values, language))


def joined(between: str, parts: Iterable[str]) -> Worded:
    """The sentences one after another."""
    every = tuple(parts)
    return _worded(lambda language: said(between, language).join(said(each, language) for each in every))


def small(text: str) -> Worded:
    """The same in small letters, for the middle of a sentence."""
    return _worded(lambda language: said(text, language).lower())


def opening(text: str) -> Worded:
    """The same with a capital, for the beginning of a line."""

    def say(language: Language) -> str:
        told = said(text, language)
        return told[:1].upper() + told[1:]

    return _worded(say)


def said(text: str, language: Language) -> str:
    """A sentence in the reader's language; a text that is none stays as it was written."""
    if not isinstance(text, Worded):
        return text
    return str(text) if language is ENGLISH else text.said(language)


def day_text(day: date | None, language: Language = ENGLISH) -> str:
    """A day as it is written: 3 November 2026."""
    if day is None:
        return language.gettext("an unknown day")
    month = language.gettext(_MONTHS[day.month - 1])
    return language.gettext("{day} {month} {year}").format(day=day.day, month=month, year=day.year)


def _worded(say: Callable[[Language], str]) -> Worded:
    sentence = Worded(say(ENGLISH))
    sentence.said = say
    return sentence


def _filled(text: str, values: Mapping[str, object], language: Language) -> str:
    if not values:
        return text
    return text.format_map({name: _shown(value, language) for name, value in values.items()})


def _shown(value: object, language: Language) -> object:
    if isinstance(value, Worded):
        return said(value, language)
    return day_text(value, language) if isinstance(value, date) else value
