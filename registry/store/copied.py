"""Rows as they are stored, whatever they mean: who has the same ones as before has nothing to make anew of them."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sqlmodel import SQLModel

from registry.domain.values import dataclass
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
OF_ANY, OF_NONE = 0, -1
_BY_VERDICT = "JOIN verdict AS its ON its.id = {table}.verdict_id"
OF_TOOLS = {
    # One that was taken back moves others from page to page of a feed.
    "verdict": (f"CASE WHEN verdict.undone_at IS NULL THEN verdict.tool_id ELSE {OF_ANY} END", ""),
    "evaluation": ("evaluation.tool_id", ""),
    "candidate": ("candidate.tool_id", ""),
    **{
        table: ("its.tool_id", _BY_VERDICT.format(table=table))
        for table in ("notice", "verdict_condition", "supersession", "adoption")
    },
    "event": (
        "CASE event.subject_kind WHEN 'tool' THEN event.subject_id WHEN 'verdict' THEN its.tool_id END",
        "LEFT JOIN verdict AS its ON event.subject_kind = 'verdict' AND its.id = event.subject_id",
    ),
    "log_entry": (
        "its.tool_id",
        "LEFT JOIN event ON event.id = log_entry.event_id AND event.subject_kind = 'verdict'"
        " LEFT JOIN verdict AS its ON its.id = event.subject_id",
    ),
    "mention": ("its.tool_id", "LEFT JOIN candidate AS its ON its.id = mention.candidate_id"),
    "entry": (
        "its.tool_id",
        "LEFT JOIN mention ON mention.entry_id = entry.id LEFT JOIN candidate AS its ON its.id = mention.candidate_id",
    ),
}
"""Table -> the tool that a row of it is shown with, and what must be joined to know it; null for none. The trail of
changes says the same, by its triggers."""
FEW_COLUMNS = {
    "source": ("name", "url", "answered_url", "removed_at"),
    "notice_book": ("authority", "named_on"),
}
"""Of these tables no more is shown with any tool."""
BESIDE = frozenset(
    {
        *(
            "user",
            "log_head",
            "entry_revision",
            "candidate_label",
            "request",
            "report",
            "reopening",
            "difference",
        ),
        *(
            "assignment",
            "interest",
            "scorecard",
            "scorecard_rating",
            "scorecard_knock_out",
            "proposed_condition",
        ),
        *("moderation", "remark", "rescore", "second_reading", "vendor_contact", "delegation", "intake_rule"),
    }
)
"""Tables that are written often, and of which nothing is shown with a tool; any other one may be, with each."""
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


@dataclass(frozen=True)
class Told:
    """Digests of all rows that may show on a public page."""

    whole: str
    of_any: str
    """Of those that may be shown with each tool."""
    of_tools: Mapping[int, str]
    """Tool id -> of those that are shown with this tool."""


def told(source: "Source") -> Told:
    """Other texts after whatever was written that a public page may show; by the tools that it is shown with."""
    found: dict[int, Any] = defaultdict(sha256)
    for name, table in sorted(SQLModel.metadata.tables.items()):
        if name in UNSHOWN:
            continue
        tool, joined = OF_TOOLS.get(
            name, (str(OF_NONE if name in BESIDE or name in FEW_COLUMNS else OF_ANY), "")
        )
        columns, keys = (
            ", ".join(f'"{name}"."{each.name}"' for each in some)
            for some in (table.columns, table.primary_key)
        )
        found[OF_ANY].update(f"{name}: {columns}".encode())
        for part in parts(source, f'SELECT {tool}, {columns} FROM "{name}" {joined} ORDER BY {keys}'):  # noqa: S608
            if name not in OF_TOOLS:
                found[int(tool)].update(repr([tuple(row) for row in part]).encode())
                continue
            for tool_id, *row in part:
                found[OF_NONE if tool_id is None else tool_id].update(f"{name}{row}".encode())
        for few in _few(source, name):
            found[OF_ANY].update(f"{name}{few}".encode())
    digests = {tool_id: each.hexdigest()[:32] for tool_id, each in found.items()}
    whole = sha256(repr(sorted(digests.items())).encode()).hexdigest()
    digests.pop(OF_NONE, None)
    return Told(whole, digests.pop(OF_ANY), digests)


def _few(source: "Source", name: str) -> list[Row]:
    if name not in FEW_COLUMNS:
        return []
    return rows(source, f'SELECT id, {", ".join(FEW_COLUMNS[name])} FROM "{name}" ORDER BY id')  # noqa: S608
