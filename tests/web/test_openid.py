"""Signing in at an OpenID provider that is really there, and what is refused of one that lies."""

import base64
import hmac
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from authlib.oidc.core.util import create_half_hash
from fastapi import FastAPI
from joserfc import jws
from joserfc.jwk import ECKey
from sqlalchemy import Engine
from sqlmodel import select
from starlette.testclient import TestClient

from registry.openid.replies import Wire
from registry.services.notices import mails
from registry.services.people import accounts, api_tokens, invitations, sign_in
from registry.services.people.acting import REGISTRY
from registry.settings import Settings
from registry.store import delegations, users
from registry.store.engine import snapshot, transaction
from registry.store.tables import Delivery, Event, ProviderSignIn, Role, User, UserSession
from registry.web.parts import FEW_AWAY
from tests.openid_provider import CLIENT, KEYS, OTHER, SECRET, Claims, Lies, Provider, running
from tests.web.conftest import HandClock
from tests.web.test_account import PASSWORD, log_in
from tests.web.test_second_factor import give, set_up

Browse = Callable[[], TestClient]


@pytest.fixture(scope="module")
def one_provider() -> Iterator[Provider]:
    with running() as provider:
        yield provider


@pytest.fixture
def provider(one_provider: Provider, clock: HandClock) -> Provider:
    fresh = Provider(issuer=one_provider.issuer)
    for name in ("algorithm", "person", "lies", "signing", "codes", "ways"):
        setattr(one_provider, name, getattr(fresh, name))
    one_provider.asked.clear()
    one_provider.now = lambda: clock.now.timestamp()
    return one_provider


@pytest.fixture
def wanted() -> dict[str, Any]:
    """Settings beside those that name the provider."""
    return {
        "oidc_roles": ("Reviewers=reviewer", "Approvers=approver", "Admins=admin"),
        "oidc_default_role": "employee",
    }


@pytest.fixture
def settings(settings: Settings, provider: Provider, wanted: dict[str, Any]) -> Settings:
    given = {
        "oidc_issuer": provider.issuer,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": SECRET,
        "oidc_name": "Example Office",
        "oidc_algorithms": ("RS256", "ES256", "EdDSA"),
    }
    return settings.model_copy(update=given | wanted)


def sign_in_at(provider: Provider, browser: TestClient, start: str = "/login/oidc?next=/tools"):
    away = browser.get(start)
    assert away.status_code == 303, away.text
    return browser.get("/login/oidc/callback", params=provider.agree(away.headers["location"]))


def who(browser: TestClient) -> dict[str, Any]:
    return browser.get("/api/v1/account").json()


def refusals(engine: Engine) -> list[str]:
    with snapshot(engine) as session:
        found = session.exec(select(Event).where(Event.action == "sign_in.refused").order_by(Event.id)).all()
        return [each.after["why"] for each in found if each.after["how"] == "provider"]


def sessions(engine: Engine) -> int:
    with snapshot(engine) as session:
        return len(session.exec(select(UserSession)).all())


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "EdDSA"])
def test_who_comes_for_the_first_time_gets_an_account_with_the_roles_of_their_groups(
    client: TestClient, provider: Provider, algorithm: str
) -> None:
    provider.algorithm = algorithm
    provider.person["groups"] = ["Reviewers", "Everybody"]
    assert "Sign in with Example Office" in client.get("/login").text
    reply = sign_in_at(provider, client)
    assert (reply.status_code, reply.headers["location"]) == (303, "/tools")
    me = who(client)
    assert (me["email"], me["name"], me["roles"]) == ("nora@example.org", "Nora", ["reviewer"])
    assert me["sessions"][0]["how"] == "provider"


def test_somebody_is_known_by_issuer_and_subject_and_never_by_address(
    browse: Browse, provider: Provider
) -> None:
    first, again, other = browse(), browse(), browse()
    sign_in_at(provider, first)
    provider.person["email"] = "new@example.org"
    sign_in_at(provider, again)
    assert (who(again)["id"], who(again)["email"]) == (who(first)["id"], "nora@example.org")
    provider.person |= {"sub": "u-2", "email": "nora@example.org"}
    assert sign_in_at(provider, other).status_code == 400
    assert other.get("/account").status_code == 303


