"""The log as a file: the very lines that are hashed, for verifiers; or columns with names, for people."""

import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import BinaryIO

from sqlmodel import Session

from registry.domain.log_line import NOTHING_BEFORE, line
from registry.domain.merkle import HASH_BYTES
from registry.publish import sheet
from registry.store import log

COLUMNS = ("number", "at", "who", "account", "act", "kind", "subject", "before", "after", "hash")


def write_lines(session: Session, out: BinaryIO, first: int, last: int | None) -> int:
    """The lines from number `first` to `last`, each as it is hashed; gives how many."""
    count = 0
    for previous, each in _lines(session, first, last):
        out.write(line(each.number, previous, each.rest or "") + b"\n")
        count += 1
    return count


def write_sheet(session: Session, out: BinaryIO, first: int, last: int | None) -> int:
    """A table that a spreadsheet reads and runs nothing of."""
    count = 0

    def rows() -> Iterator[dict[str, object]]:
        nonlocal count
        for _, each in _lines(session, first, last):
            count += 1
            yield _row(each)

    for part in sheet.table_written(COLUMNS, rows()):
        out.write(part)
    return count


def _row(each: log.Line) -> dict[str, object]:
    told = json.loads(f"{{{each.rest}")
    return {
        "number": each.number,
        "at": told["at"],
        "who": each.actor,
        "account": each.actor_id,
        "act": each.action,
        "kind": told["subject_kind"],
        "subject": each.subject_id,
        "before": json.dumps(told["before"], ensure_ascii=False),
        "after": json.dumps(told["after"], ensure_ascii=False),
        "hash": each.hashes[:HASH_BYTES].hex(),
    }


def _lines(session: Session, first: int, last: int | None) -> Iterator[tuple[str, log.Line]]:
    """Each with the hash of the one before."""
    previous = NOTHING_BEFORE
    for each in log.lines(session.connection(), after=max(first - 2, 0)):
        if last is not None and each.number > last:
            return
        if each.number >= first and each.rest is not None:
            yield previous, each
        previous = each.hashes[:HASH_BYTES].hex()


WRITERS: Mapping[str, Callable[[Session, BinaryIO, int, int | None], int]] = MappingProxyType(
    {".jsonl": write_lines, ".csv": write_sheet}
)
"""By the file's ending."""
