"""Reads of many evaluations at once: the list with its filters, who takes part in each, what each person has to do."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement
from sqlalchemy import select as columns
from sqlmodel import Session, and_, case, col, func, or_, select
from sqlmodel.sql.expression import Select, SelectOfScalar

from registry.domain.evaluation import EvaluationState, Tier
from registry.domain.values import dataclass
from registry.store import deciding, evaluations, parties
from registry.store.columns import among, id_of
from registry.store.evaluations import CLOSED
from registry.store.tables import (
    Assignment,
    Candidate,
    Evaluation,
    Interest,
    Request,
    Scorecard,
    SecondReading,
    Tool,
    User,
    VendorContact,
    Verdict,
)

Row = tuple[Evaluation, Tool, User]


class Case(NamedTuple):
    """As much of an evaluation as says whose task it may be."""

    id: int
    tool_id: int
    owner_id: int
    tier: int
    state: EvaluationState
    due_on: date


@dataclass(frozen=True)
class Filters:
    """Which evaluations; what is empty filters nothing."""

    states: Collection[EvaluationState] = ()
    tier: int | None = None
    owner_id: int | None = None
    reviewer_id: int | None = None
    words: str = ""
    """Part of the tool's name."""
    overdue_on: date | None = None
    """Only those at work whose day had passed on this one."""
    seen_by: int | None = None
    """Only those that this person owns or is asked to score."""


@dataclass(frozen=True)
class Parts:
    """Who takes part in one evaluation; people are told by id."""

    asked: tuple[int, ...] = ()
    handed_in: frozenset[int] = frozenset()
    """Whoever handed in a scorecard, whether it still counts or not."""
    drafting: frozenset[int] = frozenset()
    declared: frozenset[int] = frozenset()
    """Whoever said whether they have an interest."""
    interested: frozenset[int] = frozenset()
    """Whoever said here that they have one."""
    interested_before: frozenset[int] = frozenset()
    """Whose last word, given in another round of the tool, was that they have one, and who said nothing here: each is
    asked anew before scoring, and does not decide."""
    requesters: frozenset[int] = frozenset()
    """Who asked for the tool."""
    contacts: frozenset[int] = frozenset()
    """Who is a contact of its vendor."""
    counting: frozenset[int] = frozenset()
    """Those whose scorecard counts."""
    second_reading: bool = False
    """Whether it reads a verdict of the quick lane again."""
    first_deciders: frozenset[int] = frozenset()
    """Who decided that verdict, and for whom."""

    @property
    def barred(self) -> frozenset[int]:
        """Who neither scores nor decides it; who only does not decide it is not among them."""
        return self.interested | self.requesters | self.contacts

    @property
    def owing(self) -> tuple[int, ...]:
        """Those asked who may score and have handed in nothing."""
        return tuple(each for each in self.asked if each not in self.handed_in | self.barred)


@dataclass
class Workload:
    open: int = 0
    overdue: int = 0


def page(
    session: Session, filters: Filters, *, after: tuple[date, int] | None = None, limit: int
) -> Sequence[Row]:
    """With their tools and owners, those due first at the top; `after` is the due day and id of the row before."""
    query = _rows().where(*_wanted(filters))
    if after is not None:
        day, number = after
        behind = and_(col(Evaluation.due_on) == day, col(Evaluation.id) > number)
        query = query.where(or_(col(Evaluation.due_on) > day, behind))
    return session.exec(query.order_by(col(Evaluation.due_on), col(Evaluation.id)).limit(limit)).all()


def concerning(session: Session, user_id: int, *, decides: bool) -> Sequence[Case]:
    """Those under way in which this person may have something to do, and for one who `decides` all that wait for it.

    Those due first are at the top. What they have scored, and what others decide, is left out.
    """
    asked = select(Assignment.evaluation_id).where(Assignment.user_id == user_id)
    handed_in = select(Scorecard.evaluation_id).where(
        Scorecard.user_id == user_id, col(Scorecard.submitted_at).is_not(None)
    )
    number, owns = col(Evaluation.id), col(Evaluation.owner_id) == user_id
    waits_for_decision = col(Evaluation.state) == EvaluationState.DECISION
    by_them = or_(owns, and_(number.in_(asked), number.not_in(handed_in)))
    # In the quick lane who scored it may decide it.
    of_theirs = and_(col(Evaluation.tier) == Tier.ONE, or_(owns, number.in_(asked)))
    concerns = or_(
        and_(~waits_for_decision, by_them),
        waits_for_decision if decides else and_(waits_for_decision, of_theirs),
    )
    query = columns(*(getattr(Evaluation, name) for name in Case._fields)).where(
        concerns, col(Evaluation.state).not_in(CLOSED)
    )
    found = session.execute(query.order_by(col(Evaluation.due_on), col(Evaluation.id)))
    return [Case(*row) for row in found]


