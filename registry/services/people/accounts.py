"""People: who they are and what they may do. Passwords are passwords.py, how they sign in is sign_in.py."""

import re
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session

from registry.domain.errors import InvalidInput, RuleBroken
from registry.domain.language import worded
from registry.services.evaluations.assigning import OWNERS
from registry.services.evaluations.leaving import hand_over_work, open_work
from registry.services.people import second_factor
from registry.services.people.acting import Actor, await_acts, record
from registry.services.people.deputies import end_what_rests_on
from registry.services.people.passwords import fold_email, hashed, password_faults
from registry.store import sign_ins, users
from registry.store.engine import serialise
from registry.store.tables import Role, User, UserArea, UserOffice, UserRole

ERASED = "a former colleague"
ADDRESS = re.compile(r"[^@\s<>\"(),:;]{1,64}@[^@\s<>\"(),:;]+", re.ASCII)


def add_user(
    session: Session,
    *,
    email: str,
    name: str = "",
    roles: Collection[str],
    offices: Collection[str] = (),
    areas: Collection[str] = (),
    password: str | None = None,
    house_name: str = "",
    breached: Path | None = None,
    by: Actor,
    now: datetime,
) -> User:
    """Make a person known. Without a password they come in by link; an empty name is the address's first part.

    `roles` are values of Role, at least one; `offices` are codes, none means all; `breached` is as `is_breached` wants
    it. Raises InvalidInput.
    """
    serialise(session, "user")
    email = fold_email(email)
    name = " ".join(name.split()) or email.partition("@")[0]
    faults = _identity_faults(session, email, name)
    faults |= _role_faults(roles) | _office_faults(session, offices) | _area_faults(areas)
    if password is not None:
        faults |= password_faults(password, (email, name, house_name), breached)
    if faults:
        raise InvalidInput("This person cannot be added: " + " ".join(faults.values()), faults)
    user = User(email=email, name=name, created_at=now)
    if password is not None:
        user.password_hash = hashed(password)
    session.add(user)
    session.flush()
    _place(session, _id(user), roles, offices, areas)
    record(session, "user.added", ("user", user.id), by=by, now=now, after=_held(session, user))
    return user


def set_password(
    session: Session,
    user_id: int,
    password: str,
    *,
    house_name: str = "",
    breached: Path | None = None,
    anew: bool = False,
    by_link: bool = False,
    by: Actor,
    now: datetime,
) -> User:
    """Give a person a new password; their sessions and sign-in links end.

    `anew` where only one that has a password may have another, `by_link` where nothing but a link says that it is
    they who choose. Raises InvalidInput, NotFound, RuleBroken.
    """
    user = _active(session, user_id)
    if anew and not user.password_hash:
        raise RuleBroken(
            worded("You have no password here. Ask an admin for a link by which you choose one.")
        )
    faults = password_faults(password, (user.email, user.name, house_name), breached)
    if faults:
        raise InvalidInput(faults["password"], faults)
    user.password_hash = hashed(password)
    sign_ins.drop(session, user_id)
    after = {"by_link": True} if by_link else {}
    record(session, "user.password_set", ("user", user.id), by=by, now=now, after=after)
    return user


def set_roles(
    session: Session,
    user_id: int,
    *,
    roles: Collection[str],
    offices: Collection[str] = (),
    areas: Collection[str] = (),
    solo: bool = False,
    keeps_work: bool = False,
    by: Actor,
    now: datetime,
) -> User:
    """Replace a person's roles, offices and areas. Raises InvalidInput; RuleBroken for the last admin.

    Other roles or offices end their sessions.
    Who is a reviewer no more is asked for no scorecard any more; who can own no evaluation any more hands them over
    first (RuleBroken), unless they keep them without being able to go on (`keeps_work`).
    """
    await_acts(session, user_id, by=by)
    serialise(session, "user")
    user = _active(session, user_id)
    faults = _role_faults(roles) | _office_faults(session, offices) | _area_faults(areas)
    if faults:
        raise InvalidInput("The roles stay as they were: " + " ".join(faults.values()), faults)
    if Role.ADMIN not in roles:
        _keep_an_admin(session, user)
    if Role.REVIEWER not in roles:
        owns = not OWNERS & {Role(each) for each in roles}
        work = open_work(session, user_id)
        if owns and work.owned and not keeps_work:
            raise RuleBroken(
                f"{user.name} owns {len(work.owned)} evaluations under way. Hand them over first."
            )
        hand_over_work(session, user_id, successor_id=None, owns=False, solo=solo, by=by, now=now)
    before = _held(session, user)
    users.drop_place(session, user_id)
    _place(session, user_id, roles, offices, areas)
    after = _held(session, user)
    if any(before[each] != after[each] for each in ("roles", "offices")):
        # A session never outlives the rights that it was begun with.
        sign_ins.drop_sessions(session, user_id)
    end_what_rests_on(session, user, frozenset(users.person(session, user_id).roles), by=by, now=now)
    record(session, "user.roles_set", ("user", user.id), by=by, now=now, before=before, after=after)
    return user


