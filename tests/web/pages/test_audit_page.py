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
