"""People in the store: their roles, offices, areas and tokens. How they sign in is sign_ins.py."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import delete, exists, update
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from registry.domain.errors import NotFound
from registry.domain.values import dataclass
from registry.store.memo import remembered
from registry.store.tables import (
    ApiToken,
    Event,
    Office,
    Role,
    SecondFactor,
    TriageAct,
    User,
    UserArea,
    UserIdentity,
    UserOffice,
    UserRole,
)


@dataclass(frozen=True)
class Person:
    """A user with everything that hangs on them; `offices` are codes, and none means all of them."""

    user: User
    roles: frozenset[Role]
    offices: tuple[str, ...]
    areas: tuple[str, ...]
    second_factor: bool = False
    """Whether they have one here."""


def get(session: Session, user_id: int) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("There is no person with this number.")
    return user


def hold(session: Session, user_id: int) -> User:
    """The person as they stand now; until this transaction ends nobody else signs them in, gives them another password
    or shuts them out."""
    session.flush()
    user = session.get(User, user_id, populate_existing=True, with_for_update={"key_share": True})
    if user is None:
        raise NotFound("There is no person with this number.")
    return user


def find_by_email(session: Session, email: str) -> User | None:
    """`email` is folded already."""
    return session.exec(select(User).where(col(User.email) == email)).one_or_none()


def get_by_email(session: Session, email: str) -> User:
    user = find_by_email(session, email)
    if user is None:
        raise NotFound(f"Nobody here has the address {email}. `registry users list` names everybody.")
    return user


def roles(session: Session, user_id: int) -> frozenset[Role]:
    return frozenset(
        row.role for row in session.exec(select(UserRole).where(col(UserRole.user_id) == user_id))
    )


def names(session: Session, user_ids: Iterable[int]) -> dict[int, str]:
    """Id -> name; disabled people too. Whom the session holds already is not asked for again."""
    wanted = set(user_ids)
    held = [session.identity_map.get(session.identity_key(User, each)) for each in wanted]
    found = {each.id: each.name for each in held if isinstance(each, User) and each.id is not None}
    if missing := wanted - found.keys():
        query = select(User).where(col(User.id).in_(missing))
        found |= {user.id: user.name for user in session.exec(query) if user.id is not None}
    return found


def rename_acts(session: Session, user_id: int, name: str) -> None:
    """Write another name wherever one was kept beside this person's acts; and forget how their provider knows them."""
    for table in (Event, TriageAct):
        session.execute(update(table).where(col(table.actor_id) == user_id).values(actor=name))
    session.execute(delete(UserIdentity).where(col(UserIdentity.user_id) == user_id))


def drop_place(session: Session, user_id: int) -> None:
    """Take a person's roles, offices and areas away."""
    for table in (UserRole, UserOffice, UserArea):
        session.execute(delete(table).where(col(table.user_id) == user_id))
    session.expire_all()


def areas(session: Session, user_ids: Iterable[int]) -> dict[int, frozenset[str]]:
    """What each of them knows well and speaks for, by id; who has no area is left out."""
    known = _all_areas(session)
    return {each: known[each] for each in user_ids if each in known}


@remembered(User, UserRole, UserArea, UserOffice, Office, SecondFactor)
def everybody(session: Session) -> list[Person]:
    """All people, disabled ones too, by name."""
    found = session.exec(select(User).order_by(col(User.name), col(User.id))).all()
    return _persons(session, found)


def person(session: Session, user_id: int) -> Person:
    return _persons(session, [get(session, user_id)])[0]


def active_holders(session: Session, role: Role) -> list[User]:
    """People who hold the role and are not disabled, by name."""
    holders = select(UserRole.user_id).where(col(UserRole.role) == role)
    query = select(User).where(col(User.id).in_(holders), col(User.disabled_at).is_(None))
    return list(session.exec(query.order_by(col(User.name), col(User.id))))


def offices_by_code(session: Session, codes: Iterable[str]) -> dict[str, Office]:
    """Those of the codes that exist."""
    found = session.exec(select(Office).where(col(Office.code).in_(list(codes))))
    return {office.code: office for office in found}


