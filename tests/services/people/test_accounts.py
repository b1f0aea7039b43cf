"""People, their passwords, sessions, links and tokens."""

import json
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlmodel import Session, select

from registry.domain.errors import InvalidInput, NotFound, RuleBroken
from registry.services.people import accounts, api_tokens, passwords, sign_in
from registry.services.people.acting import REGISTRY
from registry.store import tables, users
from registry.store.tables import Role, User

SECRET = b"0123456789abcdef0123456789abcdef"
PASSWORD = "a quiet brown river"


@pytest.fixture
def add(session: Session, now: datetime) -> partial[User]:
    return partial(accounts.add_user, session, by=REGISTRY, now=now)


@pytest.fixture
def rosa(add: partial[User]) -> User:
    return add(email=" Rosa@Example.ORG ", name="Rosa", roles=["reviewer"], password=PASSWORD)


def faults_of(refused: pytest.ExceptionInfo[InvalidInput]) -> set[str]:
    return set(refused.value.faults)


@pytest.mark.both_databases
def test_an_address_is_kept_folded_and_only_once(add: partial[User], rosa: User) -> None:
    assert rosa.email == "rosa@example.org"
    with pytest.raises(InvalidInput) as refused:
        add(email="ROSA@example.org", roles=["admin"])
    assert faults_of(refused) == {"email"}


