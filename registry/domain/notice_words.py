"""A notice in plain words: what happened to which tool, what it was before and is now, and why."""

from collections.abc import Mapping
from datetime import date, tzinfo
from typing import Any

from registry.domain.language import gettext_noop as _
from registry.domain.language import joined, small, worded
from registry.domain.notice import NoticeKind, Told
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.validity import STATE_LABELS, ValidityState
from registry.domain.values import dataclass


@dataclass(frozen=True)
class Words:
    title: str
    """The tool and what happened."""
    sentence: str
    """The same as a whole sentence."""
    change: str
    """What it was before and what it is now; empty where nothing changed about whether it stands."""
    reason: str
    """Why, in the words of whoever did it; empty where nobody said."""


TITLES: dict[NoticeKind, str] = {
    NoticeKind.PUBLISHED: _("{outcome}"),
    NoticeKind.STARTED: _("{outcome}, in force now"),
    NoticeKind.SUPERSEDED: _("{outcome} – replaced by verdict {successor}"),
    NoticeKind.SUSPENDED: _("{outcome} – suspended"),
    NoticeKind.LIFTED: _("{outcome} – suspension lifted"),
    NoticeKind.REVOKED: _("{outcome} – withdrawn"),
    NoticeKind.ENDED: _("{outcome} – ended, days of grace"),
    NoticeKind.LAPSED: _("{outcome} – lapsed"),
    NoticeKind.SUNSET_ANNOUNCED: _("{outcome} – to be retired on {day}"),
    NoticeKind.SUNSET_CANCELLED: _("{outcome} – kept after all"),
    NoticeKind.SUNSET_REACHED: _("{outcome} – retired"),
    NoticeKind.GRADUATED: _("needs no approval any more"),
    NoticeKind.GRADUATION_CANCELLED: _("{outcome} – under approval again"),
    NoticeKind.CONDITION_MET: _("{outcome} – condition {position} met"),
    NoticeKind.CONDITION_WAIVED: _("{outcome} – condition {position} waived"),
    NoticeKind.CONDITION_OVERDUE: _("{outcome} – condition {position} not met in time"),
    NoticeKind.CONDITION_REOPENED: _("{outcome} – condition {position} open again"),
    NoticeKind.PILOT_RESULT: _("{outcome} – its result"),
}
"""What follows the tool's name."""
KIND_LABELS: dict[NoticeKind, str] = {
    NoticeKind.PUBLISHED: _("Published"),
    NoticeKind.STARTED: _("In force now"),
    NoticeKind.SUPERSEDED: _("Replaced"),
    NoticeKind.SUSPENDED: _("Suspended"),
    NoticeKind.LIFTED: _("Suspension lifted"),
    NoticeKind.REVOKED: _("Withdrawn"),
    NoticeKind.ENDED: _("Ended, days of grace"),
    NoticeKind.LAPSED: _("Lapsed"),
    NoticeKind.SUNSET_ANNOUNCED: _("To be retired"),
    NoticeKind.SUNSET_CANCELLED: _("Kept after all"),
    NoticeKind.SUNSET_REACHED: _("Retired"),
    NoticeKind.GRADUATED: _("Needs no approval any more"),
    NoticeKind.GRADUATION_CANCELLED: _("Under approval again"),
    NoticeKind.CONDITION_MET: _("Condition met"),
    NoticeKind.CONDITION_WAIVED: _("Condition waived"),
    NoticeKind.CONDITION_OVERDUE: _("Condition not met in time"),
    NoticeKind.CONDITION_REOPENED: _("Condition open again"),
    NoticeKind.PILOT_RESULT: _("Result of a pilot"),
}
"""What sort of notice it is, in a list of them."""
SENTENCES: dict[NoticeKind, str] = {
    NoticeKind.PUBLISHED: _("Verdict {number} on {tool}: {small}{from_day}{replaces}."),
    NoticeKind.STARTED: _("Verdict {number} on {tool} holds from today: {small}{replaces}."),
    NoticeKind.SUPERSEDED: _("Verdict {number} on {tool} was replaced by verdict {successor}."),
    NoticeKind.SUSPENDED: _(
        "Verdict {number} on {tool} was suspended{by}: stop using it for now{confirmed}."
    ),
    NoticeKind.LIFTED: _("The suspension of verdict {number} on {tool} was lifted{by}."),
    NoticeKind.REVOKED: _("Verdict {number} on {tool} was withdrawn{by}."),
    NoticeKind.ENDED: _(
        "Verdict {number} on {tool} ended{on_day}. Who uses it may go on for 30 days; nobody starts."
    ),
    NoticeKind.LAPSED: _("Verdict {number} on {tool} ended{on_day} and was not renewed."),
    NoticeKind.SUNSET_ANNOUNCED: _("{tool} will be retired: from {day} it may no longer be used."),
    NoticeKind.SUNSET_CANCELLED: _("{tool} will not be retired: verdict {number} goes on."),
    NoticeKind.SUNSET_REACHED: _("{tool} is retired and may no longer be used."),
    NoticeKind.GRADUATED: _("{tool} has become ordinary: it needs no approval any more."),
    NoticeKind.GRADUATION_CANCELLED: _("{tool} is under approval again: verdict {number} holds."),
    NoticeKind.CONDITION_MET: _("Condition {position} of verdict {number} on {tool} was met{on_day}."),
    NoticeKind.CONDITION_WAIVED: _("Condition {position} of verdict {number} on {tool} was waived{by}."),
    NoticeKind.CONDITION_OVERDUE: _(
        "Condition {position} of verdict {number} on {tool} was not met by {day}."
    ),
    NoticeKind.CONDITION_REOPENED: _(
        "Condition {position} of verdict {number} on {tool} is open again: it had been noted by mistake."
    ),
    NoticeKind.PILOT_RESULT: _("The pilot of {tool} (verdict {number}) was reported on: {reached}."),
}
_REACHED = {
    "yes": _("it reached what it was to show"),
    "partly": _("it reached what it was to show in part"),
    "no": _("it did not reach what it was to show"),
}

