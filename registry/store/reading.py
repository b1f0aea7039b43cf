"""How a transaction that only reads begins and ends; a session of one, which lends the driver's own cursor to whoever
asks by plain SQL."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from registry.store.plain import Plain, Row

POSITIONAL = {"sqlite": "?", "postgresql": "%s"}
_BEGIN = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class Snapshot(Session):
    """Whoever has read enough may close it."""

    _lent: "Lent | None" = None

    @property
    def plain(self) -> Plain:
        """Its transaction for plain SQL, at half the cost and less."""
        connection = self.connection()
        if self._lent is None or self._lent.connection is not connection:
            self._lent = Lent(connection)
        return self._lent


class Lent(Plain):
    """Of a session's connection; it fails as the session does."""

    def __init__(self, connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        super().__init__(driver.cursor, positional=POSITIONAL[connection.dialect.name])
        self.connection = connection

    def parts(self, statement: str, given: Sequence[object]) -> Iterator[list[Row]]:
        dialect = self.connection.dialect
        try:
            yield from super().parts(statement, given)
        except dialect.loaded_dbapi.Error as error:
            gone = dialect.is_disconnect(error, self.cursor.connection, None)
            if gone:
                self.connection.invalidate(error)
            raise failed(error, dialect, gone=gone) from error


def failed(error: Exception, dialect: Dialect, *, gone: bool) -> Exception:
    """What the driver raised, as a session tells it."""
    failure = dialect.loaded_dbapi.Error
    return DBAPIError.instance(
        None, None, error, failure, hide_parameters=True, connection_invalidated=gone, dialect=dialect
    )


def begin_read(driver: Any, dialect: Dialect) -> None:
    if dialect.name == "postgresql":
        _tell(driver, dialect, _BEGIN)
        return
    driver.execute("PRAGMA query_only=ON")
    driver.execute("BEGIN")


def end_read(driver: Any, dialect: Dialect) -> None:
    """It has nothing to take back, and at a rollback psycopg forgets all that the server has prepared for it."""
    if dialect.name == "postgresql":
        _tell(driver, dialect, b"COMMIT")
    else:
        driver.commit()


def _tell(driver: Any, dialect: Dialect, command: bytes) -> None:
    """By libpq alone, at a third of the cost. psycopg begins nothing itself where something has begun."""
    psycopg: Any = dialect.loaded_dbapi
    result = driver.pgconn.exec_(command)
    if result.status != psycopg.pq.ExecStatus.COMMAND_OK:
        error = psycopg.errors.error_from_result(result)
        # What libpq says itself of a connection that is gone has no code, and would be no operational error.
        raise error if error.sqlstate else psycopg.OperationalError(str(error))
