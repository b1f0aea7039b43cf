"""How events come into the log: written at once, numbered and chained by hash as their transaction commits.

Numbers follow the order of commits, so whoever commits events waits here for whoever does at that moment, and nowhere
before: nothing else is asked for while the log's head is held. How a line is hashed: docs/records.md.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, event, text
from sqlmodel import Session

from registry.domain.errors import NotFound, RuleBroken
from registry.domain.log_line import NOTHING_BEFORE, line, moment, rest_of_line
from registry.domain.merkle import HASH_BYTES, Growing, leaf_hash
from registry.domain.values import dataclass
from registry.store import plain
from registry.store.engine import reserve_ids
from registry.store.memo import forget
from registry.store.tables import Event

if TYPE_CHECKING:
    from registry.store.plain import Source

MOST_PENDING = 5_000
AT_ONCE = 4
"""Lines that one statement writes: most acts have no more, and each number of them is planned by itself."""
_PENDING = "log"
_THINNED = "log_thinned"
"""Whether something was rolled back to a savepoint, and events with it."""
_TO_JSON = json.JSONEncoder(check_circular=False).encode
_COLUMNS = ("id", "at", "actor_id", "actor", "action", "subject_kind", "subject_id", "before", "after")
_AS_TEXT = {
    "sqlite": (
        "CASE WHEN typeof(event.at) = 'text' AND event.at GLOB '*-* *' THEN replace(event.at, ' ', 'T') || 'Z' END",
        "",
    ),
    "postgresql": ("to_char(event.at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')", "::text"),
}
_HELD = {"postgresql": " FOR UPDATE"}


@dataclass(frozen=True)
class Head:
    size: int
    last: str
    peaks: Sequence[bytes]


class Line(NamedTuple):
    """One line of the log as the database has it; without `rest` where the event is gone."""

    number: int
    event_id: int
    hashes: bytes
    actor_id: int | None
    actor: str
    action: str
    subject_id: int
    after: str
    """JSON, as it is stored."""
    rest: str | None


def append(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write events, each with all its columns but the id, in this order."""
    if not rows:
        return
    connection = session.connection()
    sqlite = connection.dialect.name == "sqlite"
    values, rests = [], []
    for row in rows:
        at = moment(row["at"])
        before, after = _TO_JSON(row["before"]), _TO_JSON(row["after"])
        who, what = (row["actor_id"], row["actor"]), (row["action"], row["subject_kind"], row["subject_id"])
        rests.append(rest_of_line(at, *who, *what, before, after))
        values.append((at[:-1].replace("T", " ") if sqlite else row["at"], *who, *what, before, after))
    pending: dict[int, str] = session.info.setdefault(_PENDING, {})
    for event_id, rest in zip(_insert_events(session, connection, values), rests, strict=True):
        pending.pop(event_id, None)  # of a savepoint that was rolled back: this one comes later
        pending[event_id] = rest
    forget(session, Event)
    if sqlite and len(pending) >= MOST_PENDING:  # a writer is alone there, so that nobody waits
        _chain_pending(session)


def _insert_events(
    session: Session, connection: Connection, values: Sequence[tuple[Any, ...]]
) -> Sequence[int]:
    """Gives their ids; without a statement more for one event, as most acts have it."""
    columns = _COLUMNS[1:]
    if len(values) == 1:
        if connection.dialect.name == "sqlite":
            return [connection.exec_driver_sql(_insert(connection, "event", columns), values[0]).lastrowid]
        returning = f"{_insert(connection, 'event', columns)} RETURNING id"
        return [connection.exec_driver_sql(returning, values[0]).scalar_one()]
    ids = reserve_ids(session, Event, len(values))
    rows = [(event_id, *each) for event_id, each in zip(ids, values, strict=True)]
    connection.exec_driver_sql(_insert(connection, "event", _COLUMNS), rows)
    return ids


def head(connection: Connection, *, to_write: bool = False) -> Head:
    """Where the log ends; `to_write` holds it until the transaction ends. Raises RuleBroken where it was damaged."""
    held = _HELD.get(connection.dialect.name, "") if to_write else ""
    row = connection.exec_driver_sql(f"SELECT size, last, peaks FROM log_head WHERE id = 1{held}").first()  # noqa: S608
    if row is None:
        raise RuleBroken("The row of log_head, which says where the log ends, is gone.")
    if [type(each) for each in row] != [int, str, bytes] or len(row.peaks) % HASH_BYTES:
        raise RuleBroken(
            "The row of log_head, which says where the log ends, was changed and cannot be read."
        )
    return Head(row.size, row.last, hashes_in(row.peaks))


