"""People and their tokens, for admins in person: a token that leaked can make nobody an admin."""

from fastapi import Request, Response

from registry.domain.errors import NotFound
from registry.services.people import accounts, api_tokens, invitations, losing, sign_in
from registry.store import users
from registry.store.tables import ApiToken
from registry.web.api.replies import Once, told
from registry.web.deps import Admin, House, Now, Read, RowId, Tx
from registry.web.deputies import lendings_of
from registry.web.people_schemas import (
    DelegationOut,
    LeavingIn,
    LinkOut,
    PersonIn,
    PersonOut,
    RolesIn,
    SignedOutOut,
    TokenIn,
    TokenOut,
    WholePersonOut,
    person_out,
)
from registry.web.routing import api_router
from registry.web.schemas import Page

router = api_router("/people", tag="people")


@router.get("", response_model=Page[PersonOut], summary="Everybody")
def list_people(request: Request, read: Read, _user: Admin) -> Response:
    """Disabled ones too, on one page."""
    items = [person_out(each) for each in users.everybody(read)]
    return told(request, Page[PersonOut](items=items, next=None), private=True)


@router.post("", response_model=PersonOut, status_code=201, summary="Add a person")
def add_person(tx: Tx, user: Admin, now: Now, house: House, asked: PersonIn, once: Once) -> Response:
    """Without a password they come in by a sign-in link."""

    def act() -> PersonOut:
        added = accounts.add_user(
            tx,
            email=asked.email,
            name=asked.name,
            roles=asked.roles,
            offices=asked.offices,
            areas=asked.areas,
            password=asked.password or None,
            house_name=house.name,
            breached=house.breach_list,
            by=user,
            now=now,
        )
        return person_out(users.person(tx, added.id or 0))

    return once(asked, act, by=user, status=201)


@router.get("/{user_id}", response_model=WholePersonOut, summary="One person, with tokens and delegations")
def show_person(
    user_id: RowId, request: Request, read: Read, _user: Admin, now: Now, house: House
) -> Response:
    """Tokens are told by what they are for; what they read is stored nowhere."""
    tokens = [token_of(each) for each in users.tokens_of(read, user_id)]
    lent = lendings_of(read, user_id, zone=house.zone, now=now)
    out = WholePersonOut(
        **person_out(users.person(read, user_id)).model_dump(),
        tokens=tokens,
        delegations=[DelegationOut(**vars(each)) for each in lent],
    )
    return told(request, out, private=True)


@router.put("/{user_id}/roles", response_model=PersonOut, summary="Replace roles, offices and areas")
def set_roles(
    user_id: RowId, tx: Tx, user: Admin, now: Now, house: House, asked: RolesIn, once: Once
) -> Response:
    """409 for the last admin."""

    def act() -> PersonOut:
        accounts.set_roles(
            tx,
            user_id,
            roles=asked.roles,
            offices=asked.offices,
            areas=asked.areas,
            solo=house.solo,
            by=user,
            now=now,
        )
        return person_out(users.person(tx, user_id))

    return once(asked, act, by=user)


@router.post("/{user_id}/disable", response_model=PersonOut, summary="Shut a person out")
def disable(
    user_id: RowId, tx: Tx, user: Admin, now: Now, house: House, once: Once, asked: LeavingIn | None = None
) -> Response:
    """Ends their sessions, links and tokens at once; what they did stays on record, open work goes to the successor.

    422 where they own evaluations and nobody is named to take over.
    """
    asked = asked or LeavingIn()

    def act() -> PersonOut:
        accounts.disable(tx, user_id, successor_id=asked.successor, solo=house.solo, by=user, now=now)
        return person_out(users.person(tx, user_id))

    return once(asked, act, by=user)


@router.post("/{user_id}/link", response_model=LinkOut, status_code=201, summary="Make a sign-in link")
def make_link(user_id: RowId, tx: Tx, user: Admin, now: Now, settings: House) -> LinkOut:
    """By it the person chooses a password. It is mailed to them; where no mail is set up, it is told here, this once.

    It takes no idempotency key, since a kept reply would keep the link.
    """
    value = invitations.invite(tx, user_id, mails=settings.mails, secret=settings.secret, by=user, now=now)
    return LinkOut(url=f"{settings.base_url}/sign-in/{value}" if value else "", mailed=not value)


@router.post("/{user_id}/sign-out", response_model=SignedOutOut, summary="Sign a person out everywhere")
def sign_out(user_id: RowId, tx: Tx, user: Admin, now: Now, once: Once) -> Response:
    """Ends their sessions at once; their tokens go on."""

    def act() -> SignedOutOut:
        return SignedOutOut(sessions=sign_in.end_all(tx, user_id, by=user, now=now))

    return once(None, act, by=user)


@router.post(
    "/{user_id}/second-factor/reset", response_model=PersonOut, summary="Take away a lost second factor"
)
def reset_second_factor(user_id: RowId, tx: Tx, user: Admin, now: Now, house: House, once: Once) -> Response:
    """Signs them out everywhere, and tells them by mail where that is set up. 409 where they have none."""

    def act() -> PersonOut:
        losing.reset_second_factor(tx, user_id, mails=house.mails, by=user, now=now)
        return person_out(users.person(tx, user_id))

    return once(None, act, by=user)


@router.post("/{user_id}/tokens", response_model=TokenOut, status_code=201, summary="Make a token")
def create_token(user_id: RowId, tx: Tx, user: Admin, now: Now, settings: House, asked: TokenIn) -> TokenOut:
    """Told this once. It takes no idempotency key, since a kept reply would keep the token."""
    row, value = api_tokens.create_token(
        tx,
        user_id,
        name=asked.name,
        scopes=asked.scopes,
        days=asked.days,
        secret=settings.secret,
        by=user,
        now=now,
    )
    return token_of(row).model_copy(update={"token": value})


@router.post("/{user_id}/tokens/{token_id}/revoke", response_model=TokenOut, summary="End a token")
def revoke_token(user_id: RowId, token_id: RowId, tx: Tx, user: Admin, now: Now, once: Once) -> Response:
    """It works no more, at once."""

    def act() -> TokenOut:
        if users.get_token(tx, token_id).user_id != user_id:
            raise NotFound("This person has no such token.")
        return token_of(api_tokens.revoke_token(tx, token_id, by=user, now=now))

    return once(None, act, by=user)


def token_of(row: ApiToken) -> TokenOut:
    return TokenOut(
        id=row.id or 0,
        name=row.name,
        scopes=row.scopes.split(),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
