"""A second factor for accounts here: one-time codes of an app (RFC 6238), and recovery codes for when that is lost.

What the app shares with us is kept encrypted under a key made of the registry's secret, so that neither the database
nor a backup of it gives a code. Who is asked for their password first, and how often somebody may try, is the edge's.
"""

import base64
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlmodel import Session

from registry.domain.errors import InvalidInput, RuleBroken
from registry.domain.language import gettext_noop as _
from registry.domain.language import worded
from registry.domain.values import dataclass
from registry.services.people.acting import Actor, record
from registry.services.people.refusals import SOMEBODY
from registry.services.people.sign_in import digest_of
from registry.store import second_factors as store
from registry.store import sign_ins, users
from registry.store.engine import serialise
from registry.store.tables import CodeWanted, RecoveryCode, Role, SecondFactor, SignInWay, User

STEP_S = 30
DRIFT = 1
"""Steps of time by which an app's clock may be early or late (RFC 6238, 5.2)."""
RECOVERY_CODES = 10
SET_UP_LIFE = timedelta(minutes=15)
"""Within which the first code must come."""
WANTED_LIFE = timedelta(minutes=10)
"""How long somebody may look for their code at sign-in."""

ASKED_OF: Mapping[str, frozenset[Role]] = MappingProxyType(
    {
        "off": frozenset(),
        "approvers": frozenset({Role.APPROVER, Role.ADMIN}),  # an admin could make themselves an approver
        "staff": frozenset(Role) - {Role.EMPLOYEE},
    }
)
"""REGISTRY_SECOND_FACTOR -> the roles that nobody has the use of before they have set one up."""

WHY: Mapping[str, str] = MappingProxyType(
    {
        "wrong_code": _("This is not the code that the app shows now, and no recovery code of yours."),
        "used_code": _("This code was used already. Wait until the app shows the next one."),
        "lost_key": _(
            "Your code cannot be checked: the registry's own key was changed. Ask an admin to turn it off for you."
        ),
    }
)
"""Why a code is refused, as the record names it -> as its person is told."""

_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_MISREAD = str.maketrans("oil", "011")
_GROUPS, _GROUP = 6, 4  # 120 bits: enough for a keyed hash without a salt (ASVS 5.0, 6.5.2)


@dataclass(frozen=True)
class State:
    """How somebody's second factor stands; `set_up_at` is None where they have none."""

    set_up_at: datetime | None = None
    codes_left: int = 0


@dataclass(frozen=True)
class Key:
    """What the app is to be told, as text to type in and as an address to read from a picture."""

    text: str
    uri: str


def state_of(session: Session, user_id: int) -> State:
    found = session.get(SecondFactor, user_id)
    if found is None or found.set_up_at is None:
        return State()
    return State(found.set_up_at, store.count_codes_left(session, user_id))


def count_void(session: Session, *, secret: bytes) -> tuple[int, int]:
    """How many people have one, and how many of these were sealed under another secret."""
    found = store.set_up(session)
    return len(found), sum(not _open(each, secret) for each in found)


def begin(session: Session, user_id: int, *, house_name: str, secret: bytes, now: datetime) -> Key:
    """A new key for somebody's app, which counts once `confirm` was given its first code.

    An earlier one that was never confirmed counts no more. Raises RuleBroken where they have a second factor already.
    """
    import pyotp

    user = users.get(session, user_id)
    serialise(session, f"second factor {user_id}")
    found = session.get(SecondFactor, user_id)
    if found is not None and found.set_up_at is not None:
        raise RuleBroken(worded("You have set up a code already. Turn it off first to set up another one."))
    text = pyotp.random_base32()
    sealed = _seal(text, user_id, secret)
    if found is None:
        session.add(SecondFactor(user_id=user_id, sealed=sealed, begun_at=now))
    else:
        found.sealed, found.begun_at, found.last_step = sealed, now, 0
    session.flush()
    return _key(text, user, house_name)


def under_way(
    session: Session, user_id: int, known: str, *, house_name: str, secret: bytes, now: datetime
) -> Key | None:
    """The key that waits for its first code, for who knows it already; None where they do not, or its time is over."""
    found = session.get(SecondFactor, user_id)
    if found is None or found.set_up_at is not None or now >= found.begun_at + SET_UP_LIFE:
        return None
    text = _open(found, secret)
    fits = hmac.compare_digest(text.encode(), known.encode())
    return _key(text, users.get(session, user_id), house_name) if text and fits else None


def confirm(
    session: Session, user_id: int, code: str, *, secret: bytes, by: Actor, now: datetime
) -> Sequence[str]:
    """Have a second factor from now on; gives the recovery codes, shown this once.

    Raises RuleBroken where nothing is under way, InvalidInput for a wrong code.
    """
    serialise(session, f"second factor {user_id}")
    found = session.get(SecondFactor, user_id)
    if found is None or found.set_up_at is not None or now >= found.begun_at + SET_UP_LIFE:
        raise RuleBroken(
            worded("This took more than a quarter of an hour, or was done already. Begin once more.")
        )
    if _take_step(found, _folded(code), secret, now):
        fault = worded("This is not the code that the app shows now. Does the phone tell the right time?")
        raise InvalidInput(worded("Nothing is set up yet."), {"one_time_code": fault})
    found.set_up_at = now
    record(session, "second_factor.set_up", ("user", user_id), by=by, now=now)
    return _new_codes(session, user_id, secret)


def renew_codes(session: Session, user_id: int, *, secret: bytes, by: Actor, now: datetime) -> Sequence[str]:
    """New recovery codes in place of the ones before. Raises RuleBroken without a second factor."""
    _require(session, user_id)
    record(session, "second_factor.codes_renewed", ("user", user_id), by=by, now=now)
    return _new_codes(session, user_id, secret)


