"""What people change of a tool: its name, its texts, its tags, and the other ways to say it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlmodel import Session

from registry.domain.errors import InvalidInput, StaleVersion
from registry.domain.identity import name_key
from registry.domain.tag import tags_of
from registry.domain.values import dataclass
from registry.services.answers.asking import read_query
from registry.services.candidates.triage import address
from registry.services.entries.keys import product_key
from registry.services.entries.ownership import alias_kind
from registry.services.lists.aliases import is_vendors_page, read_alias, require_name, write_alias
from registry.services.people.acting import Actor, record, refuse_long
from registry.services.tools.ways import Way, Ways
from registry.store import tags, tools
from registry.store.columns import id_of
from registry.store.engine import serialise
from registry.store.tables import Alias, AliasKind, Tool

MOST_ALIASES = 100
MAX_ALIAS = 500
TEXTS = {"name": 120, "vendor": 120, "category": 80, "homepage": 2000, "description": 2000, "guidance": 2000}
"""Column -> how many signs it holds."""
NOTHING: Mapping[str, str] = MappingProxyType({})
IN_ONE_LINE = frozenset({"name", "vendor", "category"})
Said = Mapping[tuple[AliasKind, str], str]
"""Kind and key of each way to say a tool, and the text that says it so."""


def edit(
    session: Session,
    slug: str,
    *,
    with_texts: Mapping[str, str] = NOTHING,
    with_tags: Iterable[str] | None = None,
    with_aliases: Iterable[str] | None = None,
    version: int | None = None,
    by: Actor,
    now: datetime,
) -> Tool:
    """Change what is known of a tool: texts by column of TEXTS, tags, and the ways to say it beside its own name,
    written as in an import. What is not given stays, its slug always does. What is so already is no act, whichever
    version was read.

    The name that it had stays a way to say it; so becomes a new home page, unless that leads to another tool.
    Raises NotFound, StaleVersion, and InvalidInput with faults by column, and under `tags` and `aliases`.
    """
    serialise(session, "tools")
    tool = tools.get(session, slug)
    session.refresh(tool)
    was, faults = _Is.of(session, tool), dict[str, str]()
    given, has = _texts(with_texts, faults), was.tags
    texts = {**was.texts, **{name: text for name, text in given.items() if name not in faults}}
    try:
        has = was.tags if with_tags is None else tags_of(with_tags)
    except InvalidInput as refused:
        faults["tags"] = refused.sentence
    ways = _ways(session, tool, was, texts, with_aliases, faults)
    if faults:
        raise InvalidInput(f"“{tool.name}” stays as it was. See what is to be corrected.", faults)
    if (texts, has, ways) == (was.texts, was.tags, was.ways):
        return tool
    if version is not None and version != tool.version:
        raise StaleVersion(
            f"Somebody changed “{tool.name}” meanwhile. Look at it again, then repeat your act."
        )
    for name, text in texts.items():
        setattr(tool, name, text)
    tags.put(session, id_of(tool), added={*has} - {*was.tags}, removed={*was.tags} - {*has})
    _put(session, tool, was, ways)
    tool.version += 1
    session.add(tool)
    session.flush()
    before, after = was.told, _Is.of(session, tool).told
    changed = [name for name in after if after[name] != before[name]]
    record(
        session,
        "tool.edited",
        ("tool", tool.id),
        by=by,
        now=now,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )
    return tool


def other_names(tool: Tool, known: Iterable[Alias]) -> list[str]:
    """The ways to say a tool beside its own name, as `edit` takes them, in order."""
    return sorted(write_alias(each) for each in known if (each.kind, each.key) != _own(tool.name))


@dataclass(frozen=True)
class _Is:
    """What is known of a tool."""

    texts: Mapping[str, str]
    tags: tuple[str, ...]
    rows: Mapping[tuple[AliasKind, str], Alias]
    others: list[str]

    @classmethod
    def of(cls, session: Session, tool: Tool) -> "_Is":
        known = tools.aliases(session, id_of(tool))
        return cls(
            {name: getattr(tool, name) for name in TEXTS},
            tags.of_tool(session, id_of(tool)),
            {(each.kind, each.key): each for each in known},
            other_names(tool, known),
        )

    @property
    def ways(self) -> Said:
        return {way: row.text for way, row in self.rows.items()}

    @property
    def told(self) -> dict[str, Any]:
        return {**self.texts, "tags": list(self.tags), "aliases": self.others}


def _own(name: str) -> tuple[AliasKind, str]:
    return AliasKind.NAME, name_key(name)


def _texts(given: Mapping[str, str], faults: dict[str, str]) -> dict[str, str]:
    """Those that may be kept, as they are kept; of the others `faults` tells why not."""
    found = {
        name: " ".join(text.split()) if name in IN_ONE_LINE else text.strip() for name, text in given.items()
    }
    try:
        refuse_long("", **{name: (text, TEXTS[name]) for name, text in found.items()})
    except InvalidInput as refused:
        faults |= refused.faults
    if "homepage" in found and "homepage" not in faults:
        try:
            found["homepage"] = address(found["homepage"])
        except InvalidInput as refused:
            faults["homepage"] = refused.sentence
    if "name" in found and "name" not in faults:
        try:
            require_name(found["name"])
        except InvalidInput as refused:
            faults["name"] = refused.sentence
    return found


def _ways(
    session: Session,
    tool: Tool,
    was: _Is,
    texts: Mapping[str, str],
    written: Iterable[str] | None,
    faults: dict[str, str],
) -> Said:
    """All the ways to say it from now on; `faults` tells of what is none, is another tool's, or is too much."""
    said = was.ways if written is None else _read(was, written, texts["name"], faults)
    names = {way: text for way, text in was.ways.items() if way == _own(tool.name)}
    if texts["name"] != tool.name:
        names[_own(texts["name"])] = texts["name"]
    names = {way: _spelled([text, said.get(way, ""), was.ways.get(way, "")]) for way, text in names.items()}
    found, home = {**said, **names}, _home(tool, texts)
    new = [
        (kind, text, key)
        for (kind, key), text in found.items()
        if was.ways.get((kind, key), "").casefold() != text.casefold()
    ]
    known = Ways(session, [*new, *home])
    told: dict[str, list[str]] = {}
    for way in new:
        if (clash := known.clash(way, id_of(tool))) is not None:
            place = "name" if (way[0], way[2]) in names else "aliases"
            other = tools.get_by_id(session, clash.other).name
            told.setdefault(place, []).append(clash.told(way[1], other))
    for place, sentences in told.items():
        faults[place] = " ".join([*filter(None, [faults.get(place)]), *sentences])
    found |= {
        (kind, key): text for kind, text, key in home if not known.clash((kind, text, key), id_of(tool))
    }
    return found


