"""Published verdicts under the facets of the list."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query, Request, Response
from sqlmodel import Session

from registry.domain.outcome import Outcome
from registry.domain.validity import ValidityState
from registry.services.answers.shown import Shown
from registry.services.decisions import second_reading
from registry.services.people.acting import Actor
from registry.services.people.house import house
from registry.services.verdicts import listing, publishing
from registry.services.verdicts.facets import refuse_strangers
from registry.services.verdicts.publishing import Listed
from registry.services.verdicts.shelf import Filter
from registry.services.verdicts.turn import midnight
from registry.settings import Settings
from registry.store import tables, verdicts
from registry.store.columns import id_of
from registry.store.paging import row_mark
from registry.web.api.replies import Cursor, Limit, next_link, told
from registry.web.deps import INSIDERS, CurrentUser, House, Now, Plain, Read, RowId, Shelved
from registry.web.memory import keep
from registry.web.routing import api_router
from registry.web.schemas import Page, SecondReadingOut, VerdictOut

router = api_router("/verdicts", tag="verdicts")
Named = Annotated[list[Plain], Query(description="May be repeated; several widen the list.")]


@router.get("", response_model=Page[VerdictOut], summary="Verdicts, newest first")
def list_verdicts(
    request: Request,
    shelf: Shelved,
    read: Read,
    settings: House,
    now: Now,
    outcome: Annotated[
        list[Outcome],
        Query(description="`approved_with_conditions` includes `pilot`, `rejected` includes `prohibited`."),
    ] = [],  # noqa: B006
    category: Named = [],  # noqa: B006
    tag: Annotated[list[Plain], Query(description="Only on tools with one of these tags.")] = [],  # noqa: B006
    office: Named = [],  # noqa: B006
    tool: Annotated[list[Plain], Query(description="Slug of a tool; may be repeated.")] = [],  # noqa: B006
    data_class: Annotated[list[Plain], Query(description="Only what covers this class.")] = [],  # noqa: B006
    validity: Annotated[
        list[ValidityState], Query(description="Else all but superseded and revoked ones.")
    ] = [],  # noqa: B006
    rubric: Annotated[
        list[Plain],
        Query(
            description="What it was judged by, such as `standard-1`; `older` for a rubric or a table in force no more."
        ),
    ] = [],  # noqa: B006
    q: Annotated[Plain, Query(max_length=200, description="Words in tool, vendor or rationale.")] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Response:
    """The same facets as the list of verdicts and its feeds; several facets narrow it."""
    before = row_mark(cursor)
    wanted = Filter(
        outcomes=frozenset(outcome),
        categories=frozenset(category) - {""},
        tags=frozenset(tag) - {""},
        offices=frozenset(office) - {""},
        tools=frozenset(tool) - {""},
        data_classes=frozenset(data_class) - {""},
        validities=frozenset(validity),
        rubrics=frozenset(rubric) - {""},
        text=q.strip(),
    )
    known = house(read, settings)
    refuse_strangers(read, wanted, known)
    cut = listing.listing(read, shelf, wanted, known, after=before, limit=limit).cut
    following = str(cut.facts[-1].number) if cut.more else None
    whole = listing.whole(read, cut.facts, known, now=now)
    shown = Shown(frozenset(each.tool_id for each in cut.facts), listed=True)
    keep(request, midnight(now, known.zone), shown)
    items = [_listed(each, settings.base_url) for each in whole]
    return told(request, {"items": items, "next": following}, link=next_link(request, following))


@router.get("/{number}", response_model=VerdictOut, summary="One verdict")
def show_verdict(
    number: RowId, request: Request, read: Read, user: CurrentUser, settings: House, now: Now
) -> Response:
    """As decided, with what has become of it since under `validity`. Its ETag is what `If-Match` of an act wants."""
    row = verdicts.get_published(read, number, now=now)
    newest = verdicts.newest_events(read, [id_of(row)]).get(id_of(row), 0)
    out, inside = verdict_out(read, row, settings, now=now), may_read_work(user)
    if inside and (reading := second_reading.standing(read, row)) is not None:
        out.second_reading = SecondReadingOut(
            state=reading.state,
            sentence=reading.sentence,
            evaluation=f"{settings.base_url}/evaluations/{reading.evaluation_id}"
            if reading.evaluation_id
            else None,
        )
    return told(request, out, mark=str(newest), private=inside)


def _listed(each: Listed, base_url: str) -> dict[str, Any]:
    """As VerdictOut writes it."""
    found = publishing.as_json(each, base_url=base_url) | {"second_reading": None}
    return found | {name: found[name].replace("+00:00", "Z") for name in ("decided_at", "valid_from")}


def may_read_work(user: Actor | None) -> bool:
    """Whether this person, or their token, may see work in progress."""
    if user is None or not user.roles & INSIDERS:
        return False
    return user.scopes is None or "read" in user.scopes


def verdict_out(session: Session, row: tables.Verdict, settings: Settings, *, now: datetime) -> VerdictOut:
    (each,) = publishing.published(session, [row], house(session, settings), now=now)
    return VerdictOut.model_validate(publishing.as_json(each, base_url=settings.base_url))
