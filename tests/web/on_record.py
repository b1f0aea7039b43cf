"""Watches what the site writes in any test: what changes leaves an event, in the same transaction."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session

from registry.web.parts import Parts

_WRITES = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)
WITHOUT_EVENT = frozenset(
    {
        "provider_sign_in",  # a sign-in under way
        "code_wanted",  # a sign-in whose code has not come
        "reference_attempt",  # a draft
        "second_factor",  # a key whose first code has not come, and the step of time of the last one
        "user_session",  # slides on with every use
        "api_token",  # when it was last used
        "sign_in_failure",  # counted, and gone within minutes
        "kept_reply",  # the reply to an act that has its event
        "unanswered",  # look-ups are counted, not told of anybody
        "saved_filter",  # somebody's own
        "follower",  # a reader's own, which they take back; an address is nothing for the log
        "delivery",  # a mail to them
        "scorecard",  # a draft is no act; handing it in is
        "scorecard_rating",
        "scorecard_knock_out",
    }
)


@contextmanager
def watching() -> Iterator[list[str]]:
    """What was written without an event while the block runs, as sentences."""
    found: list[str] = []
    writing = Parts.writing

    @asynccontextmanager
    async def watched(parts: Parts, *first: Any) -> AsyncIterator[Session]:
        written: set[str] = set()

        def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if match := _WRITES.match(statement):
                written.add(match[1])

        async with writing(parts, *first) as session:
            connection = session.connection()
            event.listen(connection, "before_cursor_execute", note)
            yield session
            session.flush()
            if written - WITHOUT_EVENT and "event" not in written:
                found.append(f"{', '.join(sorted(written))} written without an event")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Parts, "writing", watched)
        yield found
