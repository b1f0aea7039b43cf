"""The language that the registry speaks: every sentence is written in English, and said as the catalogue has it."""

from gettext import NullTranslations

Language = NullTranslations
"""A gettext catalogue; this one says everything as it is written."""
ENGLISH = Language()


def gettext_noop(text: str) -> str:
    """Marks a text that is said elsewhere, so that the catalogues have it."""
    return text
