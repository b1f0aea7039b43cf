"""One's own work: what is due first of each kind above the list of evaluations, and all of it on a page of its own."""

from collections.abc import Callable
from typing import Any

from starlette.testclient import TestClient

As = Callable[[str], TestClient]
ACase = Callable[..., Any]


def test_the_first_of_each_kind_are_shown_with_how_many_there_are(as_: As, a_case: ACase) -> None:
    for number in range(5):
        a_case(f"Tool {number}")
    for number in range(5, 7):
        a_case(f"Tool {number}", tier=3)
    ravi, rosa = as_("Ravi"), as_("Rosa")
    page = ravi.get("/evaluations").text
    assert [f"Score Tool {number}</a>" in page for number in range(7)] == [True] * 3 + [False] * 4
    assert '<a href="/evaluations/work?kind=score">7 to score</a>' in page
    assert '<a href="/evaluations/work">See all 7</a>' in page
    page = rosa.get("/evaluations").text
    assert page.count("Score Tool") == 3
    assert page.count("Ask a reviewer who knows") == 3
    whole = rosa.get("/evaluations/work").text
    assert whole.count("Score Tool") == 7
    only = rosa.get("/evaluations/work?kind=ask").text
    assert "Score Tool" not in only
    assert "Ask a reviewer who knows privacy for Tool 5" in only
    told = rosa.get("/evaluations/work.json?kind=ask").json()["work"]
    assert {each["kind"] for each in told} == {"ask"}
    listed = rosa.get("/api/v1/evaluations/work?kind=ask").json()["items"]
    assert len(told) == len(listed) == only.count("Ask a reviewer")


def test_where_all_is_shown_nothing_leads_to_more(as_: As, a_case: ACase) -> None:
    a_case()
    page = as_("Ravi").get("/evaluations").text
    assert "Score Quillmark" in page
    assert "/evaluations/work" not in page
    assert "Nothing waits for you" in as_("Uma").get("/evaluations/work").text


def test_decisions_that_somebody_may_not_take_are_shortened_too(as_: As, a_case: ACase) -> None:
    for number in range(5):
        a_case(f"Tool {number}", rosa={}, ravi={})
    for number in range(5):
        interest = {"interested": "yes", "statement": "Shares."}
        as_("Amir").post(f"/evaluations/{number + 1}/interest", data=interest)
    page = as_("Amir").get("/evaluations").text
    begin = page.index("Decisions that wait for somebody else")
    assert page[begin : page.index('id="list"')].count("Tool ") == 3
    assert '<a href="/evaluations/work?kind=left">All 5</a>' in page
    assert as_("Amir").get("/evaluations/work?kind=left").text.count('class="hint"') == 5


def test_a_page_of_work_is_turned(as_: As, a_case: ACase, monkeypatch: Any) -> None:
    monkeypatch.setattr("registry.web.pages.evaluation_work.MOST", 2)
    for number in range(5):
        a_case(f"Tool {number}")
    ravi, found, address = as_("Ravi"), [], "/evaluations/work?kind=score"
    for _ in range(3):
        page = ravi.get(address).text
        found += [number for number in range(5) if f"Score Tool {number}<" in page]
        address = (
            page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
            if 'rel="next"' in page
            else ""
        )
    assert found == [0, 1, 2, 3, 4]
    assert address == ""
