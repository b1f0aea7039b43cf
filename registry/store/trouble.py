"""What went wrong with the database itself, told apart from what we asked it wrongly."""

from sqlalchemy import exc


def is_unreachable(error: BaseException) -> bool:
    """Whether the database cannot be had at the moment, and the same may well work later.

    So it is while PostgreSQL is away or starting, when all connections are in use, and when a lock or a statement took
    too long. Of SQLite this tells nothing: it is a file.
    """
    if isinstance(error, exc.TimeoutError):
        return True
    if not isinstance(error, exc.DBAPIError) or type(error.orig).__module__.startswith(
        ("sqlite3", "pysqlite3")
    ):
        return False
    return error.connection_invalidated or isinstance(error, exc.OperationalError | exc.InterfaceError)
