"""The library of conditions: the list, one condition with its wordings and uses, and keeping it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.condition import Check, ConditionKind, Duty
from registry.domain.errors import InvalidInput, NotFound, RuleBroken, StaleVersion
from registry.domain.library import Wording
from registry.domain.rubric import Rubric
from registry.domain.values import dataclass
from registry.services.decisions import library as keeping
from registry.services.decisions.library import KEEPERS
from registry.services.people.acting import Actor
from registry.services.rubrics import rubrics
from registry.store import library
from registry.store.columns import id_of
from registry.store.library import Reusable
from registry.store.tables import LibraryWording
from registry.web.condition_form import ConditionOptions, checked_by, covers, who_must
from registry.web.deps import ConditionKeeper, ConditionReader, Now, Read, RowId, Tx
from registry.web.render import go, render
from registry.web.routing import page_router
from registry.web.shapes import Form
from registry.web.typed import Fields, Typed, number, version_of
from registry.web.viewer import now_of
from registry.web.words import words

router = page_router("/conditions")
NAMES = ("text", "kind", "duty", "check", "mitigates", "lasts", "due_days")


@dataclass(frozen=True)
class Line:
    url: str
    text: str
    about: str
    used: int
    retired: bool


@dataclass(frozen=True)
class ListPage:
    lines: Sequence[Line]
    retired: Sequence[Line]
    may_keep: bool
    options: ConditionOptions
    form: Form


@dataclass(frozen=True)
class WordingView:
    number: int
    text: str
    about: str
    at: datetime


@dataclass(frozen=True)
class UseView:
    number: int
    tool: str
    outcome: str
    decided_at: datetime
    wording: str


@dataclass(frozen=True)
class ConditionPage:
    id: int
    version: int
    text: str
    about: str
    retired_reason: str
    retired: bool
    wordings: Sequence[WordingView]
    uses: Sequence[UseView]
    may_keep: bool
    options: ConditionOptions
    form: Form
    refused: str = ""


@router.get("")
def list_conditions(request: Request, read: Read, user: ConditionReader, now: Now) -> Response:
    return render(request, "conditions/list.html", _list_page(read, user, Form(_blank()), now=now))


@router.post("")
def add(request: Request, tx: Tx, user: ConditionKeeper, now: Now, typed: Fields) -> Response:
    try:
        with tx.begin_nested():
            keeping.add(tx, read_wording(typed), by=user, now=now)
    except InvalidInput as refused:
        page = _list_page(tx, user, Form(_typed(typed), refused.faults), now=now)
        return render(request, "conditions/list.html", page, status=422)
    return go("/conditions")


@router.post("/starter")
def add_starter(tx: Tx, user: ConditionKeeper, now: Now) -> Response:
    keeping.add_starter(tx, by=user, now=now)
    return go("/conditions")


@router.get("/{condition_id}")
def show_condition(
    request: Request, condition_id: RowId, read: Read, user: ConditionReader, now: Now
) -> Response:
    return render(request, "conditions/show.html", _page(read, condition_id, user, now=now))


@router.post("/{condition_id}/reword")
def reword(
    request: Request, condition_id: RowId, tx: Tx, user: ConditionKeeper, now: Now, typed: Fields
) -> Response:
    def act() -> object:
        version = version_of(typed.one("version"))
        return keeping.reword(tx, condition_id, read_wording(typed), version=version, by=user, now=now)

    return _acted(request, tx, condition_id, user, typed, act)


@router.post("/{condition_id}/retire")
def retire(
    request: Request, condition_id: RowId, tx: Tx, user: ConditionKeeper, now: Now, typed: Fields
) -> Response:
    def act() -> object:
        reason, version = typed.one("reason"), version_of(typed.one("version"))
        return keeping.retire(tx, condition_id, reason=reason, version=version, by=user, now=now)

    return _acted(request, tx, condition_id, user, typed, act)


@router.post("/{condition_id}/bring-back")
def bring_back(
    request: Request, condition_id: RowId, tx: Tx, user: ConditionKeeper, now: Now, typed: Fields
) -> Response:
    def act() -> object:
        return keeping.bring_back(
            tx, condition_id, version=version_of(typed.one("version")), by=user, now=now
        )

    return _acted(request, tx, condition_id, user, typed, act)


def read_wording(typed: Typed) -> Wording:
    kind, duty, check = typed.one("kind"), typed.one("duty"), typed.one("check")
    days = typed.one("due_days")
    standing = typed.one("lasts", "standing") == "standing"
    return Wording(
        text=typed.one("text"),
        kind=ConditionKind(kind) if kind in tuple(ConditionKind) else ConditionKind.OTHER,
        duty=Duty(duty) if duty in tuple(Duty) else None,
        check=Check(check) if check in tuple(Check) else None,
        mitigates=frozenset(typed.one("mitigates").replace(",", " ").upper().split()),
        standing=standing,
        due_days=(number(days) or 0) if days else None,
    )


def _acted(
    request: Request,
    tx: Session,
    condition_id: int,
    user: Actor,
    typed: Typed,
    act: Callable[[], object],
) -> Response:
    """Do it and show the condition; what is refused comes back as it was typed, beside how it stands now."""
    try:
        with tx.begin_nested():
            act()
    except (InvalidInput, RuleBroken, StaleVersion) as refused:
        faults = refused.faults if isinstance(refused, InvalidInput) else {}
        page = _page(
            tx,
            condition_id,
            user,
            now=now_of(request),
            form=Form(_typed(typed), faults),
            refused=refused.sentence,
        )
        return render(request, "conditions/show.html", page, status=422 if faults else 409)
    return go(f"/conditions/{condition_id}")


def _blank() -> dict[str, object]:
    blank: dict[str, object] = dict.fromkeys(NAMES, "")
    return blank | {"kind": ConditionKind.OTHER, "lasts": "standing", "reason": ""}


def _typed(typed: Typed) -> dict[str, object]:
    return _blank() | {name: typed.one(name) for name in (*NAMES, "reason") if typed.has(name)}


def _values(row: LibraryWording) -> Mapping[str, object]:
    return _blank() | {
        "text": row.text,
        "kind": row.kind,
        "duty": row.duty or "",
        "check": row.checked or "",
        "mitigates": row.mitigates.replace(" ", ", "),
        "lasts": "standing" if row.standing else "dated",
        "due_days": "" if row.due_days is None else str(row.due_days),
    }


def _about(row: LibraryWording, rubric: Rubric | None) -> str:
    parts = [
        words(row.kind.value),
        f"{who_must(row.duty)} must do it" if row.duty else "",
        f"checked {checked_by(row.checked)}" if row.checked else "",
        f"covers {covers(row.mitigates.split(), rubric)}" if row.mitigates else "",
        "always" if row.standing else f"within {row.due_days} days of the decision",
    ]
    return " · ".join(part for part in parts if part)


def _line(each: Reusable, rubric: Rubric | None) -> Line:
    about = _about(each.wording, rubric)
    return Line(f"/conditions/{each.row.id}", each.wording.text, about, each.used, each.retired)


def _current(session: Session) -> Rubric | None:
    """None where nobody has taken a rubric in yet."""
    try:
        return rubrics.current(session)[0]
    except NotFound:
        return None


def _list_page(session: Session, user: Actor, form: Form, *, now: datetime) -> ListPage:
    rubric = _current(session)
    lines = [_line(each, rubric) for each in library.conditions(session, now=now, retired=True)]
    return ListPage(
        lines=[each for each in lines if not each.retired],
        retired=[each for each in lines if each.retired],
        may_keep=bool(user.roles & KEEPERS),
        options=ConditionOptions(),
        form=form,
    )


def _page(
    session: Session,
    condition_id: int,
    user: Actor,
    *,
    now: datetime,
    form: Form | None = None,
    refused: str = "",
) -> ConditionPage:
    one = library.one(session, condition_id, now=now)
    held, rubric = _values(one.wording), _current(session)
    return ConditionPage(
        id=id_of(one.row),
        version=one.row.version,
        text=one.wording.text,
        about=_about(one.wording, rubric),
        retired=one.retired,
        retired_reason=one.row.retired_reason,
        wordings=[
            WordingView(each.number, each.text, _about(each, rubric), each.at)
            for each in library.wordings(session, condition_id)
        ],
        uses=[
            UseView(
                each.verdict.number,
                each.tool.name,
                each.verdict.outcome.value,
                each.verdict.decided_at,
                f"wording {each.wording_number}" + (", with other words" if each.changed else ""),
            )
            for each in library.uses(session, condition_id, now=now)
        ],
        may_keep=bool(user.roles & KEEPERS),
        options=ConditionOptions(),
        form=Form({**held, **form.values}, form.faults) if form else Form(held),
        refused=refused,
    )