def with_tools(session: Session, ids: Collection[int]) -> dict[int, tuple[Evaluation, Tool]]:
    """By the evaluation's id."""
    if not ids:
        return {}
    query = select(Evaluation, Tool).join(Tool, col(Tool.id) == Evaluation.tool_id)
    rows = session.exec(query.where(among(session, col(Evaluation.id), ids)))
    return {id_of(evaluation): (evaluation, tool) for evaluation, tool in rows}


def parts(session: Session, rows: Iterable[Evaluation | Case]) -> dict[int, Parts]:
    """Evaluation id -> who takes part in it; in six queries, however many there are."""
    found = {id_of(each): each for each in rows}
    ids = list(found)
    asked: dict[int, list[int]] = defaultdict(list)
    assigned = select(Assignment.evaluation_id, Assignment.user_id)
    for evaluation_id, user_id in session.exec(
        assigned.where(among(session, col(Assignment.evaluation_id), ids))
    ):
        asked[evaluation_id].append(user_id)
    cards: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    every = select(Scorecard.evaluation_id, Scorecard.user_id, Scorecard.submitted_at)
    for evaluation_id, user_id, submitted in session.exec(
        every.where(among(session, col(Scorecard.evaluation_id), ids))
    ):
        cards[evaluation_id].append((user_id, submitted is not None))
    tool_ids = {each.tool_id for each in found.values()}
    said: dict[int, list[Interest]] = defaultdict(list)
    of_tools = (
        select(Interest, Evaluation.tool_id)
        .join(Evaluation)
        .where(among(session, col(Evaluation.tool_id), tool_ids))
    )
    for interest, tool_id in session.exec(of_tools):
        said[tool_id].append(interest)
    requesters, contacts = _requesters(session, tool_ids), _contacts(session, tool_ids)
    readings = select(SecondReading.evaluation_id, Verdict.decided_by_id, Verdict.decided_for_id).join(
        Verdict, col(Verdict.id) == col(SecondReading.verdict_id)
    )
    again = {
        number: deciders
        for number, *deciders in session.exec(
            readings.where(among(session, col(SecondReading.evaluation_id), ids))
        )
    }
    return {
        number: _parts(
            number,
            asked[number],
            cards[number],
            said[each.tool_id],
            requesters[each.tool_id],
            contacts[each.tool_id],
            first_deciders=again.get(number),
        )
        for number, each in found.items()
    }


def parts_of(session: Session, evaluation: Evaluation) -> Parts:
    """Who takes part in one evaluation, out of what a page about it reads anyway and the session remembers."""
    evaluation_id = id_of(evaluation)
    reading = deciding.find_reading_by_evaluation(session, evaluation_id)
    first = session.get_one(Verdict, reading.verdict_id) if reading is not None else None
    return _parts(
        evaluation_id,
        [id_of(each) for each in parties.assigned(session, evaluation_id)],
        [(each.reviewer.id, each.submitted) for each in evaluations.scorecards(session, evaluation_id)],
        parties.interests_in(session, evaluation.tool_id),
        parties.requesters(session, evaluation.tool_id),
        parties.contacts(session, evaluation.tool_id).keys(),
        first_deciders=None if first is None else [first.decided_by_id, first.decided_for_id],
    )


def workloads(session: Session, *, today: date) -> dict[int, Workload]:
    """User id -> what that person has yet to hand in, of evaluations under way; who owes nothing is left out."""
    handed_in = select(Scorecard.id).where(
        Scorecard.evaluation_id == Assignment.evaluation_id,
        Scorecard.user_id == Assignment.user_id,
        col(Scorecard.submitted_at).is_not(None),
    )
    query = (
        select(col(Assignment.user_id), col(Evaluation.due_on))
        .join(Evaluation, col(Evaluation.id) == Assignment.evaluation_id)
        .where(
            col(Evaluation.state).not_in(CLOSED),
            ~handed_in.correlate(Assignment).exists(),
        )
    )
    found: dict[int, Workload] = defaultdict(Workload)
    for user_id, due_on in session.exec(query):
        found[user_id].open += 1
        found[user_id].overdue += due_on < today
    return dict(found)


def count(session: Session, filters: Filters, *, today: date) -> tuple[int, int]:
    """How many the whole list holds, and how many of these are late."""
    late = case((and_(col(Evaluation.due_on) < today, col(Evaluation.state).not_in(CLOSED)), 1), else_=0)
    query = select(func.count(), func.coalesce(func.sum(late), 0)).select_from(Evaluation)
    total, overdue = session.exec(
        query.join(Tool, col(Tool.id) == Evaluation.tool_id).where(*_wanted(filters))
    ).one()
    return total, overdue


def owner_ids(session: Session, states: Collection[EvaluationState]) -> frozenset[int]:
    """Who owns an evaluation in one of these states."""
    query = select(Evaluation.owner_id).where(col(Evaluation.state).in_(states)).distinct()
    return frozenset(session.exec(query))


