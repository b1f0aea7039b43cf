"""Everybody can use every page: axe-core finds nothing, nothing scrolls sideways at 320 px, no script is needed."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from lxml import html

from tests.browser.conftest import Site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

Window = Callable[..., "Page"]

SHORTEN = """document.querySelectorAll(
    'main:has(> section:nth-of-type(20)) > section:nth-of-type(n+5)'
).forEach(each => each.remove())"""
"""Where a page has so many sections, as the reference has, those after the fourth are made as those before."""

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CONTRAST = ["color-contrast"]
WIDE: "ViewportSize" = {"width": 1280, "height": 720}
NARROW: "ViewportSize" = {"width": 320, "height": 640}

PUBLIC = (
    "/",
    "/check?q={approved}",
    "/check?q={approved_with_conditions}",
    "/check?q={pilot}",
    "/check?q={rejected}",
    "/check?q={prohibited}",
    "/check?q=something+that+nobody+knows",
    "/check?q={typo}",
    "/check?q={approved}&on=never",
    "/check/list",
    "/embed?q={approved_with_conditions}",
    "/tools",
    "/tools/{slug}",
    "/radar",
    "/radar/risk-fit",
    "/verdicts",
    "/verdicts?outcome=rejected",
    "/verdicts/{number}",
    "/feeds",
    "/guidance",
    "/accessibility",
    "/request",
    "/request?name=Something",
    "/follow?tool={slug}",
    "/follow/asked",
    "/challenge",
    "/incident",
    "/login",
    "/api",
    "/no-such-page",
)

STAFF = (
    ("Rosa", "/evaluations"),
    ("Rosa", "/evaluations/{scoring}"),
    ("Rosa", "/evaluations/{scoring}/scorecard"),
    ("Rosa", "/evaluations/new?tool={slug}"),
    ("Rosa", "/rubrics"),
    ("Rosa", "/reference-cases"),
    ("Rosa", "/reference-cases/1"),
    ("Rosa", "/inbox"),
    ("Rosa", "/inbox/dismissals"),
    ("Rosa", "/tools/{slug}/edit"),
    ("Rosa", "/account/second-factor"),
    ("Amir", "/account"),
    ("Amir", "/dashboard"),
    ("Amir", "/agreement"),
    ("Amir", "/conditions"),
    ("Amir", "/due"),
    ("Amir", "/reopenings"),
    ("Amir", "/outside-verdicts"),
    ("Amir", "/outside-verdicts/1"),
    ("Amir", "/outside-verdicts/1/adopt"),
    ("Amir", "/reports"),
    ("Rosa", "/requests"),
    ("Amir", "/evaluations/work"),
    ("Amir", "/verdicts/{number}/acts"),
    ("Ada", "/offices"),
    ("Ada", "/sources"),
    ("Ada", "/sources/1"),
    ("Ada", "/sources/new"),
    ("Ada", "/sources/starter"),
    ("Ada", "/people"),
    ("Ada", "/webhooks"),
    ("Ada", "/webhooks/1"),
    ("Ada", "/outbox"),
    ("Uma", "/audit"),
)


@pytest.fixture(scope="module")
def words(demo: Site) -> dict[str, str]:
    """What stands for the gaps in the addresses above: a tool of each outcome, a verdict, a mistyped name."""
    found: dict[str, str] = {}
    for outcome in ("approved", "approved_with_conditions", "pilot", "rejected", "prohibited"):
        listed = json.loads(read(f"{demo.address}/verdicts.json?outcome={outcome}&validity=active"))
        each = next(item for item in listed["verdicts"] if item["outcome"] == outcome)
        found[outcome] = each["tool"]["slug"].replace("-", "+")
        found["slug"], found["number"] = each["tool"]["slug"], str(each["number"])
    found["typo"] = found["approved"][:-1] + "x"
    return found


@pytest.fixture(scope="module")
def window(chromium: "Browser", demo: Site) -> "Iterator[Window]":
    """The window of whoever looks, by default nobody: kept, since to open one takes as long as a page."""
    opened: dict[str, Page] = {}

    def window_of(who: str = "") -> "Page":
        if who not in opened:
            # Without motion, so that no colour is on its way to another one.
            context = chromium.new_context(bypass_csp=True, reduced_motion="reduce")
            context.set_default_timeout(15_000)
            opened[who] = context.new_page()
            if who:
                opened[who].goto(demo.links[who])
                opened[who].get_by_role("button", name="Sign in").click()
        opened[who].set_viewport_size(WIDE)
        opened[who].emulate_media(color_scheme="light")
        return opened[who]

    yield window_of
    for page in opened.values():
        page.context.close()


def go(page: "Page", url: str) -> None:
    reply = page.goto(url)
    assert reply is not None
    expected = {"no-such-page": 404, "on=never": 422}
    assert reply.status == next((status for part, status in expected.items() if part in url), 200)


def faults(page: "Page", only: Sequence[str] = WCAG) -> list[str]:
    """What axe-core complains about: the rule, what it asks for, and the piece of page."""
    from axe_playwright_python.sync_playwright import Axe

    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found: list[str] = page.evaluate(
        """options => axe.run(options).then(found => found.violations.flatMap(
            each => each.nodes.map(node => `${each.id}: ${each.help}: ${node.html.slice(0, 160)}`)))""",
        {"runOnly": list(only), "resultTypes": ["violations"]},
    )
    return found


def ways_on(page: "Page") -> set[str]:
    """Where the links and forms of the page's content lead."""
    ways = page.locator("main a[href], main form").evaluate_all(
        "found => found.map(each => each.getAttribute('href') || each.getAttribute('action'))"
    )
    return {str(each) for each in ways}


