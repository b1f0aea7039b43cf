"""The quick no in one form: from a tool's page, or from the inbox, where the candidate becomes a tool with it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotAllowed, RegistryError, RuleBroken, StaleVersion
from registry.domain.values import dataclass
from registry.domain.verdict import NONE_KNOWN, Scope
from registry.services.answers import alternatives as instead
from registry.services.candidates import triage
from registry.services.decisions import quick_no
from registry.services.decisions.quick_no import DUPLICATE, QuickNo
from registry.services.people.acting import Actor
from registry.services.people.house import house as house_of
from registry.services.verdicts import publishing
from registry.settings import Settings
from registry.store import candidates, tables, tools, verdicts
from registry.store.columns import id_of
from registry.store.tables import Candidate, Role, Tool
from registry.web.deps import Decider, House, Now, Read, RowId, Slug, Tx
from registry.web.errors import status_of
from registry.web.pages.decision_form import named_alternatives, read_alternatives
from registry.web.pages.decision_preview import preview
from registry.web.pages.decisions import slugs_of, terms_of, unknown_alternatives
from registry.web.render import go, render
from registry.web.routing import page_router
from registry.web.shapes import Form, Option
from registry.web.typed import Fields, Typed, number, version_of
from registry.web.words import words

router = page_router()
SINGLE = ("ground", "evidence", "said_by", "citation", "rationale", "other_alternatives", "internal_note")
FORM = "evaluations/quick_no.html"


@dataclass(frozen=True)
class QuickNoPage:
    back: str
    name: str
    url: str
    """Where the form is sent."""
    grounds: Sequence[Option]
    alternatives: Sequence[Option]
    supersedes: Sequence[Option]
    version: str
    """Of the candidate; empty for a tool."""
    form: Form
    refused: str = ""


@dataclass(frozen=True)
class Subject:
    """What the no is given to: a tool, or a candidate that becomes one with it."""

    name: str
    url: str
    back: str
    tool: Tool | None = None
    candidate: Candidate | None = None


@router.get("/tools/{slug}/quick-no")
def show_for_tool(
    request: Request, slug: Slug, read: Read, user: Decider, now: Now, house: House
) -> Response:
    page = _page(read, _of_tool(read, slug), house, user, Typed(), {}, now=now)
    return render(request, FORM, page)


@router.post("/tools/{slug}/quick-no")
def give_to_tool(
    request: Request, slug: Slug, tx: Tx, user: Decider, now: Now, house: House, typed: Fields
) -> Response:
    return _give(request, tx, _of_tool(tx, slug), house, user, typed, now=now)


@router.get("/inbox/{candidate_id}/quick-no")
def show_for_candidate(
    request: Request, candidate_id: RowId, read: Read, user: Decider, now: Now, house: House
) -> Response:
    page = _page(read, _of_candidate(read, candidate_id), house, user, Typed(), {}, now=now)
    return render(request, FORM, page)


@router.post("/inbox/{candidate_id}/quick-no")
def give_to_candidate(
    request: Request, candidate_id: RowId, tx: Tx, user: Decider, now: Now, house: House, typed: Fields
) -> Response:
    return _give(request, tx, _of_candidate(tx, candidate_id), house, user, typed, now=now)


def read_quick_no(session: Session, typed: Typed) -> QuickNo:
    slugs = slugs_of(session, named_alternatives(typed))
    return QuickNo(
        ground=typed.one("ground"),
        evidence=typed.one("evidence"),
        rationale=typed.one("rationale"),
        said_by=typed.one("said_by"),
        citation=typed.one("citation"),
        alternatives=read_alternatives(typed, slugs),
        supersedes=tuple(
            found for each in typed.several("supersedes") if (found := number(each)) is not None
        ),
        independent=typed.one("independent") == "yes",
        internal_note=typed.one("internal_note"),
    )


def _of_tool(session: Session, slug: str) -> Subject:
    tool = tools.get(session, slug)
    return Subject(tool.name, f"/tools/{slug}/quick-no", f"/tools/{slug}", tool=tool)


def _of_candidate(session: Session, candidate_id: int) -> Subject:
    candidate = candidates.get(session, candidate_id)
    at = f"/inbox/{candidate_id}"
    if candidate.tool_id is not None:
        return Subject(candidate.name, f"{at}/quick-no", at, tool=tools.get_by_id(session, candidate.tool_id))
    return Subject(candidate.name, f"{at}/quick-no", at, candidate=candidate)


def _give(
    request: Request,
    tx: Session,
    subject: Subject,
    house: Settings,
    user: Actor,
    typed: Typed,
    *,
    now: datetime,
) -> Response:
    """`action` is preview, publish or change; whatever is refused comes back with all that was typed."""
    if typed.one("action") not in ("preview", "publish"):
        return render(request, FORM, _page(tx, subject, house, user, typed, {}, now=now))
    told = read_quick_no(tx, typed)
    standing = _given_before(tx, subject, told, user, now=now)
    if standing is not None:
        return go(f"/evaluations/{standing.evaluation_id}/decide")  # a double click: the first one counts
    try:
        if unknown := unknown_alternatives(tx, told.alternatives):
            raise InvalidInput("Nothing was published. See what is missing.", unknown)

        def publish() -> tables.Verdict:
            return _publish(tx, subject, told, typed, house, user, now=now)

        if typed.one("action") == "publish":
            with tx.begin_nested():
                row = publish()
            return go(f"/evaluations/{row.evaluation_id}/decide")
        page = preview(tx, house, typed, publish, title=subject.name, back=subject.url)
    except (InvalidInput, RuleBroken, StaleVersion, NotAllowed) as refused:
        faults = refused.faults if isinstance(refused, InvalidInput) else {}
        sentence = "" if faults else refused.sentence
        again = _page(tx, subject, house, user, typed, faults, now=now, refused=sentence)
        return render(request, FORM, again, status=_status(refused))
    return render(request, "evaluations/preview.html", page)


def _status(refused: RegistryError) -> int:
    return 409 if isinstance(refused, StaleVersion) else status_of(refused)


def _publish(
    tx: Session,
    subject: Subject,
    told: QuickNo,
    typed: Typed,
    house: Settings,
    user: Actor,
    *,
    now: datetime,
) -> tables.Verdict:
    """Let the candidate in where it is one, and say no, in one act."""
    tool = subject.tool
    if tool is None and subject.candidate is not None:
        version = version_of(typed.one("version"))
        tool = triage.accept(tx, id_of(subject.candidate), version=version, by=user, now=now)
    assert tool is not None, "a subject is a tool or a candidate"
    return quick_no.give(tx, tool, told, terms_of(tx, house), house_of(tx, house), by=user, now=now)


def _given_before(
    session: Session, subject: Subject, told: QuickNo, user: Actor, *, now: datetime
) -> tables.Verdict | None:
    """The same no, given by the same person and not gone out yet."""
    if subject.tool is None:
        return None
    for row in verdicts.of_tool(session, id_of(subject.tool)):
        mine = row.decided_by_id == user.id and row.published_at > now
        if mine and row.reason_code == told.ground:
            return row
    return None


def _page(
    session: Session,
    subject: Subject,
    settings: Settings,
    user: Actor,
    typed: Typed,
    faults: Mapping[str, str],
    *,
    now: datetime,
    refused: str = "",
) -> QuickNoPage:
    quick_no.require_giver(session, user, cases_needed=settings.reference_cases)
    house = house_of(session, settings)
    standing = _standing(session, subject, settings, now=now)
    values: dict[str, object] = {name: typed.one(name) for name in SINGLE}
    values |= {name: typed.several(name) for name in ("alternatives", "supersedes")}
    values["independent"] = typed.one("independent") == "yes"
    if not typed.values:
        values["supersedes"] = tuple(each.value for each in standing)
    approver = Role.APPROVER in user.roles
    category = subject.candidate.category if subject.candidate else ""
    tool = subject.tool or Tool(slug="", name=subject.name, category=category, created_at=now)
    return QuickNoPage(
        back=subject.back,
        name=subject.name,
        url=subject.url,
        grounds=[
            *(
                Option(each.id, each.reason, "Only an approver says so." if each.forbids else "")
                for each in quick_no.grounds(session)
                if approver or not each.forbids
            ),
            Option(DUPLICATE, "An approved tool does it already.", "Tick or name that tool below."),
        ],
        alternatives=[
            *(
                Option(each.tool.slug, each.tool.name, words(each.code.value))
                for each in instead.alternatives(session, tool, Scope(), house, now=now)
            ),
            Option(NONE_KNOWN, "None is known"),
        ],
        supersedes=standing,
        version=str(subject.candidate.version) if subject.candidate else "",
        form=Form(values, faults),
        refused=refused,
    )


def _standing(session: Session, subject: Subject, settings: Settings, *, now: datetime) -> list[Option]:
    if subject.tool is None:
        return []
    rows = verdicts.published(session, now=now, tool_ids=[id_of(subject.tool)])
    found = publishing.published(session, rows, house_of(session, settings), now=now)
    return [
        Option(str(each.row.number), f"Verdict {each.row.number}: {each.label}")
        for each in found
        if each.validity.state not in publishing.HIDDEN
    ]
