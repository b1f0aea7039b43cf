"""Keeping the library of conditions: add, word anew, retire, bring back. What a verdict took from it never changes."""

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session

from registry.domain.condition import Check, ConditionKind, Duty
from registry.domain.errors import InvalidInput, NotAllowed, RuleBroken, StaleVersion
from registry.domain.library import Wording, faults
from registry.services.people.acting import Actor, record, refuse_long
from registry.services.rubrics import rubrics
from registry.store import library
from registry.store.columns import id_of
from registry.store.engine import hold, serialise
from registry.store.tables import LibraryCondition, LibraryWording, Role

KEEPERS = frozenset({Role.APPROVER, Role.ADMIN})
STARTER = Path(__file__).parents[2] / "conditions.toml"


def add(session: Session, wording: Wording, *, by: Actor, now: datetime) -> LibraryCondition:
    """Put a condition into the library. Raises NotAllowed, and InvalidInput also where the same words stand there."""
    _require_keeper(by)
    serialise(session, "library")
    _check(session, wording, now=now)
    row = LibraryCondition(created_at=now)
    session.add(row)
    session.flush()
    _word(session, row, wording, 1, by, now)
    subject = ("library_condition", row.id)
    record(session, "library.added", subject, by=by, now=now, after={"text": wording.text.strip()})
    return row


def reword(
    session: Session,
    condition_id: int,
    wording: Wording,
    *,
    version: int | None = None,
    by: Actor,
    now: datetime,
) -> LibraryCondition:
    """Give it a new wording, which is offered from now on; verdicts keep the one that they took."""
    row = _read(session, condition_id, version, by)
    if row.retired_at is not None:
        raise RuleBroken("This condition is retired. Bring it back first.")
    before = library.wordings(session, condition_id)[0]
    if library.as_wording(before) == wording:
        raise InvalidInput(
            "Nothing is different from the present wording.", {"text": "Nothing is different."}
        )
    _check(session, wording, but=condition_id, now=now)
    _word(session, row, wording, before.number + 1, by, now)
    row.version += 1
    session.flush()
    record(
        session,
        "library.reworded",
        ("library_condition", row.id),
        by=by,
        now=now,
        before={"text": before.text},
        after={"text": wording.text.strip(), "wording": before.number + 1},
    )
    return row


def retire(
    session: Session,
    condition_id: int,
    *,
    reason: str,
    version: int | None = None,
    by: Actor,
    now: datetime,
) -> LibraryCondition:
    """Offer it no more; it stays in the verdicts that have it."""
    row = _read(session, condition_id, version, by)
    if row.retired_at is not None:
        raise RuleBroken("This condition is retired already.")
    if not reason.strip():
        raise InvalidInput("Say why it is retired.", {"reason": "Say why it is retired."})
    refuse_long("The condition is still offered.", reason=(reason, 500))
    row.retired_at, row.retired_reason = now, reason.strip()
    row.version += 1
    session.flush()
    after = {"reason": row.retired_reason}
    record(session, "library.retired", ("library_condition", row.id), by=by, now=now, after=after)
    return row


def bring_back(
    session: Session, condition_id: int, *, version: int | None = None, by: Actor, now: datetime
) -> LibraryCondition:
    row = _read(session, condition_id, version, by)
    if row.retired_at is None:
        raise RuleBroken("This condition is offered already.")
    row.retired_at, row.retired_reason = None, ""
    row.version += 1
    session.flush()
    record(session, "library.brought_back", ("library_condition", row.id), by=by, now=now)
    return row


def add_starter(session: Session, *, by: Actor, now: datetime) -> list[LibraryCondition]:
    """Put the usual conditions into an empty library. Raises RuleBroken where it is not empty."""
    _require_keeper(by)
    if library.conditions(session, now=now, retired=True):
        raise RuleBroken("The library is not empty. Add what is missing one by one.")
    return [add(session, each, by=by, now=now) for each in starter()]


def starter() -> list[Wording]:
    """The usual conditions, in the order of their file."""
    told = tomllib.loads(STARTER.read_text("utf-8"))["condition"]
    return [_wording(each) for each in told]


def _wording(told: dict[str, Any]) -> Wording:
    return Wording(
        text=told["text"],
        kind=ConditionKind(told["kind"]),
        duty=Duty(told["duty"]),
        check=Check(told["check"]),
        mitigates=frozenset(told["mitigates"]),
        standing="due_days" not in told,
        due_days=told.get("due_days"),
    )


def _require_keeper(by: Actor) -> None:
    if not by.roles & KEEPERS:
        raise NotAllowed("Approvers and admins keep the library of conditions. Ask one of them.")


def _read(session: Session, condition_id: int, version: int | None, by: Actor) -> LibraryCondition:
    _require_keeper(by)
    hold(session, "library condition", condition_id)
    row = library.get(session, condition_id)
    session.refresh(row)
    if version is not None and version != row.version:
        raise StaleVersion(
            "Somebody changed this condition meanwhile. Look at it again, then repeat your act."
        )
    return row


def _check(session: Session, wording: Wording, *, but: int | None = None, now: datetime) -> None:
    rubric, _table = rubrics.current(session)
    found = faults(wording, known=rubric.ids)
    text = wording.text.strip().casefold()
    for each in library.conditions(session, now=now):
        if each.row.id != but and each.wording.text.casefold() == text:
            found["text"] = "The library has a condition of the same words."
    if found:
        raise InvalidInput("The condition was not kept.", found)


def _word(
    session: Session, row: LibraryCondition, wording: Wording, number: int, by: Actor, now: datetime
) -> None:
    session.add(
        LibraryWording(
            condition_id=id_of(row),
            number=number,
            text=wording.text.strip(),
            kind=wording.kind,
            duty=wording.duty,
            checked=wording.check,
            mitigates=" ".join(sorted(wording.mitigates)),
            standing=wording.standing,
            due_days=wording.due_days,
            by_id=by.id,
            at=now,
        )
    )
    session.flush()
