"""Rows as they are stored, whatever they mean: who has the same ones as before has nothing to make anew of them."""

from collections import defaultdict
from collections.abc import Collection
from hashlib import sha256
from typing import TYPE_CHECKING

from sqlmodel import SQLModel

from registry.store.plain import Row, parts, rows

if TYPE_CHECKING:
    from registry.store.plain import Source

UNSHOWN = frozenset(
    {
        *(
            "user_session",
            "sign_in_link",
            "provider_sign_in",
            "sign_in_failure",
            "code_wanted",
            "second_factor",
        ),
        *("recovery_code", "api_token", "kept_reply", "read_mark", "saved_filter", "unanswered"),
        *("follower", "webhook", "delivery", "told_notice", "work_told", "tool_change"),
    }
)
"""Tables of which nothing ever stands on a public page; any other one may show."""
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


def whole(source: "Source") -> str:
    """Another text after whatever was written that a public page may show."""
    told = sha256()
    for name, table in sorted(SQLModel.metadata.tables.items()):
        if name not in UNSHOWN:
            columns, keys = (
                ", ".join(f'"{each.name}"' for each in some) for some in (table.columns, table.primary_key)
            )
            told.update(f"{name}: {columns}".encode())
            for some in parts(source, f'SELECT {columns} FROM "{name}" ORDER BY {keys}'):  # noqa: S608
                told.update(repr([tuple(row) for row in some]).encode())
    return told.hexdigest()
