"""A decision in a real browser: what an approver types outlives the tab and the session."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete

from registry.services.people import accounts, sign_in
from registry.services.people.acting import REGISTRY, Actor
from registry.settings import Settings
from registry.store import schema
from registry.store.columns import id_of
from registry.store.engine import make_engine, transaction
from registry.store.tables import Role, UserSession
from tests.browser.conftest import Site, free_port, served
from tests.builders import a_tool, an_evaluation, scored

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

Visit = Callable[..., "BrowserContext"]
WHY = "It saves hours, and the minutes stay ours."


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Site]:
    """A tier 1 tool that Rosa scored and Amir decides on; `links` hold two for him."""
    port = str(free_port())
    address = f"http://127.0.0.1:{port}"
    settings = Settings(data_dir=tmp_path, base_url=address)
    engine = make_engine(settings.resolved_database_url)
    schema.upgrade(engine)
    now, links = datetime.now(UTC), {}
    with transaction(engine) as session:
        people = {
            name: accounts.add_user(
                session,
                email=f"{name}@office.example",
                name=name,
                roles=[role],
                by=REGISTRY,
                now=now,
            )
            for name, role in (("Rosa", "reviewer"), ("Amir", "approver"))
        }
        rosa = Actor(id_of(people["Rosa"]), "Rosa", frozenset({Role.REVIEWER}))
        opened = an_evaluation(
            session, a_tool(session, now=now), owner=rosa, reviewers=(rosa,), tier=1, now=now
        )
        scored(session, opened, rosa, now=now)
        for name in ("first", "second"):
            value = sign_in.make_link(
                session,
                id_of(people["Amir"]),
                secret=settings.secret,
                valid_for=timedelta(hours=1),
                by=REGISTRY,
                now=now,
            )
            links[name] = f"{address}/sign-in/{value}"
    with served(tmp_path, "serve", "--port", port, "--no-scheduler"):
        yield Site(address, tmp_path, links)
    engine.dispose()


def memo(page: "Page", office: Site, link: str) -> None:
    page.goto(office.links[link])
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{office.address}/evaluations/1/decide")


def test_what_was_typed_outlives_the_session_and_the_tab(visit: Visit, office: Site) -> None:
    context = visit()
    page = context.new_page()
    memo(page, office, "first")
    engine = make_engine(Settings(data_dir=office.data_dir).resolved_database_url)
    with transaction(engine) as session:
        session.execute(delete(UserSession))
    engine.dispose()
    page.fill("[name='rationale']", WHY)
    page.get_by_role("link", name="Sign in in another window").wait_for()
    page.close(run_before_unload=False)
    again = context.new_page()
    memo(again, office, "second")
    assert again.input_value("[name='rationale']") == ""
    again.get_by_role("button", name="Bring it back").click()
    again.locator("[name='rationale']", has_text=WHY).wait_for()
    again.get_by_role("button", name="Preview what people will see").click()
    again.get_by_role("button", name="Publish verdict").click()
    again.get_by_role("heading", name="Verdict 1 on Quillmark").wait_for()
    assert again.evaluate("localStorage.length") == 0  # nothing is kept once it is out


def test_a_form_sent_after_the_session_ended_comes_back_through_the_sign_in(
    visit: Visit, office: Site
) -> None:
    context = visit(java_script_enabled=False)
    page = context.new_page()
    memo(page, office, "first")
    page.fill("[name='rationale']", WHY)
    context.clear_cookies()
    page.get_by_role("button", name="Preview what people will see").click()
    page.get_by_role("heading", name="You were signed out").wait_for()
    other = context.new_page()
    other.goto(office.links["second"])
    other.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Send it again").click()
    page.get_by_role("heading", name="Check it before it goes out").wait_for()
    assert WHY in page.locator("main").inner_text()
