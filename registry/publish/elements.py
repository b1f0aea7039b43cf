"""XML as text: an element for each line, escaped, and nothing in it that XML forbids."""

from collections.abc import Iterable

from registry.publish.text import printable

_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_IN_ATTRIBUTES = _IN_TEXT | str.maketrans({'"': "&quot;", "\n": "&#10;", "\t": "&#9;"})
DECLARATION = "<?xml version='1.0' encoding='utf-8'?>\n"


def leaf(name: str, text: str, attributes: Iterable[tuple[str, str]] = ()) -> str:
    """An element that holds text; without any it is empty."""
    told = _attributes(attributes)
    return f"<{name}{told}>{printable(text).translate(_IN_TEXT)}</{name}>" if text else f"<{name}{told}/>"


def branch(name: str, children: Iterable[str], attributes: Iterable[tuple[str, str]] = ()) -> str:
    """An element that holds elements, each of them written already."""
    inner = "\n".join(children)
    told = _attributes(attributes)
    return f"<{name}{told}>\n{inner}\n</{name}>" if inner else f"<{name}{told}/>"


def _attributes(attributes: Iterable[tuple[str, str]]) -> str:
    return "".join(f' {name}="{printable(value).translate(_IN_ATTRIBUTES)}"' for name, value in attributes)


def document(root: str) -> bytes:
    return f"{DECLARATION}{root}\n".encode()
