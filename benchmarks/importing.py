"""What `registry import` of a long list takes: processor, clock and peak memory of its process, as a table or JSON.

A dry run, the import, and the import again, of a list made from a seed: every row a tool with a home page and most with
a verdict, every tenth row a second verdict on the tool before it.
"""

# ruff: noqa: S311
import argparse
import csv
import json
import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.made_registry import made_names

COLUMNS = (
    "name",
    "homepage",
    "aliases",
    "vendor",
    "category",
    "description",
    "outcome",
    "conditions",
    "rationale",
    "decided_at",
    "valid_until",
    "data_class",
    "versions",
)
OUTCOMES = ("approved", "approved_with_conditions", "rejected", "pilot", "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--format", choices=("csv", "json", "xlsx"), default="csv")
    parser.add_argument("--dry-run", action="store_true", help="that step alone")
    parser.add_argument("--json", action="store_true", help="print data alone")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"list.{asked.format}"
        # By a process of its own: a process is told its parent's peak as its own, where that was the higher.
        making = multiprocessing.get_context("spawn").Process(
            target=write, args=(file, asked.rows, asked.seed)
        )
        making.start()
        making.join()
        steps = {"dry run": ["--dry-run"], "import": [], "again": []}
        told = {}
        for step, options in list(steps.items())[: 1 if asked.dry_run else None]:
            found = told[step] = measured(Path(folder), file, options)
            if not asked.json:
                print(
                    step.ljust(8), *(f"{name} {value}" for name, value in found.items()), sep="  ", flush=True
                )
    if asked.json:
        print(json.dumps(told, indent=2))


def made_rows(number: int, dice: random.Random) -> Iterator[list[str]]:
    names = made_names(number - number // 10, dice)
    for place, name in enumerate(names):
        yield [
            name.title(),
            f"https://{name}.example/",
            f"{name} suite; app.{name}.example",
            f"{dice.choice(names).title()} Inc.",
            f"Category {place % 40}",
            f"{name.title()} is a tool that somebody described in a sentence of ordinary length, number {place}.",
            *_verdict(dice, OUTCOMES),
        ]
        if place % 9 == 8:
            yield [name.title(), "", "", "", "", "", *_verdict(dice, OUTCOMES[:3])]


def _verdict(dice: random.Random, outcomes: Sequence[str]) -> list[str]:
    outcome = dice.choice(outcomes)
    condition = "Only with an account of the organisation." if "conditions" in outcome else ""
    decided = f"20{dice.randrange(20, 26)}-{dice.randrange(1, 13):02}-{dice.randrange(1, 29):02}"
    ends = f"20{dice.randrange(26, 30)}-06-30" if outcome in ("approved", "pilot") else ""
    why = f"Looked at by the board, which wrote {dice.randrange(10**6)} about it in its minutes."
    return [outcome, condition, why, decided, ends, dice.choice(("", "public", "internal")), "2.x"]


def write(file: Path, number: int, seed: int) -> None:
    rows = made_rows(number, random.Random(seed))
    if file.suffix == ".csv":
        with file.open("w", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows([COLUMNS, *rows])
        return
    from registry.services.lists.spreadsheets import format_of

    dicts = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    file.write_bytes(format_of(file.name).write(COLUMNS, dicts))


def measured(folder: Path, file: Path, options: list[str]) -> dict[str, Any]:
    """One import into the registry of that folder, as a process."""
    began = time.perf_counter()
    with Path(os.devnull).open("wb") as nowhere, (folder / "told").open("wb") as told:
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-m", "registry", "import", str(file), *options],
            {**os.environ, "REGISTRY_DATA_DIR": str(folder)},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, nowhere.fileno(), 1),
                (os.POSIX_SPAWN_DUP2, told.fileno(), 2),
            ],
        )
        _, status, used = os.wait4(pid, 0)
    return {
        "processor_s": round(used.ru_utime + used.ru_stime, 1),
        "clock_s": round(time.perf_counter() - began, 1),
        "peak_mb": used.ru_maxrss // 1024,
        "exit": os.waitstatus_to_exitcode(status),
        "told": (folder / "told").read_text().splitlines()[-1:],
    }


if __name__ == "__main__":
    main()
