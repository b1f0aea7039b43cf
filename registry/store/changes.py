"""What was written about tools since a moment: a few microseconds when it was nothing, whichever process wrote."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from registry.domain.values import dataclass

ANY = 0
"""Stands for each tool there is."""
MOST_NEWS = 4_000
"""Rows, less than the triggers leave; who is further behind may have missed some."""

_SQLITE = "SELECT id, tool_id, named FROM tool_change WHERE id > ?"
_SQLITE_VERSION = "PRAGMA data_version"
"""Another one after each commit over any other connection, of this process or another."""
_SQLITE_LAST = "SELECT coalesce(max(id), 0) FROM tool_change"
# What this statement sees and the snapshot of the last one did not: exact, in whatever order the others commit.
_POSTGRESQL = """
    SELECT pg_current_snapshot()::text, found.id, found.tool_id, found.named
    FROM (SELECT 1) AS one LEFT JOIN tool_change AS found
      ON found.xid >= %s::bigint AND NOT pg_visible_in_snapshot(found.xid::text::xid8, %s::pg_snapshot)
"""
_POSTGRESQL_PLANNED = """
    SELECT set_config('plan_cache_mode', 'force_generic_plan', false), set_config('enable_seqscan', 'off', false)
"""
"""What is asked before each reply is planned once; planned for each of its values anew, it took twice as long. A
plan that was made while the trail was short would read all of it when it is long."""
_POSTGRESQL_NAME = b"tool_changes"
_POSTGRESQL_LAST = "SELECT pg_current_snapshot()::text, coalesce(max(id), 0) FROM tool_change"


@dataclass(frozen=True)
class Changes:
    tools: frozenset[int] = frozenset()
    """Whose names and keys must be read again."""
    concerned: frozenset[int] = frozenset()
    """Of which anything was written, or `ANY`."""
    whole: bool = False
    """Whether more happened than the trail holds, so that everything must be read again."""

    @property
    def of_any(self) -> bool:
        """Whether it may be about each tool there is."""
        return self.whole or ANY in self.concerned


class Trail:
    """Follows the trail from where it stands when this is made, over a connection of its own; one thread at a time.

    Raises SQLAlchemyError, as all that reads the store does.
    """

    def __init__(self, engine: Engine) -> None:
        self._dialect = engine.dialect
        try:
            self._connection = engine.raw_connection()
        except self._dialect.loaded_dbapi.Error as error:
            raise self._told(error) from error
        self._cursor: Any = self._connection.cursor()
        self._postgresql = engine.dialect.name == "postgresql"
        self._snapshot, self._last, self._version = "", 0, 0
        try:
            if self._postgresql:
                self._connection.driver_connection.autocommit = True  # type: ignore[union-attr]
                self._rows(_POSTGRESQL_PLANNED)
                self._prepare()
                self._snapshot, self._last = self._rows(_POSTGRESQL_LAST)[0]
            else:
                self._version = self._rows(_SQLITE_VERSION)[0][0]
                self._last = self._rows(_SQLITE_LAST)[0][0]
        except DBAPIError:
            self.close()
            raise

    @property
    def last(self) -> int:
        """The highest number of the trail that was seen."""
        return self._last

    def news(self) -> Changes | None:
        """What was committed since the last call, or None: nothing."""
        return self._news_of_postgresql() if self._postgresql else self._news_of_sqlite()

    def ask(self) -> int | None:
        """Ask the same without waiting for the reply, where it comes by a network: the socket on which it will come.

        Nothing else may be asked of this trail before `reply_came`, and then `was_quiet`.
        """
        if not self._postgresql:
            return None
        known = [self._snapshot.partition(":")[0].encode(), self._snapshot.encode()]
        try:
            self._libpq.send_query_prepared(_POSTGRESQL_NAME, known)
            self._libpq.flush()
            return int(self._libpq.socket)
        except self._dialect.loaded_dbapi.Error as error:
            raise self._told(error) from error

    def reply_came(self) -> bool:
        """Whether all of it did, after some may have."""
        try:
            self._libpq.consume_input()
            return not self._libpq.is_busy()
        except self._dialect.loaded_dbapi.Error as error:
            raise self._told(error) from error

    def was_quiet(self) -> bool:
        """Whether nothing was committed since the last call; what was, `news` will tell."""
        replies = []
        while (reply := self._libpq.get_result()) is not None:
            replies.append(reply)
        if len(replies) != 1 or replies[0].ntuples != 1 or replies[0].get_value(0, 1) is not None:
            return False
        self._snapshot = replies[0].get_value(0, 0).decode()
        return True

    def close(self) -> None:
        self._cursor.close()
        self._connection.invalidate()

    @property
    def _libpq(self) -> Any:
        return self._connection.driver_connection.pgconn  # type: ignore[union-attr]

    def _prepare(self) -> None:
        numbered = _POSTGRESQL.replace("%s", "$1", 1).replace("%s", "$2", 1)
        reply, psycopg = self._libpq.prepare(_POSTGRESQL_NAME, numbered.encode()), self._dialect.loaded_dbapi
        if reply.status != psycopg.pq.ExecStatus.COMMAND_OK:
            raise self._told(psycopg.errors.error_from_result(reply))

    def _news_of_sqlite(self) -> Changes | None:
        version = self._rows(_SQLITE_VERSION)[0][0]
        if version == self._version:
            return None
        self._version = version
        rows = self._rows(_SQLITE, (self._last,))
        return self._changes(rows) if rows else None

    def _news_of_postgresql(self) -> Changes | None:
        oldest = self._snapshot.partition(":")[0]
        found = self._rows(_POSTGRESQL, (oldest, self._snapshot))
        rows = [row[1:4] for row in found if row[1] is not None]
        self._snapshot = found[0][0]
        return self._changes(rows) if rows else None

    def _changes(self, rows: Sequence[Any]) -> Changes:
        before, self._last = self._last, max(self._last, *(row[0] for row in rows))
        tools = frozenset(tool_id for _, tool_id, named in rows if named)
        concerned = frozenset(tool_id for _, tool_id, _ in rows)
        return Changes(tools, concerned, whole=self._last - before > MOST_NEWS)

    def _rows(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        try:
            self._cursor.execute(statement, values)
            return list(self._cursor.fetchall())
        except self._dialect.loaded_dbapi.Error as error:
            raise self._told(error, statement, values) from error

    def _told(self, error: Exception, statement: str = "", values: Sequence[object] = ()) -> BaseException:
        """The driver's error as the library tells those of all other statements."""
        base = self._dialect.loaded_dbapi.Error
        return DBAPIError.instance(statement, values, error, base, dialect=self._dialect)
