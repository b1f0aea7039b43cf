"""How every tool stood on a day of the past or stands now, and what moved between two days."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from sqlmodel import Session

from registry.domain import lookup as rules
from registry.domain.lookup import House, Question
from registry.domain.radar import RINGS, Move, Ring, moved
from registry.domain.values import dataclass
from registry.services.answers.roll import AT_ONCE, Entry
from registry.store import shelf as store
from registry.store import tools, under_way, verdicts


@dataclass(frozen=True)
class Blip:
    """A tool on the radar."""

    entry: Entry
    ring: Ring
    before: Ring | None
    """Where it was; None: nowhere."""

    @property
    def move(self) -> Move:
        return moved(self.before, self.ring)


def end_of(day: date, house: House, now: datetime) -> datetime:
    """The last moment of a day there, or now where it has not passed."""
    midnight = datetime.combine(day + timedelta(days=1), time(), house.zone)
    return min(midnight - timedelta(microseconds=1), now)


def stood(
    session: Session,
    house: House,
    *,
    at: datetime,
    now: datetime,
    office: str | None = None,
    tool_ids: Collection[int] | None = None,
) -> dict[int, Entry]:
    """Tool id -> its answer as of a moment that has passed, of those that had one: from verdicts, what had befallen
    them and the evaluations under way as they were then; names, categories and offices as they are now. Of all tools,
    or of these alone."""
    found: dict[int, Entry] = {}
    spoken_of = store.ever_spoken_of(session, at=at, now=now, tool_ids=tool_ids)
    question = Question(at=at, office=office)
    for start in range(0, len(spoken_of), AT_ONCE):
        ids = spoken_of[start : start + AT_ONCE]
        known, running = verdicts.rulings(session, ids, now=now), under_way.running_at(session, ids, at=at)
        for tool_id, tool in tools.by_ids(session, ids).items():
            begun = running.get(tool_id)
            since = begun.astimezone(house.zone).date() if begun else None
            answer = rules.answer(
                tool.name, known.get(tool_id, ()), question, house, under_review_since=since
            )
            if answer.code in RINGS:
                found[tool_id] = Entry(tool_id, tool.slug, tool.name, tool.vendor, tool.category, answer.code)
        session.expunge_all()
    return found


def blips(now: Mapping[int, Entry], before: Mapping[int, Entry]) -> Sequence[Blip]:
    """By name."""
    earlier = {tool_id: RINGS.get(each.code) for tool_id, each in before.items()}
    found = [
        Blip(each, RINGS[each.code], earlier.get(tool_id))
        for tool_id, each in now.items()
        if each.code in RINGS
    ]
    return sorted(found, key=lambda each: (each.entry.name.casefold(), each.entry.slug))
