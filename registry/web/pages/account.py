"""My account: where one is signed in, one's password, tokens and deputies, and what one follows."""

from collections.abc import Sequence
from dataclasses import replace

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotFound
from registry.domain.language import gettext_noop as _
from registry.domain.language import worded
from registry.domain.values import dataclass
from registry.services.notices import work_mails
from registry.services.notices.mails import manage_url
from registry.services.notices.waiting import works_here
from registry.services.notices.wanted import sentence_of
from registry.services.people import accounts, api_tokens, guessing, second_factor, sign_in
from registry.services.people.acting import Actor
from registry.settings import Settings
from registry.store import followers, users
from registry.store.tables import ApiToken
from registry.web.deps import House, InPerson, Now, Read, RowId, Secret, Several, Text, Tx
from registry.web.deputies import Deputies, deputies_of
from registry.web.entering import renew_own_session
from registry.web.own_account import Here, scope_options, sessions_of, work_mail_options
from registry.web.proving import PasswordAgain, Proof
from registry.web.render import go, render, secretly
from registry.web.routing import page_router
from registry.web.shapes import Form, Option
from registry.web.typed import number
from registry.web.viewer import now_of
from registry.web.visiting import present_session

router = page_router("/account")


@dataclass(frozen=True)
class Followed:
    what: str
    url: str
    how: str


@dataclass(frozen=True)
class AccountPage:
    person: users.Person
    sessions: Sequence[Here]
    has_password: bool
    second_factor: second_factor.State
    wrong_codes: guessing.WrongCodes
    codes_asked: bool
    """Whether they sign in here, so that a second factor is theirs to set up."""
    providers: Sequence[str]
    tokens: Sequence[ApiToken]
    scopes: Sequence[Option]
    follows: Sequence[Followed]
    work_mails: Sequence[Option]
    """When to be told of what waits; empty for who does not work here."""
    sends: bool
    """Whether mails go anywhere."""
    sessions_form: Form
    password_form: Form
    token_form: Form
    deputies: Deputies
    shown_once: str = ""
    """A new token."""


@router.get("")
def show(request: Request, read: Read, user: InPerson, house: House) -> Response:
    return secretly(render(request, "account/show.html", account_page(request, read, user, house)))


@router.post("/sessions/end")
def end_others(
    request: Request, user: InPerson, proof: PasswordAgain, tx: Tx, now: Now, house: House
) -> Response:
    if proof.faults:
        return _unproven(request, tx, user, house, proof)
    sign_in.end_all(tx, user.person_id, keep=present_session(request), by=user, now=now)
    return go("/account")


@router.post("/sessions/{name}/end")
def end_one(
    request: Request, name: str, user: InPerson, proof: PasswordAgain, tx: Tx, now: Now, house: House
) -> Response:
    if proof.faults:
        return _unproven(request, tx, user, house, proof)
    sign_in.end_named(tx, user.person_id, name, by=user, now=now)
    return go("/account")


@router.post("/password")
def change_password(
    request: Request,
    user: InPerson,
    proof: PasswordAgain,
    tx: Tx,
    now: Now,
    house: House,
    password: Secret = "",
) -> Response:
    try:
        proof.require()
        with tx.begin_nested():
            accounts.set_password(
                tx,
                user.person_id,
                password,
                house_name=house.name,
                breached=house.breach_list,
                by=user,
                now=now,
                anew=True,
            )
    except InvalidInput as refused:
        page = account_page(request, tx, user, house, password_form=Form({}, refused.faults))
        return secretly(render(request, "account/show.html", page, status=422))
    reply = go("/account")
    return renew_own_session(request, tx, user.person_id, reply)


@router.post("/work-mails")
def choose_work_mails(tx: Tx, user: InPerson, now: Now, when: Text = "") -> Response:
    work_mails.choose(tx, user.person_id, when, by=user, now=now)
    return go("/account#work-mails")


@router.post("/tokens")
def create_token(
    request: Request,
    tx: Tx,
    user: InPerson,
    now: Now,
    house: House,
    name: Text = "",
    scopes: Several = (),
    days: Text = "",
) -> Response:
    """Shows the token in the reply itself, since it is kept nowhere."""
    try:
        with tx.begin_nested():
            _token, value = api_tokens.create_token(
                tx,
                user.person_id,
                name=name,
                scopes=scopes,
                days=number(days) or 0,
                secret=house.secret,
                by=user,
                now=now,
            )
    except InvalidInput as refused:
        form = Form({"name": name, "scopes": scopes, "days": days}, refused.faults)
        page = account_page(request, tx, user, house, token_form=form)
        return secretly(render(request, "account/show.html", page, status=422))
    page = account_page(request, tx, user, house, shown_once=value)
    return secretly(render(request, "account/show.html", page))


@router.post("/tokens/{token_id}/revoke")
def revoke_token(token_id: RowId, tx: Tx, user: InPerson, now: Now) -> Response:
    if users.get_token(tx, token_id).user_id != user.person_id:
        raise NotFound(worded("You have no such token."))
    api_tokens.revoke_token(tx, token_id, by=user, now=now)
    return go("/account")


def _unproven(request: Request, session: Session, user: Actor, house: Settings, proof: Proof) -> Response:
    page = account_page(request, session, user, house, sessions_form=Form({}, dict(proof.faults)))
    return secretly(render(request, "account/show.html", page, status=422))


def account_page(
    request: Request,
    session: Session,
    user: Actor,
    settings: Settings,
    *,
    sessions_form: Form | None = None,
    password_form: Form | None = None,
    token_form: Form | None = None,
    deputy_form: Form | None = None,
    shown_once: str = "",
) -> AccountPage:
    user_id = user.person_id
    person, say = users.person(session, user_id), settings.words.gettext
    identities = users.identities_of(session, user_id)
    return AccountPage(
        person=person,
        sessions=sessions_of(request, session, user_id),
        has_password=bool(person.user.password_hash),
        second_factor=second_factor.state_of(session, user_id),
        wrong_codes=guessing.wrong_codes(session, user_id, now_of(request)),
        codes_asked=bool(person.user.password_hash) or not identities,
        providers=sorted(
            {
                settings.provider_name if each.issuer == settings.oidc_issuer else each.issuer
                for each in identities
            }
        ),
        tokens=users.tokens_of(session, user_id),
        scopes=[replace(each, label=say(each.label)) for each in scope_options(person.roles)],
        follows=[
            Followed(
                sentence_of(session, each.wanted),
                manage_url(each, settings),
                say(_("once a week") if each.weekly else _("each time something changes")),
            )
            for each in followers.of_address(session, person.user.email)
            if each.confirmed_at is not None
        ],
        work_mails=work_mail_options() if works_here(person) else (),
        sends=settings.mails,
        sessions_form=sessions_form or Form(),
        password_form=password_form or Form(),
        token_form=token_form or Form({"name": "", "scopes": ("read",), "days": "90"}),
        deputies=deputies_of(session, user_id, settings, now=now_of(request), by=user, form=deputy_form),
        shown_once=shown_once,
    )
