"""Reads of many evaluations at once: the list with its filters, who takes part in each, what each person has to do."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement
from sqlmodel import Session, and_, case, col, func, or_, select
from sqlmodel.sql.expression import Select, SelectOfScalar

from registry.domain.evaluation import EvaluationState
from registry.domain.values import dataclass
from registry.store import deciding, evaluations, parties
from registry.store.columns import id_of
from registry.store.evaluations import CLOSED
from registry.store.parties import Declared
from registry.store.plain import day, rows
from registry.store.tables import (
    Assignment,
    Evaluation,
    Scorecard,
    Tool,
    User,
    Verdict,
)

Row = tuple[Evaluation, Tool, User]


class Case(NamedTuple):
    """As much of an evaluation as says whose task it may be and how that is listed."""

    id: int
    tool_id: int
    tool: str
    """Its name."""
    edition: str
    owner_id: int
    tier: int
    state: EvaluationState
    due_on: date

    @property
    def title(self) -> str:
        return f"{self.tool} ({self.edition})" if self.edition else self.tool


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
    order = (col(Evaluation.due_on), col(Evaluation.id))
    found = select(Evaluation.id).where(*_wanted(filters)).order_by(*order).limit(limit)
    if after is not None:
        day, number = after
        behind = and_(order[0] == day, order[1] > number)
        found = found.where(or_(order[0] > day, behind))
    return session.exec(_rows().where(order[1].in_(found)).order_by(*order)).all()


def concerning(session: Session, user_id: int, *, decides: bool) -> Sequence[Case]:
    """Those under way in which this person may have something to do, and for one who `decides` all that wait for it.

    Those due first are at the top. What waits for others is left out: what they have scored, what others score and
    decide.
    """
    found = rows(session, _CONCERNING, user_id, decides, user_id, user_id)
    return [Case._make([*told, EvaluationState(state), day(due_on)]) for *told, state, due_on in found]


def parts(session: Session, evaluation_ids: Collection[int]) -> dict[int, Parts]:
    """Evaluation id -> who takes part in it; in two queries, however many there are."""
    taking: dict[tuple[int, str], list[int]] = defaultdict(list)
    for number, part, user_id in rows(session, _TAKING_PART, evaluation_ids):
        taking[number, part].append(user_id)
    said: dict[int, list[Declared]] = defaultdict(list)
    for number, *told in rows(session, _DECLARED, evaluation_ids):
        said[number].append(Declared(*told))
    return {
        number: _parts(
            number,
            asked=taking[number, "asked"],
            handed_in=taking[number, "handed_in"],
            drafting=taking[number, "drafting"],
            said=said[number],
            requesters=taking[number, "requester"],
            contacts=taking[number, "contact"],
            first_deciders=taking.get((number, "first_decider")),
        )
        for number in evaluation_ids
    }


def parts_of(session: Session, evaluation: Evaluation) -> Parts:
    """Who takes part in one evaluation, out of what a page about it reads anyway and the session remembers."""
    evaluation_id = id_of(evaluation)
    reading = deciding.find_reading_by_evaluation(session, evaluation_id)
    first = session.get_one(Verdict, reading.verdict_id) if reading is not None else None
    cards = evaluations.scorecards(session, evaluation_id)
    return _parts(
        evaluation_id,
        asked=[id_of(each) for each in parties.assigned(session, evaluation_id)],
        handed_in=[each.reviewer.id for each in cards if each.submitted],
        drafting=[each.reviewer.id for each in cards if not each.submitted],
        said=parties.interests_in(session, evaluation.tool_id),
        requesters=parties.requesters(session, evaluation.tool_id),
        contacts=parties.contacts(session, evaluation.tool_id).keys(),
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
    total, overdue = session.exec(query.where(*_wanted(filters))).one()
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
    *,
    asked: Iterable[int],
    handed_in: Iterable[int],
    drafting: Iterable[int],
    said: Collection[Declared],
    requesters: Iterable[int],
    contacts: Iterable[int],
    first_deciders: Iterable[int | None] | None,
) -> Parts:
    """`said` is of all rounds of the tool; `first_deciders` None for no second reading."""
    here = {each.user_id: each.interested for each in said if each.evaluation_id == evaluation_id}
    interested = frozenset(user_id for user_id, holds in here.items() if holds)
    before = parties.interested_by(said, evaluation_id) if len(here) < len(said) else interested
    counting = frozenset(handed_in)
    return Parts(
        asked=tuple(sorted(asked)),
        handed_in=counting,
        drafting=frozenset(drafting),
        declared=frozenset(here),
        interested=interested,
        interested_before=before - interested,
        requesters=frozenset(requesters),
        contacts=frozenset(contacts),
        counting=counting - interested.union(contacts, requesters),
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
        called = select(Tool.id).where(col(Tool.name).icontains(filters.words, autoescape=True))
        found.append(col(Evaluation.tool_id).in_(called))
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


_CONCERNING = """
WITH barred AS (
    SELECT tool_id, user_id FROM vendor_contact
    UNION ALL SELECT tool_id, user_id FROM request WHERE tool_id IS NOT NULL AND user_id IS NOT NULL
    UNION ALL SELECT candidate.tool_id, user_id FROM request JOIN candidate ON candidate.id = candidate_id
    WHERE candidate.tool_id IS NOT NULL AND user_id IS NOT NULL)
