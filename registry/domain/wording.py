"""Every sentence that an employee reads as an answer, in one table, and the small phrases that fill its
gaps."""

import re
import textwrap
from collections.abc import Mapping, Sequence
from datetime import date

from registry.domain.answer import AnswerCode, AnswerCondition, House
from registry.domain.outcome import MEANINGS
from registry.domain.verdict import NONE_KNOWN, Verdict

SENTENCES: dict[str, str] = {
    AnswerCode.YES: "Yes, you may use {tool}.{kept}",
    AnswerCode.YES_IF: "Yes, you may use {tool} if you {conditions}.",
    AnswerCode.PILOT: "Only in the pilot of {tool}{who}{until}.{kept}",
    AnswerCode.NO: "No, because {reason}. {instead}",
    AnswerCode.LAPSED: "Not now: the approval of {tool} ended on {ended} and was not renewed. {ask}",
    AnswerCode.SUSPENDED: "Stop for now: {tool} is suspended while we look into a problem. {instead} {ask}",
    AnswerCode.UNDER_REVIEW: (
        "Not decided yet: {tool} has been under review since {since}{expected}. Until then: {rule}"
    ),
    AnswerCode.NOT_REVIEWED: "Nobody has reviewed {tool} {here} yet. {rule}",
    "not_started": "Not yet: the decision on {tool} has not started. {rule}",
    AnswerCode.UNKNOWN_TOOL: "We found no tool that is certainly \u201c{query}\u201d. {rule}",
    "graduated": "Yes, you may use {tool}. It is so ordinary that it needs no approval any more.",
    "grace": "Yes, but only if you used {tool} before: its approval ended on {ended}, and nobody may start now.",
    "prohibited": "No. Forbidden by {citation}. {instead}",
    "limit": "No, not with this: {asked}. The decision on {tool} covers only {covered}. {instead}",
    "sunset_reached": "No, {tool} was retired on {ended}. {instead}",
    "revoked": "No, the approval of {tool} was withdrawn on {ended}. {instead}",
}

ADDITIONS: dict[str, str] = {
    "ends": "This stands until {day}.",
    "sunset": "It will be retired on {day}. {instead}",
    "bound": "This covers only {bound}.",
    "scheduled": "From {day} a new decision holds: {outcome}.",
    "elsewhere": "Other offices have decided; their verdicts are shown as evidence.",
    "depends": "The answer depends on {names}. Say which, to be certain.",
    "editions": "The answer is not the same for every edition; this is the strictest.",
    "use_instead": "Use {tool} instead.",
    "no_alternative": "We know of no alternative.",
    "ask": "Ask {contact}.",
    "ask_nobody": "Ask before you use it.",
}

DEFAULT_RULE = "Do not use it for work before you have asked."
GRACE_CONDITION = "Only if you used it before its approval ended on {ended}; nobody may start now."
UNSAID_TERMS = "ask for the terms of this approval first"
OTHER_VALUES = "others"
OTHER_EDITIONS = "any other edition"

DIMENSION_NAMES: dict[str, str] = {
    "data_class": "the kind of data",
    "account": "the kind of account",
    "audience": "who uses it",
    "office": "the office",
    "edition": "the edition",
}

_MAX_REASON_CHARS = 300
_LIMITS: dict[str, str] = {
    "account": "Only with these accounts: {values}",
    "audience": "Only for: {values}",
    "office": "Only in the office: {values}",
}
_ORDINARY_OPENERS = frozenset({
    "a", "all", "an", "and", "any", "as", "at", "because", "by", "data", "each", "every", "everybody", "for",
    "from", "how", "if", "in", "it", "its", "many", "most", "no", "nobody", "not", "nothing", "of", "on",
    "only", "our", "personal", "private", "some", "staff", "that", "the", "their", "there", "these", "they",
    "this", "those", "to", "until", "we", "what", "when", "where", "who", "whoever", "why", "with", "without",
    "you", "your",
})  # fmt: skip
"""First words that are written small inside a sentence; any other may be a name."""
_MONTHS = (  # never those of the machine's locale
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def sentence(key: str, values: Mapping[str, str], additions: Sequence[str] = ()) -> str:
    """The sentence of an answer with its gaps filled, and what must be added to it."""
    table = SENTENCES[key].format_map({name: re.sub(r"\s+", " ", value) for name, value in values.items()})
    return " ".join(part for part in (_clean(table), *map(_clean, additions)) if part)


def addition(key: str, **values: str) -> str:
    return ADDITIONS[key].format_map(values).strip()


def day_text(day: date | None) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}" if day is not None else "an unknown day"


def default_rule(house: House, office: str | None) -> str:
    """The office's own rule, else the general one, else a cautious one; and whom to ask."""
    rule = house.default_rules.get(office or "") or house.default_rules.get("") or DEFAULT_RULE
    rule = _ended(rule)
    return f"{rule} {ask(house)}" if house.contact and house.contact not in rule else rule


def ask(house: House) -> str:
    return addition("ask", contact=house.contact) if house.contact else ADDITIONS["ask_nobody"]


def instead(replacement: str, verdict: Verdict | None) -> str:
    """What to use instead: the replacement that was announced, else the verdict's alternatives; "" when
    nobody said."""
    named = [each.strip() for each in (verdict.alternatives if verdict else ()) if each.strip()]
    known = [replacement] if replacement else [each for each in named if each.casefold() != NONE_KNOWN]
    if known:
        return addition("use_instead", tool=_either(known))
    return ADDITIONS["no_alternative"] if named else ""


