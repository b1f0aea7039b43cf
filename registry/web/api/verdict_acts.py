"""What befalls verdicts that have gone out, by the API: the same acts under the same rules as on their pages.

All of them are for a person who is signed in, never for a token: they decide.
"""

from collections.abc import Callable
from datetime import datetime

from fastapi import Response
from sqlmodel import Session

from registry.domain.validity import MarkKind
from registry.services.verdicts import duties, verdict_life
from registry.services.verdicts.reopening import reopen_by_hand
from registry.settings import Settings
from registry.store import evaluations, reopenings, tools, users, verdicts
from registry.web.api.replies import IfMatch, Once, version_in
from registry.web.api.verdicts import verdict_out
from registry.web.deps import Approver, House, Now, RowId, Suspender, Triager, Tx
from registry.web.life_schemas import (
    DecidedMark,
    MetIn,
    ReasonIn,
    ReopenIn,
    ReopeningOut,
    SuspensionIn,
    WithdrawalIn,
    WithdrawalOut,
    WithdrawnOut,
    reopening_out,
)
from registry.web.routing import api_router
from registry.web.schemas import Page, VerdictOut

router = api_router("/verdicts", tag="verdicts")
SUSPENSION = {
    "suspend": MarkKind.SUSPENDED,
    "confirm": MarkKind.SUSPENSION_CONFIRMED,
    "lift": MarkKind.SUSPENSION_LIFTED,
}


@router.post("/withdraw", response_model=WithdrawalOut, summary="Withdraw several verdicts together")
def withdraw(tx: Tx, user: Approver, settings: House, now: Now, asked: WithdrawalIn, once: Once) -> Response:
    """All of them or none, with one reason and replacement. 409 names each that cannot be, 412 each that changed."""

    def act() -> WithdrawalOut:
        seen = {each.number: each.mark for each in asked.verdicts}
        if asked.dry_run:
            found = verdict_life.withdrawable(
                tx, list(seen), replacement=asked.replacement, zone=settings.zone, by=user, now=now
            )
            return WithdrawalOut(
                done=False,
                verdicts=[WithdrawnOut(number=each.number, refused=each.refused) for each in found],
            )
        rows = verdict_life.withdraw_together(
            tx,
            seen,
            reason=asked.reason,
            replacement=asked.replacement,
            zone=settings.zone,
            by=user,
            now=now,
        )
        return WithdrawalOut(
            done=True, verdicts=[WithdrawnOut(number=row.number, refused="") for row in rows]
        )

    return once(asked, act, by=user)


@router.post("/reopen", response_model=Page[ReopeningOut], summary="Have verdicts looked at again")
def reopen(tx: Tx, user: Triager, settings: House, now: Now, asked: ReopenIn, once: Once) -> Response:
    """All of them or none; where a case is under way, the cause is added to it. Verdicts hold until decided anew."""

    def act() -> Page[ReopeningOut]:
        opened = reopen_by_hand(
            tx, asked.numbers, asked.cause, text=asked.text, zone=settings.zone, by=user, now=now
        )
        found = []
        for row in opened:
            case = evaluations.get(tx, row.evaluation_id)
            tool, owner = tools.get_by_id(tx, case.tool_id), users.get(tx, case.owner_id)
            number = verdicts.by_ids(tx, [row.verdict_id])[row.verdict_id].number
            told = reopenings.Reopened(row, case, owner, tool, number)
            found.append(reopening_out(told, settings.base_url))
        return Page[ReopeningOut](items=found, next=None)

    return once(asked, act, by=user)


@router.post("/{number}/suspension", response_model=VerdictOut, summary="Suspend it, confirm that or lift it")
def suspend(
    number: RowId,
    tx: Tx,
    user: Suspender,
    settings: House,
    now: Now,
    asked: SuspensionIn,
    once: Once,
    if_match: IfMatch = None,
) -> Response:
    """It is seen at once everywhere; another person confirms or lifts it within 14 days."""

    def act() -> None:
        verdict_life.mark(
            tx,
            number,
            SUSPENSION[asked.act],
            reason=asked.reason,
            replacement=asked.replacement,
            seen=version_in(if_match),
            zone=settings.zone,
            by=user,
            now=now,
        )

    then = _then_read(tx, number, settings, now, act)
    return once(asked, then, by=user)


@router.post("/{number}/acts", response_model=VerdictOut, summary="Let something befall it")
def mark(
    number: RowId,
    tx: Tx,
    user: Approver,
    settings: House,
    now: Now,
    asked: DecidedMark,
    once: Once,
    if_match: IfMatch = None,
) -> Response:
    """Revoke it, announce or call off its end, graduate it or put it back under approval, tell what a pilot came to."""

    def act() -> None:
        verdict_life.mark(
            tx,
            number,
            asked.kind,
            reason=asked.reason,
            replacement=asked.replacement,
            effective_on=asked.effective_on,
            details={"reached": asked.reached, "measure": asked.measure, "exit_rule": asked.exit_rule},
            seen=version_in(if_match),
            zone=settings.zone,
            by=user,
            now=now,
        )

    then = _then_read(tx, number, settings, now, act)
    return once(asked, then, by=user)


@router.post("/{number}/conditions/{position}/met", response_model=VerdictOut, summary="A condition is met")
def meet(
    number: RowId,
    position: RowId,
    tx: Tx,
    user: Approver,
    settings: House,
    now: Now,
    asked: MetIn,
    once: Once,
    if_match: IfMatch = None,
) -> Response:
    """`position` counts from 1. A lapsed verdict comes back only by what is shown to have been met in time."""

    def act() -> None:
        duties.meet_condition(
            tx,
            number,
            position,
            on=asked.met_on or now.astimezone(settings.zone).date(),
            evidence=asked.evidence,
            seen=version_in(if_match),
            zone=settings.zone,
            by=user,
            now=now,
        )

    then = _then_read(tx, number, settings, now, act)
    return once(asked, then, by=user)


@router.post("/{number}/conditions/{position}/waive", response_model=VerdictOut, summary="Waive a condition")
def waive(
    number: RowId,
    position: RowId,
    tx: Tx,
    user: Approver,
    settings: House,
    now: Now,
    asked: ReasonIn,
    once: Once,
    if_match: IfMatch = None,
) -> Response:
    """With a reason that everybody reads."""

    def act() -> None:
        duties.waive_condition(
            tx,
            number,
            position,
            reason=asked.reason,
            seen=version_in(if_match),
            zone=settings.zone,
            by=user,
            now=now,
        )

    then = _then_read(tx, number, settings, now, act)
    return once(asked, then, by=user)


@router.post(
    "/{number}/conditions/{position}/take-back",
    response_model=VerdictOut,
    summary="A condition was noted as met, or waived, by mistake",
)
def take_back(
    number: RowId,
    position: RowId,
    tx: Tx,
    user: Approver,
    settings: House,
    now: Now,
    asked: ReasonIn,
    once: Once,
    if_match: IfMatch = None,
) -> Response:
    """It is owed again; where its due date is over, the verdict ends with it at once."""

    def act() -> None:
        duties.take_back(
            tx,
            number,
            position,
            reason=asked.reason,
            seen=version_in(if_match),
            zone=settings.zone,
            by=user,
            now=now,
        )

    then = _then_read(tx, number, settings, now, act)
    return once(asked, then, by=user)


def _then_read(
    session: Session, number: int, settings: Settings, now: datetime, act: Callable[[], None]
) -> Callable[[], VerdictOut]:
    def acted() -> VerdictOut:
        act()
        session.flush()
        return verdict_out(session, verdicts.get(session, number), settings, now=now)

    return acted
