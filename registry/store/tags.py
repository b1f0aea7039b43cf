"""Reads and writes of the tags on tools."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select
from sqlmodel import Session, col

from registry.domain.values import dataclass
from registry.store.columns import among
from registry.store.engine import write_all
from registry.store.plain import rows
from registry.store.tables import Tool, ToolTag

if TYPE_CHECKING:
    from registry.store.plain import Source

_TAGS = "SELECT tool_id, tag FROM tool_tag"
Tags = tuple[str, ...]
"""Of one tool, in order."""


@dataclass(frozen=True, slots=True)
class Tagged:
    """A tool with its tags, as far as lists find and count it."""

    id: int
    name: str
    vendor: str
    category: str
    tags: Tags


def of_tools(source: "Source", tool_ids: Collection[int] | None = None) -> Mapping[int, Tags]:
    """Tool id -> its tags, of these tools or of all; one without any is left out."""
    told = (
        rows(source, _TAGS) if tool_ids is None else rows(source, f"{_TAGS} WHERE tool_id IN (??)", tool_ids)
    )
    found: dict[int, list[str]] = {}
    for tool_id, tag in told:
        found.setdefault(tool_id, []).append(tag)
    return {tool_id: tuple(sorted(tags)) for tool_id, tags in found.items()}


def of_tool(session: Session, tool_id: int) -> Tags:
    return of_tools(session, [tool_id]).get(tool_id, ())


def tagged(session: Session, tool_ids: Collection[int] | None = None) -> Iterator[Tagged]:
    """Every tool that has a tag, or those among these; two queries at most."""
    tags = of_tools(session, tool_ids)
    if not tags:
        return
    query = select(*(col(each) for each in (Tool.id, Tool.name, Tool.vendor, Tool.category)))
    found: Iterable[Any] = session.connection().execute(query.where(among(session, col(Tool.id), [*tags])))
    for tool_id, name, vendor, category in found:
        yield Tagged(tool_id, name, vendor, category, tags[tool_id])


def counts(session: Session) -> Mapping[str, int]:
    """Every tag, in order, with how many tools have it."""
    query = select(col(ToolTag.tag), func.count()).group_by(col(ToolTag.tag))
    found: Iterable[Any] = session.connection().execute(query)
    return dict(sorted((tag, count) for tag, count in found))


def known(session: Session, wanted: Collection[str]) -> set[str]:
    """Those of these that some tool has."""
    query = select(col(ToolTag.tag)).where(among(session, col(ToolTag.tag), wanted)).distinct()
    return set(session.connection().scalars(query))


def put(session: Session, tool_id: int, *, added: Collection[str], removed: Collection[str]) -> None:
    if removed:
        of_it = col(ToolTag.tool_id) == tool_id
        session.execute(delete(ToolTag).where(of_it, among(session, col(ToolTag.tag), removed)))
    write_all(session, ToolTag, [{"tool_id": tool_id, "tag": each} for each in sorted(added)])
