"""Rules of intake on a real store: tried before they are saved, at work when entries come in, and taken back."""

import time
from dataclasses import replace

import pytest
from sqlmodel import select

from registry.domain.errors import InvalidInput, NotFound, RuleBroken
from registry.domain.intake_rule import Rule, RuleAct, RuleField
from registry.domain.proposal import Announcer
from registry.domain.triage import DismissReason
from registry.services.candidates import triage
from registry.services.entries import intake_rules
from registry.services.entries.judging import compiled
from registry.services.people.acting import Actor
from registry.store import candidates
from registry.store import intake_rules as stored
from registry.store.tables import Candidate, CandidateLabel, Entry, Event, IntakeRule
from tests.feeds import an_entry
from tests.services.entries.test_intake import a_source, all_of, take_in

ADA = Actor(None, "Ada")
SLOW = "(a+)+$"


@pytest.fixture
def source(session, now):
    return a_source(session, now, "Launches", Announcer.LAUNCH_FEED)


def block(pattern: str, *, expression: bool = False, source_id: int | None = None) -> Rule:
    return Rule(RuleAct.BLOCK, RuleField.TITLE, pattern, expression, source_id=source_id)


def announced(*titles: str) -> list:
    return [
        an_entry(f"id {title}", title=title, link=f"https://{title.split()[0].lower()}.example/")
        for title in titles
    ]


def names(session) -> list[str]:
    return [each.name for each in all_of(session, Candidate)]


@pytest.mark.both_databases
def test_what_a_rule_blocks_is_stored_with_the_rule_and_proposes_nothing(session, source, now):
    rule = intake_rules.add(session, block("funding"), by=ADA, now=now)
    brought = take_in(session, source, announced("Plumeria - Funding news", "Zither - Chat"), now)
    assert (brought.new, brought.candidates) == (2, 1)
    assert names(session) == ["Zither"]
    blocked = [entry.blocked_by_id for entry in all_of(session, Entry)]
    assert sorted(blocked, key=str) == [rule.id, None]


def test_a_rule_of_one_source_leaves_the_others_alone(session, source, now):
    other = a_source(session, now, "Board", Announcer.LAUNCH_FEED)
    intake_rules.add(session, block("funding", source_id=other.id), by=ADA, now=now)
    take_in(session, source, announced("Plumeria - Funding"), now)
    take_in(session, other, announced("Zither - Funding"), now)
    assert names(session) == ["Plumeria"]


def test_a_label_goes_to_the_candidate_once_whoever_speaks_of_it(session, source, now):
    label = Rule(RuleAct.LABEL, RuleField.TITLE, "minutes", label="writing")
    intake_rules.add(session, label, by=ADA, now=now)
    take_in(session, source, announced("Plumeria - Minutes"), now)
    again = [an_entry("again", title="Plumeria - Minutes, again", link="https://plumeria.example/")]
    take_in(session, source, again, now)
    (put,) = all_of_labels(session)
    assert put.label == "writing"
    assert candidates.labels(session, [put.candidate_id]) == {put.candidate_id: ("writing",)}


def all_of_labels(session):
    session.flush()
    return session.exec(select(CandidateLabel)).all()


def test_tags_of_an_entry_are_kept_and_looked_at(session, source, now):
    intake_rules.add(session, Rule(RuleAct.BLOCK, RuleField.TAG, "jobs"), by=ADA, now=now)
    (entry,) = announced("Plumeria - Minutes")
    take_in(session, source, [replace(entry, tags=("Jobs", "News"))], now)
    assert [each.tags for each in all_of(session, Entry)] == [["Jobs", "News"]]
    assert names(session) == []


@pytest.mark.both_databases
def test_a_trial_tells_what_a_rule_would_keep_out_and_whom_reviewers_let_in_and_stores_nothing(
    session, source, now
):
    take_in(
        session,
        source,
        announced("Plumeria - Funding", "Zither - Funding", "Oboe - Funding", "Lute - Chat"),
        now,
    )
    by_name = {each.name: each for each in all_of(session, Candidate)}
    first, second = by_name["Plumeria"], by_name["Zither"]
    triage.accept(session, first.id, by=ADA, now=now)
    triage.dismiss(session, second.id, reason=DismissReason.SPAM, by=ADA, now=now)
    trial = intake_rules.try_rule(session, block("FUNDING"))
    assert (trial.entries, len(trial.blocked), trial.dismissed, trial.undecided) == (4, 3, 1, 1)
    assert [each.facts.title for each in trial.accepted] == ["Plumeria - Funding"]
    assert all_of(session, IntakeRule) == []


def test_a_trial_counts_only_what_the_rules_that_hold_let_in(session, source, now):
    take_in(session, source, announced("Plumeria - Funding news", "Zither - News"), now)
    intake_rules.add(session, block("funding"), by=ADA, now=now)
    assert [each.facts.title for each in intake_rules.try_rule(session, block("news")).blocked] == [
        "Zither - News"
    ]


def test_another_require_rule_widens_the_choice_and_a_trial_shows_it(session, source, now):
    take_in(session, source, announced("Plumeria - Minutes", "Zither - Chat", "Oboe - Music"), now)
    minutes, chat = (Rule(RuleAct.REQUIRE, RuleField.TITLE, words) for words in ("minutes", "chat"))
    assert len(intake_rules.try_rule(session, minutes).blocked) == 2
    intake_rules.add(session, minutes, by=ADA, now=now)
    widened = intake_rules.try_rule(session, chat)
    assert (len(widened.blocked), [each.facts.title for each in widened.let_in]) == (0, ["Zither - Chat"])


