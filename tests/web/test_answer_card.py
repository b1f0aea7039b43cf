from datetime import date

import pytest
from jinja2 import Environment

from registry.web import shapes
from registry.web.rendering import make_environment
from registry.web.words import HEADINGS, answer_heading

ANSWERS = tuple(HEADINGS)


def an_answer(code: str = "yes_if", **changes: object) -> shapes.AnswerCard:
    values: dict[str, object] = {
        "code": code,
        "tool_name": "Murmur Notes",
        "tool_url": "/tools/murmur",
        "sentence": "You may transcribe open meetings.",
        "address": "https://registry.example/check?q=murmur",
        "ask": "help@office.example",
        "edition": "Business",
        "data_class": "internal information",
        "number": 12,
        "decided_by": "Amir",
        "decided_on": date(2026, 11, 3),
        "valid_until": date(2027, 11, 3),
    }
    return shapes.AnswerCard(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture
def environment() -> Environment:
    return make_environment(time_zone="Europe/Lisbon")


def card(environment: Environment, answer: shapes.AnswerCard) -> str:
    source = "{% from 'macros/answer.html' import answer_card %}{{ answer_card(a) }}"
    return environment.from_string(source).render(a=answer)


def test_a_hostile_name_cannot_leave_its_place_in_the_answer(environment: Environment):
    shown = card(environment, an_answer(tool_name='"><script>alert(1)</script>'))
    assert "<script" not in shown
    assert '"><' not in shown.replace('"><div', "").split("data-copy=")[1].split(" hidden>")[0]


@pytest.mark.parametrize("code", ANSWERS)
def test_every_decided_answer_names_edition_data_until_when_and_who(environment: Environment, code: str):
    shown = card(environment, an_answer(code))
    for told in ("Business", "internal information", "3 November 2027", "Amir", "help@office.example"):
        assert told in shown
    assert shown.index(answer_heading(code)) < shown.index("Murmur Notes</a>")


def test_what_nobody_decided_says_so_and_offers_a_review(environment: Environment):
    answer = an_answer(
        "not_reviewed",
        number=None,
        decided_by="",
        valid_until=None,
        request_url="/request",
    )
    shown = card(environment, answer)
    assert "Nobody decided yet" in shown
    assert "Asked for" in shown
    assert "Holds for" not in shown
    assert "Ask for a review" in shown


def test_a_condition_names_who_must_do_it_and_by_when(environment: Environment):
    duty = shapes.ConditionItem("Sign the amended terms", "office", date(2027, 1, 15), "overdue")
    shown = card(environment, an_answer(conditions=[duty]))
    assert "Your office" in shown
    assert "15 January 2027" in shown
    assert "Overdue" in shown


def test_an_answer_that_depends_on_more_asks_for_it_and_keeps_the_question(environment: Environment):
    choice = shapes.Choice("data_class", "Information", [shapes.Option("public", "Public")], "public")
    shown = card(environment, an_answer(narrow=shapes.Narrow([choice], [("q", "murmur")])))
    assert '<form class="narrow" action="/check">' in shown
    assert '<input type="hidden" name="q" value="murmur">' in shown
    assert '<option value="public" selected>' in shown


def test_what_may_not_be_entered_is_said_in_words(environment: Environment):
    data = [shapes.Limit("Public information", True), shapes.Limit("Sensitive information", False)]
    shown = card(environment, an_answer(data=data))
    heads = [shown.index(told) for told in ("You may enter", "Public info", "Never enter", "Sensitive info")]
    assert heads == sorted(heads)


def test_the_copied_answer_is_plain_text_with_its_address(environment: Environment):
    data = [shapes.Limit("Public", True), shapes.Limit("Sensitive", False)]
    answer = an_answer(data_class="", data=data, conditions=[shapes.ConditionItem("Tell everyone")])
    shown = card(environment, answer)
    copied = shown.split('data-copy="')[1].split('"')[0]
    assert copied.startswith("May I use Murmur Notes? Yes, if you meet 1 condition.")
    assert "1. Tell everyone (You)" in copied
    assert "Holds for: Business · Public · any account · everybody." in copied
    assert "Never enter: Sensitive." in copied
    assert "valid until 3 November 2027" in copied
    assert "&lt;" not in copied
    assert copied.endswith("https://registry.example/check?q=murmur")
