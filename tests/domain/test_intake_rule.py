"""What rules make of an entry, in words and in their order."""

import pytest

from registry.domain.errors import InvalidInput
from registry.domain.intake_rule import (
    Facts,
    Rule,
    RuleAct,
    RuleField,
    checked,
    holds_words,
    judge,
    sentence,
    spelled,
)
from registry.domain.proposal import EntryKind


def facts(
    title: str = "Plumeria raises funding", *, kind: EntryKind = EntryKind.TOOL, **more: object
) -> Facts:
    values: dict[str, object] = {"text": "", "link": "", "author": "", "tags": (), **more}
    return Facts(title=title, kind=kind, **values)  # type: ignore[arg-type]


def finds(rule: Rule, text: str) -> bool:
    return holds_words(spelled(text), spelled(rule.pattern))


def block(words: str, where: RuleField = RuleField.TITLE) -> Rule:
    return Rule(RuleAct.BLOCK, where, words)


def require(words: str) -> Rule:
    return Rule(RuleAct.REQUIRE, RuleField.TITLE, words)


def label(words: str, said: str) -> Rule:
    return Rule(RuleAct.LABEL, RuleField.TITLE, words, label=said)


def test_without_rules_everything_comes_in():
    assert judge([], facts(), finds).blocked_by is None


def test_the_first_block_rule_that_fits_is_the_one_that_is_named():
    found = judge([block("news"), block("funding"), block("raises")], facts(), finds)
    assert found.blocked_by == block("funding")
    assert found.reason == "By the rule: Block entries whose title holds “funding”."


def test_of_several_require_rules_one_is_enough_and_without_one_the_first_blocks():
    rules = [require("minutes"), require("plumeria")]
    assert judge(rules, facts(), finds).blocked_by is None
    assert judge(rules, facts("Zither"), finds).blocked_by == require("minutes")


def test_a_block_rule_beats_a_require_rule_wherever_it_stands():
    assert judge([require("plumeria"), block("funding")], facts(), finds).blocked_by == block("funding")


def test_every_label_that_fits_is_put_on_once_in_the_order_of_the_rules():
    rules = [label("funding", "money"), label("plumeria", "writing"), label("raises", "money")]
    assert judge(rules, facts(), finds).labels == ("money", "writing")


def test_a_warning_of_a_risk_is_never_kept_out():
    rules = [block("funding"), require("minutes"), label("funding", "money")]
    found = judge(rules, facts(kind=EntryKind.RISK), finds)
    assert (found.blocked_by, found.labels) == (None, ("money",))


@pytest.mark.parametrize(
    ("where", "more"),
    [
        (RuleField.TEXT, {"text": "It has an agent."}),
        (RuleField.LINK, {"link": "https://agent.example/"}),
        (RuleField.AUTHOR, {"author": "Agent Smith"}),
        (RuleField.TAG, {"tags": ("news", "agent")}),
    ],
)
def test_a_rule_looks_only_where_it_is_told_to_or_everywhere(where: RuleField, more: dict[str, object]):
    entry = facts("Plumeria", **more)
    assert judge([block("agent", where)], entry, finds).blocked_by
    assert judge([block("agent", RuleField.ANY)], entry, finds).blocked_by
    assert not judge([block("agent", RuleField.TITLE)], entry, finds).blocked_by


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("AI", "An ai for minutes"),
        ("ai", "AI-first notes"),
        ("series a", "closes SERIES   A round"),
        ("café", "CAFE opens"),
        ("strasse", "Straße"),
        ("c++", "Written in C++, fast"),
        ("融资", "某公司宣布融资成功"),
        ("자금", "자금을 조달"),
        ("github.com/acme", "https://github.com/acme/tool"),
        ("!", "Now!"),
    ],
)
def test_words_are_found_whatever_case_accents_and_spaces(words: str, text: str):
    assert holds_words(spelled(text), spelled(words))


@pytest.mark.parametrize(
    ("words", "text"), [("ai", "email"), ("ai", "AIR"), ("fund", "funding"), ("c", "C4"), ("가", "각")]
)
def test_words_are_not_found_inside_other_words(words: str, text: str):
    assert not holds_words(spelled(text), spelled(words))


def test_a_rule_reads_as_a_sentence():
    assert sentence(block("funding")) == "Block entries whose title holds “funding”"
    assert sentence(block("funding", RuleField.ANY), "Launches") == (
        "Block entries which hold “funding” anywhere, in Launches"
    )
    assert sentence(Rule(RuleAct.REQUIRE, RuleField.TAG, "^ai$", is_expression=True)) == (
        "Let in only entries of which a tag fits the expression ^ai$"
    )
    assert sentence(label("agent", "agents")) == "Put the label “agents” on entries whose title holds “agent”"


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (block("  "), "pattern"),
        (block("x" * 301), "pattern"),
        (label("x", " "), "label"),
        (label("x", "a,b"), "label"),
        (label("x", "y" * 61), "label"),
    ],
)
def test_a_rule_that_cannot_stand_is_refused_and_its_field_named(rule: Rule, field: str):
    with pytest.raises(InvalidInput) as refused:
        checked(rule)
    assert list(refused.value.faults) == [field]


def test_what_needs_no_label_keeps_none():
    assert checked(Rule(RuleAct.BLOCK, RuleField.TITLE, " x ", label="y")) == block("x")
