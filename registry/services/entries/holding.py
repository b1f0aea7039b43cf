"""What becomes of entries that were held back because so many came at once: a person lets them in, or leaves them."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from registry.domain.errors import RuleBroken
from registry.domain.values import dataclass
from registry.services.entries.intake import read_again, take_reading
from registry.services.entries.judging import Judge
from registry.services.entries.proposing import Proposed, propose_all
from registry.services.outside import taking_in
from registry.services.people.acting import Actor, record
from registry.store import entries, sources
from registry.store.tables import Entry, Source


@dataclass(frozen=True)
class LetIn:
    entries: int
    """How many were held; those that a rule of intake keeps out are counted too."""
    kept_out: int
    proposed: Proposed


@dataclass(frozen=True)
class AskedAbout:
    """A source that waits for somebody to say what its flood is."""

    source: Source
    held: int

    @property
    def sentence(self) -> str:
        return sentence(self.held)


def sentence(held: int) -> str:
    many = "1 entry is" if held == 1 else f"{held:,} entries are"
    return f"{many} held back because so many came at once."


def asked_about(session: Session) -> Sequence[AskedAbout]:
    """The polled sources with entries held back, by name."""
    held = entries.held_by_source(session)
    if not held:
        return []
    return [AskedAbout(each, held[each.id or 0]) for each in sources.sources(session) if each.id in held]


def let_in(session: Session, source_id: int, *, by: Actor, now: datetime) -> LetIn:
    """Let what is held propose, oldest first, as if it had just come; rules of intake hold for it.

    Raises NotFound, and RuleBroken where nothing is held.
    """
    source, rows = _held(session, source_id)
    reads = [read_again(row, source) for row in rows]
    for read in reads:
        take_reading(read)
        read.row.held = False
        session.add(read.row)
    judge = Judge(session, source_id, now)
    passed = judge.let_in(reads)
    session.flush()
    proposed = propose_all(session, passed, now=now)[source_id]
    judge.label(passed)
    taking_in.let_in(session, source_id)
    found = LetIn(len(rows), len(rows) - len(passed), proposed)
    after = {"entries": found.entries, "candidates": proposed.candidates, "kept_out": found.kept_out}
    record(session, "source.let_in", ("source", source_id), by=by, now=now, after=after)
    return found


def leave(session: Session, source_id: int, *, by: Actor, now: datetime) -> int:
    """Leave what is held as seen for ever: it proposes nothing. Gives how many. Raises NotFound, RuleBroken."""
    _source, rows = _held(session, source_id)
    for row in rows:
        row.held, row.only_seen = False, True
        session.add(row)
    taking_in.leave(session, source_id, now)
    record(session, "source.left", ("source", source_id), by=by, now=now, after={"entries": len(rows)})
    return len(rows)


def _held(session: Session, source_id: int) -> tuple[Source, Sequence[Entry]]:
    source = sources.get(session, source_id)
    session.refresh(source, with_for_update=True)
    rows = entries.held(session, source_id)
    if not rows:
        raise RuleBroken(
            "Nothing of this source is held back. Perhaps somebody has decided about it already."
        )
    return source, rows
