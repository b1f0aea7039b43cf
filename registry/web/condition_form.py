"""Conditions as they are typed: the choices of the form, and its fields read back."""

from collections.abc import Iterable
from dataclasses import field

from registry.domain.condition import Check, Condition, ConditionKind, Duty
from registry.domain.rubric import Rubric
from registry.domain.values import dataclass
from registry.web.shapes import Option
from registry.web.typed import Typed, number
from registry.web.words import words

KIND_OPTIONS = tuple(Option(kind.value, words(kind.value)) for kind in ConditionKind)
DUTY_OPTIONS = (
    Option("", "Not said yet"),
    Option(Duty.USER, "Everybody who uses the tool"),
    Option(Duty.OFFICE, "The office"),
    Option(Duty.REGISTRY, "The registry’s staff"),
)
CHECK_OPTIONS = (
    Option("", "Not said yet"),
    Option(Check.SELF_ATTESTED, "By their own word"),
    Option(Check.EVIDENCE, "By evidence"),
    Option(Check.AUTOMATIC, "By the tool or the system itself"),
)


@dataclass(frozen=True)
class ConditionForm:
    """One fieldset; its fields are named `<prefix>text`, `<prefix>duty` and so on."""

    prefix: str
    title: str
    text: str = ""
    kind: str = ConditionKind.OTHER
    duty: str = ""
    check: str = ""
    mitigates: str = ""
    """Ids parted by commas."""
    standing: bool = True
    due_on: str = ""
    wording: str = ""
    """Id of the library's wording that it was taken from."""
    faults: dict[str, str] = field(default_factory=dict)


def read_condition(typed: Typed, prefix: str, faults: dict[str, str]) -> Condition | None:
    """The condition typed under a prefix, or None where its text is empty; faults are told by field name."""
    text = typed.one(f"{prefix}text")
    if not text:
        return None
    standing = typed.one(f"{prefix}lasts", "standing") == "standing"
    due_on = typed.day(f"{prefix}due_on", faults)
    if standing and due_on is not None:
        faults[f"{prefix}due_on"] = "A condition that always holds has no day. Choose “until it is done”."
    return Condition(
        text=text,
        kind=_kind(typed.one(f"{prefix}kind")),
        duty=Duty(duty) if (duty := typed.one(f"{prefix}duty")) in tuple(Duty) else None,
        check=Check(check) if (check := typed.one(f"{prefix}check")) in tuple(Check) else None,
        mitigates=frozenset(typed.one(f"{prefix}mitigates").replace(",", " ").upper().split()),
        standing=standing,
        due_on=None if standing else due_on,
        wording_id=number(typed.one(f"{prefix}wording")),
    )


def as_typed(typed: Typed, prefix: str, title: str, faults: dict[str, str] | None = None) -> ConditionForm:
    return ConditionForm(
        prefix,
        title,
        text=typed.one(f"{prefix}text"),
        kind=typed.one(f"{prefix}kind", ConditionKind.OTHER),
        duty=typed.one(f"{prefix}duty"),
        check=typed.one(f"{prefix}check"),
        mitigates=typed.one(f"{prefix}mitigates"),
        standing=typed.one(f"{prefix}lasts", "standing") == "standing",
        due_on=typed.one(f"{prefix}due_on"),
        wording=typed.one(f"{prefix}wording"),
        faults={
            name.removeprefix(prefix): told
            for name, told in (faults or {}).items()
            if name.startswith(prefix)
        },
    )


def as_form(condition: Condition, prefix: str, title: str) -> ConditionForm:
    return ConditionForm(
        prefix,
        title,
        text=condition.text,
        kind=condition.kind,
        duty=condition.duty or "",
        check=condition.check or "",
        mitigates=", ".join(sorted(condition.mitigates)),
        standing=condition.standing,
        due_on=condition.due_on.isoformat() if condition.due_on else "",
        wording=str(condition.wording_id or ""),
    )


def lacking(condition: Condition) -> str:
    """What keeps a condition from being complete, in words; empty where it is."""
    parts = [
        said
        for said, lacks in (
            ("who must do it", condition.duty is None),
            ("how it is checked", condition.check is None),
            ("by when", not condition.standing and condition.due_on is None),
        )
        if lacks
    ]
    return ", ".join(parts)


def who_must(duty: str) -> str:
    """Whose duty it is, as colleagues speak of it among themselves: an employee is told “You”."""
    said = next((each.label for each in DUTY_OPTIONS if each.value and each.value == duty), "nobody named")
    return said[:1].lower() + said[1:]


def checked_by(check: str) -> str:
    said = next((each.label for each in CHECK_OPTIONS if each.value and each.value == check), "")
    return said[:1].lower() + said[1:]


def covers(mitigates: Iterable[str], rubric: Rubric | None) -> str:
    """`R2 security, K8 known flaw`: what a condition covers, by the rubric's names; an id that it lacks stays bare."""
    names: dict[str, str] = {}
    if rubric:
        names = {each.id: each.name for each in rubric.criteria}
        names |= {each.id: each.name for each in rubric.knock_outs}
    return ", ".join(f"{each} {names[each]}" if each in names else each for each in mitigates)


def _kind(text: str) -> ConditionKind:
    return ConditionKind(text) if text in tuple(ConditionKind) else ConditionKind.OTHER


@dataclass(frozen=True)
class ConditionOptions:
    """The choices of a condition's selects."""

    kinds: tuple[Option, ...] = KIND_OPTIONS
    duties: tuple[Option, ...] = DUTY_OPTIONS
    checks: tuple[Option, ...] = CHECK_OPTIONS
    lasts: tuple[Option, ...] = (
        Option("standing", "Always, as long as the tool is used"),
        Option("dated", "Until it is done"),
    )
