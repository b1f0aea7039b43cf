"""Which entries of a document are known already, whatever their publisher did to id, address, title or date.

A row learns the new id of its entry and nothing else; what becomes of both is intake.py's.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from sqlmodel import Session

from registry.domain.values import dataclass
from registry.store import entries, tables
from scrapers.entry import Entry, told_apart, without_host

Known = tuple[Entry, tables.Entry]
MOST_ALIKE = 20
"""So many rows are looked at where a page, a title or a text leads to many: a hostile feed must not cost more."""


def recognise(
    session: Session, source_id: int, found: Sequence[Entry], *, home: str = "", first: bool = False
) -> tuple[list[Entry], list[Known]]:
    """Part what is new from what is known, each beside its row; new ones come with keys that are free.

    The same key with the same link settles it. Else the row that most speaks for has it: key or second key, link,
    title, date. An id whose link, title and date are all others is used again, for something else. A second key
    counts alone where the whole feed moved to another host, a link where it leads to one entry and not home.
    `first`: nothing of this source is stored yet, so that nothing need be asked.
    """
    found = _once(found, _place(home))
    if first:
        keys = _Keys(())
        return [own for each in found for own in keys.free(each)], []
    by_key = entries.by_key(session, source_id, {entry.key for entry in found})
    known: list[Known] = []
    ahead: list[Entry] = []
    for entry in found:
        row = by_key.get(entry.key)
        if row is not None and _place(row.canonical_link) == _place(entry.canonical_link):
            known.append((entry, row))
        else:
            ahead.append(entry)
    if not ahead:
        return [], known
    near = {row.id: row for row in [*by_key.values(), *_near(session, source_id, ahead)]}.values()
    matched = {row.id for _, row in known}
    shared = _shared(entry.canonical_link for entry in found) | _shared(row.canonical_link for row in near)
    free = _Rows([row for row in near if row.id not in matched], shared | {_place(home)})
    paired = _paired(ahead, free, Counter(_beginning(entry.key) for entry in found))
    keys = _Keys(near)
    for entry in ahead:
        if (row := paired.get(entry.key)) is not None:
            keys.learn(row, entry)
            known.append((entry, row))
    return [own for each in ahead if each.key not in paired for own in keys.free(each)], known


@dataclass(frozen=True)
class _Pair:
    """An entry, a row that it may be, and what speaks for it."""

    entry: Entry
    row: tables.Entry
    key: bool
    second: bool
    link: bool
    path: bool
    """The links differ in their hosts at most."""
    title: bool
    date: bool
    another_date: bool
    content: bool
    """Neither has a link, and the text is the same."""

    @property
    def weight(self) -> int:
        return 3 * (self.key or self.second) + 3 * self.link + 2 * self.title + self.date + self.content

    def suffices(self, hosts: Counter[str], shared: Collection[str]) -> bool:
        if self.key or (self.second and self._stays()):
            undated = self.entry.published_at is None and self.row.published_at is None
            return self.path or self.title or self.date or undated
        if self.second:
            return self.link or self.title or self.date or self._moved(hosts)
        if self.link and _place(self.entry.canonical_link) in shared:
            return self.title and not self.another_date
        return self.link or self.content

    def _stays(self) -> bool:
        return _beginning(self.row.key) == _beginning(self.entry.key)

    def _moved(self, hosts: Counter[str]) -> bool:
        """Whether the document has left the host of the row's key for that of the entry's."""
        here = hosts[_beginning(self.entry.key)]
        return here > 1 and here > hosts.total() / 2 and not hosts[_beginning(self.row.key)]


class _Rows:
    """Stored entries that are not matched yet, by all that may lead to them."""

    def __init__(self, rows: Iterable[tables.Entry], shared: Collection[str]) -> None:
        self.shared = shared
        self._leading: dict[object, list[tables.Entry]] = defaultdict(list)
        for row in rows:
            for way in self._ways(row):
                self._leading[way].append(row)

    def like(self, entry: Entry) -> Iterator[tables.Entry]:
        """Each once, by ascending id."""
        ways = [*self._ways(entry), ("key", _apart(entry).key), ("second", _apart(entry).second_key)]
        found = {row.id or 0: row for way in ways for row in self._leading.get(way, ())[:MOST_ALIKE]}
        yield from (found[row_id] for row_id in sorted(found))

    def _ways(self, each: Entry | tables.Entry) -> Iterator[tuple[str, ...]]:
        place = _place(each.canonical_link)
        yield "key", each.key
        yield "second", each.second_key
        if place in self.shared and place:
            yield "page", place, _folded(each.title)
        elif place:
            yield "page", place
        else:
            yield "content", each.content_hash


def _paired(ahead: Sequence[Entry], rows: _Rows, hosts: Counter[str]) -> dict[str, tables.Entry]:
    """Key of an entry -> its row, the most alike first, each entry and each row at most once."""
    pairs = [_pair(entry, row) for entry in ahead for row in rows.like(entry)]
    paired: dict[str, tables.Entry] = {}
    taken: set[int | None] = set()
    for pair in sorted(pairs, key=lambda pair: -pair.weight):
        if pair.entry.key not in paired and pair.row.id not in taken and pair.suffices(hosts, rows.shared):
            paired[pair.entry.key] = pair.row
            taken.add(pair.row.id)
    return paired


def _pair(entry: Entry, row: tables.Entry) -> _Pair:
    apart, place = _apart(entry), _place(entry.canonical_link)
    dated = entry.published_at is not None and row.published_at is not None
    same_date = entry.published_at == row.published_at
    return _Pair(
        entry,
        row,
        key=row.key in (entry.key, apart.key),
        second=row.second_key in (entry.second_key, apart.second_key),
        link=bool(place) and place == _place(row.canonical_link) and _fragments_agree(entry.link, row.link),
        path=without_host(entry.canonical_link) == without_host(row.canonical_link),
        title=_folded(entry.title) == _folded(row.title),
        date=dated and same_date,
        another_date=dated and not same_date,
        content=not place and not row.canonical_link and entry.content_hash == row.content_hash,
    )


def _near(session: Session, source_id: int, ahead: Sequence[Entry]) -> Iterable[tables.Entry]:
    """Every row that may be one of these, or that stands where their keys would go."""
    each_way = [*ahead, *map(_apart, ahead)]
    keys = {each.key for each in each_way}
    return entries.near(
        session,
        source_id,
        keys=keys,
        second_keys=keys | {each.second_key for each in each_way},
        links={spelling for entry in ahead for spelling in _spellings(entry.canonical_link)},
        hashes={entry.content_hash for entry in ahead if not entry.canonical_link},
    )


class _Keys:
    """Which keys are taken, in the store and by what is on its way there."""

    def __init__(self, rows: Iterable[tables.Entry]) -> None:
        rows = list(rows)
        self._keys = {row.key for row in rows}
        self._seconds = {row.second_key for row in rows}

    def free(self, entry: Entry) -> Iterator[Entry]:
        """The entry under keys that nobody has; nothing where it cannot be told apart from one before it."""
        own = entry if entry.key not in self._keys else _apart(entry)
        second = own.second_key
        if second in self._seconds:
            second = next((each for each in (own.key, _apart(own).key) if each not in self._seconds), "")
        if own.key not in self._keys and second:
            self._keys.add(own.key)
            self._seconds.add(second)
            yield own if second == own.second_key else replace(own, second_key=second)

    def learn(self, row: tables.Entry, entry: Entry) -> None:
        """A row keeps its key for ever; beside it stands the newest of its other ids, where that one is free."""
        ids = {entry.key, _apart(entry).key}
        if ids.isdisjoint((row.key, row.second_key)) and entry.second_key not in self._seconds:
            row.second_key = entry.second_key
            self._seconds.add(entry.second_key)


def _once(found: Iterable[Entry], home: str) -> list[Entry]:
    """Without the same page under the same title and date a second time, whatever ids it goes by."""
    first: dict[object, Entry] = {}
    for entry in found:
        place = _place(entry.canonical_link)
        tells = place and (place != home or entry.published_at is not None)
        page = (place, _folded(entry.title), entry.published_at) if tells else entry.key
        first.setdefault(page, entry)
    return list(first.values())


def _shared(links: Iterable[str]) -> set[str]:
    """Places to which several links lead: they tell nothing by themselves."""
    return {place for place, number in Counter(map(_place, links)).items() if number > 1}


def _apart(entry: Entry) -> Entry:
    return told_apart(entry, entry.canonical_link or entry.title)


def _place(canonical_link: str) -> str:
    """A page's address without scheme and `www.`."""
    return canonical_link.partition("://")[2].removeprefix("www.")


def _spellings(canonical_link: str) -> Iterator[str]:
    place = _place(canonical_link)
    if place:
        yield from (f"{scheme}://{www}{place}" for scheme in ("https", "http") for www in ("", "www."))


def _fragments_agree(link: str, other: str) -> bool:
    """Whether two links to one page do not name two places in it."""
    here, there = urlsplit(link).fragment, urlsplit(other).fragment
    return not here or not there or here == there


def _beginning(key: str) -> str:
    """The host part of an id that is an address, scheme and `www.` aside; "" where it is none."""
    beginning = key.removesuffix(without_host(key)).lower()
    return beginning.partition("//")[2].strip("/").removeprefix("www.") or beginning


def _folded(title: str) -> str:
    return " ".join(title.casefold().split())
