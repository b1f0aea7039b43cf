"""Secret links: made of the registry's own key whenever they are needed, so that none is stored."""

import hashlib
import hmac

from registry.domain.errors import NotFound
from registry.domain.language import worded

_LENGTH = 40


def token_of(kind: str, row_id: int, nonce: str, secret: bytes) -> str:
    """What stands in the link to one row: its number, and what only the registry can make of it."""
    text = f"{kind}:{row_id}:{nonce}".encode()
    return f"{row_id}-{hmac.new(secret, text, hashlib.sha256).hexdigest()[:_LENGTH]}"


def row_in(token: str) -> int:
    """The number of the row that a link names, not yet proven. Raises NotFound for what is no such link."""
    number, _, rest = token.partition("-")
    if not (number.isascii() and number.isdigit() and len(number) < 10 and len(rest) == _LENGTH):
        raise unknown()
    return int(number)


def proves(token: str, kind: str, row_id: int, nonce: str, secret: bytes) -> bool:
    return hmac.compare_digest(token.encode(), token_of(kind, row_id, nonce, secret).encode())


def unknown() -> NotFound:
    return NotFound(
        worded("This link leads nowhere any more. Perhaps you have left already, or the link is not whole.")
    )
