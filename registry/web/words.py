"""The word and the mark that people see for each code of the registry; it decides nothing about the codes."""

from dataclasses import dataclass
from enum import StrEnum

from registry.domain.outcome import MEANINGS, Outcome


class Tone(StrEnum):
    """Which colour and border pattern goes with a mark; never the only bearer of its meaning."""

    YES = "yes"
    IF = "if"
    TRIAL = "trial"
    NO = "no"
    WAIT = "wait"
    PAUSE = "pause"
    ENDED = "ended"


class Shape(StrEnum):
    """The icon drawn by `icon` in templates/macros/badge.html."""

    CHECK = "check"
    WARN = "warn"
    FLASK = "flask"
    CROSS = "cross"
    BARRED = "barred"
    CLOCK = "clock"
    PAUSE = "pause"
    LENS = "lens"
    QUESTION = "question"
    ARROW = "arrow"


@dataclass(frozen=True)
class Mark:
    label: str
    shape: Shape
    tone: Tone


YES = (Shape.CHECK, Tone.YES)
IF = (Shape.WARN, Tone.IF)
TRIAL = (Shape.FLASK, Tone.TRIAL)
NO = (Shape.CROSS, Tone.NO)
FORBIDDEN = (Shape.BARRED, Tone.NO)
LATER = (Shape.CLOCK, Tone.WAIT)
WORKING = (Shape.LENS, Tone.WAIT)
OPEN_QUESTION = (Shape.QUESTION, Tone.WAIT)
PAUSED = (Shape.PAUSE, Tone.PAUSE)
ENDED = (Shape.CLOCK, Tone.ENDED)
REPLACED = (Shape.ARROW, Tone.ENDED)

OUTCOME_SHAPES = {
    Outcome.APPROVED: YES,
    Outcome.APPROVED_WITH_CONDITIONS: IF,
    Outcome.PILOT: TRIAL,
    Outcome.REJECTED: NO,
    Outcome.PROHIBITED: FORBIDDEN,
}

MARKS: dict[str, Mark] = {
    outcome.value: Mark(MEANINGS[outcome].label, *OUTCOME_SHAPES[outcome]) for outcome in Outcome
} | {
    # answers
    "yes": Mark("Yes", *YES),
    "yes_if": Mark("Yes, if", *IF),
    "no": Mark("No", *NO),
    "lapsed": Mark("Lapsed", *ENDED),
    "suspended": Mark("Paused", *PAUSED),
    "under_review": Mark("In review", *WORKING),
    "not_reviewed": Mark("Not yet reviewed", *OPEN_QUESTION),
    "unknown_tool": Mark("Not known here", *OPEN_QUESTION),
    # validity of a verdict
    "active": Mark("In force", *YES),
    "review_due": Mark("Review due", *IF),
    "sunset_announced": Mark("Ending soon", *IF),
    "grace": Mark("Present users only", *IF),
    "graduated": Mark("Needs no approval any more", *YES),
    "scheduled": Mark("Starts later", *LATER),
    "superseded": Mark("Replaced", *REPLACED),
    "sunset_reached": Mark("Ended", *NO),
    "revoked": Mark("Withdrawn", *NO),
    # candidates
    "new": Mark("New", *OPEN_QUESTION),
    "accepted": Mark("Accepted", *YES),
    "merged": Mark("Merged", *REPLACED),
    "dismissed": Mark("Dismissed", *NO),
    "watch": Mark("On watch", *LATER),
    # evaluations
    "open": Mark("Open", *OPEN_QUESTION),
    "scoring": Mark("Being scored", *WORKING),
    "moderation": Mark("In moderation", *WORKING),
    "decision": Mark("Waiting for a decision", *WORKING),
    "decided": Mark("Decided", *YES),
    "waiting": Mark("Waiting", *LATER),
    "withdrawn": Mark("Withdrawn", *REPLACED),
    # conditions
    "standing": Mark("Always", *YES),
    "met": Mark("Met", *YES),
    "overdue": Mark("Overdue", *NO),
    "waived": Mark("Waived", *REPLACED),
    # bands
    "forbidden": Mark("Forbidden", *FORBIDDEN),
    "extreme": Mark("Extreme risk", *NO),
    "high": Mark("High risk", *NO),
    "moderate": Mark("Moderate risk", *IF),
    "low": Mark("Low risk", *YES),
    "strong": Mark("Strong fit", *YES),
    "adequate": Mark("Adequate fit", *YES),
    "weak": Mark("Weak fit", *IF),
    # sources
    "healthy": Mark("Healthy", *YES),
    "unread": Mark("Not read yet", *OPEN_QUESTION),
    "quiet": Mark("Quiet", *LATER),
    "gone": Mark("Gone", *FORBIDDEN),
    "failing": Mark("Failing", *IF),
    "broken": Mark("Broken", *NO),
    "paused": Mark("Paused", *PAUSED),
}

HEADINGS: dict[str, str] = {
    "yes": "Yes",
    "yes_if": "Yes, if",
    "pilot": "Only in the pilot",
    "no": "No",
    "lapsed": "Not any more",
    "suspended": "Paused",
    "under_review": "Not yet: in review",
    "not_reviewed": "Not yet reviewed",
    "unknown_tool": "We don’t know this tool",
}
"""How an answer to "May I use it?" begins; the plain word is always first."""

WORDS: dict[str, str] = {
    "user": "You",
    "office": "Your office",
    "registry": "The registry’s staff",
    "self_attested": "by your own word",
    "evidence": "by evidence",
    "automatic": "by itself",
    "public": "Public information",
    "internal": "Internal information",
    "sensitive": "Sensitive information",
    "regulated": "Regulated information",
    "organisation": "Accounts managed by us",
    "work": "A named account for work",
    "private": "Private accounts",
    "U": "Unknown",
    "NA": "Not applicable",
}


def words(code: str | None) -> str:
    """The label of a code; a code of the office's own making reads as it was written, with spaces."""
    if not code:
        return ""
    if code in MARKS:
        return MARKS[code].label
    return WORDS.get(code) or str(code).replace("_", " ").capitalize()


def mark(code: str) -> Mark:
    """The mark of a code; what has none of its own is an open question and bears no tone of yes or no."""
    return MARKS.get(code) or Mark(words(code), *OPEN_QUESTION)


def answer_heading(code: str, conditions: int = 0) -> str:
    """The first words of an answer. Raises KeyError for a code that is not an answer.

    `conditions` is how many the reader must meet: 1 gives "Yes, if you meet 1 condition".
    """
    heading = HEADINGS[code]
    if code != "yes_if":
        return heading
    if not conditions:
        return f"{heading} it fits the limits below"
    return f"{heading} you meet {conditions} condition{'' if conditions == 1 else 's'}"