def disable(
    session: Session,
    user_id: int,
    *,
    successor_id: int | None = None,
    solo: bool = False,
    by: Actor,
    now: datetime,
) -> User:
    """Shut a person out: their sessions, links and tokens die at once, and their open work goes to the successor.

    Scorecards that nobody takes over go back to the evaluations' owners. Raises NotFound, RuleBroken for the last
    admin, InvalidInput where the person owns evaluations and nobody is named to take over.
    """
    await_acts(session, user_id, by=by)
    serialise(session, "user")
    user = _active(session, user_id)
    _keep_an_admin(session, user)
    hand_over_work(session, user_id, successor_id=successor_id, solo=solo, by=by, now=now)
    user.disabled_at = now
    sign_ins.drop(session, user_id)
    second_factor.forget(session, user_id)
    for token in users.tokens_of(session, user_id):
        token.revoked_at = token.revoked_at or now
    end_what_rests_on(session, user, frozenset(), by=by, now=now)
    record(session, "user.disabled", ("user", user.id), by=by, now=now, after={"disabled": True})
    return user


def erase(session: Session, user_id: int, *, by: Actor, now: datetime) -> None:
    """Take a former colleague's name and address away wherever they stand; what they did stays, by their number.

    A verdict keeps the name of who decided it, as the act of an office. Raises NotFound, RuleBroken where they can
    still sign in.
    """
    serialise(session, "user")
    user = users.get(session, user_id)
    if user.disabled_at is None:
        raise RuleBroken(f"{user.name} can still sign in; disable the account first.")
    user.name, user.email, user.password_hash = ERASED, f"erased-{user_id}@invalid", ""
    session.flush()
    users.rename_acts(session, user_id, ERASED)
    record(session, "user.erased", ("user", user_id), by=by, now=now)


def _id(user: User) -> int:
    assert user.id is not None
    return user.id


def _active(session: Session, user_id: int) -> User:
    user = users.hold(session, user_id)
    if user.disabled_at is not None:
        raise RuleBroken(f"{user.name} is disabled; add a new person instead.")
    return user


def _keep_an_admin(session: Session, user: User) -> None:
    if [each.id for each in users.active_holders(session, Role.ADMIN)] == [user.id]:
        raise RuleBroken(f"{user.name} is the last admin; make somebody else an admin first.")


def _place(
    session: Session, user_id: int, roles: Collection[str], offices: Collection[str], areas: Collection[str]
) -> None:
    session.add_all(UserRole(user_id=user_id, role=Role(role)) for role in set(roles))
    found = users.offices_by_code(session, offices).values()
    session.add_all(UserOffice(user_id=user_id, office_id=each.id) for each in found if each.id is not None)
    session.add_all(UserArea(user_id=user_id, area=area) for area in {_fold_area(each) for each in areas})
    session.flush()


def _held(session: Session, user: User) -> dict[str, Any]:
    person = users.person(session, _id(user))
    return {
        "roles": sorted(person.roles),
        "offices": list(person.offices),
        "areas": list(person.areas),
    }


def _identity_faults(session: Session, email: str, name: str) -> dict[str, str]:
    faults: dict[str, str] = {}
    if len(email) > 200 or not ADDRESS.fullmatch(email):
        faults["email"] = "Give an e-mail address such as rosa@example.org."
    elif users.find_by_email(session, email) is not None:
        faults["email"] = f"{email} is here already."
    if len(name) > 120 or not name.isprintable():
        faults["name"] = "A name has at most 120 letters."
    return faults


def _role_faults(roles: Collection[str]) -> dict[str, str]:
    known = {role.value for role in Role}
    if not roles or not known.issuperset(roles):
        return {"roles": f"Choose at least one role of {', '.join(role.value for role in Role)}."}
    return {}


def _office_faults(session: Session, offices: Collection[str]) -> dict[str, str]:
    unknown = set(offices) - users.offices_by_code(session, offices).keys()
    return {"offices": f"There is no office called {', '.join(sorted(unknown))}."} if unknown else {}


def _area_faults(areas: Collection[str]) -> dict[str, str]:
    if any(not 0 < len(_fold_area(each)) <= 40 for each in areas):
        return {"areas": "An area is one or two words, at most 40 letters, such as privacy."}
    return {}


def _fold_area(area: str) -> str:
    return " ".join(area.lower().split())
