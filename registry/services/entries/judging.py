"""The rules of intake at work: expressions tried within limits, entries kept out, labels put on candidates.

A visit loads the rules once. Adding, moving and removing them is intake_rules.py's.
"""

import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING

from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.intake_rule import Facts, Judgement, Rule, holds_words, judge, spelled
from registry.services.entries.proposing import Read
from registry.services.people.acting import REGISTRY, record
from registry.store import candidates, intake_rules
from registry.store.columns import id_of
from registry.store.entries import NewEntry
from registry.store.intake_rules import StoredEntry
from registry.store.tables import CandidateLabel, Entry

if TYPE_CHECKING:
    import regex

MATCH_S = 0.05
"""How long one expression may look at one text."""
VISIT_S = 2.0
"""How long one expression may take over all the entries of a visit, in processor time."""
TIMES_TOO_SLOW = 3
MOST_REPEATS = 10_000

_COUNTED = re.compile(r"\{\s*(\d*)\s*(?:,\s*(\d*)\s*)?\}")
_RECURSIVE = re.compile(r"\(\?(?:R|&|P>|[+-]?\d)")


def compiled(pattern: str) -> "regex.Pattern[str]":
    """An expression, whatever the case. Raises InvalidInput for one that is wrong, or that would eat the memory."""
    import regex  # only here: most sites have no expression among their rules

    try:
        bare = re.sub(r"\s", "", pattern)  # with (?x) space within a count is none
        counts = prod(max(1, *(int(number or 1) for number in each)) for each in _COUNTED.findall(bare))
        if counts > MOST_REPEATS:
            raise _invalid(f"It repeats something {counts:,} times; {MOST_REPEATS:,} are the most.")
        if _RECURSIVE.search(pattern):
            raise _invalid("An expression may not call itself.")
        return _compiled(pattern)
    except (regex.error, RecursionError, OverflowError, MemoryError, ValueError) as error:
        raise _invalid(f"This is no regular expression: {error}.") from error


class Finder:
    """Looks for patterns in texts; an expression that is too slow finds nothing any more, and is in `slow`."""

    def __init__(self) -> None:
        self.slow: set[Rule] = set()
        self._late: Counter[Rule] = Counter()
        self._spent_s: defaultdict[Rule, float] = defaultdict(float)

    def __call__(self, rule: Rule, text: str) -> bool:
        if not rule.is_expression:
            return holds_words(_spelled(text), _looked_for(rule.pattern))
        if rule in self.slow:
            return False
        started = time.thread_time()
        try:
            return _compiled(rule.pattern).search(text, timeout=MATCH_S) is not None
        except TimeoutError:
            self._late[rule] += 1
            return False
        finally:
            self._spent_s[rule] += time.thread_time() - started
            if self._late[rule] >= TIMES_TOO_SLOW or self._spent_s[rule] > VISIT_S:
                self.slow.add(rule)


class Judge:
    """The rules that hold for one source, as they stand when a visit begins; `standing` are those of all sources."""

    def __init__(
        self, session: Session, source_id: int, now: datetime, standing: Iterable[Rule] | None = None
    ) -> None:
        self._session, self._now = session, now
        rules = intake_rules.standing(session, source_id) if standing is None else standing
        self._rules = [rule for rule in rules if rule.source_id in (None, source_id) and _works(rule)]
        self._finder = Finder()
        self._labels: dict[int, tuple[str, ...]] = {}

    def let_in(self, reads: Sequence[Read]) -> list[Read]:
        """Those that no rule keeps out, in their order; the others are marked with the rule that did.

        A rule that turned out to be too slow is switched off, and an event says so.
        """
        if not self._rules:
            return list(reads)
        kept = [read for read in reads if self._may_pass(read)]
        for rule in sorted(self._finder.slow, key=lambda each: each.id):
            switch_off(self._session, rule, self._now)
        return kept

    def label(self, reads: Iterable[Read]) -> None:
        """Put the labels of the entries that were let in on the candidates that they led to."""
        wanted = {
            id_of(read.row): self._labels[id(read.row)] for read in reads if id(read.row) in self._labels
        }
        put_labels(self._session, wanted)

    def _may_pass(self, read: Read) -> bool:
        found = judge(self._rules, facts_of(read.row), self._finder)
        if found.labels:
            self._labels[id(read.row)] = found.labels
        read.row.blocked_by_id = found.blocked_by.id if found.blocked_by else None
        return found.blocked_by is None


def judged(rules: Iterable[Rule], entry: StoredEntry, finder: Finder) -> Judgement:
    """What those of the rules that hold for its source make of a stored entry."""
    holding = [rule for rule in rules if rule.source_id in (None, entry.source_id)]
    return judge(holding, entry.facts, finder)


def facts_of(row: Entry | NewEntry) -> Facts:
    return Facts(row.title, row.summary, row.link, row.author, row.tags, row.kind)


def put_labels(session: Session, labels: dict[int, tuple[str, ...]]) -> None:
    """Entry id -> labels, put on the candidates that these entries speak of; those already there stay."""
    if not labels:
        return
    session.flush()
    wanted = {
        (candidate_id, label)
        for entry_id, candidate_id in candidates.of_entries(session, labels).items()
        for label in labels[entry_id]
    }
    there = candidates.labels(session, {candidate_id for candidate_id, _ in wanted})
    for candidate_id, label in sorted(wanted):
        if label not in there.get(candidate_id, ()):
            session.add(CandidateLabel(candidate_id=candidate_id, label=label))


def switch_off(session: Session, rule: Rule, now: datetime) -> None:
    """End a rule that takes too long: what it kept out stays on record, and nothing is kept out by it any more."""
    row = intake_rules.get(session, rule.id)
    if row.removed_at is None:
        row.removed_at = now
        session.add(row)
        told = {"pattern": rule.pattern, "why": "it took too long on the entries of a visit"}
        record(session, "rule.switched_off", ("rule", rule.id), by=REGISTRY, now=now, after=told)


def _works(rule: Rule) -> bool:
    try:
        return not rule.is_expression or compiled(rule.pattern) is not None
    except InvalidInput:  # another version of the library may refuse what was stored; the entries come in
        return False


_spelled = lru_cache(maxsize=64)(spelled)
_looked_for = lru_cache(maxsize=1024)(spelled)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> "regex.Pattern[str]":
    import regex

    return regex.compile(pattern, regex.IGNORECASE)


def _invalid(sentence: str) -> InvalidInput:
    return InvalidInput("This expression cannot be taken.", {"pattern": sentence})
