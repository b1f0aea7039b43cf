"""Passwords: what one must be, how they are kept, and whether one is right."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import sha1
from pathlib import Path

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from sqlmodel import Session

from registry.domain.language import worded
from registry.store import users
from registry.store.tables import User

MIN_PASSWORD = 12
MAX_PASSWORD = 200
LEFT_OVER = 8
"""Letters and digits that a password must have beside the words that anybody would try here."""
HARD_ENOUGH = 3
"""Of zxcvbn's 0 to 4: more than a hundred million guesses."""
MOST_WEIGHED = 72
"""Letters that zxcvbn weighs; its time grows with the square of them."""


def fold_email(email: str) -> str:
    """The form in which an address is kept and compared."""
    return unicodedata.normalize("NFKC", email).strip().lower()


def password_faults(password: str, words: Iterable[str], breached: Path | None = None) -> dict[str, str]:
    """What is wrong with a new password, by field; `words` are what anybody would try for this person and place.

    There are no rules of composition: what counts is length, how many guesses it would take, and whether it is in the
    list `breached`, where there is one.
    """
    # ASVS 5.0 6.2.1 to 6.2.4, 6.2.11 and 6.2.12.
    from zxcvbn import zxcvbn

    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        told = worded("A password needs {least} to {most} characters.", least=MIN_PASSWORD, most=MAX_PASSWORD)
        return {"password": told}
    tried = sorted(set(_tried(words)), key=len, reverse=True)
    rest = _folded(password)
    for word in tried:
        rest = rest.replace(word, "")
    if len(rest) < LEFT_OVER:
        told = worded("Leave out your name, your address and the name of this registry.")
        return {"password": told}
    if zxcvbn(password[:MOST_WEIGHED], user_inputs=tried)["score"] < HARD_ENOUGH:
        told = worded(
            "This is among the first that somebody would try. Take four or five words that do not belong together."
        )
        return {"password": told}
    if breached is not None and is_breached(password, breached):
        told = worded(
            "This password was stolen somewhere and is known. Take one that you have never used anywhere."
        )
        return {"password": told}
    return {}


def is_breached(password: str, path: Path) -> bool:
    """Whether a password is in a list of those that were stolen: SHA-1 in hexadecimal at the beginning of each line, in
    order, as Have I Been Pwned hands them out. Of forty gigabytes some forty lines are read."""
    wanted = sha1(password.encode(), usedforsecurity=False).hexdigest().encode()
    low, high = 0, path.stat().st_size  # where its line would begin
    with path.open("rb") as file:
        while low < high:
            middle = (low + high) // 2
            file.seek(max(middle - 1, 0))
            if middle:
                file.readline()
            line = file.readline()[: len(wanted)].lower()
            if line == wanted:
                return True
            low, high = (file.tell(), high) if line and line < wanted else (low, middle)
    return False


def hashed(password: str) -> str:
    return _hasher().hash(password)


def authenticate(session: Session, email: str, password: str) -> User | None:
    """The person whose address and password these are, or None.

    Reads alone, and does the same work for an unknown address.
    """
    user = users.find_by_email(session, fold_email(email))
    usable = user is not None and user.disabled_at is None and user.password_hash != ""
    nobodys = _nobodys_hash()
    kept = user.password_hash if user is not None and usable else nobodys
    try:
        matches = _hasher().verify(password[: MAX_PASSWORD + 1], kept)
    except UnknownHashError:
        matches = False
    return user if matches and usable else None


def still(session: Session, found: User, password: str) -> User | None:
    """Whom `authenticate` found, held until this transaction ends; None where another password was chosen since.

    One that was kept by a weaker measure than today's is kept by today's from now on.
    """
    user = users.hold(session, found.id or 0)
    if user.password_hash != found.password_hash:
        return None
    if _hasher().current_hasher.check_needs_rehash(user.password_hash):
        user.password_hash = hashed(password)
    return user


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _nobodys_hash() -> str:
    return _hasher().hash("the password of nobody at all")


def _tried(words: Iterable[str]) -> Iterator[str]:
    for each in words:
        yield from (part for part in re.split(r"[\W_]+", each.lower()) if len(part) >= 4)


def _folded(password: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", password).lower())
