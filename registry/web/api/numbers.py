"""The numbers of the office, the list behind each, and agreement on each criterion."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Path, Query, Request, Response

from registry.domain.spans import Span, Stage
from registry.services.numbers import agreement
from registry.services.numbers.numbers import BANDS, Numbers
from registry.services.numbers.numbers_behind import LISTS, Sheet, behind
from registry.web.api.replies import told
from registry.web.deps import House, Insider, Now, Plain, Read
from registry.web.number_schemas import (
    AgeOut,
    AgreementOut,
    AgreementsOut,
    GroupOut,
    NumbersOut,
    SheetOut,
    SourceYieldOut,
    SpanOut,
    UnansweredOut,
)
from registry.web.pages.agreement import BehindOf, chosen_rubric, code_of, sheet_of
from registry.web.pages.dashboard import ListOf, WantedOf, counted, readings
from registry.web.routing import api_router

router = api_router(tag="numbers")
Rubric = Annotated[Plain, Query(description="Name and version, such as technology-1; else the one in force.")]
Which = Annotated[str, Path(max_length=20, description=f"One of: {', '.join(LISTS)}.")]


@router.get("/numbers", response_model=NumbersOut, summary="How the office does")
def show_numbers(
    request: Request,
    read: Read,
    _user: Insider,
    house: House,
    now: Now,
    wanted: WantedOf,
) -> Response:
    """Every number of the dashboard; what each counts is told there. Days run from moment to moment."""
    found = counted(request, read, wanted, house.zone, now)
    return told(request, _out(found), private=True)


@router.get("/numbers/{code}", response_model=SheetOut, summary="The list behind a number")
def show_list(
    request: Request,
    code: Which,
    read: Read,
    _user: Insider,
    house: House,
    now: Now,
    asked: ListOf,
) -> Response:
    """Just what the number counts, narrowed as the number was."""
    sheet = behind(read, code, asked, zone=house.zone, now=now)
    return told(request, _sheet(sheet), private=True)


@router.get("/agreement", response_model=AgreementsOut, summary="How alike people read each criterion")
def show_agreement(
    request: Request, read: Read, _user: Insider, house: House, now: Now, rubric: Rubric = ""
) -> Response:
    """First scorecards of decided evaluations, of the last eight quarters."""
    chosen, _ = chosen_rubric(read, rubric)
    names = [name for name, _ in agreement.quarters(now, house.zone)]
    body = AgreementsOut(
        rubric=code_of(chosen),
        criteria=[
            AgreementOut(
                criterion=each.criterion.id,
                name=each.criterion.name,
                alpha=each.whole.alpha,
                evaluations=each.whole.evaluations,
                said=each.said,
                trend=each.trend,
                quarters={name: one.alpha for name, one in zip(names, each.series, strict=True)},
            )
            for each in readings(request, read, chosen, house.zone, now)
        ],
    )
    return told(request, body, private=True)


@router.get(
    "/agreement/{criterion_id}", response_model=SheetOut, summary="The evaluations behind one criterion"
)
def show_behind(
    request: Request,
    criterion_id: Annotated[str, Path(max_length=20, description="Such as R1.")],
    read: Read,
    _user: Insider,
    house: House,
    now: Now,
    asked: BehindOf,
) -> Response:
    """What reviewers gave, without who gave it, the widest apart first."""
    return told(request, _sheet(sheet_of(read, criterion_id, asked, house.zone, now)), private=True)


def _out(found: Numbers) -> NumbersOut:
    return NumbersOut(
        since=found.since,
        verdicts=found.verdicts,
        stages=_stages(found.stages),
        groups=[
            GroupOut(key=each.key, verdicts=each.verdicts, stages=_stages(each.stages))
            for each in found.groups
        ],
        overrides=found.overrides,
        milder=found.milder,
        waiting=[
            AgeOut(age=age, candidates=candidates, evaluations=evaluations)
            for (_, age), candidates, evaluations in zip(
                BANDS, found.candidates, found.evaluations, strict=True
            )
        ],
        overdue=found.overdue,
        due_soon=found.due_soon,
        lapsed=found.lapsed,
        permitted=found.permitted,
        mix={outcome.value: count for outcome, count in found.mix.items()},
        sources=[
            SourceYieldOut(id=each.id, name=each.name, candidates=each.candidates, accepted=each.accepted)
            for each in found.sources
        ],
        unanswered=[
            UnansweredOut(query=query, times=times, last_at=last) for query, times, last in found.unanswered
        ],
    )


def _stages(stages: Mapping[Stage, Span]) -> dict[Stage, SpanOut]:
    return {
        stage: SpanOut(count=span.count, median_days=_days(span.median), slow_days=_days(span.slow))
        for stage, span in stages.items()
    }


def _days(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _sheet(sheet: Sheet) -> SheetOut:
    rows: list[dict[str, Any]] = [
        {key: cell.said if cell.value is None else cell.value for key, cell in row.items()}
        for row in sheet.rows
    ]
    return SheetOut(
        title=sheet.title,
        definition=sheet.definition,
        total=sheet.total,
        columns=[key for key, *_ in sheet.columns],
        rows=rows,
    )
