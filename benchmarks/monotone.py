"""Walks random evaluations step by step into the worse and counts the steps on which the recommendation
became more permissive, which must be none. Run as `python -m benchmarks.monotone --steps 1000000`."""

import argparse
import json
import random
import sys
import time

from registry.domain.assessment import assess
from registry.domain.decision_table import DecisionTable
from registry.domain.outcome import STRICTNESS, Outcome
from registry.domain.recommendation import recommend
from registry.domain.rubric import Rubric
from tests.builders_domain import the_decision_table, the_rubric
from tests.walks_domain import Case, random_case, worsened

WALK = 12
"""Steps from one random evaluation before the next one is drawn."""


def walk(rubric: Rubric, table: DecisionTable, *, steps: int, seed: int) -> dict[str, object]:
    """Steps taken, how often each outcome was met, and the violations; progress goes to standard error."""
    draw = random.Random(seed)  # noqa: S311 (a walk to be walked again, no secret)
    met: dict[str, int] = dict.fromkeys(Outcome, 0)
    taken = violations = changes = 0
    while taken < steps:
        case = random_case(draw, rubric, reviewers=draw.randint(1, 4))
        before = _outcome(rubric, table, case)
        for _ in range(min(WALK, steps - taken)):
            case = worsened(draw, rubric, case)
            after = _outcome(rubric, table, case)
            violations += STRICTNESS[after] < STRICTNESS[before]
            changes += after is not before
            met[after] += 1
            before = after
            taken += 1
    return {
        "seed": seed,
        "steps": taken,
        "outcome_changes": changes,
        "violations": violations,
        "outcomes": met,
    }


def _outcome(rubric: Rubric, table: DecisionTable, case: Case) -> Outcome:
    return recommend(assess(rubric, case.scorecards, case.conditions), table).outcome


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=2011)
    given = parser.parse_args()
    started = time.perf_counter()
    result = walk(the_rubric(), the_decision_table(), steps=given.steps, seed=given.seed)
    print(json.dumps(result | {"seconds": round(time.perf_counter() - started, 1)}, indent=2))
    return 1 if result["violations"] else 0


if __name__ == "__main__":
    sys.exit(main())