def as_served(page: "Page") -> html.HtmlElement:
    """The page as it came, before any script."""
    return html.document_fromstring(page.request.get(page.url).text())


def sideways(page: "Page") -> int:
    """How many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize("path", PUBLIC)
def test_axe_finds_nothing_on_a_public_page_which_fits_into_320_pixels_and_has_all_its_links_without_scripts(
    window: Window, demo: Site, words: dict[str, str], path: str
):
    page = window()
    page.set_viewport_size(NARROW)
    go(page, demo.address + path.format(**words))
    assert sideways(page) <= 0
    plain = as_served(page)
    assert len(plain.findall(".//h1")) == 1
    assert {*plain.xpath("//main//a/@href | //main//form/@action")} >= ways_on(page)
    page.evaluate(SHORTEN)
    page.set_viewport_size(WIDE)
    assert faults(page) == []
    page.emulate_media(color_scheme="dark")
    assert faults(page, only=CONTRAST) == []


def test_the_first_stop_of_the_keyboard_leads_to_the_content(window: Window, demo: Site):
    page = window()
    go(page, demo.address + "/")
    page.keyboard.press("Tab")
    assert "skip" in page.evaluate("document.activeElement.textContent").lower()
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")


def test_a_question_is_asked_and_answered_by_keyboard_alone(
    window: Window, demo: Site, words: dict[str, str]
):
    page = window()
    go(page, demo.address + "/")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "q":
            break
    page.keyboard.type(words["approved"].replace("+", " "))
    page.keyboard.press("Enter")
    page.wait_for_url("**/check?*")
    assert page.locator("main").inner_text().casefold().count("yes") >= 1


@pytest.mark.parametrize(("who", "path"), STAFF)
def test_axe_finds_nothing_on_a_staff_page_and_it_fits_into_320_pixels(
    window: Window, demo: Site, words: dict[str, str], who: str, path: str
):
    page = window(who)
    if "{scoring}" in path:
        go(page, demo.address + "/evaluations")
        link = str(page.locator("main table a[href^='/evaluations/']").first.get_attribute("href"))
        path = "/evaluations/" + link.split("/")[2] + path.split("{scoring}")[1]
    go(page, demo.address + path.format(**words))
    assert faults(page) == []
    page.set_viewport_size(NARROW)
    assert sideways(page) <= 0


def read(url: str) -> str:
    with urlopen(url, timeout=10) as reply:
        return str(reply.read().decode())