def test_a_local_account_is_joined_by_an_invitation_alone(
    browse: Browse, provider: Provider, site_engine: Engine, as_, cast: dict[str, int]
) -> None:
    provider.person |= {"email": "rosa@example.org", "groups": ["Reviewers"]}
    refused = sign_in_at(provider, browse())
    assert "Ask an admin for an invitation" in refused.text
    assert refusals(site_engine) == ["address_taken"]
    shown = as_("admin").post(f"/people/{cast['Rosa']}/link").text
    link = re.search(r"/sign-in/([\w-]+)", shown)[1]
    rosa = browse()
    start = re.search(r'href="(/login/oidc\?link=[^"]*)"', rosa.get(f"/sign-in/{link}").text)[1]
    assert sign_in_at(provider, rosa, start.replace("&amp;", "&")).status_code == 303
    assert who(rosa)["id"] == cast["Rosa"]
    assert rosa.get(f"/sign-in/{link}").status_code == 404
    assert rosa.get(f"/login/oidc?link={link}").status_code == 404
    once_more = browse()
    sign_in_at(provider, once_more)
    assert who(once_more)["id"] == cast["Rosa"]


def test_roles_follow_the_groups_at_each_sign_in_on_the_record_and_the_old_session_is_dead(
    browse: Browse, provider: Provider, site_engine: Engine
) -> None:
    first, second = browse(), browse()
    provider.person["groups"] = ["Reviewers"]
    sign_in_at(provider, first)
    provider.person["groups"] = ["Approvers"]
    sign_in_at(provider, second)
    assert who(second)["roles"] == ["approver"]
    assert first.get("/account").status_code == 303
    with snapshot(site_engine) as session:
        event = session.exec(select(Event).where(Event.action == "user.roles_set")).one()
    assert (event.actor, event.before["roles"], event.after["roles"]) == (
        "registry",
        ["reviewer"],
        ["approver"],
    )


@pytest.mark.parametrize("wanted", [{"oidc_roles": ("Reviewers=reviewer",), "oidc_default_role": ""}])
def test_whom_no_group_gives_a_role_is_refused_and_loses_sessions_and_tokens(
    browse: Browse, provider: Provider, site_engine: Engine, settings: Settings, clock: HandClock, wanted
) -> None:
    first = browse()
    provider.person["groups"] = ["Reviewers"]
    sign_in_at(provider, first)
    token = first.post("/api/v1/account/tokens", json={"name": "n", "scopes": ["read"], "days": 9}).json()[
        "token"
    ]
    provider.person["groups"] = ["Everybody"]
    refused = sign_in_at(provider, browse())
    assert (refused.status_code, "None of your groups" in refused.text) == (400, True)
    assert refusals(site_engine) == ["no_role"]
    assert first.get("/account").status_code == 303
    with snapshot(site_engine) as session:
        assert api_tokens.find_by_token(session, token, secret=settings.secret, now=clock.now) is None


@pytest.mark.parametrize("wanted", [{"oidc_roles": ("Approvers=approver",), "oidc_default_role": ""}])
def test_whom_no_group_gives_a_role_lends_their_right_to_decide_no_longer(
    browse: Browse, provider: Provider, site_engine: Engine, cast: dict[str, int], clock: HandClock, wanted
) -> None:
    away, today = browse(), f"{clock.now.date()}"
    provider.person["groups"] = ["Approvers"]
    sign_in_at(provider, away)
    sent = {"deputy": cast["Rosa"], "first_day": today, "last_day": today}
    assert away.post("/api/v1/account/delegations", json=sent).status_code == 201
    provider.person["groups"] = []
    assert sign_in_at(provider, browse()).status_code == 400
    with snapshot(site_engine) as session:
        assert delegations.approvers_of(session, cast["Rosa"], now=clock.now) == []


