"""What befalls a verdict after its publication: marks such as revoked or suspended, on one verdict or on several."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from uuid import uuid4

from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotAllowed, NotFound, RegistryError, RuleBroken, StaleVersion
from registry.domain.validity import Mark, MarkKind, Ruling, check_mark
from registry.domain.values import dataclass
from registry.services.answers.meant import find_tool, not_known
from registry.services.people.acting import Actor, record, refuse_long
from registry.services.people.reach import DECIDERS, require_reach
from registry.services.verdicts.announcing import announce
from registry.store import tables, verdicts
from registry.store.columns import id_of
from registry.store.engine import serialise
from registry.store.tables import Role

SUSPENDERS = frozenset({Role.APPROVER, Role.ADMIN})
SUSPENDING = frozenset({MarkKind.SUSPENDED, MarkKind.SUSPENSION_CONFIRMED, MarkKind.SUSPENSION_LIFTED})
MOST_TOGETHER = 200
REACHED = ("yes", "partly", "no")


@dataclass(frozen=True)
class Withdrawal:
    """One verdict of several that are to be withdrawn together."""

    number: int
    row: tables.Verdict | None
    ruling: Ruling | None
    refused: str
    """Why it cannot be; empty where it can."""


def mark(
    session: Session,
    number: int,
    kind: MarkKind,
    *,
    reason: str,
    replacement: str = "",
    effective_on: date | None = None,
    details: Mapping[str, str] | None = None,
    seen: int | None = None,
    zone: tzinfo,
    by: Actor,
    now: datetime,
) -> tables.Verdict:
    """Let something befall a verdict; it is seen at once everywhere.

    Raises RuleBroken where it cannot, now, and NotFound until it has gone out. An admin may suspend, confirm and lift;
    everything else is an approver's. `seen` is the number of the newest event about the verdict that was read:
    StaleVersion where something befell it since.
    """
    _refuse_who_may_not(kind, by)
    refuse_long("Nothing was done.", reason=(reason, 1000), replacement=(replacement, 200))
    serialise(session, "verdict")
    row = verdicts.get_published(session, number, now=now)
    own = SUSPENDERS if kind in SUSPENDING else DECIDERS
    right = require_reach(session, by, row.offices, now=now, own=own)
    check_seen(session, [row], {} if seen is None else {number: seen})
    instead = replacement_of(session, replacement, row.tool_id)
    befallen = Mark(
        kind, now, by.name, reason.strip(), instead, effective_on, _told(kind, details), by.id, right.for_id
    )
    check_mark(verdicts.as_rulings(session, [row], now=now)[0], befallen, now, zone)
    _check_result(kind, befallen.details)
    _befall(session, row, befallen, by, now)
    announce(session, [id_of(row)], zone=zone, now=now)
    return row


def check_seen(session: Session, rows: Sequence[tables.Verdict], seen: Mapping[int, int]) -> None:
    """Raise StaleVersion, naming those about which more is on record than was `seen` (number to newest event)."""
    asked = [row for row in rows if row.number in seen]
    newest = verdicts.newest_events(session, [id_of(row) for row in asked])
    stale = sorted(row.number for row in asked if newest.get(id_of(row), 0) != seen[row.number])
    if stale:
        told = ", ".join(str(number) for number in stale)
        raise StaleVersion(
            f"Something happened to verdict {told} since you read it. Nothing was done; look at it again."
        )


def withdrawable(
    session: Session, numbers: Sequence[int], *, replacement: str = "", zone: tzinfo, by: Actor, now: datetime
) -> list[Withdrawal]:
    """Each of the numbers, once and in order, with why it cannot be withdrawn; no fault hides another.

    Raises InvalidInput for too many of them, and for a replacement that is no tool of ours.
    """
    wanted = list(dict.fromkeys(numbers))
    if len(wanted) > MOST_TOGETHER:
        raise InvalidInput(
            "Nothing was withdrawn.",
            {"numbers": f"At most {MOST_TOGETHER} at once; these are {len(wanted)}."},
        )
    replacement_of(session, replacement, None)
    rows = verdicts.published_by_numbers(session, wanted, now=now)
    rulings = {
        each.verdict.number: each for each in verdicts.as_rulings(session, list(rows.values()), now=now)
    }
    tried = Mark(MarkKind.REVOKED, now, by.name, "to see whether it can be", by_id=by.id)
    found = []
    for number in wanted:
        refused = ""
        try:
            if number not in rows:
                raise NotFound(f"There is no verdict number {number}.")
            require_reach(session, by, rows[number].offices, now=now)
            check_mark(rulings[number], tried, now, zone)
            replacement_of(session, replacement, rows[number].tool_id)
        except RegistryError as error:
            refused = error.sentence
        found.append(Withdrawal(number, rows.get(number), rulings.get(number), refused))
    return found


def withdraw_together(
    session: Session,
    seen: Mapping[int, int],
    *,
    reason: str,
    replacement: str = "",
    zone: tzinfo,
    by: Actor,
    now: datetime,
) -> list[tables.Verdict]:
    """Revoke several verdicts with one reason and one replacement, all of them or none, one event each.

    `seen` maps each number to its newest event that was read. The events name each other under `together`. Raises
    RuleBroken naming each verdict that cannot be revoked and why, StaleVersion naming those that changed meanwhile.
    """
    _refuse_who_may_not(MarkKind.REVOKED, by)
    faults = {}
    if not seen:
        faults["numbers"] = "Choose at least one verdict."
    if not reason.strip():
        faults["reason"] = "Write why they are withdrawn."
    if faults:
        raise InvalidInput("Nothing was withdrawn.", faults)
    refuse_long("Nothing was withdrawn.", reason=(reason, 1000), replacement=(replacement, 200))
    replacement_of(session, replacement, None)
    serialise(session, "verdict")
    found = withdrawable(session, list(seen), replacement=replacement, zone=zone, by=by, now=now)
    refused = [each.refused for each in found if each.refused]
    if refused:
        raise RuleBroken("Nothing was withdrawn. " + " ".join(refused))
    rows = [each.row for each in found if each.row is not None]
    check_seen(session, rows, seen)
    together = str(uuid4())
    for row in rows:
        instead = replacement_of(session, replacement, row.tool_id)
        right = require_reach(session, by, row.offices, now=now)
        befallen = Mark(
            MarkKind.REVOKED, now, by.name, reason.strip(), instead, by_id=by.id, for_id=right.for_id
        )
        _befall(session, row, befallen, by, now, together)
    announce(session, [id_of(row) for row in rows], zone=zone, now=now)
    return rows


def replacement_of(session: Session, typed: str, tool_id: int | None) -> str:
    """The slug of the tool that is meant, or nothing. Raises InvalidInput for a stranger and for the tool itself."""
    words = " ".join(typed.split())
    if not words:
        return ""
    tool = find_tool(session, words)
    if tool is None:
        sentence = f"{not_known(session, words)} Name a tool that is listed here, or leave it empty."
        raise InvalidInput(sentence, {"replacement": sentence})
    if tool.id == tool_id:
        sentence = f"{tool.name} cannot be used instead of itself. Name another tool, or leave it empty."
        raise InvalidInput(sentence, {"replacement": sentence})
    return tool.slug


def _refuse_who_may_not(kind: MarkKind, by: Actor) -> None:
    if not by.roles & (SUSPENDERS if kind in SUSPENDING else DECIDERS):
        raise NotAllowed("Only an approver can do this to a verdict. Ask one of them.")


def _told(kind: MarkKind, given: Mapping[str, str] | None) -> dict[str, str]:
    """What a pilot's result says beside its note; nothing of any other mark."""
    if kind is not MarkKind.PILOT_RESULT:
        return {}
    return {name: (given or {}).get(name, "").strip() for name in ("reached", "measure", "exit_rule")}


