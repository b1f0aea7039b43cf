"""The catalogues of what the registry says in other languages: those supplied, and an office's own before them."""

from collections.abc import Iterator
from functools import cache
from gettext import GNUTranslations, find
from pathlib import Path

from registry.domain.language import ENGLISH, WRITTEN_IN, Language

CATALOGUE = "registry"
SUPPLIED = Path(__file__).parent / "locale"


@cache
def catalogue(language: str, own: Path | None = None) -> Language:
    """What to say in `language`, a code such as "es"; what no catalogue has is said in English.

    `own` is a folder laid out as gettext wants it: `es/LC_MESSAGES/registry.mo`. Raises LookupError where
    neither it nor the supplied ones have the language, naming those there are.
    """
    if language == WRITTEN_IN:
        return ENGLISH
    said: Language | None = None
    for path in _found(language, own):
        with path.open("rb") as file:
            found = GNUTranslations(file)
        if said is None:
            said = found
        else:
            said.add_fallback(found)
    if said is None:
        raise LookupError(
            f"There is no catalogue for the language {language!r}. Choose among: {', '.join(known(own))}; or "
            f"make one: docs/languages.md."
        )
    return said


def known(own: Path | None = None) -> list[str]:
    """Codes of all languages that can be chosen."""
    folders = [SUPPLIED, *([own] if own is not None else [])]
    there = {path.parts[-3] for each in folders for path in each.glob(f"*/LC_MESSAGES/{CATALOGUE}.mo")}
    return sorted({WRITTEN_IN, *there})


def _found(language: str, own: Path | None) -> Iterator[Path]:
    for folder in (own, SUPPLIED):
        if folder is not None and (path := find(CATALOGUE, str(folder), [language])):
            yield Path(path)
