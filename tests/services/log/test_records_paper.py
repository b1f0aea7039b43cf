"""The example that docs/records.md gives to whoever writes a verifier of their own is ours."""

import json
from datetime import datetime
from pathlib import Path

from registry.domain.log_line import NOTHING_BEFORE, line, moment, rest_of_line
from registry.domain.merkle import leaf_hash

PAPER = Path(__file__).parents[3] / "docs" / "records.md"


def test_the_example_line_and_its_hash_are_as_we_make_them() -> None:
    shown = [each.strip() for each in PAPER.read_text("utf-8").splitlines() if each.startswith("    ")]
    example = next(each for each in shown if each.startswith('{"number":1,'))
    told = json.loads(example)
    before, after = (json.dumps(told[name]) for name in ("before", "after"))
    who = told["actor_id"], told["actor"]
    what = told["action"], told["subject_kind"], told["subject_id"]
    made = line(
        1,
        NOTHING_BEFORE,
        rest_of_line(moment(datetime.fromisoformat(told["at"])), *who, *what, before, after),
    )
    assert made.decode() == example
    assert leaf_hash(example.encode()).hex() in shown
