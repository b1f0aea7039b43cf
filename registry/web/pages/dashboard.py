"""The numbers of the office, and the list behind each of them; as pages and as sheets."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime, tzinfo
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotFound
from registry.domain.outcome import Outcome
from registry.domain.rubric import Rubric
from registry.domain.spans import STAGES, Stage
from registry.domain.values import dataclass
from registry.publish.sheet import FORMULA_SIGNS
from registry.services.numbers import agreement
from registry.services.numbers.agreement import Reading
from registry.services.numbers.numbers import BANDS, By, Numbers, Wanted, numbers
from registry.services.numbers.numbers_behind import Asked as AskedList
from registry.services.numbers.numbers_behind import Sheet, behind
from registry.services.rubrics import rubrics
from registry.web.deps import House, Insider, Now, Plain, Read
from registry.web.etag import conditional
from registry.web.pages.dashboard_view import dashboard_page
from registry.web.parts import parts_of
from registry.web.render import render
from registry.web.routing import page_router
from registry.web.shapes import Link
from registry.web.typed import number

router = page_router()


def read_wanted(
    since: Annotated[
        Plain, Query(description="Verdicts decided since this day; else of the last year.")
    ] = "",
    tier: Annotated[Plain, Query(description="1, 2 or 3.")] = "",
    outcome: Annotated[Plain, Query(description="Verdicts of this outcome alone.")] = "",
    by: Annotated[Plain, Query(description="quarter, month, tier or outcome.")] = "",
) -> Wanted:
    """What the times are narrowed to. Raises InvalidInput naming what may stand there."""
    faults: dict[str, str] = {}
    try:
        begin = date.fromisoformat(since) if since else None
        if begin is not None and not 1990 <= begin.year <= 2200:
            raise ValueError(since)
    except ValueError:
        begin, faults["since"] = None, "Write the day as year-month-day, such as 2026-03-31."
    if tier not in ("", "1", "2", "3"):
        faults["tier"] = "Choose tier 1, 2 or 3."
    if outcome and outcome not in tuple(Outcome):
        faults["outcome"] = f"Choose one of: {', '.join(Outcome)}."
    if by and by not in tuple(By):
        faults["by"] = f"Choose one of: {', '.join(By)}."
    if faults:
        raise InvalidInput(" ".join(faults.values()), faults)
    return Wanted(
        begin,
        int(tier) if tier else None,
        Outcome(outcome) if outcome else None,
        By(by) if by else By.QUARTER,
    )


WantedOf = Annotated[Wanted, Depends(read_wanted)]


def read_list(
    wanted: WantedOf,
    group: Annotated[Plain, Query(description="One group of the times alone, such as 2026-Q3.")] = "",
    stage: Annotated[
        Plain, Query(description="Of the times: the verdicts that this stage was measured in.")
    ] = "",
    mix: Annotated[Plain, Query(description="Of the mix: this outcome alone.")] = "",
    what: Annotated[
        Plain, Query(description="backlog: candidates or evaluations; yield: accepted; overrides: milder.")
    ] = "",
    band: Annotated[Plain, Query(description="Of the backlog: which age, 0 the youngest.")] = "",
    source: Annotated[Plain, Query(description="Of the yield: the source's id.")] = "",
) -> AskedList:
    return AskedList(wanted, group[:40], stage, mix, what, number(band), number(source))


ListOf = Annotated[AskedList, Depends(read_list)]


@dataclass(frozen=True)
class ListPage:
    sheet: Sheet
    formats: Sequence[Link]
    back: Link


@router.get("/dashboard")
def show_dashboard(
    request: Request,
    read: Read,
    _user: Insider,
    house: House,
    now: Now,
    wanted: WantedOf,
) -> Response:
    found = counted(request, read, wanted, house.zone, now)
    try:
        rubric, _ = rubrics.current(read)
    except NotFound:  # nobody has taken a rubric in yet, so nobody scored
        return render(request, "dashboard/show.html", dashboard_page(found, [], ""))
    agreed = readings(request, read, rubric, house.zone, now)
    return render(
        request, "dashboard/show.html", dashboard_page(found, agreed, f"{rubric.name}-{rubric.version}")
    )


@router.get("/dashboard.csv")
def download_numbers(
    request: Request,
    read: Read,
    _user: Insider,
    house: House,
    now: Now,
    wanted: WantedOf,
) -> Response:
    found = counted(request, read, wanted, house.zone, now)
    return as_csv(request, "numbers", [("number", "of", "value"), *flat(found)])


@router.get("/dashboard/{code}.csv")
def download_list(
    request: Request, code: str, asked: ListOf, read: Read, _user: Insider, house: House, now: Now
) -> Response:
    sheet = behind(read, code, asked, zone=house.zone, now=now)
    return as_csv(request, code, rows_of(sheet))


@router.get("/dashboard/{code}")
def show_list(
    request: Request, code: str, asked: ListOf, read: Read, _user: Insider, house: House, now: Now
) -> Response:
    page = ListPage(
        behind(read, code, asked, zone=house.zone, now=now),
        formats_of(request, f"/dashboard/{code}.csv", f"/api/v1/numbers/{code}"),
        Link("All numbers", "/dashboard"),
    )
    return render(request, "dashboard/list.html", page)


def counted(request: Request, session: Session, wanted: Wanted, zone: tzinfo, now: datetime) -> Numbers:
    """The numbers, never older than the last act that they are counted from."""
    return numbers(session, wanted, zone=zone, now=now, keep=parts_of(request).kept.at(session, now))


def readings(
    request: Request, session: Session, rubric: Rubric, zone: tzinfo, now: datetime
) -> list[Reading]:
    """Agreement on each criterion of a rubric, kept as the numbers are."""
    return agreement.readings(
        session, rubric, zone=zone, now=now, keep=parts_of(request).kept.at(session, now)
    )


def formats_of(request: Request, sheet: str, data: str) -> list[Link]:
    query = urlencode([(name, value) for name, value in request.query_params.multi_items() if value])
    return [Link("CSV", f"{sheet}?{query}".rstrip("?")), Link("JSON", f"{data}?{query}".rstrip("?"))]


def rows_of(sheet: Sheet) -> list[Sequence[str]]:
    return [
        [label for _, label, _ in sheet.columns],
        *([row[key].said for key, *_ in sheet.columns] for row in sheet.rows),
    ]


def flat(found: Numbers) -> list[tuple[str, str, str]]:
    """Each number as (its code, of what, value), in the order of the page."""
    rows = [("verdicts", "", str(found.verdicts))]
    for stage in Stage:
        span, label = found.stages[stage], STAGES[stage].label
        rows += [(f"{stage}_count", label, str(span.count))]
        rows += [(f"{stage}_median_days", label, _decimal(span.median))]
        rows += [(f"{stage}_85th_percentile_days", label, _decimal(span.slow))]
    for group in found.groups:
        span = group.stages[Stage.REVIEW]
        rows += [("review_median_days", group.key, _decimal(span.median))]
        rows += [("review_85th_percentile_days", group.key, _decimal(span.slow))]
    for what, counts in (("candidates", found.candidates), ("evaluations", found.evaluations)):
        rows += [(f"{what}_open", age, str(count)) for (_, age), count in zip(BANDS, counts, strict=True)]
    rows += [("overdue", "", str(found.overdue)), ("due_soon", "", str(found.due_soon))]
    rows += [("lapsed", f"of {found.permitted}", str(found.lapsed))]
    rows += [("overrides", f"of {found.verdicts}", str(found.overrides)), ("milder", "", str(found.milder))]
    rows += [("mix", outcome.value, str(count)) for outcome, count in found.mix.items()]
    for source in found.sources:
        rows += [("source_candidates", source.name, str(source.candidates))]
        rows += [("source_accepted", source.name, str(source.accepted))]
    return rows + [("unanswered", query, str(times)) for query, times, _ in found.unanswered]


def as_csv(request: Request, name: str, rows: Iterable[Sequence[str]]) -> Response:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([_cell(each) for each in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Vary": "Cookie"}
    body = b"\xef\xbb\xbf" + text.getvalue().encode()
    return conditional(request, body, "text/csv; charset=utf-8", cache="private, no-cache", headers=headers)


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def _decimal(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
