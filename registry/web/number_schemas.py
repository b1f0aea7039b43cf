"""Wire shapes of the numbers, of the lists behind them, and of agreement."""

from datetime import date, datetime
from typing import Any

from pydantic import Field

from registry.domain.spans import Stage
from registry.web.schemas import Shape


class SpanOut(Shape):
    count: int
    median_days: float | None = Field(description="Half of the cases took no longer; null for no case.")
    slow_days: float | None = Field(description="The 85th percentile, by nearest rank.")


class GroupOut(Shape):
    key: str = Field(examples=["2026-Q3"])
    verdicts: int
    stages: dict[Stage, SpanOut]


class AgeOut(Shape):
    age: str = Field(examples=["a week to a month"])
    candidates: int
    evaluations: int


class SourceYieldOut(Shape):
    id: int
    name: str
    candidates: int = Field(description="That its entries of the last year speak of.")
    accepted: int


class UnansweredOut(Shape):
    query: str
    times: int
    last_at: datetime


class NumbersOut(Shape):
    since: date = Field(description="First day on which a verdict of the times was decided.")
    verdicts: int
    stages: dict[Stage, SpanOut]
    groups: list[GroupOut] = Field(description="In the order of their keys.")
    overrides: int = Field(description="Decided otherwise than recommended.")
    milder: int
    waiting: list[AgeOut] = Field(description="Open candidates and evaluations at work, the youngest first.")
    overdue: int
    due_soon: int
    lapsed: int
    permitted: int = Field(description="Approvals in force and lapsed ones: what `lapsed` is a share of.")
    mix: dict[str, int]
    sources: list[SourceYieldOut]
    unanswered: list[UnansweredOut]


class SheetOut(Shape):
    title: str
    definition: str
    total: int
    columns: list[str]
    rows: list[dict[str, Any]] = Field(description="By column; a value, or its words where there is none.")


class AgreementOut(Shape):
    criterion: str = Field(examples=["R1"])
    name: str
    alpha: float | None = Field(description="Krippendorff's, ordinal; null where it is not defined.")
    evaluations: int = Field(description="Scored by two people or more.")
    said: str
    trend: str
    quarters: dict[str, float | None]


class AgreementsOut(Shape):
    rubric: str = Field(examples=["technology-1"])
    criteria: list[AgreementOut] = Field(description="Those read least alike first.")
