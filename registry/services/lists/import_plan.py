"""What a list would add to the store: it reads the store once, takes row after row, and writes nothing.

Of a row it keeps what later rows are compared with and what the report says; all else of a verdict is put aside.
"""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date, datetime
from types import MappingProxyType

from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.identity import name_key, slug
from registry.domain.lookup import House
from registry.domain.tag import tags_of
from registry.domain.values import dataclass
from registry.services.entries.keys import alias_keys
from registry.services.entries.ownership import alias_kind
from registry.services.lists.aliases import home_key, is_vendors_page, read_alias
from registry.services.lists.import_checks import (
    TENANTS,
    circle,
    fingerprint,
    fingerprint_of,
    is_elsewhere,
    site,
)
from registry.services.lists.import_rows import PlannedRow, PlannedVerdict
from registry.services.lists.importing_store import DESCRIBED, Additions, ListedTool, NewVerdict
from registry.services.tools.ways import Clash, Way, asked_by, clash, holding, lost, meant
from registry.store import asked, tags, tools, verdicts
from registry.store.tables import AliasKind

NO_FAULTS: Mapping[str, str] = MappingProxyType({})


@dataclass(slots=True)
class RowReport:
    number: int
    """1 for the first row under the header."""
    name: str
    stored: tuple[str, ...] = ()
    """`tool` and `verdict 12`; empty where all of it was here already."""
    notes: tuple[str, ...] = ()
    faults: Mapping[str, str] = field(default_factory=lambda: NO_FAULTS)
    """Column to a sentence."""

    def note(self, sentence: str) -> None:
        self.notes += (sentence,)

    def fault(self, column: str, sentence: str) -> None:
        self.faults = {**self.faults, column: sentence}


