"""Every sentence that an employee reads as an answer, in one table, and the small phrases that fill its
gaps."""

import re
import textwrap
from collections.abc import Mapping, Sequence
from datetime import date

from registry.domain.answer import AnswerCode, AnswerCondition, House
from registry.domain.language import day_text
from registry.domain.language import gettext_noop as _
from registry.domain.outcome import MEANINGS
from registry.domain.verdict import NONE_KNOWN, Verdict

SENTENCES: dict[str, str] = {
    AnswerCode.YES: _("Yes, you may use {tool}.{kept}"),
    AnswerCode.YES_IF: _("Yes, you may use {tool} if you {conditions}."),
    AnswerCode.PILOT: _("Only in the pilot of {tool}{who}{until}.{kept}"),
    AnswerCode.NO: _("No, because {reason}. {instead}"),
    AnswerCode.LAPSED: _("Not now: the approval of {tool} ended on {ended} and was not renewed. {ask}"),
    AnswerCode.SUSPENDED: _(
        "Stop for now: {tool} is suspended while we look into a problem. {instead} {ask}"
    ),
    AnswerCode.UNDER_REVIEW: _(
        "Not decided yet: {tool} has been under review since {since}{expected}. Until then: {rule}"
    ),
    AnswerCode.NOT_REVIEWED: _("Nobody has reviewed {tool} {here} yet. {rule}"),
    "not_started": _("Not yet: the decision on {tool} has not started. {rule}"),
    AnswerCode.UNKNOWN_TOOL: _("We found no tool that is certainly \u201c{query}\u201d. {rule}"),
    "lapsed_ahead": _(
        "Not then: the approval of {tool} will have ended on {ended} unless it is renewed. {ask}"
    ),
    "grace_ahead": _(
        "Yes, but only if you use {tool} before: its approval ends on {ended} unless it is renewed, "
        "and nobody may start after that."
    ),
    "sunset_reached_ahead": _("No, {tool} will have been retired on {ended}. {instead}"),
    "edition_not_reviewed": _(
        "Nobody has reviewed the edition {edition} of {tool} {here} yet. Reviewed editions: {editions}. {rule}"
    ),
    "graduated": _("Yes, you may use {tool}. It is so ordinary that it needs no approval any more."),
    "grace": _(
        "Yes, but only if you used {tool} before: its approval ended on {ended}, and nobody may start now."
    ),
    "prohibited": _("No. Forbidden by {citation}. {instead}"),
    "limit": _("No, not with this: {asked}. The decision on {tool} covers only {covered}. {instead}"),
    "sunset_reached": _("No, {tool} was retired on {ended}. {instead}"),
    "revoked": _("No, the approval of {tool} was withdrawn on {ended}. {instead}"),
}

ADDITIONS: dict[str, str] = {
    "ends": _("This stands until {day}."),
    "sunset": _("It will be retired on {day}. {instead}"),
    "bound": _("This covers only {bound}."),
    "scheduled": _("From {day} a new decision holds: {outcome}."),
    "elsewhere": _("Other offices have decided; their verdicts are shown as evidence."),
    "depends": _("The answer depends on {names}. Say which, to be certain."),
    "editions": _("The answer is not the same for every edition; this is the strictest."),
    "every_edition": _("The same holds for every edition."),
    "use_instead": _("Use {tool} instead."),
    "no_alternative": _("We know of no alternative."),
    "ask": _("Ask {contact}."),
    "ask_nobody": _("Ask before you use it."),
}

DEFAULT_RULE = _("Do not use it for work before you have asked.")
GRACE_CONDITION = _("Only if you used it before its approval ended on {ended}; nobody may start now.")
UNSAID_TERMS = _("ask for the terms of this approval first")
OTHER_VALUES = _("others")
OTHER_DATA = _("other")
OTHER_EDITIONS = _("any other edition")

DIMENSION_NAMES: dict[str, str] = {
    "data_class": _("the kind of data"),
    "account": _("the kind of account"),
    "audience": _("who uses it"),
    "office": _("the office"),
    "edition": _("the edition"),
}

