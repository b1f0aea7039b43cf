"""One's own account: a token may read it too, and what changes it is done in person."""

from typing import Annotated

from fastapi import Depends, Request, Response

from registry.domain.errors import NotFound
from registry.domain.language import worded
from registry.services.notices import work_mails
from registry.services.people import accounts, api_tokens, guessing, second_factor, sign_in
from registry.store import users
from registry.web.api.people import token_of
from registry.web.api.replies import told
from registry.web.deps import House, InPerson, Now, Read, RowId, SignedIn, Tx
from registry.web.deputies import deputies_of
from registry.web.entering import renew_own_session
from registry.web.own_account import sessions_of
from registry.web.people_schemas import (
    AccountOut,
    DelegationOut,
    NamedOut,
    OwnFactorOut,
    OwnPasswordIn,
    PresentPasswordIn,
    SessionOut,
    SignedOutOut,
    TokenIn,
    TokenOut,
    WorkMailsIn,
    WorkMailsOut,
    person_out,
)
from registry.web.proving import Proof, proven_by_password
from registry.web.routing import api_router
from registry.web.visiting import present_session


async def _prove(request: Request, asked: PresentPasswordIn) -> Proof:
    return await proven_by_password(request, asked.present_password)


async def _prove_with_new(request: Request, asked: OwnPasswordIn) -> Proof:
    return await proven_by_password(request, asked.present_password)


Proven = Annotated[Proof, Depends(_prove)]
ProvenWithNew = Annotated[Proof, Depends(_prove_with_new)]
router = api_router("/account", tag="account")


@router.get("", response_model=AccountOut, summary="Who you are here")
def show(request: Request, read: Read, user: SignedIn, now: Now, settings: House) -> Response:
    """With your roles, where you are signed in, your second factor, your tokens, when you are told of your work, and
    who decides for whom while they are away."""
    person = users.person(read, user.person_id)
    factor = second_factor.state_of(read, user.person_id)
    wrong = guessing.wrong_codes(read, user.person_id, now)
    lent = deputies_of(read, user.person_id, settings, now=now, by=user)
    out = AccountOut(
        **person_out(person).model_dump(),
        sessions=[SessionOut(**vars(each)) for each in sessions_of(request, read, user.person_id)],
        own_factor=OwnFactorOut(
            set_up_at=factor.set_up_at,
            codes_left=factor.codes_left,
            wrong_codes=wrong.count,
            last_wrong_at=wrong.last_at,
            asked=bool(user.roles & second_factor.ASKED_OF[settings.second_factor]),
        ),
        tokens=[token_of(each) for each in users.tokens_of(read, user.person_id)],
        delegations=[DelegationOut(**vars(each)) for each in (*lent.given, *lent.taken)],
        may_name=[NamedOut(id=int(each.value), name=each.label) for each in lent.options if each.value],
        work_mails=WorkMailsOut(when=person.user.work_mails, sends=settings.mails),
    )
    return told(request, out, private=True)


@router.post("/sessions/end", response_model=SignedOutOut, summary="Sign out everywhere else")
def end_others(request: Request, user: InPerson, proof: Proven, tx: Tx, now: Now) -> SignedOutOut:
    """Ends all your sessions but the one that asks."""
    proof.require()
    ended = sign_in.end_all(tx, user.person_id, keep=present_session(request), by=user, now=now)
    return SignedOutOut(sessions=ended)


@router.post("/sessions/{name}/end", status_code=204, summary="End one of your sessions")
def end_one(name: str, user: InPerson, proof: Proven, tx: Tx, now: Now) -> Response:
    """404 where it has ended already, or is somebody else's."""
    proof.require()
    sign_in.end_named(tx, user.person_id, name, by=user, now=now)
    return Response(status_code=204)


@router.post("/password", status_code=204, summary="Change your password")
def change_password(
    request: Request,
    user: InPerson,
    proof: ProvenWithNew,
    tx: Tx,
    now: Now,
    house: House,
    asked: OwnPasswordIn,
) -> Response:
    """Ends all your sessions; the reply sets the cookie of a new one."""
    proof.require()
    accounts.set_password(
        tx,
        user.person_id,
        asked.password,
        house_name=house.name,
        breached=house.breach_list,
        by=user,
        now=now,
        anew=True,
    )
    return renew_own_session(request, tx, user.person_id, Response(status_code=204))


@router.post("/work-mails", response_model=WorkMailsOut, summary="When you are told of your work")
def choose_work_mails(tx: Tx, user: InPerson, now: Now, settings: House, asked: WorkMailsIn) -> WorkMailsOut:
    """By mail, of what waits for you to score, to decide and to look after."""
    when = work_mails.choose(tx, user.person_id, asked.when, by=user, now=now)
    return WorkMailsOut(when=when, sends=settings.mails)


@router.post("/tokens", response_model=TokenOut, status_code=201, summary="Make a token of your own")
def create_token(tx: Tx, user: InPerson, now: Now, settings: House, asked: TokenIn) -> TokenOut:
    """Told this once. It takes no idempotency key, since a kept reply would keep the token."""
    row, value = api_tokens.create_token(
        tx,
        user.person_id,
        name=asked.name,
        scopes=asked.scopes,
        days=asked.days,
        secret=settings.secret,
        by=user,
        now=now,
    )
    return token_of(row).model_copy(update={"token": value})


@router.post("/tokens/{token_id}/revoke", response_model=TokenOut, summary="End a token of your own")
def revoke_token(token_id: RowId, tx: Tx, user: InPerson, now: Now) -> TokenOut:
    """It works no more, at once."""
    if users.get_token(tx, token_id).user_id != user.person_id:
        raise NotFound(worded("You have no such token."))
    return token_of(api_tokens.revoke_token(tx, token_id, by=user, now=now))
