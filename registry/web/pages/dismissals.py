"""What was dismissed and why, by month and source; every number opens the list behind it."""

from collections.abc import Sequence
from dataclasses import replace

from fastapi import Request, Response

from registry.domain.triage import REASON_LABELS, CandidateStatus, DismissReason
from registry.domain.values import dataclass
from registry.services.candidates import dismissals
from registry.services.candidates.dismissals import Dismissals
from registry.web.deps import House, Insider, Now, Read
from registry.web.files import as_files, json_file, sheet_file
from registry.web.inbox_filter import SINCE, Wanted
from registry.web.render import render
from registry.web.routing import page_router
from registry.web.shapes import Link

router = page_router()
DISMISSED = Wanted(status=CandidateStatus.DISMISSED)
MOST_SOURCES = 50


@dataclass(frozen=True)
class Cell:
    count: int
    url: str


@dataclass(frozen=True)
class Line:
    label: str
    cells: Sequence[Cell]
    total: Cell


@dataclass(frozen=True)
class DismissalsPage:
    total: int
    finding: str
    """What the table says, in a sentence."""
    months: Sequence[str]
    reasons: Sequence[Line]
    """A line a reason, a cell a month."""
    sums: Sequence[Cell]
    heads: Sequence[str]
    sources: Sequence[Line]
    """A line a source, a cell a reason."""
    left_out: int
    formats: Sequence[Link]


@router.get("/inbox/dismissals")
def show_dismissals(request: Request, read: Read, _user: Insider, settings: House, now: Now) -> Response:
    found = dismissals.report(read, zone=settings.zone, now=now)
    return render(request, "inbox/dismissals.html", _page(found))


@router.get("/inbox/dismissals.json")
def download_json(request: Request, read: Read, _user: Insider, settings: House, now: Now) -> Response:
    found = dismissals.report(read, zone=settings.zone, now=now)
    return json_file(request, "rows", as_json(found, settings.base_url)["rows"])


@router.get("/inbox/dismissals.csv")
@router.get("/inbox/dismissals.xlsx")
def download_sheet(request: Request, read: Read, _user: Insider, settings: House, now: Now) -> Response:
    """A row for each month, or source, and reason with any."""
    found = as_json(dismissals.report(read, zone=settings.zone, now=now), settings.base_url)
    return sheet_file(request, "dismissals", ("by", "name", "reason", "count", "url"), found["rows"])


def as_json(found: Dismissals, base_url: str) -> dict[str, list[dict[str, object]]]:
    """One row for each number that is not 0, with the address of the list behind it."""
    since = _since(found)
    rows: list[dict[str, object]] = [
        {
            "by": "month",
            "name": month,
            "reason": reason.value,
            "count": count,
            "url": base_url + replace(DISMISSED, reasons=(reason,), month=month).address,
        }
        for (month, reason), count in sorted(found.counts.items(), reverse=True)
    ]
    rows += [
        {
            "by": "source",
            "name": each.name,
            "reason": reason.value,
            "count": count,
            "url": base_url + replace(since, reasons=(reason,), sources=(each.source_id,)).address,
        }
        for each in found.sources
        for reason, count in sorted(each.counts.items())
    ]
    return {"rows": rows}


def _page(found: Dismissals) -> DismissalsPage:
    since = _since(found)
    months = [each for each in found.months if found.of_month(each)] or list(found.months[:1])
    reasons = [
        Line(
            REASON_LABELS[reason],
            [
                Cell(
                    found.counts.get((month, reason), 0),
                    replace(DISMISSED, reasons=(reason,), month=month).address,
                )
                for month in months
            ],
            Cell(found.of_reason(reason), replace(since, reasons=(reason,)).address),
        )
        for reason in DismissReason
    ]
    sources = [
        Line(
            each.name,
            [
                Cell(
                    each.counts.get(reason, 0),
                    replace(since, reasons=(reason,), sources=(each.source_id,)).address,
                )
                for reason in DismissReason
            ],
            Cell(each.total, replace(since, sources=(each.source_id,)).address),
        )
        for each in found.sources
    ]
    return DismissalsPage(
        total=found.total,
        finding=_finding(found),
        months=months,
        reasons=reasons,
        sums=[Cell(found.of_month(each), replace(DISMISSED, month=each).address) for each in months],
        heads=[REASON_LABELS[reason] for reason in DismissReason],
        sources=sources[:MOST_SOURCES],
        left_out=max(0, len(sources) - MOST_SOURCES),
        formats=as_files("/inbox/dismissals.csv"),
    )


def _since(found: Dismissals) -> Wanted:
    """What was dismissed in the time of the report."""
    return replace(DISMISSED, month=found.months[-1] + SINCE)


def _finding(found: Dismissals) -> str:
    if not found.total:
        return "Nothing was dismissed in the last twelve months."
    most = max(DismissReason, key=found.of_reason)
    told = (
        f"{found.total:,} were dismissed in the last twelve months. The commonest reason was "
        f"“{REASON_LABELS[most].lower()}” ({found.of_reason(most):,})."
    )
    if found.sources:
        told += f" Most came from {found.sources[0].name}: {found.sources[0].total:,}."
    return told
