"""What one session has read and has not written since: asked again, it is given without asking the database."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState
from sqlmodel import Session, SQLModel

Asked = ParamSpec("Asked")
Told = TypeVar("Told")
Read = Callable[Concatenate[Session, Asked], Told]

_KEPT = "remembered"


def remembered(*tables: type[SQLModel]) -> Callable[[Read[Asked, Told]], Read[Asked, Told]]:
    """Make a read remember what it gave until its session writes to one of `tables`, commits or rolls anything back.

    `tables` are all those that the read looks into. What is pending is flushed first, as a query would. Arguments must
    be hashable, and nobody may change what is given.
    """

    def remembering(read: Read[Asked, Told]) -> Read[Asked, Told]:
        @wraps(read)
        def reading(session: Session, /, *asked: Asked.args, **named: Asked.kwargs) -> Told:
            session.flush()
            kept = session.info.setdefault(_KEPT, {}).setdefault((read, frozenset(tables)), {})
            key = (asked, tuple(sorted(named.items())))
            if key not in kept:
                kept[key] = read(session, *asked, **named)
            told: Told = kept[key]
            return told

        return reading

    return remembering


def forget(session: Session, *written: type[SQLModel]) -> None:
    """After rows of these tables were written past the session, by its connection."""
    _forget(session, set(written))


def _forget(session: Any, written: set[type[Any]]) -> None:
    kept = session.info.get(_KEPT, {})
    for place in [each for each in kept if each[1] & written]:
        del kept[place]


def _forget_what_was_flushed(session: Any, _context: object) -> None:
    _forget(session, {type(each) for each in (*session.new, *session.dirty, *session.deleted)})


def _forget_what_was_executed(state: ORMExecuteState) -> None:
    if state.is_select:
        return
    if state.bind_mapper is None:
        _forget_all(state.session)
    else:
        _forget(state.session, {state.bind_mapper.class_})


def _forget_all(session: Any, *_: object) -> None:
    session.info.pop(_KEPT, None)


event.listen(Session, "after_flush", _forget_what_was_flushed)
event.listen(Session, "do_orm_execute", _forget_what_was_executed)
event.listen(Session, "after_commit", _forget_all)
event.listen(Session, "after_soft_rollback", _forget_all)