def under_way_of(session: Session, user_id: int) -> tuple[Sequence[Row], Sequence[Row]]:
    """The evaluations under way that a person owns, and those for which they have yet to hand in a scorecard."""
    at_work = col(Evaluation.state).not_in(CLOSED)
    handed_in = select(Scorecard.evaluation_id).where(
        Scorecard.user_id == user_id, col(Scorecard.submitted_at).is_not(None)
    )
    asked = select(Assignment.evaluation_id).where(Assignment.user_id == user_id)
    order = (col(Evaluation.due_on), col(Evaluation.id))
    owned = session.exec(_rows().where(at_work, Evaluation.owner_id == user_id).order_by(*order)).all()
    owed = _rows().where(at_work, col(Evaluation.id).in_(asked), col(Evaluation.id).not_in(handed_in))
    return owned, session.exec(owed.order_by(*order)).all()


def due_waits(session: Session, today: date) -> Sequence[Evaluation]:
    """Those that wait and whose day has come."""
    query = select(Evaluation).where(
        col(Evaluation.state) == EvaluationState.WAITING, col(Evaluation.waiting_until) <= today
    )
    return session.exec(query.order_by(col(Evaluation.id))).all()


def _parts(
    evaluation_id: int,
    asked: Iterable[int],
    cards: Collection[tuple[int, bool]],
    said: Collection[Interest],
    requesters: Collection[int],
    contacts: Collection[int],
    *,
    first_deciders: Iterable[int | None] | None,
) -> Parts:
    """`cards` are reviewers' ids, each with whether that one was handed in; `said` is of all rounds of the tool;
    `first_deciders` None for no second reading."""
    handed_in = frozenset(user_id for user_id, submitted in cards if submitted)
    here = {each.user_id: each.interested for each in said if each.evaluation_id == evaluation_id}
    interested = frozenset(user_id for user_id, holds in here.items() if holds)
    return Parts(
        asked=tuple(sorted(asked)),
        handed_in=handed_in,
        drafting=frozenset(user_id for user_id, submitted in cards if not submitted),
        declared=frozenset(here),
        interested=interested,
        interested_before=parties.interested_by(said, evaluation_id) - interested,
        requesters=frozenset(requesters),
        contacts=frozenset(contacts),
        counting=handed_in - interested.union(contacts, requesters),
        second_reading=first_deciders is not None,
        first_deciders=frozenset(each for each in first_deciders or () if each is not None),
    )


def _rows() -> Select[Evaluation, Tool, User]:
    return (
        select(Evaluation, Tool, User)
        .join(Tool, col(Tool.id) == Evaluation.tool_id)
        .join(User, col(User.id) == Evaluation.owner_id)
    )


def _wanted(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.states:
        found.append(col(Evaluation.state).in_(filters.states))
    if filters.tier is not None:
        found.append(col(Evaluation.tier) == filters.tier)
    if filters.owner_id is not None:
        found.append(col(Evaluation.owner_id) == filters.owner_id)
    if filters.reviewer_id is not None:
        found.append(col(Evaluation.id).in_(_asked(filters.reviewer_id)))
    if filters.words:
        found.append(col(Tool.name).icontains(filters.words, autoescape=True))
    if filters.overdue_on is not None:
        found.append(col(Evaluation.due_on) < filters.overdue_on)
        found.append(col(Evaluation.state).not_in(CLOSED))
    if filters.seen_by is not None:
        found.append(
            or_(col(Evaluation.id).in_(_asked(filters.seen_by)), col(Evaluation.owner_id) == filters.seen_by)
        )
    return found


def _asked(user_id: int) -> SelectOfScalar[int]:
    return select(Assignment.evaluation_id).where(Assignment.user_id == user_id)


def _requesters(session: Session, tool_ids: Collection[int]) -> dict[int, set[int]]:
    """Tool id -> who asked for it."""
    found: dict[int, set[int]] = defaultdict(set)
    query = (
        select(Request.tool_id, Candidate.tool_id, Request.user_id)
        .join(Candidate, col(Candidate.id) == col(Request.candidate_id), isouter=True)
        .where(
            or_(
                among(session, col(Request.tool_id), tool_ids),
                among(session, col(Candidate.tool_id), tool_ids),
            ),
            col(Request.user_id).is_not(None),
        )
    )
    for direct, through, user_id in session.exec(query):
        for tool_id in (direct, through):
            if tool_id is not None and user_id is not None:
                found[tool_id].add(user_id)
    return found


def _contacts(session: Session, tool_ids: Collection[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    query = select(VendorContact.tool_id, VendorContact.user_id)
    for tool_id, user_id in session.exec(query.where(among(session, col(VendorContact.tool_id), tool_ids))):
        found[tool_id].add(user_id)
    return found
