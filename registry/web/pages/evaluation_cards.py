"""Scorecards to read: every line in words, the versions before, and what an amendment changed."""

from collections.abc import Sequence
from itertools import pairwise

from registry.domain.rubric import Rubric
from registry.domain.values import dataclass
from registry.store.evaluations import StoredScorecard
from registry.web.words import words


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
class Change:
    """A line that an amendment changed."""

    line: str
    was: str
    now: str


@dataclass(frozen=True)
class CardView:
    reviewer: str
    title: str
    lines: Sequence[Line]
    note: str = ""
    """Why it does not count; empty where it does."""
    earlier: Sequence["EarlierView"] = ()
    """The versions before it, newest first."""


@dataclass(frozen=True)
class EarlierView:
    title: str
    lines: Sequence[Line]
    changes: Sequence[Change]
    """What the version after it changed."""
    reason: str
    """Why it was amended."""


def card_views(rubric: Rubric, seen: Sequence[StoredScorecard]) -> list[CardView]:
    """One for each reviewer whose scorecard is in, with the versions before it."""
    latest = {each.reviewer.id: each for each in seen if each.submitted}
    return [
        card_view(
            rubric, each, [card for card in seen if card.reviewer.id == each.reviewer.id and card.submitted]
        )
        for each in latest.values()
    ]


def card_view(rubric: Rubric, card: StoredScorecard, versions: Sequence[StoredScorecard] = ()) -> CardView:
    amended = f", amended: {card.reason}" if card.number > 1 else ""
    note = (
        "It does not count: its reviewer has an interest, or is a contact of the vendor."
        if card.left_out
        else ""
    )
    return CardView(
        card.reviewer.name,
        f"{card.reviewer.name}’s scorecard{amended}",
        lines_of(rubric, card),
        note,
        [_earlier_view(rubric, before, after) for before, after in pairwise(versions)][::-1],
    )


def _earlier_view(rubric: Rubric, before: StoredScorecard, after: StoredScorecard) -> EarlierView:
    lines = lines_of(rubric, before)
    changed = [(was, now) for was, now in zip(lines, lines_of(rubric, after), strict=True) if was != now]
    return EarlierView(
        title=f"Version {before.number}",
        lines=lines,
        changes=[Change(f"{was.id} {was.name}", _whole(was), _whole(now)) for was, now in changed],
        reason=after.reason,
    )


def _whole(line: Line) -> str:
    """A line in one paragraph."""
    sure = f" ({line.confidence} confidence)" if line.confidence else ""
    parts = (f"{line.said}{sure}.", line.sentence, line.evidence)
    return " ".join(part for part in parts if part)


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
