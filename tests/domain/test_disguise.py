"""Text that does not show what it holds is told from text that does."""

import pytest

from registry.domain.disguise import is_disguised, plain


@pytest.mark.parametrize(
    "text",
    [
        "Slack",
        "Crème Brûlée",
        "微信",
        "Яндекс",
        "Łącznik",
        "C♯",
        "“Slack”",
        "Slack™",
        "ﬁgma",
        "نیم\u200cفاصله",
        "wait…",
    ],
)
def test_what_a_person_types_is_no_disguise(text: str) -> None:
    assert not is_disguised(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Sl\u200back", "Slack"),
        ("\u202eSlack", "Slack"),
        ("Slack\ufeff", "Slack"),
        ("Sl\u00adack", "Slack"),
        ("Ｓｌａｃｋ", "Slack"),
        ("𝐒lack", "Slack"),
        ("slac\u212a", "slacK"),
        ("sla\u200cck", "slack"),
    ],
)
def test_hidden_signs_and_dressed_letters_are_a_disguise(text: str, shown: str) -> None:
    assert is_disguised(text)
    assert plain(text) == shown
