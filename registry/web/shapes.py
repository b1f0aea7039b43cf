"""What the shared macros ask for: the pieces of a page, each with what it says when empty.

A handler builds them whole; the macros in `templates/macros/` only lay them out and compute nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date, datetime

from registry.domain.values import dataclass


@dataclass(frozen=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True)
class ToolLink:
    """A tool with the answer that holds for it (an answer's code), as in alternatives and suggestions."""

    name: str
    url: str
    answer: str
    note: str = ""


@dataclass(frozen=True)
class Limit:
    """One thing that may or may not be entered, or one who may or may not use it."""

    label: str
    allowed: bool


@dataclass(frozen=True)
class ConditionItem:
    text: str
    duty: str = "user"
    """Who must do it: `user`, `office` or `registry`."""
    due_on: date | None = None
    state: str = "standing"
    """`standing`, `open`, `met`, `overdue` or `waived`; all but the first are shown."""


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True)
class Choice:
    """A question with one answer among few; `name` is its query parameter, `value` what was said before."""

    name: str
    label: str
    options: Sequence[Option]
    value: str = ""


@dataclass(frozen=True)
class Narrow:
    """What an answer depends on, as a short form to say more; `keep` holds what was asked already (q, ...)."""

    choices: Sequence[Choice]
    keep: Sequence[tuple[str, str]]
    action: str = "/check"


@dataclass(frozen=True)
class AnswerCard:
    """The answer to "May I use it?" as a person reads it.

    `code` is an answer's code. `edition`, `data_class`, `account_type`, `audience`, `office` are the words
    of what was asked; an empty one reads "every edition" and so on. `address` is its absolute URL.
    """

    code: str
    tool_name: str
    tool_url: str
    sentence: str
    """In plain words; empty where the heading and the checklist say it all."""
    address: str
    ask: str
    """An e-mail address, or whom to ask in words."""
    edition: str = ""
    data_class: str = ""
    account_type: str = ""
    audience: str = ""
    office: str = ""
    conditions: Sequence[ConditionItem] = ()
    data: Sequence[Limit] = ()
    accounts: Sequence[Limit] = ()
    people: Sequence[Limit] = ()
    narrow: Narrow | None = None
    """Asks for what was not said and changes the answer."""
    evidence: str = ""
    """What other organisations decided, in a sentence, where nobody decided here; evidence and no answer."""
    why: str = ""
    review_url: str = ""
    alternatives: Sequence[ToolLink] = ()
    no_alternative: bool = False
    """Somebody looked for an alternative, and there is none."""
    guidance: Sequence[Link] = ()
    editions: Sequence[ToolLink] = ()
    """All editions with their own answers, where there are several."""
    number: int | None = None
    """Of the verdict behind the answer; None where nobody decided."""
    decided_by: str = ""
    decided_on: date | datetime | None = None
    valid_until: date | None = None
    """The last day. None beside a verdict reads "until somebody decides anew"."""
    follow: Sequence[Link] = ()
    """Feeds of the tool's verdicts."""
    challenge_url: str = ""
    incident_url: str = ""
    request_url: str = ""
    """Where one asks for a review; shown where nobody decided."""


@dataclass(frozen=True)
class FacetOption:
    value: str
    label: str
    count: int
    checked: bool = False


@dataclass(frozen=True)
class Facet:
    """One group of checkboxes; `name` is the query parameter. It is always open while one is checked."""

    name: str
    label: str
    options: Sequence[FacetOption]
    opened: bool = True


@dataclass(frozen=True)
class Chip:
    """An active filter; `remove_url` is the same list without it."""

    label: str
    remove_url: str


@dataclass(frozen=True)
class Facets:
    """`action` is the list's path; `keep` holds the query parameters that a choice must not lose."""

    action: str
    groups: Sequence[Facet]
    chips: Sequence[Chip] = ()
    keep: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Pager:
    """Links to the pages beside this one, empty at an end; `summary` reads "Verdicts 26 to 50 of 143"."""

    summary: str
    previous_url: str = ""
    next_url: str = ""


@dataclass(frozen=True)
class Column:
    """`sort_url` makes the head a link; `sorted` is `ascending`, `descending` or empty."""

    key: str
    label: str
    numeric: bool = False
    sort_url: str = ""
    sorted: str = ""


@dataclass(frozen=True)
class Row:
    """Of a summary list. `value` may be Markup made by a macro; `action` changes it."""

    label: str
    value: object
    action: Link | None = None


@dataclass(frozen=True)
class Task:
    """Of a task list; `state` is the plain word on its right, and `done` sets it apart."""

    label: str
    url: str
    state: str
    done: bool = False
    hint: str = ""


@dataclass(frozen=True)
class Change:
    """From what to what; an empty text where there was, or is, nothing of the kind."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Event:
    """Of a timeline, newest first; `code` gives it a badge."""

    on: date | datetime
    title: str
    text: str = ""
    url: str = ""
    code: str = ""
    changed: str = ""
    """What the changes are, as "What it changes of verdict 12"."""
    changes: Sequence[Change] = ()


@dataclass(frozen=True)
class Fault:
    """What an error page says: what happened, and what to do next."""

    status: int
    title: str
    sentence: str
    next_steps: Sequence[Link] = ()
    reference: str = ""
    """The request's id, to name when asking for help."""
    action: str = ""
    typed: Sequence[tuple[str, str]] = ()
    """What a form had sent to `action`, to be sent there again."""
    in_sight: Sequence[str] = ()
    """What a form held that came too late, to be read and copied: it is kept nowhere else."""


@dataclass(frozen=True)
class Form:
    """Values as typed and what is wrong with them, by the fields' names."""

    values: Mapping[str, object] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
