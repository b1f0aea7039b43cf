"""A scorecard in a real browser: no word is lost, and filling it in takes a trained reviewer under ten minutes."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete

from registry.services.people import accounts, sign_in
from registry.services.people.acting import REGISTRY, Actor
from registry.services.rubrics import rubrics
from registry.settings import Settings
from registry.store import evaluations, schema
from registry.store.columns import id_of
from registry.store.engine import make_engine, snapshot, transaction
from registry.store.tables import Role, UserSession
from tests.browser.conftest import Site, free_port, served
from tests.builders import a_tool, an_evaluation

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

Visit = Callable[..., "BrowserContext"]
SENTENCE = "Its policy names one processor, and deletion works."  # 51 keys, of the demo's usual length
LINK = "https://vendor.example/trust"

KEY_S, POINT_S, CLICK_S, HOME_S, THINK_S = 0.2, 1.1, 0.2, 0.4, 1.35
"""Keystroke-level model (Card, Moran and Newell 1980): a key of a good typist, pointing, a press, moving the hand,
a thought."""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Site]:
    """A tier 1 tool that Rosa is asked to score, interest declared; `links` hold several for her."""
    port = str(free_port())
    address = f"http://127.0.0.1:{port}"
    settings = Settings(data_dir=tmp_path, base_url=address)
    engine = make_engine(settings.resolved_database_url)
    schema.upgrade(engine)
    now = datetime.now(UTC)
    links = {}
    with transaction(engine) as session:
        rosa = accounts.add_user(
            session, email="rosa@office.example", name="Rosa", roles=["reviewer"], by=REGISTRY, now=now
        )
        actor = Actor(id_of(rosa), "Rosa", frozenset({Role.REVIEWER}))
        an_evaluation(session, a_tool(session, now=now), owner=actor, reviewers=(actor,), tier=1, now=now)
        for name in ("first", "second", "third"):
            value = sign_in.make_link(
                session,
                id_of(rosa),
                secret=settings.secret,
                valid_for=timedelta(hours=1),
                by=REGISTRY,
                now=now,
            )
            links[name] = f"{address}/sign-in/{value}"
    engine.dispose()
    with served(tmp_path, "serve", "--port", port, "--no-scheduler"):
        yield Site(address, tmp_path, links)


def come_in(page: "Page", office: Site, link: str = "first") -> None:
    page.goto(office.links[link])
    page.get_by_role("button", name="Sign in").click()


def open_card(page: "Page", office: Site) -> None:
    page.goto(f"{office.address}/evaluations/1/scorecard")


def saved(page: "Page") -> None:
    page.locator("[data-saved]", has_text=re.compile(r"^Saved \d")).wait_for()


def stored(office: Site, line: str) -> str:
    engine = make_engine(Settings(data_dir=office.data_dir).resolved_database_url)
    with snapshot(engine) as session:
        cards = evaluations.scorecards(session, 1)
        found = cards[-1].ratings.get(line) if cards else None
        told = found.sentence if found else ""
    engine.dispose()
    return told


def end_all_sessions(office: Site) -> None:
    engine = make_engine(Settings(data_dir=office.data_dir).resolved_database_url)
    with transaction(engine) as session:
        session.execute(delete(UserSession))
    engine.dispose()


def test_what_is_typed_is_saved_by_itself(visit: Visit, office: Site):
    page = visit().new_page()
    come_in(page, office)
    open_card(page, office)
    page.fill("[name='R1.sentence']", "Half a thought")
    saved(page)
    assert stored(office, "R1") == "Half a thought"


def test_a_session_that_ends_while_one_types_costs_no_word(visit: Visit, office: Site):
    context = visit()
    page = context.new_page()
    come_in(page, office)
    open_card(page, office)
    end_all_sessions(office)
    page.fill("[name='R1.sentence']", "Typed after the session ended")
    page.get_by_role("link", name="Sign in in another window").wait_for()
    page.close()  # the lid, too
    again = context.new_page()
    come_in(again, office, "second")
    open_card(again, office)
    saved(again)
    assert again.input_value("[name='R1.sentence']") == "Typed after the session ended"
    assert stored(office, "R1") == "Typed after the session ended"


def test_a_lost_connection_is_tried_again_by_itself(visit: Visit, office: Site):
    context = visit()
    page = context.new_page()
    come_in(page, office)
    open_card(page, office)
    context.set_offline(True)
    page.fill("[name='R2.sentence']", "Typed on the train")
    page.get_by_text("no connection", exact=False).wait_for()
    context.set_offline(False)
    saved(page)
    assert stored(office, "R2") == "Typed on the train"


def test_two_windows_that_differ_are_put_side_by_side(visit: Visit, office: Site):
    context = visit()
    one, other = context.new_page(), context.new_page()
    come_in(one, office)
    for page in (one, other):
        open_card(page, office)
    one.fill("[name='R1.sentence']", "From the first window")
    saved(one)
    other.fill("[name='R1.sentence']", "From the second window")
    other.get_by_text("Press “Save draft” to see both.", exact=False).wait_for()
    other.get_by_role("button", name="Save draft").click()
    assert "From the first window" in other.locator(".stored").first.inner_text()
    other.locator("[name='R1.keep'][value='both']").check()
    other.get_by_role("button", name="Save draft").click()
    other.wait_for_url("**/scorecard#saved")
    assert stored(office, "R1") == "From the second window\nFrom the first window"


def test_a_scorecard_is_filled_in_by_keyboard_alone_in_under_ten_minutes(visit: Visit, office: Site):
    page = visit().new_page()
    come_in(page, office)
    open_card(page, office)
    engine = make_engine(Settings(data_dir=office.data_dir).resolved_database_url)
    with snapshot(engine) as session:
        rubric = rubrics.rubric(session, evaluations.get(session, 1).rubric_hash)
    engine.dispose()
    keys, thoughts = 0, 0

    def press(*names: str) -> None:
        nonlocal keys
        for name in names:
            page.keyboard.press(name)
            keys += 1

    def type_in(text: str) -> None:
        nonlocal keys
        page.keyboard.insert_text(text)
        keys += len(text)

    page.locator("[name='K1.answer']").first.focus()
    for each in rubric.knock_outs:
        assert page.evaluate("document.activeElement.name") == f"{each.id}.answer"
        press("n", "Tab", "Tab")
        thoughts += 1
    for number, each in enumerate(rubric.criteria):
        assert page.evaluate("document.activeElement.name") == f"{each.id}.rating"
        needs_proof = each in rubric.risks and number % 2 == 0
        press("0" if needs_proof else "1" if each in rubric.risks else "3", "Tab")
        type_in(SENTENCE)
        press("Tab")
        if needs_proof:
            type_in(LINK)
        press("Tab", "Tab")
        thoughts += 2
    saved(page)
    press("Tab")  # from “Save draft”
    assert page.evaluate("document.activeElement.value") == "submit"
    press("Enter")
    page.wait_for_url(re.compile(r"/evaluations/1\?done=scored$"))
    seconds = keys * KEY_S + thoughts * THINK_S + POINT_S + CLICK_S + HOME_S
    print(f"\n{keys} keystrokes, 1 click, {thoughts} thoughts: {seconds / 60:.1f} minutes")
    assert seconds < 600
