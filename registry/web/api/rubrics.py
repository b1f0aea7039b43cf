"""Rubrics and decision tables: which are stored and in force, a new one beside it, and switching one on."""

from typing import Annotated

from fastapi import Query, Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput, RubricInvalid
from registry.services.rubrics import rubric_files, rubrics
from registry.services.rubrics.comparing import Reweighing, compare
from registry.store import rubrics as store
from registry.store.rubrics import Uses
from registry.store.tables import RubricFile
from registry.web.api.replies import IfMatch, Once, told, version_in
from registry.web.deps import House, Now, Read, RowId, RubricKeeper, RubricReader, Tx
from registry.web.routing import api_router
from registry.web.rubric_schemas import (
    CellOut,
    ChangedOut,
    ComparisonOut,
    DetailOut,
    DifferenceOut,
    EffectsOut,
    FileFaultOut,
    LookOut,
    RubricIn,
    RubricOut,
    WholeRubricOut,
)
from registry.web.schemas import Page

router = api_router("/rubrics", tag="rubrics")
Against = Annotated[int, Query(ge=0, description="Number of the other file; else the one in force.")]


@router.get("", response_model=Page[RubricOut], summary="Every stored rubric and decision table")
def list_rubrics(request: Request, read: Read, _user: RubricReader, settings: House) -> Response:
    """Rubrics first, of each name the highest version first, on one page."""
    items = [_out(read, each, settings.base_url) for each in store.all_files(read)]
    return told(request, Page[RubricOut](items=items, next=None), private=True)


@router.post("", response_model=RubricOut, status_code=201, summary="Store a file, not switched on")
def add_rubric(
    tx: Tx, user: RubricKeeper, now: Now, settings: House, asked: RubricIn, once: Once
) -> Response:
    """One that is stored already is given back. 422, naming the key or the two cells, where it cannot be used."""

    def act() -> RubricOut:
        try:
            parsed = rubrics.parse(asked.text.encode())
            stored = rubrics.store_file(tx, parsed, origin="the API", by=user, now=now)
        except RubricInvalid as refused:
            raise InvalidInput("The file cannot be used.", {"text": refused.sentence}) from refused
        return _out(tx, stored, settings.base_url)

    return once(asked, act, by=user, status=201)


@router.post("/look", response_model=LookOut, summary="Take in what is new in the rubrics folder")
def look_again(tx: Tx, user: RubricKeeper, now: Now, settings: House, once: Once) -> Response:
    """Files that cannot be used are told and harm nothing."""

    def act() -> LookOut:
        taken = rubric_files.take_in(tx, settings.rubrics_dir, now=now)
        return LookOut(
            stored=[_out(tx, each, settings.base_url) for each in taken.stored],
            faults=[FileFaultOut(file=each.file, sentence=each.sentence) for each in taken.faults],
        )

    return once(None, act, by=user)


@router.get("/{number}", response_model=WholeRubricOut, summary="One file, whole")
def show_rubric(
    number: RowId, request: Request, read: Read, _user: RubricReader, settings: House
) -> Response:
    """Its ETag begins with the version of what is in force, which switching on asks for."""
    file = store.get_numbered(read, number)
    whole = WholeRubricOut(**_out(read, file, settings.base_url).model_dump(), text=file.body)
    return told(request, whole, mark=str(store.switches(read)[file.kind].version), private=True)


@router.get("/{number}/comparison", response_model=ComparisonOut, summary="What a file would change")
def compare_rubrics(
    number: RowId,
    request: Request,
    read: Read,
    _user: RubricReader,
    now: Now,
    settings: House,
    against: Against = 0,
) -> Response:
    """What differs in words, and which recommendations of past verdicts would be others, and why."""
    file = store.get_numbered(read, number)
    other = store.get_numbered(read, against) if against else store.in_force(read, file.kind)
    found = compare(read, other, file, now=now)
    body = ComparisonOut(
        before=_out(read, other, settings.base_url),
        after=_out(read, file, settings.base_url),
        differences=[
            DifferenceOut(
                sort=each.sort.value,
                what=each.what,
                details=[
                    DetailOut(label=detail.label, before=detail.before, after=detail.after)
                    for detail in each.details
                ],
            )
            for each in found.differences
        ],
        cells=[
            CellOut(
                risk=each.cell[0],
                fit=each.cell[1],
                mitigation=each.cell[2],
                before=each.before,
                after=each.after,
            )
            for each in found.cells
        ],
        effects=effects_out(found.reweighing),
    )
    return told(request, body, private=True)


@router.post("/{number}/switch-on", response_model=RubricOut, summary="Open new evaluations with this file")
def switch_on(
    number: RowId, tx: Tx, user: RubricKeeper, now: Now, settings: House, once: Once, if_match: IfMatch = None
) -> Response:
    """Those under way keep theirs. 409 where it is in force, or an office lacks outcomes for the decision table."""

    def act() -> RubricOut:
        file = rubrics.switch_on(tx, number, version=version_in(if_match), by=user, now=now)
        return _out(tx, file, settings.base_url)

    return once(None, act, by=user)


def effects_out(found: Reweighing) -> EffectsOut:
    return EffectsOut(
        verdicts=found.verdicts,
        compared=len(found.cases),
        only_unanswered=found.only_unanswered,
        changed=[
            ChangedOut(
                verdict=each.judged.number,
                tool=each.judged.tool,
                slug=each.judged.slug,
                evaluation=each.judged.evaluation_id,
                before=each.effect.before.outcome,
                after=each.effect.after.outcome,
                before_row=each.effect.before.row.number,
                after_row=each.effect.after.row.number,
                causes=list(each.effect.causes),
                unanswered=list(each.effect.unanswered),
                only_unanswered=each.effect.only_unanswered,
            )
            for each in found.changed
        ],
    )


def _out(session: Session, file: RubricFile, base_url: str) -> RubricOut:
    uses = store.uses(session).get(file.content_hash, Uses())
    standing = store.switches(session).get(file.kind)
    return RubricOut(
        number=file.number,
        kind="rubric" if file.kind == "rubric" else "decision_table",
        name=file.name,
        version=file.version,
        title=rubrics.title_of(file),
        content_hash=file.content_hash,
        stored_at=file.loaded_at,
        in_force=standing is not None and standing.content_hash == file.content_hash,
        evaluations_under_way=uses.running,
        evaluations_finished=uses.closed,
        url=f"{base_url}/rubrics/{file.number}",
    )