_MAX_REASON_CHARS = 300
_DATA_CLASSES = {
    "public": _("public"),
    "internal": _("internal"),
    "sensitive": _("sensitive"),
    "regulated": _("regulated"),
}
"""Within a sentence; one of the office's own making is said as it is."""
_LIMITS: dict[str, str] = {
    "account": _("Only with these accounts: {values}."),
    "audience": _("Only for: {values}."),
    "office": _("Only in the office: {values}."),
}
_ORDINARY_OPENERS = frozenset({
    "a", "all", "an", "and", "any", "as", "at", "because", "by", "data", "each", "every", "everybody", "for",
    "from", "how", "if", "in", "it", "its", "many", "most", "no", "nobody", "not", "nothing", "of", "on",
    "only", "our", "personal", "private", "some", "staff", "that", "the", "their", "there", "these", "they",
    "this", "those", "to", "until", "we", "what", "when", "where", "who", "whoever", "why", "with", "without",
    "you", "your",
})  # fmt: skip
"""First words that are written small inside a sentence; any other may be a name."""


def sentence(key: str, values: Mapping[str, str], house: House, additions: Sequence[str] = ()) -> str:
    """The sentence of an answer with its gaps filled, and what must be added to it."""
    table = house.language.gettext(SENTENCES[key])
    filled = table.format_map({name: re.sub(r"\s+", " ", value) for name, value in values.items()})
    return " ".join(part for part in (_clean(filled), *map(_clean, additions)) if part)


def addition(key: str, house: House, **values: str) -> str:
    return house.language.gettext(ADDITIONS[key]).format_map(values).strip()


def quoted(text: str) -> str:
    return f"\u201c{_clean(text)}\u201d"


def default_rule(house: House, office: str | None) -> str:
    """The office's own rule, else the general one, else a cautious one; and whom to ask."""
    own = house.default_rules.get(office or "") or house.default_rules.get("")
    rule = _ended(own or house.language.gettext(DEFAULT_RULE))
    return f"{rule} {ask(house)}" if house.contact and house.contact not in rule else rule


def ask(house: House) -> str:
    return addition("ask", house, contact=house.contact) if house.contact else addition("ask_nobody", house)


def instead(replacement: str, verdict: Verdict | None, house: House) -> str:
    """What to use instead: the replacement that was announced, else the verdict's alternatives; "" when
    nobody said."""
    named = [each.strip() for each in (verdict.alternatives if verdict else ()) if each.strip()]
    known = [replacement] if replacement else [each for each in named if each.casefold() != NONE_KNOWN]
    if known:
        return addition("use_instead", house, tool=_either(known, house))
    return addition("no_alternative", house) if named else ""


def reason(verdict: Verdict, tool: str, house: House) -> str:
    """Why it was rejected, to follow "because": the first sentence of the rationale."""
    text = _first_sentence(verdict.rationale).rstrip(".!; ")
    text = re.sub(r"^because\s+", "", text, flags=re.IGNORECASE)
    if not text:
        return house.language.gettext("{tool} was rejected").format(tool=tool)
    first = text.split(" ", 1)[0]
    return text[0].lower() + text[1:] if first.lower() in _ORDINARY_OPENERS else text


def checklist(conditions: Sequence[AnswerCondition], house: House) -> str:
    """The one condition within a sentence, or how many there are: the checklist beside it holds them."""
    say = house.language
    texts = [_clean(each.text).rstrip(".; ") for each in conditions] or [say.gettext(UNSAID_TERMS)]
    if len(texts) > 1:
        number = len(texts)
        return say.ngettext("meet this {n} condition", "meet these {n} conditions", number).format(n=number)
    [text] = texts
    small = text[0].lower() + text[1:] if text.startswith("Only ") else text
    return say.gettext("keep to this: {condition}").format(condition=small)


def limit(dimension: str, values: Sequence[str], house: House) -> str:
    """A limit as a condition: "Only with data up to internal"."""
    say = house.language.gettext
    shown = [value or say(OTHER_VALUES) for value in values]
    if dimension == "account" and all(value in house.phrases for value in values):
        return say("Only with {accounts}.").format(
            accounts=_either([house.phrases[value] for value in values], house)
        )
    if dimension == "office":
        shown = [house.phrases.get(value, value) for value in shown]
    if dimension != "data_class":
        return say(_LIMITS[dimension]).format(values=_either(shown, house))
    if tuple(values) == house.data_classes[: len(values)]:
        return say("Only with {data}.").format(data=up_to(shown[-1], house))
    return say("Only with this kind of data: {values}.").format(values=_either(shown, house))


def up_to(ceiling: str, house: House) -> str:
    lowest = bool(house.data_classes) and ceiling == house.data_classes[0]
    told = _("{data_class} data") if lowest else _("data up to {data_class}")
    return house.language.gettext(told).format(data_class=_data_class(ceiling, house))


