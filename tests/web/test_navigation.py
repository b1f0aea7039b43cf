"""The bar of the staff: every page that somebody may open is found in it, and none that they may not."""

import re
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import CAST

As = Callable[[str], TestClient]
DESK = {
    *(
        "/inbox",
        "/evaluations",
        "/dashboard",
        "/due",
        "/sources",
        "/conditions",
        "/reference-cases",
        "/rubrics",
    ),
    *("/offices", "/reopenings", "/reports", "/requests", "/inbox/dismissals", "/outside-verdicts"),
}
KEEPING = {
    "/due",
    "/sources",
    "/conditions",
    "/reference-cases",
    "/rubrics",
    "/offices",
    "/people",
    "/audit",
} | {"/webhooks", "/outbox", "/outside-verdicts"}
FOUND = {
    "reviewer": DESK,
    "approver": DESK,
    "auditor": DESK | {"/audit"},
    "admin": KEEPING,
    "employee": set(),
}


def bar(page: str) -> str:
    found = re.search(r'<nav class="site-nav" aria-label="Staff">.*?</nav>', page, re.DOTALL)
    return found[0] if found else ""


@pytest.mark.parametrize("name", CAST)
def test_everybody_finds_just_what_they_may_open(as_: As, name: str) -> None:
    theirs = as_(name)
    links = set(re.findall(r'href="([^"]+)"', bar(theirs.get("/").text)))
    assert links == FOUND[CAST[name]]
    assert {link: theirs.get(link).status_code for link in links} == dict.fromkeys(links, 200)


@pytest.mark.parametrize(
    ("path", "said"),
    [("/rubrics", "Rubrics is shown"), ("/inbox/dismissals", "Dismissals is shown"), ("/due", "")],
)
def test_the_closed_list_says_which_of_its_pages_is_shown(as_: As, path: str, said: str) -> None:
    summary = re.search(r"<summary>(.*?)</summary>", bar(as_("Rosa").get(path).text))
    assert summary is not None
    assert said in summary[1]
    assert ("is shown" in summary[1]) == bool(said)