Facts = Mapping[str, Any]
"""What fills a notice's sentences, JSON-ready: days in ISO form, codes as codes; what is empty is left out."""


def words_of(told: Told, tool: str, *, zone: tzinfo) -> Words:
    """`tool` is the tool's name; nothing in these words changes later."""
    return words(told.kind, facts_of(told, tool, zone=zone), _reason(told))


def facts_of(told: Told, tool: str, *, zone: tzinfo) -> Facts:
    """All that `words` needs beside the kind and the reason: kept with a notice, it can be said in any language."""
    verdict, after = told.verdict, told.after
    before = told.before.state if told.before else after.state
    changed = before is not after.state
    missed = _missed(told)
    facts = {
        "tool": f"{tool} ({verdict.scope.edition})" if verdict.scope.edition else tool,
        "number": verdict.number,
        "outcome": verdict.outcome.value,
        "replaces": list(verdict.supersedes),
        "starts_on": after.state is ValidityState.SCHEDULED
        and verdict.starts_at.astimezone(zone).date().isoformat(),
        "successor": told.successor,
        "by": told.by,
        "day": told.day and told.day.isoformat(),
        "position": told.position,
        "confirmed_by": told.confirmed_by,
        "reached": told.pilot.details.get("reached") if told.pilot else "",
        "before": changed and before.value,
        "after": changed and after.state.value,
        "missed": missed,
        "text": missed and verdict.conditions[missed - 1].text,
    }
    return {name: value for name, value in facts.items() if value}


def words(kind: NoticeKind, facts: Facts, reason: str) -> Words:
    """To be said in the reader's language; in English as they are."""
    label = worded(MEANINGS[Outcome(facts["outcome"])].label)
    day = date.fromisoformat(facts["day"]) if "day" in facts else None
    gaps = {
        "tool": facts["tool"],
        "number": facts["number"],
        "outcome": label,
        "small": small(label),
        "replaces": _if(facts.get("replaces"), _("; it replaces verdict {numbers}"), numbers=_numbers(facts)),
        "from_day": _if(facts.get("starts_on"), _(", from {day}"), day=_day(facts.get("starts_on"))),
        "successor": facts.get("successor") or worded("a newer one"),
        "by": _if(facts.get("by"), _(" by {person}"), person=facts.get("by")),
        "day": day or worded("an unknown day"),
        "on_day": _if(day, _(" on {day}"), day=day),
        "position": facts.get("position"),
        "confirmed": _if(
            facts.get("confirmed_by"), _(". {person} has confirmed it"), person=facts.get("confirmed_by")
        ),
        "reached": worded(_REACHED.get(facts.get("reached", ""), _("see below"))),
    }
    title = worded("{tool}: {event}", tool=facts["tool"], event=worded(TITLES[kind], **gaps))
    return Words(title, worded(SENTENCES[kind], **gaps), _change(facts), _why(facts, reason))


def _if(holds: object, written: str, **values: object) -> str:
    return worded(written, **values) if holds else ""


def _day(told: str | None) -> date | None:
    return date.fromisoformat(told) if told else None


def _numbers(facts: Facts) -> str:
    return joined(worded(" and "), map(str, facts.get("replaces", ())))


def _change(facts: Facts) -> str:
    if "before" not in facts:
        return ""
    before, after = (worded(STATE_LABELS[ValidityState(facts[name])]) for name in ("before", "after"))
    return worded("Before: {before}. Now: {after}.", before=before, after=after)


def _why(facts: Facts, reason: str) -> str:
    if "missed" not in facts:
        return reason
    sentence = _("Condition {position} was due by then and was not met: {text}")
    return worded(sentence, position=facts["missed"], text=facts["text"])


def _reason(told: Told) -> str:
    if told.reason or told.kind is NoticeKind.PUBLISHED:
        return told.reason
    if told.kind is NoticeKind.SUNSET_REACHED:
        return told.after.reason
    if told.kind in (NoticeKind.CONDITION_MET, NoticeKind.CONDITION_OVERDUE):
        return _condition(told)
    return ""


def _missed(told: Told) -> int | None:
    """Number of the condition that ended the verdict, where it was one."""
    if told.reason or told.kind not in (NoticeKind.ENDED, NoticeKind.LAPSED):
        return None
    for position, each in enumerate(told.verdict.conditions, start=1):
        if each.due_on is not None and each.due_on == told.day and not each.met_on and not each.waived_reason:
            return position
    return None


def _condition(told: Told) -> str:
    if told.position is None or told.position > len(told.verdict.conditions):
        return ""
    return told.verdict.conditions[told.position - 1].text