def asked(dimension: str, value: str | None, house: House) -> str:
    """A value of the question as a thing: "regulated data", "private accounts"."""
    say = house.language.gettext
    if dimension == "data_class":
        return say("{data_class} data").format(data_class=_data_class(value or OTHER_DATA, house))
    if dimension == "account":
        named = house.phrases.get(value or "")
        return named or say("{account} accounts").format(account=value or say(OTHER_DATA))
    return say("use by {values}").format(values=value or say(OTHER_VALUES))


def covered(dimension: str, verdict: Verdict, house: House) -> str:
    """What the verdict covers in one dimension."""
    scope, say = verdict.scope, house.language.gettext
    if dimension == "data_class":
        return up_to(scope.data_ceiling or "", house)
    if dimension == "account":
        named = sorted(scope.accounts)
        if all(each in house.phrases for each in named):
            return _either([house.phrases[each] for each in named], house)
        return say("{account} accounts").format(account=_either(named, house))
    return say("use by {values}").format(values=_either(sorted(scope.audience), house))


def bound(verdict: Verdict, house: House) -> str:
    """The parts of the scope that no question names: versions and deployment; "" when neither is limited."""
    scope, say = verdict.scope, house.language.gettext
    parts = [say("version {versions}").format(versions=scope.versions)] if scope.versions else []
    if scope.deployment:
        parts.append(say("this way of running it: {deployment}").format(deployment=scope.deployment))
    return addition("bound", house, bound=say(", and ").join(parts)) if parts else ""


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
    if scope.edition:
        limits.append(
            house.language.gettext("Only for the edition: {edition}.").format(edition=scope.edition)
        )
    return [*limits, *filter(None, [bound(verdict, house)])]


def pilot_phrases(verdict: Verdict, ends_on: date | None, house: House) -> dict[str, str]:
    pilot, say = verdict.pilot, house.language.gettext
    size = f" ({_clean(pilot.size)})" if pilot and pilot.size else ""
    owner = say(" run by {owner}").format(owner=_clean(pilot.owner)) if pilot and pilot.owner else ""
    until = say(" until {day}").format(day=day_text(ends_on, house.language)) if ends_on else ""
    return {"who": size + owner, "until": until}


def scheduled(verdict: Verdict, starts_on: date, house: House) -> str:
    of_edition = f" ({verdict.scope.edition})" if verdict.scope.edition else ""
    outcome = house.language.gettext(MEANINGS[verdict.outcome].label).lower() + of_edition
    return addition("scheduled", house, day=day_text(starts_on, house.language), outcome=outcome)


def depends(names: Sequence[str], house: House) -> str:
    say = house.language.gettext
    return addition("depends", house, names=say(" and ").join(say(DIMENSION_NAMES[name]) for name in names))


def not_allowed(dimension: str, given: str, allowed: Sequence[str], house: House) -> str:
    say = house.language.gettext
    name = say("the group of people") if dimension == "audience" else say(DIMENSION_NAMES[dimension])
    told = say("We do not know {dimension} \u201c{given}\u201d.").format(dimension=name, given=_clean(given))
    choose = say("Choose one of: {allowed}.") if allowed else say("None is set up here, so leave it out.")
    return f"{told} {choose.format(allowed=', '.join(allowed))}"


def expected(day: date | None, today: date, house: House) -> str:
    if day is None:
        return ""
    told = (
        _(", and a decision was expected by {day}")
        if day < today
        else _(", and a decision is expected by {day}")
    )
    return house.language.gettext(told).format(day=day_text(day, house.language))


def sunset(day: date | None, use: str, house: House) -> str:
    return addition("sunset", house, day=day_text(day, house.language), instead=use)


def grace(ended: date | None, house: House) -> str:
    return house.language.gettext(GRACE_CONDITION).format(ended=day_text(ended, house.language))


def _data_class(name: str, house: House) -> str:
    return house.language.gettext(_DATA_CLASSES.get(name, name))


def _either(names: Sequence[str], house: House) -> str:
    return house.language.gettext(" or ").join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def _first_sentence(text: str) -> str:
    first = re.split(r"(?<=[.!?])\s+(?=[A-Z])", _clean(text), maxsplit=1)[0]
    return textwrap.shorten(first, _MAX_REASON_CHARS, placeholder=" \u2026")


def _ended(text: str) -> str:
    text = _clean(text)
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _clean(text: str) -> str:
    return " ".join(text.split())
