"""The language that the registry speaks: every sentence is written in English, and said as the catalogue has it."""

from collections.abc import Iterable, Mapping
from datetime import date
from gettext import NullTranslations

Language = NullTranslations
"""A gettext catalogue; this one says everything as it is written."""
ENGLISH = Language()


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
    language. What is cut from it, or put together with it by other means than `worded` and `joined`, is English."""

    written: str
    plural: str
    values: Mapping[str, object]

    def said(self, language: Language) -> str:
        return _filled(self.written, self.plural, self.values, language)


def worded(written: str, /, **values: object) -> Worded:
    """`written` with its gaps filled; a value may be a day, or another sentence."""
    return _worded(written, "", values)


def worded_n(one: str, many: str, n: int, /, **values: object) -> Worded:
    """The form that fits `n`, which fills the gap of that name."""
    return _worded(one, many, {"n": n, **values})


def joined(between: str, parts: Iterable[str]) -> Worded:
    """The sentences one after another; what is `between` them is a sign, and no word."""
    values = {f"part{place}": part for place, part in enumerate(parts)}
    between = between.replace("{", "{{").replace("}", "}}")
    return _worded(between.join(f"{{{name}}}" for name in values), "", values)


def said(text: str, language: Language) -> str:
    """A sentence in the reader's language; a text that is none stays as it was written."""
    return text.said(language) if isinstance(text, Worded) else text


def day_text(day: date | None, language: Language = ENGLISH) -> str:
    """A day as it is written: 3 November 2026."""
    if day is None:
        return language.gettext("an unknown day")
    month = language.gettext(_MONTHS[day.month - 1])
    return language.gettext("{day} {month} {year}").format(day=day.day, month=month, year=day.year)


def _worded(one: str, many: str, values: Mapping[str, object]) -> Worded:
    sentence = Worded(_filled(one, many, values, ENGLISH))
    sentence.written, sentence.plural, sentence.values = one, many, values
    return sentence


def _filled(one: str, many: str, values: Mapping[str, object], language: Language) -> str:
    if many:
        n = values["n"]
        assert isinstance(n, int)
        text = language.ngettext(one, many, n)
    else:
        text = language.gettext(one) if one else ""
    return (
        text.format_map({name: _shown(value, language) for name, value in values.items()}) if values else text
    )


def _shown(value: object, language: Language) -> object:
    if isinstance(value, Worded):
        return value.said(language)
    return day_text(value, language) if isinstance(value, date) else value
