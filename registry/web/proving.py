"""Asking somebody who is signed in for their password or a code once more, before what they alone may do.

Each attempt counts against the limits of signing in, in a transaction of its own before that of the act begins.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from registry.domain.errors import InvalidInput, RuleBroken, TooOften
from registry.domain.language import worded
from registry.domain.values import dataclass
from registry.services.people import guessing, limits, passwords, second_factor
from registry.services.people.refusals import note_refusal
from registry.store import users
from registry.store.engine import snapshot
from registry.web.deps import Secret
from registry.web.entering import account_key, code_keys
from registry.web.parts import parts_of
from registry.web.viewer import now_of, presence
from registry.web.visiting import place_of

FRESH = timedelta(minutes=15)
"""How long a sign-in stands for itself where there is no password to ask for."""


@dataclass(frozen=True)
class Proof:
    """What came of it; `faults` is empty where it was right."""

    faults: Mapping[str, str] = field(default_factory=dict)

    def require(self) -> None:
        if self.faults:
            raise InvalidInput(worded("Nothing was changed."), self.faults)


async def proven_by_password(request: Request, password: str) -> Proof:
    """Who has no password here must have signed in a moment ago. Raises RuleBroken where they have not, TooOften."""
    parts, now, found = parts_of(request), now_of(request), await run_in_threadpool(presence, request)
    if found is None or found.actor.id is None:
        return Proof()  # the right of the route lets nobody in then
    user_id = found.actor.id

    def check() -> bool:
        with snapshot(parts.engine) as session:
            return passwords.authenticate(session, user.email, password) is not None

    with snapshot(parts.engine) as session:
        user = await run_in_threadpool(users.get, session, user_id)
    if not user.password_hash:
        if found.since is None or now - found.since > FRESH:
            raise RuleBroken(worded("Sign out and in again first: this is done soon after signing in alone."))
        return Proof()
    keys: limits.Limits = {
        account_key(request, user.email, user_id): limits.PER_ACCOUNT,
        place_of(request): limits.PER_NETWORK,
    }
    held = await _hold(request, keys)
    right = await run_in_threadpool(check)
    async with parts.writing() as session:
        if right:
            await run_in_threadpool(limits.let_go, session, held)
        else:
            await run_in_threadpool(_refuse_password, session, user_id, now)
    return Proof() if right else Proof({"present_password": worded("This is not your present password.")})


async def proven_by_code(request: Request, code: str) -> Proof:
    """By a code of their second factor, which is used up. Raises TooOften."""
    parts, now, found = parts_of(request), now_of(request), await run_in_threadpool(presence, request)
    if found is None or found.actor.id is None:
        return Proof()
    user_id, secret = found.actor.id, parts.settings.secret
    held = await _hold(request, await run_in_threadpool(_code_keys, request, user_id, code))

    def check(session: Session) -> str:
        why = second_factor.prove(session, user_id, code, secret=secret, now=now)
        if why:
            mails = parts.settings.mails
            guessing.note_wrong_code(
                session, why, how="account", user_id=user_id, secret=secret, mails=mails, now=now
            )
        else:
            limits.let_go(session, held)
        return why

    async with parts.writing() as session:
        why = await run_in_threadpool(check, session)
    return Proof({"one_time_code": worded(second_factor.WHY[why])} if why else {})


async def _password_of_form(request: Request, present_password: Secret = "") -> Proof:
    return await proven_by_password(request, present_password)


async def _code_of_form(request: Request, one_time_code: Secret = "") -> Proof:
    return await proven_by_code(request, one_time_code)


PasswordAgain = Annotated[Proof, Depends(_password_of_form)]
"""Of a form. Asked for after the right, which lets nobody try who may not, and before `Tx`."""
CodeAgain = Annotated[Proof, Depends(_code_of_form)]


async def _hold_try(request: Request) -> limits.Held:
    found = await run_in_threadpool(presence, request)
    if found is None or found.actor.id is None:
        return limits.Held()
    return await _hold(request, await run_in_threadpool(_code_keys, request, found.actor.id))


FirstCode = Annotated[limits.Held, Depends(_hold_try)]
"""An attempt at the first code of a second factor, which counts unless the act lets it go. Raises TooOften."""


def _code_keys(request: Request, user_id: int, code: str = "") -> limits.Limits:
    with snapshot(parts_of(request).engine) as session:
        return code_keys(request, users.get(session, user_id), code)


async def _hold(request: Request, keys: limits.Limits) -> limits.Held:
    parts, now = parts_of(request), now_of(request)

    def hold(session: Session) -> limits.Held:
        return limits.hold(session, keys, secret=parts.settings.secret, now=now)

    async with parts.writing() as session:
        held = await run_in_threadpool(hold, session)
    if held.until is not None:
        raise TooOften(limits.wait_told(held.until, now))
    return held


def _refuse_password(session: Session, user_id: int, now: datetime) -> None:
    note_refusal(session, "wrong_password", how="account", user_id=user_id, now=now)