def test_the_last_admin_stays_one_whatever_the_groups_say(
    browse: Browse, provider: Provider, site_engine: Engine, cast: dict[str, int], clock: HandClock
) -> None:
    provider.person["groups"] = ["Admins"]
    sign_in_at(provider, browse())
    with transaction(site_engine) as session:
        accounts.set_roles(session, cast["Ada"], roles=["employee"], by=REGISTRY, now=clock.now)
    provider.person["groups"] = ["Reviewers"]
    nora = browse()
    sign_in_at(provider, nora)
    assert who(nora)["roles"] == ["admin", "reviewer"]


@pytest.mark.parametrize("wanted", [{"oidc_roles": (), "oidc_default_role": "employee"}])
def test_without_a_list_of_groups_roles_are_an_admins_to_give(
    browse: Browse, provider: Provider, site_engine: Engine, clock: HandClock, wanted
) -> None:
    nora, again = browse(), browse()
    provider.person["groups"] = "no list, and nobody asks"
    sign_in_at(provider, nora)
    with transaction(site_engine) as session:
        accounts.set_roles(session, who(nora)["id"], roles=["auditor"], by=REGISTRY, now=clock.now)
    sign_in_at(provider, again)
    assert who(again)["roles"] == ["auditor"]


def test_what_the_token_leaves_out_is_asked_for(client: TestClient, provider: Provider) -> None:
    provider.person["groups"] = ["Approvers"]
    hidden = ("email", "name", "groups")
    provider.lies = Lies(claims=lambda claims: {k: v for k, v in claims.items() if k not in hidden})
    sign_in_at(provider, client)
    assert (who(client)["email"], who(client)["roles"]) == ("nora@example.org", ["approver"])


def test_the_description_and_the_keys_are_kept_and_new_keys_asked_for_once_a_minute(
    browse: Browse, provider: Provider, clock: HandClock
) -> None:
    sign_in_at(provider, browse())
    sign_in_at(provider, browse())
    assert (provider.asked.count("/.well-known/openid-configuration"), provider.asked.count("/keys")) == (
        1,
        1,
    )
    provider.signing["ES256"] = ECKey.generate_key("P-256", {"kid": "e2"})
    assert sign_in_at(provider, browse()).status_code == 400
    assert provider.asked.count("/keys") == 1
    clock.pass_time(minutes=1)
    assert sign_in_at(provider, browse()).status_code == 303
    assert provider.asked.count("/keys") == 2


def test_the_clients_secret_goes_as_the_provider_wants_it(client: TestClient, provider: Provider) -> None:
    provider.ways = ["client_secret_post"]
    assert sign_in_at(provider, client).status_code == 303


def test_signing_out_offers_to_sign_out_there_too(client: TestClient, provider: Provider) -> None:
    sign_in_at(provider, client)
    reply = client.post("/logout")
    assert reply.headers["location"] == "/signed-out"
    shown = client.get("/signed-out").text
    assert f"{provider.issuer}/logout?client_id=registry&amp;post_logout_redirect_uri=http" in shown
    assert client.get("/account").status_code == 303


def test_a_new_session_begins_and_the_one_before_is_dead(browse: Browse, provider: Provider) -> None:
    nora, thief = browse(), browse()
    sign_in_at(provider, nora)
    thief.cookies.update(nora.cookies)
    sign_in_at(provider, nora)
    assert (nora.get("/account").status_code, thief.get("/account").status_code) == (200, 303)


def changed(**more: Any) -> Callable[[Claims], Claims]:
    """Claims that say otherwise; None leaves one out."""
    return lambda claims: {name: each for name, each in (claims | more).items() if each is not None}


def later(**spans: int) -> Callable[[Claims], Claims]:
    return lambda claims: claims | {name: claims["iat"] + span for name, span in spans.items()}


def unsigned(provider: Provider, claims: Claims) -> str:
    body = provider.sign(claims).split(".")[1]
    plain = base64.urlsafe_b64encode(b'{"alg":"none","kid":"e1"}').rstrip(b"=").decode()
    return f"{plain}.{body}."


