"""People as the OpenID provider names them: who comes back from it, whose account it is, what their groups give."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotFound, SignInRefused
from registry.domain.language import worded
from registry.domain.values import dataclass
from registry.services.people import accounts, losing, second_factor, sign_in
from registry.services.people.acting import REGISTRY, record
from registry.services.people.deputies import end_what_rests_on
from registry.services.people.passwords import fold_email
from registry.settings import Settings
from registry.store import sign_ins, users
from registry.store.columns import id_of
from registry.store.engine import serialise
from registry.store.tables import ProviderSignIn, Role, User, UserIdentity

AWAY = timedelta(minutes=10)
"""How long somebody may be at the provider."""
MOST_LINK = 200


@dataclass(frozen=True)
class Begun:
    """What goes along to the provider; `verifier` follows when they have come back."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Away:
    """What was noted of somebody who went to the provider."""

    nonce: str
    verifier: str
    next: str
    link_digest: str


@dataclass(frozen=True)
class Known:
    """Who the provider says came back; see registry.openid.provider.Told."""

    issuer: str
    subject: str
    email: str
    name: str
    groups: Iterable[str]


def begin(
    session: Session,
    *,
    browser: str,
    next: str,  # noqa: A002
    link: str,
    here: int | None,
    secret: bytes,
    now: datetime,
) -> Begun:
    """Note that this browser (by its cookie) goes to the provider; `link` is the invitation it came by, or empty.

    `here` is who is signed in there. Raises NotFound where the link serves no more, SignInRefused where it joins
    nothing.
    """
    sign_ins.drop_away_until(session, now)
    link_digest = sign_in.digest_of("link", link[:MOST_LINK], secret) if link else ""
    if link_digest:
        invited = users.get(session, sign_in.usable_link(session, link_digest, now).user_id)
        if not may_join(session, invited, link, here):
            raise _not_joined(invited)
    begun = Begun(*(secrets.token_urlsafe(32) for _ in range(3)))
    session.add(
        ProviderSignIn(
            digest=sign_in.digest_of("state", begun.state, secret),
            browser=sign_in.digest_of("browser", browser, secret),
            nonce=begun.nonce,
            verifier=begun.verifier,
            next=next,
            link_digest=link_digest,
            expires_at=now + AWAY,
        )
    )
    return begun


def come_back(session: Session, *, state: str, browser: str, secret: bytes, now: datetime) -> Away | None:
    """What was noted, which serves this once; None where nothing was, or it was another browser's."""
    # Held, so that of two who come back at once the other finds it gone.
    row = session.get(ProviderSignIn, sign_in.digest_of("state", state, secret), with_for_update=True)
    if row is None:
        return None
    fits = row.browser == sign_in.digest_of("browser", browser, secret) and now < row.expires_at
    noted = Away(row.nonce, row.verifier, row.next, row.link_digest)
    session.delete(row)
    session.flush()
    return noted if fits else None


def may_join(session: Session, user: User, link: str, here: int | None) -> bool:
    """Whether an account at the provider may be joined with this one by a link of its person.

    By one that an admin made alone, since anybody asks for the other kind; and where there is a password or a second
    factor, by who has given it, and is signed in in the same browser (`here`).
    """
    if link.startswith(sign_in.FORGOTTEN):
        return False
    guarded = user.password_hash or second_factor.state_of(session, id_of(user)).set_up_at is not None
    return not guarded or here == user.id


def enter(
    session: Session, told: Known, settings: Settings, *, link_digest: str, here: int | None, now: datetime
) -> User:
    """Whose account it is, with the roles that their groups give today. Raises SignInRefused.

    Who comes for the first time gets an account, or is joined with the one that their invitation was made for.
    """
    serialise(session, "user")
    identity = users.find_identity(session, told.issuer, told.subject)
    wanted = roles_of(told.groups, settings)
    if link_digest:
        user = _join(session, told, identity, link_digest, here, settings, now)
    elif identity is not None:
        user = users.get(session, identity.user_id)
    else:
        return _welcome(session, told, wanted, now)
    if identity is not None:
        identity.seen_at = now
    if user.disabled_at is not None:
        raise SignInRefused(worded("This account is disabled. Ask an admin."), "disabled", user_id=user.id)
    if settings.oidc_roles:
        _renew_roles(session, user, wanted, settings, now)
    return user


