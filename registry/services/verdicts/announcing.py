"""Writes the notices of what befell verdicts: with each act, in its transaction, and what the days alone bring.

Which there are is registry.domain.notice's to say. Who tells followers of them otherwise than by a feed (mail,
webhooks) does so where they are written, for those that are `news`.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any
from uuid import uuid4

from sqlmodel import Session

from registry.domain.condition import Condition
from registry.domain.notice import NoticeKind, Told, notices_of
from registry.domain.notice_words import facts_of, words_of
from registry.domain.values import dataclass
from registry.store import notices, tables, tools
from registry.store.columns import id_of
from registry.store.engine import serialise
from registry.store.tables import Tool

AT_ONCE = 500
"""Verdicts whose histories are held in memory together."""
MARGIN = timedelta(days=2)
"""How far a process looks back before the last sweep when it begins: the time zone may be another one since."""
MARK_EVERY = timedelta(hours=1)
MOST_TITLE, MOST_TEXT = 300, 1200
"""Letters."""


def announce(
    session: Session, verdict_ids: Collection[int], *, zone: tzinfo, now: datetime, as_past: bool = False
) -> list[dict[str, Any]]:
    """Write the notices that these verdicts have and that are not written yet; gives them as rows, in order.

    To be called after the act has written its event. That of a publication is written with the moment at which it
    becomes public. A notice is public from now on; `as_past`, as for a list that is imported, and for what was on
    record before notices were kept, it bears the moment at which it happened and is no news.
    """
    if not verdict_ids:
        return []
    serialise(session, "verdict")
    session.flush()
    first_time = notices.book(session).swept_at is None
    written: list[dict[str, Any]] = []
    ordered = sorted(verdict_ids)
    for start in range(0, len(ordered), AT_ONCE):
        rows = notices.verdict_rows(session, ordered[start : start + AT_ONCE])
        missing = _missing(session, rows, as_past=as_past, first_time=first_time, zone=zone, now=now)
        notices.write(session, missing)
        written += missing
    return written


@dataclass
class Sweep:
    """What the days alone bring, looked for again and again by one process."""

    zone: tzinfo
    begun: bool = False

    def due(self, session: Session, now: datetime) -> frozenset[int] | None:
        """Ids of verdicts of which there may be news; None where notices were never written. Writes nothing."""
        swept_at = notices.book(session).swept_at
        if swept_at is None:
            return None
        since = swept_at if self.begun else swept_at - MARGIN
        days = [moment.astimezone(self.zone).date() for moment in (since, now)]
        found = notices.started(session, since=since, until=now)
        return found | notices.turned(session, after=days[0], until=days[1]) if days[0] < days[1] else found

    def write(self, session: Session, now: datetime) -> int:
        """Write what is due, each once however many processes do this; gives how many."""
        serialise(session, "verdict")
        book = notices.book(session)
        session.refresh(book)
        due = self.due(session, now)
        count = _whole(session, self.zone, now) if due is None else len(self._announce(session, due, now))
        if book.swept_at is None or book.swept_at < now:
            book.swept_at = now
        session.flush()
        self.begun = True
        return count

    def wanted(self, session: Session, now: datetime) -> bool:
        """Whether there is something to write, or the mark is to be moved."""
        due, swept_at = self.due(session, now), notices.book(session).swept_at
        return due is None or bool(due) or swept_at is None or now - swept_at >= MARK_EVERY

    def _announce(self, session: Session, due: Collection[int], now: datetime) -> list[dict[str, Any]]:
        return announce(session, due, zone=self.zone, now=now)


def _whole(session: Session, zone: tzinfo, now: datetime) -> int:
    """The notices of all that is on record, some verdicts at a time."""
    count, after = 0, 0
    while ids := notices.verdict_ids(session, after=after, limit=AT_ONCE):
        count += len(announce(session, ids, zone=zone, now=now))
        after = ids[-1]
    return count


def _missing(
    session: Session,
    rows: Sequence[tables.Verdict],
    *,
    as_past: bool,
    first_time: bool,
    zone: tzinfo,
    now: datetime,
) -> list[dict[str, Any]]:
    known = notices.known(session, [id_of(row) for row in rows])
    of_tools = tools.by_ids(session, {row.tool_id for row in rows})
    found: list[dict[str, Any]] = []
    for row, history in zip(rows, notices.histories(session, rows), strict=True):
        told_before = {key: entry for (of, key), entry in known.items() if of == row.id} if known else {}
        for told in notices_of(history, until=now, zone=zone):
            revision, uid, published_at = told_before.get(told.key, (0, "", None))
            if told.revision <= revision:
                continue
            old = as_past or (first_time and told.at < now)
            public_at = min(told.at, now) if old else max(told.at, now)
            made = _row(row, of_tools[row.tool_id], told, zone)
            made |= {
                "uid": uid or str(uuid4()),
                "published_at": published_at or public_at,
                "updated_at": public_at,
                "filed_at": max(public_at, now),
                "news": not old,
            }
            told_before[told.key] = (told.revision, made["uid"], made["published_at"])
            found.append(made)
    # What replaces another one is told before the one that it replaces.
    return sorted(found, key=lambda each: (each["updated_at"], each["kind"] is not NoticeKind.PUBLISHED))


def _row(row: tables.Verdict, tool: Tool, told: Told, zone: tzinfo) -> dict[str, Any]:
    words = words_of(told, tool.name, zone=zone)
    pilot = told.pilot
    result = (
        {**pilot.details, "note": pilot.reason, "by": pilot.by, "at": pilot.at.isoformat()} if pilot else {}
    )
    return {
        "verdict_id": id_of(row),
        "tool_id": row.tool_id,
        "key": told.key,
        "revision": told.revision,
        "kind": told.kind,
        "at": told.at,
        "outcome": row.outcome,
        "category": tool.category,
        "tool_name": tool.name,
        "state_before": told.before.state if told.before else None,
        "state": told.after.state,
        "ends_on": told.after.ends_on,
        "replacement": told.replacement,
        "title": words.title[:MOST_TITLE],
        "sentence": words.sentence[:MOST_TEXT],
        "change": str(words.change),
        "reason": str(words.reason),
        "facts": facts_of(told, tool.name, zone=zone),
        "by": told.by,
        "position": told.position,
        "conditions": [_became(each) for each in told.verdict.conditions],
        "pilot_result": result,
    }


def _became(condition: Condition) -> dict[str, Any]:
    return {
        "met_on": condition.met_on and condition.met_on.isoformat(),
        "evidence": condition.evidence,
        "waived_reason": condition.waived_reason,
    }
