"""A session that only reads, and lends the driver's own cursor to whoever asks by plain SQL."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from registry.store.plain import Plain, Row

POSITIONAL = {"sqlite": "?", "postgresql": "%s"}


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
        driver = connection.connection.driver_connection
        super().__init__(driver, positional=POSITIONAL[connection.dialect.name])
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
