"""Every tool that has an answer of its own, with it: what lists and pictures of all tools are made of.

A tool that is not on the roll is not reviewed; how the roll is kept true is services/verdicts/shelving.py's business.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from functools import cached_property

from sqlmodel import Session

from registry.domain.lookup import AnswerCode, House, Question
from registry.domain.values import dataclass
from registry.services.answers import lookup
from registry.store import shelf as store
from registry.store import tags, tools
from registry.store.tags import Tagged, Tags

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


@dataclass(frozen=True, slots=True)
class Holding:
    categories: Mapping[str, int]
    ids: Sequence[int] | None
    """By their slugs; None where they are too many to be kept."""


@dataclass(frozen=True)
class Roll:
    entries: Mapping[int, Entry]
    """By the tools' ids."""
    categories: Mapping[str, int]
    """How many tools each has, those that are not reviewed included; the empty name stands for none."""
    tagged: Mapping[int, Tagged] = field(default_factory=dict)
    """By their ids, the tools that have tags, those that are not reviewed included."""
    mark: str = ""
    """Differs from that of any other roll of the same store whose tools may read otherwise."""
    holding: dict[tuple[str, ...], Holding] = field(default_factory=dict, compare=False)
    """Words -> the tools that hold all of them; whoever looked for them puts it there."""

    def code(self, tool_id: int) -> AnswerCode:
        """The answer of a tool, on the roll or not."""
        entry = self.entries.get(tool_id)
        return entry.code if entry is not None else AnswerCode.NOT_REVIEWED

    def tags(self, tool_id: int) -> Tags:
        """Those of a tool, on the roll or not."""
        tagged = self.tagged.get(tool_id)
        return tagged.tags if tagged is not None else ()

    @cached_property
    def counted(self) -> Mapping[tuple[str, AnswerCode], int]:
        """How many of a category have an answer."""
        return Counter((each.category, each.code) for each in self.entries.values())

    @cached_property
    def bearing(self) -> Mapping[str, Sequence[Tagged]]:
        """Tag -> the tools that have it."""
        found: dict[str, list[Tagged]] = {}
        for each in self.tagged.values():
            for tag in each.tags:
                found.setdefault(tag, []).append(each)
        return found

    @cached_property
    def tag_counted(self) -> Mapping[tuple[str, str, AnswerCode], int]:
        """How many that have a tag are of a category and have an answer."""
        return Counter(
            (tag, each.category, self.code(each.id)) for tag, some in self.bearing.items() for each in some
        )


def read_entries(
    session: Session, house: House, *, now: datetime, tool_ids: Collection[int] | None = None
) -> dict[int, Entry]:
    """Of all tools with an answer of their own, or of those among these; the answer to whoever said nothing else."""
    spoken_of = store.spoken_of(session, now=now) if tool_ids is None else sorted(tool_ids)
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


def read_tagged(session: Session, tool_ids: Collection[int] | None = None) -> dict[int, Tagged]:
    return {each.id: each for each in tags.tagged(session, tool_ids)}


def with_entries(
    roll: Roll, tool_ids: Iterable[int], entries: Mapping[int, Entry], tagged: Mapping[int, Tagged]
) -> Roll:
    """Another roll, on which these tools stand so, or not at all; itself, where they stand so already."""
    gone = set(tool_ids)
    if all(
        entries.get(each) == roll.entries.get(each) and tagged.get(each) == roll.tagged.get(each)
        for each in gone
    ):
        return roll
    kept = {tool_id: each for tool_id, each in roll.entries.items() if tool_id not in gone}
    others = {tool_id: each for tool_id, each in roll.tagged.items() if tool_id not in gone}
    return replace(roll, entries=kept | dict(entries), tagged=others | dict(tagged))
