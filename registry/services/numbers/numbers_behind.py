"""The lists behind the numbers: each holds exactly what its number counts, in words and with where to go on."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Any
from urllib.parse import quote_plus

from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotFound
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.spans import STAGES, DecidedCase, Stage, days
from registry.domain.validity import STATE_LABELS, ValidityState
from registry.domain.values import dataclass
from registry.services.numbers import numbers
from registry.services.numbers.numbers import BANDS, HIDDEN, IN_FORCE, YEAR, Standing, Wanted
from registry.store import numbers as store
from registry.store import tools, verdicts

MOST = 500
"""More candidates than this are not listed; the inbox has them all."""


@dataclass(frozen=True)
class Cell:
    said: str
    url: str = ""
    value: Any = None
    """As a program wants it; None where the words are all there is."""


@dataclass(frozen=True)
class Sheet:
    """`columns` are (key, label, whether it is a number)."""

    title: str
    definition: str
    columns: Sequence[tuple[str, str, bool]]
    rows: Sequence[Mapping[str, Cell]]
    total: int
    """How many there are; more than `rows` where the list is cut."""


@dataclass(frozen=True)
class Asked:
    """What a list is asked for; `wanted` narrows the lists of decided cases."""

    wanted: Wanted
    group: str = ""
    stage: str = ""
    outcome: str = ""
    what: str = ""
    band: int | None = None
    source: int | None = None


Rows = Sequence[Mapping[str, Cell]]


def behind(session: Session, code: str, asked: Asked, *, zone: tzinfo, now: datetime) -> Sheet:
    """The list behind a number, by the code in its address. Raises NotFound for a code without a list."""
    make = LISTS.get(code)
    if make is None:
        raise NotFound("There is no such list. See the numbers.")
    return make(session, asked, zone, now)


def _times(session: Session, asked: Asked, zone: tzinfo, now: datetime) -> Sheet:
    stage = Stage(asked.stage) if asked.stage in tuple(Stage) else None
    cases = numbers.chosen(session, asked.wanted, zone=zone, now=now, group=asked.group)
    if stage is not None:
        cases = [case for case in cases if days(case, stage) is not None]
    ranked = sorted(cases, key=lambda case: -(days(case, stage or Stage.REVIEW) or 0))
    columns = [("verdict", "Verdict", False), ("tool", "Tool", False), ("outcome", "Outcome", False)]
    columns += [
        ("tier", "Tier", True),
        *((each.value, f"{STAGES[each].label}, days", True) for each in Stage),
    ]
    title = f"{STAGES[stage].label}: the verdicts behind it" if stage else "The verdicts behind the times"
    definition = f"{STAGES[stage].definition} The slowest first." if stage else "The slowest first."
    return Sheet(title, definition, columns, [_case(case) for case in ranked], len(ranked))


def _overrides(session: Session, asked: Asked, zone: tzinfo, now: datetime) -> Sheet:
    cases = [
        case
        for case in numbers.chosen(session, asked.wanted, zone=zone, now=now, group=asked.group)
        if case.overridden and (asked.what != "milder" or case.milder)
    ]
    reasons = {row.number: row.step_reason for row in verdicts.by_numbers(session, [c.number for c in cases])}
    columns = [("verdict", "Verdict", False), ("tool", "Tool", False), ("recommended", "Recommended", False)]
    columns += [("outcome", "Decided", False), ("way", "Which way", False), ("reason", "Why", False)]
    rows = [
        {
            **_case(case),
            "recommended": _outcome(case.recommended),
            "way": Cell("Milder" if case.milder else "Stricter"),
            "reason": Cell(reasons.get(case.number, "")),
        }
        for case in reversed(cases)
    ]
    return Sheet(
        "Decided otherwise than recommended",
        "The newest first, with the reason given.",
        columns,
        rows,
        len(rows),
    )


def _standing(
    title: str, definition: str, fits: Callable[[Standing, Asked, date], bool]
) -> Callable[[Session, Asked, tzinfo, datetime], Sheet]:
    def make(session: Session, asked: Asked, zone: tzinfo, now: datetime) -> Sheet:
        today = now.astimezone(zone).date()
        found = [
            each for each in numbers.standing_of_each(session, zone=zone, now=now) if fits(each, asked, today)
        ]
        rows = {
            row.number: row.tool_id for row in verdicts.by_numbers(session, [each.number for each in found])
        }
        named = tools.by_ids(session, set(rows.values()))
        columns = [("verdict", "Verdict", False), ("tool", "Tool", False), ("outcome", "Outcome", False)]
        columns += [("state", "Where it stands", False), ("ends_on", "Last day", False)]
        told = [
            {
                "verdict": _verdict(each.number),
                "tool": Cell(named[rows[each.number]].name, f"/tools/{named[rows[each.number]].slug}"),
                "outcome": _outcome(each.outcome),
                "state": Cell(STATE_LABELS[each.state], value=each.state.value),
                "ends_on": Cell(each.ends_on.isoformat() if each.ends_on else "–", value=each.ends_on),
            }
            for each in sorted(found, key=lambda each: (each.ends_on or date.max, each.number))
        ]
        return Sheet(title, definition, columns, told, len(told))

    return make


def _backlog(session: Session, asked: Asked, zone: tzinfo, now: datetime) -> Sheet:
    if asked.band is not None and not 0 <= asked.band < len(BANDS):
        raise InvalidInput("There is no such age.", {"band": f"0 to {len(BANDS) - 1}"})
    moments = numbers.band_moments(now)
    older = moments[asked.band - 1] if asked.band else None
    younger = moments[asked.band] if asked.band is not None and asked.band < len(moments) else None
    age = f", {BANDS[asked.band][1]}" if asked.band is not None else ""
    if asked.what != "evaluations":
        counts = store.aged(session, "candidates", moments)
        total = counts[asked.band] if asked.band is not None else sum(counts)
        rows: Rows = [
            {
                "name": Cell(name, f"/inbox/{candidate_id}"),
                "seen_at": _day(seen, zone),
                "age": _age(seen, now),
            }
            for candidate_id, name, seen in store.open_candidates(
                session, older=older, younger=younger, limit=MOST
            )
        ]
        columns = [("name", "Candidate", False), ("seen_at", "First seen", False), ("age", "Days", True)]
        return Sheet(
            f"Candidates that wait{age}", "New ones in the inbox, the oldest first.", columns, rows, total
        )
    rows = _evaluations(store.open_evaluations(session, older=older, younger=younger, limit=MOST), zone, now)
    title, definition = f"Evaluations at work{age}", "Opened and not closed, by age since they were opened."
    return Sheet(title, definition, EVALUATION, rows, len(rows))


EVALUATION = [
    *(("name", "Evaluation", False), ("tier", "Tier", True), ("owner", "Owner", False)),
    *(("opened_at", "Opened", False), ("due_on", "Aimed at", False), ("age", "Days", True)),
]


def _overdue(session: Session, _asked: Asked, zone: tzinfo, now: datetime) -> Sheet:
    today = now.astimezone(zone).date()
    rows = _evaluations(store.open_evaluations(session, due_before=today, limit=MOST), zone, now)
    definition = "At work, and past the day that their tier aims at. The longest overdue first."
    return Sheet("Overdue evaluations", definition, EVALUATION, rows, store.overdue(session, today))


def _evaluations(found: Sequence[tuple[Any, ...]], zone: tzinfo, now: datetime) -> Rows:
    return [
        {
            "name": Cell(f"{tool} ({edition})" if edition else tool, f"/evaluations/{evaluation_id}"),
            "tier": Cell(str(tier), value=tier),
            "owner": Cell(owner),
            "opened_at": _day(opened, zone),
            "due_on": Cell(due_on.isoformat(), value=due_on),
            "age": _age(opened, now),
        }
        for evaluation_id, tool, edition, tier, owner, opened, due_on in found
    ]


def _yield(session: Session, asked: Asked, zone: tzinfo, now: datetime) -> Sheet:
    since = now - YEAR
    lines = {row[0]: row for row in store.source_yields(session, since=since)}
    if asked.source not in lines:
        raise NotFound("That source brought nothing in the last year, or is not there.")
    _, name, candidates, accepted = lines[asked.source]
    only = asked.what == "accepted"
    rows = [
        {
            "name": Cell(candidate, f"/inbox/{candidate_id}"),
            "status": Cell(str(status).capitalize(), value=str(status)),
            "seen_at": _day(seen, zone),
        }
        for candidate_id, candidate, status, seen in store.from_source(
            session, asked.source or 0, since=since, accepted=only, limit=MOST
        )
    ]
    columns = [
        ("name", "Candidate", False),
        ("status", "Became of it", False),
        ("seen_at", "First seen", False),
    ]
    title = f"Accepted out of {name}" if only else f"Candidates out of {name}"
    definition = "What its entries of the last year speak of, the newest first."
    return Sheet(title, definition, columns, rows, accepted if only else candidates)


def _unanswered(session: Session, _asked: Asked, zone: tzinfo, _now: datetime) -> Sheet:
    rows = [
        {
            "query": Cell(query, f"/check?q={quote_plus(query)}"),
            "times": Cell(str(times), value=times),
            "last_at": _day(last, zone),
        }
        for query, times, last in store.unanswered(session, limit=MOST)
    ]
    columns = [("query", "Looked up", False), ("times", "Times", True), ("last_at", "Last", False)]
    definition = "Counted without who asked. A tool that is let in is answered from then on."
    return Sheet("Look-ups that nobody could answer", definition, columns, rows, len(rows))


LISTS: Mapping[str, Callable[[Session, Asked, tzinfo, datetime], Sheet]] = {
    "times": _times,
    "overrides": _overrides,
    "due-soon": _standing(
        "Verdicts that end soon",
        "They stand, and their last day is within the next 90 days.",
        lambda each, _asked, today: numbers.is_due_soon(each.state, each.ends_on, today),
    ),
    "lapsed": _standing(
        "Lapsed approvals",
        "Their last day and the days of grace are over, and nobody renewed them.",
        lambda each, _asked, _today: each.state is ValidityState.LAPSED,
    ),
    "permitted": _standing(
        "Approvals, in force or lapsed",
        "What colleagues may take for approved: in force, in grace, paused, or lapsed.",
        lambda each, _asked, _today: (
            MEANINGS[each.outcome].may_use and (each.state in IN_FORCE or each.state is ValidityState.LAPSED)
        ),
    ),
    "mix": _standing(
        "Verdicts by outcome",
        "Not those that were replaced, withdrawn, or have not begun.",
        lambda each, asked, _today: each.state not in HIDDEN and asked.outcome in ("", each.outcome.value),
    ),
    "backlog": _backlog,
    "overdue": _overdue,
    "yield": _yield,
    "unanswered": _unanswered,
}


def _case(case: DecidedCase) -> dict[str, Cell]:
    told = {stage: days(case, stage) for stage in Stage}
    return {
        "verdict": _verdict(case.number),
        "tool": Cell(case.tool, f"/tools/{case.slug}"),
        "outcome": _outcome(case.outcome),
        "tier": Cell(str(case.tier), value=case.tier),
        **{
            stage.value: Cell(
                "–" if took is None else f"{took:.1f}", value=None if took is None else round(took, 2)
            )
            for stage, took in told.items()
        },
    }


def _verdict(number: int) -> Cell:
    return Cell(str(number), f"/verdicts/{number}", number)


def _outcome(outcome: Outcome | None) -> Cell:
    return Cell(MEANINGS[outcome].label, value=outcome.value) if outcome else Cell("–")


def _day(moment: datetime, zone: tzinfo) -> Cell:
    return Cell(moment.astimezone(zone).date().isoformat(), value=moment)


def _age(moment: datetime, now: datetime) -> Cell:
    old = (now - moment) // timedelta(days=1)
    return Cell(str(old), value=old)
