"""Derives the log again from what the database holds, and says where it is not what was recorded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Engine
from sqlmodel import Session

from registry.domain.log_line import NOTHING_BEFORE, line
from registry.domain.merkle import HASH_BYTES, Growing, leaf_hash
from registry.store import log
from registry.store.engine import snapshot

TELL_EVERY = 5_000
Heard = Callable[[int, int], None]
"""Is told how many lines were read, and of how many."""


@dataclass(frozen=True)
class Fault:
    number: int | None
    """The first number that is wrong; None for what has no number."""
    sentence: str


@dataclass(frozen=True)
class Report:
    size: int
    """How many lines were derived again, up to the first fault of the chain."""
    root: str
    """Of the tree over them, in hexadecimal."""
    faults: Sequence[Fault] = ()
    """The lowest number first."""

    @property
    def sound(self) -> bool:
        return not self.faults

    @property
    def first_bad(self) -> int | None:
        return next((each.number for each in self.faults if each.number is not None), None)


@dataclass
class _Found:
    faults: list[Fault] = field(default_factory=list)

    misnamed: set[tuple[int | None, str]] = field(default_factory=set)

    def add(self, number: int | None, sentence: str) -> None:
        self.faults.append(Fault(number, sentence))

    def other_name(self, of: log.Line, account: str | None) -> None:
        if (of.actor_id, of.actor) not in self.misnamed:
            self.misnamed.add((of.actor_id, of.actor))
            called = f"is called “{account}”" if account is not None else "does not exist"
            self.add(
                of.number,
                f"Number {of.number} names “{of.actor}”, but account {of.actor_id}, which acted, {called}.",
            )


def verify(engine: Engine, *, heard: Heard | None = None) -> Report:
    """Read the whole log as of one moment. Takes some microseconds a line, and memory that does not grow with it."""
    with snapshot(engine) as session:
        return verify_in(session, heard=heard)


def verify_in(session: Session, *, heard: Heard | None = None) -> Report:
    found = _Found()
    connection = session.connection()
    head = log.head(connection)
    tree = _walk(session, head, found, heard)
    for event_id in log.outside(connection):
        found.add(None, f"The event with the id {event_id} is in no line of the log: it was put in past it.")
    faults = sorted(found.faults, key=lambda each: (each.number is None, each.number or 0))
    return Report(tree.size, tree.root().hex(), faults)


def _walk(session: Session, head: log.Head, found: _Found, heard: Heard | None) -> Growing:
    """The tree over all lines that are as they were recorded, up to the first that is not."""
    tree, last, names = Growing(), NOTHING_BEFORE, log.names(session.connection())
    for each in log.lines(session.connection()):
        number = tree.size + 1
        if each.number != number:
            found.add(number, f"Number {number} is gone; the next that there is is {each.number}.")
            return tree
        if each.rest is None:
            found.add(number, f"The event of number {number} was deleted.")
            return tree
        leaf = leaf_hash(line(number, last, each.rest))
        if leaf != each.hashes[:HASH_BYTES]:
            found.add(
                number,
                f"Number {number} does not fit its hash: it, or the line before it, was changed after it was recorded.",
            )
            return tree
        if b"".join(tree.add(leaf)) != each.hashes:
            found.add(number, f"The hashes kept with number {number} were changed.")
            return tree
        last = leaf.hex()
        if each.actor_id is not None and names.get(each.actor_id) != each.actor:
            found.other_name(each, names.get(each.actor_id))
        if heard is not None and number % TELL_EVERY == 0:
            heard(number, head.size)
    if head.size > tree.size:
        found.add(
            tree.size + 1,
            f"Everything from number {tree.size + 1} on is gone: the log had {head.size} lines.",
        )
    elif (head.size, head.last, list(head.peaks)) != (tree.size, last, tree.peaks):
        found.add(head.size + 1, f"The log says that it ends at number {head.size}, but goes on.")
    if heard is not None:
        heard(tree.size, head.size)
    return tree
