"""The ground of the demo's office: offices, people and tools, put into an empty registry."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from sqlmodel import Session

from registry.demo.content import Content, ToolRecord
from registry.domain.identity import name_key
from registry.domain.library import Wording
from registry.domain.values import dataclass
from registry.services.answers.asking import domain_key, program_key, purl_key
from registry.services.decisions import library
from registry.services.entries.ownership import alias_kind
from registry.services.people.accounts import add_user
from registry.services.people.acting import REGISTRY, Actor, record
from registry.services.people.sign_in import as_actor
from registry.store import library as library_rows
from registry.store import tables, tags
from registry.store.columns import id_of
from registry.store.tables import AliasKind
from scrapers.links import identity_key


@dataclass
class Ground:
    """Who acts, and on what, by the keys that the content uses."""

    people: dict[str, Actor] = field(default_factory=dict)
    tools: dict[str, tables.Tool] = field(default_factory=dict)
    wordings: dict[str, int] = field(default_factory=dict)
    """Text of a condition of the library to the id of its wording."""


def lay(session: Session, content: Content, *, now: datetime) -> Ground:
    """Write offices, people and tools as of `now`, a moment before all that they take part in."""
    for office in content.offices:
        row = tables.Office(code=office.code, name=office.name, default_rule=office.default_rule)
        session.add(row)
        session.flush()
        record(session, "office.added", ("office", row.id), by=REGISTRY, now=now, after={"code": row.code})
    people = {
        each.key: as_actor(
            session,
            add_user(
                session,
                email=each.email,
                name=each.name,
                roles=each.roles,
                offices=each.offices,
                areas=each.areas,
                by=REGISTRY,
                now=now,
            ),
        )
        for each in content.people
    }
    made = {each.slug: _tool(session, each, now) for each in content.tools}
    return Ground(people, made, _library(session, content, people, now))


def _library(
    session: Session, content: Content, people: Mapping[str, Actor], now: datetime
) -> dict[str, int]:
    """The usual conditions, and those that the office's own verdicts have more than once."""
    keeper = next(each for each in people.values() if tables.Role.APPROVER in each.roles)
    library.add_starter(session, by=keeper, now=now)
    used = Counter(each.text for verdict in content.verdicts for each in verdict.conditions)
    for condition in (each for verdict in content.verdicts for each in verdict.conditions):
        if used[condition.text] > 1 and condition.standing:
            wording = Wording(
                text=condition.text,
                kind=condition.kind,
                duty=condition.duty,
                check=condition.check,
                mitigates=condition.mitigates,
            )
            library.add(session, wording, by=keeper, now=now)
            used[condition.text] = 0
    return {each.wording.text: id_of(each.wording) for each in library_rows.conditions(session, now=now)}


def _tool(session: Session, told: ToolRecord, now: datetime) -> tables.Tool:
    tool = tables.Tool(
        slug=told.slug,
        name=told.name,
        vendor=told.vendor,
        category=told.category,
        homepage=told.homepage,
        description=told.description,
        created_at=now,
    )
    session.add(tool)
    session.flush()
    home = identity_key(told.homepage)
    called = [
        (AliasKind.NAME, told.name, name_key(told.name)),
        (alias_kind(home), home, home),
        *((kind, text, key) for text in told.aliases for kind, key in [_alias(text)]),
    ]
    session.add_all(
        tables.Alias(tool_id=id_of(tool), kind=kind, text=text, key=key)
        for kind, text, key in {(kind, key): (kind, text, key) for kind, text, key in called}.values()
    )
    session.flush()
    tags.put(session, id_of(tool), added=told.tags, removed=())
    record(
        session,
        "tool.made",
        ("tool", tool.id),
        by=REGISTRY,
        now=now,
        after={"slug": tool.slug, "name": tool.name},
    )
    return tool


def _alias(text: str) -> tuple[AliasKind, str]:
    """What kind of thing an alias is, and the key it is matched by."""
    if text.startswith("pkg:"):
        return AliasKind.PURL, purl_key(text)
    if text.endswith(".exe"):
        return AliasKind.EXE, program_key(text)
    if "://" in text:
        key = identity_key(text)
        return alias_kind(key), key
    host, _, path = text.partition("/")
    if " " in text or "." not in host:
        return AliasKind.NAME, name_key(text)
    return (AliasKind.PATH, text.lower()) if path else (AliasKind.DOMAIN, domain_key(host))
