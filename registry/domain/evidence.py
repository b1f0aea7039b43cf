"""Evidence as reviewers type it: links and quoted paragraphs, one a line; what claims to be a link must be one."""

import re
from urllib.parse import urlsplit

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:/", re.IGNORECASE)
_NO_PAGES = re.compile(r"(javascript|vbscript|data|file|ftp):\S", re.IGNORECASE)
_HALF_TYPED = re.compile(r"(h?ttps?|htt?ps?)[:;/]", re.IGNORECASE)
_BARE_SITE = re.compile(r"www\.\S+|[\w-]+(\.[\w-]+)*\.[a-z]{2,}(/\S*)?", re.IGNORECASE)
_HOST = re.compile(r"[\w-]+(\.[\w-]+)*\.?|[0-9a-f:.]+", re.IGNORECASE)
_QUOTES = ("“", "”", "„", '"', "«", "‘", "'", ">")


def links(text: str) -> list[str]:
    """Every web address in the evidence, in its order."""
    return [word for line in _lines(text) for word in _words(line) if _is_link(word)]


def evidence_fault(text: str) -> str:
    """What is wrong with the first thing that claims to be a link and is none; empty where nothing is."""
    for line in _lines(text):
        words = _words(line)
        for word in words:
            claims = _SCHEME.match(word) or _NO_PAGES.match(word) or _HALF_TYPED.match(word)
            if claims and not _is_link(word):
                return (
                    f"“{word[:60]}” is no web address. Write it as https://site/page, "
                    "or put the words in quotation marks."
                )
        if len(words) == 1 and _BARE_SITE.fullmatch(words[0]) and not _is_link(words[0]):
            return f"Write “{words[0][:60]}” as a whole web address, with https:// before it."
    return ""


def _lines(text: str) -> list[str]:
    """Without those that are quoted."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith(_QUOTES)]


def _words(line: str) -> list[str]:
    return [word for each in line.split() if (word := each.strip("()[]<>,;.!?“”\"'"))]


def _is_link(word: str) -> bool:
    if word[:4].lower() != "http":
        return False
    try:
        parts = urlsplit(word)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    return parts.scheme.lower() in ("http", "https") and _HOST.fullmatch(host) is not None
