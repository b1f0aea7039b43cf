"""The second factor of one's own account, and the code that is asked for at sign-in."""

from collections.abc import Sequence

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.language import joined, worded
from registry.domain.values import dataclass
from registry.services.people import guessing, limits, losing, second_factor, sign_in
from registry.services.people.acting import Actor
from registry.services.people.second_factor import Key, State
from registry.settings import Settings
from registry.store import users
from registry.web.deps import House, Now, OwnFactor, Read, Secret, Text, Tx
from registry.web.entering import (
    begin_session,
    code_cookie,
    code_keys,
    drop_code_cookie,
    renew_own_session,
)
from registry.web.parts import parts_of
from registry.web.proving import CodeAgain, FirstCode, PasswordAgain
from registry.web.render import go, local_path, render, secretly
from registry.web.routing import page_router
from registry.web.shapes import Form

router = page_router()
FACTOR = "/account/second-factor"
OTHER_WAYS = worded(
    "Recovery codes are taken all the same, and so are codes in a browser where you have signed in before."
)


@dataclass(frozen=True)
class CodePage:
    form: Form


@dataclass(frozen=True)
class Shown:
    """A key for an app, as a picture and in groups to type in."""

    text: str
    groups: str
    picture: str
    """An SVG as a data address."""


@dataclass(frozen=True)
class SecondFactorPage:
    state: State
    asked: bool
    """Whether a role of theirs asks for it."""
    has_password: bool
    next: str
    form: Form
    key: Shown | None = None
    """While it is set up."""
    recovery_codes: Sequence[str] = ()
    """New ones, shown this once."""


@router.get("/login/code")
def ask_code(request: Request, read: Read, now: Now, house: House) -> Response:
    if second_factor.find_wanted(read, _cookie(request), secret=house.secret, now=now) is None:
        return go("/login")
    return secretly(render(request, "session/code.html", CodePage(Form())))


@router.post("/login/code")
def take_code(request: Request, tx: Tx, now: Now, house: House, one_time_code: Secret = "") -> Response:
    wanted = second_factor.find_wanted(tx, _cookie(request), secret=house.secret, now=now)
    if wanted is None:
        return drop_code_cookie(go("/login"), parts_of(request))
    user_id, how, path = wanted.user_id, wanted.how, wanted.next
    keys = code_keys(request, users.get(tx, user_id), one_time_code)
    held = limits.hold(tx, keys, secret=house.secret, now=now)
    if held.until is not None:
        return _code_page(request, joined(" ", [limits.wait_told(held.until, now), OTHER_WAYS]), 429)
    users.hold(tx, user_id)
    wanted = second_factor.find_wanted(tx, _cookie(request), secret=house.secret, now=now)
    if (
        wanted is None
    ):  # another request came first, of this browser or for another password, and was waited for
        return drop_code_cookie(go("/login"), parts_of(request))
    why = second_factor.prove(tx, user_id, one_time_code, secret=house.secret, now=now)
    if why:
        guessing.note_wrong_code(
            tx, why, how=how, user_id=user_id, secret=house.secret, mails=house.mails, now=now
        )
        return _code_page(request, worded(second_factor.WHY[why]), 422)
    limits.let_go(tx, held)
    if second_factor.is_recovery_code(one_time_code):
        losing.tell(tx, user_id, "recovery_code_used", mails=house.mails, now=now)
    tx.delete(wanted)
    reply = begin_session(request, tx, users.get(tx, user_id), how, path)
    return drop_code_cookie(reply, parts_of(request))


@router.get(FACTOR)
def show(request: Request, read: Read, user: OwnFactor, house: House, next: str = "/account") -> Response:  # noqa: A002
    return _shown(request, _page(read, user, house, next))


@router.post(FACTOR)
def begin(
    request: Request,
    user: OwnFactor,
    proof: PasswordAgain,
    tx: Tx,
    now: Now,
    house: House,
    next: Text = "/account",  # noqa: A002
) -> Response:
    if proof.faults:
        page = _page(tx, user, house, next, form=Form({}, dict(proof.faults)))
        return _shown(request, page, 422)
    key = second_factor.begin(tx, user.person_id, house_name=house.name, secret=house.secret, now=now)
    return _shown(request, _page(tx, user, house, next, key=key))


