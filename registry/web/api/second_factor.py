"""The second factor of one's own account, in person: a token neither sets one up nor takes it away."""

from typing import Annotated

from fastapi import Depends, Request, Response

from registry.services.people import limits, losing, second_factor, sign_in
from registry.web.deps import House, Now, OwnFactor, Tx
from registry.web.entering import renew_own_session
from registry.web.people_schemas import CodeIn, FactorKeyOut, PresentPasswordIn, RecoveryCodesOut
from registry.web.proving import FirstCode, Proof, proven_by_code, proven_by_password
from registry.web.routing import api_router

router = api_router("/account/second-factor", tag="account")


async def _password(request: Request, asked: PresentPasswordIn) -> Proof:
    return await proven_by_password(request, asked.present_password)


async def _code(request: Request, asked: CodeIn) -> Proof:
    return await proven_by_code(request, asked.one_time_code)


Password = Annotated[Proof, Depends(_password)]
Code = Annotated[Proof, Depends(_code)]


@router.post("", response_model=FactorKeyOut, status_code=201, summary="Begin to set up a second factor")
def begin(user: OwnFactor, proof: Password, tx: Tx, now: Now, house: House) -> FactorKeyOut:
    """Gives the key for an app of one-time codes (RFC 6238), told this once. It counts once a first code was sent to
    `confirm`, within a quarter of an hour. 409 where there is a second factor already."""
    proof.require()
    key = second_factor.begin(tx, user.person_id, house_name=house.name, secret=house.secret, now=now)
    return FactorKeyOut(key=key.text, uri=key.uri)


@router.post("/confirm", response_model=RecoveryCodesOut, summary="Set it up by a first code")
def confirm(
    request: Request,
    reply: Response,
    user: OwnFactor,
    held: FirstCode,
    tx: Tx,
    now: Now,
    house: House,
    asked: CodeIn,
) -> RecoveryCodesOut:
    """Ends all your sessions; the reply sets the cookie of a new one, and holds the recovery codes, told this once."""
    user_id = user.person_id
    codes = second_factor.confirm(tx, user_id, asked.one_time_code, secret=house.secret, by=user, now=now)
    limits.let_go(tx, held)
    sign_in.end_all(tx, user_id, by=user, now=now)
    renew_own_session(request, tx, user_id, reply)
    return RecoveryCodesOut(recovery_codes=list(codes))


@router.post("/recovery-codes", response_model=RecoveryCodesOut, summary="Make new recovery codes")
def renew_codes(user: OwnFactor, proof: Code, tx: Tx, now: Now, house: House) -> RecoveryCodesOut:
    """In place of those before; told this once."""
    proof.require()
    codes = second_factor.renew_codes(tx, user.person_id, secret=house.secret, by=user, now=now)
    return RecoveryCodesOut(recovery_codes=list(codes))


@router.post("/off", status_code=204, summary="Turn your second factor off")
def turn_off(request: Request, user: OwnFactor, proof: Code, tx: Tx, now: Now, house: House) -> Response:
    """Ends all your sessions; the reply sets the cookie of a new one."""
    proof.require()
    second_factor.turn_off(tx, user.person_id, by=user, now=now)
    losing.tell(tx, user.person_id, "turned_off", mails=house.mails, now=now)
    sign_in.end_all(tx, user.person_id, by=user, now=now)
    return renew_own_session(request, tx, user.person_id, Response(status_code=204))
