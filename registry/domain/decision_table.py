"""The decision table: which outcome the first matching row recommends for a risk, a fit and a mitigation;
finding these three is left to assessment."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from hashlib import sha256
from itertools import product

from registry.domain.errors import RubricInvalid
from registry.domain.outcome import STRICTNESS, Outcome
from registry.domain.table_file import Table, open_table
from registry.domain.values import dataclass


class RiskBand(StrEnum):
    """Worst first."""

    FORBIDDEN = "forbidden"
    EXTREME = "extreme"
    HIGH = "high"
    MODERATE = "moderate"
    LOW = "low"


class FitBand(StrEnum):
    """Best first."""

    STRONG = "strong"
    ADEQUATE = "adequate"
    WEAK = "weak"


class Mitigation(StrEnum):
    """Best first."""

    FULL = "full"
    PARTIAL = "partial"
    NONE = "none"


Cell = tuple[RiskBand, FitBand, Mitigation]

RISK_BADNESS: dict[RiskBand, int] = {band: rank for rank, band in enumerate(reversed(RiskBand))}
FIT_BADNESS: dict[FitBand, int] = {band: rank for rank, band in enumerate(FitBand)}
MITIGATION_BADNESS: dict[Mitigation, int] = {each: rank for rank, each in enumerate(Mitigation)}

CELLS: tuple[Cell, ...] = tuple(product(RiskBand, FitBand, Mitigation))
"""All 45 combinations that a table must answer."""


@dataclass(frozen=True)
class Row:
    number: int
    """The place in the file, from 1."""
    risks: frozenset[RiskBand]
    fits: frozenset[FitBand]
    mitigations: frozenset[Mitigation]
    outcome: Outcome
    preset_conditions: tuple[str, ...] = ()
    note: str = ""

    def matches(self, risk: RiskBand, fit: FitBand, mitigation: Mitigation) -> bool:
        return risk in self.risks and fit in self.fits and mitigation in self.mitigations


@dataclass(frozen=True)
class DecisionTable:
    name: str
    version: int
    rows: tuple[Row, ...]
    content_hash: str
    """SHA-256 of the file's bytes, in hexadecimal; an office's own outcomes do not change it."""

    def row_for(self, risk: RiskBand, fit: FitBand, mitigation: Mitigation) -> Row:
        """The first row from the top that matches. Raises RubricInvalid, naming the cell, where there is
        none."""
        for row in self.rows:
            if row.matches(risk, fit, mitigation):
                return row
        raise RubricInvalid(
            f"rows: none matches {_told((risk, fit, mitigation))}; each combination needs a row."
        )


def parse_decision_table(body: bytes) -> DecisionTable:
    """A table from the bytes of its TOML file, rows in file order.

    Raises RubricInvalid, whose sentence names the table and the key, the open cell, or the two cells where
    something worse is recommended a more permissive outcome.
    """
    table = open_table(body)
    parsed = DecisionTable(
        name=table.text("name"),
        version=table.whole("version"),
        rows=tuple(_row(number, each) for number, each in enumerate(table.tables("rows"), start=1)),
        content_hash=sha256(body).hexdigest(),
    )
    table.close()
    _refuse_unsound(parsed)
    return parsed


def with_outcomes(table: DecisionTable, column: Mapping[int, Outcome]) -> DecisionTable:
    """The table with an office's own outcomes, by row number; the rows that it does not name keep theirs.

    Raises RubricInvalid for a row that does not exist, and for what `parse_decision_table` refuses.
    """
    numbers = {row.number for row in table.rows}
    for number in column:
        if number not in numbers:
            raise RubricInvalid(f"rows.{number}: there is no such row; the table has {len(numbers)} rows.")
    changed = replace(
        table, rows=tuple(replace(row, outcome=column.get(row.number, row.outcome)) for row in table.rows)
    )
    _refuse_unsound(changed)
    return changed


def strictest(table: DecisionTable, columns: Iterable[Mapping[int, Outcome]]) -> DecisionTable:
    """The table with the strictest outcome of several offices' columns in each row.

    What is sound in each column is sound in the strictest of them, so nothing is checked anew.
    """
    held = list(columns)
    if not held:
        return table
    return replace(
        table,
        rows=tuple(
            replace(
                row,
                outcome=max(
                    (column.get(row.number, row.outcome) for column in held), key=STRICTNESS.__getitem__
                ),
            )
            for row in table.rows
        ),
    )


def _row(number: int, table: Table) -> Row:
    row = Row(
        number=number,
        risks=table.choices("risk", RiskBand),
        fits=table.choices("fit", FitBand),
        mitigations=table.choices("mitigation", Mitigation),
        outcome=table.choice("outcome", Outcome),
        preset_conditions=table.texts("preset_conditions"),
        note=table.text("note") if table.has("note") else "",
    )
    table.close()
    return row


def _refuse_unsound(table: DecisionTable) -> None:
    """Raises RubricInvalid for an open cell, and for the nearest two cells that break "worse is never
    more permissive"."""
    row_of = {cell: table.row_for(*cell) for cell in CELLS}
    broken = [
        (better, worse)
        for better, worse in product(CELLS, CELLS)
        if _may_worsen_to(better, worse)
        and STRICTNESS[row_of[worse].outcome] < STRICTNESS[row_of[better].outcome]
    ]
    if broken:
        better, worse = min(broken, key=lambda pair: _distance(*pair))
        raise RubricInvalid(
            f"rows: {_told(worse)} is worse than {_told(better)}, yet row {row_of[worse].number} gives it "
            f"{row_of[worse].outcome} where row {row_of[better].number} gives {row_of[better].outcome}."
        )


def _may_worsen_to(better: Cell, worse: Cell) -> bool:
    """Whether worse ratings, answers or covers can lead from the one cell to the other."""
    # A 4 and a knock-out need no cover: a bare 3 that becomes a 4 leaves its bad cover behind.
    loses_cover = worse[0] in (RiskBand.EXTREME, RiskBand.FORBIDDEN)
    return (
        RISK_BADNESS[better[0]] <= RISK_BADNESS[worse[0]]
        and FIT_BADNESS[better[1]] <= FIT_BADNESS[worse[1]]
        and (loses_cover or MITIGATION_BADNESS[better[2]] <= MITIGATION_BADNESS[worse[2]])
    )


def _distance(one: Cell, other: Cell) -> int:
    return (
        abs(RISK_BADNESS[one[0]] - RISK_BADNESS[other[0]])
        + abs(FIT_BADNESS[one[1]] - FIT_BADNESS[other[1]])
        + abs(MITIGATION_BADNESS[one[2]] - MITIGATION_BADNESS[other[2]])
    )


def _told(cell: Cell) -> str:
    return f"(risk {cell[0]}, fit {cell[1]}, mitigation {cell[2]})"
