"""What the address of a feed asks for, read strictly: a parameter or a value that nobody knows is refused by name."""

import re
from dataclasses import replace
from urllib.parse import urlencode

from sqlmodel import Session
from starlette.datastructures import QueryParams

from registry.domain.errors import InvalidInput
from registry.domain.language import worded
from registry.domain.lookup import House
from registry.domain.notice import NoticeKind
from registry.domain.outcome import members
from registry.domain.values import dataclass
from registry.services.verdicts.annals import NoticeFilter
from registry.services.verdicts.facets import refuse_strangers
from registry.services.verdicts.feed import MOST, Part
from registry.services.verdicts.shelf import OLDER, Filter
from registry.store import notice_pages
from registry.web.filters import FACETS, as_filter, as_query
from registry.web.understood import codes

PLACES = ("before", "archive", "part", "first")
MOST_NUMBER = 2**31 - 1
_MONTH = re.compile(r"([12]\d{3})-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Asked:
    wanted: Filter
    kinds: frozenset[NoticeKind] = frozenset()
    before: int | None = None
    part: Part | None = None

    @property
    def query(self) -> str:
        """The one query that names this document, in an order that never changes; empty for the whole feed."""
        kinds = urlencode([("event", kind.value) for kind in sorted(self.kinds)])
        return "&".join(each for each in (as_query(self.wanted), kinds, _place(self)) if each)

    @property
    def feed(self) -> "Asked":
        """The feed itself, whichever of its documents this is."""
        return replace(self, before=None, part=None)


def read_address(query: QueryParams, *, of_tool: bool = False) -> Asked:
    """Raises InvalidInput, naming what may stand there, for an unknown parameter, code or place.

    `of_tool` is for the feed of one tool, which is named by the path already.
    """
    facets = [each for each in FACETS if not (of_tool and each == "tool")]
    known = (*facets, "event", *PLACES)
    strange = sorted({name for name in query if name not in known})
    if strange:
        told = ", ".join(known)
        sentence = worded(
            "There is no parameter “{name}”. Choose among: {known}.", name=strange[0][:40], known=told
        )
        raise InvalidInput(sentence, dict.fromkeys(strange, worded("Choose among: {known}.", known=told)))
    return Asked(
        as_filter(query),
        frozenset(codes(NoticeKind, query.getlist("event"), "event")),
        _number(query, "before"),
        _part(query),
    )


def narrowed(session: Session, asked: Asked, house: House) -> NoticeFilter:
    """The same for the store. Raises InvalidInput for a value that is none of ours, naming those that are."""
    wanted = asked.wanted
    refuse_strangers(session, wanted, house)
    rubrics = notice_pages.named_rubrics(session) if wanted.rubrics else {}
    order = house.data_classes
    lowest = max((order.index(each) for each in wanted.data_classes), default=None)
    return NoticeFilter(
        outcomes=frozenset().union(*(members(each) for each in wanted.outcomes)),
        categories=wanted.categories,
        tags=wanted.tags,
        offices=wanted.offices,
        tools=wanted.tools,
        ceilings=None if lowest is None else frozenset(order[lowest:]),
        states=wanted.validities,
        rubrics=frozenset(rubrics[each] for each in wanted.rubrics if each != OLDER),
        older=OLDER in wanted.rubrics,
        words=tuple(wanted.text.split()),
        kinds=asked.kinds,
    )


def _place(asked: Asked) -> str:
    if asked.part is not None:
        month = ("archive", f"{asked.part.year:04}-{asked.part.month:02}")
        number = [("part", str(asked.part.number))] if asked.part.number > 1 else []
        first = [("first", str(asked.part.first))] if asked.part.first else []
        return urlencode([month, *number, *first])
    return urlencode([("before", str(asked.before))]) if asked.before is not None else ""


def _part(query: QueryParams) -> Part | None:
    month, number, first = query.get("archive", ""), _number(query, "part"), _number(query, "first")
    if not month:
        if number is not None or first is not None:
            name = "part" if number is not None else "first"
            fault = worded("Name the month, as in {example}.", example="archive=2026-10")
            raise InvalidInput(worded("Name the month that it is a part of."), {name: fault})
        return None
    if "before" in query:
        fault = worded("Leave out one of {one} and {other}.", one="before", other="archive")
        raise InvalidInput(worded("Ask for a page or for an archive."), {"before": fault})
    found = _MONTH.fullmatch(month)
    if found is None:
        example = "archive=2026-10"
        sentence = worded(
            "“{month}” is no month. Write it as in {example}.", month=month[:20], example=example
        )
        raise InvalidInput(sentence, {"archive": sentence})
    if first is not None and first >= MOST:
        sentence = worded(
            "A part holds {most} notices. Leave out {name}, and it is there whole.", most=MOST, name="first"
        )
        raise InvalidInput(sentence, {"first": sentence})
    return Part(int(found[1]), int(found[2]), 1 if number is None else number, first)


def _number(query: QueryParams, name: str) -> int | None:
    said = query.get(name, "")
    if not said:
        return None
    if not (said.isascii() and said.isdigit() and 1 <= int(said[:12]) <= MOST_NUMBER and len(said) < 12):
        sentence = worded("“{said}” is no number of this list. Follow the feed’s own links.", said=said[:20])
        raise InvalidInput(sentence, {name: sentence})
    return int(said)
