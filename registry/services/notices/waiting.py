"""What waits for each of those who work here, in plain sentences, and nothing of what a draft holds."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta

from sqlmodel import Session

from registry.domain.evaluation import Tier, target_on
from registry.domain.language import worded
from registry.domain.triggers import ReportKind
from registry.domain.values import dataclass
from registry.services.evaluations.work import Piece, TaskKind, my_work
from registry.services.people.acting import Actor
from registry.services.people.house import house
from registry.services.people.reach import in_person
from registry.services.verdicts.due import DueKind, DueThing, When, due
from registry.settings import Settings
from registry.store import delegations, users, verdicts, work_told
from registry.store.columns import id_of
from registry.store.tables import Role
from registry.store.users import Person

STAFF = frozenset({Role.REVIEWER, Role.APPROVER})
"""Who has something to do here; what sources need is in their own feed."""
NEWS_DAYS = timedelta(days=30)
"""A report that is older is no news."""


@dataclass(frozen=True)
class Waits:
    key: str
    """What it is, the same for as long as it waits."""
    title: str
    sentence: str
    path: str
    """Where it is done."""


def staff(session: Session) -> list[Person]:
    return [each for each in users.everybody(session) if works_here(each)]


def works_here(person: Person) -> bool:
    return person.user.disabled_at is None and bool(person.roles & STAFF)


def waiting(
    session: Session, people: Sequence[Person], settings: Settings, now: datetime
) -> dict[int, list[Waits]]:
    """Person -> what waits for them, the same thing once. What concerns all is read once for everybody."""
    today = now.astimezone(settings.zone).date()
    readings = work_told.second_readings(session)
    shared = [
        *_due(session, settings, now),
        *_reports(session, settings, now),
        *_asked_for(session, settings, today),
    ]
    deputies = delegations.deputies(session, now)
    found: dict[int, dict[str, Waits]] = defaultdict(dict)
    for person in people:
        user_id = id_of(person.user)
        by = in_person(person.user, person.roles, deputy=user_id in deputies)
        work = my_work(
            session, by, today=today, now=now, solo=settings.solo, cases_needed=settings.reference_cases
        )
        own = [_of_evaluation(each, readings) for each in work.pieces if each.task.kind in _TASKS]
        for each in [*own, *(waits for concerns, waits in shared if concerns(by))]:
            found[user_id].setdefault(each.key, each)
    return {user_id: list(kept.values()) for user_id, kept in found.items()}


_TASKS = {
    TaskKind.DECLARE: "score",
    TaskKind.SCORE: "score",
    TaskKind.MODERATE: "moderate",
    TaskKind.DECIDE: "decide",
    TaskKind.ASK: "ask",
}
"""What a task is told as; that somebody waits for others is no task."""


def _of_evaluation(piece: Piece, readings: frozenset[int]) -> Waits:
    case, kind = piece.case, _TASKS[piece.task.kind]
    day = case.due_on
    if kind == "score" and case.id in readings:
        sentence = worded("Please read this verdict a second time, and score the tool by {day}.", day=day)
    elif kind == "score":
        sentence = worded("You are asked to score it. A decision is due by {day}.", day=day)
    elif kind == "moderate":
        sentence = worded("The reviewers do not agree on all of it. Please settle what is open.")
    elif kind == "decide":
        sentence = worded("It is ready to be decided, by {day}.", day=day)
    else:
        sentence = worded("It needs more reviewers. Please ask them.")
    path = f"/evaluations/{case.id}"
    return Waits(f"{kind}:{case.id}", case.title, sentence, path)


Concerns = Callable[[Actor], bool]


def _due(session: Session, settings: Settings, now: datetime) -> Iterator[tuple[Concerns, Waits]]:
    """Told twice: when it is near, and when its day is over."""
    whens = frozenset({When.SOON, When.OVERDUE})
    for each in due(session, house(session, settings), whens=whens, now=now):
        key = f"{each.kind.value}:{each.number}:{each.due_on.isoformat()}:{each.when.value}"
        waits = Waits(key, each.tool_name, _owed(each), f"/verdicts/{each.number}")
        if each.kind is DueKind.SUSPENSION:
            yield _approves, waits
        else:
            yield _is_one_of(each.owner_id, each.decided_by_id), waits


def _owed(each: DueThing) -> str:
    over = each.when is When.OVERDUE
    match each.kind:
        case DueKind.CONDITION if over:
            told = worded(
                "A condition of verdict {number} was due by {day}.", number=each.number, day=each.due_on
            )
        case DueKind.CONDITION:
            told = worded(
                "A condition of verdict {number} is due by {day}.", number=each.number, day=each.due_on
            )
        case DueKind.REVIEW if over:
            told = worded(
                "Verdict {number} ended on {day}. It lapses unless it is decided anew.",
                number=each.number,
                day=each.due_on,
            )
        case DueKind.REVIEW:
            told = worded(
                "Verdict {number} ends on {day}, unless it is decided anew.",
                number=each.number,
                day=each.due_on,
            )
        case DueKind.SUSPENSION:
            told = worded(
                "Verdict {number} is suspended. Somebody else must confirm or lift that by {day}.",
                number=each.number,
                day=each.due_on,
            )
        case DueKind.PILOT_RESULT:
            told = worded("Please note what the pilot came to: verdict {number}.", number=each.number)
    return told


def _reports(session: Session, settings: Settings, now: datetime) -> Iterator[tuple[Concerns, Waits]]:
    """Those of one kind on one verdict are told once a day, since anybody may write many."""
    found = work_told.reports(session, now - NEWS_DAYS)
    of_whom = verdicts.owners(session, {each.verdict_number for each in found if each.verdict_number})
    for each in found:
        if each.verdict_number not in of_whom:
            continue
        *_others, owner_id, decider_id = of_whom[each.verdict_number]
        if each.kind is ReportKind.INCIDENT:
            sentence = worded(
                "Somebody reported an incident. It concerns verdict {number}.", number=each.verdict_number
            )
        else:
            sentence = worded(
                "Somebody asked for another look at verdict {number}.", number=each.verdict_number
            )
        day = each.at.astimezone(settings.zone).date()
        key = f"report:{each.kind.value}:{each.verdict_number}:{day.isoformat()}"
        yield _is_one_of(owner_id, decider_id), Waits(key, each.name, sentence, "/reports")


def _asked_for(session: Session, settings: Settings, today: date) -> Iterator[tuple[Concerns, Waits]]:
    """Who asks is to hear something within the days of a quick decision: docs/notices.md."""
    for each in work_told.asked_for(session):
        asked_on = each.since.astimezone(settings.zone).date()
        if target_on(Tier.ONE, asked_on) < today:
            sentence = worded(
                "A colleague asked for it on {day}, and nobody has looked at it yet.", day=asked_on
            )
            yield (
                _works,
                Waits(f"asked:{each.candidate_id}", each.name, sentence, f"/inbox/{each.candidate_id}"),
            )


def _is_one_of(*user_ids: int | None) -> Concerns:
    return lambda by: by.id in user_ids


def _approves(by: Actor) -> bool:
    return Role.APPROVER in by.roles


def _works(by: Actor) -> bool:  # noqa: ARG001 - whoever works here may look at what came in
    return True
