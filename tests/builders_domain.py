"""The rubric, the decision table, and scorecards and conditions for them, that take just what a test is
about."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

import registry
from registry.domain.assessment import Scorecard
from registry.domain.condition import Check, Condition, Duty
from registry.domain.decision_table import DecisionTable, parse_decision_table
from registry.domain.rubric import KnockOutAnswer, Rating, Rubric, parse_rubric

RUBRICS = Path(registry.__file__).parent / "rubrics"

RISKS = tuple(f"R{number}" for number in range(1, 13))
FITS = tuple(f"F{number}" for number in range(1, 9))
KNOCK_OUTS = tuple(f"K{number}" for number in range(1, 11))


def rubric_file() -> bytes:
    return (RUBRICS / "technology-1.toml").read_bytes()


def decision_table_file() -> bytes:
    return (RUBRICS / "decision-1.toml").read_bytes()


@cache
def the_rubric() -> Rubric:
    return parse_rubric(rubric_file())


@cache
def the_decision_table() -> DecisionTable:
    return parse_decision_table(decision_table_file())


def a_scorecard(
    reviewer: str = "Rosa",
    *,
    all_risks: int | str = 1,
    all_fits: int | str = 4,
    all_ratings: int | str | None = None,
    knocked_out: str | tuple[str, ...] = (),
    unknown: str | tuple[str, ...] = (),
    ratings: Mapping[str, int | str] | None = None,
    without: tuple[str, ...] = (),
    **rated: int | str,
) -> Scorecard:
    """A whole scorecard of a harmless tool with a strong fit; `R2=3` rates one criterion, `without`
    leaves ids out."""
    risk, fit = (all_risks, all_fits) if all_ratings is None else (all_ratings, all_ratings)
    values: dict[str, int | str] = (
        dict.fromkeys(RISKS, risk) | dict.fromkeys(FITS, fit) | dict(ratings or {}) | rated
    )
    answers = dict.fromkeys(KNOCK_OUTS, KnockOutAnswer.NO)
    answers |= dict.fromkeys(_several(unknown), KnockOutAnswer.UNKNOWN)
    answers |= dict.fromkeys(_several(knocked_out), KnockOutAnswer.YES)
    return Scorecard(
        reviewer=reviewer,
        ratings={key: Rating(str(value)) for key, value in values.items() if key not in without},
        knock_outs={key: answer for key, answer in answers.items() if key not in without},
    )


def a_cover(*mitigates: str, complete: bool = True) -> Condition:
    """A condition that names what it covers, with who, check and due date, or without the check."""
    return Condition(
        text="Set it up as agreed.",
        duty=Duty.OFFICE,
        check=Check.EVIDENCE if complete else None,
        mitigates=frozenset(mitigates),
        due_on=date(2026, 12, 31),
    )


def _several(ids: str | tuple[str, ...]) -> tuple[str, ...]:
    return (ids,) if isinstance(ids, str) else ids
