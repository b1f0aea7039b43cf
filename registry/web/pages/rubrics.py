"""The stored rubrics and decision tables, to be read in words."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from fastapi import APIRouter, Request, Response

from registry.domain.decision_table import DecisionTable, FitBand, Mitigation, RiskBand
from registry.domain.rubric import Rubric
from registry.services import rubrics
from registry.store import rubrics as store
from registry.web.deps import Insider, Read
from registry.web.render import render

router = APIRouter(prefix="/rubrics")


@dataclass(frozen=True)
class TableRow:
    number: int
    risk: str
    fit: str
    mitigation: str
    outcome: str
    note: str


@dataclass(frozen=True)
class Table:
    name: str
    version: int
    hash: str
    rows: Sequence[TableRow]


@dataclass(frozen=True)
class RubricsPage:
    rubrics: Sequence[Rubric]
    tables: Sequence[Table]


@router.get("")
def show_rubrics(request: Request, read: Read, _user: Insider) -> Response:
    files = store.all_files(read)
    page = RubricsPage(
        [rubrics.rubric(read, each.content_hash) for each in files if each.kind == "rubric"],
        [
            _table(rubrics.decision_table(read, each.content_hash))
            for each in files
            if each.kind == "decision_table"
        ],
    )
    return render(request, "rubrics/list.html", page)


def _table(table: DecisionTable) -> Table:
    return Table(
        table.name,
        table.version,
        table.content_hash[:12],
        [
            TableRow(
                row.number,
                _named(row.risks, RiskBand),
                _named(row.fits, FitBand),
                _named(row.mitigations, Mitigation),
                row.outcome.value,
                row.note,
            )
            for row in table.rows
        ],
    )


def _named(chosen: Collection[StrEnum], every: type[StrEnum]) -> str:
    return "any" if len(chosen) == len(every) else " or ".join(each for each in every if each in chosen)
