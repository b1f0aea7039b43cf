"""Nobody gets at what is another's by its id: every route that takes one, tried by a second person of the same role.

Each id in an address is declared here, as somebody's or as the office's; a route with one that is not fails a test.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from registry.services.notices import following
from registry.services.people import accounts, sign_in
from registry.services.people.acting import REGISTRY, Actor
from registry.services.rubrics import rubric_files
from registry.settings import Settings
from registry.store import users
from registry.store.columns import id_of
from registry.store.engine import transaction
from registry.store.tables import Role
from registry.web.viewer import cookie_name
from tests.builders import a_tool, an_evaluation
from tests.conftest import in_whole
from tests.web.conftest import CAST, HandClock
from tests.web.test_roles import HOLDERS, RIGHTS, routes_of

SOMEBODYS = {
    "acts/{act_id}": "what triage did can be undone by who did it",
    "delegations/{delegation_id}": "of the approver and the deputy",
    "evaluations/{evaluation_id}": "work in progress, of its owner and who scores it; scorecards and drafts hang on it",
    "filters/{filter_id}": "kept under a name of one's own",
    "follow/{token}": "of the address that follows",
    "follows/{token}": "of the address that follows",
    "request/{secret}": "of who asked",
    "requests/{secret}": "of who asked",
    "sessions/{name}": "of who is signed in",
    "sign-in/{token}": "of who is invited",
    "tokens/{token_id}": "of its owner",
}
"""The part of the address before the parameter, and the parameter, to whose it is."""
OFFICES = {
    *("agreement/{criterion_id}", "agreement/{criterion_id}.csv", "candidates/{candidate_id}"),
    *("conditions/{condition_id}", "conditions/{position}", "consistency/{size}", "contacts/{person_id}"),
    *("dashboard/{code}", "dashboard/{code}.csv", "deliveries/{delivery_id}", "disagreements/{item}"),
    *("go/{host:path}", "inbox/{candidate_id}", "numbers/{code}", "offices/{code}", "outbox/{delivery_id}"),
    *("outside-verdicts/{outside_id}", "people/{user_id}", "reference-cases/{case_id}", "rubrics/{number}"),
    *("rules/{rule_id}", "sources/{source_id}", "static/{name}", "tools/{slug}", "verdicts/{number}"),
    "webhooks/{webhook_id}",
}
"""What is for everybody who holds the right that the route asks for; test_roles.py tries it."""
PARAMETER = re.compile(r"([^/]*/\{[^}]+\}[^/]*)")
SEE_ALL = {"evaluations/{evaluation_id}": {"approver", "auditor"}}
"""Roles to which the office's work is open without a part in it."""
SECOND = {"Ravi": "reviewer", "Ana": "approver", "Abe": "admin", "Eva": "employee", "Ugo": "auditor"}
"""The second of each role: they have nothing, and the first of each has something of everything."""
MAY_CHANGE = {"event", "log_entry", "log_head", "user_session"}
"""That somebody was here, and what was refused, is on record."""


CASE = "/api/v1/evaluations/{evaluation_id}"
BODIES: dict[str, dict[str, object]] = {
    "POST /api/v1/account/sessions/{name}/end": {},
    f"POST {CASE}/assign": {"person": 1},
    f"POST {CASE}/unassign": {"person": 1},
    f"POST {CASE}/owner": {"person": 2},
    f"POST {CASE}/due": {"due_on": "2027-01-15", "reason": "It waits."},
    f"POST {CASE}/contacts": {"person": 1, "note": "A cousin."},
    f"POST {CASE}/interest": {"interested": True, "statement": "Shares."},
    f"POST {CASE}/conditions": {"text": "Enter only public information."},
    f"POST {CASE}/wait": {"until": "2027-01-15", "for_whom": "The vendor"},
    f"POST {CASE}/withdraw": {"reason": "Not wanted."},
    f"PUT {CASE}/scorecard": {},
    f"POST {CASE}/scorecard/amend": {"reason": "A slip."},
    f"POST {CASE}/disagreements/{{item}}/resolution": {"reason": "Both are right."},
    f"POST {CASE}/disagreements/{{item}}/remarks": {"text": "Look again."},
    f"POST {CASE}/rescore": {"reason": "I looked again."},
    f"POST {CASE}/preview": {"outcome": "approved", "rationale": "Harmless."},
    f"POST {CASE}/decide": {"outcome": "approved", "rationale": "Harmless."},
    f"POST {CASE}/undo": {"number": 1},
    "PATCH /api/v1/follows/{token}": {"weekly": True},
}
"""What an operation asks for before it looks whose it is."""


def owned(route: str) -> list[str]:
    return [each for each in PARAMETER.findall(route.split()[1]) if each in SOMEBODYS]


def test_each_id_in_an_address_is_declared_as_somebodys_or_as_the_offices(app: FastAPI) -> None:
    found = {each for route in routes_of(app) for each in PARAMETER.findall(route.split()[1])}
    assert {each for each in found if not each.endswith("{ending}")} == SOMEBODYS.keys() | OFFICES


