"""Acts on several verdicts at once: withdrawing them together, having them looked at again."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from urllib.parse import urlencode

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput, RegistryError, RuleBroken, StaleVersion
from registry.domain.lookup import AnswerCode, Question
from registry.domain.triggers import CAUSES, Cause
from registry.domain.values import dataclass
from registry.services.answers import lookup
from registry.services.evaluations import taking_part
from registry.services.people.acting import Actor
from registry.services.people.house import house
from registry.services.verdicts import verdict_life
from registry.services.verdicts.reopening import reopen_by_hand
from registry.services.verdicts.shelf import Filter
from registry.settings import Settings
from registry.store import evaluations, tools, verdicts
from registry.store.columns import id_of
from registry.web.deps import Approver, House, Now, Read, Triager, Tx
from registry.web.filters import as_filter
from registry.web.render import go, render
from registry.web.routing import page_router
from registry.web.selection import Choosable, choosable, numbers_in, seen_in
from registry.web.shapes import Form, Option, ToolLink
from registry.web.typed import Fields, Typed

router = page_router()
BY_HAND = [Option(each.value, CAUSES[each].label.capitalize()) for each in Cause if CAUSES[each].by_hand]


@dataclass(frozen=True)
class TogetherPage:
    rows: Sequence[Choosable]
    form: Form
    causes: Sequence[Option] = ()
    step: str = "choose"
    """`choose` or, of a withdrawal, `preview`."""
    replacement: ToolLink | None = None
    """The tool that is to be used instead, with its own answer."""
    refused: str = ""
    sentences: Mapping[int, str] = field(default_factory=dict)
    """Of each that can be withdrawn, by number: the answer that everybody would read about its tool from then on."""

    @property
    def able(self) -> Sequence[Choosable]:
        return [row for row in self.rows if not row.refused]


@router.get("/verdicts/reopen")
def show_reopening(request: Request, read: Read, _user: Triager, settings: House, now: Now) -> Response:
    numbers = numbers_in(request.query_params.getlist("number"))
    rows = choosable(read, numbers, as_filter(request.query_params), settings, now=now)
    return render(request, "verdicts/reopen.html", TogetherPage(rows, Form({}), BY_HAND))


@router.post("/verdicts/reopen")
def reopen(request: Request, tx: Tx, user: Triager, settings: House, now: Now, typed: Fields) -> Response:
    cause = typed.one("cause")
    chosen = numbers_in(typed.several("number"))
    try:
        with tx.begin_nested():
            if cause not in tuple(Cause):
                raise InvalidInput("Nothing was opened again.", {"cause": "Choose why."})
            opened = reopen_by_hand(
                tx, chosen, Cause(cause), text=typed.one("text"), zone=settings.zone, by=user, now=now
            )
    except (InvalidInput, RuleBroken) as refused:
        faults = refused.faults if isinstance(refused, InvalidInput) else {}
        rows = choosable(
            tx, numbers_in(typed.several("offered")), Filter(), settings, chosen=chosen or [0], now=now
        )
        form = Form({"cause": cause, "text": typed.one("text")}, faults)
        page = TogetherPage(rows, form, BY_HAND, refused=refused.sentence)
        return render(request, "verdicts/reopen.html", page, status=422 if faults else 409)
    cases = {each.evaluation_id for each in opened}
    if len(cases) == 1 and _may_read(tx, min(cases), user):
        return go(f"/evaluations/{min(cases)}")
    return go("/reopenings")


@router.get("/verdicts/withdraw")
def show_withdrawal(request: Request, read: Read, _user: Approver, settings: House, now: Now) -> Response:
    numbers = numbers_in(request.query_params.getlist("number"))
    rows = choosable(read, numbers, as_filter(request.query_params), settings, now=now)
    return render(request, "verdicts/withdraw.html", TogetherPage(rows, Form({})))


@router.post("/verdicts/withdraw")
def withdraw(request: Request, tx: Tx, user: Approver, settings: House, now: Now, typed: Fields) -> Response:
    """First what would be done, with nothing written; then, on the same numbers as they were read, the act."""
    seen = seen_in(typed)
    if typed.one("step") == "withdraw":
        try:
            with tx.begin_nested():
                verdict_life.withdraw_together(
                    tx,
                    seen,
                    reason=typed.one("reason"),
                    replacement=typed.one("replacement"),
                    zone=settings.zone,
                    by=user,
                    now=now,
                )
        except (InvalidInput, RuleBroken, StaleVersion) as refused:
            return _preview(request, tx, settings, user, now, typed, refused)
        done = urlencode([("done", number) for number in sorted(seen)])
        return go(f"/verdicts?validity=revoked&sort=-number&{done}")
    try:
        return _preview(request, tx, settings, user, now, typed)
    except InvalidInput as refused:
        return _preview(request, tx, settings, user, now, typed, refused)


def _preview(
    request: Request,
    session: Session,
    settings: Settings,
    user: Actor,
    now: datetime,
    typed: Typed,
    refused: RegistryError | None = None,
) -> Response:
    values: dict[str, object] = {name: typed.one(name) for name in ("reason", "replacement")}
    chosen, replacement = numbers_in(typed.several("number")), typed.one("replacement")
    faults = dict(refused.faults) if isinstance(refused, InvalidInput) else {}
    if not chosen:
        faults["number"] = "Choose at least one verdict."
    if not typed.one("reason"):
        faults["reason"] = "Write why they are withdrawn."
    try:
        verdict_life.replacement_of(session, replacement, None)
    except InvalidInput as stranger:
        faults |= stranger.faults
    if faults:
        rows = choosable(
            session, numbers_in(typed.several("offered")), Filter(), settings, chosen=chosen or [0], now=now
        )
        page = TogetherPage(rows, Form(values, faults), refused=refused.sentence if refused else "")
        return render(request, "verdicts/withdraw.html", page, status=422)
    told = verdict_life.withdrawable(
        session, chosen, replacement=replacement, zone=settings.zone, by=user, now=now
    )
    why = {each.number: each.refused for each in told}
    rows = [
        replace(row, refused=why[row.number])
        for row in choosable(session, chosen, Filter(), settings, now=now)
    ]
    able = {row.number: row.seen for row in rows if not row.refused}
    page = TogetherPage(
        rows,
        Form(values),
        step="preview",
        replacement=_instead(session, replacement, settings, now),
        refused=refused.sentence if refused else "",
        sentences=_read_afterwards(session, able, values, settings, user, now) if able else {},
    )
    return render(request, "verdicts/withdraw.html", page, status=409 if refused else 200)


def _read_afterwards(
    session: Session,
    seen: Mapping[int, int],
    typed: Mapping[str, object],
    settings: Settings,
    user: Actor,
    now: datetime,
) -> dict[int, str]:
    """Number -> the sentence about its tool and edition once all of them are withdrawn; nothing stays written."""
    with session.begin_nested() as attempt:
        verdict_life.withdraw_together(
            session,
            seen,
            reason=str(typed["reason"]),
            replacement=str(typed["replacement"]),
            zone=settings.zone,
            by=user,
            now=now,
        )
        rows = verdicts.by_numbers(session, list(seen))
        answers = {
            edition: lookup.answers(
                session,
                list(tools.by_ids(session, {row.tool_id for row in rows if row.edition == edition}).values()),
                Question(at=now, edition=edition or None),
                house(session, settings),
                now=now,
            )
            for edition in {row.edition for row in rows}
        }
        attempt.rollback()
    return {row.number: answers[row.edition][row.tool_id].sentence for row in rows}


def _instead(session: Session, typed: str, settings: Settings, now: datetime) -> ToolLink | None:
    """The tool named as a replacement, with the answer that colleagues get who turn to it."""
    tool = tools.find(session, verdict_life.replacement_of(session, typed, None)) if typed else None
    if tool is None:
        return None
    found = lookup.answers(session, [tool], Question(at=now), house(session, settings), now=now)
    code = found[id_of(tool)].code
    good = code in (AnswerCode.YES, AnswerCode.YES_IF)
    return ToolLink(tool.name, f"/tools/{tool.slug}", code.value, "" if good else "no plain yes itself")


def _may_read(session: Session, evaluation_id: int, user: Actor) -> bool:
    return taking_part.part_of(session, evaluations.get(session, evaluation_id), by=user).sees
