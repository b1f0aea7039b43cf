"""What the pages of offices show, built whole from the store."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from registry.domain.comparison import Detail
from registry.domain.decision_table import DecisionTable
from registry.domain.errors import InvalidInput
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.values import dataclass
from registry.services.people import offices as acts
from registry.services.people.acting import Actor
from registry.services.people.house import GENERAL_RULE
from registry.services.rubrics import rubrics
from registry.store import events, offices, tables
from registry.store import rubrics as files
from registry.store.columns import id_of
from registry.store.tables import Office
from registry.web.pages.rubrics_view import Effects, TableRow, keeps, table_rows
from registry.web.shapes import Form, Option
from registry.web.typed import Typed

AS_TABLE = Option("", "As the table says")
OUTCOMES = (AS_TABLE, *(Option(each.value, MEANINGS[each].label) for each in Outcome))


@dataclass(frozen=True)
class OfficeLine:
    code: str
    name: str
    default_rule: str
    own: int
    """How many rows of the decision table in force it decides otherwise."""
    version: int


@dataclass(frozen=True)
class OfficesPage:
    offices: Sequence[OfficeLine]
    general_rule: str
    keeps: bool
    form: Form


@dataclass(frozen=True)
class OutcomeRow:
    row: TableRow
    chosen: str
    """The office's own outcome, empty where it takes the table's."""


@dataclass(frozen=True)
class PastVersion:
    at: datetime
    title: str
    who: str
    details: Sequence[Detail]


@dataclass(frozen=True)
class OfficePage:
    code: str
    name: str
    version: int
    form: Form
    rows: Sequence[OutcomeRow]
    options: Sequence[Option]
    table: str
    """Number of a decision table that is not in force; empty for the one that is."""
    table_title: str
    other_tables: Sequence[Option]
    carried: bool
    """The outcomes shown were carried over from the table in force and are not saved yet."""
    history: Sequence[PastVersion]
    keeps: bool
    tried: Effects | None = None
    stale: str = ""
    stored: Sequence[Detail] = ()
    """Where somebody else saved meanwhile: what was typed beside what is stored now."""


def list_page(session: Session, user: Actor, form: Form | None = None) -> OfficesPage:
    standing = files.switches(session).get("decision_table")
    held = offices.holding(session, standing.content_hash) if standing else {}
    return OfficesPage(
        [
            OfficeLine(
                each.code,
                each.name,
                each.default_rule,
                len(held[each.code].outcomes) if each.code in held else 0,
                each.version,
            )
            for each in offices.all_offices(session)
        ],
        GENERAL_RULE,
        keeps(user),
        form or Form({"code": "", "name": "", "default_rule": ""}),
    )


def office_page(
    session: Session,
    code: str,
    user: Actor,
    *,
    table: int | None = None,
    typed: Typed | None = None,
    faults: Mapping[str, str] | None = None,
    tried: Effects | None = None,
    stale: str = "",
) -> OfficePage:
    office = offices.get(session, code)
    current = acts.table_of(session, None)
    chosen = acts.table_of(session, table)
    if chosen.content_hash == current.content_hash:
        table = None
    column = offices.holding(session, chosen.content_hash).get(code)
    own = offices.outcomes_of(column)
    carried = column is None and table is not None
    if carried:
        held = offices.outcomes_of(offices.holding(session, current.content_hash).get(code))
        own = acts.carried_over(current, chosen, held)
    shown = {row: outcome.value for row, outcome in own.items()}
    values: dict[str, object] = {"name": office.name, "default_rule": office.default_rule}
    if typed is not None:
        values = {"name": typed.one("name"), "default_rule": typed.one("default_rule")}
        shown = {row.number: typed.one(f"row-{row.number}") for row in chosen.rows}
    return OfficePage(
        code=code,
        name=office.name,
        version=office.version,
        form=Form(values, faults or {}),
        rows=[OutcomeRow(row, shown.get(row.number, "")) for row in table_rows(chosen)],
        options=OUTCOMES,
        table=str(table or ""),
        table_title=f"decision table “{chosen.name}”, version {chosen.version}",
        other_tables=[
            Option(str(each.number), rubrics.title_of(each))
            for each in files.all_files(session)
            if each.kind == "decision_table" and each.content_hash != chosen.content_hash
        ],
        carried=carried and bool(own),
        history=[_past(each) for each in events.of_subject(session, "office", id_of(office))[:50]],
        keeps=keeps(user),
        tried=tried,
        stale=stale,
        stored=_stored(office, chosen, own, values, shown) if stale else (),
    )


def typed_outcomes(typed: Typed) -> dict[int, Outcome]:
    """Row number -> what was chosen for it. Raises InvalidInput for what is no outcome."""
    found = {}
    for name, values in typed.values.items():
        row = name.removeprefix("row-")
        if row == name or not (row.isascii() and row.isdigit() and len(row) < 4) or not values[-1]:
            continue
        if values[-1] not in tuple(Outcome):
            raise InvalidInput("The office was not changed.", {"outcomes": "Choose an outcome of the list."})
        found[int(row)] = Outcome(values[-1])
    return found


def _stored(
    office: Office,
    table: DecisionTable,
    own: Mapping[int, Outcome],
    values: Mapping[str, object],
    shown: Mapping[int, str],
) -> list[Detail]:
    pairs = [
        ("Name", office.name, str(values["name"])),
        ("Default rule", office.default_rule, str(values["default_rule"])),
        *(
            (
                f"Row {row.number}",
                _outcome(own[row.number]) if row.number in own else AS_TABLE.label,
                _outcome(shown.get(row.number, "")),
            )
            for row in table.rows
        ),
    ]
    return [Detail(*each) for each in pairs if each[1] != each[2]]


def _past(event: tables.Event) -> PastVersion:
    before, after = event.before, event.after
    added = event.action == "office.added"
    details = [
        Detail(label, str(before.get(key, "")), str(after.get(key, "")))
        for key, label in (("name", "Name"), ("default_rule", "Default rule"))
        if str(before.get(key, "")) != str(after.get(key, ""))
    ]
    was, now = before.get("outcomes") or {}, after.get("outcomes") or {}
    details += [
        Detail(f"Row {row}", _outcome(was.get(row, "")), _outcome(now.get(row, "")))
        for row in sorted({*was, *now}, key=int)
        if was.get(row) != now.get(row)
    ]
    title = "Added" if added else f"Version {after.get('version', '')}"
    if after.get("decision_table"):
        title += f", outcomes for {after['decision_table']}"
    return PastVersion(event.at, title, event.actor, details)


def _outcome(code: str) -> str:
    return MEANINGS[Outcome(code)].label if code in tuple(Outcome) else AS_TABLE.label
