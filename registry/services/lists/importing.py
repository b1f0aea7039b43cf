"""Another list becomes tools and imported verdicts: planned against the store, then stored whole or not at all."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol, TypeVar

from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.identity import name_key, slug
from registry.domain.lookup import House
from registry.domain.verdict import Verdict
from registry.services.entries.keys import alias_keys
from registry.services.entries.ownership import alias_kind
from registry.services.lists.aliases import home_key, is_vendors_page, read_alias
from registry.services.lists.import_checks import circle, is_elsewhere, site
from registry.services.lists.import_rows import COLUMNS, PlannedRow, PlannedVerdict, read_row
from registry.services.lists.importing_store import DESCRIBED, NewTool, NewVerdict, store
from registry.services.lists.spreadsheets import Row
from registry.services.people.acting import Actor
from registry.store import tools, verdicts
from registry.store.engine import serialise
from registry.store.tables import AliasKind, Tool

MOST_ROWS = 200_000
T = TypeVar("T")


@dataclass(frozen=True)
class RowReport:
    number: int
    name: str
    stored: tuple[str, ...]
    """`tool` and `verdict 12`; empty where all of it was here already."""
    notes: tuple[str, ...]
    faults: dict[str, str]
    """Column to a sentence."""


@dataclass(frozen=True)
class Report:
    rows: tuple[RowReport, ...]
    tools: int
    verdicts: int
    done: bool
    """Whether it was stored; never where one row has a fault, and not in a dry run."""
    notes: tuple[str, ...] = ()
    """About the file as a whole."""

    @property
    def faulty(self) -> tuple[RowReport, ...]:
        return tuple(row for row in self.rows if row.faults)


class Track(Protocol):
    """Hands on what it is given, one by one, and tells somebody how far that is."""

    def __call__(self, items: Sequence[T], what: str, /) -> Iterable[T]: ...


def _untold(items: Sequence[T], _what: str) -> Iterable[T]:
    return items


def import_rows(
    session: Session,
    rows: Sequence[Row],
    house: House,
    *,
    by: Actor,
    now: datetime,
    date_format: str = "",
    dry_run: bool = False,
    track: Track = _untold,
) -> Report:
    """Store every tool and verdict of a list that is not here yet, or, where any row has a fault, nothing.

    `rows` bear our headers, in the order of the file; `track` hears of each while they are read and compared.
    Raises InvalidInput for a list without names or too long.
    """
    headers = {name for row in rows for name in row}
    if rows and "name" not in headers:
        raise InvalidInput(
            f"The list has no column “name”. It has: {', '.join(sorted(headers))}. Map its headers with --map."
        )
    if len(rows) > MOST_ROWS:
        raise InvalidInput(f"A list may have at most {MOST_ROWS:,} rows. Part it into several files.")
    if not dry_run:
        serialise(session, "tools")
        serialise(session, "verdict")
    planned = [
        read_row(number, row, house, now=now, date_format=date_format)
        for number, row in enumerate(track(rows, "Reading the rows"), start=1)
    ]
    plan = _Plan(session, house, now)
    for row in track(planned, "Comparing with what is here"):
        plan.take(row)
    plan.finish()
    reports = tuple(plan.report(row) for row in planned)
    done = not dry_run and not any(row.faults for row in reports)
    if done:
        store(
            session,
            plan.new_tools,
            plan.new_verdicts,
            known_offices=house.offices,
            zone=house.zone,
            by=by,
            now=now,
        )
    strange = sorted(headers - set(COLUMNS))
    notes = (f"Columns without a meaning here were ignored: {', '.join(strange)}.",) if strange else ()
    return Report(reports, len(plan.new_tools), len(plan.new_verdicts), done, notes)


@dataclass
class _Told:
    """What the plan has to say about one row, beside what its cells said."""

    stored: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)


class _Plan:
    """What a file would add to the store; it reads the store once, and writes nothing."""

    def __init__(self, session: Session, house: House, now: datetime) -> None:
        self._now, self._house = now, house
        known = tools.every(session)
        self._slugs = {tool.slug: tool for tool in known}
        by_id = {tool.id: tool for tool in known}
        self._owners: dict[tuple[AliasKind, str], Tool] = {
            (alias.kind, alias.key): by_id[alias.tool_id] for alias in tools.every_alias(session)
        }
        rows = verdicts.published(session, now=now)
        self._known: dict[str, list[tuple[Verdict, str]]] = {}
        for row, ruling in zip(rows, verdicts.as_rulings(session, rows), strict=True):
            self._known.setdefault(ruling.verdict.tool, []).append((ruling.verdict, row.reference))
        self._numbers = {row.number: by_id[row.tool_id].slug for row in rows}
        self._days = {row.number: self._day(row.decided_at) for row in rows}
        """Number to the day on which it was decided."""
        self._sites: dict[str, str] = {}
        """Slug to the site that the store or the first row with a home page gives the tool."""
        self._taken = set(verdicts.numbers(session))
        self._new: dict[str, NewTool] = {}
        self._told: dict[int, _Told] = {}
        self._renumbered: dict[int, int] = {}
        self._given: dict[int, int] = {}
        """Number in the file to its row."""
        self._of_tool: dict[str, list[NewVerdict]] = {}
        self.new_verdicts: list[NewVerdict] = []

    @property
    def new_tools(self) -> list[NewTool]:
        return list(self._new.values())

    def take(self, row: PlannedRow) -> None:
        told = self._told.setdefault(row.number, _Told())
        if "name" in row.faults:
            return
        tool = self._owners.get((AliasKind.NAME, name_key(row.name)))
        if tool is None:
            tool = self._add_tool(row, told)
        else:
            self._compare(row, tool, told)
        self._check_site(row, tool, told)
        if tool.slug in self._new:
            self._add_aliases(row, self._new[tool.slug], told)
        for each in row.verdicts:
            self._add_verdict(row, tool, each, told)

    def finish(self) -> None:
        """What needs the whole file: aliases out of home pages, numbers, and what names other rows."""
        self._add_home_pages()
        self._number()
        for new in self.new_verdicts:
            told = self._told[new.row]
            new.alternatives = [self._slug_of(each) for each in new.planned.alternatives]
            new.supersedes = [
                number for each in new.planned.supersedes if (number := self._superseded(each, new, told))
            ]
            self._check_days(new, told)
            told.stored.append(f"verdict {new.number}")
            strange = [each for each in new.planned.offices if each not in self._house.offices]
            if strange:
                told.notes.append(f"The office {', '.join(strange)} was not known and is made.")
        self._refuse_circles()

    def report(self, row: PlannedRow) -> RowReport:
        told = self._told[row.number]
        faults = {**row.faults, **told.faults}
        notes = (*row.notes, *told.notes)
        if not faults and not told.stored:
            notes = (*notes, "All of it is here already.")
        return RowReport(row.number, row.name, tuple(told.stored), notes, faults)

    def _add_tool(self, row: PlannedRow, told: _Told) -> Tool:
        wanted = row.texts["slug"] or slug(row.name)
        if wanted in self._slugs:
            if row.texts["slug"]:
                told.faults["slug"] = f"The slug {wanted} is that of “{self._slugs[wanted].name}” already."
            wanted = next(free for n in range(2, 10**6) if (free := f"{wanted}-{n}") not in self._slugs)
        tool = Tool(slug=wanted, name=row.name, created_at=self._now)
        for column in DESCRIBED:
            setattr(tool, column, row.texts[column])
        self._slugs[wanted] = tool
        self._new[wanted] = NewTool(row.number, tool, whole=row.whole)
        self._own(self._new[wanted], AliasKind.NAME, row.name, name_key(row.name))
        told.stored.append("tool")
        return tool

    def _compare(self, row: PlannedRow, tool: Tool, told: _Told) -> None:
        differing = [
            column for column in DESCRIBED if row.texts[column] and row.texts[column] != getattr(tool, column)
        ]
        if differing:
            told.notes.append(
                f"“{tool.name}” is here already and was not changed in: {', '.join(differing)}."
            )

    def _check_site(self, row: PlannedRow, tool: Tool, told: _Told) -> None:
        here = self._sites.get(tool.slug) or site(tool.homepage)
        there = site(row.texts["homepage"])
        self._sites[tool.slug] = here or there
        if is_elsewhere(here, there, row.aliases) and not any(
            self._owners.get((alias_kind(key), key)) is tool for key in alias_keys(row.texts["homepage"])
        ):
            told.faults["homepage"] = (
                f"“{tool.name}” is at {here}, and this row says {there}. If it is the same tool, write {here} "
                "among the aliases of this row; if it is another one, give it a name of its own."
            )

    def _add_aliases(self, row: PlannedRow, new: NewTool, told: _Told) -> None:
        for text in row.aliases:
            try:
                kind, kept, key = read_alias(text, row.name)
            except InvalidInput as fault:
                told.faults["aliases"] = fault.sentence
                continue
            owner = self._owners.get((kind, key))
            if owner is None:
                self._own(new, kind, kept, key)
            elif owner is not new.tool:
                told.faults["aliases"] = f"“{text}” belongs to “{owner.name}” already."

    def _add_home_pages(self) -> None:
        """A home page's strong key becomes an alias where it is one tool's alone; an export says all by itself."""
        guessed = {new.tool.slug: home_key(new.tool) for new in self.new_tools if not new.whole}
        times = Counter(guessed.values())
        for slug_, key in guessed.items():
            if not key or (alias_kind(key), key) in self._owners:
                continue
            new = self._new[slug_]
            if is_vendors_page(key, new.tool):
                told = f"{key} is the vendor’s own page, so it leads to none of its tools."
                self._told[new.row].notes.append(told)
            elif times[key] > 1:
                self._told[new.row].notes.append(f"Several tools live at {key}, so it leads to none of them.")
            else:
                self._own(new, alias_kind(key), key, key)

    def _own(self, new: NewTool, kind: AliasKind, text: str, key: str) -> None:
        self._owners[(kind, key)] = new.tool
        new.aliases.append((kind, text, key))

    def _add_verdict(self, row: PlannedRow, tool: Tool, planned: PlannedVerdict, told: _Told) -> None:
        print_ = _fingerprint(planned)
        for verdict, reference in self._known.get(tool.slug, []):
            same_day = planned.decided_at is None or planned.decided_at == verdict.decided_at
            if same_day and _fingerprint_of(verdict, reference) == print_:
                if planned.number is not None:
                    self._renumbered[planned.number] = verdict.number
                return
        if planned.number in self._given:
            told.faults["number"] = f"Row {self._given[planned.number]} has the number {planned.number} too."
            return
        twin = self._twin(tool, planned, print_)
        if twin is not None:
            told.notes.append(f"It says the same as row {twin.row}, so it was taken once.")
            return
        new = NewVerdict(row.number, tool, planned, number=planned.number or 0)
        self.new_verdicts.append(new)
        self._of_tool.setdefault(tool.slug, []).append(new)
        if planned.number is not None:
            self._given[planned.number] = row.number

    def _twin(self, tool: Tool, planned: PlannedVerdict, print_: object) -> NewVerdict | None:
        return next(
            (
                new
                for new in self._of_tool.get(tool.slug, ())
                if new.planned.decided_at == planned.decided_at
                and None in (new.planned.number, planned.number)
                and _fingerprint(new.planned) == print_
            ),
            None,
        )

    def _number(self) -> None:
        following = max(self._taken | set(self._given), default=0) + 1
        for new in self.new_verdicts:
            if not new.number or new.number in self._taken:
                if new.number:
                    self._told[new.row].notes.append(
                        f"Number {new.number} is taken here; it got {following}."
                    )
                    self._renumbered[new.number] = following
                new.number, following = following, following + 1
            self._numbers[new.number] = new.tool.slug
            self._days[new.number] = self._day(new.planned.decided_at or self._now)

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self._house.zone).date()

    def _check_days(self, new: NewVerdict, told: _Told) -> None:
        """A verdict that has not started yet may be replaced by one that starts before it, but was decided first."""
        day = self._days[new.number]
        for number in new.supersedes:
            if self._days[number] > day:
                told.faults["supersedes"] = (
                    f"Verdict {number} was decided on {self._days[number]}, and this one before, on {day}: it can "
                    "replace only what was there. Correct the days (without one it is today), or the number."
                )

    def _refuse_circles(self) -> None:
        for of_tool in self._of_tool.values():
            rows = {new.number: new.row for new in of_tool}
            found = circle({new.number: new.supersedes for new in of_tool})
            where = ", ".join(str(row) for row in sorted({rows[each] for each in found}))
            for each in found:
                self._told[rows[each]].faults["supersedes"] = (
                    f"The verdicts of rows {where} replace one another in a circle, so none would stand. "
                    "Let the newest name the older ones, and no older one a newer."
                )

    def _superseded(self, number: int, new: NewVerdict, told: _Told) -> int | None:
        number = self._renumbered.get(number, number)
        if self._numbers.get(number) != new.tool.slug or number == new.number:
            told.faults["supersedes"] = f"There is no other verdict {number} on this tool."
            return None
        return number

    def _slug_of(self, alternative: str) -> str:
        owner = self._owners.get((AliasKind.NAME, name_key(alternative)))
        return alternative if alternative in self._slugs or owner is None else owner.slug


def _fingerprint(planned: PlannedVerdict) -> tuple[object, ...]:
    texts = planned.texts
    return (
        planned.outcome,
        planned.edition,
        texts["versions"],
        texts["deployment"],
        planned.data_ceiling,
        frozenset(planned.accounts),
        frozenset(planned.offices),
        frozenset(planned.audience),
        tuple(each.text for each in planned.conditions),
        texts["rationale"],
        texts["reason_code"],
        planned.valid_until,
        texts["reference"],
    )


def _fingerprint_of(verdict: Verdict, reference: str) -> tuple[object, ...]:
    scope = verdict.scope
    return (
        verdict.outcome,
        scope.edition,
        scope.versions,
        scope.deployment,
        scope.data_ceiling,
        scope.accounts,
        scope.offices,
        scope.audience,
        tuple(each.text for each in verdict.conditions),
        verdict.rationale,
        verdict.reason_code,
        verdict.valid_until,
        reference,
    )
