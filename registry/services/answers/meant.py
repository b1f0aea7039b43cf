"""Tools as rows, by what people call them: for those who write about them."""

from collections.abc import Sequence

from sqlmodel import Session

from registry.services.answers import matching
from registry.services.answers.index import Index
from registry.store import tools
from registry.store.tables import Tool

MOST_NAMED = 3
"""Suggestions in a sentence."""


def suggest(session: Session, query: str, index: Index | None = None) -> Sequence[Tool]:
    found = matching.near(session, query, index)
    rows = tools.by_ids(session, found)
    return [rows[tool_id] for tool_id in found if tool_id in rows]


def find_tool(session: Session, named: str) -> Tool | None:
    """The tool that a name, an alias, an address or a slug certainly means."""
    found = matching.match(session, named) if named else None
    return tools.get(session, found.tool.slug) if found else tools.find(session, named)


def not_known(session: Session, named: str) -> str:
    """That no tool of ours is called so, in words, with those that may have been meant."""
    near = [tool.name for tool in suggest(session, named)[:MOST_NAMED]]
    meant = " or ".join([", ".join(near[:-1]), near[-1]] if len(near) > 1 else near)
    return f"We know no tool called “{named}”." + (f" Did you mean {meant}?" if meant else "")
