"""What has changed in an evaluation since an approver opened its memo, told beside what was typed."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.values import dataclass
from registry.services.evaluations.assessing import Weighed, weigh
from registry.store.columns import id_of
from registry.store.tables import Evaluation
from registry.web.pages.evaluation_history import history
from registry.web.pages.evaluation_page import item_name, words_of
from registry.web.shapes import Event, Row
from registry.web.typed import Typed
from registry.web.words import words

RECOMMENDED = "recommended"
UNSAID = {"action", "version", "seen", "read_at", "library"}


@dataclass(frozen=True)
class Changes:
    differences: Sequence[str]
    """`R5 Terms: was 1, is now 3`."""
    events: Sequence[Event]
    """What was done meanwhile, newest first."""


@dataclass(frozen=True)
class ClashPage:
    """Somebody was quicker: what they did, and all that was typed, kept in sight."""

    id: int
    tool_name: str
    sentence: str
    verdict_number: int | None
    typed: Sequence[Row]
    events: Sequence[Event]


def seen(weighed: Weighed) -> str:
    """The settled ratings and answers and what followed from them, to travel with the form: `R1=1 … recommended=…`."""
    settled = {each.criterion_id: each.rating.value for each in weighed.assessment.criteria}
    settled |= {each.id: each.answer.value for each in weighed.assessment.knock_outs}
    settled[RECOMMENDED] = weighed.recommendation.outcome.value
    return " ".join(f"{key}={value}" for key, value in settled.items())


def changes(session: Session, evaluation: Evaluation, typed: Typed) -> Changes:
    """Compare what the form was opened with, as it tells it, with what stands now. What it tells is only shown."""
    weighed = weigh(
        session, evaluation
    )  # with the conditions proposed, as the form was opened, not those typed
    was = dict(part.split("=", 1) for part in typed.one("seen").split() if "=" in part)
    now_is = dict(part.split("=", 1) for part in seen(weighed).split())
    return Changes(
        [
            _told(weighed, key, was[key], value)
            for key, value in now_is.items()
            if was.get(key, value) != value
        ],
        since(session, evaluation, typed),
    )


def since(session: Session, evaluation: Evaluation, typed: Typed) -> list[Event]:
    """What was done to the evaluation since the form was opened; all of it where the form does not say when."""
    try:
        read_at = datetime.fromisoformat(typed.one("read_at"))
    except ValueError:
        read_at = None
    done = history(session, id_of(evaluation), blind=False)
    if read_at is None or read_at.tzinfo is None:
        return done
    return [each for each in done if isinstance(each.on, datetime) and each.on >= read_at]


def typed_rows(typed: Typed) -> list[Row]:
    """Everything that was typed or chosen, to be read and copied."""
    return [
        Row(words(name.replace(".", " ")), ", ".join(value for value in values if value))
        for name, values in typed.values.items()
        if name not in UNSAID and any(values)
    ]


def _told(weighed: Weighed, key: str, was: str, is_now: str) -> str:
    if key == RECOMMENDED:
        before = MEANINGS[Outcome(was)].label if was in tuple(Outcome) else was
        return f"The rules recommended: {before}. Now: {MEANINGS[Outcome(is_now)].label}."
    return f"{item_name(weighed.rubric, key)}: was {words_of(was)}, is now {words_of(is_now)}."
