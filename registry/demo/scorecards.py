"""The scorecards of the demo: written out where they are a showcase, else ratings with sentences from a table."""

import tomllib
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import Any

from registry.demo.moments import moment
from registry.domain.rubric import KnockOutAnswer, Rating, evidence_required
from registry.domain.values import dataclass

RISKS = tuple(f"R{number}" for number in range(1, 13))
FITS = tuple(f"F{number}" for number in range(1, 9))
KNOCK_OUTS = tuple(f"K{number}" for number in range(1, 11))
NOT_YET = "."
"""Stands for a line of a draft that is still empty."""

_CONFIDENCE = {Rating.ZERO: "high", Rating.FOUR: "high", Rating.UNKNOWN: "low"}


@dataclass(frozen=True)
class RatingLine:
    rating: Rating
    confidence: str
    sentence: str
    evidence: str = ""
    """A link, or what was seen; given for a rating of 0, 3 or 4."""


@dataclass(frozen=True)
class AnswerLine:
    answer: KnockOutAnswer
    sentence: str


@dataclass(frozen=True)
class ScorecardRecord:
    by: str
    """Key of a person."""
    submitted_at: datetime | None
    """None: a draft, in which lines may be missing."""
    ratings: Mapping[str, RatingLine] = field(default_factory=dict)
    knock_outs: Mapping[str, AnswerLine] = field(default_factory=dict)


class ScorecardReader:
    """Reads the scorecards of one evaluation after another. `tools` maps a slug to name, vendor and home page."""

    def __init__(self, folder: Path, now: datetime, tools: Mapping[str, tuple[str, str, str]]) -> None:
        self._now = now
        self._tools = tools
        self._sentences: dict[str, dict[str, Any]] = _read(folder / "sentences.toml")
        showcase = _read(folder / "showcase.toml")["card"]
        self._showcase = {(row["evaluation"], row["by"]): row for row in showcase}

    def of(self, evaluation: dict[str, Any]) -> tuple[ScorecardRecord, ...]:
        """Of one row of evaluations.toml, in the order of its cards. Raises KeyError where a sentence is missing."""
        return tuple(
            self._card(evaluation, card, turn) for turn, card in enumerate(evaluation.get("cards", ()))
        )

    def _card(self, evaluation: dict[str, Any], card: dict[str, Any], turn: int) -> ScorecardRecord:
        tool, by = evaluation["tool"], card["by"]
        submitted_at = moment(self._now, card["on"]) if "on" in card else None
        written = self._showcase.get((evaluation["key"], by))
        if written is not None:
            texts = {key: written[key] for key in (*RISKS, *FITS)}
            answers, seen = (
                {key: written[key] for key in KNOCK_OUTS if key in written},
                written.get("evidence", {}),
            )
        else:
            texts = self._from_table(tool, card, turn)
            answers, seen = card.get("knock_outs", {}), {}
        return ScorecardRecord(
            by=by,
            submitted_at=submitted_at,
            ratings={key: self._line(tool, key, text, seen.get(key, "")) for key, text in texts.items()},
            knock_outs=self._answers(answers) if submitted_at else {},
        )

    def _from_table(self, tool: str, card: dict[str, Any], turn: int) -> dict[str, str]:
        name, vendor, _ = self._tools[tool]
        given = dict(zip((*RISKS, *FITS), f"{card['risks']} {card['fits']}".split(), strict=True))
        texts = {}
        for key, rating in given.items():
            if rating == Rating.NOT_APPLICABLE:
                texts[key] = f"{rating} There is no model in it."
            elif rating != NOT_YET:
                choices = self._sentences[key][rating]
                sentence = choices[(turn + len(tool)) % len(choices)].format(tool=name, vendor=vendor)
                texts[key] = f"{rating} {sentence}"
        return texts

    def _line(self, tool: str, key: str, text: str, seen: str) -> RatingLine:
        code, _, sentence = text.partition(" ")
        rating = Rating(code)
        evidence = seen or (self._link(tool, key) if evidence_required(rating) else "")
        return RatingLine(rating, _CONFIDENCE.get(rating, "medium"), sentence, evidence)

    def _link(self, tool: str, key: str) -> str:
        if key in FITS:
            return f"https://intranet.office.example/technology/{tool}#{key.lower()}"
        return f"{self._tools[tool][2].rstrip('/')}/{self._sentences[key]['link']}"

    def _answers(self, given: Mapping[str, str]) -> dict[str, AnswerLine]:
        lines = {}
        for key in KNOCK_OUTS:
            code, _, sentence = given.get(key, f"no {self._sentences[key]['no']}").partition(" ")
            lines[key] = AnswerLine(KnockOutAnswer(code), sentence)
        return lines


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))
