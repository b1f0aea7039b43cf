"""A second factor is set up, and its code given, by whoever can use a page: by keyboard, at 320 px, without scripts."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pyotp
import pytest

from tests.browser.conftest import Site
from tests.browser.test_access import CONTRAST, faults, sideways

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

Visit = Callable[..., "BrowserContext"]


def is_for_everybody(page: "Page") -> None:
    """What axe-core finds, in light and in dark, and whether it fits into 320 px."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    assert faults(page) == []
    page.emulate_media(color_scheme="dark")
    assert faults(page, only=CONTRAST) == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert sideways(page) <= 0


def come_in(context: "BrowserContext", demo: Site) -> "Page":
    page = context.new_page()
    page.goto(demo.links["Emil"])
    page.get_by_role("button", name="Sign in").click()
    return page


def tabbed_to(page: "Page", element_id: str) -> None:
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == element_id:
            return
    pytest.fail(f"the keyboard does not reach {element_id}")


def test_it_is_set_up_and_its_code_is_given_by_whoever_can_use_a_page(visit: Visit, demo: Site) -> None:
    page = come_in(visit(bypass_csp=True), demo)
    page.goto(f"{demo.address}/account/second-factor")
    page.get_by_role("button", name="Begin").click()
    is_for_everybody(page)
    app = pyotp.TOTP(page.locator("main code").first.inner_text().replace(" ", ""))
    page.get_by_label("Code").fill(app.now())
    page.get_by_role("button", name="Set it up").click()
    page.get_by_text("Keep these recovery codes").wait_for()
    codes = page.locator("main li code").all_inner_texts()
    is_for_everybody(page)

    page = come_in(visit(bypass_csp=True), demo)
    assert page.url == f"{demo.address}/login/code"
    is_for_everybody(page)
    tabbed_to(page, "f-one_time_code")
    page.keyboard.type("000000")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    is_for_everybody(page)
    tabbed_to(page, "f-one_time_code")
    page.keyboard.type(codes[0])
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)

    plain = come_in(visit(java_script_enabled=False, viewport={"width": 320, "height": 640}), demo)
    assert plain.locator("h1").inner_text() == "Your code"
    plain.get_by_label("Code").fill(codes[1])
    plain.get_by_role("button", name="Sign in").click()
    assert "/login" not in plain.url
    assert plain.locator("header").get_by_text("Emil").count() >= 1