@pytest.fixture
def known(
    as_: Callable[[str], TestClient], site_engine: Engine, cast: Mapping[str, int], clock: HandClock
) -> dict[str, list[str]]:
    """Of all that is somebody's, what another could know of it: an id, a name, a digest; never its secret."""
    now = clock.now
    with transaction(site_engine) as session:
        rubric_files.take_in(session, None, now=now)
        for name, role in SECOND.items():
            if name not in CAST:
                accounts.add_user(
                    session, email=f"{name}@example.org", name=name, roles=[role], by=REGISTRY, now=now
                )
        rosa = Actor(cast["Rosa"], "Rosa", frozenset({Role.REVIEWER}))
        evaluation = id_of(
            an_evaluation(session, a_tool(session, now=now), owner=rosa, reviewers=[rosa], now=now)
        )
        following.ask(session, address="emil@example.org", wanted="", weekly=False, now=now)
    rosa, amir, emil, ada = as_("Rosa"), as_("Amir"), as_("Emil"), as_("Ada")
    day = now.date().isoformat()
    made = [
        rosa.post("/api/v1/account/tokens", json={"name": "n", "scopes": ["read"], "days": 9}),
        rosa.post("/api/v1/candidates/filters", json={"name": "Mine"}),
        amir.post(
            "/api/v1/account/delegations", json={"deputy": cast["Rosa"], "first_day": day, "last_day": day}
        ),
        emil.post("/api/v1/requests", json={"name": "Inkpost", "purpose": "Letters to schools."}),
        ada.post(f"/api/v1/people/{cast['Emil']}/link"),
        rosa.post("/api/v1/candidates/1/dismiss", json={"reason": "too_early"}),
    ]
    assert [each.text for each in made if each.status_code >= 400] == []

    def values(query: str) -> list[str]:
        with site_engine.connect() as connection:
            return [str(value) for row in connection.execute(text(query)) for value in row]

    found = {
        "acts/{act_id}": values("SELECT id FROM triage_act"),
        "delegations/{delegation_id}": values("SELECT id FROM delegation"),
        "evaluations/{evaluation_id}": [str(evaluation)],
        "filters/{filter_id}": values("SELECT id FROM saved_filter"),
        "follow/{token}": values("SELECT id, nonce FROM follower"),
        "request/{secret}": values("SELECT id, digest FROM request"),
        "sessions/{name}": values("SELECT substr(digest, 1, 16) FROM user_session"),
        "sign-in/{token}": values("SELECT digest FROM sign_in_link"),
        "tokens/{token_id}": values("SELECT id FROM api_token"),
    }
    found |= {"follows/{token}": found["follow/{token}"], "requests/{secret}": found["request/{secret}"]}
    assert all(found[each] for each in SOMEBODYS)
    return found


@pytest.fixture
def second(
    app: FastAPI, site_engine: Engine, settings: Settings, browse: Callable[[], TestClient], clock: HandClock
) -> Callable[[str], TestClient]:
    """The browser of the second person of a role."""

    def sign_in_as(role: str) -> TestClient:
        browser = browse()
        if role != "nobody":
            email = next(f"{name.lower()}@example.org" for name, each in SECOND.items() if each == role)
            secret = app.state.parts.settings.secret
            with transaction(site_engine) as session:
                user = users.get_by_email(session, email)
                value = sign_in.start_session(session, user, secret=secret, now=clock.now)
            browser.cookies.set(cookie_name(app.state.parts), value)
        return browser

    return sign_in_as


def rows(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that is stored, but what may change."""
    with engine.connect() as connection:
        names = (
            connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        )
        return {
            name: [tuple(row) for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"')]
            for name in names
            if name not in MAY_CHANGE
        }


def addresses(route: str, known: Mapping[str, list[str]], cast: Mapping[str, int]) -> Iterator[str]:
    """The route with what is another's; beside it, in an admin's address, a person whose it is not."""
    path = route.split()[1]
    [part] = owned(route)[:1]
    for value in known[part]:
        filled = path.replace(part, part.partition("{")[0] + value)
        yield re.sub(r"\{[^}]+\}", "1", filled.replace("{user_id}", str(cast["Uma"])))


@pytest.mark.parametrize(
    "role", ["reviewer", *in_whole(["nobody", "employee", "approver", "admin", "auditor"])]
)
def test_a_second_person_of_the_same_role_gets_nowhere_with_the_id_of_what_is_anothers(
    role: str,
    known: dict[str, list[str]],
    second: Callable[[str], TestClient],
    site_engine: Engine,
    cast: Mapping[str, int],
) -> None:
    browser, got_in, tried = second(role), [], 0
    before = rows(site_engine)
    for route, right in RIGHTS.items():
        if not owned(route) or role not in HOLDERS[right] - SEE_ALL.get(owned(route)[0], set()):
            continue
        for address in addresses(route, known, cast):
            method, tried = route.split()[0], tried + 1
            reply = browser.request(
                method, address, headers={"Accept": "application/json"}, json=BODIES.get(route)
            )
            if reply.status_code not in (403, 404) or rows(site_engine) != before:
                got_in.append(f"{method} {address}: {reply.status_code} {reply.text[:150]}")
    assert got_in == []
    assert tried
