"""Whatever the answer is, everybody can read it: in the light, in the dark, in forced colours, at 320 px, by ear."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from registry.services.rubrics.rubric_files import take_in
from registry.store import schema
from registry.store.engine import make_engine, transaction
from tests.browser.conftest import Site, free_port, served
from tests.browser.every_answer import ASKED, prepare
from tests.browser.test_access import CONTRAST, faults, sideways, ways_on

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

Visit = Callable[..., "BrowserContext"]
EMPTY = ("/", "/tools", "/verdicts", "/feeds", "/radar", "/check?q=anything", "/request", "/guidance")


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that holds a tool for everything an answer can be."""
    folder = tmp_path_factory.mktemp("answers")
    engine = make_engine(f"sqlite:///{folder / 'registry.sqlite3'}")
    schema.upgrade(engine)
    with transaction(engine) as session:
        now = datetime.now(UTC)
        take_in(session, None, now=now)
        prepare(session, now)
    engine.dispose()
    with serving(folder) as site:
        yield site


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site on its first day."""
    with serving(tmp_path_factory.mktemp("empty")) as site:
        yield site


@contextmanager
def serving(folder: Path) -> Iterator[Site]:
    port = str(free_port())
    with served(folder, "serve", "--port", port, "--no-scheduler") as address:
        yield Site(address, folder)


def read_by_all(visit: Visit, url: str) -> "Page":
    """The page, after every look that must find no fault."""
    page = visit(bypass_csp=True, reduced_motion="reduce", color_scheme="light").new_page()
    page.goto(url)
    assert faults(page) == []
    page.emulate_media(color_scheme="dark")
    assert faults(page, only=CONTRAST) == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert sideways(page) <= 0
    assert beyond_the_edge(page) == []
    page.emulate_media(forced_colors="active")  # where backgrounds are gone and lines alone set things apart
    assert unbounded(page) == []
    return page


def beyond_the_edge(page: "Page") -> list[str]:
    """What begins inside the window and ends outside, but for what can be scrolled by itself."""
    return page.locator("main *:visible").evaluate_all(
        """all => all.filter(each => each.getBoundingClientRect().right > innerWidth + 1
                           && !each.closest('.sr, [tabindex="0"]')).map(each => each.outerHTML.slice(0, 200))"""
    )


def unbounded(page: "Page") -> list[str]:
    """What would be bare words where colours are the reader's own."""
    return page.locator(":is(.badge, .answer, button, .button, input, select):visible").evaluate_all(
        """all => all.filter(each => !each.matches('.quiet, .link, [type=checkbox], [type=radio]')
                           && getComputedStyle(each).borderBlockEndStyle === 'none').map(each => each.outerHTML)"""
    )


@pytest.mark.parametrize("what", ASKED)
def test_every_answer_can_be_read_by_everybody(visit: Visit, answers: Site, what: str):
    page = read_by_all(visit, answers.address + ASKED[what])
    plain = visit(java_script_enabled=False).new_page()
    plain.goto(answers.address + ASKED[what])
    assert ways_on(plain) >= ways_on(page)


@pytest.mark.parametrize("path", EMPTY)
def test_a_page_that_has_nothing_to_show_can_be_read_by_everybody(visit: Visit, empty: Site, path: str):
    read_by_all(visit, empty.address + path)


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("yes", "Yes"),
        ("yes if", "Yes, if you meet 2 conditions"),
        ("no", "No"),
        ("lapsed", "Not any more"),
        ("suspended", "Paused"),
        ("under review", "Not yet: in review"),
        ("not reviewed", "Not yet reviewed"),
        ("not known", "We don’t know this tool"),
    ],
)
def test_whoever_listens_hears_the_answer_first(visit: Visit, answers: Site, what: str, told: str):
    page = visit().new_page()
    page.goto(answers.address + ASKED[what])
    assert page.title().startswith(told)
    if what != "not known":
        card = page.locator("article.answer").aria_snapshot().splitlines()
        assert told in next(line for line in card if "heading" in line)


def test_a_tool_is_looked_up_and_asked_for_by_keyboard_alone(visit: Visit, answers: Site):
    page = visit().new_page()
    page.goto(answers.address)
    reach(page, "#q")
    page.keyboard.type("nothing of the kind")
    page.keyboard.press("Enter")
    page.wait_for_url("**/check?*")
    reach(page, "a[href^='/request?']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/request?*")
    reach(page, "#f-purpose")
    page.keyboard.type("To try it.")
    reach(page, "form[action='/request'] button[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/request/*")
    assert "nothing of the kind" in page.locator("main").inner_text().casefold()


def test_a_tool_is_looked_up_and_asked_for_without_scripts(visit: Visit, answers: Site):
    page = visit(java_script_enabled=False).new_page()
    page.goto(answers.address)
    page.fill("#q", "another of no kind")
    page.get_by_role("button", name="Check").click()
    page.locator("a[href^='/request?']").first.click()
    page.fill("#f-purpose", "To try it.")
    page.locator("form[action='/request'] button[type=submit]").click()
    page.wait_for_url("**/request/*")
    assert "another of no kind" in page.locator("main").inner_text().casefold()


def reach(page: "Page", selector: str) -> None:
    """Go there as somebody does who has no mouse, and see where one is on the way."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert ring != "none", selector
            return
    raise AssertionError(f"the keyboard does not reach {selector}")