@pytest.mark.both_databases
def test_a_person_holds_a_set_of_roles_with_offices_and_areas(session: Session, add: partial[User]) -> None:
    session.add(tables.Office(code="north", name="North"))
    session.flush()
    added = add(email="a@example.org", roles=["reviewer", "approver"], offices=["north"], areas=["Privacy "])
    person = users.person(session, added.id)
    assert (person.roles, person.offices, person.areas) == (
        {Role.REVIEWER, Role.APPROVER},
        ("north",),
        ("privacy",),
    )
    assert person.user.name == "a"


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"email": "no address"}, "email"),
        ({"email": "a@b\n@c"}, "email"),
        ({"roles": []}, "roles"),
        ({"roles": ["king"]}, "roles"),
        ({"offices": ["nowhere"]}, "offices"),
        ({"areas": ["x" * 41]}, "areas"),
        ({"name": "x" * 121}, "name"),
        ({"password": "too short"}, "password"),
        ({"password": "aaaaaaaaaaaaaaaa"}, "password"),
        ({"password": "somebody@example.org"}, "password"),
    ],
)
def test_each_field_that_cannot_be_taken_is_named(
    session: Session, add: partial[User], given: dict[str, object], fault: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        add(**{"email": "somebody@example.org", "roles": ["employee"]} | given)
    assert faults_of(refused) == {fault}
    assert users.everybody(session) == []


def test_the_right_password_alone_opens(session: Session, rosa: User) -> None:
    assert passwords.authenticate(session, "ROSA@example.org", PASSWORD) == rosa
    assert passwords.authenticate(session, "rosa@example.org", PASSWORD + "x") is None
    assert passwords.authenticate(session, "nobody@example.org", PASSWORD) is None


def test_a_person_without_a_password_cannot_be_opened_by_an_empty_one(
    session: Session, add: partial[User]
) -> None:
    add(email="emil@example.org", roles=["employee"])
    assert passwords.authenticate(session, "emil@example.org", "") is None


def test_passwords_are_kept_as_argon2(rosa: User) -> None:
    assert rosa.password_hash.startswith("$argon2id$")


@pytest.mark.both_databases
def test_disabling_ends_sessions_links_and_tokens_at_once(
    session: Session, rosa: User, now: datetime
) -> None:
    cookie = sign_in.start_session(session, rosa, secret=SECRET, now=now)
    link = sign_in.make_link(
        session, rosa.id, secret=SECRET, valid_for=timedelta(days=1), by=REGISTRY, now=now
    )
    _token, token = a_token(session, rosa, now)
    accounts.disable(session, rosa.id, by=REGISTRY, now=now)
    assert sign_in.find_by_session(session, cookie, secret=SECRET, now=now) is None
    assert api_tokens.find_by_token(session, token, secret=SECRET, now=now) is None
    with pytest.raises(NotFound):
        sign_in.use_link(session, link, secret=SECRET, now=now)
    assert passwords.authenticate(session, rosa.email, PASSWORD) is None


def test_a_new_password_signs_the_person_out_everywhere(session: Session, rosa: User, now: datetime) -> None:
    cookie = sign_in.start_session(session, rosa, secret=SECRET, now=now)
    accounts.set_password(session, rosa.id, "another brown river", by=REGISTRY, now=now)
    assert sign_in.find_by_session(session, cookie, secret=SECRET, now=now) is None
    assert passwords.authenticate(session, rosa.email, "another brown river") == rosa


def test_the_last_admin_stays(session: Session, add: partial[User], now: datetime) -> None:
    ada = add(email="ada@example.org", roles=["admin"])
    with pytest.raises(RuleBroken, match="last admin"):
        accounts.disable(session, ada.id, by=REGISTRY, now=now)
    with pytest.raises(RuleBroken, match="last admin"):
        accounts.set_roles(session, ada.id, roles=["employee"], by=REGISTRY, now=now)
    add(email="other@example.org", roles=["admin"])
    accounts.disable(session, ada.id, by=REGISTRY, now=now)


@pytest.mark.both_databases
def test_other_roles_end_the_sessions_that_were_begun_with_the_old_ones(
    session: Session, rosa: User, now: datetime
) -> None:
    cookie = sign_in.start_session(session, rosa, secret=SECRET, now=now)
    accounts.set_roles(session, rosa.id, roles=["reviewer"], areas=["privacy"], by=REGISTRY, now=now)
    assert sign_in.find_by_session(session, cookie, secret=SECRET, now=now) is not None
    accounts.set_roles(session, rosa.id, roles=["approver"], by=REGISTRY, now=now)
    assert sign_in.find_by_session(session, cookie, secret=SECRET, now=now) is None
    event = session.exec(select(tables.Event).where(tables.Event.action == "user.roles_set")).all()[-1]
    assert (event.before["roles"], event.after["roles"]) == (["reviewer"], ["approver"])


def test_a_token_acts_with_the_roles_that_its_owner_has_now(
    session: Session, rosa: User, now: datetime
) -> None:
    _token, value = a_token(session, rosa, now)
    accounts.set_roles(session, rosa.id, roles=["approver"], by=REGISTRY, now=now)
    presence = api_tokens.find_by_token(session, value, secret=SECRET, now=now)
    assert presence is not None
    assert presence.actor.roles == {Role.APPROVER}


def test_a_new_link_to_choose_a_password_makes_the_earlier_one_worthless(
    session: Session, rosa: User, now: datetime
) -> None:
    make = partial(
        sign_in.make_link,
        session,
        rosa.id,
        secret=SECRET,
        valid_for=timedelta(hours=1),
        sets_password=True,
        by=REGISTRY,
        now=now,
    )
    first, second = make(), make()
    with pytest.raises(NotFound):
        sign_in.get_link(session, first, secret=SECRET, now=now)
    assert sign_in.get_link(session, second, secret=SECRET, now=now) == (rosa, True)


def test_a_session_lives_as_long_as_the_settings_say(session: Session, rosa: User, now: datetime) -> None:
    lives = sign_in.Lives(timedelta(hours=1), timedelta(hours=2))
    cookie = sign_in.start_session(session, rosa, secret=SECRET, now=now, lives=lives)
    find = partial(sign_in.find_by_session, session, cookie, secret=SECRET)
    renew = partial(sign_in.renew_session, session, cookie, secret=SECRET, lives=lives)
    assert find(now=now + timedelta(hours=1)) is None
    renew(now=now + timedelta(minutes=50))
    assert find(now=now + timedelta(minutes=109)) is not None
    renew(now=now + timedelta(minutes=109))
    assert find(now=now + timedelta(minutes=119)) is not None
    assert find(now=now + timedelta(minutes=120)) is None


def test_a_link_serves_once_and_a_reusable_one_until_it_expires(
    session: Session, rosa: User, now: datetime
) -> None:
    make = partial(
        sign_in.make_link, session, rosa.id, secret=SECRET, valid_for=timedelta(hours=1), by=REGISTRY, now=now
    )
    use = partial(sign_in.use_link, session, secret=SECRET)
    once, often = make(), make(reusable=True)
    use(once, now=now)
    with pytest.raises(NotFound):
        use(once, now=now)
    use(often, now=now)
    use(often, now=now + timedelta(minutes=59))
    with pytest.raises(NotFound):
        use(often, now=now + timedelta(hours=1))


def test_a_links_value_is_no_cookie_and_no_token(session: Session, rosa: User, now: datetime) -> None:
    link = sign_in.make_link(
        session, rosa.id, secret=SECRET, valid_for=timedelta(days=1), by=REGISTRY, now=now
    )
    assert sign_in.find_by_session(session, link, secret=SECRET, now=now) is None
    assert api_tokens.find_by_token(session, link, secret=SECRET, now=now) is None


def a_token(session: Session, user: User, now: datetime, **given: object) -> tuple[tables.ApiToken, str]:
    wanted = {"name": "nightly", "scopes": ["read"], "days": 90} | given
    return api_tokens.create_token(session, user.id, secret=SECRET, by=REGISTRY, now=now, **wanted)


@pytest.mark.both_databases
def test_a_token_is_its_owner_cut_to_its_scopes_until_it_expires_or_is_revoked(
    session: Session, rosa: User, now: datetime
) -> None:
    token, value = a_token(session, rosa, now, scopes=["triage", "read"])
    find = partial(api_tokens.find_by_token, session, value, secret=SECRET)
    presence = find(now=now + timedelta(days=89))
    assert presence is not None
    assert (presence.actor.name, presence.actor.scopes) == ("Rosa", {"read", "triage"})
    assert find(now=now + timedelta(days=90)) is None
    api_tokens.revoke_token(session, token.id, by=REGISTRY, now=now)
    assert find(now=now) is None


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"days": 366}, "days"),
        ({"days": 0}, "days"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["decide"]}, "scopes"),
        ({"scopes": ["sources"]}, "scopes"),
        ({"name": " "}, "name"),
    ],
)
def test_a_token_lives_a_year_at_most_and_never_decides_nor_exceeds_its_owner(
    session: Session, rosa: User, now: datetime, given: dict[str, object], fault: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        a_token(session, rosa, now, **given)
    assert faults_of(refused) == {fault}


def test_no_secret_stands_in_the_store_or_in_an_event(session: Session, rosa: User, now: datetime) -> None:
    _token, token = a_token(session, rosa, now)
    link = sign_in.make_link(
        session, rosa.id, secret=SECRET, valid_for=timedelta(days=1), by=REGISTRY, now=now
    )
    cookie = sign_in.use_link(session, link, secret=SECRET, now=now)
    accounts.set_password(session, rosa.id, "another brown river", by=REGISTRY, now=now)
    session.flush()
    events = session.exec(select(tables.Event)).all()
    told = json.dumps([[each.action, each.actor, each.before, each.after] for each in events])
    for secret in (token, link, cookie, PASSWORD, "another brown river", rosa.password_hash):
        assert secret not in told
    assert [each.action for each in events] == [
        "user.added",
        "token.created",
        "sign_in_link.made",
        "session.started",
        "user.password_set",
    ]
