"""Tools as their own pages and those of their verdicts show them, read by plain SQL."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from registry.store.plain import Row, moment, rows
from registry.store.tools import no_such

if TYPE_CHECKING:
    from registry.store.plain import Source


class Profile(NamedTuple):
    """A tool as its own page and those of its verdicts show it."""

    id: int
    slug: str
    name: str
    vendor: str
    category: str
    homepage: str
    description: str
    guidance: str
    created_at: datetime


def get(source: "Source", slug: str) -> Profile:
    """Raises NotFound."""
    for row in rows(source, _PROFILE + "slug = ?", slug):
        return _profile(row)
    raise no_such(slug)


def by_ids(source: "Source", tool_ids: Collection[int]) -> dict[int, Profile]:
    return {row[0]: _profile(row) for row in rows(source, _PROFILE + "id IN (??)", tool_ids)}


def _profile(row: Row) -> Profile:
    *told, created_at = row
    return Profile._make((*told, moment(created_at)))


_PROFILE = f"SELECT {', '.join(Profile._fields)} FROM tool WHERE "  # noqa: S608 - names of columns
