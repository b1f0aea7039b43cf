"""Where reviewers are far apart: their ratings, sentences and evidence side by side, and how the owner resolves it."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from registry.domain.disagreement import Disagreement, DisagreementKind
from registry.domain.errors import InvalidInput
from registry.domain.evaluation import EvaluationState
from registry.domain.rubric import DEGREES, KnockOutAnswer, Rating, Rubric, answer_badness, badness
from registry.services import evaluation as rounds
from registry.services import taking_part
from registry.services.acting import Actor
from registry.services.assessing import Weighed, weigh
from registry.store import evaluations, tools, users
from registry.store.columns import id_of
from registry.store.evaluations import StoredScorecard
from registry.store.tables import Evaluation, Moderation
from registry.web.charts import DotPlot, dot_plot
from registry.web.deps import House, Insider, Now, Read, RowId, Text, Triager, Tx
from registry.web.pages.evaluation_page import item_name, person, title_of, words_of
from registry.web.render import go, render
from registry.web.shapes import Form, Option
from registry.web.words import words

router = APIRouter(prefix="/evaluations")


@dataclass(frozen=True)
class Voice:
    """What one reviewer said."""

    who: str
    said: str
    sentence: str
    evidence: str
    dissents: bool
    """Gave something else than what was resolved."""


@dataclass(frozen=True)
class Point:
    id: str
    title: str
    question: str
    finding: str
    """`Rosa 1, Ravi 4: 3 apart`."""
    plot: DotPlot | None
    voices: Sequence[Voice]
    options: Sequence[Option]
    """What it may be resolved to; empty for a band."""
    stands: str
    """What holds as long as nobody resolves it."""
    resolved: str
    reason: str
    by: str


@dataclass(frozen=True)
class ModerationPage:
    id: int
    tool_name: str
    points: Sequence[Point]
    may_resolve: bool
    at_work: bool
    form: Form
    item: str = ""
    """The point whose form came back."""


@router.get("/{evaluation_id}/moderation")
def show_moderation(request: Request, evaluation_id: RowId, read: Read, user: Insider) -> Response:
    page = _page(read, evaluations.get(read, evaluation_id), user)
    return render(request, "evaluations/moderation.html", page)


@router.post("/{evaluation_id}/moderation")
def resolve(
    request: Request,
    evaluation_id: RowId,
    tx: Tx,
    user: Triager,
    now: Now,
    house: House,
    item: Text = "",
    value: Text = "",
    reason: Text = "",
) -> Response:
    evaluation = evaluations.get(tx, evaluation_id)
    taking_part.require_open_eyes(tx, evaluation, by=user)
    try:
        with tx.begin_nested():
            if item not in {each.id for each in weigh(tx, evaluation).disagreements}:
                raise InvalidInput("Nobody disagrees on that.", {"value": "Nobody disagrees on that."})
            rounds.moderate(
                tx, evaluation_id, item, value=value, reason=reason, solo=house.solo, by=user, now=now
            )
    except InvalidInput as refused:
        form = Form({"value": value, "reason": reason}, refused.faults)
        page = _page(tx, evaluation, user, form=form, item=item)
        return render(request, "evaluations/moderation.html", page, status=422)
    return go(f"/evaluations/{evaluation_id}/moderation")


def _page(
    session: Session, evaluation: Evaluation, user: Actor, *, form: Form | None = None, item: str = ""
) -> ModerationPage:
    taking_part.require_open_eyes(session, evaluation, by=user)
    weighed = weigh(session, evaluation)
    resolved = {row.item: row for row in evaluations.moderations(session, id_of(evaluation))}
    points = [_point(session, weighed, each, resolved.get(each.id)) for each in weighed.disagreements]
    return ModerationPage(
        id=id_of(evaluation),
        tool_name=title_of(tools.get_by_id(session, evaluation.tool_id), evaluation),
        points=points,
        may_resolve=user.id == evaluation.owner_id and evaluation.state is EvaluationState.MODERATION,
        at_work=evaluation.state is EvaluationState.MODERATION,
        form=form or Form(),
        item=item,
    )


def _point(session: Session, weighed: Weighed, flag: Disagreement, row: Moderation | None) -> Point:
    rubric = weighed.rubric
    named = [(person(reviewer), value) for reviewer, value in flag.given.items()]
    apart = f"{flag.spread} apart" if flag.kind is DisagreementKind.RATING else "not the same"
    finding = f"{', '.join(f'{who} {words_of(value)}' for who, value in named)}: {apart}"
    value = row.value if row else ""
    return Point(
        id=flag.id,
        title=item_name(rubric, flag.id),
        question=_question(rubric, flag),
        finding=finding,
        plot=_plot(named, _median(weighed, flag)) if flag.kind is DisagreementKind.RATING else None,
        voices=[_voice(flag, card, value) for card in weighed.cards],
        options=_options(rubric, flag),
        stands=_stands(weighed, flag),
        resolved=words_of(value) if value else "left as it is" if row else "",
        reason=row.reason if row else "",
        by=users.get(session, row.by_id).name if row else "",
    )


def _question(rubric: Rubric, flag: Disagreement) -> str:
    if flag.kind is DisagreementKind.RATING:
        return rubric.criterion(flag.id).question
    if flag.kind is DisagreementKind.KNOCK_OUT:
        return rubric.knock_out(flag.id).question
    return "Where each scorecard alone would lead. It follows from the ratings, so it is resolved with a reason only."


def _plot(named: Sequence[tuple[str, str]], median: str | None) -> DotPlot:
    drawn = [(who, value) for who, value in named if value != Rating.NOT_APPLICABLE]
    return dot_plot(drawn, median if median != Rating.NOT_APPLICABLE else None)


def _median(weighed: Weighed, flag: Disagreement) -> str | None:
    return str(weighed.assessment.rating(flag.id)) if flag.kind is DisagreementKind.RATING else None


def _voice(flag: Disagreement, card: StoredScorecard, resolved: str) -> Voice:
    given = flag.given.get(f"{card.reviewer.name} <{card.reviewer.email}>", "")
    rating, answer = card.ratings.get(flag.id), card.knock_outs.get(flag.id)
    return Voice(
        who=card.reviewer.name,
        said=words_of(given) if given else "nothing",
        sentence=rating.sentence if rating else answer.sentence if answer else "",
        evidence=rating.evidence if rating else "",
        dissents=bool(resolved) and bool(given) and given != resolved,
    )


def _options(rubric: Rubric, flag: Disagreement) -> list[Option]:
    """Whatever lies between the lowest and the highest given."""
    keep = Option("", "Leave it as it is", "The median, or the worst answer, stands.")
    if flag.kind is DisagreementKind.KNOCK_OUT:
        ranks = [answer_badness(KnockOutAnswer(each)) for each in flag.given.values()]
        answers = [each for each in KnockOutAnswer if min(ranks) <= answer_badness(each) <= max(ranks)]
        return [*(Option(each, words(each)) for each in answers), keep]
    if flag.kind is not DisagreementKind.RATING:
        return []
    criterion = rubric.criterion(flag.id)
    ranks = [badness(criterion.side, Rating(each)) for each in flag.given.values()]
    ratings = [
        each
        for each in (*DEGREES, Rating.UNKNOWN)
        if min(ranks) <= badness(criterion.side, each) <= max(ranks)
    ]
    return [
        *(
            Option(each, f"{each}: {criterion.anchors[int(each)]}" if each.isdigit() else words(each))
            for each in ratings
        ),
        keep,
    ]


def _stands(weighed: Weighed, flag: Disagreement) -> str:
    if flag.kind is DisagreementKind.RATING:
        return words_of(weighed.assessment.rating(flag.id))
    if flag.kind is DisagreementKind.KNOCK_OUT:
        return words_of(weighed.assessment.answer(flag.id))
    return words(weighed.assessment.risk if flag.id == "risk_band" else weighed.assessment.fit)
