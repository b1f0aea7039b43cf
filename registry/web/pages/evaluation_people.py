"""Who takes part in an evaluation, who could be asked, and whose task is what: in words, for the pages about it."""

from collections.abc import Mapping, Sequence

from sqlmodel import Session

from registry.domain.choice_of_reviewers import Choosable
from registry.domain.evaluation import Tier
from registry.domain.language import day_text
from registry.domain.rubric import Rubric
from registry.domain.values import dataclass
from registry.services.evaluations.assigning import Choice
from registry.services.evaluations.work import Piece, Task, TaskKind
from registry.services.people.acting import Actor
from registry.store import parties, users
from registry.store.columns import id_of
from registry.store.evaluations import StoredScorecard
from registry.store.tables import Evaluation, User
from registry.web import shapes
from registry.web.pages.evaluation_history import BAND_NAMES, declared_words
from registry.web.shapes import Option


@dataclass(frozen=True)
class Taker:
    """Somebody who takes part."""

    id: int
    name: str
    what: str
    areas: str
    declared: str
    card: str
    """What has become of their scorecard, in words."""
    may_be_released: bool
    """Asked, and nothing handed in: they can be asked no more."""


@dataclass(frozen=True)
class ContactRow:
    id: int
    name: str
    note: str


@dataclass(frozen=True)
class Asking:
    """The form by which reviewers are asked."""

    options: Sequence[Option]
    """Those who may score, the proposed ones first."""
    proposed: Sequence[str]
    barred: Sequence[Option]
    """Those who may not, with the reason as hint."""


def takers(
    session: Session,
    evaluation: Evaluation,
    asked: Sequence[User],
    cards: Sequence[StoredScorecard],
    contacts: Mapping[int, object],
) -> list[Taker]:
    declared = parties.interests(session, id_of(evaluation))
    names = users.names(session, {evaluation.owner_id, *declared})
    everybody = {id_of(each): each.name for each in asked} | {
        user_id: names[user_id] for user_id in (evaluation.owner_id, *declared)
    }
    asked_ids = {id_of(each) for each in asked}
    areas = users.areas(session, everybody)
    rows = []
    for user_id, name in everybody.items():
        own = [card for card in cards if card.reviewer.id == user_id]
        parts = (("owner", user_id == evaluation.owner_id), ("scores", user_id in asked_ids))
        interest = declared.get(user_id)
        said = declared_words(interest.interested, interest.statement) if interest else "Not declared yet"
        rows.append(
            Taker(
                user_id,
                name,
                ", ".join(word for word, holds in parts if holds) or "declared",
                ", ".join(sorted(areas.get(user_id, ()))),
                "Contact of the vendor" if user_id in contacts else said,
                _card_state(own, asked=user_id in asked_ids),
                may_be_released=user_id in asked_ids and not any(card.submitted for card in own),
            )
        )
    return rows


def asking(choice: Choice, tier: Tier) -> Asking:
    proposed = [str(each) for each in choice.proposed]
    free = sorted(
        (each for each in choice.people if not each.barred), key=lambda each: each.id not in choice.proposed
    )
    return Asking(
        options=[Option(str(each.id), each.name, _standing(each, tier, choice)) for each in free],
        proposed=proposed,
        barred=[Option(str(each.id), each.name, each.barred) for each in choice.people if each.barred],
    )


def _standing(each: Choosable, tier: Tier, choice: Choice) -> str:
    needed = [area for area in tier.areas if area in each.areas]
    others = sorted(each.areas - set(needed))
    knows = ", ".join([*(f"{area} (needed here)" for area in needed), *others]) or "no area named"
    late = f", {each.overdue} of them late" if each.overdue else ""
    count = f"{each.open} scorecard{'' if each.open == 1 else 's'} to hand in{late}"
    proposed = "Proposed. " if each.id in choice.proposed else ""
    return f"{proposed}Knows {knows}; has {count if each.open else 'nothing to hand in'}."


