"""What must be known of every published verdict to find, count and order them all; short rows, read at once."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, tzinfo
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlmodel import Session, col

from registry.domain.outcome import Outcome
from registry.domain.validity import ValidityState, validity
from registry.domain.values import dataclass
from registry.store import standing, tables
from registry.store import tags as tags_store
from registry.store.columns import among
from registry.store.evaluations import CLOSED
from registry.store.rulings import superseded_at
from registry.store.standing import published
from registry.store.tables import Evaluation, Tool
from registry.store.under_way import under_way_at


@dataclass(frozen=True, slots=True)
class Fact:
    """One published verdict: where it stands, and by what it is found."""

    id: int
    number: int
    tool_id: int
    slug: str
    name: str
    vendor: str
    category: str
    tags: tuple[str, ...]
    outcome: Outcome
    offices: tuple[str, ...]
    """Empty: it holds for all of them."""
    data_ceiling: str | None
    judged: tuple[str, str] | None
    """Content hashes of the rubric and the decision table that it was judged by; None for an imported one."""
    state: ValidityState
    ends_on: date | None


def facts(
    session: Session, *, now: datetime, zone: tzinfo, tool_ids: Collection[int] | None = None
) -> list[Fact]:
    """Of all published verdicts, or of those on these tools, by number; a fixed number of queries."""
    row = tables.Verdict
    told = (
        *(row.id, row.number, row.tool_id, Tool.slug, Tool.name, Tool.vendor, Tool.category),
        *(row.outcome, row.offices, row.data_ceiling, Evaluation.rubric_hash, Evaluation.table_hash),
    )
    query = (
        select(*(col(each) for each in told))
        .join(Tool, col(Tool.id) == col(row.tool_id))
        .outerjoin(Evaluation, col(Evaluation.id) == col(row.evaluation_id))
        .where(*published(now))
        .order_by(col(row.number))
    )
    if tool_ids is None:
        states = _all_states(session, now, zone)
    else:
        query = query.where(among(session, col(row.tool_id), tool_ids))
        states = _states_of(session, tool_ids, now, zone)
    found: Sequence[Any] = session.connection().execute(query).all()
    tags = tags_store.of_tools(session, tool_ids)
    return [
        Fact(
            verdict_id,
            number,
            tool_id,
            slug,
            name,
            vendor,
            category,
            tags.get(tool_id, ()),
            outcome,
            tuple(offices),
            data_ceiling,
            (rubric, table) if rubric else None,
            *states[number],
        )
        for verdict_id, number, tool_id, slug, name, vendor, category, outcome, offices, data_ceiling, rubric, table
        in found
    ]  # fmt: skip


State = tuple[ValidityState, date | None]


def _all_states(session: Session, now: datetime, zone: tzinfo) -> dict[int, State]:
    """Number -> where it stands: by SQL where nothing has befallen a verdict, else by the rule itself."""
    today = now.astimezone(zone).date()
    found: dict[int, State] = {}
    gone: dict[int, int] = {}
    for verdict_id, number, _, state, last_day in standing.rows(session, today=today, now=now):
        found[number] = (ValidityState(state), last_day)
        if state == ValidityState.SUPERSEDED:
            gone[verdict_id] = number
    for verdict_id, at in superseded_at(session, list(gone), now).items() if gone else ():
        if verdict_id in gone:
            found[gone[verdict_id]] = (ValidityState.SUPERSEDED, at.astimezone(zone).date())
    for ruling in standing.marked(session, now=now):
        at_now = validity(ruling, at=now, zone=zone)
        found[ruling.verdict.number] = (at_now.state, at_now.ends_on)
    return found


def _states_of(session: Session, tool_ids: Collection[int], now: datetime, zone: tzinfo) -> dict[int, State]:
    which = among(session, col(tables.Verdict.tool_id), tool_ids)
    at_now = (
        (ruling.verdict.number, validity(ruling, at=now, zone=zone))
        for ruling in standing.rulings(session, which, now=now)
    )
    return {number: (each.state, each.ends_on) for number, each in at_now}


@dataclass(frozen=True, slots=True)
class Bound:
    """What a row of a list says of a verdict beside its fact: to what it is bound, and when it was decided."""

    edition: str
    data_ceiling: str | None
    accounts: Sequence[str]
    audience: Sequence[str]
    offices: Sequence[str]
    decided_at: datetime


def bound(session: Session, verdict_ids: Collection[int]) -> dict[int, Bound]:
    """By the verdicts' ids; one query."""
    row = tables.Verdict
    told = (row.id, row.edition, row.data_ceiling, row.accounts, row.audience, row.offices, row.decided_at)
    query = select(*(col(each) for each in told)).where(among(session, col(row.id), verdict_ids))
    found: Iterable[Any] = session.connection().execute(query)
    return {verdict_id: Bound(*rest) for verdict_id, *rest in found}


