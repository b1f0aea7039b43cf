"""What an office lets in by rule: each rule as a value, in words, and what all of them make of one entry.

How a regular expression is tried, and for how long, is services/entries/judging.py's business.
"""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

from registry.domain.errors import InvalidInput
from registry.domain.identity import folded
from registry.domain.proposal import EntryKind
from registry.domain.values import dataclass

MAX_PATTERN = 300
MAX_LABEL = 60
SPACELESS = (
    *((0x0E00, 0x0EFF), (0x1000, 0x11FF), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x9FFF)),
    *((0xA960, 0xA97F), (0xAC00, 0xD7FF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF)),
)
"""Scripts whose words are not parted by spaces, or take endings without one: there no word has an edge."""


class RuleAct(StrEnum):
    BLOCK = "block"
    REQUIRE = "require"
    LABEL = "label"


class RuleField(StrEnum):
    ANY = "any"
    TITLE = "title"
    TEXT = "text"
    LINK = "link"
    AUTHOR = "author"
    TAG = "tag"


PLACES: dict[RuleField, str] = {
    RuleField.ANY: "which {verb} {what} anywhere",
    RuleField.TITLE: "whose title {verb} {what}",
    RuleField.TEXT: "whose text {verb} {what}",
    RuleField.LINK: "whose link {verb} {what}",
    RuleField.AUTHOR: "whose author {verb} {what}",
    RuleField.TAG: "of which a tag {verb} {what}",
}
BEGINS: dict[RuleAct, str] = {
    RuleAct.BLOCK: "Block entries",
    RuleAct.REQUIRE: "Let in only entries",
    RuleAct.LABEL: "Put the label “{label}” on entries",
}


@dataclass(frozen=True)
class Rule:
    """`source_id` None holds for every source; `label` is empty but for a rule that labels."""

    act: RuleAct
    field: RuleField
    pattern: str
    is_expression: bool = False
    label: str = ""
    source_id: int | None = None
    id: int = 0
    """0 for one that is tried and not stored."""


@dataclass(frozen=True)
class Facts:
    """What a rule may look at, as the entry says it."""

    title: str
    text: str
    link: str
    author: str
    tags: Sequence[str]
    kind: EntryKind


@dataclass(frozen=True)
class Judgement:
    """What the rules make of one entry; `reason` says in words why it is blocked."""

    blocked_by: Rule | None = None
    labels: tuple[str, ...] = ()
    reason: str = ""


Finds = Callable[[Rule, str], bool]
"""Whether a rule's pattern is found in one text."""


def judge(rules: Iterable[Rule], facts: Facts, finds: Finds) -> Judgement:
    """Ask the rules in their order. The first block rule that fits ends it.

    Where there are require rules at least one of them must fit, else the first of them blocks. A warning of a risk is
    never blocked: it tells those who use the tool already, and proposes nothing.
    """
    labels: list[str] = []
    required: list[Rule] = []
    met = False
    may_block = facts.kind is not EntryKind.RISK
    for rule in rules:
        if rule.act is not RuleAct.LABEL and not may_block:
            continue
        fits = any(finds(rule, text) for text in texts(facts, rule.field))
        if rule.act is RuleAct.REQUIRE:
            required.append(rule)
            met = met or fits
        elif not fits:
            continue
        elif rule.act is RuleAct.BLOCK:
            return Judgement(rule, reason=f"By the rule: {sentence(rule)}.")
        elif rule.label not in labels:
            labels.append(rule.label)
    if required and not met:
        return Judgement(required[0], reason=f"It fits no rule such as: {sentence(required[0])}.")
    return Judgement(labels=tuple(labels))


def texts(facts: Facts, where: RuleField) -> list[str]:
    """The texts that a rule on this field looks at, each by itself; empty ones left out."""
    found = {
        RuleField.TITLE: [facts.title],
        RuleField.TEXT: [facts.text],
        RuleField.LINK: [facts.link],
        RuleField.AUTHOR: [facts.author],
        RuleField.TAG: list(facts.tags),
    }
    if where is not RuleField.ANY:
        return [text for text in found[where] if text]
    return [text for each in found.values() for text in each if text]


def sentence(rule: Rule, source_name: str = "") -> str:
    """A rule in words, without a full stop: Block entries whose title holds “funding”, in Launches."""
    what = f"the expression {rule.pattern}" if rule.is_expression else f"“{rule.pattern}”"
    anywhere = rule.field is RuleField.ANY
    verb = ("fit" if anywhere else "fits") if rule.is_expression else ("hold" if anywhere else "holds")
    begins = BEGINS[rule.act].format(label=rule.label)
    told = f"{begins} {PLACES[rule.field].format(verb=verb, what=what)}"
    return f"{told}, in {source_name}" if source_name else told


def holds_words(text: str, words: str) -> bool:
    """Whether folded `words` stand in folded `text` as whole words: `ai` stands in “AI notes”, not in “email”.

    Runs of spaces count as one; in scripts without spaces between words any place will do.
    """
    at = text.find(words)
    while at >= 0:
        end = at + len(words)
        if not _joined(text[at - 1 : at], words[:1]) and not _joined(words[-1:], text[end : end + 1]):
            return True
        at = text.find(words, at + 1)
    return False


def spelled(text: str) -> str:
    """A text as words are looked for in it: case and accents folded away, runs of spaces made one."""
    plain = text.lower() if text.isascii() else unicodedata.normalize("NFC", folded(text))
    return " ".join(plain.split())


def checked(rule: Rule) -> Rule:
    """The rule without space at its ends. Raises InvalidInput, naming each field that cannot stand."""
    pattern, label = rule.pattern.strip(), " ".join(rule.label.split())
    faults: dict[str, str] = {}
    if not pattern or not (rule.is_expression or spelled(pattern)):
        faults["pattern"] = "Write the words to look for, or an expression."
    elif len(pattern) > MAX_PATTERN:
        faults["pattern"] = f"At most {MAX_PATTERN} characters; this has {len(pattern)}."
    if rule.act is not RuleAct.LABEL:
        label = ""
    elif not label:
        faults["label"] = "Write the label to put on them."
    elif len(label) > MAX_LABEL or "," in label:
        faults["label"] = f"At most {MAX_LABEL} characters, and no comma."
    if faults:
        raise InvalidInput("This is no rule yet.", faults)
    return Rule(rule.act, rule.field, pattern, rule.is_expression, label, rule.source_id, rule.id)


def _joined(before: str, after: str) -> bool:
    """Whether two neighbouring characters are of one word."""
    return _wordlike(before) and _wordlike(after)


def _wordlike(char: str) -> bool:
    return char.isalnum() and not any(low <= ord(char) <= high for low, high in SPACELESS)