@router.post(f"{FACTOR}/confirm")
def confirm(
    request: Request,
    user: OwnFactor,
    held: FirstCode,
    tx: Tx,
    now: Now,
    house: House,
    one_time_code: Secret = "",
    key: Secret = "",
    next: Text = "/account",  # noqa: A002
) -> Response:
    """Shows the recovery codes in the reply itself, since they are kept nowhere.

    After a wrong code the key is shown again to the page that it was shown on, which sends it along: no other session
    of this person gets to see it without the password.
    """
    user_id = user.person_id
    try:
        with tx.begin_nested():
            codes = second_factor.confirm(tx, user_id, one_time_code, secret=house.secret, by=user, now=now)
    except InvalidInput as refused:
        shown = second_factor.under_way(tx, user_id, key, house_name=house.name, secret=house.secret, now=now)
        page = _page(tx, user, house, next, form=Form({}, refused.faults), key=shown)
        return _shown(request, page, 422)
    limits.let_go(tx, held)
    sign_in.end_all(tx, user_id, by=user, now=now)
    reply = _shown(request, _page(tx, user, house, next, recovery_codes=codes))
    return renew_own_session(request, tx, user_id, reply)


@router.post(f"{FACTOR}/recovery-codes")
def renew_codes(
    request: Request, user: OwnFactor, proof: CodeAgain, tx: Tx, now: Now, house: House
) -> Response:
    """Shows them in the reply itself, since they are kept nowhere."""
    if proof.faults:
        return _shown(request, _page(tx, user, house, form=Form({}, dict(proof.faults))), 422)
    codes = second_factor.renew_codes(tx, user.person_id, secret=house.secret, by=user, now=now)
    return _shown(request, _page(tx, user, house, recovery_codes=codes))


@router.post(f"{FACTOR}/off")
def turn_off(request: Request, user: OwnFactor, proof: CodeAgain, tx: Tx, now: Now, house: House) -> Response:
    if proof.faults:
        return _shown(request, _page(tx, user, house, form=Form({}, dict(proof.faults))), 422)
    second_factor.turn_off(tx, user.person_id, by=user, now=now)
    losing.tell(tx, user.person_id, "turned_off", mails=house.mails, now=now)
    sign_in.end_all(tx, user.person_id, by=user, now=now)
    return renew_own_session(request, tx, user.person_id, go(FACTOR))


def _page(
    session: Session,
    user: Actor,
    house: Settings,
    next: str = "/account",  # noqa: A002
    *,
    form: Form | None = None,
    key: Key | None = None,
    recovery_codes: Sequence[str] = (),
) -> SecondFactorPage:
    user_id = user.person_id
    return SecondFactorPage(
        state=second_factor.state_of(session, user_id),
        asked=bool(users.roles(session, user_id) & second_factor.ASKED_OF[house.second_factor]),
        has_password=bool(users.get(session, user_id).password_hash),
        next=local_path(next, "/account"),
        form=form or Form(),
        key=_drawn(key) if key else None,
        recovery_codes=recovery_codes,
    )


def _drawn(key: Key) -> Shown:
    import segno

    picture: str = segno.make_qr(key.uri, error="m").svg_data_uri(scale=5, dark="#000", light="#fff")
    return Shown(key.text, " ".join(key.text[n : n + 4] for n in range(0, len(key.text), 4)), picture)


def _shown(request: Request, page: SecondFactorPage, status: int = 200) -> Response:
    return secretly(render(request, "account/second_factor.html", page, status=status))


def _code_page(request: Request, fault: str, status: int) -> Response:
    page = CodePage(Form({}, {"one_time_code": fault}))
    return secretly(render(request, "session/code.html", page, status=status))


def _cookie(request: Request) -> str:
    return request.cookies.get(code_cookie(parts_of(request)), "")
