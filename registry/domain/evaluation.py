"""An evaluation's states."""

from enum import StrEnum


class EvaluationState(StrEnum):
    OPEN = "open"
    SCORING = "scoring"
    MODERATION = "moderation"
    DECISION = "decision"
    DECIDED = "decided"
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"
