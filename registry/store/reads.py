"""How a transaction that only reads begins and ends, over a connection of the driver."""

from typing import Any

from sqlalchemy import Dialect

_BEGIN = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


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
