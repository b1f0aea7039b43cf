"""What went wrong with the database itself, told apart from what we asked it wrongly."""

from sqlalchemy import exc

_NO_ROOM = ("database or disk is full", "disk i/o error", "readonly database")
_DISK_FULL = "53100"  # PostgreSQL's disk_full


def is_unreachable(error: BaseException) -> bool:
    """Whether the database cannot be had at the moment, and the same may well work later.

    So it is while PostgreSQL is away or starting, when all connections are in use, and when a lock or a statement took
    too long. SQLite is a file, of which only a lock can take too long.
    """
    if isinstance(error, exc.TimeoutError):
        return True
    if not isinstance(error, exc.DBAPIError):
        return False
    if _of_sqlite(error):
        return "database is locked" in str(error.orig)
    return error.connection_invalidated or isinstance(error, exc.OperationalError | exc.InterfaceError)


def has_no_room(error: BaseException) -> bool:
    """Whether nothing can be written since the disk is full, or takes nothing; what is stored can still be read.

    SQLite has by then rolled everything back, so that what raised last may be a savepoint that is gone.
    """
    if not isinstance(error, exc.DBAPIError):
        return False
    if error.__context__ is not None and has_no_room(error.__context__):
        return True
    if _of_sqlite(error):
        return any(words in str(error.orig).lower() for words in _NO_ROOM)
    return server_has_no_room(error)


def server_has_no_room(error: BaseException) -> bool:
    """Whether a PostgreSQL server says that its disk is full; by the driver's own error as well."""
    return getattr(getattr(error, "orig", error), "sqlstate", None) == _DISK_FULL


def lets_nobody_in(error: BaseException) -> bool:
    """Whether PostgreSQL refuses a connection for want of room; whoever is not let in is told no code."""
    return "No space left" in str(error)


def _of_sqlite(error: exc.DBAPIError) -> bool:
    return type(error.orig).__module__.startswith(("sqlite3", "pysqlite3"))
