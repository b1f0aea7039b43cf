"""Whole addresses become those of the copy, and stay what the document is written in."""

import pytest

from registry.web.copy.rewriting import Rewriter

OWN = "https://tools.office.example/a&b"


@pytest.fixture
def rewriter() -> Rewriter:
    return Rewriter("", OWN, "http://testserver", lambda said: "")


@pytest.mark.parametrize(
    "address", ["/tools/quill#&quot;&gt;&lt;script&gt;", "/check?q=%s&quot;&gt;&lt;script&gt;"]
)
def test_nothing_comes_out_of_an_attribute_or_a_text(rewriter: Rewriter, address: str) -> None:
    text = f'<a href="http://testserver{address}">http://testserver{address}</a>'
    moved, _ = rewriter.document(text, markup=True)
    assert "<script" not in moved
    assert moved.count('"') == 2
    assert "https://tools.office.example/a&amp;b/" in moved


def test_what_is_no_markup_is_not_escaped(rewriter: Rewriter) -> None:
    moved, _ = rewriter.document('{"url": "http://testserver/tools/quill#&quot;"}', markup=False)
    assert moved == f'{{"url": "{OWN}/tools/quill.html#&quot;"}}'
