"""Why a decided case is under way again, in words for those who work on it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlmodel import Session

from registry.domain.triggers import CAUSES, Cause
from registry.domain.values import dataclass
from registry.store import reopenings
from registry.web.links import outside_link

MOST_SHOWN = 50


@dataclass(frozen=True)
class Reopened:
    cause: str
    text: str
    link: str
    at: datetime
    url: str
    """Of the case."""
    owner: str


def reopened_of(session: Session, tool_id: int, *, closed: bool = False) -> list[Reopened]:
    """The causes of a tool's cases under way, of closed ones too with `closed`; newest first, in two queries."""
    return [
        Reopened(
            CAUSES[each.row.cause].label,
            each.row.text,
            _address(each.row.link),
            each.row.at,
            f"/evaluations/{each.evaluation.id}",
            each.owner.name,
        )
        for each in reopenings.page(session, tool_id=tool_id, closed=closed, limit=MOST_SHOWN)
    ]


def _address(link: str) -> str:
    """A source's link where it leads to a page, else nothing: it was written by a stranger."""
    outside = outside_link(link)
    return outside.url if outside else ""


def because(session: Session, evaluation_ids: Iterable[int]) -> dict[int, str]:
    """Evaluation id -> in a few words why it was opened again; without those that were opened in the ordinary way."""
    found = reopenings.of_evaluations(session, evaluation_ids)
    return {each: _told([row.cause for row in rows]) for each, rows in found.items()}


def _told(causes: Sequence[Cause]) -> str:
    """Each cause once, with how often it came where that is more than once."""
    once = dict.fromkeys(causes)
    return "; ".join(
        CAUSES[cause].label + (f" ({causes.count(cause)} times)" if causes.count(cause) > 1 else "")
        for cause in once
    )
