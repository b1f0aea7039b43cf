"""The lists of candidates: which match a filter, in what order, and what is to be seen of each at one glance."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, and_, col, or_, select

from registry.domain.proposal import Announcer
from registry.domain.relevance import NEUTRAL
from registry.domain.triage import CandidateStatus, DismissReason
from registry.domain.values import dataclass
from registry.store import plain
from registry.store.candidates import labels
from registry.store.columns import id_of
from registry.store.paging import Page, bounded, decode_cursor, decode_rank, encode_cursor, encode_rank
from registry.store.tables import Candidate, CandidateLabel, Entry, Mention, Request, Source, Unanswered


class Demand(StrEnum):
    """Who wants it: colleagues who asked for it, or who looked it up and got no answer."""

    REQUESTED = "requested"
    LOOKED_UP = "looked_up"


class Order(StrEnum):
    NEWEST = "newest"
    OLDEST = "oldest"
    RELEVANCE = "relevance"
    DEMAND = "demand"
    """Most requests and unanswered look-ups first."""


@dataclass(frozen=True)
class Filter:
    """Which candidates; values of one field add up, fields narrow each other."""

    status: CandidateStatus | None = CandidateStatus.NEW
    sources: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    demand: tuple[Demand, ...] = ()
    reasons: tuple[DismissReason, ...] = ()
    unsure: bool = False
    """Only those whose name is not sure."""
    words: str = ""
    """Looked for in name, home page and tagline."""
    seen_from: datetime | None = None
    seen_before: datetime | None = None
    closed_from: datetime | None = None
    closed_before: datetime | None = None
    up_to: int | None = None
    """Only numbers up to this one: what came in later is left out."""


@dataclass(frozen=True)
class InboxRow:
    candidate: Candidate
    mentions: int
    requests: int
    look_ups: int
    """How often somebody looked it up by its name or address, and nobody could answer."""
    sources: tuple[str, ...]
    """Names of the sources that speak of it, in alphabetical order."""
    announcers: tuple[Announcer, ...]
    """Of these sources, in their order."""
    title: str
    """Of the newest entry, with its link and its moment; empty where only people asked."""
    link: str
    mentioned_at: datetime | None
    labels: tuple[str, ...]
    """In alphabetical order."""


_REQUESTS = (
    select(func.count())
    .where(col(Request.candidate_id) == col(Candidate.id))
    .correlate(Candidate)
    .scalar_subquery()
)
_LOOK_UPS = func.coalesce(
    select(func.sum(Unanswered.times))
    .where(
        or_(col(Unanswered.key) == col(Candidate.name_key), col(Unanswered.key) == col(Candidate.identity))
    )
    .correlate(Candidate)
    .scalar_subquery(),
    0,
)


def page(
    session: Session,
    wanted: Filter,
    *,
    order: Order = Order.NEWEST,
    after: str = "",
    limit: int = 50,
) -> Page[InboxRow]:
    """As many queries however many rows. Raises NoMark."""
    limit = bounded(limit)
    query = select(Candidate).where(*conditions(wanted))
    if order in (Order.RELEVANCE, Order.DEMAND):
        rank: ColumnElement[int] = (
            func.coalesce(col(Candidate.relevance), NEUTRAL)
            if order is Order.RELEVANCE
            else _REQUESTS + _LOOK_UPS
        )
        if after:
            number, row_id = decode_rank(after)
            query = query.where(or_(rank < number, and_(rank == number, col(Candidate.id) < row_id)))
        ranked = session.execute(
            query.add_columns(rank).order_by(rank.desc(), col(Candidate.id).desc()).limit(limit + 1)
        )
        found = [(each, int(number)) for each, number in ranked]
        last = found[limit - 1] if len(found) > limit else None
        return Page(
            rows(session, [each for each, _ in found[:limit]]),
            encode_rank(last[1], id_of(last[0])) if last else "",
        )
    newest = order is Order.NEWEST
    if after:
        at, row_id = decode_cursor(after)
        seen, place = col(Candidate.seen_at), col(Candidate.id)
        beyond = (seen < at, place < row_id) if newest else (seen > at, place > row_id)
        query = query.where(or_(beyond[0], and_(seen == at, beyond[1])))
    keys = (col(Candidate.seen_at), col(Candidate.id))
    query = query.order_by(*(key.desc() if newest else key.asc() for key in keys)).limit(limit + 1)
    some = list(session.exec(query).all())
    more, some = len(some) > limit, some[:limit]
    return Page(rows(session, some), encode_cursor(some[-1].seen_at, id_of(some[-1])) if more else "")


def count(session: Session, wanted: Filter) -> int:
    return session.exec(select(func.count()).select_from(Candidate).where(*conditions(wanted))).one()


def counts(session: Session, wanted: Sequence[Filter]) -> Sequence[int]:
    """How many each filter matches, in their order; one query."""
    if not wanted:
        return []
    each = [
        select(func.count())
        .select_from(Candidate)
        .where(*conditions(one))
        .scalar_subquery()
        .label(f"n{place}")
        for place, one in enumerate(wanted)
    ]
    return list(session.connection().execute(select(*each)).one())


def versions(session: Session, wanted: Filter) -> Sequence[tuple[int, int]]:
    """Number and version of every candidate that matches, by number; one query."""
    query = select(Candidate.id, Candidate.version).where(*conditions(wanted)).order_by(col(Candidate.id))
    return [(candidate_id or 0, version) for candidate_id, version in session.exec(query)]


def all_of(session: Session, wanted: Filter) -> Sequence[Candidate]:
    """Every candidate that matches, newest first: for a file."""
    query = select(Candidate).where(*conditions(wanted))
    return session.exec(query.order_by(col(Candidate.seen_at).desc(), col(Candidate.id).desc())).all()


def newest_id(session: Session) -> int:
    return session.exec(select(func.max(Candidate.id))).one() or 0


def source_counts(session: Session, wanted: Filter) -> Sequence[tuple[int, str, int]]:
    """Source, its name, and how many that match it speaks of, by name; a candidate counts at each of its sources."""
    query = (
        select(Source.id, Source.name, func.count(func.distinct(Mention.candidate_id)))
        .select_from(Candidate)
        .join(Mention, col(Mention.candidate_id) == col(Candidate.id))
        .join(Entry, col(Entry.id) == col(Mention.entry_id))
        .join(Source, col(Source.id) == col(Entry.source_id))
        .where(*conditions(wanted))
        .group_by(col(Source.id), Source.name)
        .order_by(func.lower(Source.name))
    )
    return [(source_id or 0, name, number) for source_id, name, number in session.exec(query)]


def label_counts(session: Session, wanted: Filter) -> Sequence[tuple[str, int]]:
    query = (
        select(CandidateLabel.label, func.count())
        .join(Candidate, col(Candidate.id) == col(CandidateLabel.candidate_id))
        .where(*conditions(wanted))
        .group_by(col(CandidateLabel.label))
    )
    return [
        (label, number) for label, number in session.exec(query.order_by(func.lower(CandidateLabel.label)))
    ]


def reason_counts(session: Session, wanted: Filter) -> Mapping[str, int]:
    query = select(Candidate.reason, func.count()).where(*conditions(wanted)).group_by(Candidate.reason)
    return dict(session.exec(query).all())


def conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    candidate_id, found = col(Candidate.id), list[ColumnElement[bool]]()
    if wanted.status is not None:
        found.append(col(Candidate.status) == wanted.status)
    if wanted.sources:
        spoken_of = (
            select(Mention.candidate_id)
            .join(Entry, col(Entry.id) == col(Mention.entry_id))
            .where(col(Entry.source_id).in_(wanted.sources))
        )
        found.append(candidate_id.in_(spoken_of))
    if wanted.labels:
        borne = select(CandidateLabel.candidate_id).where(col(CandidateLabel.label).in_(wanted.labels))
        found.append(candidate_id.in_(borne))
    if wanted.reasons:
        found.append(col(Candidate.reason).in_([each.value for each in wanted.reasons]))
    if wanted.demand:
        asked = select(Request.candidate_id).where(col(Request.candidate_id).is_not(None))
        looked_up = select(Unanswered.key)
        ways: dict[Demand, ColumnElement[bool]] = {
            Demand.REQUESTED: candidate_id.in_(asked),
            Demand.LOOKED_UP: or_(
                col(Candidate.name_key).in_(looked_up), col(Candidate.identity).in_(looked_up)
            ),
        }
        found.append(or_(*(ways[each] for each in wanted.demand)))
    if wanted.unsure:
        found.append(col(Candidate.sure).is_(False))
    if wanted.words:
        said = col(Candidate.name) + "\n" + col(Candidate.homepage) + "\n" + col(Candidate.tagline)
        found.append(said.icontains(wanted.words, autoescape=True))
    for bound, column in ((wanted.seen_from, Candidate.seen_at), (wanted.closed_from, Candidate.closed_at)):
        if bound is not None:
            found.append(col(column) >= bound)
    for bound, column in (
        (wanted.seen_before, Candidate.seen_at),
        (wanted.closed_before, Candidate.closed_at),
    ):
        if bound is not None:
            found.append(col(column) < bound)
    if wanted.up_to is not None:
        found.append(candidate_id <= wanted.up_to)
    return found


def rows(session: Session, found: Sequence[Candidate]) -> list[InboxRow]:
    """What the inbox shows of each candidate, in the order given; five queries, however many they are."""
    ids = [id_of(candidate) for candidate in found]
    mentioned = {each: told for each, *told in plain.rows(session, _MENTIONED, ids)}
    sources: dict[int, dict[str, Announcer]] = {}
    for candidate_id, name, announcer in plain.rows(session, _SPOKEN_OF, ids):
        sources.setdefault(candidate_id, {})[name] = Announcer(announcer)
    requested: dict[int, int] = dict(plain.rows(session, _REQUESTED, ids))
    borne, looked_up = labels(session, ids), _look_ups(session, found)
    told = []
    for candidate in found:
        candidate_id = id_of(candidate)
        number, title, link, at = mentioned.get(candidate_id, (0, "", "", None))
        by_name = sorted(sources.get(candidate_id, {}).items(), key=lambda each: each[0].lower())
        told.append(
            InboxRow(
                candidate=candidate,
                mentions=number,
                requests=requested.get(candidate_id, 0),
                look_ups=looked_up.get(candidate_id, 0),
                sources=tuple(name for name, _ in by_name),
                announcers=tuple(announcer for _, announcer in by_name),
                title=title,
                link=link,
                mentioned_at=plain.moment_or_none(at),
                labels=borne.get(candidate_id, ()),
            )
        )
    return told


def _look_ups(session: Session, found: Sequence[Candidate]) -> Mapping[int, int]:
    keys = {id_of(each): {key for key in (each.name_key, each.identity) if key} for each in found}
    times: dict[str, int] = dict(
        plain.rows(session, _LOOKED_UP, {key for each in keys.values() for key in each})
    )
    return {candidate_id: sum(times.get(key, 0) for key in each) for candidate_id, each in keys.items()}


_MENTIONED = """
SELECT candidate_id, number, title, link, seen_at FROM entry JOIN (
    SELECT candidate_id, count(*) AS number, max(entry_id) AS newest FROM mention
    WHERE candidate_id IN (??) GROUP BY candidate_id) AS told ON entry.id = newest
"""
_SPOKEN_OF = """
SELECT DISTINCT candidate_id, source.name, source.announcer FROM mention
JOIN entry ON entry.id = entry_id JOIN source ON source.id = source_id WHERE candidate_id IN (??)
"""
_REQUESTED = "SELECT candidate_id, count(*) FROM request WHERE candidate_id IN (??) GROUP BY candidate_id"
_LOOKED_UP = "SELECT key, times FROM unanswered WHERE key IN (??)"