def _spelled(spellings: Sequence[str]) -> str:
    """Of spellings with one key the one by which all of them find the tool: `ASP.NET`, which reads as a host and is
    meant only where it is written so, before `AspNet`; else the first."""
    return next((text for text in spellings if read_query(text).written), spellings[0])


def _read(was: _Is, written: Iterable[str], name: str, faults: dict[str, str]) -> Said:
    """What is written stays what it was where it is there already."""
    lines = list(dict.fromkeys(written))
    if len(lines) > MOST_ALIASES:
        faults["aliases"] = f"At most {MOST_ALIASES} of them; these are {len(lines)}."
        return {}
    here = {write_alias(each): each for each in was.rows.values()}
    found: dict[tuple[AliasKind, str], str] = {}
    refused = []
    for line in lines:
        if len(line) > MAX_ALIAS:
            refused.append(f"“{line[:40]}…” is too long: at most {MAX_ALIAS} characters.")
            continue
        try:
            there = here.get(line)
            kind, text, key = (there.kind, there.text, there.key) if there else read_alias(line, name)
            found.setdefault((kind, key), text)
        except InvalidInput as fault:
            refused.append(fault.sentence)
    if refused:
        faults["aliases"] = " ".join(refused)
    return found


def _home(tool: Tool, texts: Mapping[str, str]) -> list[Way]:
    """The address of another home page, where that is the tool's own and not its vendor's."""
    key = product_key(texts["homepage"], texts["name"]) if texts["homepage"] != tool.homepage else ""
    if not key or is_vendors_page(key, name=texts["name"], vendor=texts["vendor"]):
        return []
    return [(alias_kind(key), key, key)]


def _put(session: Session, tool: Tool, was: _Is, ways: Said) -> None:
    for way, row in was.rows.items():
        if way not in ways:
            session.delete(row)
        else:
            row.text = ways[way]
    session.add_all(
        Alias(tool_id=id_of(tool), kind=kind, text=text, key=key)
        for (kind, key), text in ways.items()
        if (kind, key) not in was.rows
    )
    session.flush()