def _check_result(kind: MarkKind, told: Mapping[str, str]) -> None:
    if kind is not MarkKind.PILOT_RESULT:
        return
    faults = {}
    if told["reached"] not in REACHED:
        faults["reached"] = "Say whether the pilot reached what it was to show: yes, partly or no."
    if not told["measure"]:
        faults["measure"] = "Say what was found by its measure."
    if not told["exit_rule"]:
        faults["exit_rule"] = "Say what came of its exit rule."
    if faults:
        raise InvalidInput("The result was not kept.", faults)
    refuse_long(
        "The result was not kept.", measure=(told["measure"], 1000), exit_rule=(told["exit_rule"], 1000)
    )


def _befall(
    session: Session, row: tables.Verdict, befallen: Mark, by: Actor, now: datetime, together: str = ""
) -> None:
    record(
        session,
        f"verdict.{befallen.kind.value}",
        ("verdict", row.id),
        by=by,
        now=now,
        after={
            "number": row.number,
            "reason": befallen.reason,
            "replacement": befallen.replacement,
            "effective_on": befallen.effective_on and befallen.effective_on.isoformat(),
            **({"details": dict(befallen.details)} if befallen.details else {}),
            **({"together": together} if together else {}),
            **({} if befallen.for_id is None else {"for": befallen.for_id}),
        },
    )
