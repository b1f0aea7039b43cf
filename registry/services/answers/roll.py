"""Every tool that has an answer of its own, with it: what lists and pictures of all tools are made of.

A tool that is not on the roll is not reviewed; how the roll is kept true is services/verdicts/shelving.py's business.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlmodel import Session

from registry.domain.lookup import AnswerCode, House, Question
from registry.services.answers import lookup
from registry.store import shelf as store
from registry.store import tools

AT_ONCE = 500
"""Tools whose verdicts are read together."""


@dataclass(frozen=True, slots=True)
class Entry:
    id: int
    slug: str
    name: str
    vendor: str
    category: str
    code: AnswerCode


@dataclass(frozen=True)
class Roll:
    entries: Mapping[int, Entry]
    """By the tools' ids."""
    categories: Mapping[str, int]
    """How many tools each has, those that are not reviewed included; the empty name stands for none."""
    mark: str = ""
    """Differs from that of any other roll of the same store whose tools may read otherwise."""

    @cached_property
    def counted(self) -> Mapping[tuple[str, AnswerCode], int]:
        """How many of a category have an answer."""
        return Counter((each.category, each.code) for each in self.entries.values())


def read_entries(
    session: Session, house: House, *, now: datetime, tool_ids: Collection[int] | None = None
) -> dict[int, Entry]:
    """Of all tools with an answer of their own, or of those among these; the answer to whoever said nothing else."""
    spoken_of = store.spoken_of(session, now=now, tool_ids=tool_ids)
    found: dict[int, Entry] = {}
    for start in range(0, len(spoken_of), AT_ONCE):
        some = tools.by_ids(session, spoken_of[start : start + AT_ONCE])
        answers = lookup.answers(session, list(some.values()), Question(at=now), house, now=now)
        for tool_id, tool in some.items():
            code = answers[tool_id].code
            if code is not AnswerCode.NOT_REVIEWED:
                found[tool_id] = Entry(tool_id, tool.slug, tool.name, tool.vendor, tool.category, code)
        session.expunge_all()
    return found


def read_categories(session: Session) -> dict[str, int]:
    return dict(tools.category_counts(session))


def with_entries(roll: Roll, tool_ids: Iterable[int], entries: Mapping[int, Entry]) -> Roll:
    """Another roll, on which these tools stand so, or not at all."""
    gone = set(tool_ids)
    kept = {tool_id: each for tool_id, each in roll.entries.items() if tool_id not in gone}
    return Roll(kept | dict(entries), roll.categories)
