"""E-mail addresses as strangers type them: kept in one form, and refused where a mail server could misread them."""

import unicodedata

from registry.domain.errors import InvalidInput
from registry.domain.language import worded
from registry.services.people.accounts import ADDRESS

MOST = 254


def fold(address: str) -> str:
    """The form in which an address is kept. Raises InvalidInput."""
    folded = address_in(address)
    if not folded:
        raise InvalidInput(
            worded("This is no e-mail address that mail can be sent to. Write it as name@example.org."),
            {"address": worded("Write an e-mail address, such as name@example.org.")},
        )
    return folded


def address_in(text: str) -> str:
    """The address that a text is, folded; empty where it is none, or says more than that."""
    folded = unicodedata.normalize("NFKC", text).strip().lower()
    if len(folded) > MOST or not folded.isascii() or not ADDRESS.fullmatch(folded):
        return ""
    return folded if _is_domain(folded.partition("@")[2]) else ""


def _is_domain(text: str) -> bool:
    """Two labels at least, each of letters, digits and hyphens."""
    labels = text.split(".")
    return len(labels) > 1 and all(
        label.replace("-", "").isalnum() and not label.startswith("-") for label in labels
    )
