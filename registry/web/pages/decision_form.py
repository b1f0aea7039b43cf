"""The approver's form: what was typed, read into a decision, and what it proposes before anything is typed."""

from collections.abc import Mapping, Sequence

from registry.domain.condition import Condition
from registry.domain.identity import name_key
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.quick_lane import LIMITS
from registry.domain.rubric import Rubric
from registry.domain.values import dataclass
from registry.domain.verdict import NONE_KNOWN, Pilot, Scope
from registry.services.decisions.decision import Decision
from registry.web.condition_form import ConditionForm, as_form, as_typed, read_condition
from registry.web.shapes import Option
from registry.web.typed import Typed, number

SPARE_CONDITIONS = 2
MOST_CONDITIONS = 40
SINGLE = (
    "outcome",
    "rationale",
    "reason_code",
    "citation",
    "other_alternatives",
    "step_reason",
    "internal_note",
    "valid_until",
    "starts_on",
    "edition",
    "versions",
    "deployment",
    "data_ceiling",
    "pilot_owner",
    "pilot_size",
    "pilot_measure",
    "pilot_exit_rule",
)
SEVERAL = ("accounts", "audience", "offices", "supersedes", "alternatives", "within")
LABELS = {
    Outcome.APPROVED: "The employee reads: Yes. No risk is at 3 or unknown.",
    Outcome.APPROVED_WITH_CONDITIONS: "The employee reads: Yes, if … Every risk at 3 or unknown has its condition.",
    Outcome.PILOT: "The employee reads: Only in the pilot … until … Needs owner, size, measure and exit rule.",
    Outcome.REJECTED: "The employee reads: No, because … Use … instead.",
    Outcome.PROHIBITED: "The employee reads: No. Forbidden by … Needs the citation.",
}
OUTCOME_OPTIONS = tuple(Option(each, MEANINGS[each].label, LABELS[each]) for each in Outcome)
WITHIN_OPTIONS = tuple(Option(key, told) for key, told in LIMITS.items())
GENERAL_REASONS = (
    Option("risk_too_high", "The risk is too high for what it gives"),
    Option("not_acceptable", "A risk is not acceptable as it is"),
    Option("weak_fit", "It does not fit our work"),
    Option("duplicate", "An approved tool does it already"),
    Option("unanswered", "The vendor left our questions open"),
)


@dataclass(frozen=True)
class Filled:
    """A form as it was read: the decision, and what could not even be read, by field."""

    decision: Decision
    faults: Mapping[str, str]


def read_decision(
    typed: Typed, slugs: Mapping[str, str], library: Mapping[int, Condition] | None = None
) -> Filled:
    """`slugs` maps name keys of tools to their slugs; an alternative that is none of them stays as typed.

    `library` has the conditions that can be picked, by the id of their wording; the ticked ones count as typed.
    """
    faults: dict[str, str] = {}
    outcome = typed.one("outcome")
    if outcome not in tuple(Outcome):
        faults["outcome"] = "Choose an outcome."
    numbers = [each for each in typed.several("supersedes") if each.isdecimal() and len(each) < 9]
    decision = Decision(
        outcome=Outcome(outcome) if outcome in tuple(Outcome) else Outcome.REJECTED,
        rationale=typed.one("rationale"),
        conditions=tuple(
            each for prefix in prefixes(typed) if (each := read_condition(typed, prefix, faults)) is not None
        )
        + picked(typed, library or {}),
        scope=Scope(
            edition=typed.one("edition"),
            offices=frozenset(typed.several("offices")),
            versions=typed.one("versions"),
            deployment=typed.one("deployment"),
            data_ceiling=typed.one("data_ceiling") or None,
            accounts=frozenset(typed.several("accounts")),
            audience=frozenset(typed.several("audience")),
        ),
        alternatives=read_alternatives(typed, slugs),
        reason_code=typed.one("reason_code") if outcome == Outcome.REJECTED else "",
        citation=typed.one("citation"),
        pilot=_pilot(typed) if outcome == Outcome.PILOT else None,
        step_reason=typed.one("step_reason"),
        valid_until=typed.day("valid_until", faults),
        starts_on=typed.day("starts_on", faults),
        supersedes=tuple(int(each) for each in numbers),
        internal_note=typed.one("internal_note"),
        within=frozenset(typed.several("within")) & LIMITS.keys(),
    )
    for name, most in (("edition", 80), ("versions", 200), ("deployment", 200), ("citation", 500)):
        if len(typed.one(name)) > most:
            faults[name] = f"At most {most} characters."
    if len(decision.step_reason) > 1000:
        faults["step_reason"] = "At most 1,000 characters."
    return Filled(decision, faults)


