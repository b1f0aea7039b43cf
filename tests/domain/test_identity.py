import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.identity import name_key, slug


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Chat GPT", "chatgpt"),
        ("Node.js", "NODE JS"),
        ("Café-Écran", "cafe ecran"),
        ("Straße", "STRASSE"),
        ("Łódź", "lodz"),
        ("ﬁle box", "filebox"),
        ("Ｃ＋＋", "c ++"),
        ("İstanbul", "istanbul"),
        ("what's up", "Whats-Up"),
    ],
)
def test_case_accents_spaces_and_punctuation_do_not_make_another_name(one: str, other: str):
    assert name_key(one) == name_key(other)


def test_plus_and_hash_make_another_name():
    assert len({name_key(name) for name in ("C", "C++", "C#", "C+")}) == 4


@pytest.mark.parametrize(("one", "other"), [("か", "が"), ("कि", "की"), ("กา", "กี"), ("한", "하")])
def test_the_marks_that_make_another_word_in_other_scripts_stay(one: str, other: str):
    assert name_key(one) != name_key(other)


def test_hebrew_and_arabic_points_may_be_left_out():
    assert name_key("שָׁלוֹם") == name_key("שלום")


@pytest.mark.parametrize("name", ["微信", "Яндекс", "ไลน์", "कू", "한글", "!!!", "🚀", "…", "№", "+", "ـ"])
def test_no_name_of_any_script_has_an_empty_key_or_slug(name: str):
    assert name_key(name)
    assert slug(name)


@pytest.mark.parametrize("nothing", ["", "   ", "\u200b", "\n\t"])
def test_a_text_that_shows_nothing_has_an_empty_key(nothing: str):
    assert name_key(nothing) == slug(nothing) == ""


@given(st.text(max_size=30))
def test_the_key_of_a_key_is_itself(text: str):
    assert name_key(name_key(text)) == name_key(text)


@given(st.text(max_size=30))
def test_a_name_and_its_upper_case_have_one_key(text: str):
    assert name_key(text.upper().lower()) == name_key(text.upper())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Chat GPT", "chat-gpt"),
        ("C++", "c-plus-plus"),
        ("C#", "c-sharp"),
        ("  What's  up?! ", "whats-up"),
        ("Node.js", "node-js"),
        ("Écran/Éditeur", "ecran-editeur"),
        ("微信", "微信"),
        ("!!!", "x21-21-21"),
    ],
)
def test_a_slug_is_the_words_of_the_name_joined_by_hyphens(name: str, expected: str):
    assert slug(name) == expected


@given(st.text(max_size=200))
def test_a_slug_has_at_most_80_characters_and_none_that_parts_an_address(text: str):
    made = slug(text)
    assert len(made) <= 80
    assert not set(made) & set(" /?#%&+.\\\"'<>")
    assert not made.startswith("-")
    assert not made.endswith("-")
