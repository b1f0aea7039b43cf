"""The values of the evaluation's own pages, read and put into words; the acts are in evaluations.py beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from registry.domain.disagreement import Disagreement
from registry.domain.evaluation import EvaluationState, Tier
from registry.domain.rubric import Rubric
from registry.domain.wording import day_text
from registry.services import moderation, rubrics, scorecards
from registry.services.acting import Actor
from registry.services.assessing import weigh
from registry.services.progress import progress
from registry.services.taking_part import Part, require_sight
from registry.settings import Settings
from registry.store import evaluations, tools, users, verdicts
from registry.store.columns import id_of
from registry.store.conditions import as_condition
from registry.store.evaluations import StoredScorecard
from registry.store.tables import Evaluation, Role, Tool
from registry.web.condition_form import ConditionForm, ConditionOptions, lacking
from registry.web.pages.evaluation_history import BAND_NAMES, declared_words, history
from registry.web.shapes import Event, Form, Option, Row, Task
from registry.web.words import words

AT_WORK = (
    EvaluationState.OPEN,
    EvaluationState.SCORING,
    EvaluationState.MODERATION,
    EvaluationState.DECISION,
)
SCORABLE = AT_WORK[:3]


@dataclass(frozen=True)
class Taker:
    """Somebody who takes part."""

    name: str
    what: str
    areas: str
    declared: str
    card: str
    """What has become of their scorecard, in words."""


@dataclass(frozen=True)
class ProposedRow:
    id: int
    text: str
    covers: str
    who: str
    lacks: str
    by: str


@dataclass(frozen=True)
class Line:
    id: str
    name: str
    said: str
    """The rating or answer in words, with its number."""
    confidence: str
    sentence: str
    evidence: str


@dataclass(frozen=True)
class CardView:
    reviewer: str
    title: str
    lines: Sequence[Line]


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
    edition: str
    state: str
    facts: Sequence[Row]
    tasks: Sequence[Task]
    waiting: str
    part: Part
    takers: Sequence[Taker]
    candidates: Sequence[Option]
    """Reviewers who could be asked to score."""
    must_declare: bool
    declared: str
    proposed: Sequence[ProposedRow]
    condition: ConditionForm
    condition_faults: dict[str, str]
    condition_options: ConditionOptions
    cards: Sequence[CardView]
    flags: Sequence[Flag]
    history: Sequence[Event]
    verdict_number: int | None
    form: Form

    @property
    def closed(self) -> bool:
        return self.state in ("decided", "withdrawn")


def evaluation_page(
    session: Session,
    evaluation: Evaluation,
    settings: Settings,
    *,
    by: Actor,
    form: Form | None = None,
    condition: ConditionForm | None = None,
    condition_faults: dict[str, str] | None = None,
) -> EvaluationPage:
    """All that this person may read of it. Raises NotAllowed for who has no part in it."""
    part = require_sight(session, evaluation, by=by)
    evaluation_id = id_of(evaluation)
    tool = tools.get_by_id(session, evaluation.tool_id)
    rubric = rubrics.rubric(session, evaluation.rubric_hash)
    declared = evaluations.interests(session, evaluation_id)
    own = declared.get(by.id or 0)
    seen = scorecards.visible(session, evaluation_id, to=by, owner_id=evaluation.owner_id)
    verdict = verdicts.find_for_evaluation(session, evaluation_id)
    return EvaluationPage(
        id=evaluation_id,
        tool_name=tool.name,
        tool_url=f"/tools/{tool.slug}",
        edition=evaluation.edition,
        state=evaluation.state.value,
        facts=_facts(session, evaluation, rubric),
        tasks=_tasks(session, evaluation, part, settings, by.id or 0),
        waiting=evaluation.waiting_for,
        part=part,
        takers=_takers(session, evaluation),
        candidates=[
            each for each in reviewer_options(session) if not _is_asked(session, evaluation_id, each)
        ],
        must_declare=own is None and (part.assigned or Role.APPROVER in by.roles),
        declared="" if own is None else declared_words(own.interested, own.statement),
        proposed=_proposed(session, evaluation, part, by),
        condition=condition or ConditionForm("c.", "Propose a condition"),
        condition_faults=condition_faults or {},
        condition_options=ConditionOptions(),
        cards=[card_view(rubric, each) for each in scorecards.counting(seen)],
        flags=[] if part.blind else _flags(session, evaluation, rubric),
        history=history(session, evaluation_id, blind=part.blind),
        verdict_number=verdict.number if verdict else None,
        form=form or Form(),
    )


def title_of(tool: Tool, evaluation: Evaluation) -> str:
    return f"{tool.name} ({evaluation.edition})" if evaluation.edition else tool.name


def card_view(rubric: Rubric, card: StoredScorecard) -> CardView:
    amended = f", amended: {card.row.reason}" if card.row.number > 1 else ""
    return CardView(card.reviewer.name, f"{card.reviewer.name}’s scorecard{amended}", lines_of(rubric, card))


def lines_of(rubric: Rubric, card: StoredScorecard) -> list[Line]:
    lines = []
    for knock_out in rubric.knock_outs:
        answer = card.knock_outs.get(knock_out.id)
        said = words(answer.answer) if answer and answer.answer else "Not answered"
        lines.append(Line(knock_out.id, knock_out.name, said, "", answer.sentence if answer else "", ""))
    for criterion in rubric.criteria:
        rating = card.ratings.get(criterion.id)
        if rating is None or rating.rating is None:
            lines.append(Line(criterion.id, criterion.name, "Not rated", "", "", ""))
            continue
        value = rating.rating.value
        said = f"{value}: {criterion.anchors[int(value)]}" if value.isdigit() else words(value)
        lines.append(
            Line(criterion.id, criterion.name, said, rating.confidence, rating.sentence, rating.evidence)
        )
    return lines


def reviewer_options(session: Session) -> list[Option]:
    """Active reviewers with what they know well and how much they have to do."""
    load = evaluations.load(session)
    found = []
    for person in users.everybody(session):
        if Role.REVIEWER not in person.roles or person.user.disabled_at is not None:
            continue
        count = load.get(id_of(person.user), 0)
        waits = f"{count} scorecard{'' if count == 1 else 's'} to hand in" if count else "nothing to hand in"
        knows = ", ".join(person.areas) or "no area named"
        found.append(Option(str(person.user.id), person.user.name, f"Knows {knows}; has {waits}."))
    return found


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


def _is_asked(session: Session, evaluation_id: int, option: Option) -> bool:
    return evaluations.is_assigned(session, evaluation_id, int(option.value))


def _facts(session: Session, evaluation: Evaluation, rubric: Rubric) -> list[Row]:
    use = evaluation.intended_use
    rows = [
        Row("Tier", f"{evaluation.tier}: {scorecards_needed(evaluation.tier)}"),
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
    return [*rows, Row("Rubric", rubric.title)]


def scorecards_needed(tier: int) -> str:
    needs = Tier(tier)
    count = f"{needs.scorecards} scorecard{'' if needs.scorecards == 1 else 's'}"
    return f"{count}, among them {', '.join(needs.areas)}" if needs.areas else count


def use_words(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(words(str(each)) for each in value)
    return words(str(value)) if str(value).islower() and " " not in str(value) else str(value)


def _tasks(
    session: Session, evaluation: Evaluation, part: Part, settings: Settings, by_id: int
) -> list[Task]:
    if evaluation.state not in AT_WORK:
        return []
    base = f"/evaluations/{evaluation.id}"
    decides = Role.APPROVER in part.roles and not part.assigned
    lacks = progress(session, evaluation, solo=settings.solo).missing
    tasks = []
    for sentence in lacks:
        flagged = sentence.startswith("The disagreement on ")
        if flagged and part.blind:
            continue
        if flagged:
            tasks.append(Task(_with_names(session, evaluation, sentence), f"{base}/moderation", "To resolve"))
        elif part.assigned and part.blind:
            tasks.append(Task(sentence, f"{base}/scorecard", "Yours to hand in"))
        else:
            tasks.append(Task(sentence, "#people", "Waiting"))
    for asked in moderation.open_questions(session, id_of(evaluation), by_id) if not part.blind else ():
        name = item_name(rubrics.rubric(session, evaluation.rubric_hash), asked.item)
        tasks.append(
            Task(f"You are asked for evidence on {name}.", f"{base}/moderation#{asked.item}", "To answer")
        )
    if not lacks:
        tasks.append(Task("An approver decides.", f"{base}/decide" if decides else "#people", "Ready"))
    return tasks


def _with_names(session: Session, evaluation: Evaluation, sentence: str) -> str:
    """`R1` becomes `R1 Privacy`, `risk_band` the risk band."""
    rubric = rubrics.rubric(session, evaluation.rubric_hash)
    for item in (*rubric.ids, *BAND_NAMES):
        name = f"the {BAND_NAMES[item].lower()}" if item in BAND_NAMES else item_name(rubric, item)
        sentence = sentence.replace(f" {item} ", f" {name} ")
    return sentence


def _takers(session: Session, evaluation: Evaluation) -> list[Taker]:
    evaluation_id = id_of(evaluation)
    asked = evaluations.assigned(session, evaluation_id)
    cards = evaluations.scorecards(session, evaluation_id)
    declared = evaluations.interests(session, evaluation_id)
    everybody = {id_of(each): each for each in asked}
    for user_id in (evaluation.owner_id, *declared):
        everybody.setdefault(user_id, users.get(session, user_id))
    areas = evaluations.areas(session, everybody)
    rows = []
    for user_id, user in everybody.items():
        own = [card for card in cards if card.reviewer.id == user_id]
        parts = [
            word
            for word, holds in (("owner", user_id == evaluation.owner_id), ("scores", user in asked))
            if holds
        ]
        interest = declared.get(user_id)
        rows.append(
            Taker(
                user.name,
                ", ".join(parts) or "declared",
                ", ".join(sorted(areas.get(user_id, ()))),
                declared_words(interest.interested, interest.statement) if interest else "Not declared yet",
                _card_state(own, asked=user in asked),
            )
        )
    return rows


def _card_state(own: list[StoredScorecard], *, asked: bool) -> str:
    if any(card.submitted for card in own):
        return "Handed in, being amended" if not own[-1].submitted else "Handed in"
    if own:
        return "Draft"
    return "Not begun" if asked else "None asked"


def _proposed(session: Session, evaluation: Evaluation, part: Part, by: Actor) -> list[ProposedRow]:
    """What others propose says how they rated, so who is blind sees their own alone."""
    rows = []
    for row in evaluations.proposed_conditions(session, id_of(evaluation)):
        if part.blind and row.proposed_by_id != by.id:
            continue
        condition = as_condition(row)
        when = "always" if row.standing else f"by {day_text(row.due_on)}" if row.due_on else "no day yet"
        who = words(row.duty) if row.duty else "Nobody named"
        rows.append(
            ProposedRow(
                id_of(row),
                row.text,
                row.mitigates.replace(" ", ", "),
                f"{who}, {when}",
                lacking(condition),
                users.get(session, row.proposed_by_id).name,
            )
        )
    return rows


def _flags(session: Session, evaluation: Evaluation, rubric: Rubric) -> list[Flag]:
    if not scorecards.counting(evaluations.scorecards(session, id_of(evaluation))):
        return []
    resolved = {row.item for row in evaluations.moderations(session, id_of(evaluation))}
    return [
        Flag(item_name(rubric, each.id), given_words(each), each.id in resolved)
        for each in weigh(session, evaluation).disagreements
    ]