def hashes_in(joined: bytes) -> list[bytes]:
    return [joined[start : start + HASH_BYTES] for start in range(0, len(joined), HASH_BYTES)]


def chain(connection: Connection, pending: Sequence[tuple[int, str]]) -> None:
    """Give these events, each by its id with the rest of its line, the next numbers and their hashes."""
    found = head(connection, to_write=True)
    tree, last, values = Growing(found.size, found.peaks), found.last, []
    for event_id, rest in pending:
        leaf = leaf_hash(line(tree.size + 1, last, rest))
        last = leaf.hex()
        values.append((tree.size + 1, event_id, b"".join(tree.add(leaf))))
    columns = ("number", "event_id", "hashes")
    if len(values) <= AT_ONCE:
        flat = tuple(each for row in values for each in row)
        connection.exec_driver_sql(_insert(connection, "log_entry", columns, rows=len(values)), flat)
    else:
        connection.exec_driver_sql(_insert(connection, "log_entry", columns), values)
    mark = _mark(connection)
    connection.exec_driver_sql(
        f"UPDATE log_head SET size = {mark}, last = {mark}, peaks = {mark} WHERE id = 1",  # noqa: S608
        (tree.size, last, b"".join(tree.peaks)),
    )


def lines(connection: Connection, *, after: int = 0, limit: int | None = None) -> Iterator[Line]:
    """The log from a number on, as it stands in the database, read as it is asked for."""
    query = (
        f"SELECT log_entry.number, log_entry.event_id, log_entry.hashes, event.id, {_values(connection)}"  # noqa: S608
        f" FROM log_entry LEFT JOIN event ON event.id = log_entry.event_id"
        f" WHERE log_entry.number > {int(after)} ORDER BY log_entry.number"
        + (f" LIMIT {int(limit)}" if limit is not None else "")
    )
    driver: Any = connection.connection.driver_connection  # its own rows come in half the time
    with (
        _any_text(driver) if connection.dialect.name == "sqlite" else nullcontext(),
        closing(driver.cursor() if connection.dialect.name == "sqlite" else driver.cursor("log")) as cursor,
    ):
        cursor.execute(query)
        while some := cursor.fetchmany(2000):
            for number, event_id, hashes, found, *values in some:
                _, actor_id, actor, action, _, subject_id, _, told = values
                try:
                    rest = None if found is None else rest_of_line(*values)
                except (TypeError, ValueError):  # SQLite takes anything in any column
                    rest = ""
                if not isinstance(hashes, bytes):
                    hashes = b""
                yield Line(number, event_id, hashes, actor_id, actor, action, subject_id, told, rest)


@contextmanager
def _any_text(driver: Any) -> Iterator[None]:
    """Has SQLite give what it keeps for text, whether it is any or not, so that it can be told."""
    usual, driver.text_factory = driver.text_factory, lambda found: found.decode(errors="replace")
    try:
        yield
    finally:
        driver.text_factory = usual


def numbers_of(
    source: "Source", action: str, subject_kind: str, subject_ids: Collection[int]
) -> dict[int, int]:
    """Subject's id -> number of the first event of this sort that befell it, of those that the log knows."""
    return dict(plain.rows(source, _NUMBERS_OF, subject_kind, subject_ids, action))


def line_at(connection: Connection, number: int) -> tuple[str, Line]:
    """The hash of the line before, in hexadecimal, and the line. Raises NotFound."""
    found = [each for each in lines(connection, after=max(number - 2, 0), limit=2) if each.number <= number]
    if not found or found[-1].number != number or found[-1].rest is None:
        raise NotFound(f"The log has no number {number}.")
    return found[0].hashes[:HASH_BYTES].hex() if len(found) == 2 else NOTHING_BEFORE, found[-1]


def full_subtree(connection: Connection, level: int, end: int) -> bytes:
    """The kept root of the full subtree of 2**level lines that ends with number `end`. Raises NotFound."""
    query = text("SELECT hashes FROM log_entry WHERE number = :end")
    found = connection.execute(query, {"end": end}).scalar()
    ending = hashes_in(found) if found is not None else []
    if level >= len(ending):
        raise NotFound(f"The log has no number {end}, or its hashes were changed.")
    return ending[level]


