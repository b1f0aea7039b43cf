from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from sqlalchemy import event
from sqlmodel import Session


@pytest.fixture
def count_queries() -> Callable[[Session], AbstractContextManager[list[str]]]:
    """The statements that a session sends while the block runs; what was pending is flushed before."""

    @contextmanager
    def counting(session: Session) -> Iterator[list[str]]:
        session.flush()
        sent: list[str] = []
        engine = session.get_bind()

        def note(_conn, _cursor, statement, *_rest) -> None:  # type: ignore[no-untyped-def]
            sent.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield sent
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return counting
