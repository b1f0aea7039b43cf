"""The word and the mark that people see for each code of the registry; it decides nothing about the codes."""

from enum import StrEnum
from functools import lru_cache

from registry.domain.language import ENGLISH, Language, small, worded
from registry.domain.language import gettext_noop as _
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.values import dataclass


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
    "yes": Mark(_("Yes"), *YES),
    "yes_if": Mark(_("Yes, if"), *IF),
    "no": Mark(_("No"), *NO),
    "lapsed": Mark(_("Lapsed"), *ENDED),
    "suspended": Mark(_("Paused"), *PAUSED),
    "under_review": Mark(_("In review"), *WORKING),
    "not_reviewed": Mark(_("Not yet reviewed"), *OPEN_QUESTION),
    "unknown_tool": Mark(_("Not known here"), *OPEN_QUESTION),
    # validity of a verdict
    "active": Mark(_("In force"), *YES),
    "review_due": Mark(_("Review due"), *IF),
    "sunset_announced": Mark(_("Ending soon"), *IF),
    "grace": Mark(_("Present users only"), *IF),
    "graduated": Mark(_("Needs no approval any more"), *YES),
    "scheduled": Mark(_("Starts later"), *LATER),
    "superseded": Mark(_("Replaced"), *REPLACED),
    "sunset_reached": Mark(_("Ended"), *NO),
    "revoked": Mark(_("Withdrawn"), *NO),
    # candidates
    "new": Mark(_("New"), *OPEN_QUESTION),
    "accepted": Mark(_("Accepted"), *YES),
    "merged": Mark(_("Merged"), *REPLACED),
    "dismissed": Mark(_("Dismissed"), *NO),
    "watch": Mark(_("On watch"), *LATER),
    # evaluations
    "open": Mark(_("Open"), *OPEN_QUESTION),
    "scoring": Mark(_("Being scored"), *WORKING),
    "moderation": Mark(_("In moderation"), *WORKING),
    "decision": Mark(_("Waiting for a decision"), *WORKING),
    "decided": Mark(_("Decided"), *YES),
    "waiting": Mark(_("Waiting"), *LATER),
    "withdrawn": Mark(_("Withdrawn"), *REPLACED),
    # conditions
    "standing": Mark(_("Always"), *YES),
    "met": Mark(_("Met"), *YES),
    "overdue": Mark(_("Overdue"), *NO),
    "waived": Mark(_("Waived"), *REPLACED),
    # bands
    "forbidden": Mark(_("Forbidden"), *FORBIDDEN),
    "extreme": Mark(_("Extreme risk"), *NO),
    "high": Mark(_("High risk"), *NO),
    "moderate": Mark(_("Moderate risk"), *IF),
    "low": Mark(_("Low risk"), *YES),
    "strong": Mark(_("Strong fit"), *YES),
    "adequate": Mark(_("Adequate fit"), *YES),
    "weak": Mark(_("Weak fit"), *IF),
    # sources
    "healthy": Mark(_("Healthy"), *YES),
    "unread": Mark(_("Not read yet"), *OPEN_QUESTION),
    "quiet": Mark(_("Quiet"), *LATER),
    "gone": Mark(_("Gone"), *FORBIDDEN),
    "failing": Mark(_("Failing"), *IF),
    "broken": Mark(_("Broken"), *NO),
    "paused": Mark(_("Paused"), *PAUSED),
}

HEADINGS: dict[str, str] = {
    "yes": _("Yes"),
    "yes_if": _("Yes, if"),
    "pilot": _("Only in the pilot"),
    "no": _("No"),
    "lapsed": _("Not any more"),
    "suspended": _("Paused"),
    "under_review": _("Not yet: in review"),
    "not_reviewed": _("Not yet reviewed"),
    "unknown_tool": _("We don’t know this tool"),
}
"""How an answer to "May I use it?" begins; the plain word is always first."""

WORDS: dict[str, str] = {
    "user": _("You"),
    "office": _("Your office"),
    "registry": _("The registry’s staff"),
    "self_attested": _("by your own word"),
    "evidence": _("by evidence"),
    "automatic": _("by itself"),
    "public": _("Public information"),
    "internal": _("Internal information"),
    "sensitive": _("Sensitive information"),
    "regulated": _("Regulated information"),
    "organisation": _("Accounts managed by us"),
    "work": _("A named account for work"),
    "private": _("Private accounts"),
    "employee": _("Employee"),
    "reviewer": _("Reviewer"),
    "approver": _("Approver"),
    "admin": _("Admin"),
    "auditor": _("Auditor"),
    "staff": _("Staff"),
    "owner": _("Owner"),
    "size": _("Size"),
    "measure": _("Measure"),
    "exit_rule": _("Exit rule"),
    "contractors": _("Contractors"),
    "U": _("Unknown"),
    "NA": _("Not applicable"),
}


@lru_cache(1_024)
def words(code: str | None) -> str:
    """The label of a code; a code of the office's own making reads as it was written, with spaces."""
    if not code:
        return ""
    known = MARKS[code].label if code in MARKS else WORDS.get(code)
    return worded(known) if known else str(code).replace("_", " ").capitalize()


@lru_cache(1_024)
def small_words(code: str) -> str:
    """The label for the middle of a sentence."""
    return small(words(code))


def mark(code: str) -> Mark:
    """The mark of a code; what has none of its own is an open question and bears no tone of yes or no."""
    return MARKS.get(code) or Mark(words(code), *OPEN_QUESTION)


def answer_heading(code: str, conditions: int = 0, language: Language = ENGLISH) -> str:
    """The first words of an answer. Raises KeyError for a code that is not an answer.

    `conditions` is how many the reader must meet: 1 gives "Yes, if you meet 1 condition".
    """
    if code != "yes_if":
        return language.gettext(HEADINGS[code])
    if not conditions:
        return language.gettext("Yes, if it fits the limits below")
    told = language.ngettext("Yes, if you meet {n} condition", "Yes, if you meet {n} conditions", conditions)
    return told.format(n=conditions)
