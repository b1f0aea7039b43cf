"""Rules and sources that an office's own dismissals put into question, from the newest stored entries."""

from collections.abc import Sequence

from sqlmodel import Session

from registry.domain.intake_rule import Rule, RuleAct, RuleField
from registry.domain.relevance import words_of
from registry.domain.rule_suggestion import Example, Fate, Suggestion, suggestions
from registry.domain.triage import NOT_FOR_US, CandidateStatus
from registry.domain.values import dataclass
from registry.services.entries.intake_rules import TRIED_ON
from registry.services.entries.judging import Finder, judged
from registry.store import intake_rules
from registry.store.intake_rules import StoredEntry


@dataclass(frozen=True)
class SuggestedRule:
    rule: Rule
    dismissed: int
    other: int
    """How many more it would have kept out that nobody decided on, or for another reason."""


@dataclass(frozen=True)
class BarrenSource:
    """A source of which nothing was let in, though much was decided."""

    id: int
    name: str
    dismissed: int


def suggested(session: Session) -> tuple[Sequence[SuggestedRule], Sequence[BarrenSource]]:
    """What the rules that hold keep out already suggests nothing; one query beside that of the rules."""
    rules, finder = intake_rules.standing(session), Finder()
    entries = [
        each
        for each in intake_rules.newest_entries(session, source_id=None, limit=TRIED_ON)
        if judged(rules, each, finder).blocked_by is None
    ]
    words = suggestions(Example(words_of(each.facts.title), _fate(each)) for each in entries)
    sources = suggestions(Example([str(each.source_id)], _fate(each)) for each in entries)
    names = {str(each.source_id): each.source_name for each in entries}
    return (
        [_rule(each) for each in words],
        [BarrenSource(int(each.mark), names[each.mark], each.dismissed) for each in sources],
    )


def _rule(found: Suggestion) -> SuggestedRule:
    rule = Rule(RuleAct.BLOCK, RuleField.TITLE, found.mark)
    return SuggestedRule(rule, found.dismissed, found.other)


def _fate(entry: StoredEntry) -> Fate:
    if entry.status is CandidateStatus.ACCEPTED:
        return Fate.ACCEPTED
    not_for_us = entry.status is CandidateStatus.DISMISSED and entry.reason in NOT_FOR_US
    return Fate.DISMISSED if not_for_us else Fate.OTHER