@pytest.mark.parametrize(
    "expression",
    [
        "(",
        "[a-",
        "*a",
        "a{99999}",
        "(?:a{1000}){1000}",
        "(?:(?:a{ 50 }b){50}){50}",
        "(?x)(?:a{1 000}){1 000}",
        "(?R)*a",
        "(?<n>a(?&n)?)+",
        "\\",
    ],
)
def test_an_expression_that_is_wrong_or_would_eat_the_memory_is_refused(session, expression, now):
    with pytest.raises(InvalidInput) as refused:
        intake_rules.add(session, block(expression, expression=True), by=ADA, now=now)
    assert "pattern" in refused.value.faults


def test_an_expression_ignores_case_and_may_say_much(session):
    assert compiled(r"^show hn:.*\b(seed|series [a-d])\b").search("Show HN: We closed our Series B")


def test_an_expression_that_is_slow_on_stored_entries_is_refused(session, source, now):
    take_in(session, source, announced(*(f"Plum{n} - {'a' * 400}!" for n in range(5))), now)
    with pytest.raises(InvalidInput, match="too slow"):
        intake_rules.add(session, block(SLOW, expression=True), by=ADA, now=now)


def test_a_catastrophic_expression_neither_stops_intake_nor_loses_an_entry_and_is_switched_off(
    session, source, now
):
    rule = intake_rules.add(session, block(SLOW, expression=True), by=ADA, now=now)
    started = time.monotonic()
    brought = take_in(session, source, announced(*(f"Plum{n} - {'a' * 400}!" for n in range(40))), now)
    assert time.monotonic() - started < 5
    assert brought.candidates == 40
    assert session.get_one(IntakeRule, rule.id).removed_at == now
    (event,) = session.exec(select(Event).where(Event.action == "rule.switched_off")).all()
    assert event.after["pattern"] == SLOW
    assert take_in(session, source, announced("Zither - Chat"), now).candidates == 1


@pytest.mark.both_databases
def test_what_a_removed_rule_kept_out_can_be_let_in_and_proposes_then(session, source, now):
    rule = intake_rules.add(session, block("funding"), by=ADA, now=now)
    intake_rules.add(session, block("spam"), by=ADA, now=now)
    take_in(session, source, announced("Plumeria - Funding", "Zither - Funding spam", "Oboe - Chat"), now)
    assert stored.kept_out(session) == {rule.id: 2}
    with pytest.raises(RuleBroken, match="Remove it first"):
        intake_rules.let_in_again(session, rule.id, by=ADA, now=now)
    intake_rules.remove(session, rule.id, by=ADA, now=now)
    assert intake_rules.let_in_again(session, rule.id, by=ADA, now=now) == 1
    assert sorted(names(session)) == ["Oboe", "Plumeria"]
    with pytest.raises(RuleBroken, match="keeps nothing out"):
        intake_rules.let_in_again(session, rule.id, by=ADA, now=now)


def test_rules_keep_their_order_and_can_change_places(session, now):
    one, two, three = (intake_rules.add(session, block(each), by=ADA, now=now) for each in ("a", "b", "c"))
    intake_rules.move(session, three.id, up=True, by=ADA, now=now)
    assert [each.pattern for each in stored.rows(session)] == ["a", "c", "b"]
    intake_rules.move(session, one.id, up=False, by=ADA, now=now)
    assert [each.pattern for each in stored.rows(session)] == ["c", "a", "b"]
    with pytest.raises(RuleBroken, match="last"):
        intake_rules.move(session, two.id, up=False, by=ADA, now=now)


def test_every_act_on_a_rule_writes_one_event(session, now):
    rule = intake_rules.add(session, block("a"), by=ADA, now=now)
    intake_rules.add(session, block("b"), by=ADA, now=now)
    intake_rules.move(session, rule.id, up=False, by=ADA, now=now)
    intake_rules.remove(session, rule.id, by=ADA, now=now)
    assert [each.action for each in all_of(session, Event)] == [
        "rule.added",
        "rule.added",
        "rule.moved",
        "rule.removed",
    ]
    assert all_of(session, Event)[0].after == {"rule": "Block entries whose title holds “a”"}


def test_the_same_rule_twice_a_rule_of_no_source_and_a_rule_removed_twice_are_refused(session, now):
    rule = intake_rules.add(session, block("a"), by=ADA, now=now)
    with pytest.raises(RuleBroken, match="very rule already"):
        intake_rules.add(session, block(" a "), by=ADA, now=now)
    with pytest.raises(NotFound):
        intake_rules.add(session, block("b", source_id=99), by=ADA, now=now)
    intake_rules.remove(session, rule.id, by=ADA, now=now)
    with pytest.raises(RuleBroken, match="removed already"):
        intake_rules.remove(session, rule.id, by=ADA, now=now)


def test_without_rules_a_visit_pays_one_query(session, source, now, count_queries):
    with count_queries(session) as sent:
        take_in(session, source, announced("Plumeria - Minutes"), now)
    assert sum("intake_rule" in each and "FROM intake_rule" in each for each in sent) == 1
