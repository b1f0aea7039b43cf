"""Derives the log again from what the database holds, and says where it is not what was recorded."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import field

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from registry.domain.errors import RuleBroken
from registry.domain.log_line import NOTHING_BEFORE, line
from registry.domain.merkle import HASH_BYTES, Growing, leaf_hash
from registry.domain.values import dataclass
from registry.services.log.checkpoints import LEAVES, Checkpoint, Outside
from registry.services.verdicts import content
from registry.store import guards, log
from registry.store.engine import snapshot

TELL_EVERY = 5_000
Heard = Callable[[int, int], None]
"""Is told how many lines were read, and of how many."""
NOTHING_OUTSIDE = Outside()


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
    checkpoints: int = 0
    """How many checkpoints agree with the log."""
    covered: int = 0
    """Up to which number they do: whatever was done to what comes later and hashed again would not be found."""
    faults: Sequence[Fault] = ()
    """The lowest number first."""

    @property
    def sound(self) -> bool:
        return not self.faults

    @property
    def first_bad(self) -> int | None:
        return next((each.number for each in self.faults if each.number is not None), None)


def verify(engine: Engine, outside: Outside = NOTHING_OUTSIDE, *, heard: Heard | None = None) -> Report:
    """Read the whole log as of one moment, and hold it against checkpoints.

    Takes some microseconds a line, and memory that does not grow with it but for a few bytes a verdict.
    """
    with snapshot(engine) as session:
        return _Walk(session, outside, heard).report()


@dataclass
class _Walk:
    session: Session
    outside: Outside
    heard: Heard | None
    tree: Growing = field(default_factory=Growing)
    last: str = NOTHING_BEFORE
    faults: list[Fault] = field(default_factory=list)
    agreed: list[Checkpoint] = field(default_factory=list)
    misnamed: set[tuple[int, str]] = field(default_factory=set)
    differs_from: int | None = None
    """The first number whose hash is not the one that was written down outside."""

    def report(self) -> Report:
        connection = self.session.connection()
        said = content.Said()
        head = self._head()
        names = log.names(connection)
        leaves = self.outside.leaves()
        waiting = list(reversed(self.outside.checkpoints))
        self._agree(waiting)
        for each in log.lines(connection):
            if not self._follows(each):
                break
            if self.differs_from is None and next(leaves, leaf := each.hashes[:HASH_BYTES]) != leaf:
                self.differs_from = self.tree.size
            if waiting and waiting[-1][1].size == self.tree.size:
                self._agree(waiting)
            if each.actor_id is not None and names.get(each.actor_id) != each.actor:
                self._misnamed(each, each.actor_id, names.get(each.actor_id))
            if each.action in content.ACTIONS:
                said.hear(each)
            if self.heard is not None and head is not None and each.number % TELL_EVERY == 0:
                self.heard(each.number, head.size)
        else:
            self._ends(head, waiting)
            for number, sentence in content.otherwise(self.session, said):
                self._fault(number, sentence)
        for number in log.misnumbered(connection):
            self._fault(
                None,
                f"A line of the log has the number {number}, which none can have: it was put in past it.",
            )
        for event_id in log.outside(connection):
            self._fault(
                None, f"The event with the id {event_id} is in no line of the log: it was put in past it."
            )
        for sentence in (*self.outside.doubtful, *guards.faults(connection)):
            self._fault(None, sentence)
        return Report(
            self.tree.size,
            self.tree.root().hex(),
            len(self.agreed),
            max((each.size for each in self.agreed), default=0),
            sorted(self.faults, key=lambda each: (each.number is None, each.number or 0)),
        )

    def _fault(self, number: int | None, sentence: str) -> None:
        self.faults.append(Fault(number, sentence))

    def _follows(self, each: log.Line) -> bool:
        """Whether the line is the next one and as it was recorded; it is in the tree then."""
        number = self.tree.size + 1
        if each.number != number:
            self._fault(number, f"Number {number} is gone; the next that there is is {each.number}.")
            return False
        if each.rest is None:
            self._fault(number, f"The event of number {number} was deleted.")
            return False
        leaf = leaf_hash(line(number, self.last, each.rest))
        if leaf != each.hashes[:HASH_BYTES]:
            self._fault(
                number,
                f"Number {number} does not fit its hash: it, or the line before it, was changed after it was recorded.",
            )
            return False
        if b"".join(self.tree.add(leaf)) != each.hashes:
            self._fault(number, f"The hashes kept with number {number} were changed.")
            return False
        self.last = leaf.hex()
        return True

    def _agree(self, waiting: list[tuple[str, Checkpoint]]) -> None:
        """Hold the tree against the checkpoints of its size."""
        root = self.tree.root()
        while waiting and waiting[-1][1].size == self.tree.size:
            name, checkpoint = waiting.pop()
            if checkpoint.root == root:
                self.agreed.append(checkpoint)
                continue
            sound = max((each.size for each in self.agreed), default=0)
            if self.differs_from is not None and _confirmed(self.outside.leaves(), checkpoint):
                self._fault(
                    self.differs_from,
                    f"Number {self.differs_from} is not what it was when {name} was signed: the log was changed and "
                    "hashed again from there on, or goes on from an older copy.",
                )
            else:
                self._fault(
                    sound + 1,
                    f"Something between number {sound + 1} and {checkpoint.size} is not what it was when {name} was "
                    "signed: the log was changed and hashed again, or goes on from an older copy.",
                )

    def _head(self) -> log.Head | None:
        try:
            return log.head(self.session.connection())
        except RuleBroken as error:
            self._fault(None, error.sentence)
        except DBAPIError:
            self._fault(None, "The row of log_head, which says where the log ends, cannot be read.")
        return None

    def _ends(self, head: log.Head | None, waiting: list[tuple[str, Checkpoint]]) -> None:
        size = self.tree.size
        if head is None:
            pass  # that is told
        elif head.size > size:
            self._fault(
                size + 1, f"Everything from number {size + 1} on is gone: the log had {head.size} lines."
            )
        elif (head.size, head.last, list(head.peaks)) != (size, self.last, self.tree.peaks):
            self._fault(head.size + 1, f"The log says that it ends at number {head.size}, but goes on.")
        if waiting:
            name, checkpoint = waiting[0]
            self._fault(
                size + 1,
                f"The log ends at number {size}, but had {checkpoint.size} lines when {name} was signed: its end was "
                "cut off, or it was restored from an older copy.",
            )
        else:
            self._unsigned()
        if self.heard is not None:
            self.heard(size, size)

    def _unsigned(self) -> None:
        """What the hashes beside the checkpoints tell beyond the last of these, which were taken away then."""
        size, covered = self.tree.size, max((each.size for each in self.agreed), default=0)
        unproved = "No checkpoint is there to prove which of the two was changed."
        if self.outside.written > size:
            self._fault(
                size + 1,
                f"The log ends at number {size}, but “{LEAVES}” beside the checkpoints has the hashes of "
                f"{self.outside.written} lines: its end was cut off, or it was restored from an older copy. {unproved}",
            )
        if self.differs_from is not None and self.differs_from > covered:
            self._fault(
                self.differs_from,
                f"Number {self.differs_from} has another hash than “{LEAVES}” beside the checkpoints. {unproved}",
            )

    def _misnamed(self, of: log.Line, actor_id: int, account: str | None) -> None:
        if (actor_id, of.actor) in self.misnamed:
            return
        self.misnamed.add((actor_id, of.actor))
        called = f"is called “{account}”" if account is not None else "does not exist"
        self._fault(
            of.number,
            f"Number {of.number} names “{of.actor}”, but account {actor_id}, which acted, {called}.",
        )


def _confirmed(leaves: Iterator[bytes], checkpoint: Checkpoint) -> bool:
    """Whether the hashes that were written down are those that were signed."""
    tree = Growing()
    for leaf in leaves:
        tree.add(leaf)
        if tree.size == checkpoint.size:
            return tree.root() == checkpoint.root
    return False
