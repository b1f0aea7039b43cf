"""What colleagues tell of a tool in use: a challenge of its verdict or an incident; both may open its case again."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import date, datetime, tzinfo

from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.identity import name_key
from registry.domain.language import day_text, worded
from registry.domain.triggers import REOPENED_IN, Cause, ReportKind
from registry.domain.validity import Ruling, ValidityState, validity
from registry.domain.values import dataclass
from registry.domain.verdict import Verdict
from registry.services.answers.meant import find_tool, not_known
from registry.services.people.acting import REGISTRY, Actor, record, refuse_long
from registry.services.verdicts.reopening import reopen
from registry.store import reports, verdicts
from registry.store.columns import id_of
from registry.store.engine import serialise
from registry.store.tables import Reopening, Report, Tool

TEXT_MOST = 2000
EARLIEST = date(1990, 1, 1)
"""An incident said to be older is a slip of the keyboard."""


@dataclass(frozen=True)
class Told:
    report: Report
    tool: Tool | None
    opened: Sequence[Reopening]
    """The causes that it added: its own, or that there were enough challenges."""
    voices: int
    """Of a challenge: how many colleagues challenged since the newest verdict, this one included."""


def report(
    session: Session,
    kind: ReportKind,
    *,
    name: str,
    text: str,
    contact: str = "",
    happened_on: date | None = None,
    place: str = "",
    unlisted: bool = False,
    enough: int,
    zone: tzinfo,
    secret: bytes,
    by: Actor,
    now: datetime,
) -> Told:
    """Keep what somebody tells of a tool, and open its case again: at once for an incident, for challenges when
    `enough` different people sent one since the newest verdict. Who has no account is told apart by their `place`;
    `unlisted` says that the tool is known not to be one of ours.

    No answer changes by it. Raises InvalidInput; a challenge is of a tool that was decided on, an incident of any,
    of a stranger where `unlisted`.
    """
    name, text = " ".join(name.split()), text.strip()
    tool = find_tool(session, name)
    standing = _rulings(session, tool, zone, now) if tool else []
    stranger = not_known(session, name) if tool is None and not unlisted else ""
    _check(kind, name, text, contact, happened_on, tool, standing, stranger, now.astimezone(zone).date())
    serialise(session, f"reports {tool.id if tool else 0}")
    newest = max((each.verdict for each in standing), key=lambda each: each.number, default=None)
    row = Report(
        kind=kind,
        tool_id=tool.id if tool else None,
        name=tool.name if tool else name,
        verdict_number=newest.number if newest else None,
        user_id=by.id,
        contact=contact.strip(),
        text=text,
        happened_on=happened_on,
        voice=_voice(secret, tool, by, place),
        at=now,
    )
    session.add(row)
    session.flush()
    record(
        session,
        f"tool.{'incident_reported' if kind is ReportKind.INCIDENT else 'challenged'}",
        ("report", row.id),
        by=by,
        now=now,
        after={"tool": tool.slug if tool else "", "name": row.name, "verdict": row.verdict_number},
    )
    if tool is None or newest is None:
        return Told(row, tool, (), 0)
    if kind is ReportKind.INCIDENT:
        when = f"on {day_text(happened_on)}" if happened_on else "lately"
        what = f"An incident {when}: {text}"
        return Told(
            row, tool, _open(session, standing, Cause.INCIDENT, what, f"report:{row.id}", zone, now), 0
        )
    count = reports.voices(session, kind, id_of(tool), since=newest.decided_at)
    opened: list[Reopening] = []
    if count >= enough:
        what = f"{count} colleagues asked for another look since verdict {newest.number}."
        opened = _open(
            session, standing, Cause.CHALLENGES, what, f"challenges:{tool.id}:{newest.number}", zone, now
        )
    return Told(row, tool, opened, count)


def _open(
    session: Session,
    standing: Sequence[Ruling],
    cause: Cause,
    text: str,
    key: str,
    zone: tzinfo,
    now: datetime,
) -> list[Reopening]:
    """One case for each edition that was decided on, each by its newest verdict."""
    newest: dict[str, Verdict] = {}
    for ruling in standing:
        state = validity(ruling, at=now, zone=zone).state
        if state in REOPENED_IN:
            edition = name_key(ruling.verdict.scope.edition)
            newest[edition] = max(
                ruling.verdict, newest.get(edition, ruling.verdict), key=lambda each: each.number
            )
    found = []
    for verdict in newest.values():
        row = verdicts.get(session, verdict.number)
        why = reopen(
            session, row, cause, text=text, key=f"{key}:{verdict.number}", zone=zone, by=REGISTRY, now=now
        )
        found += [why] if why else []
    return found


def _rulings(session: Session, tool: Tool, zone: tzinfo, now: datetime) -> list[Ruling]:
    """Of its verdicts those that count for something at present."""
    known = verdicts.rulings(session, [id_of(tool)], now=now).get(id_of(tool), [])
    gone = (ValidityState.SUPERSEDED, ValidityState.SCHEDULED)
    return [each for each in known if validity(each, at=now, zone=zone).state not in gone]


def _check(
    kind: ReportKind,
    name: str,
    text: str,
    contact: str,
    happened_on: date | None,
    tool: Tool | None,
    standing: Sequence[Ruling],
    stranger: str,
    today: date,
) -> None:
    faults = {}
    if not name_key(name):
        faults["tool"] = worded("Say which tool it is.")
    elif kind is ReportKind.CHALLENGE and tool is None:
        faults["tool"] = worded(
            "{stranger} Look it up first, or ask for it.",
            stranger=stranger or worded("We know no tool of this name."),
        )
    elif stranger:
        faults["tool"] = worded(
            "{stranger} If it is another tool, say that it is not in our list.", stranger=stranger
        )
    elif kind is ReportKind.CHALLENGE and not standing:
        faults["tool"] = worded(
            "{tool} was not decided on yet, so there is nothing to challenge. Ask for a review.", tool=name
        )
    if not text:
        incident = kind is ReportKind.INCIDENT
        faults["text"] = (
            worded("Say what happened.") if incident else worded("Say what changed, or what we got wrong.")
        )
    if happened_on is not None and happened_on > today:
        faults["happened_on"] = worded("Choose today or an earlier day.")
    elif happened_on is not None and happened_on < EARLIEST:
        faults["happened_on"] = worded("Choose {day} or a later day, or leave it empty.", day=EARLIEST)
    if faults:
        raise InvalidInput(worded("Nothing was sent. Complete what is marked."), faults)
    refuse_long(worded("Nothing was sent."), tool=(name, 120), text=(text, TEXT_MOST), contact=(contact, 200))


def _voice(secret: bytes, tool: Tool | None, by: Actor, place: str) -> str:
    who = f"person {by.id}" if by.id is not None else f"place {place}"
    return hmac.new(secret, f"report:{tool.id if tool else 0}:{who}".encode(), hashlib.sha256).hexdigest()
