"""The audit page: every act, newest first, for admins and auditors."""

import html
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient


@pytest.mark.usefixtures("decided")
def test_an_auditor_reads_what_happened_newest_first_and_turns_the_page(
    as_: Callable[[str], TestClient],
) -> None:
    auditor = as_("auditor")
    page = auditor.get("/audit").text
    assert page.index("verdict.published") < page.index("verdict.revoked")
    assert "A leak." in page
    older = html.unescape(page.split('rel="next" href="')[1].split('"')[0])
    assert "verdict.revoked" not in auditor.get(older).text.split("<tbody")[1]


@pytest.mark.usefixtures("decided")
def test_one_kind_of_act_can_be_shown_alone(as_: Callable[[str], TestClient]) -> None:
    rows = as_("auditor").get("/audit?action=verdict.suspended").text.split("<tbody")[1].split("</tbody>")[0]
    assert "verdict.suspended" in rows
    assert "verdict.published" not in rows


def test_nothing_of_that_kind_is_told_in_words(as_: Callable[[str], TestClient]) -> None:
    assert "Nothing like that happened yet" in as_("auditor").get("/audit?action=none.such").text


@pytest.mark.usefixtures("decided")
def test_the_log_is_filtered_by_person_thing_and_day_and_taken_along(
    as_: Callable[[str], TestClient],
) -> None:
    auditor = as_("auditor")
    whole = auditor.get("/audit.csv").text.splitlines()
    assert whole[0].endswith("number,at,who,account,act,kind,subject,before,after")
    numbers = [int(each.split(",")[0]) for each in whole[1:] if each[0].isdecimal()]
    assert numbers == sorted(numbers, reverse=True)
    assert numbers[-1] == 1
    one = auditor.get("/audit.csv?kind=verdict&subject=1").text
    assert "verdict.published" in one
    assert "evaluation.opened" not in one
    assert len(auditor.get("/audit.csv?who=Nobody").text.splitlines()) == 1
    assert len(auditor.get("/audit.csv?until=2001-01-01").text.splitlines()) == 1
    assert auditor.get("/audit.csv?since=2001-01-01").text.splitlines() == whole
    assert "kind=verdict" in auditor.get("/audit?kind=verdict").text.split("downloads")[1]


@pytest.mark.parametrize(
    "asked", ["since=yesterday", "until=2026-13-01", "subject=seven", "until=9999-12-31"]
)
def test_a_filter_that_is_none_is_told_in_words(as_: Callable[[str], TestClient], asked: str) -> None:
    reply = as_("auditor").get(f"/audit?{asked}")
    assert reply.status_code == 422
    assert "is no day such as" in reply.text or "digits alone" in reply.text
