"""The values of the page of disagreements, read and put into words; the acts are in moderation.py beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime

from sqlmodel import Session

from registry.domain.assessment import spread
from registry.domain.disagreement import Disagreement, DisagreementKind, by_severity, dissenting, in_words
from registry.domain.evaluation import EvaluationState
from registry.domain.rubric import KnockOutAnswer, Rating, Rubric, answer_badness, badness
from registry.domain.values import dataclass
from registry.services.evaluations import taking_part
from registry.services.evaluations.assessing import Weighed, weigh
from registry.services.people.acting import Actor
from registry.store import evaluations, tools, users
from registry.store import moderation as store
from registry.store.columns import id_of
from registry.store.evaluations import StoredScorecard
from registry.store.tables import Evaluation, Moderation, Remark, Rescore, User
from registry.web.charts import DotPlot, dot_plot
from registry.web.pages.evaluation_page import item_name, person, title_of, words_of
from registry.web.pages.rescore_form import RescoreLine, rating_options, rescore_lines
from registry.web.shapes import Form, Option
from registry.web.words import words


@dataclass(frozen=True)
class Voice:
    """What one reviewer said."""

    who: str
    said: str
    before: str
    """What was given before the re-score, in words; empty where nothing changed."""
    sentence: str
    sentence_before: str
    evidence: str
    dissents: bool
    """Gave something else than what was resolved."""


@dataclass(frozen=True)
class Said:
    """One remark of the thread."""

    who: str
    at: datetime
    text: str
    evidence: str
    asked: str
    """Who is asked for evidence; empty for a plain remark."""
    waits: bool


@dataclass(frozen=True)
class Point:
    id: str
    title: str
    question: str
    words: str
    """`Strong disagreement on privacy: 0, 1, 4`."""
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
    dissent: int
    thread: Sequence[Said]
    asked: Sequence[Option]
    """Whom this reader may ask for evidence."""


@dataclass(frozen=True)
class Rest:
    """A criterion on which nobody is far apart."""

    name: str
    given: str
    apart: int


@dataclass(frozen=True)
class ModerationPage:
    id: int
    version: int
    tool_name: str
    points: Sequence[Point]
    rest: Sequence[Rest]
    may_resolve: bool
    may_speak: bool
    at_work: bool
    lines: Sequence[RescoreLine]
    """What this reader may still re-score; empty for who may not."""
    rescored_at: datetime | None
    """When this reader used the one re-score."""
    form: Form
    item: str = ""
    """The point whose form came back; `rescore` for the re-score."""
    act: str = ""
    """Which of its forms: `resolve` or `remark`."""
    stale: str = ""


@dataclass(frozen=True)
class Found:
    """All that was read of one evaluation."""

    weighed: Weighed
    cards: Sequence[StoredScorecard]
    """Every one that was handed in, in the order of their numbers."""
    resolved: Mapping[str, Moderation]
    remarks: Sequence[tuple[Remark, User]]
    rescores: Mapping[int, Rescore]
    names: Mapping[int, str] = field(default_factory=dict)

    def before(self, card: StoredScorecard) -> StoredScorecard | None:
        """The scorecard that a re-score took the place of."""
        if card.reviewer.id not in self.rescores:
            return None
        number = card.number - 1
        own = (each for each in self.cards if each.reviewer.id == card.reviewer.id)
        return next((each for each in own if each.number == number), None)


def read_all(session: Session, evaluation: Evaluation) -> Found:
    evaluation_id = id_of(evaluation)
    weighed = weigh(session, evaluation)
    resolved = {row.item: row for row in weighed.resolutions}
    cards = [card for card in evaluations.scorecards(session, evaluation_id) if card.submitted]
    said = store.remarks(session, evaluation_id)
    names = {card.reviewer.id: card.reviewer.name for card in cards} | {
        id_of(user): user.name for _, user in said
    }
    names |= users.names(session, {row.by_id for row in resolved.values()} - names.keys())
    return Found(weighed, cards, resolved, said, store.rescores(session, evaluation_id), names)


def moderation_page(
    session: Session,
    evaluation: Evaluation,
    user: Actor,
    *,
    form: Form | None = None,
    item: str = "",
    act: str = "",
    stale: str = "",
) -> ModerationPage:
    part = taking_part.require_open_eyes(session, evaluation, by=user)
    found = read_all(session, evaluation)
    at_work = evaluation.state is EvaluationState.MODERATION
    flagged = by_severity(found.weighed.disagreements)
    own = next((card for card in found.weighed.cards if card.reviewer.id == user.id), None)
    used = found.rescores.get(user.id or 0)
    may_rescore = own is not None and part.assigned and used is None and at_work
    return ModerationPage(
        id=id_of(evaluation),
        version=evaluation.version,
        tool_name=title_of(tools.get_by_id(session, evaluation.tool_id), evaluation),
        points=[_point(found, each, user) for each in flagged],
        rest=_rest(found.weighed, {each.id for each in flagged}),
        may_resolve=user.id == evaluation.owner_id and at_work,
        may_speak=part.speaks and evaluation.state not in evaluations.CLOSED,
        at_work=at_work,
        lines=rescore_lines(
            found.weighed.rubric, flagged, own, form.values if form and item == "rescore" else None
        )
        if own is not None and may_rescore
        else (),
        rescored_at=used.at if used else None,
        form=form or Form(),
        item=item,
        act=act,
        stale=stale,
    )


def told_briefly(session: Session, evaluation: Evaluation) -> list[str]:
    """Each disagreement in a sentence or two, for the approver: who gave what, how it was resolved, who dissents."""
    found = read_all(session, evaluation)
    return [_told(found, each) for each in by_severity(found.weighed.disagreements)]


def _told(found: Found, flag: Disagreement) -> str:
    said = f"{in_words(flag, item_name(found.weighed.rubric, flag.id))} ({_given(flag)})."
    changed = [
        f"{voice.who} re-scored from {voice.before} to {voice.said}."
        for voice in (_voice(found, flag, card, "") for card in found.weighed.cards)
        if voice.before
    ]
    row = found.resolved.get(flag.id)
    if row is None:
        return " ".join([said, *changed])
    if not row.value:
        how = f"Handed on as it is, so {_stands(found.weighed, flag)} stands: {row.reason}"
    else:
        how = f"Resolved as {words_of(row.value)}: {row.reason}"
    return " ".join([said, *changed, how, dissent_words(dissenting(flag, row.value))]).rstrip()


def dissent_words(count: int) -> str:
    if not count:
        return ""
    return "One reviewer dissents." if count == 1 else f"{count} reviewers dissent."


def _point(found: Found, flag: Disagreement, user: Actor) -> Point:
    weighed, row = found.weighed, found.resolved.get(flag.id)
    rubric, value = weighed.rubric, row.value if row else ""
    apart = f"{flag.spread} apart" if flag.kind is DisagreementKind.RATING else "not the same"
    said = [each for each, _ in found.remarks]
    waiting = {id_of(each) for each in store.unanswered(said, list(found.rescores.values()))}
    voices = [_voice(found, flag, card, value) for card in weighed.cards]
    return Point(
        id=flag.id,
        title=item_name(rubric, flag.id),
        question=_question(rubric, flag),
        words=in_words(flag, _plain_name(rubric, flag.id)),
        finding=f"{_given(flag)}: {apart}",
        plot=_plot(found, flag) if flag.kind is DisagreementKind.RATING else None,
        voices=voices,
        options=_options(rubric, flag),
        stands=_stands(weighed, flag),
        resolved=_resolved(flag, row),
        reason=row.reason if row else "",
        by=found.names[row.by_id] if row else "",
        dissent=sum(voice.dissents for voice in voices),
        thread=[
            Said(
                who.name,
                each.at,
                each.text,
                each.evidence,
                found.names.get(each.asked_id, "") if each.asked_id else "",
                id_of(each) in waiting,
            )
            for each, who in found.remarks
            if each.item == flag.id
        ],
        asked=[
            Option(str(card.reviewer.id), card.reviewer.name)
            for card in weighed.cards
            if card.reviewer.id != user.id
        ],
    )


def _plain_name(rubric: Rubric, item: str) -> str:
    """`privacy` of R1, `risk band`."""
    named = item_name(rubric, item)
    name = named.partition(" ")[2] if named.startswith(f"{item} ") else named
    return name[:1].lower() + name[1:]


def _resolved(flag: Disagreement, row: Moderation | None) -> str:
    if row is None or row.value:
        return words_of(row.value) if row else ""
    band = flag.kind is DisagreementKind.BAND
    return "left as it follows from the ratings" if band else "handed to the approver as it is"


def _given(flag: Disagreement) -> str:
    return ", ".join(f"{person(reviewer)} {words_of(value)}" for reviewer, value in flag.given.items())


def _question(rubric: Rubric, flag: Disagreement) -> str:
    if flag.kind is DisagreementKind.RATING:
        return rubric.criterion(flag.id).question
    if flag.kind is DisagreementKind.KNOCK_OUT:
        return rubric.knock_out(flag.id).question
    return "Where each scorecard alone would lead. It follows from the ratings, so it is resolved with a reason only."


def _plot(found: Found, flag: Disagreement) -> DotPlot:
    drawn: list[tuple[str, str]] = []
    earlier: list[tuple[str, str]] = []
    for card in found.weighed.cards:
        before = found.before(card)
        for source, into in ((card, drawn), (before, earlier)):
            line = source.ratings.get(flag.id) if source is not None else None
            if line is not None and line.rating not in (None, Rating.NOT_APPLICABLE):
                into.append((card.reviewer.name, str(line.rating)))
    median = found.weighed.assessment.rating(flag.id)
    moved = [each for each in earlier if each not in drawn]
    return dot_plot(drawn, None if median is Rating.NOT_APPLICABLE else str(median), moved)


def _voice(found: Found, flag: Disagreement, card: StoredScorecard, resolved: str) -> Voice:
    given = flag.given.get(f"{card.reviewer.name} <{card.reviewer.email}>", "")
    rating, answer = card.ratings.get(flag.id), card.knock_outs.get(flag.id)
    earlier = found.before(card)
    old_rating = earlier.ratings.get(flag.id) if earlier else None
    old_answer = earlier.knock_outs.get(flag.id) if earlier else None
    old = str((old_rating and old_rating.rating) or (old_answer and old_answer.answer) or "")
    sentence = rating.sentence if rating else answer.sentence if answer else ""
    old_sentence = old_rating.sentence if old_rating else old_answer.sentence if old_answer else ""
    return Voice(
        who=card.reviewer.name,
        said=words_of(given) if given else "nothing",
        before=words_of(old) if old and old != given else "",
        sentence=sentence,
        sentence_before=old_sentence if old_sentence != sentence else "",
        evidence=rating.evidence if rating else "",
        dissents=bool(resolved) and bool(given) and given != resolved,
    )


def _options(rubric: Rubric, flag: Disagreement) -> list[Option]:
    """Whatever lies between the lowest and the highest given."""
    keep = Option(
        "",
        "Hand it to the approver as it is",
        "The median, or the worst answer, stands, and the approver reads that you could not agree.",
    )
    if flag.kind is DisagreementKind.KNOCK_OUT:
        ranks = [answer_badness(KnockOutAnswer(each)) for each in flag.given.values()]
        answers = [each for each in KnockOutAnswer if min(ranks) <= answer_badness(each) <= max(ranks)]
        return [*(Option(each, words(each)) for each in answers), keep]
    if flag.kind is not DisagreementKind.RATING:
        return []
    criterion = rubric.criterion(flag.id)
    ranks = [badness(criterion.side, Rating(each)) for each in flag.given.values()]
    low, high = min(ranks), max(ranks)
    return [
        *(
            each
            for each in rating_options(rubric, flag.id)
            if low <= badness(criterion.side, Rating(each.value)) <= high
        ),
        keep,
    ]


def _stands(weighed: Weighed, flag: Disagreement) -> str:
    if flag.kind is DisagreementKind.RATING:
        return words_of(weighed.assessment.rating(flag.id))
    if flag.kind is DisagreementKind.KNOCK_OUT:
        return words_of(weighed.assessment.answer(flag.id))
    return words(weighed.assessment.risk if flag.id == "risk_band" else weighed.assessment.fit)


def _rest(weighed: Weighed, flagged: set[str]) -> list[Rest]:
    """The other criteria, those a step apart first."""
    rows = []
    for criterion in weighed.rubric.criteria:
        given = [card.ratings[criterion.id] for card in weighed.scorecards if criterion.id in card.ratings]
        if criterion.id not in flagged and given:
            told = ", ".join(
                f"{person(card.reviewer)} {words_of(card.ratings[criterion.id])}"
                for card in weighed.scorecards
                if criterion.id in card.ratings
            )
            rows.append(Rest(f"{criterion.id} {criterion.name}", told, spread(criterion.side, given)))
    return sorted(rows, key=lambda each: -each.apart)