@remembered(UserOffice, Office)
def offices_of(session: Session, user_id: int) -> frozenset[str]:
    """Codes of the offices that a person's roles are for; none means all."""
    query = select(Office.code).join(UserOffice, col(UserOffice.office_id) == col(Office.id))
    return frozenset(session.exec(query.where(UserOffice.user_id == user_id)))


def find_identity(session: Session, issuer: str, subject: str) -> UserIdentity | None:
    return session.get(UserIdentity, (issuer, subject))


def identities_of(session: Session, user_id: int) -> list[UserIdentity]:
    query = select(UserIdentity).where(UserIdentity.user_id == user_id)
    return list(session.exec(query.order_by(col(UserIdentity.issuer), col(UserIdentity.subject))))


def holder_of_token(session: Session, digest: str) -> tuple[ApiToken, User, frozenset[Role], bool] | None:
    """A token with whose it is and which roles they hold, and whether they have a second factor, here or at a provider
    with whom they are joined, in one query."""
    at_provider = exists().where(col(UserIdentity.user_id) == col(ApiToken.user_id))
    query = (
        columns(ApiToken, User, col(UserRole.role), col(SecondFactor.set_up_at), at_provider)
        .join(User, col(User.id) == col(ApiToken.user_id))
        .outerjoin(UserRole, col(UserRole.user_id) == col(User.id))
        .outerjoin(SecondFactor, col(SecondFactor.user_id) == col(User.id))
        .where(col(ApiToken.digest) == digest)
    )
    rows = session.execute(query).all()
    if not rows:
        return None
    token, user, _, set_up_at, joined = rows[0]
    return (
        token,
        user,
        frozenset(Role(row[2]) for row in rows if row[2]),
        set_up_at is not None or bool(joined),
    )


def find_token(session: Session, digest: str) -> ApiToken | None:
    return session.exec(select(ApiToken).where(col(ApiToken.digest) == digest)).one_or_none()


def get_token(session: Session, token_id: int) -> ApiToken:
    token = session.get(ApiToken, token_id)
    if token is None:
        raise NotFound("There is no token with this number.")
    return token


def tokens_of(session: Session, user_id: int) -> list[ApiToken]:
    """Newest first, revoked and expired ones too."""
    query = select(ApiToken).where(col(ApiToken.user_id) == user_id).order_by(col(ApiToken.id).desc())
    return list(session.exec(query))


@remembered(UserArea)
def _all_areas(session: Session) -> dict[int, frozenset[str]]:
    known: dict[int, set[str]] = defaultdict(set)
    for row in session.exec(select(UserArea)):
        known[row.user_id].add(row.area)
    return {user_id: frozenset(found) for user_id, found in known.items()}


def _persons(session: Session, found: Sequence[User]) -> list[Person]:
    ids = [user.id for user in found]
    held: dict[int, set[Role]] = defaultdict(set)
    offices: dict[int, list[str]] = defaultdict(list)
    for row in session.exec(select(UserRole).where(col(UserRole.user_id).in_(ids))):
        held[row.user_id].add(row.role)
    known = areas(session, [user_id for user_id in ids if user_id is not None])
    placed = (
        select(UserOffice.user_id, Office.code)
        .join(Office, col(Office.id) == col(UserOffice.office_id))
        .where(col(UserOffice.user_id).in_(ids))
        .order_by(col(Office.code))
    )
    for user_id, code in session.exec(placed):
        offices[user_id].append(code)
    proven = select(SecondFactor.user_id).where(
        col(SecondFactor.user_id).in_(ids), col(SecondFactor.set_up_at).is_not(None)
    )
    factors = set(session.exec(proven))
    return [
        Person(
            user,
            frozenset(held[user.id]),
            tuple(offices[user.id]),
            tuple(sorted(known.get(user.id, ()))),
            user.id in factors,
        )
        for user in found
        if user.id is not None
    ]