def saying(session: Session, word: str) -> set[int]:
    """Ids of the verdicts whose reasons hold this word, in small letters or capitals."""
    row = tables.Verdict
    if word.isascii():
        query = select(col(row.id)).where(col(row.rationale).icontains(word, autoescape=True))
        return {verdict_id or 0 for verdict_id in session.connection().scalars(query)}
    told: Iterable[Any] = session.connection().execute(select(col(row.id), col(row.rationale)))
    return {verdict_id for verdict_id, rationale in told if word.casefold() in rationale.casefold()}


def spoken_of(session: Session, *, now: datetime) -> list[int]:
    """Ids of the tools with a published verdict or an evaluation under way; no other has an answer of its own."""
    unpublished = select(col(tables.Verdict.evaluation_id)).where(
        col(tables.Verdict.undone_at).is_(None), col(tables.Verdict.published_at) > now
    )
    decided: Select[Any] = select(col(tables.Verdict.tool_id).label("id")).where(*published(now))
    running: Select[Any] = select(col(Evaluation.tool_id).label("id")).where(
        or_(col(Evaluation.state).not_in(CLOSED), col(Evaluation.id).in_(unpublished))
    )
    return sorted(session.connection().scalars(decided.union(running)))


def ever_spoken_of(
    session: Session, *, at: datetime, now: datetime, tool_ids: Collection[int] | None = None
) -> list[int]:
    """Ids of the tools on which a verdict had been decided by a moment, or an evaluation was under way then; of all, or
    of these alone."""
    decided: Select[Any] = select(col(tables.Verdict.tool_id)).where(
        *published(now), col(tables.Verdict.decided_at) <= at
    )
    running: Select[Any] = select(col(Evaluation.tool_id)).where(*under_way_at(at))
    if tool_ids is not None:
        decided = decided.where(among(session, col(tables.Verdict.tool_id), tool_ids))
        running = running.where(among(session, col(Evaluation.tool_id), tool_ids))
    return sorted(session.connection().scalars(decided.union(running)))


def first_decided(session: Session, *, now: datetime) -> datetime | None:
    return session.connection().scalar(select(func.min(tables.Verdict.decided_at)).where(*published(now)))


def bands(
    session: Session, tool_ids: Collection[int], *, at: datetime, now: datetime
) -> dict[int, tuple[str, str]]:
    """Tool id -> risk and fit of its newest scored verdict that had been decided by a moment."""
    row = tables.Verdict
    told: Any = col(row.assessment)
    query = (
        select(col(row.tool_id), told["risk"].as_string(), told["fit"].as_string())
        .where(*published(now), col(row.decided_at) <= at, among(session, col(row.tool_id), tool_ids))
        .order_by(col(row.number))
    )
    found: Iterable[Any] = session.connection().execute(query)
    return {tool_id: (risk, fit) for tool_id, risk, fit in found if risk and fit}
