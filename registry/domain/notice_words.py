"""A notice in plain words: what happened to which tool, what it was before and is now, and why."""

from dataclasses import dataclass
from datetime import tzinfo

from registry.domain.language import day_text
from registry.domain.language import gettext_noop as _
from registry.domain.notice import NoticeKind, Told
from registry.domain.outcome import MEANINGS
from registry.domain.validity import STATE_LABELS, ValidityState

MOST_TITLE = 300
MOST_TEXT = 1200


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
    NoticeKind.PUBLISHED: "{outcome}",
    NoticeKind.STARTED: "{outcome}, in force now",
    NoticeKind.SUPERSEDED: "{outcome} – replaced by verdict {successor}",
    NoticeKind.SUSPENDED: "{outcome} – suspended",
    NoticeKind.LIFTED: "{outcome} – suspension lifted",
    NoticeKind.REVOKED: "{outcome} – withdrawn",
    NoticeKind.ENDED: "{outcome} – ended, days of grace",
    NoticeKind.LAPSED: "{outcome} – lapsed",
    NoticeKind.SUNSET_ANNOUNCED: "{outcome} – to be retired on {day}",
    NoticeKind.SUNSET_CANCELLED: "{outcome} – kept after all",
    NoticeKind.SUNSET_REACHED: "{outcome} – retired",
    NoticeKind.GRADUATED: "needs no approval any more",
    NoticeKind.GRADUATION_CANCELLED: "{outcome} – under approval again",
    NoticeKind.CONDITION_MET: "{outcome} – condition {position} met",
    NoticeKind.CONDITION_WAIVED: "{outcome} – condition {position} waived",
    NoticeKind.CONDITION_OVERDUE: "{outcome} – condition {position} not met in time",
    NoticeKind.CONDITION_REOPENED: "{outcome} – condition {position} open again",
    NoticeKind.PILOT_RESULT: "{outcome} – its result",
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
    NoticeKind.PUBLISHED: "Verdict {number} on {tool}: {small}{from_day}{replaces}.",
    NoticeKind.STARTED: "Verdict {number} on {tool} holds from today: {small}{replaces}.",
    NoticeKind.SUPERSEDED: "Verdict {number} on {tool} was replaced by verdict {successor}.",
    NoticeKind.SUSPENDED: "Verdict {number} on {tool} was suspended{by}: stop using it for now{confirmed}.",
    NoticeKind.LIFTED: "The suspension of verdict {number} on {tool} was lifted{by}.",
    NoticeKind.REVOKED: "Verdict {number} on {tool} was withdrawn{by}.",
    NoticeKind.ENDED: "Verdict {number} on {tool} ended{on_day}. Who uses it may go on for 30 days; nobody starts.",
    NoticeKind.LAPSED: "Verdict {number} on {tool} ended{on_day} and was not renewed.",
    NoticeKind.SUNSET_ANNOUNCED: "{tool} will be retired: from {day} it may no longer be used.",
    NoticeKind.SUNSET_CANCELLED: "{tool} will not be retired: verdict {number} goes on.",
    NoticeKind.SUNSET_REACHED: "{tool} is retired and may no longer be used.",
    NoticeKind.GRADUATED: "{tool} has become ordinary: it needs no approval any more.",
    NoticeKind.GRADUATION_CANCELLED: "{tool} is under approval again: verdict {number} holds.",
    NoticeKind.CONDITION_MET: "Condition {position} of verdict {number} on {tool} was met{on_day}.",
    NoticeKind.CONDITION_WAIVED: "Condition {position} of verdict {number} on {tool} was waived{by}.",
    NoticeKind.CONDITION_OVERDUE: "Condition {position} of verdict {number} on {tool} was not met by {day}.",
    NoticeKind.CONDITION_REOPENED: (
        "Condition {position} of verdict {number} on {tool} is open again: it had been noted by mistake."
    ),
    NoticeKind.PILOT_RESULT: "The pilot of {tool} (verdict {number}) was reported on: {reached}.",
}
_REACHED = {
    "yes": "it reached what it was to show",
    "partly": "it reached what it was to show in part",
    "no": "it did not reach what it was to show",
}


def words_of(told: Told, tool: str, *, zone: tzinfo) -> Words:
    """`tool` is the tool's name; nothing in these words changes later."""
    verdict = told.verdict
    edition = f" ({verdict.scope.edition})" if verdict.scope.edition else ""
    label = MEANINGS[verdict.outcome].label
    replaced = " and ".join(str(number) for number in verdict.supersedes)
    scheduled = told.after.state is ValidityState.SCHEDULED
    gaps = {
        "tool": f"{tool}{edition}",
        "number": str(verdict.number),
        "outcome": label,
        "small": label[0].lower() + label[1:],
        "replaces": f"; it replaces verdict {replaced}" if replaced else "",
        "from_day": f", from {day_text(verdict.starts_at.astimezone(zone).date())}" if scheduled else "",
        "successor": str(told.successor or "a newer one"),
        "by": f" by {told.by}" if told.by else "",
        "day": day_text(told.day),
        "on_day": f" on {day_text(told.day)}" if told.day else "",
        "position": str(told.position),
        "confirmed": f". {told.confirmed_by} has confirmed it" if told.confirmed_by else "",
        "reached": _REACHED.get(told.pilot.details.get("reached", ""), "see below") if told.pilot else "",
    }
    title = f"{tool}{edition}: {TITLES[told.kind].format_map(gaps)}"
    sentence = SENTENCES[told.kind].format_map(gaps)
    return Words(title[:MOST_TITLE], sentence[:MOST_TEXT], _change(told), _reason(told))


def _change(told: Told) -> str:
    if told.before is None or told.before.state is told.after.state:
        return ""
    return f"Before: {STATE_LABELS[told.before.state]}. Now: {STATE_LABELS[told.after.state]}."


def _reason(told: Told) -> str:
    if told.reason or told.kind is NoticeKind.PUBLISHED:
        return told.reason
    if told.kind is NoticeKind.SUNSET_REACHED:
        return told.after.reason
    condition = _condition(told)
    if told.kind in (NoticeKind.CONDITION_MET, NoticeKind.CONDITION_OVERDUE) and condition:
        return condition
    if told.kind in (NoticeKind.ENDED, NoticeKind.LAPSED):
        for position, each in enumerate(told.verdict.conditions, start=1):
            if (
                each.due_on is not None
                and each.due_on == told.day
                and not each.met_on
                and not each.waived_reason
            ):
                return f"Condition {position} was due by then and was not met: {each.text}"
    return ""


def _condition(told: Told) -> str:
    if told.position is None or told.position > len(told.verdict.conditions):
        return ""
    return told.verdict.conditions[told.position - 1].text
