"""The inbox by keyboard alone, in a real browser; and that its keys act in the list and nowhere else."""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Site, a_demo
from tests.browser.test_access import faults, sideways

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

Visit = Callable[..., "BrowserContext"]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A demo of its own, since these tests change it."""
    with a_demo(tmp_path_factory) as site:
        yield site


@pytest.fixture
def inbox(visit: Visit, office: Site) -> "Page":
    page = visit(viewport={"width": 1280, "height": 900}, reduced_motion="reduce").new_page()
    page.goto(office.links["Rosa"])
    page.get_by_role("button", name="Sign in").click()
    page.goto(office.address + "/inbox")
    return page


def names(page: "Page") -> list[str]:
    return page.locator(".triage h2 a").all_inner_texts()


def new_ones(page: "Page") -> int:
    return int(page.locator(".tabs [aria-current] .count").inner_text())


def focused(page: "Page") -> str:
    return str(
        page.evaluate("document.activeElement.closest('.triage > li')?.querySelector('h2 a').textContent")
    )


def told(page: "Page", sentence: str) -> None:
    page.locator(".notification-title", has_text=sentence).wait_for()


def enter_list(page: "Page") -> None:
    page.locator(".triage > li").first.focus()


def test_a_row_after_the_other_is_dismissed_watched_labelled_accepted_and_undone(inbox: "Page") -> None:
    first, second, third, fourth = names(inbox)[:4]
    before = new_ones(inbox)
    enter_list(inbox)
    inbox.keyboard.press("j")
    assert focused(inbox) == second
    inbox.keyboard.press("k")
    inbox.keyboard.press("d")
    assert inbox.get_by_text("Dismiss it, because").is_visible()
    inbox.keyboard.press("5")
    inbox.wait_for_url("**done=*")
    assert f"“{first}” dismissed: spam" in inbox.locator(".notification").inner_text()
    assert (names(inbox)[0], new_ones(inbox), focused(inbox)) == (second, before - 1, second)
    inbox.keyboard.press("s")
    inbox.keyboard.press("2")
    told(inbox, f"“{second}” put on watch until")
    assert focused(inbox) == third
    inbox.keyboard.press("l")
    inbox.keyboard.type("later, minutes")
    inbox.keyboard.press("Enter")
    told(inbox, f"“{third}” labelled later, minutes")
    assert focused(inbox) == third
    inbox.keyboard.press("a")
    told(inbox, f"“{third}” accepted")
    assert names(inbox)[0] == fourth
    for remaining in (before - 2, before - 2, before - 1, before):
        enter_list(inbox)
        inbox.keyboard.press("u")
        inbox.wait_for_url("**undone=*")
        inbox.wait_for_function(
            "count => document.querySelector('.tabs [aria-current] .count').textContent == count",
            arg=str(remaining),
        )
        inbox.goto(inbox.url.split("?")[0])
    assert names(inbox)[:4] == [first, second, third, fourth]


def test_several_are_ticked_by_key_and_dismissed_after_a_look_at_what_will_happen(inbox: "Page") -> None:
    first, second = names(inbox)[:2]
    before = new_ones(inbox)
    enter_list(inbox)
    inbox.keyboard.press("x")
    inbox.keyboard.press("j")
    inbox.keyboard.press("x")
    assert inbox.locator("[data-count]").inner_text() == "2 of 25 on this page selected"
    inbox.get_by_role("button", name="Dismiss …").click()
    assert inbox.locator("h1").inner_text() == "Dismiss 2 candidates?"
    assert {first, second} == set(inbox.locator(".named li").all_inner_texts())
    inbox.get_by_label("Because").select_option("spam")
    inbox.get_by_role("button", name="Dismiss 2 candidates").click()
    told(inbox, "2 candidates dismissed: spam")
    assert new_ones(inbox) == before - 2
    inbox.locator(".notification").get_by_role("button", name=re.compile("Undo")).click()
    told(inbox, "Undone: 2 candidates are no longer dismissed")
    assert new_ones(inbox) == before


def test_a_likeness_is_looked_at_side_by_side_and_told_apart_for_good(inbox: "Page") -> None:
    row = inbox.locator(".triage > li", has=inbox.locator(".twins")).first
    name = row.locator("h2 a").inner_text()
    suspected = row.locator(".twins a").count()
    row.focus()
    inbox.keyboard.press("m")
    if suspected > 1:
        inbox.keyboard.press("1")
    inbox.wait_for_url("**/compare?*")
    assert name in inbox.locator("h1").inner_text()
    inbox.get_by_role("button", name="They differ").click()
    told(inbox, "told apart from")
    again = inbox.locator(".triage > li", has=inbox.get_by_role("link", name=name, exact=True)).first
    assert again.locator(".twins a").count() == suspected - 1


def test_keys_act_in_the_list_alone_and_can_be_switched_off(inbox: "Page", office: Site) -> None:
    first = names(inbox)[0]
    inbox.keyboard.press("a")
    inbox.locator("#f-q").focus()
    inbox.keyboard.type("jadx?")
    assert inbox.locator("#f-q").input_value() == "jadx?"
    assert names(inbox)[0] == first
    enter_list(inbox)
    inbox.keyboard.press("/")
    assert inbox.evaluate("document.activeElement.id") == "f-q"
    enter_list(inbox)
    inbox.keyboard.press("?")
    assert inbox.locator("#keys").get_attribute("open") is not None
    inbox.get_by_label("Single keys act in the list").uncheck()
    inbox.locator("#keys").get_by_role("button", name="Save").click()
    inbox.wait_for_url("**/inbox")
    inbox.locator(".triage h2 a").first.focus()
    inbox.keyboard.press("a")
    inbox.keyboard.press("x")
    assert names(inbox)[0] == first
    assert inbox.locator(".tick :checked").count() == 0


def test_one_tab_then_j_is_in_the_list_and_a_question_mark_opens_the_help_from_anywhere(
    inbox: "Page",
) -> None:
    inbox.keyboard.press("Tab")
    inbox.keyboard.press("j")
    assert focused(inbox) == names(inbox)[0]
    inbox.keyboard.press("j")
    assert focused(inbox) == names(inbox)[1]
    inbox.get_by_role("link", name="What was dismissed").focus()
    inbox.keyboard.press("?")
    assert inbox.locator("#keys").get_attribute("open") is not None
    for key in ("X", "A", "D", "S", "M", "L"):
        assert inbox.locator("#keys dt", has_text=re.compile(f"^{key}$")).count() == 1


def test_several_are_acted_on_by_capital_letters_after_a_page_that_asks(inbox: "Page") -> None:
    inbox.keyboard.press("j")
    inbox.keyboard.press("D")  # nothing is selected yet
    assert inbox.url.endswith("/inbox")
    for key in ("x", "j", "x", "D"):
        inbox.keyboard.press(key)
    inbox.get_by_role("heading", name="Dismiss 2 candidates?").wait_for()


def test_escape_leaves_a_question_and_gives_the_row_back(inbox: "Page") -> None:
    enter_list(inbox)
    inbox.keyboard.press("d")
    inbox.get_by_label("A sentence more, first").fill("half a thought")
    inbox.keyboard.press("Escape")
    assert not inbox.get_by_text("Dismiss it, because").is_visible()
    assert inbox.evaluate("document.activeElement.matches('.triage > li')")
    inbox.keyboard.press("d")
    assert inbox.get_by_label("A sentence more, first").input_value() == "half a thought"


def test_the_row_in_focus_is_previewed_beside_the_list(inbox: "Page") -> None:
    enter_list(inbox)
    inbox.keyboard.press("j")
    second = names(inbox)[1]
    inbox.locator(".preview h2", has_text=second).wait_for()


def test_without_scripts_every_act_is_a_link_or_a_form(visit: Visit, office: Site) -> None:
    page = visit(java_script_enabled=False).new_page()
    page.goto(office.links["Ravi"])
    page.get_by_role("button", name="Sign in").click()
    page.goto(office.address + "/inbox")
    first = names(page)[0]
    page.locator(".acts a", has_text="Dismiss").first.click()
    page.get_by_label("Because").select_option("spam")
    page.get_by_role("button", name="Dismiss", exact=True).click()
    assert f"“{first}” dismissed: spam" in page.locator(".notification").inner_text()
    page.locator(".notification").get_by_role("button", name=re.compile("Undo")).click()
    assert names(page)[0] == first


@pytest.mark.parametrize(
    "path",
    [
        "/inbox",
        "/inbox?filters=open",
        "/inbox?status=dismissed",
        "/inbox/1",
        "/inbox/1/compare",
        "/inbox/dismissals",
    ],
)
def test_axe_finds_nothing_in_triage_and_it_fits_into_320_pixels(
    visit: Visit, office: Site, path: str
) -> None:
    page = visit(bypass_csp=True, reduced_motion="reduce").new_page()
    page.goto(office.links["Rosa"])
    page.get_by_role("button", name="Sign in").click()
    page.goto(office.address + path)
    assert faults(page) == []
    page.emulate_media(color_scheme="dark")
    assert faults(page, only=["color-contrast"]) == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert sideways(page) <= 0


def test_axe_finds_nothing_where_a_question_is_asked_or_an_act_is_shown(
    inbox: "Page", visit: Visit, office: Site
) -> None:
    page = visit(bypass_csp=True, reduced_motion="reduce", viewport={"width": 1280, "height": 900}).new_page()
    page.goto(office.links["Rosa"])
    page.get_by_role("button", name="Sign in").click()
    for act in ("dismiss", "watch", "merge", "labels"):
        page.goto(office.address + "/inbox")
        page.locator(f'[data-act="{act}"]').first.click()
        assert faults(page) == [], act
    for button in ("Accept …", "Dismiss …", "Watch …", "Merge …", "Label …"):
        page.goto(office.address + "/inbox")
        page.locator(".tick input").nth(0).check()
        page.locator(".tick input").nth(1).check()
        page.get_by_role("button", name=button).click()
        assert faults(page) == [], button