SELECT evaluation.id, evaluation.tool_id, name, edition, owner_id, tier, state, due_on
FROM evaluation JOIN tool ON tool.id = evaluation.tool_id
LEFT JOIN assignment AS own ON own.evaluation_id = evaluation.id AND own.user_id = ?
WHERE state IN ('open', 'scoring', 'moderation', 'decision') AND CASE WHEN state = 'decision'
    -- In the quick lane who scored it may decide it.
    THEN ? OR tier = 1 AND (owner_id = ? OR own.user_id IS NOT NULL)
    ELSE own.user_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM scorecard WHERE scorecard.evaluation_id = evaluation.id
        AND scorecard.user_id = own.user_id AND submitted_at IS NOT NULL)
    -- An owner has nobody to ask where those asked who may score are as many as the tier wants, and it wants no areas.
    OR owner_id = ? AND (state = 'moderation' OR tier = 3 OR tier > (
        SELECT count(*) FROM assignment AS asked WHERE asked.evaluation_id = evaluation.id
        AND (evaluation.tool_id, asked.user_id) NOT IN (SELECT tool_id, user_id FROM barred)
        AND NOT EXISTS (
            SELECT 1 FROM interest WHERE interest.evaluation_id = asked.evaluation_id
            AND interest.user_id = asked.user_id AND interested))) END
ORDER BY due_on, evaluation.id
"""
_TAKING_PART = """
WITH listed AS (SELECT id, tool_id FROM evaluation WHERE id IN (??))
SELECT listed.id, 'asked', user_id FROM listed JOIN assignment ON evaluation_id = listed.id
UNION ALL SELECT listed.id, CASE WHEN submitted_at IS NULL THEN 'drafting' ELSE 'handed_in' END, user_id
FROM listed JOIN scorecard ON evaluation_id = listed.id
UNION ALL SELECT listed.id, 'requester', user_id FROM listed JOIN request ON request.tool_id = listed.tool_id
WHERE user_id IS NOT NULL
UNION ALL SELECT listed.id, 'requester', user_id FROM listed JOIN candidate ON candidate.tool_id = listed.tool_id
JOIN request ON request.candidate_id = candidate.id WHERE user_id IS NOT NULL
UNION ALL SELECT listed.id, 'contact', user_id FROM listed
JOIN vendor_contact ON vendor_contact.tool_id = listed.tool_id
UNION ALL SELECT listed.id, 'first_decider', decided_by_id FROM listed
JOIN second_reading ON second_reading.evaluation_id = listed.id JOIN verdict ON verdict.id = verdict_id
UNION ALL SELECT listed.id, 'first_decider', decided_for_id FROM listed
JOIN second_reading ON second_reading.evaluation_id = listed.id JOIN verdict ON verdict.id = verdict_id
"""
_DECLARED = """
SELECT listed.id, interest.evaluation_id, user_id, interested, at FROM evaluation AS listed
JOIN evaluation AS every ON every.tool_id = listed.tool_id JOIN interest ON interest.evaluation_id = every.id
WHERE listed.id IN (??)
"""
