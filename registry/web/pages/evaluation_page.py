"""The values of the evaluation's own pages, read and put into words; the acts are in evaluations.py beside it."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session

from registry.domain.disagreement import Disagreement
from registry.domain.evaluation import Tier
from registry.domain.language import day_text
from registry.domain.rubric import Rubric
from registry.domain.values import dataclass
from registry.services.evaluations import assigning, moderation, scorecards, work
from registry.services.evaluations.assessing import weigh
from registry.services.evaluations.progress import AT_WORK
from registry.services.evaluations.taking_part import Part, require_sight
from registry.services.outside.evidence import Evidence, on_tool
from registry.services.people.acting import Actor
from registry.services.rubrics import rubrics
from registry.settings import Settings
from registry.store import evaluations, parties, tools, users, verdicts
from registry.store.columns import id_of
from registry.store.conditions import as_condition
from registry.store.evaluations import StoredScorecard
from registry.store.tables import Evaluation, Role, Tool
from registry.web.condition_form import ConditionForm, ConditionOptions, covers, lacking, who_must
from registry.web.pages.evaluation_cards import CardView, card_views
from registry.web.pages.evaluation_history import BAND_NAMES, history
from registry.web.pages.evaluation_people import (
    Asking,
    ContactRow,
    Taker,
    as_tasks,
    asking,
    done_tasks,
    takers,
)
from registry.web.reopened import because
from registry.web.shapes import Event, Form, Option, Row, Task
from registry.web.words import words

SCORABLE = AT_WORK[:3]
EFFECTS = {"none": "None", "people": "Yes", "rights": "Yes, on their rights"}
YES_NO = {"no": "No", "yes": "Yes"}
STAKES = (
    ("effect", "Effect on people", EFFECTS),
    ("costs", "Costs more than a trivial sum", YES_NO),
    ("public_account", "Needs an account that speaks in public", YES_NO),
)
"""What the tier follows from besides the information: key of the intended use, label, its answers in words."""


@dataclass(frozen=True)
class ProposedRow:
    id: int
    text: str
    covers: str
    who: str
    lacks: str
    by: str
    may_remove: bool


@dataclass(frozen=True)
class Flag:
    title: str
    said: str
    resolved: bool


@dataclass(frozen=True)
class EvaluationPage:
    id: int
    tool_name: str
    tool_url: str
    because: str
    """Why it was opened again; empty for a case that was opened in the ordinary way."""
    edition: str
    state: str
    version: int
    due_on: date
    late_days: int
    """By how many days it is overdue; 0 where it is not."""
    facts: Sequence[Row]
    tasks: Sequence[Task]
    waiting: str
    withdrawn: str
    """Why it ended without a verdict."""
    part: Part
    takers: Sequence[Taker]
    asking: Asking
    owners: Sequence[Option]
    """Who could own it."""
    contacts: Sequence[ContactRow]
    people: Sequence[Option]
    """Everybody who could be recorded as a contact of the vendor."""
    must_declare: bool
    may_declare: bool
    """Declared none, and may have an interest by now."""
    proposed: Sequence[ProposedRow]
    condition: ConditionForm
    condition_faults: dict[str, str]
    condition_options: ConditionOptions
    cards: Sequence[CardView]
    flags: Sequence[Flag]
    evidence: Evidence
    """What other registries decided on the tool."""
    history: Sequence[Event]
    verdict_number: int | None
    form: Form
    stale: str = ""
    done: str = ""
    """What this person has just done, in words."""

    @property
    def next(self) -> Task | None:
        """What comes next, whosever task it is."""
        return next((each for each in self.tasks if not each.done), None)

    @property
    def closed(self) -> bool:
        return self.state in ("decided", "withdrawn")


def evaluation_page(
    session: Session,
    evaluation: Evaluation,
    settings: Settings,
    *,
    by: Actor,
    now: datetime,
    form: Form | None = None,
    condition: ConditionForm | None = None,
    condition_faults: dict[str, str] | None = None,
    stale: str = "",
    done: str = "",
) -> EvaluationPage:
    """All that this person may read of it. Raises NotAllowed for who has no part in it."""
    part = require_sight(session, evaluation, by=by)
    evaluation_id = id_of(evaluation)
    today = now.astimezone(settings.zone).date()
    tool = tools.get_by_id(session, evaluation.tool_id)
    rubric = rubrics.rubric(session, evaluation.rubric_hash)
    declared = parties.interests(session, evaluation_id)
    own = declared.get(by.id or 0)
    cards = evaluations.scorecards(session, evaluation_id)
    seen = scorecards.visible(session, evaluation_id, to=by, owner_id=evaluation.owner_id)
    verdict = verdicts.find_for_evaluation(session, evaluation_id)
    contacts = parties.contacts(session, evaluation.tool_id)
    closed = evaluation.state in evaluations.CLOSED
    choice = assigning.choice(
        session,
        evaluation.tool_id,
        Tier(evaluation.tier),
        evaluation=evaluation,
        solo=settings.solo,
        today=today,
        now=now,
    )
    everybody = [each for each in users.everybody(session) if each.user.disabled_at is None]
    names = {id_of(each.user): each.user.name for each in everybody}
    return EvaluationPage(
        id=evaluation_id,
        tool_name=tool.name,
        tool_url=f"/tools/{tool.slug}",
        because=because(session, [evaluation_id]).get(evaluation_id, ""),
        edition=evaluation.edition,
        state=evaluation.state.value,
        version=evaluation.version,
        due_on=evaluation.due_on,
        late_days=0 if closed else max(0, (today - evaluation.due_on).days),
        facts=_facts(session, evaluation, rubric),
        tasks=[] if closed else _tasks(session, evaluation, rubric, part, cards, settings, by=by),
        waiting=evaluation.waiting_for,
        withdrawn=evaluation.withdrawn_reason,
        part=part,
        takers=takers(session, evaluation, parties.assigned(session, evaluation_id), cards, contacts),
        asking=asking(choice, Tier(evaluation.tier)),
        owners=[
            Option(str(each.user.id), each.user.name)
            for each in assigning.successors(everybody)
            if each.user.id != evaluation.owner_id
        ],
        contacts=[
            ContactRow(each, names.get(each, f"Person {each}"), row.note) for each, row in contacts.items()
        ],
        people=[Option(str(each), name) for each, name in names.items() if each not in contacts],
        must_declare=own is None and (part.assigned or Role.APPROVER in by.roles),
        may_declare=own is not None and not own.interested and part.speaks,
        proposed=_proposed(session, evaluation, rubric, part, by),
        condition=condition or ConditionForm("c.", "Propose a condition"),
        condition_faults=condition_faults or {},
        condition_options=ConditionOptions(),
        cards=card_views(rubric, seen),
        flags=[] if part.blind else _flags(session, evaluation, rubric, cards),
        evidence=on_tool(session, evaluation.tool_id, today=today, now=now),
        history=history(session, evaluation_id, blind=part.blind),
        verdict_number=verdict.number if verdict else None,
        form=form or Form(),
        stale=stale,
        done=done if any(each.submitted and each.reviewer.id == by.id for each in cards) else "",
    )


def _tasks(
    session: Session,
    evaluation: Evaluation,
    rubric: Rubric,
    part: Part,
    cards: Sequence[StoredScorecard],
    settings: Settings,
    *,
    by: Actor,
) -> list[Task]:
    steps = work.tasks(session, evaluation, blind=part.blind, solo=settings.solo)
    told = done_tasks(cards) + as_tasks(steps, evaluation, rubric, by=by, may_decide=_may_decide(part))
    asked = (
        [] if part.blind or by.id is None else moderation.open_questions(session, id_of(evaluation), by.id)
    )
    base = f"/evaluations/{evaluation.id}/moderation"
    return told + [
        Task(
            f"Give the evidence on {item_name(rubric, each.item)} that you are asked for",
            f"{base}#{each.item}",
            "Yours",
        )
        for each in asked
    ]


def _may_decide(part: Part) -> bool:
    return Role.APPROVER in part.roles and not part.assigned


def title_of(tool: Tool, evaluation: Evaluation) -> str:
    return f"{tool.name} ({evaluation.edition})" if evaluation.edition else tool.name


def item_name(rubric: Rubric, item: str) -> str:
    if item in BAND_NAMES:
        return BAND_NAMES[item]
    names = {each.id: each.name for each in rubric.criteria} | {
        each.id: each.name for each in rubric.knock_outs
    }
    return f"{item} {names[item]}"


def given_words(flag: Disagreement) -> str:
    """`Rosa 1, Ravi 4`."""
    return ", ".join(f"{person(name)} {words_of(value)}" for name, value in flag.given.items())


def person(reviewer: str) -> str:
    """The name alone, out of `Rosa <rosa@office.example>`."""
    return reviewer.partition(" <")[0]


def words_of(value: str) -> str:
    return value if value.isdigit() else words(value).lower()


def _facts(session: Session, evaluation: Evaluation, rubric: Rubric) -> list[Row]:
    use = evaluation.intended_use
    lower = f". Lower than proposed, because: {evaluation.tier_reason}" if evaluation.tier_reason else ""
    rows = [
        Row("Tier", f"{evaluation.tier}: {scorecards_needed(evaluation.tier)}{lower}"),
        Row("Owner", users.get(session, evaluation.owner_id).name),
        Row("Purpose", str(use.get("purpose", ""))),
    ]
    for key, label in (
        ("data_class", "Information"),
        ("accounts", "Accounts"),
        ("audience", "Audience"),
        ("offices", "Offices"),
        ("versions", "Versions"),
    ):
        if use.get(key):
            rows.append(Row(label, use_words(use[key])))
    rows += [
        Row(label, answers[str(use[key])])
        for key, label, answers in STAKES
        if str(use.get(key, "")) in answers
    ]
    return [*rows, Row("Rubric", rubric.title)]


def scorecards_needed(tier: int) -> str:
    needs = Tier(tier)
    count = f"{needs.scorecards} scorecard{'' if needs.scorecards == 1 else 's'}"
    return f"{count}, among them {', '.join(needs.areas)}" if needs.areas else count


def use_words(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(words(str(each)) for each in value)
    return words(str(value)) if str(value).islower() and " " not in str(value) else str(value)


def _proposed(
    session: Session, evaluation: Evaluation, rubric: Rubric, part: Part, by: Actor
) -> list[ProposedRow]:
    """What others propose says how they rated, so who is blind sees their own alone."""
    rows = []
    stored = evaluations.proposed_conditions(session, id_of(evaluation))
    names = users.names(session, {row.proposed_by_id for row in stored})
    for row in stored:
        may_remove = row.proposed_by_id == by.id or (part.steers and not part.blind)
        if part.blind and row.proposed_by_id != by.id:
            continue
        condition = as_condition(row)
        when = "always" if row.standing else f"by {day_text(row.due_on)}" if row.due_on else "no day yet"
        who = who_must(row.duty or "")
        who = who[:1].upper() + who[1:]
        rows.append(
            ProposedRow(
                id_of(row),
                row.text,
                covers(row.mitigates.split(), rubric),
                f"{who}, {when}",
                lacking(condition),
                names[row.proposed_by_id],
                may_remove,
            )
        )
    return rows


def _flags(
    session: Session, evaluation: Evaluation, rubric: Rubric, cards: Sequence[StoredScorecard]
) -> list[Flag]:
    if not scorecards.counting(cards):
        return []
    resolved = {row.item for row in evaluations.moderations(session, id_of(evaluation))}
    return [
        Flag(item_name(rubric, each.id), given_words(each), each.id in resolved)
        for each in weigh(session, evaluation).disagreements
    ]