def turn_off(session: Session, user_id: int, *, by: Actor, now: datetime) -> None:
    """Have none any more. Raises RuleBroken without one."""
    _require(session, user_id)
    forget(session, user_id)
    record(session, "second_factor.turned_off", ("user", user_id), by=by, now=now)


def reset(session: Session, user_id: int, *, by: Actor, now: datetime) -> User:
    """Take somebody's second factor away who lost it. Raises NotFound, RuleBroken without one."""
    user = users.get(session, user_id)
    if state_of(session, user_id).set_up_at is None:
        raise RuleBroken(f"{user.name} has set up no code at sign-in.")
    forget(session, user_id)
    record(session, "second_factor.reset", ("user", user_id), by=by, now=now)
    return user


def forget(session: Session, user_id: int) -> None:
    """With the event of whatever takes it away."""
    store.drop(session, user_id)


def prove(session: Session, user_id: int, code: str, *, secret: bytes, now: datetime) -> str:
    """Take a code as used, of the app or a recovery code; gives why it is refused (see WHY), empty where it is not.

    No code is taken twice, nor one of the app that is older than one that was.
    """
    serialise(session, f"second factor {user_id}")
    found = session.get(SecondFactor, user_id, populate_existing=True)
    if found is None or found.set_up_at is None:
        return "wrong_code"
    typed = _folded(code)
    if not is_recovery_code(code):
        return _take_step(found, typed, secret, now)
    kept = session.get(RecoveryCode, (user_id, _digest(user_id, typed, secret)), populate_existing=True)
    if kept is None:
        return "wrong_code"
    if kept.used_at is not None:
        return "used_code"
    kept.used_at = now
    session.flush()
    by = Actor(user_id, users.get(session, user_id).name)
    left = {"left": state_of(session, user_id).codes_left}
    record(session, "second_factor.recovery_code_used", ("user", user_id), by=by, now=now, after=left)
    return ""


def is_recovery_code(code: str) -> bool:
    """By its length alone."""
    return len(_folded(code)) == _GROUPS * _GROUP


def want_code(
    session: Session,
    user_id: int,
    *,
    how: SignInWay,
    next: str,  # noqa: A002
    secret: bytes,
    now: datetime,
) -> str:
    """Note that somebody's password or link was right; gives the value of the cookie that the code must come with."""
    sign_ins.drop_waits_until(session, now)
    value = secrets.token_urlsafe(32)
    digest = digest_of("code wanted", value, secret)
    session.add(CodeWanted(digest=digest, user_id=user_id, how=how, next=next, expires_at=now + WANTED_LIFE))
    record(session, "sign_in.code_asked", ("user", user_id), by=SOMEBODY, now=now, after={"how": how})
    return value


def find_wanted(session: Session, value: str, *, secret: bytes, now: datetime) -> CodeWanted | None:
    """Whose code is waited for; None where nobody's is, or not any more."""
    digest = digest_of("code wanted", value, secret)
    found = session.get(CodeWanted, digest, populate_existing=True) if value else None
    if found is None or now >= found.expires_at:
        return None
    return None if users.get(session, found.user_id).disabled_at is not None else found


def _require(session: Session, user_id: int) -> None:
    if state_of(session, user_id).set_up_at is None:
        raise RuleBroken(worded("You have set up no code."))


def _new_codes(session: Session, user_id: int, secret: bytes) -> Sequence[str]:
    store.drop_codes(session, user_id)
    made = [
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
        for _ in range(RECOVERY_CODES)
    ]
    session.add_all(
        RecoveryCode(user_id=user_id, digest=_digest(user_id, _folded(each), secret)) for each in made
    )
    session.flush()
    return made


def _take_step(found: SecondFactor, typed: str, secret: bytes, now: datetime) -> str:
    """The code of one step of time, taken as used; gives why not, else nothing."""
    import pyotp

    text = _open(found, secret)
    if not text:
        return "lost_key"
    app, present = pyotp.TOTP(text, interval=STEP_S), int(now.timestamp()) // STEP_S
    fitting = [
        step
        for step in range(present - DRIFT, present + DRIFT + 1)
        if hmac.compare_digest(app.generate_otp(step).encode(), typed.encode())
    ]
    if not fitting:
        return "wrong_code"
    if fitting[-1] <= found.last_step:
        return "used_code"
    found.last_step = fitting[-1]
    return ""


def _folded(code: str) -> str:
    return "".join(sign for sign in code.lower() if sign.isalnum()).translate(_MISREAD)


def _digest(user_id: int, folded: str, secret: bytes) -> str:
    return digest_of("recovery code", f"{user_id}:{folded}", secret)


def _key(text: str, user: User, house_name: str) -> Key:
    import pyotp

    return Key(
        text, pyotp.TOTP(text, interval=STEP_S).provisioning_uri(name=user.email, issuer_name=house_name)
    )


def _seal(text: str, user_id: int, secret: bytes) -> str:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(12)
    closed = AESGCM(_sealing(secret)).encrypt(nonce, text.encode(), str(user_id).encode())
    return base64.b64encode(nonce + closed).decode("ascii")


def _open(found: SecondFactor, secret: bytes) -> str:
    """Empty where it was sealed under another key, or for somebody else."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    closed = base64.b64decode(found.sealed)
    try:
        return (
            AESGCM(_sealing(secret)).decrypt(closed[:12], closed[12:], str(found.user_id).encode()).decode()
        )
    except InvalidTag:
        return ""


def _sealing(secret: bytes) -> bytes:
    return hmac.digest(secret, b"second factor: sealing", "sha256")
