"""What makes two names the same name, and what a tool's address is made of. Domains, URLs, package URLs and
similarity need libraries and are decided by those who have them."""

import re
import unicodedata

_LETTERS_WITHOUT_DECOMPOSITION = str.maketrans(
    {
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "ħ": "h",
        "ı": "i",
        "ł": "l",
        "ŧ": "t",
        "þ": "th",
        "♯": "#",
    }
)
_MEANINGFUL_SIGNS = {"+": "plus", "#": "sharp"}
_MAX_SLUG_CHARS = 80
_SIGNS = re.compile(r"[^a-z0-9+#]+")
_UNSEEN = re.compile(r"[\x00-\x20\x7f]+")
"""Of ASCII; the same rules, for most names and in a tenth of the time."""


def name_key(text: str) -> str:
    """The form in which names are compared: case, accents, spaces and punctuation folded away.

    `+` and `#` stay, since C, C++ and C# are three tools. A name of nothing but other signs keeps them, so
    that the key is empty only where the text shows nothing at all. The key of a key is itself.
    """
    if text.isascii():
        return _SIGNS.sub("", text.lower()) or _UNSEEN.sub("", text.lower())
    plain = folded(text)
    kept = "".join(char for char in plain if _is_wordlike(char) or char in _MEANINGFUL_SIGNS)
    return unicodedata.normalize("NFC", kept or "".join(char for char in plain if _is_visible(char)))


def slug(text: str) -> str:
    """The words of a name joined by hyphens, for an address: lower case, at most 80 characters, letters of
    any script.

    `C++` gives `c-plus-plus`. Two names may share a slug: who stores it makes it unique. A name of nothing
    but other signs gives their numbers (`!!!` is `x21-21-21`), and a text that shows nothing gives "".
    """
    spelled = "".join(
        f" {_MEANINGFUL_SIGNS[char]} " if char in _MEANINGFUL_SIGNS else char for char in folded(text)
    )
    # An apostrophe joins ("what's"), every other sign parts.
    joined = re.sub(r"['\u2019\u02bc]", "", spelled)
    words = "".join(char if _is_wordlike(char) else " " for char in joined).split()
    if not words:
        words = [f"{ord(char):x}" for char in joined if _is_visible(char)]
        words[:1] = [f"x{word}" for word in words[:1]]
    return unicodedata.normalize("NFC", "-".join(words))[:_MAX_SLUG_CHARS].rstrip("-")


def folded(text: str) -> str:
    """Case and accents folded away, signs and spaces kept."""
    plain = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS_WITHOUT_DECOMPOSITION)
    return "".join(char for char in unicodedata.normalize("NFKD", plain).casefold() if not _is_accent(char))


def _is_accent(char: str) -> bool:
    """Marks that a typist leaves out: accents, overlays, Hebrew and Arabic points; never the vowels of
    Indic scripts, nor the voicing marks of kana, without which it is another word."""
    place = unicodedata.combining(char)
    return place == 1 or 10 <= place <= 36 or 200 <= place <= 240


def _is_wordlike(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNM"


def _is_visible(char: str) -> bool:
    return unicodedata.category(char)[0] not in "ZC"