class Plan:
    def __init__(self, session: Session, house: House, now: datetime) -> None:
        self._now, self._house = now, house
        tagged = tags.of_tools(session)
        by_id = {
            tool_id: ListedTool(
                slug=slug_,
                name=name,
                homepage=home,
                vendor=sys.intern(vendor),
                category=sys.intern(category),
                description=said,
                guidance=guidance,
                tags=tagged.get(tool_id, ()),
                id=tool_id,
            )
            for tool_id, slug_, name, home, vendor, category, said, guidance in tools.described(session)
        }
        self._is_held = bool(by_id)
        """Whether any tool is here already."""
        self._slugs = {tool.slug: tool for tool in by_id.values()}
        self._owners: dict[AliasKind, dict[str, ListedTool]] = {kind: {} for kind in AliasKind}
        for kind, key, tool_id in asked.alias_keys(session):
            self._owners[AliasKind(kind)][key] = by_id[tool_id]
        self._written = {text.casefold(): by_id[tool_id] for text, tool_id in asked.written(session)}
        """The names here that may be hosts too, as they are written."""
        self._numbers: dict[int, ListedTool] = {}
        """Of every verdict that can be named to its tool."""
        self._days: dict[int, date] = {}
        """Of every verdict that can be named to the day on which it was decided."""
        self._sites: dict[str, str] = {}
        """Slug to the site that the store or the first row with a home page gives the tool."""
        self._said: dict[bytes, tuple[tuple[datetime, int], ...]] = {}
        """Fingerprint to day and number of each verdict in the store that says so, the newest number first."""
        self._read_verdicts(session, by_id)
        self._taken = verdicts.numbers(session)
        self._renumbered: dict[int, int] = {}
        self._given: dict[int, int] = {}
        """Number in the file to its row."""
        self._new: dict[bytes, tuple[NewVerdict, ...]] = {}
        """Fingerprint to what the rows before said so."""
        self._found = Additions(alternatives=self._slugs_of)
        self.reports: list[RowReport] = []
        """One for each row, in their order."""

    def take(self, row: PlannedRow) -> None:
        """The rows come in their order, each once."""
        told = RowReport(row.number, row.name, notes=row.notes, faults=row.faults or NO_FAULTS)
        self.reports.append(told)
        if "name" in row.faults:
            return
        tool = self._owners[AliasKind.NAME].get(name_key(row.name))
        if tool is None:
            tool = self._add_tool(row, told)
        else:
            self._compare(row, tool, told)
            self._check_site(row, tool, told)
        if tool.row:
            self._add_aliases(row, tool, told)
            self._add_tags(row, tool, told)
        for each in row.verdicts:
            self._add_verdict(tool, each, told)

    def finish(self) -> Additions:
        """What needs the whole file: aliases out of home pages, numbers, and what names other rows."""
        self._add_home_pages()
        self._refuse_lost_names()
        self._number()
        for new in self._found.verdicts:
            told = self._report_of(new.row)
            if new.supersedes:
                found = (self._superseded(each, new, told) for each in new.supersedes)
                new.supersedes = tuple(number for number in found if number)
                self._check_days(new, told)
            told.stored += (f"verdict {new.number}",)
        self._refuse_circles()
        for told in self.reports:
            if not told.faults and not told.stored:
                told.note("All of it is here already.")
        self._forget()
        return self._found

    def _forget(self) -> None:
        """Let go of what only rows were compared with: what follows needs the memory."""
        self._said.clear()
        self._new.clear()
        self._days.clear()
        self._sites.clear()
        for kind in set(AliasKind) - {AliasKind.NAME}:
            self._owners[kind].clear()

    def _report_of(self, row: int) -> RowReport:
        return self.reports[row - 1]

    def _read_verdicts(self, session: Session, by_id: Mapping[int, ListedTool]) -> None:
        for part in verdicts.published_in_parts(session, now=self._now):
            conditions = verdicts.conditions(session, [row.id for row in part if row.id is not None])
            for row in part:
                tool = self._numbers[row.number] = by_id[row.tool_id]
                self._days[row.number] = self._day(row.decided_at)
                says = fingerprint_of(tool, row, conditions.get(row.id or 0, []))
                self._said[says] = (*self._said.get(says, ()), (row.decided_at, row.number))

    def _add_tool(self, row: PlannedRow, told: RowReport) -> ListedTool:
        wanted = row.texts["slug"] or slug(row.name)
        if wanted in self._slugs:
            if row.texts["slug"]:
                told.fault("slug", f"The slug {wanted} is that of “{self._slugs[wanted].name}” already.")
            wanted = next(free for n in range(2, 10**6) if (free := f"{wanted}-{n}") not in self._slugs)
        tool = ListedTool(
            slug=wanted,
            name=row.name,
            homepage=row.texts["homepage"],
            vendor=sys.intern(row.texts["vendor"]),
            category=sys.intern(row.texts["category"]),
            description=row.texts["description"],
            guidance=row.texts["guidance"],
            row=row.number,
            whole=row.whole,
        )
        self._check_meant(tool, (AliasKind.NAME, row.name, name_key(row.name)), "name", told)
        self._slugs[wanted] = tool
        self._found.tools.append(tool)
        self._own(tool, AliasKind.NAME, row.name, name_key(row.name))
        told.stored += ("tool",)
        return tool

    def _compare(self, row: PlannedRow, tool: ListedTool, told: RowReport) -> None:
        differing = [
            column for column in DESCRIBED if row.texts[column] and row.texts[column] != getattr(tool, column)
        ]
        if not tool.row and not {*row.tags}.issubset(tool.tags):
            differing.append("tags")
        if differing:
            told.note(f"“{tool.name}” is here already and was not changed in: {', '.join(differing)}.")

    def _check_site(self, row: PlannedRow, tool: ListedTool, told: RowReport) -> None:
        if row.texts["homepage"] in ("", tool.homepage):
            return
        there = site(row.texts["homepage"])
        here = self._sites.get(tool.slug) or site(tool.homepage)
        if here or there:
            self._sites[tool.slug] = sys.intern(here or there)
        if is_elsewhere(here, there, row.aliases) and not any(
            self._owners[alias_kind(key)].get(key) is tool for key in alias_keys(row.texts["homepage"])
        ):
            told.fault(
                "homepage",
                f"“{tool.name}” is at {here}, and this row says {there}. If it is the same tool, write {here} "
                "among the aliases of this row; if it is another one, give it a name of its own.",
            )

    def _add_aliases(self, row: PlannedRow, tool: ListedTool, told: RowReport) -> None:
        for text in row.aliases:
            try:
                kind, kept, key = read_alias(text, row.name)
            except InvalidInput as fault:
                told.fault("aliases", fault.sentence)
                continue
            owner = self._owners[kind].get(key)
            if owner is None:
                self._check_meant(tool, (kind, kept, key), "aliases", told)
                self._own(tool, kind, kept, key)
                if key in TENANTS:
                    told.note(
                        f"The site of every customer under {key} leads to this tool; name one host if that is too much."
                    )
            elif owner is not tool:
                told.fault("aliases", Clash(owner, owned=True).told(text, owner.name))

    def _check_meant(self, tool: ListedTool, way: Way, column: str, told: RowReport) -> None:
        """Whether people find another tool here by it today; a list may part what is its own."""
        for owner in (meant(self, each) for each in (asked_by(way) if self._is_held else ())):
            if owner and owner is not tool and not owner.row:
                told.fault(column, Clash(owner).told(way[1], owner.name))
                return

    def owner(self, kind: AliasKind, key: str, written: str = "") -> ListedTool | None:
        """See ways.Known."""
        return self._written.get(written) if written else self._owners[kind].get(key)

    def _refuse_lost_names(self) -> None:
        """Of two tools, of which people who say the name of one find the other, the later row is at fault."""
        for folded, tool, found, key in lost(self, self._written.items()):
            name = tool.name if tool.name.casefold() == folded else folded
            column, text, later, why = "aliases", key, found, Clash(tool, led_away=name)
            if tool.row > found.row:
                column, text, later, why = "name", name, tool, Clash(found)
            if not later.row:
                continue
            told, sentence = self._report_of(later.row), why.told(text, why.other.name)
            if tool.whole and found.whole:
                told.note(sentence)  # so it was where the list comes from
            elif column not in told.faults:
                told.fault(column, sentence)

    def _add_tags(self, row: PlannedRow, tool: ListedTool, told: RowReport) -> None:
        try:
            tool.tags = tags_of((*tool.tags, *row.tags))
        except InvalidInput as fault:
            told.fault("tags", fault.sentence)

    def _add_home_pages(self) -> None:
        """A home page's strong key becomes an alias where it is one tool's alone; an export says all by itself."""
        guessed = [(tool, home_key(tool)) for tool in self._found.tools if not tool.whole]
        times = Counter(key for _, key in guessed)
        names = holding(self._written.items()) if guessed else {}
        for tool, key in guessed:
            if not key or self.owner(alias_kind(key), key) is tool:
                continue
            if is_vendors_page(key, name=tool.name, vendor=tool.vendor):
                note = f"{key} is the vendor’s own page, so it leads to none of its tools."
                self._report_of(tool.row).note(note)
            elif times[key] > 1:
                note = f"Several tools live at {key}, so it leads to none of them."
                self._report_of(tool.row).note(note)
            elif other := self._elsewhere(tool, key, names.get((alias_kind(key), key), ())):
                note = f"{key} is not taken for this tool: by it people find “{other.name}”."
                self._report_of(tool.row).note(note)
            else:
                self._own(tool, alias_kind(key), key, key)

    def _elsewhere(
        self, tool: ListedTool, key: str, names: Sequence[tuple[str, ListedTool]]
    ) -> ListedTool | None:
        """Whose match a home page would take; below the page of another new tool it may stand."""
        found = clash(self, (alias_kind(key), key, key), tool, names)
        if found is None:
            return None
        by_name = bool(found.led_away) or any(owner is found.other for _, owner in names)
        return found.other if found.owned or by_name or not found.other.row else None

    def _own(self, tool: ListedTool, kind: AliasKind, text: str, key: str) -> None:
        self._owners[kind][key] = tool
        if kind is AliasKind.NAME and "." in text:
            self._written[text.casefold()] = tool
        self._found.aliases.add((tool.slug, kind, text, key))

    def _add_verdict(self, tool: ListedTool, planned: PlannedVerdict, told: RowReport) -> None:
        says = fingerprint(tool, planned)
        for decided_at, number in self._said.get(says, ()):
            if planned.decided_at is None or planned.decided_at == decided_at:
                if planned.number is not None:
                    self._renumbered[planned.number] = number
                return
        if planned.number in self._given:
            told.fault("number", f"Row {self._given[planned.number]} has the number {planned.number} too.")
            return
        before = self._new.get(says, ())
        for twin in before:
            if twin.decided_at == planned.decided_at and (not twin.number or planned.number is None):
                told.note(f"It says the same as row {twin.row}, so it was taken once.")
                return
        new = NewVerdict(told.number, tool, planned.number or 0, planned.decided_at, planned.supersedes)
        self._new[says] = (*before, new)
        self._found.verdicts.append(new)
        self._found.planned.add(planned)
        if planned.number is not None:
            self._given[planned.number] = told.number
        strange = [each for each in planned.offices if each not in self._house.offices]
        if strange:
            self._found.offices.update(strange)
            told.note(f"The office {', '.join(strange)} was not known and is made.")

    def _number(self) -> None:
        following = max(max(self._taken, default=0), max(self._given, default=0)) + 1
        for new in self._found.verdicts:
            if not new.number or new.number in self._taken:
                if new.number:
                    note = f"Number {new.number} is taken here; it got {following}."
                    self._report_of(new.row).note(note)
                    self._renumbered[new.number] = following
                new.number, following = following, following + 1
            self._numbers[new.number] = new.tool
            self._days[new.number] = self._day(new.decided_at or self._now)

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self._house.zone).date()

    def _check_days(self, new: NewVerdict, told: RowReport) -> None:
        """A verdict that has not started yet may be replaced by one that starts before it, but was decided first."""
        day = self._days[new.number]
        for number in new.supersedes:
            if self._days[number] > day:
                told.fault(
                    "supersedes",
                    f"Verdict {number} was decided on {self._days[number]}, and this one before, on {day}: it can "
                    "replace only what was there. Correct the days (without one it is today), or the number.",
                )

    def _refuse_circles(self) -> None:
        naming: dict[str, dict[int, NewVerdict]] = {}
        for new in self._found.verdicts:
            if new.supersedes:
                naming.setdefault(new.tool.slug, {})[new.number] = new
        for of_tool in naming.values():
            found = circle({number: new.supersedes for number, new in of_tool.items()})
            where = ", ".join(str(row) for row in sorted({of_tool[each].row for each in found}))
            for each in found:
                self._report_of(of_tool[each].row).fault(
                    "supersedes",
                    f"The verdicts of rows {where} replace one another in a circle, so none would stand. "
                    "Let the newest name the older ones, and no older one a newer.",
                )

    def _superseded(self, number: int, new: NewVerdict, told: RowReport) -> int | None:
        number = self._renumbered.get(number, number)
        if self._numbers.get(number) is not new.tool or number == new.number:
            told.fault("supersedes", f"There is no other verdict {number} on this tool.")
            return None
        return number

    def _slugs_of(self, alternatives: Sequence[str]) -> list[str]:
        names = self._owners[AliasKind.NAME]
        owners = (None if each in self._slugs else names.get(name_key(each)) for each in alternatives)
        return [owner.slug if owner else each for each, owner in zip(alternatives, owners, strict=True)]