def by_the_public_key(provider: Provider, claims: Claims) -> str:
    """HS256 with the provider's public key for a secret."""
    parts = [b'{"alg":"HS256","kid":"r1"}', json.dumps(claims).encode()]
    said = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    made = hmac.digest(KEYS["RS256"].as_pem(private=False), said, "sha256")
    return f"{said.decode()}.{base64.urlsafe_b64encode(made).rstrip(b'=').decode()}"


def nested(provider: Provider, _claims: Claims) -> str:
    """Signed as it should be, and nothing but brackets."""
    return jws.serialize_compact(
        {"alg": "ES256", "kid": "e1"}, b"[" * 12_000 + b"]" * 12_000, KEYS["ES256"], algorithms=["ES256"]
    )


def query(change: Callable[[dict[str, str]], Any]) -> Lies:
    def back(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
        found = dict(pairs)
        more = change(found) or []
        return [*found.items(), *more]

    return Lies(back=back)


def raw(path: str, status: int, body: bytes = b"", **headers: str) -> Lies:
    return Lies(raw={path: (status, headers, body)})


DISCOVERY = "/.well-known/openid-configuration"
HUGE = b'{"a": "' + b"x" * 1_000_000 + b'"}'
CLAIMS = {
    "another issuer": (changed(iss="https://evil.example"), "issuer"),
    "an issuer that only begins alike": (lambda c: c | {"iss": c["iss"] + "/"}, "issuer"),
    "no issuer": (changed(iss=None), "issuer"),
    "another audience": (changed(aud="somebody"), "audience"),
    "no audience": (changed(aud=None), "audience"),
    "several audiences and no party": (changed(aud=[CLIENT, "somebody"]), "audience"),
    "another party": (changed(azp="somebody"), "authorized_party"),
    "no nonce": (changed(nonce=None), "nonce"),
    "another nonce": (changed(nonce="x" * 43), "nonce"),
    "a nonce that is no text": (changed(nonce=7), "nonce"),
    "expired": (later(iat=-500, exp=-200), "expired"),
    "made long ago": (later(iat=-5000, exp=500), "expired"),
    "no end": (changed(exp=None), "times"),
    "an end in words": (changed(exp="tomorrow"), "times"),
    "no beginning": (changed(iat=None), "times"),
    "made tomorrow": (later(iat=86_400, exp=90_000), "not_yet_valid"),
    "not before tomorrow": (later(nbf=86_400), "not_yet_valid"),
    "no subject": (changed(sub=None), "subject"),
    "an empty subject": (changed(sub=""), "subject"),
    "a subject that is a list": (changed(sub=["u-1"]), "subject"),
    "the hash of another access token": (
        changed(at_hash=create_half_hash("another", "ES256").decode()),
        "at_hash",
    ),
    "groups that are one text": (changed(groups="Admins"), "groups"),
    "groups that are numbers": (changed(groups=[1, 2]), "groups"),
    "an address that is not theirs for sure": (changed(email_verified=False), "no_address"),
    "no address at all": (changed(email="nobody"), "no_address"),
}
TOKENS: dict[str, tuple[Callable[[Provider, Claims], Any], str]] = {
    "no signature": (unsigned, "algorithm"),
    "a shared secret made of the public key": (by_the_public_key, "algorithm"),
    "an algorithm that was not agreed": (
        lambda p, c: p.sign(c, key=KEYS["RS256"], algorithm="RS512"),
        "algorithm",
    ),
    "another key by the known name": (lambda p, c: p.sign(c, key=OTHER), "signature"),
    "a key nobody knows": (lambda p, c: p.sign(c, key=OTHER, kid="unknown"), "unknown_key"),
    "no name of a key, and another key": (lambda p, c: p.sign(c, key=OTHER, kid=None), "signature"),
    "claims changed after signing": (
        lambda p, c: ".".join(p.sign(c | {"sub": "x"}).split(".")[:2] + p.sign(c).split(".")[2:]),
        "signature",
    ),
    "no token at all": (lambda p, c: "not.a.token", "no_token"),
    "a number for a token": (lambda p, c: 7, "no_token"),
    "a huge token": (lambda p, c: "x" * 60_000, "no_token"),
}
OTHERS: dict[str, tuple[Lies, str]] = {
    "no state": (query(lambda q: q.pop("state") and None), "state"),
    "another state": (query(lambda q: q.update(state="x" * 43)), "state"),
    "no code": (query(lambda q: q.pop("code") and None), "declined"),
    "a code of its own": (query(lambda q: q.update(code="made up")), "token"),
    "the state twice": (query(lambda q: [("state", q["state"])]), "address"),
    "the code twice": (query(lambda q: [("code", "another")]), "address"),
    "another issuer in the address": (query(lambda q: q.update(iss="https://evil.example")), "other_issuer"),
    "no issuer in the address though promised": (query(lambda q: q.pop("iss") and None), "other_issuer"),
    "a refusal": (query(lambda q: q.update(error="access_denied")), "declined"),
    "a token endpoint that fails": (raw("/token", 500), "token"),
    "a token endpoint that redirects": (raw("/token", 302, Location="/elsewhere"), "token"),
    "a token endpoint that says too much": (raw("/token", 200, HUGE), "token"),
    "a token endpoint that is a page": (raw("/token", 200, b"<html>Sign in</html>"), "token"),
    "a token endpoint that gives a list": (Lies(reply=lambda _reply: ["token"]), "token"),
    "a name twice in the reply": (
        raw("/token", 200, b'{"access_token": "a", "access_token": "b", "token_type": "Bearer"}'),
        "token",
    ),
    "no identity token": (Lies(reply=lambda r: {k: v for k, v in r.items() if k != "id_token"}), "no_token"),
    "no access token": (Lies(reply=lambda r: r | {"access_token": None}), "token_reply"),
    "an access token of another kind": (Lies(reply=lambda r: r | {"token_type": "mac"}), "token_reply"),
    "a key on a curve that nobody knows": (
        Lies(keys=lambda found: {"keys": [each | {"crv": "P-999"} for each in found["keys"]]}),
        "signature",
    ),
    "a token that is nested without end": (Lies(token=nested), "signature"),
    "keys without end": (raw("/keys", 200, HUGE), "keys"),
    "keys that are a page": (raw("/keys", 200, b"<html></html>"), "keys"),
    "keys that are no list": (Lies(keys=lambda _keys: {"keys": {}}), "keys"),
    "keys that are elsewhere": (raw("/keys", 302, Location="/.well-known/openid-configuration"), "keys"),
    "details of somebody else": (
        Lies(claims=changed(email=None), userinfo=lambda told: told | {"sub": "u-9"}),
        "other_subject",
    ),
    "details that fail": (
        Lies(claims=changed(email=None), raw={"/userinfo": (500, {}, b"")}),
        "details",
    ),
}
"""What is wrong -> what the provider does, and the reason on record."""


DESCRIPTIONS: dict[str, tuple[Lies, str]] = {
    "another issuer": (Lies(discovery=lambda d: d | {"issuer": "https://evil.example"}), "discovery"),
    "an address that is a script": (
        Lies(discovery=lambda d: d | {"token_endpoint": "javascript:1"}),
        "discovery",
    ),
    "an address with a name in it": (
        Lies(discovery=lambda d: d | {"jwks_uri": "http://u@127.0.0.1/"}),
        "discovery",
    ),
    "no way there": (Lies(discovery=lambda d: d | {"authorization_endpoint": None}), "discovery"),
    "nothing": (raw(DISCOVERY, 404), "discovery"),
    "too much": (raw(DISCOVERY, 200, HUGE), "discovery"),
    "elsewhere": (raw(DISCOVERY, 302, Location="/keys"), "discovery"),
}
"""How the provider describes itself, so that nobody is sent there."""
HOSTILE = {
    **{f"claims: {name}": (Lies(claims=change), why) for name, (change, why) in CLAIMS.items()},
    **{f"token: {name}": (Lies(token=make), why) for name, (make, why) in TOKENS.items()},
    **{f"reply: {name}": case for name, case in OTHERS.items()},
    **{f"description: {name}": case for name, case in DESCRIPTIONS.items()},
}


def refused_plainly(reply: Any, engine: Engine, why: str, told: str = "") -> None:
    assert reply.status_code == 400, told
    assert "You are not signed in" in reply.text, told
    assert not [each for each in reply.headers.get_list("set-cookie") if each.startswith("registry=")], told
    assert refusals(engine)[-1:] == [why], told
    assert sessions(engine) == 0, told


@pytest.mark.parametrize("begins", ["claims", "token", "reply", "description"])
def test_each_lie_is_refused_with_its_reason_on_record_and_leaves_nobody_signed_in(
    request: pytest.FixtureRequest,
    begins: str,
    app: FastAPI,
    client: TestClient,
    provider: Provider,
    site_engine: Engine,
) -> None:
    """In the long form all of them, else the first that each reason is given for."""
    cases = [(name, *case) for name, case in HOSTILE.items() if name.startswith(begins)]
    if not request.config.getoption("--whole"):
        cases = [*{why: (name, lies, why) for name, lies, why in reversed(cases)}.values()]
    for place, (name, lies, why) in enumerate(cases, 1):
        vars(app.state.parts).pop("provider", None)  # as a process that has just begun
        provider.lies = lies
        away = client.get("/login/oidc?next=/tools")
        if away.status_code == 303:
            away = client.get("/login/oidc/callback", params=provider.agree(away.headers["location"]))
        refused_plainly(away, site_engine, why, name)
        assert len(refusals(site_engine)) == place
    with snapshot(site_engine) as session:
        assert users.find_by_email(session, "nora@example.org") is None


def test_a_provider_that_never_answers_is_not_waited_for(
    app: FastAPI, client: TestClient, provider: Provider, site_engine: Engine
) -> None:
    from registry.openid.provider import Provider as Asked

    settings = app.state.parts.settings
    vars(app.state.parts)["provider"] = Asked(settings, Wire(settings, agent="test", deadline_s=0.5))
    provider.lies = Lies(silent=frozenset({"/token"}))
    refused_plainly(sign_in_at(provider, client), site_engine, "token")


def test_a_sign_in_that_was_used_or_is_another_browsers_or_is_over_is_refused(
    browse: Browse, provider: Provider, site_engine: Engine, clock: HandClock
) -> None:
    nora, mallory = browse(), browse()
    first = provider.agree(nora.get("/login/oidc").headers["location"])
    assert mallory.get("/login/oidc/callback", params=first).status_code == 400
    assert nora.get("/login/oidc/callback", params=first).status_code == 400, "burnt by whoever tried it"
    second = provider.agree(nora.get("/login/oidc").headers["location"])
    assert nora.get("/login/oidc/callback", params=second).status_code == 303
    assert nora.get("/login/oidc/callback", params=second).status_code == 400
    third = provider.agree(nora.get("/login/oidc").headers["location"])
    replayed = [(name, dict(second)[name] if name == "code" else value) for name, value in third]
    assert nora.get("/login/oidc/callback", params=replayed).status_code == 400
    fourth = provider.agree(nora.get("/login/oidc").headers["location"])
    clock.pass_time(minutes=10)
    assert nora.get("/login/oidc/callback", params=fourth).status_code == 400
    assert refusals(site_engine) == ["state", "state", "state", "token", "state"]


def test_a_disabled_person_does_not_come_in(
    browse: Browse, provider: Provider, site_engine: Engine, clock: HandClock
) -> None:
    nora = browse()
    sign_in_at(provider, nora)
    with transaction(site_engine) as session:
        accounts.disable(session, who(nora)["id"], by=REGISTRY, now=clock.now)
    refused_plainly(sign_in_at(provider, browse()), site_engine, "disabled")


def test_an_invitation_joins_nobody_who_has_another_account(
    browse: Browse, provider: Provider, site_engine: Engine, cast: dict[str, int], settings: Settings, clock
) -> None:
    sign_in_at(provider, browse())
    with transaction(site_engine) as session:
        link = sign_in.make_link(
            session,
            cast["Rosa"],
            secret=settings.secret,
            valid_for=timedelta(hours=1),
            sets_password=True,
            by=REGISTRY,
            now=clock.now,
        )
    assert sign_in_at(provider, browse(), f"/login/oidc?link={link}").status_code == 400
    assert refusals(site_engine) == ["other_account"]
    with snapshot(site_engine) as session:
        assert users.identities_of(session, cast["Rosa"]) == []
        assert sign_in.get_link(session, link, secret=settings.secret, now=clock.now)


def test_no_secret_of_a_sign_in_stands_in_an_event_or_in_the_open_in_the_store(
    client: TestClient, provider: Provider, site_engine: Engine
) -> None:
    away = client.get("/login/oidc").headers["location"]
    state = re.search(r"state=([\w-]+)", away)[1]
    with snapshot(site_engine) as session:
        row = session.exec(select(ProviderSignIn)).one()
        assert state not in json.dumps(row.model_dump(), default=str)
    code = dict(provider.agree(away))["code"]
    client.get("/login/oidc/callback", params={"state": state, "code": code, "iss": provider.issuer})
    with snapshot(site_engine) as session:
        told = json.dumps([each.model_dump() for each in session.exec(select(Event)).all()], default=str)
        assert session.exec(select(ProviderSignIn)).all() == []
    for secret in (state, code, SECRET):
        assert secret not in told


def test_beginning_too_often_from_one_place_waits(
    client: TestClient, provider: Provider, monkeypatch
) -> None:
    from registry.services.people import limits

    monkeypatch.setattr(limits, "PER_STARTS", 2)
    assert [client.get("/login/oidc").status_code for _ in range(3)] == [303, 303, 429]


def test_a_registry_without_a_provider_has_no_such_page(as_, client: TestClient, app: FastAPI) -> None:
    settings = app.state.parts.settings
    bare = replace(app.state.parts, settings=settings.model_copy(update={"oidc_issuer": ""}))
    app.state.parts = bare
    assert client.get("/login/oidc").status_code == 404
    assert client.get("/login/oidc/callback").status_code == 404
    assert "/login/oidc" not in client.get("/login").text


def test_a_person_of_the_provider_cannot_get_a_password_by_mail(
    client: TestClient, provider: Provider, site_engine: Engine, settings: Settings, clock: HandClock
) -> None:
    sign_in_at(provider, client)
    with transaction(site_engine) as session:
        invitations.mail_reset(session, "nora@example.org", secret=settings.secret, now=clock.now)
        assert session.exec(select(Delivery)).all() == []
        assert session.exec(select(User).where(User.email == "nora@example.org")).one().password_hash == ""
        assert users.roles(session, who(client)["id"]) == {Role.EMPLOYEE}


def test_a_link_for_a_forgotten_password_joins_nothing_and_does_not_offer_it(
    browse: Browse, provider: Provider, site_engine: Engine, cast: dict[str, int], settings: Settings, clock
) -> None:
    """Whoever reads somebody's mail could else make an account of their own at the provider a way in for good."""
    with transaction(site_engine) as session:
        invitations.mail_reset(session, "rosa@example.org", secret=settings.secret, now=clock.now)
        _, letter = invitations.letter_of(session, session.exec(select(Delivery)).one(), settings, clock.now)
    link = letter.action[1].rpartition("/")[2]
    page = browse().get(f"/sign-in/{link}")
    assert (page.status_code, "/login/oidc?link" in page.text) == (200, False)
    assert browse().get(f"/login/oidc?link={link}").status_code == 400
    assert refusals(site_engine) == ["not_joined"]
    assert browse().post(f"/sign-in/{link}", data={"password": PASSWORD}).status_code == 303


def test_an_account_with_a_password_and_a_second_factor_is_joined_by_who_has_given_both(
    browse: Browse, provider: Provider, site_engine: Engine, as_, cast: dict[str, int], clock, settings, app
) -> None:
    with transaction(site_engine) as session:
        accounts.set_password(session, cast["Rosa"], PASSWORD, by=REGISTRY, now=clock.now)
    rosa, elsewhere, thief = browse(), browse(), browse()
    log_in(rosa)
    _phone, codes = set_up(rosa, clock)
    log_in(elsewhere)
    give(elsewhere, codes[0])
    link = re.search(r"/sign-in/([\w-]+)", as_("admin").post(f"/people/{cast['Rosa']}/link").text)[1]
    mailing = settings.model_copy(update={"mail_dir": settings.data_dir / "mails"})
    app.state.parts = replace(app.state.parts, settings=mailing)
    log_in(thief)  # the password is not enough
    assert "/login/oidc?link" not in thief.get(f"/sign-in/{link}").text
    assert thief.get(f"/login/oidc?link={link}").status_code == 400
    away = rosa.get(f"/login/oidc?link={link}").headers["location"]
    kept = dict(rosa.cookies)
    rosa.cookies.delete("registry")
    gone = rosa.get("/login/oidc/callback", params=provider.agree(away))
    assert (gone.status_code, refusals(site_engine)) == (400, ["not_joined"] * 2)
    rosa.cookies.update(kept)
    assert "/login/oidc?link" in rosa.get(f"/sign-in/{link}").text
    assert sign_in_at(provider, rosa, f"/login/oidc?link={link}").status_code == 303
    assert (who(rosa)["id"], elsewhere.get("/account").status_code) == (cast["Rosa"], 303)
    with snapshot(site_engine) as session:
        [delivery] = session.exec(select(Delivery)).all()
        mail = mails.mail_of(session, delivery, mailing, clock.now)
        assert session.exec(select(Event).where(Event.action == "user.identity_joined")).one()
    assert mail.to == "rosa@example.org"
    assert "joined with one at Example Office" in " ".join(mail.message.get_body().get_content().split())


@pytest.mark.parametrize(("path", "why"), [(DISCOVERY, "discovery"), ("/keys", "keys")])
def test_no_redirect_of_the_provider_is_followed_anywhere(
    client: TestClient, provider: Provider, site_engine: Engine, path: str, why: str
) -> None:
    """It could lead to whatever stands inside, since the provider itself may stand there."""
    provider.lies = raw(path, 302, Location="/inside")
    away = client.get("/login/oidc")
    if away.status_code == 303:
        away = client.get("/login/oidc/callback", params=provider.agree(away.headers["location"]))
    refused_plainly(away, site_engine, why)
    assert "/inside" not in provider.asked


def test_of_a_flood_of_refused_replies_so_many_are_on_record(
    client: TestClient, provider: Provider, site_engine: Engine, clock: HandClock
) -> None:
    from registry.services.people.limits import PER_NETWORK

    codes = {client.get("/login/oidc/callback?state=x").status_code for _ in range(PER_NETWORK + 5)}
    assert (codes, len(refusals(site_engine))) == ({400}, PER_NETWORK)
    clock.pass_time(minutes=15)
    assert client.get("/login/oidc/callback?state=x").status_code == 400
    assert len(refusals(site_engine)) == PER_NETWORK + 1


def test_while_the_provider_is_slow_the_site_answers(
    app: FastAPI,
    browse: Browse,
    client: TestClient,
    provider: Provider,
) -> None:
    from concurrent.futures import ThreadPoolExecutor
    from time import monotonic, sleep

    from registry.openid.provider import Provider as Asked

    settings = app.state.parts.settings
    vars(app.state.parts)["provider"] = Asked(settings, Wire(settings, agent="test", deadline_s=3))
    provider.lies = Lies(silent=frozenset({DISCOVERY}))
    limiter, away = app.state.parts.away, list[int]()
    browsers = [browse() for _ in range(50)]  # more than there are threads
    with ThreadPoolExecutor(len(browsers)) as pool:
        asked = [
            pool.submit(lambda each: away.append(each.get("/login/oidc").status_code), each)
            for each in browsers
        ]
        begun = monotonic()
        while monotonic() < begun + 2 and limiter.statistics().tasks_waiting < len(browsers) - FEW_AWAY:
            sleep(0.01)
        assert limiter.borrowed_tokens == FEW_AWAY
        assert client.get("/login").status_code == 200
        assert away == []
        provider.lies = raw(DISCOVERY, 404)
        for each in asked:
            each.result(timeout=20)
    assert away == [400] * len(browsers)