def picked(typed: Typed, library: Mapping[int, Condition]) -> tuple[Condition, ...]:
    """What is ticked in the library and does not stand among the conditions already."""
    there = {typed.one(f"{prefix}wording") for prefix in prefixes(typed) if typed.one(f"{prefix}text")}
    wanted = [each for each in dict.fromkeys(typed.several("library")) if each not in there]
    ids = [number(each) for each in wanted]
    return tuple(library[each] for each in ids if each is not None and each in library)


def prefixes(typed: Typed) -> list[str]:
    """Of the condition fieldsets that were sent."""
    return [f"c{number}." for number in range(1, MOST_CONDITIONS + 1) if typed.has(f"c{number}.text")]


def condition_forms(
    typed: Typed, faults: Mapping[str, str], more: Sequence[Condition] = ()
) -> list[ConditionForm]:
    """Those typed, then `more`, and two empty ones beneath; emptied ones in between are dropped."""
    used = [prefix for prefix in prefixes(typed) if typed.one(f"{prefix}text")]
    forms = [as_typed(typed, prefix, "", dict(faults)) for prefix in used]
    free = [f"c{number}." for number in range(1, MOST_CONDITIONS + 1) if f"c{number}." not in used]
    forms += [as_form(each, prefix, "") for each, prefix in zip(more, free, strict=False)]
    spare = free[len(more) : len(more) + SPARE_CONDITIONS]
    return _titled([*forms, *(ConditionForm(prefix, "") for prefix in spare)])


def proposed_forms(conditions: Sequence[Condition]) -> list[ConditionForm]:
    """The form's first filling: what was proposed, and two empty ones."""
    return condition_forms(Typed(), {}, conditions)


def values_of(typed: Typed) -> dict[str, object]:
    single: dict[str, object] = {name: typed.one(name) for name in SINGLE}
    return single | {name: typed.several(name) for name in SEVERAL}


def carried(typed: Typed) -> list[tuple[str, str]]:
    """Everything typed as pairs for hidden fields, so that the preview's button publishes just that."""
    return [(name, value) for name, values in typed.values.items() for value in values if name != "action"]


def reason_options(rubric: Rubric) -> list[Option]:
    knock_outs = [Option(each.id, f"{each.id}: {each.reason}") for each in rubric.knock_outs]
    return [Option("", "Choose a reason"), *GENERAL_REASONS, *knock_outs]


def _titled(forms: Sequence[ConditionForm]) -> list[ConditionForm]:
    return [
        ConditionForm(**{**each.__dict__, "title": f"Condition {number}"})
        for number, each in enumerate(forms, start=1)
    ]


def named_alternatives(typed: Typed) -> list[str]:
    """Those ticked, then those typed, parted by commas or line ends."""
    text = typed.one("other_alternatives")
    named = [part.strip() for part in text.replace("\n", ",").split(",") if part.strip()]
    return list(dict.fromkeys([*typed.several("alternatives"), *named]))


def read_alternatives(typed: Typed, slugs: Mapping[str, str]) -> tuple[str, ...]:
    named = named_alternatives(typed)
    if [each.casefold() for each in named] == [NONE_KNOWN]:
        return (NONE_KNOWN,)
    return tuple(dict.fromkeys(slugs.get(name_key(each), each) for each in named))


def _pilot(typed: Typed) -> Pilot:
    return Pilot(*(typed.one(f"pilot_{name}") for name in ("owner", "size", "measure", "exit_rule")))