def reason(verdict: Verdict, tool: str) -> str:
    """Why it was rejected, to follow "because": the first sentence of the rationale."""
    text = _first_sentence(verdict.rationale).rstrip(".!; ")
    text = re.sub(r"^because\s+", "", text, flags=re.IGNORECASE)
    if not text:
        return f"{tool} was rejected"
    first = text.split(" ", 1)[0]
    return text[0].lower() + text[1:] if first.lower() in _ORDINARY_OPENERS else text


def checklist(conditions: Sequence[AnswerCondition]) -> str:
    """The one condition within a sentence, or how many there are: the checklist beside it holds them."""
    texts = [_clean(each.text).rstrip(".; ") for each in conditions] or [UNSAID_TERMS]
    if len(texts) > 1:
        return f"meet these {len(texts)} conditions"
    [text] = texts
    return "keep to this: " + (text[0].lower() + text[1:] if text.startswith("Only ") else text)


def limit(dimension: str, values: Sequence[str], house: House) -> str:
    """A limit as a condition: "Only with data up to internal"."""
    shown = [value or OTHER_VALUES for value in values]
    if dimension == "account" and all(value in house.phrases for value in values):
        return f"Only with {_either([house.phrases[value] for value in values])}."
    if dimension == "office":
        shown = [house.phrases.get(value, value) for value in shown]
    if dimension != "data_class":
        return _LIMITS[dimension].format(values=_either(shown)) + "."
    if tuple(values) == house.data_classes[: len(values)]:
        return f"Only with {up_to(shown[-1], house)}."
    return f"Only with this kind of data: {_either(shown)}."


def up_to(ceiling: str, house: House) -> str:
    lowest = bool(house.data_classes) and ceiling == house.data_classes[0]
    return f"{ceiling} data" if lowest else f"data up to {ceiling}"


def asked(dimension: str, value: str | None, house: House) -> str:
    """A value of the question as a thing: "regulated data", "private accounts"."""
    if dimension == "data_class":
        return f"{value or 'other'} data"
    if dimension == "account":
        return house.phrases.get(value or "") or f"{value or 'other'} accounts"
    return f"use by {value or OTHER_VALUES}"


def covered(dimension: str, verdict: Verdict, house: House) -> str:
    """What the verdict covers in one dimension."""
    scope = verdict.scope
    if dimension == "data_class":
        return up_to(scope.data_ceiling or "", house)
    if dimension == "account":
        named = sorted(scope.accounts)
        if all(each in house.phrases for each in named):
            return _either([house.phrases[each] for each in named])
        return f"{_either(named)} accounts"
    return f"use by {_either(sorted(scope.audience))}"


def bound(verdict: Verdict) -> str:
    """The parts of the scope that no question names: versions and deployment; "" when neither is limited."""
    scope = verdict.scope
    parts = [f"version {scope.versions}"] if scope.versions else []
    parts += [f"this way of running it: {scope.deployment}"] if scope.deployment else []
    return addition("bound", bound=", and ".join(parts)) if parts else ""


def scope_limits(verdict: Verdict, house: House) -> list[str]:
    """What it is limited to, one sentence each; of a no only whom and what it concerns, for it permits nothing."""
    scope, limits = verdict.scope, []
    if MEANINGS[verdict.outcome].may_use:
        order = house.data_classes
        if scope.data_ceiling is not None:
            upto = order[: order.index(scope.data_ceiling) + 1] if scope.data_ceiling in order else ()
            limits.append(limit("data_class", upto or (scope.data_ceiling,), house))
        limits += [limit("account", sorted(scope.accounts), house)] if scope.accounts else []
        limits += [limit("audience", sorted(scope.audience), house)] if scope.audience else []
    limits += [limit("office", sorted(scope.offices), house)] if scope.offices else []
    limits += [f"Only for the edition: {scope.edition}."] if scope.edition else []
    return [*limits, *filter(None, [bound(verdict)])]


def pilot_phrases(verdict: Verdict, ends_on: date | None) -> dict[str, str]:
    pilot = verdict.pilot
    size = f" ({_clean(pilot.size)})" if pilot and pilot.size else ""
    owner = f" run by {_clean(pilot.owner)}" if pilot and pilot.owner else ""
    return {"who": size + owner, "until": f" until {day_text(ends_on)}" if ends_on else ""}


def scheduled(verdict: Verdict, starts_on: date) -> str:
    of_edition = f" ({verdict.scope.edition})" if verdict.scope.edition else ""
    outcome = MEANINGS[verdict.outcome].label.lower() + of_edition
    return addition("scheduled", day=day_text(starts_on), outcome=outcome)


def depends(names: Sequence[str]) -> str:
    return addition("depends", names=" and ".join(DIMENSION_NAMES[name] for name in names))


def not_allowed(dimension: str, given: str, allowed: Sequence[str]) -> str:
    known = f"Choose one of: {', '.join(allowed)}." if allowed else "None is set up here, so leave it out."
    return f"We do not know {DIMENSION_NAMES[dimension]} \u201c{_clean(given)}\u201d. {known}"


def expected(day: date | None, today: date) -> str:
    if day is None:
        return ""
    when = "was expected by" if day < today else "is expected by"
    return f", and a decision {when} {day_text(day)}"


def sunset(day: date | None, use: str) -> str:
    return addition("sunset", day=day_text(day), instead=use)


def _either(names: Sequence[str]) -> str:
    return " or ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def _first_sentence(text: str) -> str:
    first = re.split(r"(?<=[.!?])\s+(?=[A-Z])", _clean(text), maxsplit=1)[0]
    return textwrap.shorten(first, _MAX_REASON_CHARS, placeholder=" \u2026")


def _ended(text: str) -> str:
    text = _clean(text)
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _clean(text: str) -> str:
    return " ".join(text.split())
