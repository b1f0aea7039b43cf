"""People and their tokens, for admins."""

from collections.abc import Sequence
from typing import Any

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotFound
from registry.domain.values import dataclass
from registry.services.evaluations import assigning, leaving
from registry.services.people import accounts, api_tokens, invitations, losing, sign_in
from registry.store import sign_ins, users
from registry.store.tables import ApiToken, Role
from registry.web.deps import Admin, House, Now, Read, RowId, Secret, Several, Text, Tx
from registry.web.deputies import Deputies, deputies_of
from registry.web.entering import renew_own_session
from registry.web.files import as_files, json_file, sheet_file
from registry.web.own_account import Here, scope_options, sessions_of
from registry.web.parts import parts_of
from registry.web.people_schemas import person_out
from registry.web.question import office_options
from registry.web.render import go, render, secretly
from registry.web.routing import page_router
from registry.web.shapes import Form, Link, Option, Task
from registry.web.typed import number
from registry.web.viewer import now_of, session_of

router = page_router("/people")
downloads = page_router()
COLUMNS = ("id", "name", "email", "roles", "offices", "areas", "second_factor", "created_at", "disabled_at")
ROLE_OPTIONS = (
    Option("employee", "Employee", "looks tools up and requests them"),
    Option("reviewer", "Reviewer", "triages candidates and scores evaluations"),
    Option("approver", "Approver", "decides"),
    Option("admin", "Admin", "keeps sources, people and settings"),
    Option("auditor", "Auditor", "reads everything, changes nothing"),
)


@dataclass(frozen=True)
class PeoplePage:
    people: list[users.Person]
    roles: tuple[Option, ...]
    offices: list[Option]
    form: Form
    formats: Sequence[Link]


@dataclass(frozen=True)
class PersonPage:
    person: users.Person
    roles: tuple[Option, ...]
    offices: list[Option]
    tokens: list[ApiToken]
    scopes: Sequence[Option]
    form: Form
    token_form: Form
    work: Sequence[Task]
    """What the person has left to do, which goes to somebody else when they are shut out."""
    owns: bool
    successors: Sequence[Option]
    leaving_form: Form
    sessions: Sequence[Here]
    is_self: bool
    """Whether the admin looks at themselves."""
    deputies: Deputies
    mails: bool
    """Whether sign-in links are mailed."""
    shown_once: str = ""
    """A new token, or a new sign-in link's address."""
    mailed: bool = False
    """Whether a link was put into the outbox just now."""


@dataclass(frozen=True)
class LeavingPage:
    """Asks once more before somebody is disabled."""

    id: int
    name: str
    tokens: int
    """How many of theirs still work."""
    work: int
    """How many pieces of work they leave."""
    successor: str
    successor_name: str
    """Who takes the work over; empty where nobody was named."""


@router.get("")
def show_people(request: Request, read: Read, _user: Admin) -> Response:
    return render(request, "people/list.html", _people_page(read, _person_form()))


@downloads.get("/people.csv")
@downloads.get("/people.xlsx")
def download_sheet(request: Request, read: Read, _user: Admin) -> Response:
    parted = ("roles", "offices", "areas")
    told = [each | {name: "; ".join(each[name]) for name in parted} for each in _told(read)]
    return sheet_file(request, "people", COLUMNS, told)


@downloads.get("/people.json")
def download_json(request: Request, read: Read, _user: Admin) -> Response:
    return json_file(request, "people", _told(read))


def _told(session: Session) -> list[dict[str, Any]]:
    return [person_out(each).model_dump(mode="json") for each in users.everybody(session)]


@router.post("")
def add_person(
    request: Request,
    tx: Tx,
    user: Admin,
    now: Now,
    house: House,
    email: Text = "",
    name: Text = "",
    roles: Several = (),
    offices: Several = (),
    areas: Text = "",
    password: Secret = "",
) -> Response:
    try:
        with tx.begin_nested():
            added = accounts.add_user(
                tx,
                email=email,
                name=name,
                roles=roles,
                offices=offices,
                areas=_parted(areas),
                password=password or None,
                house_name=house.name,
                breached=house.breach_list,
                by=user,
                now=now,
            )
    except InvalidInput as refused:
        form = _person_form(email, name, roles, offices, areas, faults=refused.faults)
        return render(request, "people/list.html", _people_page(tx, form), status=422)
    return go(f"/people/{added.id}")


@router.get("/{user_id}")
def show_person(request: Request, user_id: RowId, read: Read, _user: Admin) -> Response:
    return render(request, "people/show.html", _person_page(request, read, user_id))


@router.post("/{user_id}/roles")
def set_roles(
    request: Request,
    user_id: RowId,
    tx: Tx,
    user: Admin,
    now: Now,
    house: House,
    roles: Several = (),
    offices: Several = (),
    areas: Text = "",
) -> Response:
    try:
        with tx.begin_nested():
            accounts.set_roles(
                tx,
                user_id,
                roles=roles,
                offices=offices,
                areas=_parted(areas),
                solo=house.solo,
                by=user,
                now=now,
            )
    except InvalidInput as refused:
        form = _person_form(roles=roles, offices=offices, areas=areas, faults=refused.faults)
        return render(request, "people/show.html", _person_page(request, tx, user_id, form=form), status=422)
    reply = go(f"/people/{user_id}")
    ended = not sign_ins.sessions_of(tx, user_id, now)
    return renew_own_session(request, tx, user_id, reply) if user_id == user.id and ended else reply