def _card_state(own: Sequence[StoredScorecard], *, asked: bool) -> str:
    if any(card.submitted for card in own):
        handed = "Handed in" if own[-1].submitted else "Handed in, being amended"
        return f"{handed}; does not count" if own[-1].left_out else handed
    if own:
        return "Draft" if asked else "Draft, asked no more"
    return "Not begun" if asked else "None asked"


def as_tasks(
    found: Sequence[Task], evaluation: Evaluation, rubric: Rubric, *, by: Actor, may_decide: bool
) -> list[shapes.Task]:
    return [_as_task(each, evaluation, rubric, by=by, may_decide=may_decide) for each in found]


def done_tasks(cards: Sequence[StoredScorecard]) -> list[shapes.Task]:
    """What is behind it: one line for each scorecard that counts."""
    names = dict.fromkeys(card.reviewer.name for card in cards if card.submitted and not card.left_out)
    return [shapes.Task(f"{name} has handed in a scorecard", "#people", "Done", done=True) for name in names]


def as_work(piece: Piece) -> shapes.Task:
    """One task of a person's own, as a list of all evaluations has it."""
    base, title = f"/evaluations/{piece.case.id}", piece.case.title
    label, url = {
        TaskKind.ASK: (f"{_ask_words(piece.task)} for {title}", f"{base}#ask"),
        TaskKind.DECLARE: (
            f"Say whether you have an interest in {title}, then score it",
            f"{base}/scorecard",
        ),
        TaskKind.SCORE: (f"Score {title}", f"{base}/scorecard"),
        TaskKind.MODERATE: (f"Resolve what reviewers of {title} disagree on", f"{base}/moderation"),
        TaskKind.DECIDE: (f"Decide on {title}", f"{base}/decide"),
        TaskKind.RESUME: (f"See whether {title} can go on", f"{base}#steer"),
    }[piece.task.kind]
    day = day_text(piece.case.due_on)
    return shapes.Task(label, url, f"Overdue since {day}" if piece.late else f"By {day}")


def item_words(rubric: Rubric, item: str) -> str:
    """`R1 Privacy`, or `the risk band`."""
    if item in BAND_NAMES:
        return f"the {BAND_NAMES[item].lower()}"
    names = {each.id: each.name for each in rubric.criteria} | {
        each.id: each.name for each in rubric.knock_outs
    }
    return f"{item} {names[item]}"


def _as_task(
    task: Task, evaluation: Evaluation, rubric: Rubric, *, by: Actor, may_decide: bool
) -> shapes.Task:
    base, mine = f"/evaluations/{evaluation.id}", task.whose == by.id
    whose = "Yours" if mine else task.name
    if task.kind is TaskKind.ASK:
        return shapes.Task(_ask_words(task), "#ask", whose)
    if task.kind is TaskKind.DECLARE:
        label = (
            "Say whether you have an interest" if mine else f"{task.name} says whether they have an interest"
        )
        return shapes.Task(label, f"{base}/scorecard" if mine else "#people", whose)
    if task.kind is TaskKind.SCORE:
        label = "Hand in your scorecard" if mine else f"{task.name} hands in a scorecard"
        return shapes.Task(label, f"{base}/scorecard" if mine else "#people", whose)
    if task.kind is TaskKind.MODERATE:
        label = f"Resolve the disagreement on {item_words(rubric, task.item)}"
        return shapes.Task(label, f"{base}/moderation", whose)
    if task.kind is TaskKind.RESUME:
        until = day_text(evaluation.waiting_until)
        told = f"{evaluation.waiting_for.rstrip('.')}. On that day it goes on by itself."
        return shapes.Task(f"Wait until {until}", "#steer", whose, hint=told)
    return shapes.Task(
        "Decide" if may_decide else "An approver decides",
        f"{base}/decide" if may_decide else "#people",
        "Yours" if may_decide else "An approver",
    )


def _ask_words(task: Task) -> str:
    if task.area:
        return f"Ask a reviewer who knows {task.area}"
    return "Ask 1 more reviewer" if task.count == 1 else f"Ask {task.count} more reviewers"
