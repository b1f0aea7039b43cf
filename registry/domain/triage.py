"""A candidate's states, the moves between them, and when one on watch comes back by itself."""

from datetime import date
from enum import StrEnum

from registry.domain.errors import RuleBroken
from registry.domain.language import gettext_noop as _
from registry.domain.values import dataclass

FRESH_MENTIONS_ENOUGH = 3
FRESH_REQUESTS_ENOUGH = 2


class CandidateStatus(StrEnum):
    NEW = "new"
    ACCEPTED = "accepted"
    MERGED = "merged"
    DISMISSED = "dismissed"
    WATCH = "watch"


class DismissReason(StrEnum):
    NOT_A_TOOL = "not_a_tool"
    DUPLICATE_NEWS = "duplicate_news"
    OUT_OF_SCOPE = "out_of_scope"
    TOO_EARLY = "too_early"
    SPAM = "spam"
    ALREADY_DECIDED = "already_decided"
    OTHER = "other"


STATUS_LABELS: dict[CandidateStatus, str] = {
    CandidateStatus.NEW: "New",
    CandidateStatus.ACCEPTED: "Accepted",
    CandidateStatus.MERGED: "Merged",
    CandidateStatus.DISMISSED: "Dismissed",
    CandidateStatus.WATCH: "On watch",
}

REASON_LABELS: dict[DismissReason, str] = {
    DismissReason.NOT_A_TOOL: _("Not a tool"),
    DismissReason.DUPLICATE_NEWS: _("News we already have"),
    DismissReason.OUT_OF_SCOPE: _("Outside what we look at"),
    DismissReason.TOO_EARLY: _("Too early to say anything"),
    DismissReason.SPAM: _("Spam"),
    DismissReason.ALREADY_DECIDED: _("Already decided"),
    DismissReason.OTHER: _("Another reason"),
}


NOT_FOR_US = frozenset({DismissReason.NOT_A_TOOL, DismissReason.OUT_OF_SCOPE, DismissReason.SPAM})
"""Reasons that tell what an office does not look at; the others tell when or how often, and teach nothing about fit."""


@dataclass(frozen=True)
class Move:
    starts: frozenset[CandidateStatus]
    to: CandidateStatus
    done: str
    """The past participle for a sentence: "can be accepted"."""


class Verb(StrEnum):
    """What a person can do to candidates; each act of it can be undone for a while."""

    ACCEPT = "accept"
    DISMISS = "dismiss"
    MERGE = "merge"
    WATCH = "watch"
    REOPEN = "reopen"
    UNMERGE = "unmerge"
    EDIT = "edit"
    LABEL = "label"
    DIFFER = "differ"


_NEW = frozenset({CandidateStatus.NEW})
_SET_ASIDE = frozenset({CandidateStatus.WATCH, CandidateStatus.DISMISSED})

MOVES: dict[str, Move] = {
    "accept": Move(_NEW, CandidateStatus.ACCEPTED, "accepted"),
    "merge": Move(_NEW, CandidateStatus.MERGED, "merged"),
    "dismiss": Move(_NEW, CandidateStatus.DISMISSED, "dismissed"),
    "watch": Move(_NEW, CandidateStatus.WATCH, "put on watch"),
    "reopen": Move(_SET_ASIDE, CandidateStatus.NEW, "reopened"),
}


def move(status: CandidateStatus, act: str) -> CandidateStatus:
    """The status after `act` (a key of MOVES); raises RuleBroken where this status has no such move."""
    known = MOVES.get(act)
    if known is None:
        raise RuleBroken(f'There is no move "{act}" for a candidate. Choose one of: {", ".join(MOVES)}.')
    if status in known.starts:
        return known.to
    now = STATUS_LABELS[status].lower()
    if status in MOVES["reopen"].starts:
        raise RuleBroken(f"This candidate is {now}. Reopen it first; then it can be {known.done}.")
    if act == "reopen" and status is CandidateStatus.NEW:
        raise RuleBroken("This candidate is new already. There is nothing to reopen.")
    raise RuleBroken(f"This candidate is {now} and can no longer be {known.done}. Look at its tool instead.")


def is_due(
    status: CandidateStatus, watch_until: date | None, today: date, fresh_mentions: int, fresh_requests: int
) -> bool:
    """Whether a candidate on watch becomes new by itself: on its date, or earlier when enough came in
    since.

    `fresh_mentions` and `fresh_requests` count what arrived after it was put on watch; 3 mentions or 2
    requests do.
    """
    if status is not CandidateStatus.WATCH:
        return False
    on_its_date = watch_until is not None and today >= watch_until
    return on_its_date or fresh_mentions >= FRESH_MENTIONS_ENOUGH or fresh_requests >= FRESH_REQUESTS_ENOUGH
