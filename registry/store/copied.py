"""Rows as they are stored, whatever they mean: who has the same ones as before has nothing to make anew of them."""

from collections import defaultdict
from collections.abc import Collection
from typing import TYPE_CHECKING

from registry.store.plain import Row, rows

if TYPE_CHECKING:
    from registry.store.plain import Source

_NOTICES = """
    SELECT notice.number, notice.*, verdict.* FROM notice JOIN verdict ON verdict.id = notice.verdict_id
    WHERE notice.number IN (??)
"""
_OF_VERDICTS = (
    """
    SELECT notice.number, found.* FROM notice JOIN verdict_condition AS found ON found.verdict_id = notice.verdict_id
    WHERE notice.number IN (??) ORDER BY found.id
    """,
    """
    SELECT notice.number, old.number FROM notice JOIN supersession AS found ON found.verdict_id = notice.verdict_id
    JOIN verdict AS old ON old.id = found.superseded_id
    WHERE notice.number IN (??) ORDER BY old.number
    """,
)


def notices(source: "Source", numbers: Collection[int]) -> dict[int, list[Row]]:
    """Number of a notice -> what was written of it and its verdict, conditions and what it supersedes among it."""
    found: dict[int, list[Row]] = defaultdict(list)
    for statement in (_NOTICES, *_OF_VERDICTS):
        for number, *row in rows(source, statement, numbers):
            found[number].append(tuple(row))
    return found
