"""What the address of a feed asks for, read strictly: a parameter or a value that nobody knows is refused by name."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from sqlmodel import Session
from starlette.datastructures import QueryParams

from registry.domain.errors import InvalidInput
from registry.domain.lookup import House
from registry.domain.notice import NoticeKind
from registry.domain.outcome import members
from registry.services.verdicts.feed import Part
from registry.services.verdicts.shelf import OLDER, Filter
from registry.store import notice_pages, tools
from registry.store.notice_pages import NoticeFilter
from registry.web.filters import FACETS, as_filter, as_query
from registry.web.understood import codes

PLACES = ("before", "archive", "part")
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
        raise InvalidInput(
            f"There is no parameter “{strange[0][:40]}”. Choose among: {told}.",
            dict.fromkeys(strange, f"Choose among: {told}."),
        )
    return Asked(
        as_filter(query),
        frozenset(codes(NoticeKind, query.getlist("event"), "event")),
        _number(query, "before"),
        _part(query),
    )


def narrowed(session: Session, asked: Asked, house: House) -> NoticeFilter:
    """The same for the store. Raises InvalidInput for a value that is none of ours, naming those that are."""
    wanted = asked.wanted
    _refuse_strangers("office", wanted.offices, house.offices)
    _refuse_strangers("data_class", wanted.data_classes, house.data_classes)
    if wanted.categories:
        _refuse_strangers("category", wanted.categories, tools.categories(session))
    if wanted.tools:
        found = tools.slugs_among(session, wanted.tools)
        _refuse_strangers(
            "tool", wanted.tools, found, "Take the last part of the address of the tool's page."
        )
    rubrics = notice_pages.named_rubrics(session) if wanted.rubrics else {}
    _refuse_strangers("rubric", wanted.rubrics, (*rubrics, OLDER))
    order = house.data_classes
    lowest = max((order.index(each) for each in wanted.data_classes), default=None)
    return NoticeFilter(
        outcomes=frozenset().union(*(members(each) for each in wanted.outcomes)),
        categories=wanted.categories,
        offices=wanted.offices,
        tools=wanted.tools,
        ceilings=None if lowest is None else frozenset(order[lowest:]),
        states=wanted.validities,
        rubrics=frozenset(rubrics[each] for each in wanted.rubrics if each != OLDER),
        older=OLDER in wanted.rubrics,
        words=tuple(wanted.text.split()),
        kinds=asked.kinds,
    )


def _refuse_strangers(name: str, given: Iterable[str], known: Collection[str], hint: str = "") -> None:
    strange = sorted(set(given) - set(known))
    if strange:
        said = strange[0] if len(strange[0]) <= 40 else strange[0][:40] + "…"
        choose = hint or (f"Choose among: {', '.join(known)}." if known else "There is none yet.")
        sentence = f"There is no {name.replace('_', ' ')} “{said}”. {choose}"
        raise InvalidInput(sentence, {name: sentence})


def _place(asked: Asked) -> str:
    if asked.part is not None:
        month = ("archive", f"{asked.part.year:04}-{asked.part.month:02}")
        number = asked.part.number
        return urlencode([month] if number == 1 else [month, ("part", str(number))])
    return urlencode([("before", str(asked.before))]) if asked.before is not None else ""


def _part(query: QueryParams) -> Part | None:
    month, number = query.get("archive", ""), _number(query, "part")
    if not month:
        if number is not None:
            raise InvalidInput(
                "Name the month that it is a part of.", {"part": "Name the month: archive=2026-10."}
            )
        return None
    if "before" in query:
        raise InvalidInput(
            "Ask for a page or for an archive.", {"before": "Leave out one of before and archive."}
        )
    found = _MONTH.fullmatch(month)
    if found is None:
        sentence = f"“{month[:20]}” is no month. Write it as in archive=2026-10."
        raise InvalidInput(sentence, {"archive": sentence})
    return Part(int(found[1]), int(found[2]), 1 if number is None else number)


def _number(query: QueryParams, name: str) -> int | None:
    said = query.get(name, "")
    if not said:
        return None
    if not (said.isascii() and said.isdigit() and 1 <= int(said[:12]) <= MOST_NUMBER and len(said) < 12):
        sentence = f"“{said[:20]}” is no number of this list. Follow the feed's own links."
        raise InvalidInput(sentence, {name: sentence})
    return int(said)