def leaves(connection: Connection, *, after: int, up_to: int) -> Iterator[bytes]:
    """The kept hash of each line between two numbers."""
    query = text(
        "SELECT substr(hashes, 1, 32) FROM log_entry WHERE number > :after AND number <= :up_to ORDER BY number"
    )
    for (leaf,) in connection.execute(query, {"after": after, "up_to": up_to}):
        yield bytes(leaf)


def of_verdicts(connection: Connection, *, after: int) -> bool:
    """Whether anything that befell a verdict has a higher number."""
    query = text(
        "SELECT 1 FROM log_entry JOIN event ON event.id = log_entry.event_id"
        " WHERE log_entry.number > :after AND event.subject_kind = 'verdict' LIMIT 1"
    )
    return connection.execute(query, {"after": after}).first() is not None


def names(connection: Connection) -> dict[int, str]:
    """What everybody with an account is called."""
    return dict(tuple(row) for row in connection.execute(text('SELECT id, name FROM "user"')))


def outside(connection: Connection) -> Sequence[int]:
    """Ids of events that are in no line of the log, the first hundred."""
    query = text(
        "SELECT event.id FROM event LEFT JOIN log_entry ON log_entry.event_id = event.id AND log_entry.number >= 1"
        " WHERE log_entry.number IS NULL ORDER BY event.id LIMIT 100"
    )
    return connection.execute(query).scalars().all()


def misnumbered(connection: Connection) -> Sequence[int]:
    """Numbers that no line of the log can have, the first hundred."""
    query = text("SELECT number FROM log_entry WHERE number < 1 ORDER BY number LIMIT 100")
    return connection.execute(query).scalars().all()


def unchained(connection: Connection, *, after: int, limit: int) -> list[tuple[int, str]]:
    """Events of a higher id, in that order, each with the rest of its line."""
    query = (
        f"SELECT event.id, {_values(connection)} FROM event WHERE event.id > {int(after)}"  # noqa: S608
        f" ORDER BY event.id LIMIT {int(limit)}"
    )
    return [(event_id, rest_of_line(*values)) for event_id, *values in connection.exec_driver_sql(query)]


def _values(connection: Connection) -> str:
    """What `rest_of_line` is given, of each event."""
    at, as_text = _AS_TEXT[connection.dialect.name]
    return (
        f"{at}, event.actor_id, event.actor, event.action, event.subject_kind, event.subject_id,"
        f" event.before{as_text}, event.after{as_text}"
    )


def _insert(connection: Connection, table: str, columns: Sequence[str], *, rows: int = 1) -> str:
    named = ", ".join(f'"{each}"' for each in columns)
    row = f"({', '.join([_mark(connection)] * len(columns))})"
    return f"INSERT INTO {table} ({named}) VALUES {', '.join([row] * rows)}"  # noqa: S608


def _mark(connection: Connection) -> str:
    return "?" if connection.dialect.name == "sqlite" else "%s"


def _commit(session: Session) -> None:
    if session.info.get(_PENDING) and not session.in_nested_transaction():
        session.flush()
        _chain_pending(session)


def _chain_pending(session: Session) -> None:
    pending: dict[int, str] = session.info.pop(_PENDING)
    connection = session.connection()
    if session.info.pop(_THINNED, False):
        low, high = min(pending), max(pending)
        query = text("SELECT id FROM event WHERE id BETWEEN :low AND :high")
        there = set(connection.execute(query, {"low": low, "high": high}).scalars())
        pending = {number: rest for number, rest in pending.items() if number in there}
    if pending:
        chain(connection, list(pending.items()))


def _roll_back(session: Session, ended: Any) -> None:
    if ended.nested:
        session.info[_THINNED] = True
    else:
        session.info.pop(_PENDING, None)


_NUMBERS_OF = """
SELECT event.subject_id, min(log_entry.number) FROM event JOIN log_entry ON log_entry.event_id = event.id
WHERE event.subject_kind = ? AND event.subject_id IN (??) AND event.action = ? GROUP BY event.subject_id
"""

event.listen(Session, "before_commit", _commit)
event.listen(Session, "after_soft_rollback", _roll_back)
