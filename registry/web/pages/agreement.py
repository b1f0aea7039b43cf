"""How well reviewers agree on each criterion of a rubric, and the evaluations behind each figure."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Annotated

from fastapi import Depends, Query, Request, Response
from sqlmodel import Session

from registry.domain.errors import NotFound, UnknownCriterion
from registry.domain.rubric import Rubric
from registry.domain.values import dataclass
from registry.services.numbers import agreement
from registry.services.numbers.agreement import QUARTERS, Reading
from registry.services.numbers.numbers_behind import Cell, Sheet
from registry.services.rubrics import rubrics
from registry.store import rubrics as store
from registry.web.charts import Sparkline, sparkline
from registry.web.deps import Asked, House, Insider, Now, Plain, Read, Slug
from registry.web.pages.dashboard import ListPage, as_csv, formats_of, readings, rows_of
from registry.web.render import render
from registry.web.routing import page_router
from registry.web.shapes import Link, Option
from registry.web.words import words

router = page_router("/agreement")


@dataclass(frozen=True)
class AskedFigure:
    rubric: str
    quarter: str


def read_figure(
    rubric: Annotated[
        Plain, Query(description="Name and version, such as technology-1; else the one in force.")
    ] = "",
    quarter: Annotated[Plain, Query(description="One of the last eight, such as 2026-Q3; else all.")] = "",
) -> AskedFigure:
    return AskedFigure(rubric, quarter)


BehindOf = Annotated[AskedFigure, Depends(read_figure)]


@dataclass(frozen=True)
class Quarter:
    name: str
    figure: str
    evaluations: int
    url: str


@dataclass(frozen=True)
class ReadingRow:
    id: str
    name: str
    question: str
    figure: str
    said: str
    evaluations: int
    url: str
    trend: str
    spark: Sparkline
    spark_said: str
    quarters: Sequence[Quarter]


@dataclass(frozen=True)
class AgreementPage:
    rubric: str
    title: str
    rubrics: Sequence[Option]
    rows: Sequence[ReadingRow]
    tells: bool
    formats: Sequence[Link]


@router.get("")
def show_agreement(
    request: Request, read: Read, _user: Insider, house: House, now: Now, rubric: Asked = ""
) -> Response:
    chosen, options = chosen_rubric(read, rubric)
    found = readings(request, read, chosen, house.zone, now)
    names = [name for name, _ in agreement.quarters(now, house.zone)]
    page = AgreementPage(
        rubric=code_of(chosen),
        title=chosen.title,
        rubrics=options,
        rows=[_row(each, chosen, names) for each in found],
        tells=any(each.whole.evaluations for each in found),
        formats=[Link("JSON", f"/api/v1/agreement?rubric={code_of(chosen)}")],
    )
    return render(request, "dashboard/agreement.html", page)


@router.get("/{criterion_id}.csv")
def download_behind(
    request: Request, criterion_id: Slug, asked: BehindOf, read: Read, _user: Insider, house: House, now: Now
) -> Response:
    return as_csv(request, criterion_id, rows_of(sheet_of(read, criterion_id, asked, house.zone, now)))


@router.get("/{criterion_id}")
def show_behind(
    request: Request, criterion_id: Slug, asked: BehindOf, read: Read, _user: Insider, house: House, now: Now
) -> Response:
    page = ListPage(
        sheet_of(read, criterion_id, asked, house.zone, now),
        formats_of(request, f"/agreement/{criterion_id}.csv", f"/api/v1/agreement/{criterion_id}"),
        Link("Agreement on every criterion", "/agreement"),
    )
    return render(request, "dashboard/list.html", page)


def chosen_rubric(session: Session, wanted: str) -> tuple[Rubric, list[Option]]:
    """The rubric of that name and version, such as `technology-1`, else the one in force; and all that there are."""
    every = [rubrics.as_rubric(file) for file in store.all_files(session) if file.kind == "rubric"]
    options = [Option(code_of(each), each.title) for each in every]
    if not wanted:
        return rubrics.current(session)[0], options
    found = next((each for each in every if code_of(each) == wanted), None)
    if found is None:
        raise NotFound(
            f"There is no rubric {wanted}. Choose one of: {', '.join(each.value for each in options)}."
        )
    return found, options


def code_of(rubric: Rubric) -> str:
    return f"{rubric.name}-{rubric.version}"


def sheet_of(session: Session, criterion_id: str, asked: AskedFigure, zone: tzinfo, now: datetime) -> Sheet:
    """The evaluations behind one figure. Raises NotFound for a rubric or a criterion that is not there."""
    rubric, _ = chosen_rubric(session, asked.rubric)
    quarter = asked.quarter
    try:
        criterion = rubric.criterion(criterion_id)
    except UnknownCriterion as error:
        raise NotFound(error.sentence) from error
    found = agreement.behind(session, rubric, criterion_id, quarter=quarter, zone=zone, now=now)
    when = f" in {quarter}" if quarter else ""
    rows = [
        {
            "name": Cell(each.tool, f"/verdicts/{each.verdict}" if each.verdict else "", each.verdict),
            "opened_at": Cell(each.opened_at.astimezone(zone).date().isoformat(), value=each.opened_at),
            "given": Cell(", ".join(_said(rating) for rating in each.given), value=list(each.given)),
            "apart": Cell(str(each.apart), value=each.apart),
        }
        for each in found
    ]
    columns = [("name", "Decided on", False), ("opened_at", "Opened", False), ("given", "Given", False)]
    definition = (
        f"{criterion.question} First scorecards of two or more reviewers{when}, the widest apart first."
    )
    return Sheet(
        f"{criterion.id} {criterion.name}: what reviewers gave",
        definition,
        [*columns, ("apart", "Apart", True)],
        rows,
        len(rows),
    )


def _said(rating: str) -> str:
    return rating if rating.isdigit() else words(rating).lower()


def _row(each: Reading, rubric: Rubric, names: Sequence[str]) -> ReadingRow:
    url = f"/agreement/{each.criterion.id}?rubric={code_of(rubric)}"
    quarters = [
        Quarter(name, figure_text(one.alpha), one.evaluations, f"{url}&quarter={name}")
        for name, one in zip(names, each.series, strict=True)
    ]
    points = [
        (f"{name}: {figure_text(one.alpha)}", one.alpha) for name, one in zip(names, each.series, strict=True)
    ]
    told = [label for label, value in points if value is not None]
    return ReadingRow(
        id=each.criterion.id,
        name=each.criterion.name,
        question=each.criterion.question,
        figure=figure_text(each.whole.alpha),
        said=each.said,
        evaluations=each.whole.evaluations,
        url=url,
        trend=each.trend,
        spark=sparkline(points),
        spark_said=", ".join(told) or f"no figure in the last {QUARTERS} quarters",
        quarters=quarters,
    )


def figure_text(alpha: float | None) -> str:
    return "–" if alpha is None else f"{alpha:.2f}".replace("-", "−")
