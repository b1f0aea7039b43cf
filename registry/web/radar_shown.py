"""What a radar shows: read from its address, made of how the tools stood; pages and files are made of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from urllib.parse import urlencode

from sqlmodel import Session
from starlette.datastructures import QueryParams

from registry.domain.errors import InvalidInput
from registry.domain.language import Language, said, worded
from registry.domain.lookup import House
from registry.domain.radar import RING_LABELS, Move, Ring, quarter_of, read_day
from registry.domain.values import dataclass
from registry.publish.radar import Entry, Radar
from registry.services.answers import radar
from registry.services.answers.radar import Blip
from registry.services.verdicts.facets import refuse_strangers
from registry.services.verdicts.shelf import Filter
from registry.services.verdicts.shelving import Shelving
from registry.web.radar_chart import QUADRANTS
from registry.web.understood import code, codes

NO_CATEGORY = worded("Without a category")


@dataclass(frozen=True)
class Asked:
    day: date | None = None
    """None: today."""
    since: date | None = None
    """None: the end of the quarter before."""
    office: str = ""
    categories: frozenset[str] = frozenset()
    rings: frozenset[Ring] = frozenset()
    moved: bool = False
    """Only what moved."""
    group: int = 1
    """The categories are shown four at a time; this is which four."""

    def url(self, path: str = "/radar") -> str:
        said = [
            ("at", self.day.isoformat() if self.day else ""),
            ("since", self.since.isoformat() if self.since else ""),
            ("office", self.office),
            *(("category", each) for each in sorted(self.categories)),
            *(("ring", each.value) for each in Ring if each in self.rings),
            ("moved", "yes" if self.moved else ""),
            ("group", str(self.group) if self.group > 1 else ""),
        ]
        query = urlencode([(name, value) for name, value in said if value])
        return path + (f"?{query}" if query else "")


@dataclass(frozen=True)
class Shown:
    asked: Asked
    day: date
    since: date
    categories: Mapping[str, int]
    """All that there are by then, the fullest first."""
    quadrants: Sequence[str]
    """At most four categories."""
    groups: int
    """How many times four categories there are."""
    blips: Sequence[Blip]
    """Those of the quadrants that pass the filters, by name."""

    def of(self, quadrant: str, ring: Ring) -> list[Blip]:
        return [each for each in self.blips if each.ring is ring and category_of(each) == quadrant]


def category_of(blip: Blip) -> str:
    return blip.entry.category or NO_CATEGORY


def read_asked(query: QueryParams, session: Session, house: House, today: date) -> Asked:
    """Raises InvalidInput, naming what may stand there, for what cannot be."""
    group = query.get("group", "")
    categories = frozenset(each for each in query.getlist("category") if each)
    refuse_strangers(session, Filter(categories=categories - {NO_CATEGORY}), house)
    return Asked(
        day=_day(query, "at", today),
        since=_day(query, "since", today),
        office=code(query.get("office", ""), house.offices, "office"),
        categories=categories,
        rings=frozenset(codes(Ring, query.getlist("ring"), "ring")),
        moved=query.get("moved", "") == "yes",
        group=max(1, int(group)) if group.isascii() and group.isdigit() and len(group) < 4 else 1,
    )


def _day(query: QueryParams, name: str, today: date) -> date | None:
    try:
        return read_day(query.get(name, ""), today)
    except InvalidInput as refused:
        raise InvalidInput(refused.sentence, {name: refused.sentence}) from refused


def shown(shelving: Shelving, asked: Asked, today: date, now: datetime) -> Shown:
    day = asked.day or today
    since = asked.since or quarter_of(day).before.last_day
    office = asked.office or None
    blips = radar.blips(
        shelving.stood(asked.day, office, now), shelving.stood(since if since < today else None, office, now)
    )
    counted = Counter(map(category_of, blips))
    categories = dict(sorted(counted.items(), key=lambda each: (-each[1], each[0].casefold())))
    chosen = [name for name in categories if not asked.categories or name in asked.categories]
    groups = max(1, -(-len(chosen) // QUADRANTS))
    first = QUADRANTS * (min(asked.group, groups) - 1)
    quadrants = sorted(chosen[first : first + QUADRANTS], key=str.casefold)
    passing = [
        each
        for each in blips
        if category_of(each) in quadrants
        and (not asked.rings or each.ring in asked.rings)
        and (not asked.moved or each.move is not Move.NONE)
    ]
    return Shown(
        replace(asked, group=min(asked.group, groups)), day, since, categories, quadrants, groups, passing
    )


def for_programs(shown: Shown, title: str, base_url: str, language: Language) -> Radar:
    """In the registry's language; codes stay codes."""

    def say(text: str) -> str:
        return said(text, language)

    return Radar(
        title=title,
        day=shown.day,
        since=shown.since,
        rings=[(ring.value, say(RING_LABELS[ring])) for ring in Ring],
        quadrants=list(map(say, shown.quadrants)),
        entries=[
            Entry(
                slug=each.entry.slug,
                name=each.entry.name,
                url=f"{base_url}/tools/{each.entry.slug}",
                category=say(category_of(each)),
                ring=each.ring.value,
                answer=each.entry.code.value,
                moved=each.move.value,
                was=each.before.value if each.before else "",
                says=say(worded("May I use it? {answer}.", answer=RING_LABELS[each.ring])),
                move_says=say(_moved(each)),
            )
            for each in shown.blips
        ],
    )


def _moved(blip: Blip) -> str:
    if blip.move is Move.NEW:
        return worded("New on the radar.")
    if blip.move is Move.NONE or blip.before is None:
        return ""
    return worded("It was: {answer}.", answer=RING_LABELS[blip.before])
