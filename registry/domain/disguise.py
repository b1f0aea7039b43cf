"""Text that does not show what it holds: letters dressed as others, signs unseen, marks that turn it round."""

import unicodedata

_JOINERS = frozenset("\u200c\u200d")
"""Seen in the letters beside them, in the scripts that join letters."""
_JOINING = ("ARABIC", "SYRIAC", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL", "TELUGU",
            "KANNADA", "MALAYALAM", "SINHALA", "MONGOLIAN")  # fmt: skip


def is_disguised(text: str) -> bool:
    """Whether some sign is not what a reader takes it for, so that the text can mean nothing for certain."""
    if text.isascii():
        return False
    return any(
        _is_hidden(char, text[place - 1] if place else "") or _is_dressed(char)
        for place, char in enumerate(text)
        if not char.isascii()
    )


def plain(text: str) -> str:
    """The text as it looks: hidden signs left out, dressed letters as those they look like."""
    kept = "".join(
        char for place, char in enumerate(text) if not _is_hidden(char, text[place - 1] if place else "")
    )
    return unicodedata.normalize("NFKC", kept)


def _is_hidden(char: str, before: str) -> bool:
    if unicodedata.category(char) not in ("Cf", "Cc", "Co", "Cn"):
        return False
    return not (char in _JOINERS and before and unicodedata.name(before, "").startswith(_JOINING))


def _is_dressed(char: str) -> bool:
    """What becomes a letter, digit or stop of ASCII when made plain: full width, bold, circled, the Kelvin sign."""
    made = unicodedata.normalize("NFKC", char)
    return made != char and len(made) == 1 and made.isascii() and (made.isalnum() or made in "./:@-")
