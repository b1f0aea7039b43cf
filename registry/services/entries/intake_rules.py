"""Acts on the rules of intake: try one on stored entries, add, move, remove, and let in again what one kept out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from registry.domain.errors import InvalidInput, RuleBroken
from registry.domain.intake_rule import Rule, checked, sentence
from registry.domain.triage import CandidateStatus
from registry.domain.values import dataclass
from registry.services.entries.intake import read_again
from registry.services.entries.judging import Finder, Judge, compiled, judged
from registry.services.entries.proposing import propose_all
from registry.services.people.acting import Actor, record
from registry.store import intake_rules, sources
from registry.store.columns import id_of
from registry.store.intake_rules import StoredEntry
from registry.store.tables import IntakeRule

TRIED_ON = 2_000
SHOWN = 20
MOST_RULES = 200
AGAIN_AT_ONCE = 2_000


@dataclass(frozen=True)
class Trial:
    """What a rule would have done to the newest stored entries, beside the rules that hold already."""

    rule: Rule
    entries: int
    """How many it was tried on."""
    blocked: Sequence[StoredEntry]
    """Those that it alone would have kept out, newest first."""
    labelled: Sequence[StoredEntry]
    let_in: Sequence[StoredEntry]
    """Those that would no longer be kept out: another require rule widens the choice."""

    @property
    def touched(self) -> Sequence[StoredEntry]:
        return [*self.blocked, *self.labelled, *self.let_in]

    @property
    def accepted(self) -> Sequence[StoredEntry]:
        """Those it would have kept out although a reviewer let in what they speak of."""
        return [each for each in self.blocked if each.status is CandidateStatus.ACCEPTED]

    @property
    def dismissed(self) -> int:
        return sum(each.status is CandidateStatus.DISMISSED for each in self.blocked)

    @property
    def undecided(self) -> int:
        return sum(each.status in (CandidateStatus.NEW, CandidateStatus.WATCH) for each in self.blocked)


def try_rule(session: Session, rule: Rule) -> Trial:
    """What it would have done to the newest 2,000 entries of its source, or of all; nothing is stored.

    Raises NotFound for a source that is not there, InvalidInput for a rule that cannot stand or is too slow.
    """
    rule = _sound(session, rule)
    standing = intake_rules.standing(session, rule.source_id)
    found = intake_rules.newest_entries(session, source_id=rule.source_id, limit=TRIED_ON)
    finder = Finder()
    blocked, labelled, let_in = [], [], []
    for each in found:
        before = judged(standing, each, finder)
        after = judged([*standing, rule], each, finder)
        if after.blocked_by and not before.blocked_by:
            blocked.append(each)
        elif before.blocked_by and not after.blocked_by:
            let_in.append(each)
        elif not after.blocked_by and len(after.labels) > len(before.labels):
            labelled.append(each)
    if rule in finder.slow:
        raise InvalidInput(
            "This expression is too slow.",
            {"pattern": "It takes too long on stored entries. Write it without repeats inside repeats."},
        )
    return Trial(rule, len(found), blocked, labelled, let_in)


def add(session: Session, rule: Rule, *, by: Actor, now: datetime) -> IntakeRule:
    """Add it behind the others; it holds for what comes in from now on.

    Raises InvalidInput for one that cannot stand or is too slow on stored entries, RuleBroken for one that is there.
    """
    rule = try_rule(session, rule).rule
    standing = intake_rules.rows(session)
    if any(replace(intake_rules.rule_of(each), id=0) == rule for each in standing):
        raise RuleBroken("There is this very rule already.")
    if len(standing) >= MOST_RULES:
        raise RuleBroken(f"There are {MOST_RULES} rules already. Remove one first.")
    row = IntakeRule(
        source_id=rule.source_id,
        place=max((each.place for each in standing), default=0) + 1,
        act=rule.act.value,
        field=rule.field.value,
        pattern=rule.pattern,
        is_expression=rule.is_expression,
        label=rule.label,
        created_at=now,
        created_by_id=by.id,
    )
    session.add(row)
    session.flush()
    record(session, "rule.added", ("rule", row.id), by=by, now=now, after=_told(session, row))
    return row


def move(session: Session, rule_id: int, *, up: bool, by: Actor, now: datetime) -> IntakeRule:
    """Change places with the rule before it, or behind it. Raises NotFound, RuleBroken at an end."""
    row = _standing(session, rule_id)
    rows = list(intake_rules.rows(session))
    place = rows.index(row)
    other = place + (-1 if up else 1)
    if not 0 <= other < len(rows):
        raise RuleBroken("It is the first rule already." if up else "It is the last rule already.")
    rows[place], rows[other] = rows[other], rows[place]
    for number, each in enumerate(rows, 1):
        each.place = number
        session.add(each)
    record(
        session,
        "rule.moved",
        ("rule", row.id),
        by=by,
        now=now,
        before={"place": place + 1},
        after={"place": other + 1},
    )
    return row


def remove(session: Session, rule_id: int, *, by: Actor, now: datetime) -> IntakeRule:
    """End it: it holds for nothing that comes in, and what it kept out stays out until that is let in.

    Raises NotFound, RuleBroken where it was removed before.
    """
    row = _standing(session, rule_id)
    row.removed_at = now
    session.add(row)
    record(session, "rule.removed", ("rule", row.id), by=by, now=now, before=_told(session, row))
    return row


def let_in_again(session: Session, rule_id: int, *, by: Actor, now: datetime) -> int:
    """Let in the entries that a removed rule kept out, the oldest 2,000: they propose now, unless another rule blocks.

    Gives how many came in. Raises NotFound, RuleBroken where the rule still holds or keeps nothing out.
    """
    row = intake_rules.get(session, rule_id)
    if row.removed_at is None:
        raise RuleBroken("This rule still holds. Remove it first.")
    found = intake_rules.blocked_by(session, rule_id, limit=AGAIN_AT_ONCE)
    if not found:
        raise RuleBroken("This rule keeps nothing out any more.")
    for entry, _source in found:
        entry.blocked_by_id = None
        session.add(entry)
    count = 0
    for source in {id_of(source): source for _, source in found}.values():
        judge_of_source = Judge(session, id_of(source), now)
        reads = [read_again(entry, source) for entry, owner in found if owner is source]
        reads = judge_of_source.let_in(reads)
        session.flush()
        propose_all(session, reads, now=now)
        judge_of_source.label(reads)
        count += len(reads)
    after = {"entries": count, "kept_out_by_others": len(found) - count}
    record(session, "rule.let_in", ("rule", row.id), by=by, now=now, after=after)
    return count


def _sound(session: Session, rule: Rule) -> Rule:
    rule = checked(rule)
    if rule.is_expression:
        compiled(rule.pattern)
    if rule.source_id is not None:
        sources.get(session, rule.source_id)
    return replace(rule, id=0)


def _standing(session: Session, rule_id: int) -> IntakeRule:
    row = intake_rules.get(session, rule_id)
    if row.removed_at is not None:
        raise RuleBroken("This rule was removed already.")
    return row


def _told(session: Session, row: IntakeRule) -> dict[str, str]:
    return {"rule": sentence(intake_rules.rule_of(row), intake_rules.source_name(session, row))}