def shut_out(session: Session, user_id: int, now: datetime) -> None:
    """End the sessions, tokens and delegations of somebody whose groups give them no role any more."""
    serialise(session, "user")
    sign_in.end_all(session, user_id, by=REGISTRY, now=now)
    end_what_rests_on(session, users.get(session, user_id), frozenset(), by=REGISTRY, now=now)
    for token in users.tokens_of(session, user_id):
        if token.revoked_at is None:
            token.revoked_at = now
            record(
                session,
                "token.revoked",
                ("token", token.id),
                by=REGISTRY,
                now=now,
                after={"name": token.name},
            )


def roles_of(groups: Iterable[str], settings: Settings) -> frozenset[Role]:
    """What the groups give, else the default role; none where there is no such."""
    held = set(groups)
    given = {
        Role(role.strip())
        for group, _, role in (each.rpartition("=") for each in settings.oidc_roles)
        if group.strip() in held
    }
    if given:
        return frozenset(given)
    return frozenset({Role(settings.oidc_default_role)} if settings.oidc_default_role else ())


def _join(
    session: Session,
    told: Known,
    identity: UserIdentity | None,
    link_digest: str,
    here: int | None,
    settings: Settings,
    now: datetime,
) -> User:
    try:
        user = sign_in.use_up(session, link_digest, now)
    except NotFound as gone:
        raise SignInRefused(gone.sentence, "link") from gone
    if identity is not None and identity.user_id != user.id:
        sentence = worded("You have another account here already. Sign in without the link.")
        raise SignInRefused(sentence, "other_account", user_id=identity.user_id)
    if identity is None:
        if not may_join(session, user, "", here):
            raise _not_joined(user)
        _add_identity(session, user, told, now)
        sign_in.end_all(session, id_of(user), by=REGISTRY, now=now)
        losing.tell(session, id_of(user), "joined", mails=settings.mails, now=now)
    return user


def _not_joined(user: User) -> SignInRefused:
    sentence = worded(
        "Sign in to your account here first, then open an invitation of an admin in the same browser: it joins both."
    )
    return SignInRefused(sentence, "not_joined", user_id=user.id)


def _welcome(session: Session, told: Known, wanted: frozenset[Role], now: datetime) -> User:
    if not wanted:
        raise SignInRefused(_no_role(), "no_role")
    email = fold_email(told.email)
    taken = users.find_by_email(session, email) if email else None
    if taken is not None:
        sentence = worded(
            "There is an account with your e-mail address already. Ask an admin for an invitation, which joins both; "
            "where you have a password here, sign in with it before you open it."
        )
        raise SignInRefused(sentence, "address_taken", user_id=taken.id)
    try:
        user = accounts.add_user(session, email=email, name=told.name, roles=wanted, by=REGISTRY, now=now)
    except InvalidInput as refused:
        sentence = worded("Your organisation's sign-in tells no e-mail address of yours. Tell an admin.")
        raise SignInRefused(sentence, "no_address") from refused
    _add_identity(session, user, told, now)
    return user


def _renew_roles(
    session: Session, user: User, wanted: frozenset[Role], settings: Settings, now: datetime
) -> None:
    held = users.person(session, id_of(user))
    if not wanted:
        raise SignInRefused(_no_role(), "no_role", user_id=user.id)
    if [each.id for each in users.active_holders(session, Role.ADMIN)] == [user.id]:
        wanted |= {Role.ADMIN}
    if wanted != held.roles:
        accounts.set_roles(
            session,
            id_of(user),
            roles=wanted,
            offices=held.offices,
            areas=held.areas,
            solo=settings.solo,
            keeps_work=True,
            by=REGISTRY,
            now=now,
        )


def _add_identity(session: Session, user: User, told: Known, now: datetime) -> None:
    session.add(
        UserIdentity(
            issuer=told.issuer, subject=told.subject, user_id=id_of(user), created_at=now, seen_at=now
        )
    )
    session.flush()
    record(
        session,
        "user.identity_joined",
        ("user", user.id),
        by=REGISTRY,
        now=now,
        after={"issuer": told.issuer},
    )


def _no_role() -> str:
    return worded("None of your groups has a role here. Ask an admin.")
