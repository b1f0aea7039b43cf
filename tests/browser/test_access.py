"""Everybody can use every page: axe-core finds nothing, nothing scrolls sideways at 320 px, no script is needed."""

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest

from tests.browser.conftest import Site

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, ViewportSize

Visit = Callable[..., "BrowserContext"]

CONTEXT = {"exclude": [["main > section:nth-of-type(n+13)"]]}
"""Where a page has so many sections, as the reference has, those after the twelfth are made as those before."""

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CONTRAST = ["color-contrast"]
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


signed_in: dict[str, Any] = {}
"""Link -> cookies of whoever came in by it: once for all pages."""


def open_page(visit: Visit, site: Site, path: str, who: str = "", **wishes: Any) -> "Page":
    # Without motion, so that no colour is on its way to another one.
    known = signed_in.get(who and site.links[who])
    page = visit(bypass_csp=True, reduced_motion="reduce", storage_state=known, **wishes).new_page()
    if who and not known:
        page.goto(site.links[who])
        page.get_by_role("button", name="Sign in").click()
        signed_in[site.links[who]] = page.context.storage_state()
    go(page, site.address + path)
    return page


def go(page: "Page", url: str) -> None:
    reply = page.goto(url)
    assert reply is not None
    expected = {"no-such-page": 404, "on=never": 422}
    assert reply.status == next((status for part, status in expected.items() if part in url), 200)


def faults(page: "Page", only: Sequence[str] = WCAG) -> list[str]:
    """What axe-core complains about: the rule, what it asks for, and the piece of page."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, context=CONTEXT, options={"runOnly": list(only), "resultTypes": ["violations"]})
    return [
        f"{each['id']}: {each['help']}: {node['html'][:160]}"
        for each in found.response["violations"]
        for node in each["nodes"]
    ]


def ways_on(page: "Page") -> set[str]:
    """Where the links and forms of the page's content lead."""
    ways = page.locator("main a[href], main form").evaluate_all(
        "found => found.map(each => each.getAttribute('href') || each.getAttribute('action'))"
    )
    return {str(each) for each in ways}


def sideways(page: "Page") -> int:
    """How many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize("path", PUBLIC)
def test_axe_finds_nothing_on_a_public_page_which_fits_into_320_pixels_and_has_all_its_links_without_scripts(
    visit: Visit, demo: Site, words: dict[str, str], path: str
):
    page = open_page(visit, demo, path.format(**words), color_scheme="light")
    assert faults(page) == []
    page.emulate_media(color_scheme="dark")
    assert faults(page, only=CONTRAST) == []
    page.set_viewport_size(NARROW)
    assert sideways(page) <= 0
    plain = open_page(visit, demo, path.format(**words), java_script_enabled=False)
    assert plain.locator("h1").count() == 1
    assert ways_on(plain) >= ways_on(page)


def test_the_first_stop_of_the_keyboard_leads_to_the_content(visit: Visit, demo: Site):
    page = open_page(visit, demo, "/")
    page.keyboard.press("Tab")
    assert "skip" in page.evaluate("document.activeElement.textContent").lower()
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")


def test_a_question_is_asked_and_answered_by_keyboard_alone(visit: Visit, demo: Site, words: dict[str, str]):
    page = open_page(visit, demo, "/")
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
    visit: Visit, demo: Site, words: dict[str, str], who: str, path: str
):
    page = open_page(visit, demo, "/evaluations" if "{scoring}" in path else "/", who)
    if "{scoring}" in path:
        link = str(page.locator("main table a[href^='/evaluations/']").first.get_attribute("href"))
        path = "/evaluations/" + link.split("/")[2] + path.split("{scoring}")[1]
    go(page, demo.address + path.format(**words))
    assert faults(page) == []
    page.set_viewport_size(NARROW)
    assert sideways(page) <= 0


def read(url: str) -> str:
    with urlopen(url, timeout=10) as reply:
        return str(reply.read().decode())
