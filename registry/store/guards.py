"""The triggers by which the database itself keeps to what was decided, held against those a fresh schema has.

Whoever owns a database can take them away, switch them off, or plant others that act by themselves.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, text

_FRESH = Path(__file__).with_name("guards.json")
_THERE = {
    "sqlite": "SELECT type AS kind, name, tbl_name AS place, sql AS says, 'O' AS stands FROM sqlite_master"
    " WHERE type IN ('trigger', 'view') ORDER BY name",
    "postgresql": "SELECT 'trigger' AS kind, tgname AS name, relname AS place,"
    " pg_get_triggerdef(pg_trigger.oid, true) || ' ' || prosrc AS says, tgenabled AS stands"
    " FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid"
    " WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace"
    " UNION ALL SELECT 'view', relname, relname, '', 'O' FROM pg_class"
    " WHERE relkind IN ('v', 'm') AND relnamespace = current_schema()::regnamespace"
    " AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')"
    " UNION ALL SELECT 'rule', rulename, tablename, '', 'O' FROM pg_rules WHERE schemaname = current_schema()"
    " ORDER BY 2",
}
_IN_FORCE = ("O", "A")
"""PostgreSQL's letters for a trigger that fires; others are switched off, or fire in replicas alone."""


class _There(NamedTuple):
    kind: str
    name: str
    place: str
    digest: str
    in_force: bool


def faults(connection: Connection) -> list[str]:
    """A sentence for each trigger that is gone, changed or switched off, and for each trigger, view or rule not ours.

    Of a database of the newest schema; writes nothing.
    """
    return list(_faults(connection))


def present(connection: Connection) -> dict[str, str]:
    """Name -> digest of what it does, of all that there are."""
    return {each.name: each.digest for each in _there(connection)}


def _faults(connection: Connection) -> Iterator[str]:
    missing = dict(_fresh()[connection.dialect.name])
    for each in _there(connection):
        called = f"The database's {each.kind} {each.name} on {each.place}"
        wanted = missing.pop(each.name, None)
        if wanted is None:
            yield f"{called} is not of this registry: somebody planted it."
        elif wanted != each.digest:
            yield f"{called} does not do any more what this registry made it for: somebody changed it."
        elif not each.in_force:
            yield f"{called} is switched off: what it keeps from being changed can be changed."
    for name in missing:
        yield f"The database's trigger {name} is gone: what it keeps from being changed can be changed."


def _there(connection: Connection) -> Iterator[_There]:
    for row in connection.execute(text(_THERE[connection.dialect.name])):
        told = re.sub(r'[\s"]+', " ", f"{row.place} {row.says}")
        stands = row.stands.decode() if isinstance(row.stands, bytes) else row.stands
        yield _There(
            row.kind, row.name, row.place, sha256(told.encode()).hexdigest()[:32], stands in _IN_FORCE
        )


@cache
def _fresh() -> Mapping[str, Mapping[str, str]]:
    """Database's kind -> name -> digest, as `present` gives them for a fresh database."""
    found: Mapping[str, Mapping[str, str]] = json.loads(_FRESH.read_text("utf-8"))
    return found
