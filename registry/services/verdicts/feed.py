"""A feed as it is read: which notices one of its documents holds, and where the others are (RFC 5005).

The documents are the feed itself with what is newest, pages that lead to all that is older, and the archives of months:
parts of so many notices in the order in which they were filed. A part is an archive once it is full or its month is
over, and never changes then: what comes late, or is put right, is filed when it comes. Of a part that still grows, what
is too old for the feed itself is in an archive that ends with what was filed last: `Part.first`.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotFound
from registry.domain.language import worded
from registry.domain.values import dataclass
from registry.services.verdicts.annals import Annals, NoticeFilter, Reading
from registry.store import notice_pages
from registry.store.notice_pages import Line
from registry.store.tables import Notice

MOST = 50
"""Notices of one document."""


@dataclass(frozen=True, order=True)
class Part:
    """Of a month's archive; the first one is number 1."""

    year: int
    month: int
    number: int = 1
    first: int | None = None
    """So many of its notices, where it was asked for before it was whole; what is filed later changes them no more."""

    @property
    def span(self) -> tuple[datetime, datetime]:
        """When its month begins and the next one does."""
        years, month = divmod(self.year * 12 + self.month, 12)
        return datetime(self.year, self.month, 1, tzinfo=UTC), datetime(years, month + 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Document:
    found: Sequence[Line]
    """The newest first."""
    next: int | None = None
    """The number of the notice before which the next page begins."""
    part: Part | None = None
    prev_archive: Part | None = None
    next_archive: Part | None = None


def newest(reading: Reading) -> Document:
    found, following = _page(reading, None)
    return Document(found, following, prev_archive=_newest_archive(reading, found))


def of_tools(
    session: Session, annals: Annals, slugs: Mapping[int, str], *, now: datetime
) -> dict[int, list[Document]]:
    """Tool id -> the feed of the tool and the archives of past months that it leads to, newest first.

    All are read at once, but for a long feed, of which the archives are left out as well.
    """
    filed = notice_pages.filed_of_tools(session, slugs.keys(), now=now)
    short = [tool_id for tool_id in slugs if len(filed.get(tool_id, ())) < MOST]
    lines = notice_pages.newest_of_tools(session, short, now=now)
    return {
        tool_id: _short(lines.get(tool_id, ()), filed.get(tool_id, ()), now)
        if tool_id in short
        else [newest(annals.reading(session, NoticeFilter(tools=frozenset({slug})), now=now))]
        for tool_id, slug in slugs.items()
    }


def _short(shown: Sequence[Line], filed: Sequence[Line], now: datetime) -> list[Document]:
    """What is filed in this month is shown by the feed itself, and each month before is one part."""
    at = now.astimezone(UTC)
    months: dict[Part, list[Line]] = {}
    for each in reversed(filed):
        months.setdefault(Part(each.filed_at.year, each.filed_at.month), []).append(each)
    past = [part for part in months if (part.year, part.month) < (at.year, at.month)]
    return [
        Document(shown, prev_archive=past[0] if past else None),
        *(
            Document(_told_last(months[part]), part=part, prev_archive=earlier, next_archive=later)
            for part, earlier, later in zip(past, [*past[1:], None], [None, *past], strict=False)
        ),
    ]


def archives(reading: Reading) -> list[tuple[int, Part]]:
    """All archives of a feed, each after the number of a notice that it holds, so that those about the same time can be
    told."""
    found: list[tuple[int, Part]] = []
    part = newest(reading).prev_archive
    while part is not None:
        found += ((number, part) for number in reading.filed(*part.span, skip=_skip(part), limit=1))
        part = _archive_before(reading, part)
    return found


def before(reading: Reading, number: int) -> Document:
    """The page that begins before a notice. Raises InvalidInput where there is no such notice."""
    last = notice_pages.find(reading.session, number, now=reading.now)
    if last is None:
        sentence = f"There is no notice number {number}. Begin with the feed itself and follow its links."
        raise InvalidInput(sentence, {"before": sentence})
    return Document(*_page(reading, last))


def archive(reading: Reading, part: Part) -> Document:
    """Raises NotFound for a part that is not closed yet, or that nothing was ever filed in."""
    count = reading.count(*part.span)
    parts = _closed(count, part, reading.now)
    if part.number > parts and not (part.first and _skip(part) + part.first <= count):
        raise NotFound(
            worded(
                "There is no such archive: nothing was filed there, or its time is not over. "
                "Follow the feed’s own links."
            )
        )
    found = _filed(reading, part, skip=_skip(part), limit=part.first or MOST)
    return Document(
        _told_last(found[::-1]),
        part=part,
        prev_archive=_archive_before(reading, part),
        next_archive=None if part.first else _archive_after(reading, part, parts),
    )


def _skip(part: Part) -> int:
    """How many of its month stand in the parts before."""
    return (part.number - 1) * MOST


def _told_last(found: Sequence[Line]) -> list[Line]:
    """Of what was told twice among these, the newest first, what was told last."""
    once: dict[str, Line] = {}
    for each in found:
        once.setdefault(each.uid, each)
    return list(once.values())


def _page(reading: Reading, last: Notice | None) -> tuple[Sequence[Line], int | None]:
    found = reading.newest(before=last, limit=MOST + 1)
    shown = notice_pages.lines(reading.session, found[:MOST])
    return shown, shown[-1].number if len(found) > MOST else None


def _filed(reading: Reading, part: Part, *, skip: int, limit: int) -> list[Line]:
    return notice_pages.lines(reading.session, reading.filed(*part.span, skip=skip, limit=limit))


def _newest_archive(reading: Reading, shown: Sequence[Line]) -> Part | None:
    """The archive with which everything begins that the feed itself does not show."""
    at = reading.now.astimezone(UTC)
    month = Part(at.year, at.month)
    full = reading.count(*month.span) // MOST
    rest = reading.filed(*month.span, skip=full * MOST, limit=MOST)
    beside = set(rest) - {each.number for each in shown}  # each may be shown as it was put later
    told = notice_pages.lines(reading.session, [*beside])
    if {each.uid for each in told} - {each.uid for each in shown}:
        return Part(at.year, at.month, full + 1, len(rest))
    if full:
        return Part(at.year, at.month, full)
    return _archive_before(reading, month)


def _archive_before(reading: Reading, part: Part) -> Part | None:
    if part.number > 1:
        return Part(part.year, part.month, part.number - 1)
    at = reading.last_before(part.span[0])
    if at is None:
        return None
    month = Part(at.year, at.month)
    return Part(at.year, at.month, -(-reading.count(*month.span) // MOST))


def _archive_after(reading: Reading, part: Part, parts: int) -> Part | None:
    if part.number < parts:
        return Part(part.year, part.month, part.number + 1)
    at = reading.first_since(part.span[1])
    if at is None:
        return None
    first = Part(at.year, at.month)
    return first if _closed(reading.count(*first.span), first, reading.now) else None


def _closed(count: int, month: Part, now: datetime) -> int:
    """How many parts of a month never change any more: all of one that is over, else those that are full."""
    return -(-count // MOST) if month.span[1] <= now else count // MOST
