"""A registry in which everything that came from outside, or was typed, is a payload: what no check let by is stored."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.browser.payloads import LINKS, TEXTS

_TEXT_FIELDS = """
source.name source.note source.error source."group"
entry.title entry.summary entry.author entry.tags
candidate.name candidate.tagline candidate.category candidate.note candidate_label.label
tool.name tool.vendor tool.category tool.description tool.guidance alias.text
request.purpose request.contact request.needed_by
report.name report.text report.contact
user.name office.name office.default_rule
evaluation.intended_use evaluation.waiting_for evaluation.withdrawn_reason evaluation.tier_reason
interest.statement vendor_contact.note moderation.reason remark.text remark.evidence
scorecard.reason scorecard_rating.sentence scorecard_rating.evidence scorecard_knock_out.sentence
proposed_condition.text verdict_condition.text verdict_condition.evidence verdict_condition.waived_reason
verdict.rationale verdict.citation verdict.decided_by verdict.reference verdict.internal_note verdict.notes
verdict.step_reason verdict.pilot
notice.title notice.sentence notice.change notice.reason notice."by" notice.tool_name notice.category
notice.replacement reopening.text outside_verdict.tool_name outside_verdict.said
library_wording.text library_condition.retired_reason reference_case.title reference_case.description
reference_case.intended_use reference_case.evidence intake_rule.pattern intake_rule.label
saved_filter.name webhook.note webhook.disabled_why delivery.reply unanswered.query api_token.name
event.actor event.before event.after triage_act.actor triage_act.told user_session.device user_session.place
"""
_LINK_FIELDS = "entry.link candidate.homepage tool.homepage reopening.link webhook.url source.former_url"
TEXT_FIELDS, LINK_FIELDS = tuple(_TEXT_FIELDS.split()), tuple(_LINK_FIELDS.split())


def poison(file: Path) -> int:
    """Puts every payload into every field that has a row; gives the number of fields."""
    fields = 0
    with sqlite3.connect(file) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("PRAGMA ignore_check_constraints = ON")
        for payloads, names in ((TEXTS, TEXT_FIELDS), (LINKS, LINK_FIELDS)):
            for name in names:
                fields += _fill(database, *name.split("."), payloads)
    return fields


def _fill(database: sqlite3.Connection, table: str, column: str, payloads: tuple[str, ...]) -> bool:
    rows = database.execute(
        f"SELECT rowid, {column} FROM \"{table}\" WHERE {column} IS NOT NULL AND {column} <> '' ORDER BY rowid"
    ).fetchall()
    if not rows:
        return False
    each_has = 1 if payloads is LINKS else -(-len(payloads) // len(rows))
    for place, (row, before) in enumerate(rows):
        given = [payloads[(place * each_has + more) % len(payloads)] for more in range(each_has)]
        after = _within(before, lambda given=given: "\n".join(given))  # type: ignore[misc]
        database.execute(f'UPDATE OR IGNORE "{table}" SET {column} = ? WHERE rowid = ?', (after, row))
    return True


def _within(before: str, payload: Callable[[], str]) -> str:
    """The payload itself, or where JSON is kept the same with each text of several words replaced."""
    if not before.startswith(("{", "[")):
        return payload()
    return json.dumps(_replaced(json.loads(before), payload()))


def _replaced(value: Any, payload: str) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(each, payload) for key, each in value.items()}
    if isinstance(value, list):
        return [_replaced(each, payload) for each in value]
    return payload if isinstance(value, str) and " " in value else value
