"""Reads of other registries' verdicts: those on a tool, those nobody has placed, what one said before."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, and_, col, or_, select, update
from sqlmodel.sql.expression import SelectOfScalar

from registry.domain.errors import NotFound
from registry.domain.outcome import Outcome
from registry.domain.validity import ValidityState
from registry.domain.values import dataclass
from registry.store.columns import among
from registry.store.tables import (
    Adoption,
    Candidate,
    OutsideRevision,
    OutsideVerdict,
    Source,
    Tool,
    Verdict,
)

Told = tuple[OutsideVerdict, Source]
"""A verdict of another registry, and the source that tells it."""


@dataclass(frozen=True)
class Wanted:
    """What a list of them shows; empty shows all that is not held back."""

    tool: str = ""
    source_id: int | None = None
    outcomes: frozenset[Outcome] = frozenset()
    placed: bool | None = None
    """True: on a tool of ours; False: nobody knows yet on which."""
    set_aside: bool = False
    text: str = ""


def get(session: Session, outside_id: int) -> OutsideVerdict:
    row = session.get(OutsideVerdict, outside_id)
    if row is None or row.held:
        raise NotFound(f"There is no verdict of another registry with the number {outside_id} here.")
    return row


def source_of(session: Session, row: OutsideVerdict) -> Source:
    return session.get_one(Source, row.source_id)


def by_key(session: Session, source_id: int, keys: Collection[str]) -> dict[str, OutsideVerdict]:
    query = select(OutsideVerdict).where(
        OutsideVerdict.source_id == source_id, among(session, OutsideVerdict.key, keys)
    )
    return {row.key: row for row in session.exec(query)} if keys else {}


def by_number(session: Session, source_id: int, numbers: Collection[str]) -> list[OutsideVerdict]:
    query = select(OutsideVerdict).where(
        OutsideVerdict.source_id == source_id, among(session, OutsideVerdict.number, numbers)
    )
    return list(session.exec(query)) if numbers else []


def of_tools(session: Session, tool_ids: Collection[int]) -> Mapping[int, Sequence[Told]]:
    """Tool id -> what others decided on it, the newest first."""
    found: dict[int, list[Told]] = defaultdict(list)
    query = _shown().where(among(session, OutsideVerdict.tool_id, tool_ids))
    for row, source in session.exec(query.order_by(col(OutsideVerdict.said_at).desc())) if tool_ids else ():
        found[row.tool_id or 0].append((row, source))
    return found


def of_candidate(session: Session, candidate: Candidate, name_key: str) -> Sequence[Told]:
    """What others decided on what a candidate proposes: made into it, or by its very name; the newest first."""
    waiting = and_(
        OutsideVerdict.name_key == name_key,
        col(OutsideVerdict.tool_id).is_(None),
        col(OutsideVerdict.set_aside_at).is_(None),
    )
    query = _shown().where(or_(OutsideVerdict.candidate_id == candidate.id, waiting))
    return session.exec(query.order_by(col(OutsideVerdict.said_at).desc()).limit(50)).all()


def counts_by_name(session: Session, name_keys: Collection[str]) -> Mapping[str, int]:
    """Name key -> how many registries decided on a tool called so, whether or not it is one of ours."""
    query = (
        select(OutsideVerdict.name_key, func.count(func.distinct(OutsideVerdict.source_id)))
        .join(Source, col(Source.id) == col(OutsideVerdict.source_id))
        .where(
            among(session, OutsideVerdict.name_key, name_keys),
            *_followed(),
            col(OutsideVerdict.state).not_in([ValidityState.REVOKED, ValidityState.SUPERSEDED]),
        )
        .group_by(col(OutsideVerdict.name_key))
    )
    return dict(session.exec(query).all()) if name_keys else {}


def page(
    session: Session, wanted: Wanted, *, after: int = 0, limit: int = 50
) -> Sequence[tuple[OutsideVerdict, Source, Tool | None]]:
    """Those wanted, the newest here first; `after` is the id of the last one of the page before."""
    query = (
        select(OutsideVerdict, Source, Tool)
        .join(Source, col(Source.id) == col(OutsideVerdict.source_id))
        .outerjoin(Tool, col(Tool.id) == col(OutsideVerdict.tool_id))
        .where(*_conditions(wanted))
    )
    if after:
        query = query.where(col(OutsideVerdict.id) < after)
    rows = session.exec(query.order_by(col(OutsideVerdict.id).desc()).limit(limit)).all()
    return [(row, source, tool) for row, source, tool in rows]


def count(session: Session, wanted: Wanted) -> int:
    query = (
        select(func.count(col(OutsideVerdict.id)))
        .join(Source, col(Source.id) == col(OutsideVerdict.source_id))
        .outerjoin(Tool, col(Tool.id) == col(OutsideVerdict.tool_id))
        .where(*_conditions(wanted))
    )
    return session.exec(query).one()


def registries(session: Session) -> Sequence[tuple[Source, int]]:
    """The sources that told any, with how many; by name."""
    query = (
        select(Source, func.count(col(OutsideVerdict.id)))
        .join(OutsideVerdict, col(OutsideVerdict.source_id) == col(Source.id))
        .where(*_followed())
        .group_by(col(Source.id))
    )
    found = session.exec(query).all()
    return sorted(((source, number) for source, number in found), key=lambda each: each[0].name.casefold())


def waiting(session: Session, *, after: int = 0, limit: int = 500) -> Sequence[OutsideVerdict]:
    """Those that nobody has placed or set aside, held ones too, by id."""
    query = select(OutsideVerdict).where(
        col(OutsideVerdict.tool_id).is_(None),
        col(OutsideVerdict.set_aside_at).is_(None),
        col(OutsideVerdict.id) > after,
    )
    return session.exec(query.order_by(col(OutsideVerdict.id)).limit(limit)).all()


def tools_of_candidates(session: Session, candidate_ids: Collection[int]) -> Mapping[int, int]:
    """Candidate id -> the tool that it became, for those that became one."""
    query = select(Candidate.id, Candidate.tool_id).where(
        among(session, Candidate.id, candidate_ids), col(Candidate.tool_id).is_not(None)
    )
    found = session.exec(query).all() if candidate_ids else ()
    return {each: tool_id for each, tool_id in found if each is not None and tool_id is not None}


def revisions(session: Session, outside_id: int) -> Sequence[OutsideRevision]:
    """What it said before, the newest first."""
    query = select(OutsideRevision).where(OutsideRevision.outside_id == outside_id)
    return session.exec(query.order_by(col(OutsideRevision.number).desc())).all()


def revision(session: Session, outside_id: int, number: int) -> OutsideRevision | None:
    query = select(OutsideRevision).where(
        OutsideRevision.outside_id == outside_id, OutsideRevision.number == number
    )
    return session.exec(query).first()


def newest(session: Session, source_ids: Collection[int]) -> Mapping[int, datetime]:
    """Source id -> when the newest thing that is known of it was said; without those that told nothing yet."""
    query = (
        select(OutsideVerdict.source_id, func.max(col(OutsideVerdict.said_at)))
        .where(among(session, OutsideVerdict.source_id, source_ids))
        .group_by(col(OutsideVerdict.source_id))
    )
    return dict(session.exec(query).all()) if source_ids else {}


def touch(session: Session, source_ids: Collection[int]) -> None:
    """Tell whoever keeps answers in memory that these registries are followed no more, or again."""
    if source_ids:
        theirs = update(OutsideVerdict).where(col(OutsideVerdict.source_id).in_(source_ids))
        session.connection().execute(theirs.values(version=col(OutsideVerdict.version) + 1))


def held(session: Session, source_id: int) -> Sequence[OutsideVerdict]:
    query = select(OutsideVerdict).where(OutsideVerdict.source_id == source_id, col(OutsideVerdict.held))
    return session.exec(query).all()


def adopted_as(session: Session, outside_ids: Collection[int], *, now: datetime) -> Mapping[int, int]:
    """Id of another registry's verdict -> the newest number of ours that took it over and was not taken back.

    Where a colleague can still take theirs back, nobody learns of it.
    """
    query = (
        select(Adoption.outside_id, func.max(col(Verdict.number)))
        .join(Verdict, col(Verdict.id) == col(Adoption.verdict_id))
        .where(
            among(session, Adoption.outside_id, outside_ids),
            col(Verdict.undone_at).is_(None),
            col(Verdict.published_at) <= now,
        )
        .group_by(col(Adoption.outside_id))
    )
    return dict(session.exec(query).all())


def adopted_rows(session: Session, outside_id: int) -> Sequence[Verdict]:
    """Every verdict of ours that took it over, taken back or not."""
    query = select(Verdict).join(Adoption, col(Adoption.verdict_id) == col(Verdict.id))
    return session.exec(query.where(Adoption.outside_id == outside_id)).all()


def adoptions_to_look_at(
    session: Session, *, today: date, now: datetime, limit: int
) -> Sequence[tuple[Adoption, Verdict, OutsideVerdict]]:
    """Verdicts of ours whose model has changed since, or has come to its last day; the oldest change first."""
    query = (
        select(Adoption, Verdict, OutsideVerdict)
        .join(Verdict, col(Verdict.id) == col(Adoption.verdict_id))
        .join(OutsideVerdict, col(OutsideVerdict.id) == col(Adoption.outside_id))
        .where(
            col(Verdict.undone_at).is_(None),
            col(Verdict.published_at) <= now,
            or_(
                col(OutsideVerdict.revision) > col(Adoption.revision),
                col(OutsideVerdict.ends_on) < today,
            ),
        )
    )
    found = session.exec(query.order_by(col(OutsideVerdict.changed_at)).limit(limit)).all()
    return [(adoption, verdict, outside) for adoption, verdict, outside in found]


def _shown() -> "SelectOfScalar[tuple[OutsideVerdict, Source]]":
    query = select(OutsideVerdict, Source).join(Source, col(Source.id) == col(OutsideVerdict.source_id))
    return query.where(*_followed())  # type: ignore[return-value]


def _followed() -> tuple[ColumnElement[bool], ...]:
    """Let in, and told by a source that is still on the list: what nobody follows any more may have changed."""
    return ~col(OutsideVerdict.held), col(Source.removed_at).is_(None)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [*_followed()]
    if wanted.tool:
        found.append(col(Tool.slug) == wanted.tool)
    if wanted.source_id is not None:
        found.append(col(OutsideVerdict.source_id) == wanted.source_id)
    if wanted.outcomes:
        found.append(col(OutsideVerdict.outcome).in_(wanted.outcomes))
    if wanted.placed is not None:
        has_tool = col(OutsideVerdict.tool_id).is_not(None)
        found.append(has_tool if wanted.placed else ~has_tool)
    if wanted.placed is False or wanted.set_aside:
        aside = col(OutsideVerdict.set_aside_at).is_not(None)
        found.append(aside if wanted.set_aside else ~aside)
    if wanted.text:
        found.append(func.lower(col(OutsideVerdict.tool_name)).contains(wanted.text.lower(), autoescape=True))
    return found
