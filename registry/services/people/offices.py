"""Offices: adding one, and changing its name, default rule and own outcomes, each change a new version."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from registry.domain.decision_table import DecisionTable, with_outcomes
from registry.domain.errors import InvalidInput, RubricInvalid, StaleVersion
from registry.domain.outcome import Outcome
from registry.services.people.acting import Actor, record
from registry.services.rubrics import rubrics
from registry.store import offices as store
from registry.store import rubrics as files
from registry.store.columns import id_of
from registry.store.engine import serialise
from registry.store.tables import Office, OfficeColumn

_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def add(
    session: Session, *, code: str, name: str, default_rule: str = "", by: Actor, now: datetime
) -> Office:
    """Make an office known; its code stands in addresses and verdicts, and never changes. Raises InvalidInput."""
    serialise(session, "office")
    code, name, default_rule = code.strip().lower(), " ".join(name.split()), default_rule.strip()
    faults = _faults(name, default_rule)
    if not _CODE.fullmatch(code):
        faults["code"] = "A code has up to 40 small letters, digits and hyphens, such as field-north."
    elif code in {each.code for each in store.all_offices(session)}:
        faults["code"] = f"There is an office with the code {code} already."
    if faults:
        raise InvalidInput("The office was not added.", faults)
    office = Office(code=code, name=name, default_rule=default_rule)
    session.add(office)
    session.flush()
    after = {"code": code, "name": name, "default_rule": default_rule}
    record(session, "office.added", ("office", office.id), by=by, now=now, after=after)
    return office


def change(
    session: Session,
    code: str,
    *,
    name: str,
    default_rule: str,
    table_number: int | None = None,
    outcomes: Mapping[int, Outcome] | None = None,
    version: int | None,
    by: Actor,
    now: datetime,
) -> Office:
    """Write an office's next version; nothing happens where nothing differs.

    `outcomes` are its own by row of the decision table file `table_number` (None: the one in force); a row that is left
    out, or says what the table says, takes the table's; None leaves them as they are. `version` is of the office as it
    was read, None where any will do. Raises NotFound, StaleVersion, InvalidInput.
    """
    serialise(session, "office")
    office = store.get(session, code)
    session.refresh(office)
    if version is not None and version != office.version:
        raise StaleVersion(
            f"{office.name} was changed meanwhile. Compare with what you typed, then save again."
        )
    name, default_rule = " ".join(name.split()), default_rule.strip()
    faults = _faults(name, default_rule)
    if faults:
        raise InvalidInput("The office was not changed.", faults)
    before: dict[str, Any] = {"name": office.name, "default_rule": office.default_rule}
    after: dict[str, Any] = {"name": name, "default_rule": default_rule}
    if outcomes is not None:
        table = table_of(session, table_number)
        held = store.outcomes_of(store.holding(session, table.content_hash).get(code))
        wanted = own(table, outcomes)
        lacking = code not in store.holding(session, table.content_hash)
        if wanted != held or (lacking and table_number is not None):
            _write_column(session, office, table, wanted, now=now)
            told = {"decision_table": f"{table.name}, version {table.version}"}
            before |= told | {"outcomes": _plain(held)}
            after |= told | {"outcomes": _plain(wanted), "rows_decided": len(wanted)}
    if before == after:
        return office
    office.name, office.default_rule, office.version = name, default_rule, office.version + 1
    session.flush()
    after["version"] = office.version
    record(session, "office.changed", ("office", office.id), by=by, now=now, before=before, after=after)
    return office


def own(table: DecisionTable, outcomes: Mapping[int, Outcome]) -> dict[int, Outcome]:
    """The outcomes that differ from the table's. Raises InvalidInput naming the two cells at odds."""
    try:
        with_outcomes(table, outcomes)
    except RubricInvalid as refused:
        raise InvalidInput(
            "These outcomes do not go together.", {"outcomes": _for_people(refused.sentence)}
        ) from refused
    plain = {row.number: row.outcome for row in table.rows}
    return {row: outcome for row, outcome in sorted(outcomes.items()) if plain[row] is not outcome}


def table_of(session: Session, number: int | None) -> DecisionTable:
    """Of the file with that number, or the one in force. Raises NotFound; InvalidInput for a rubric."""
    if number is None:
        return rubrics.current(session)[1]
    file = files.get_numbered(session, number)
    if file.kind != "decision_table":
        raise InvalidInput(
            f"File {number} is a rubric; outcomes belong to a decision table.",
            {"table": "is no decision table"},
        )
    return rubrics.as_table(file)


def carried_over(
    old: DecisionTable, new: DecisionTable, outcomes: Mapping[int, Outcome]
) -> dict[int, Outcome]:
    """An office's outcomes for rows of the new table that ask for the same inputs as a row of the old one."""
    by_inputs = {
        (row.risks, row.fits, row.mitigations): outcomes[row.number]
        for row in reversed(old.rows)
        if row.number in outcomes
    }
    found = {row.number: by_inputs.get((row.risks, row.fits, row.mitigations)) for row in new.rows}
    return {number: outcome for number, outcome in found.items() if outcome is not None}


def _write_column(
    session: Session, office: Office, table: DecisionTable, outcomes: Mapping[int, Outcome], *, now: datetime
) -> None:
    session.add(
        OfficeColumn(
            office_id=id_of(office),
            table_hash=table.content_hash,
            number=store.next_number(session, office, table.content_hash),
            outcomes=_plain(outcomes),
            at=now,
        )
    )
    session.flush()


def _plain(outcomes: Mapping[int, Outcome]) -> dict[str, str]:
    return {str(row): outcome.value for row, outcome in outcomes.items()}


def _faults(name: str, default_rule: str) -> dict[str, str]:
    faults = {}
    if not 0 < len(name) <= 120:
        faults["name"] = "Give the office a name of at most 120 letters."
    if len(default_rule) > 500:
        faults["default_rule"] = f"At most 500 characters; this has {len(default_rule):,}."
    return faults


def _for_people(sentence: str) -> str:
    return sentence.removeprefix("rows: ")
