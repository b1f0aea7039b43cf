"""What the pages of rubrics and decision tables show, built whole from the store."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session

from registry.domain.comparison import CellChange, Difference
from registry.domain.decision_table import DecisionTable, FitBand, Mitigation, RiskBand
from registry.domain.rubric import Rubric
from registry.domain.values import dataclass
from registry.services.people.acting import Actor
from registry.services.rubrics import rubric_files, rubrics
from registry.services.rubrics.comparing import NEWEST, Comparison, Reweighed, Reweighing, compare
from registry.services.rubrics.rubric_files import Fault
from registry.settings import Settings
from registry.store import events, tables
from registry.store import rubrics as store
from registry.store.rubrics import Uses
from registry.store.tables import InForce, Role, RubricFile
from registry.web.shapes import Event, Form, Link, Option, Row

SHOWN = 100
"""So many changed verdicts are listed; the API gives all."""
STATES = {"in_force": "active", "waits": "new", "was": "superseded"}


@dataclass(frozen=True)
class FileLine:
    number: int
    title: str
    state: str
    """Code of a badge, and its word."""
    state_words: str
    since: datetime
    """Since when it is in force, else when it was stored."""
    uses: Uses
    verdicts_url: str


@dataclass(frozen=True)
class RubricsPage:
    files: Sequence[FileLine]
    waiting: Sequence[FileLine]
    """Those that were never in force and are newer than what is."""
    faults: Sequence[Fault]
    fresh: Sequence[str]
    """Names of files in the folder that are not stored yet."""
    history: Sequence[Event]
    keeps: bool
    form: Form


@dataclass(frozen=True)
class TableRow:
    number: int
    risk: str
    fit: str
    mitigation: str
    outcome: str
    note: str
    presets: Sequence[str] = ()


@dataclass(frozen=True)
class ChangedCase:
    number: int
    tool: str
    evaluation_id: int
    decided_at: datetime
    before: str
    after: str
    causes: Sequence[str]


@dataclass(frozen=True)
class Effects:
    """What a change would do to verdicts that were given before, in words and one by one."""

    summary: str
    """How many recommendations change of how many."""
    notes: Sequence[str]
    cases: Sequence[ChangedCase]
    unasked: Sequence[ChangedCase]
    """Those that change for nothing but questions that nobody was asked then."""
    more: int
    """How many changes are not among those two."""


@dataclass(frozen=True)
class Compared:
    title: str
    """Of the other file."""
    url: str
    differences: Sequence[Difference]
    cells: Sequence[CellChange]
    effects: Effects


@dataclass(frozen=True)
class RubricPage:
    line: FileLine
    facts: Sequence[Row]
    rubric: Rubric | None
    rows: Sequence[TableRow]
    """Of a decision table."""
    compared: Compared | None
    others: Sequence[Option]
    against: str
    keeps: bool
    version: int
    """Of what is in force, for the button that switches this one on."""
    lacking: Sequence[str]
    """Offices that have no outcomes for this decision table yet."""
    refused: str = ""
    before: Link | None = None
    """What was in force until this one was switched on just now."""


def list_page(
    session: Session,
    settings: Settings,
    user: Actor,
    *,
    text: str = "",
    faults: Mapping[str, str] | None = None,
) -> RubricsPage:
    found = rubric_files.look(session, settings.rubrics_dir)
    lines = _lines(session)
    return RubricsPage(
        files=lines,
        waiting=[each for each in lines if each.state == STATES["waits"]],
        faults=found.faults,
        fresh=[name for name, _ in found.fresh],
        history=[_event(each) for each in events.newest(session, subject_kind="rubric", limit=20)],
        keeps=keeps(user),
        form=Form({"text": text}, faults or {}),
    )


def show_page(
    session: Session,
    number: int,
    user: Actor,
    *,
    against: int = 0,
    refused: str = "",
    before: int = 0,
    now: datetime,
) -> RubricPage:
    """Compared with `against`, or with what is in force; what is in force alone is compared with nothing unasked."""
    file = store.get_numbered(session, number)
    lines = {each.number: each for each in _lines(session)}
    standing = store.switches(session)[file.kind]
    other = other_file(session, file, standing, against)
    rubric = rubrics.as_rubric(file) if file.kind == "rubric" else None
    table = rubrics.as_table(file) if rubric is None else None
    same_kind = [each for each in store.all_files(session) if each.kind == file.kind and each != file]
    line = lines[number]
    return RubricPage(
        line=line,
        facts=_facts(file, line, rubric),
        rubric=rubric,
        rows=table_rows(table) if table else (),
        compared=_compared(compare(session, other, file, now=now)) if other is not None else None,
        others=[Option(str(each.number), rubrics.title_of(each)) for each in same_kind],
        against=str(other.number) if other else "",
        keeps=keeps(user),
        version=standing.version,
        lacking=rubrics.unprepared(session, file),
        refused=refused,
        before=next(
            (
                Link(each.title, f"/rubrics/{each.number}")
                for each in lines.values()
                if each.number == before != number and line.state == STATES["in_force"]
            ),
            None,
        ),
    )


def other_file(session: Session, file: RubricFile, standing: InForce, against: int) -> RubricFile | None:
    """What to compare with: the file asked for, else the one in force; None where that is this very one."""
    if against:
        return store.get_numbered(session, against)
    return None if standing.content_hash == file.content_hash else store.get(session, standing.content_hash)


def keeps(user: Actor) -> bool:
    return Role.ADMIN in user.roles and user.scopes is None


def table_rows(table: DecisionTable) -> list[TableRow]:
    return [
        TableRow(
            row.number,
            _named(row.risks, RiskBand),
            _named(row.fits, FitBand),
            _named(row.mitigations, Mitigation),
            row.outcome.value,
            row.note,
            row.preset_conditions,
        )
        for row in table.rows
    ]


def effects(found: Reweighing) -> Effects:
    changed = found.changed
    stricter = sum(each.effect.stricter for each in changed)
    many = len(found.cases)
    if not many:
        summary = "No verdict has come out of an evaluation yet, so nothing can be compared."
    elif not changed:
        summary = f"Not one of {_counted(many, 'past recommendation')} would change."
    else:
        summary = (
            f"{len(changed)} of {_counted(many, 'past recommendation')} would change: "
            f"{stricter} to something stricter, {len(changed) - stricter} to something milder."
        )
    notes = []
    if found.unanswered:
        notes.append(
            f"Nobody was asked {', '.join(found.unanswered)} then, so each counts as unknown here. "
            + (
                f"{found.only_unanswered} of the changes come from that alone: with the best answers to the new "
                "questions they would stay as they are."
                if found.only_unanswered
                else "None of the changes comes from that alone."
            )
        )
    if found.verdicts > many == NEWEST:
        notes.append(f"The newest {NEWEST:,} of {found.verdicts:,} verdicts are compared.")
    shown = changed[:SHOWN]
    return Effects(
        summary,
        notes,
        [_case(each) for each in shown if not each.effect.only_unanswered],
        [_case(each) for each in shown if each.effect.only_unanswered],
        len(changed) - len(shown),
    )


def _case(each: Reweighed) -> ChangedCase:
    return ChangedCase(
        each.judged.number,
        each.judged.tool,
        each.judged.evaluation_id,
        each.judged.decided_at,
        each.effect.before.outcome.value,
        each.effect.after.outcome.value,
        each.effect.causes,
    )


def _compared(found: Comparison) -> Compared:
    return Compared(
        title=rubrics.title_of(found.before),
        url=f"/rubrics/{found.before.number}",
        differences=found.differences,
        cells=found.cells,
        effects=effects(found.reweighing),
    )


def _lines(session: Session) -> list[FileLine]:
    """Every stored file, in a fixed number of queries."""
    standing = {each.content_hash: each for each in store.switches(session).values()}
    switched = {
        each.subject_id
        for each in events.newest(session, action="rubric.switched_on", subject_kind="rubric", limit=1000)
    }
    uses = store.uses(session)
    return [
        _line(file, standing.get(file.content_hash), file.number in switched, uses.get(file.content_hash))
        for file in store.all_files(session)
    ]


def _line(file: RubricFile, standing: InForce | None, was: bool, uses: Uses | None) -> FileLine:
    uses = uses or Uses()
    if standing is not None:
        state, told = "in_force", "In force"
    elif was or uses.closed or uses.running:
        state, told = "was", "Not in force any more"
    else:
        state, told = "waits", "Not switched on"
    return FileLine(
        number=file.number,
        title=rubrics.title_of(file),
        state=STATES[state],
        state_words=told,
        since=standing.since if standing else file.loaded_at,
        uses=uses,
        verdicts_url=f"/verdicts?rubric={file.name}-{file.version}" if file.kind == "rubric" else "",
    )


def _facts(file: RubricFile, line: FileLine, rubric: Rubric | None) -> list[Row]:
    asks = (
        [
            Row(
                "Asks",
                f"{len(rubric.risks)} risks, {len(rubric.fits)} questions of fit and "
                f"{len(rubric.knock_outs)} knock-outs",
            )
        ]
        if rubric
        else []
    )
    return [
        Row("Name and version", f"{file.name}, version {file.version}"),
        *asks,
        Row(
            "Used by",
            f"{_counted(line.uses.running, 'evaluation')} under way, {line.uses.closed:,} finished",
        ),
        Row("Fingerprint", file.content_hash[:12]),
    ]


def _event(event: tables.Event) -> Event:
    kind = rubrics.KIND_WORDS.get(str(event.after.get("kind")), "file")
    named = f"{kind} “{event.after.get('name')}”, version {event.after.get('version')}"
    stored = event.action == "rubric.stored"
    came = f"From {event.after.get('from')}. " if stored else ""
    return Event(
        on=event.at,
        title=f"{named[0].upper()}{named[1:]} {'was stored' if stored else 'was switched on'}",
        text=f"{came}By {event.actor}.",
        url=f"/rubrics/{event.subject_id}",
    )


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _named(chosen: Collection[StrEnum], every: type[StrEnum]) -> str:
    if len(chosen) == len(every):
        return "any"
    return " or ".join(each.value for each in every if each in chosen)
