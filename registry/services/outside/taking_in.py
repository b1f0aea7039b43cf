"""What another registry's feed told in one visit, written down: new verdicts of it, and what it says otherwise now.

What it says last is what it says; what it said before is kept. Which of our tools it means is placing.py's.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session

from registry.domain.identity import name_key
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.outside import ENDED, Outside, read_outside
from registry.domain.validity import ValidityState
from registry.domain.values import dataclass
from registry.services.outside import placing
from registry.store import asked, outside
from registry.store.columns import id_of
from registry.store.tables import OutsideRevision, OutsideVerdict, Source
from scrapers.entry import Entry

MOST_REVISIONS = 50
"""Of one verdict; the oldest ones go. What it says now is never among them."""

Said = Mapping[str, Any]


@dataclass
class Told:
    """What a visit brought of verdicts."""

    new: int = 0
    changed: int = 0
    ours: int = 0
    """Left out: this very registry's own verdicts."""
    unknown: int = 0
    """Left out: with an outcome or a state that we do not know."""

    @property
    def note(self) -> str:
        """A sentence for the source's page, or ""."""
        told = []
        if self.ours:
            told.append(f"Left out {self.ours} that are this registry's own verdicts.")
        if self.unknown:
            told.append(f"Left out {self.unknown} with an outcome that is not known here.")
        return " ".join(told)


def take_in(session: Session, source: Source, entries: Sequence[Entry], *, held: bool, now: datetime) -> Told:
    """Write down what the entries tell; the same entries again change nothing.

    `held`: they came with a flood that nobody has let in, so that new verdicts are kept back with it.
    """
    told = Told()
    by_key = _in_order(entries, now)
    known = outside.by_key(session, id_of(source), by_key.keys())
    ours = asked.ours_among(session, by_key.keys())
    fresh: list[OutsideVerdict] = []
    successors: list[tuple[str, OutsideVerdict]] = []
    for key, sayings in by_key.items():
        if key in ours:
            told.ours += 1
            continue
        row = known.get(key)
        for at, said in sayings:
            read = read_outside(said)
            if read is None:
                told.unknown += 1
                continue
            if row is None:
                row = _new(source, key, said, read, at, held=held, now=now)
                session.add(row)
                session.flush()
                fresh.append(row)
                told.new += 1
            elif at >= row.said_at:
                told.changed += _say(session, row, said, read, at, now)
            else:
                continue
            if _has_begun(said, now):
                successors += [(number, row) for number in read.supersedes]
    told.changed += _supersede(session, source, successors, now)
    placing.place(session, fresh)
    return told


def let_in(session: Session, source_id: int) -> None:
    """Show what was kept back with a flood."""
    for row in outside.held(session, source_id):
        row.held = False


def leave(session: Session, source_id: int, now: datetime) -> None:
    """Set aside what was kept back with a flood; a person can still place it."""
    for row in outside.held(session, source_id):
        row.held, row.set_aside_at, row.tool_id, row.placed_by = False, now, None, None


def _in_order(entries: Iterable[Entry], now: datetime) -> dict[str, list[tuple[datetime, Said]]]:
    """Key -> what was said of that verdict, the oldest first; of one moment only what stands first in the feed.

    A moment still to come, or none, is now: what somebody dates ahead must not stand in the way of what comes next.
    """
    found: dict[str, dict[datetime, Said]] = {}
    for entry in entries:
        if entry.stated:
            said = entry.stated
            at = min(datetime.fromisoformat(said["said_at"]) if said["said_at"] else now, now)
            found.setdefault(said["id"], {}).setdefault(at, said)
    return {key: sorted(each.items()) for key, each in found.items()}


def _new(
    source: Source, key: str, said: Said, read: Outside, at: datetime, *, held: bool, now: datetime
) -> OutsideVerdict:
    return OutsideVerdict(
        source_id=id_of(source),
        key=key,
        number=read.number,
        tool_name=read.tool_name,
        name_key=name_key(read.tool_name)[:120],
        outcome=read.outcome,
        state=read.state,
        ends_on=read.ends_on,
        said=dict(said),
        said_at=at,
        seen_at=now,
        changed_at=now,
        held=held,
    )


def _say(
    session: Session, row: OutsideVerdict, said: Said, read: Outside, at: datetime, now: datetime
) -> bool:
    """Write down what it says now, and keep what it said before; False where it says the same."""
    same = _words(said) == _words(row.said)
    if not same:
        session.add(
            OutsideRevision(
                outside_id=id_of(row),
                number=row.revision,
                said=row.said,
                said_at=row.said_at,
                replaced_at=now,
            )
        )
        if (oldest := outside.revision(session, id_of(row), row.revision - MOST_REVISIONS)) is not None:
            session.delete(oldest)
        row.said = dict(said)
        row.number, row.tool_name = read.number, read.tool_name
        row.name_key = name_key(read.tool_name)[:120]
        row.outcome, row.state, row.ends_on = read.outcome, read.state, read.ends_on
        row.revision += 1
        row.version += 1
        row.changed_at = now
        session.flush()
    row.said_at = at
    return not same


def _words(said: Said) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name != "said_at"}


def _has_begun(said: Said, now: datetime) -> bool:
    starts = datetime.fromisoformat(said["valid_from"]) if said["valid_from"] else now
    return starts <= now and said["validity"] != ValidityState.SCHEDULED.value


def _supersede(
    session: Session, source: Source, successors: Sequence[tuple[str, OutsideVerdict]], now: datetime
) -> int:
    """End what a newer verdict on the same tool there names, where its own entry does not tell so yet."""
    changed = 0
    named: dict[str, list[OutsideVerdict]] = defaultdict(list)
    for number, successor in successors:
        named[number].append(successor)
    for row in outside.by_number(session, id_of(source), named.keys()):
        those = [each for each in named[row.number] if each is not row and _same_tool(row, each)]
        if not those or row.state in ENDED or row.said_at > those[-1].said_at:
            continue
        successor = those[-1]
        reason = f"Replaced by verdict {successor.number}: {MEANINGS[Outcome(successor.outcome)].label}."
        said = {
            **row.said,
            "validity": ValidityState.SUPERSEDED.value,
            "ends_on": successor.said_at.astimezone(UTC).date().isoformat(),
            "reason": reason,
        }
        read = read_outside(said)
        if read is not None:
            changed += _say(session, row, said, read, successor.said_at, now)
    return changed


def _same_tool(one: OutsideVerdict, other: OutsideVerdict) -> bool:
    """By their own page of the tool, else by its name."""
    pages = {one.said["tool"]["url"], other.said["tool"]["url"]}
    return one.name_key == other.name_key or (len(pages) == 1 and "" not in pages)
