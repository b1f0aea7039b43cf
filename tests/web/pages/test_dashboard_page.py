"""The numbers on the page: each leads to a list that shows exactly what it counts, as a sheet and by program too."""

import html
import re
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from registry.domain.spans import Span
from registry.web.pages.dashboard_view import _cases_behind

As = Callable[[str], TestClient]


def rows(page: str) -> int:
    body = re.search(r"<tbody.*?</tbody>", page, re.S)
    return body[0].count('role="row"') if body else 0


def figure(page: str, code: str) -> tuple[str, str]:
    """What the number says and where it leads."""
    found = re.search(rf'<div id="{code}">.*?<a href="([^"]*)">([^<]*)<', page, re.S)
    assert found, code
    return html.unescape(found[1]), found[2]


def test_an_empty_registry_says_so(as_: As) -> None:
    assert "There is nothing to count yet" in as_("Amir").get("/dashboard").text


@pytest.mark.usefixtures("decided")
@pytest.mark.parametrize("code", ["due-soon", "overrides", "overdue", "waiting"])
def test_a_number_opens_a_list_of_just_so_many(as_: As, code: str) -> None:
    amir = as_("Amir")
    url, said = figure(amir.get("/dashboard").text, code)
    assert rows(amir.get(url).text) == int(said)


@pytest.mark.usefixtures("decided")
def test_the_lapsed_share_is_of_all_that_looks_approved(as_: As) -> None:
    amir = as_("Amir")
    page = amir.get("/dashboard").text
    assert "1 of 4 approvals" in page
    assert rows(amir.get("/dashboard/lapsed").text) == 1
    assert rows(amir.get("/dashboard/permitted").text) == 4


@pytest.mark.usefixtures("decided")
def test_times_are_shown_by_stage_with_their_definition_and_the_verdicts_behind(as_: As) -> None:
    amir = as_("Amir")
    page = amir.get("/dashboard").text
    assert "From the opening of the evaluation until the verdict." in page
    link = re.search(r'<a href="([^"]*stage=review)">(\d+)<', page)
    assert link
    assert rows(amir.get(html.unescape(link[1])).text) == int(link[2]) == 6
    for url in sorted(set(re.findall(r'<a href="(/dashboard/[^"]*)"', page))):
        assert amir.get(html.unescape(url)).status_code == 200, url


@pytest.mark.usefixtures("decided")
def test_times_are_narrowed_and_what_cannot_be_is_refused_in_words(as_: As) -> None:
    amir = as_("Amir")
    assert "No verdict was decided in this period" in amir.get("/dashboard?tier=1").text
    refused = amir.get("/dashboard?since=tomorrow&tier=9")
    assert refused.status_code == 422
    assert "Choose tier 1, 2 or 3." in refused.text


@pytest.mark.usefixtures("decided")
def test_a_list_says_the_same_on_the_page_as_a_sheet_and_by_program(as_: As) -> None:
    amir = as_("Amir")
    page = amir.get("/dashboard/times?stage=review").text
    sheet = amir.get("/dashboard/times.csv?stage=review").text
    told = amir.get("/api/v1/numbers/times?stage=review").json()
    assert rows(page) == len(sheet.strip().splitlines()) - 1 == told["total"] == len(told["rows"])
    assert amir.get("/dashboard.csv").text.startswith("\ufeffnumber,of,value")
    assert amir.get("/api/v1/numbers").json()["stages"]["review"]["count"] == told["total"]
    assert amir.get("/dashboard/nothing").status_code == 404


@pytest.mark.usefixtures("decided")
def test_agreement_is_told_per_criterion_with_the_evaluations_behind_it(as_: As) -> None:
    amir = as_("Amir")
    page = amir.get("/agreement").text
    assert "Everybody always gave the same rating" in page
    link = re.search(r'<a href="(/agreement/R1[^"]*)">(\d+)<', page)
    assert link
    assert rows(amir.get(html.unescape(link[1])).text) == int(link[2])
    told = amir.get("/api/v1/agreement").json()
    assert len(told["criteria"]) == 20
    assert amir.get("/api/v1/agreement/R1").json()["total"] == int(link[2])
    assert amir.get("/agreement?rubric=nothing-9").status_code == 404
    assert amir.get("/agreement/R99").status_code == 404


def test_a_time_with_fewer_than_five_cases_behind_it_is_too_few_to_tell() -> None:
    assert _cases_behind(Span(4, 2.0, 9.0)) == "too few to tell: 4 verdicts"
    assert _cases_behind(Span(5, 2.0, 9.0)) == "85 of 100 within 9 days (5 verdicts)"
