"""Offices: their names, default rules and own outcomes, and what other outcomes would change."""

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput, RubricInvalid
from registry.services.people import offices as acts
from registry.services.rubrics.comparing import compare_outcomes
from registry.store import offices
from registry.store import rubrics as files
from registry.store.tables import Office
from registry.web.api.replies import IfMatch, Once, told, version_in
from registry.web.api.rubrics import effects_out
from registry.web.deps import Now, Read, RubricKeeper, RubricReader, Slug, Tx
from registry.web.routing import api_router
from registry.web.rubric_schemas import EffectsOut, OfficeChangeIn, OfficeIn, OfficeOut, OutcomesIn
from registry.web.schemas import Page

router = api_router("/offices", tag="offices")


@router.get("", response_model=Page[OfficeOut], summary="Every office, by name")
def list_offices(request: Request, read: Read, _user: RubricReader) -> Response:
    """With the outcomes that hold for the decision table in force, on one page."""
    items = [_out(read, each) for each in offices.all_offices(read)]
    return told(request, Page[OfficeOut](items=items, next=None), private=True)


@router.post("", response_model=OfficeOut, status_code=201, summary="Add an office")
def add_office(tx: Tx, user: RubricKeeper, now: Now, asked: OfficeIn, once: Once) -> Response:
    """Its code stands in addresses and verdicts and never changes."""

    def act() -> OfficeOut:
        row = acts.add(
            tx, code=asked.code, name=asked.name, default_rule=asked.default_rule, by=user, now=now
        )
        return _out(tx, row)

    return once(asked, act, by=user, status=201)


@router.get("/{code}", response_model=OfficeOut, summary="One office")
def show_office(code: Slug, request: Request, read: Read, _user: RubricReader) -> Response:
    """Its ETag begins with its version, which a change may name in `If-Match`."""
    office = offices.get(read, code)
    return told(request, _out(read, office), mark=str(office.version), private=True)


@router.patch("/{code}", response_model=OfficeOut, summary="Write an office's next version")
def change_office(
    code: Slug,
    tx: Tx,
    user: RubricKeeper,
    now: Now,
    asked: OfficeChangeIn,
    once: Once,
    if_match: IfMatch = None,
) -> Response:
    """What is left out stays. 422, naming the two cells, where the outcomes are no sound column."""

    def act() -> OfficeOut:
        office = offices.get(tx, code)
        changed = acts.change(
            tx,
            code,
            name=office.name if asked.name is None else asked.name,
            default_rule=office.default_rule if asked.default_rule is None else asked.default_rule,
            table_number=asked.decision_table,
            outcomes=asked.outcomes,
            version=version_in(if_match),
            by=user,
            now=now,
        )
        return _out(tx, changed, asked.decision_table)

    return once(asked, act, by=user)


@router.post("/{code}/try", response_model=EffectsOut, summary="What other outcomes would change")
def try_outcomes(code: Slug, read: Read, _user: RubricReader, now: Now, asked: OutcomesIn) -> EffectsOut:
    """In past verdicts that hold for this office; nothing is stored."""
    offices.get(read, code)
    try:
        table = acts.table_of(read, asked.decision_table)
        return effects_out(compare_outcomes(read, code, table, asked.outcomes, now=now))
    except RubricInvalid as refused:
        raise InvalidInput("These outcomes do not go together.", {"outcomes": refused.sentence}) from refused


def _out(session: Session, office: Office, number: int | None = None) -> OfficeOut:
    table = acts.table_of(session, number)
    held = offices.holding(session, table.content_hash).get(office.code)
    return OfficeOut(
        code=office.code,
        version=office.version,
        name=office.name,
        default_rule=office.default_rule,
        decision_table=files.get(session, table.content_hash).number,
        outcomes=dict(offices.outcomes_of(held)),
    )
