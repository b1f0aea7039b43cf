"""What several pages show of a verdict: its row in a list, its scope, its conditions and what befell it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from registry.domain.language import gettext_noop as _
from registry.domain.language import joined, worded
from registry.domain.lookup import House
from registry.domain.validity import STATE_LABELS, ValidityState
from registry.domain.values import dataclass
from registry.domain.verdict import decider
from registry.services.verdicts.publishing import Published
from registry.services.verdicts.shelf import Shelf
from registry.store import tables
from registry.store.dossier import Happened
from registry.store.rulings import Recorded
from registry.store.shelf import Bound, Fact
from registry.store.tables import Tool
from registry.web.links import outside_link
from registry.web.shapes import Change, ConditionItem, Event, Link, Row
from registry.web.words import small_words, words

PLAIN = frozenset({ValidityState.ACTIVE})
"""A state that needs no word beside the outcome."""
HAPPENED: Mapping[str, str] = {
    "verdict.published": _("Verdict {number}"),
    "verdict.revoked": _("Verdict {number} withdrawn"),
    "verdict.suspended": _("Verdict {number} suspended"),
    "verdict.suspension_confirmed": _("Suspension of verdict {number} confirmed"),
    "verdict.suspension_lifted": _("Suspension of verdict {number} lifted"),
    "verdict.suspension_overdue": _("Suspension of verdict {number} still unconfirmed"),
    "verdict.sunset": _("Verdict {number} to be retired"),
    "verdict.sunset_cancelled": _("Verdict {number} is kept after all"),
    "verdict.graduated": _("Verdict {number}: needs no approval any more"),
    "verdict.graduation_cancelled": _("Verdict {number} needs its approval again"),
    "verdict.pilot_result": _("What the pilot of verdict {number} came to"),
    "condition.met": _("A condition of verdict {number} was met"),
    "condition.waived": _("A condition of verdict {number} was waived"),
    "condition.reopened": _("A condition of verdict {number} is open again"),
}
CODES = {
    "verdict.revoked": "revoked",
    "verdict.suspended": "suspended",
    "verdict.graduated": "graduated",
    "verdict.sunset": "sunset_announced",
    "condition.met": "met",
    "condition.waived": "waived",
}


@dataclass(frozen=True)
class VerdictRow:
    number: int
    url: str
    tool: str
    tool_url: str
    outcome: str
    state: str
    """Code of the validity where it is worth a word, else empty."""
    category: str
    scope: str
    decided_at: datetime
    ends_on: date | None


def just_withdrawn(shelf: Shelf, told: Sequence[str]) -> list[int]:
    """The numbers that an address tells were withdrawn, as far as it is true."""
    known = (shelf.find_number(int(each)) for each in told if each.isascii() and each.isdigit())
    return sorted({each.number for each in known if each and each.state is ValidityState.REVOKED})


def as_line(fact: Fact, bound: Bound, organisation: House) -> VerdictRow:
    """The same row as `as_row`, of what a list knows of a verdict."""
    return VerdictRow(
        number=fact.number,
        url=f"/verdicts/{fact.number}",
        tool=fact.name,
        tool_url=f"/tools/{fact.slug}",
        outcome=fact.outcome.value,
        state="" if fact.state in PLAIN else fact.state.value,
        category=fact.category,
        scope=joined(", ", scope_words(bound, organisation)),
        decided_at=bound.decided_at,
        ends_on=fact.ends_on,
    )


def as_row(each: Published, organisation: House) -> VerdictRow:
    row, state = each.row, each.validity.state
    return VerdictRow(
        number=row.number,
        url=f"/verdicts/{row.number}",
        tool=each.tool.name,
        tool_url=f"/tools/{each.tool.slug}",
        outcome=row.outcome.value,
        state="" if state in PLAIN else state.value,
        category=each.tool.category,
        scope=joined(", ", scope_words(row, organisation)),
        decided_at=row.decided_at,
        ends_on=each.validity.ends_on,
    )


def scope_words(row: Recorded | tables.Verdict | Bound, organisation: House) -> list[str]:
    """What the verdict is bound to, shortest words first; nothing where it is bound to nothing."""
    return [
        part
        for part in (
            row.edition,
            worded("up to {data}", data=small_words(row.data_ceiling)) if row.data_ceiling else "",
            *(small_words(each) for each in row.accounts),
            *(small_words(each) for each in row.audience),
            *(organisation.phrases.get(code, code) for code in row.offices),
        )
        if part
    ]


def scope_rows(row: tables.Verdict | Recorded, organisation: House) -> list[Row]:
    """The whole scope, told also where it has no limit."""
    offices = [organisation.phrases.get(code, code) for code in row.offices]
    ceiling = row.data_ceiling
    up_to = worded("Up to {data}", data=small_words(ceiling)) if ceiling else None
    return [
        Row(worded("Edition"), row.edition or worded("Every edition")),
        Row(worded("Information"), up_to or worded("Any")),
        Row(worded("Accounts"), _listed(row.accounts) or worded("Any")),
        Row(worded("People"), _listed(row.audience) or worded("Everybody")),
        Row(worded("Offices"), ", ".join(offices) or worded("All")),
        *([Row(worded("Versions"), row.versions)] if row.versions else []),
        *([Row(worded("Deployment"), row.deployment)] if row.deployment else []),
    ]


def condition_items(each: Published, today: date) -> list[ConditionItem]:
    return [
        ConditionItem(
            condition.text,
            condition.duty.value if condition.duty else "user",
            condition.due_on,
            condition.state(today).value,
        )
        for condition in each.ruling.verdict.conditions
    ]


def alternative_links(row: tables.Verdict | Recorded, known: Mapping[str, Tool]) -> list[Link]:
    """Those that are tools here as links; others by name, without an address."""
    return [
        Link(known[name].name, f"/tools/{name}") if name in known else Link(name, "")
        for name in row.alternatives
    ]


def happenings(
    found: Sequence[Happened],
    verdicts: Mapping[int, tables.Verdict | Recorded],
    changed: Mapping[int, tuple[str, Sequence[Change]]] | None = None,
) -> list[Event]:
    """What befell these verdicts, newest first, as far as it is for everybody.

    `changed` holds, by a verdict's number, what it changed of the one before: a title and the changes.
    """
    return [
        _happening(event, verdicts[event.subject_id], changed or {})
        for event in reversed(found)
        if event.action in HAPPENED and event.subject_id in verdicts
    ]


def state_sentence(each: Published) -> str:
    """What has become of the verdict; empty while it simply stands."""
    state = each.validity.state
    return "" if state in PLAIN else worded(STATE_LABELS[state])


def _happening(
    event: Happened, row: tables.Verdict | Recorded, changed: Mapping[int, tuple[str, Sequence[Change]]]
) -> Event:
    after: Mapping[str, Any] = event.after
    published = event.action == "verdict.published"
    title, changes = changed.get(row.number, ("", ())) if published else ("", ())
    parts = [
        worded("Decided by {whom}.", whom=decider(row.decided_by, row.decided_for)) if published else "",
        str(after.get("text") or "") if not published else "",
        str(after.get("reason") or ""),
        worded("Shown by: {evidence}", evidence=after["evidence"]) if after.get("evidence") else "",
        worded("From {day}.", day=after["effective_on"]) if after.get("effective_on") else "",
        worded("Replaced by {replacement}.", replacement=after["replacement"])
        if after.get("replacement")
        else "",
    ]
    return Event(
        on=event.at,
        title=worded(HAPPENED[event.action], number=row.number),
        text=joined(" ", filter(None, parts)),
        url=f"/verdicts/{row.number}",
        code=row.outcome.value if published else CODES.get(event.action, ""),
        changed=title,
        changes=changes,
    )


def _listed(codes: Sequence[str]) -> str:
    return joined(", ", map(words, codes))


def quick_no_rows(row: tables.Verdict | Recorded) -> list[Row]:
    """What was answered at once, who says so and what shows it; nothing for a verdict that was scored."""
    told = row.assessment.get("quick_no")
    if told is None:
        return []
    holds = [each["name"] for each in row.assessment["knock_outs"]]
    evidence = told["evidence"]
    return [
        Row(worded("What holds"), worded(holds[0] if holds else _("An approved tool does it already"))),
        Row(worded("Who says so"), told["said_by"]),
        Row(worded("What shows it"), outside_link(evidence) or evidence),
    ]