@router.post("/{user_id}/disable")
def disable(
    request: Request,
    user_id: RowId,
    tx: Tx,
    user: Admin,
    now: Now,
    house: House,
    successor: Text = "",
    sure: Text = "",
) -> Response:
    """Asked about once more, with what will happen; `sure` is the answer."""
    person = _person_page(request, tx, user_id)
    try:
        with tx.begin_nested() as attempt:
            accounts.disable(tx, user_id, successor_id=number(successor), solo=house.solo, by=user, now=now)
            if sure != "yes":
                attempt.rollback()
    except InvalidInput as refused:
        page = _person_page(request, tx, user_id, leaving_form=Form({"successor": successor}, refused.faults))
        return render(request, "people/show.html", page, status=422)
    if sure != "yes":
        named = next((each.label for each in person.successors if each.value == successor), "")
        tokens = sum(each.revoked_at is None and each.expires_at > now for each in person.tokens)
        asked = LeavingPage(user_id, person.person.user.name, tokens, len(person.work), successor, named)
        return render(request, "people/disable.html", asked)
    return go("/people")


@router.post("/{user_id}/link")
def make_link(request: Request, user_id: RowId, tx: Tx, user: Admin, now: Now, house: House) -> Response:
    """Mailed; where there is no mail, shown in the reply itself, since it is kept nowhere."""
    value = invitations.invite(tx, user_id, mails=house.mails, secret=house.secret, by=user, now=now)
    if value:
        page = _person_page(request, tx, user_id, shown_once=f"{house.base_url}/sign-in/{value}")
    else:
        page = _person_page(request, tx, user_id, mailed=True)
    return secretly(render(request, "people/show.html", page))


@router.post("/{user_id}/sign-out")
def sign_out(user_id: RowId, tx: Tx, user: Admin, now: Now) -> Response:
    sign_in.end_all(tx, user_id, by=user, now=now)
    return go(f"/people/{user_id}")


@router.post("/{user_id}/second-factor/reset")
def reset_second_factor(user_id: RowId, tx: Tx, user: Admin, now: Now, house: House) -> Response:
    losing.reset_second_factor(tx, user_id, mails=house.mails, by=user, now=now)
    return go(f"/people/{user_id}")


@router.post("/{user_id}/tokens")
def create_token(
    request: Request,
    user_id: RowId,
    tx: Tx,
    user: Admin,
    now: Now,
    house: House,
    name: Text = "",
    scopes: Several = (),
    days: Text = "",
) -> Response:
    """Shows the token in the reply itself, since it is kept nowhere."""
    try:
        with tx.begin_nested():
            _token, value = api_tokens.create_token(
                tx,
                user_id,
                name=name,
                scopes=scopes,
                days=number(days) or 0,
                secret=house.secret,
                by=user,
                now=now,
            )
    except InvalidInput as refused:
        form = Form({"name": name, "scopes": scopes, "days": days}, refused.faults)
        return render(
            request, "people/show.html", _person_page(request, tx, user_id, token_form=form), status=422
        )
    return secretly(render(request, "people/show.html", _person_page(request, tx, user_id, shown_once=value)))


@router.post("/{user_id}/tokens/{token_id}/revoke")
def revoke_token(user_id: RowId, token_id: RowId, tx: Tx, user: Admin, now: Now) -> Response:
    if users.get_token(tx, token_id).user_id != user_id:
        raise NotFound("This person has no such token.")
    api_tokens.revoke_token(tx, token_id, by=user, now=now)
    return go(f"/people/{user_id}")


def _people_page(session: Session, form: Form) -> PeoplePage:
    return PeoplePage(
        users.everybody(session), ROLE_OPTIONS, office_options(session), form, as_files("/people.csv")
    )


def _person_page(
    request: Request,
    session: Session,
    user_id: int,
    *,
    form: Form | None = None,
    token_form: Form | None = None,
    leaving_form: Form | None = None,
    shown_once: str = "",
    mailed: bool = False,
) -> PersonPage:
    person = users.person(session, user_id)
    held = _person_form(roles=tuple(person.roles), offices=person.offices, areas=", ".join(person.areas))
    work = leaving.open_work(session, user_id)
    heirs = [each for each in assigning.successors(users.everybody(session)) if each.user.id != user_id]
    return PersonPage(
        person=person,
        roles=ROLE_OPTIONS,
        offices=office_options(session),
        tokens=users.tokens_of(session, user_id),
        scopes=scope_options(person.roles),
        form=form or held,
        token_form=token_form or Form({"name": "", "scopes": ("read",), "days": "90"}),
        work=[
            Task(tool.name, f"/evaluations/{evaluation.id}", state)
            for rows, state in ((work.owned, "Owns it"), (work.owed, "Has a scorecard to hand in"))
            for evaluation, tool, _owner in rows
        ],
        owns=bool(work.owned),
        successors=[
            *([] if work.owned else [Option("", "Nobody: the owners of the evaluations ask others")]),
            *([Option("", "Choose a person")] if work.owned else []),
            *(Option(str(each.user.id), each.user.name) for each in heirs),
        ],
        leaving_form=leaving_form or Form({"successor": ""}),
        sessions=sessions_of(request, session, user_id),
        is_self=session_of(request) == user_id,
        deputies=deputies_of(session, user_id, parts_of(request).settings, now=now_of(request)),
        mails=parts_of(request).settings.mails,
        shown_once=shown_once,
        mailed=mailed,
    )


def _person_form(
    email: str = "",
    name: str = "",
    roles: tuple[str, ...] = (Role.EMPLOYEE,),
    offices: tuple[str, ...] = (),
    areas: str = "",
    *,
    faults: dict[str, str] | None = None,
) -> Form:
    typed = {"email": email, "name": name, "roles": roles, "offices": offices, "areas": areas}
    return Form(typed, faults or {})


def _parted(areas: str) -> list[str]:
    return [area.strip() for area in areas.split(",") if area.strip()]
