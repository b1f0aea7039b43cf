"""Wire shapes of rubrics, decision tables and offices, written by hand like all of the API's."""

from datetime import datetime
from typing import Literal

from pydantic import Field
from pydantic.config import JsonDict

from registry.domain.outcome import Outcome
from registry.web.deps import Plain
from registry.web.schemas import Sent, Shape
from registry.web.strict import NEEDED, Whole

ROWS: JsonDict = {"propertyNames": {"pattern": "^[1-9][0-9]?$"}}
Kind = Literal["rubric", "decision_table"]


class RubricOut(Shape):
    number: int = Field(description="What its address calls it.")
    kind: Kind
    name: str = Field(examples=["technology"])
    version: int
    title: str
    content_hash: str = Field(description="SHA-256 of the file.")
    stored_at: datetime
    in_force: bool = Field(description="Whether new evaluations are opened with it.")
    evaluations_under_way: int
    evaluations_finished: int
    url: str


class WholeRubricOut(RubricOut):
    text: str = Field(description="The file as it was stored.")


class RubricIn(Sent):
    text: str = Field(description="A whole rubric or decision table file, TOML.")


class FileFaultOut(Shape):
    file: str
    sentence: str


class LookOut(Shape):
    stored: list[RubricOut]
    faults: list[FileFaultOut]


class DetailOut(Shape):
    label: str
    before: str
    after: str


class DifferenceOut(Shape):
    sort: Literal["added", "removed", "changed"]
    what: str = Field(examples=["R13 Energy"])
    details: list[DetailOut]


class CellOut(Shape):
    risk: str
    fit: str
    mitigation: str
    before: Outcome
    after: Outcome


class ChangedOut(Shape):
    verdict: int
    tool: str
    slug: str
    evaluation: int
    before: Outcome
    after: Outcome
    before_row: int
    after_row: int
    causes: list[str]
    unanswered: list[str] = Field(description="What nobody was asked then; it counts as unknown.")
    only_unanswered: bool = Field(description="With the best answers to these it would stay.")


class EffectsOut(Shape):
    verdicts: int = Field(description="How many verdicts came out of evaluations.")
    compared: int = Field(description="The newest of them, at most 1,000.")
    only_unanswered: int
    changed: list[ChangedOut]


class ComparisonOut(Shape):
    before: RubricOut
    after: RubricOut
    differences: list[DifferenceOut]
    cells: list[CellOut]
    effects: EffectsOut


class OfficeOut(Shape):
    code: str = Field(examples=["hq"])
    version: int = Field(description="Rises with each change; the start of its ETag.")
    name: str
    default_rule: str = Field(description="What holds here for a tool that nobody decided on.")
    decision_table: int = Field(description="Number of the decision table file that the outcomes are for.")
    outcomes: dict[int, Outcome] = Field(
        description="Its own outcomes by row; the other rows are the table's."
    )


class OfficeIn(Sent):
    code: Plain = Field(json_schema_extra=NEEDED)
    name: Plain = Field(json_schema_extra=NEEDED)
    default_rule: Plain = ""


class OfficeChangeIn(Sent):
    name: Plain | None = None
    default_rule: Plain | None = None
    decision_table: Whole | None = Field(
        default=None, description="Its file's number; else the one in force."
    )
    outcomes: dict[int, Outcome] | None = Field(
        default=None,
        json_schema_extra=ROWS,
        description="All its own outcomes by row; `{}` takes the table's. Left out: they stay.",
    )


class OutcomesIn(Sent):
    decision_table: Whole | None = None
    outcomes: dict[int, Outcome] = Field(json_schema_extra=ROWS)
