"""What the page of intake rules shows, built whole from the store."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.intake_rule import Rule, RuleAct, RuleField, sentence
from registry.domain.values import dataclass
from registry.services.candidates.suggesting import suggested
from registry.services.entries.intake_rules import SHOWN, Trial
from registry.services.people.acting import Actor
from registry.store import events, intake_rules, sources, tables
from registry.store.columns import id_of
from registry.store.intake_rules import StoredEntry
from registry.store.tables import IntakeRule
from registry.web.pages.sources_list import keeps
from registry.web.shapes import Event, Form, Option

PATH = "/sources/rules"
ACTS = (
    Option(RuleAct.BLOCK, "Block what fits", "it is stored as seen and proposes nothing"),
    Option(RuleAct.REQUIRE, "Let in only what fits", "or what fits another rule of this sort"),
    Option(RuleAct.LABEL, "Put a label on what fits", "everything comes in; the candidate bears the label"),
)
FIELDS = (
    Option(RuleField.TITLE, "the title"),
    Option(RuleField.TEXT, "the text"),
    Option(RuleField.LINK, "the link"),
    Option(RuleField.AUTHOR, "the author"),
    Option(RuleField.TAG, "a tag"),
    Option(RuleField.ANY, "any of these"),
)
HAPPENED = {
    "rule.added": "Added",
    "rule.moved": "Moved",
    "rule.removed": "Removed",
    "rule.switched_off": "Switched off, since it was too slow",
    "rule.let_in": "What it kept out was let in",
}


@dataclass(frozen=True)
class RuleLine:
    row: IntakeRule
    says: str
    where: str
    """The source that it holds for, in words."""
    kept_out: int


@dataclass(frozen=True)
class Tried:
    """A dry run in words, and the first entries that it touches."""

    says: str
    detail: str
    warning: str
    """Names what reviewers let in and the rule would have kept out; empty where there is none."""
    sample: Sequence[StoredEntry]
    more: int


@dataclass(frozen=True)
class Suggested:
    says: str
    figures: str
    url: str
    act: str
    """What following the link is called."""


@dataclass(frozen=True)
class RulesPage:
    rules: Sequence[RuleLine]
    removed: Sequence[RuleLine]
    """Those that still keep something out."""
    history: Sequence[Event]
    keeps: bool
    form: Form
    source_options: Sequence[Option]
    suggestions: Sequence[Suggested] = ()
    """For those who may make rules of them."""
    tried: Tried | None = None
    told: str = ""
    refused: str = ""
    acts: Sequence[Option] = ACTS
    fields: Sequence[Option] = FIELDS


def rules_page(
    session: Session,
    user: Actor,
    *,
    form: Form | None = None,
    trial: Trial | None = None,
    told: str = "",
    refused: str = "",
) -> RulesPage:
    """As many queries for one rule as for all."""
    polled = sources.sources(session)
    names = {id_of(each): each.name for each in polled}
    out = intake_rules.kept_out(session)
    removed = [_line(row, names, out) for row in intake_rules.rows(session, removed=True) if row.id in out]
    return RulesPage(
        rules=[_line(row, names, out) for row in intake_rules.rows(session)],
        removed=removed,
        history=[_event(each) for each in events.newest(session, subject_kind="rule", limit=20)],
        keeps=keeps(user),
        form=form or rule_form({}),
        source_options=[
            Option("", "All sources"),
            *(Option(str(source_id), name) for source_id, name in names.items()),
        ],
        suggestions=_suggested(session, names) if keeps(user) and not trial else (),
        tried=_tried(trial, names) if trial else None,
        told=told,
        refused=refused,
    )


def rule_form(typed: Mapping[str, str], faults: Mapping[str, str] | None = None) -> Form:
    first = {"act": "block", "field": "title", "pattern": "", "expression": "", "label": "", "source": ""}
    return Form({**first, **typed}, faults or {})


def as_rule(typed: Mapping[str, str]) -> Rule:
    """The rule that a form holds. Raises InvalidInput for what no option offers."""
    faults = {}
    if typed["act"] not in set(RuleAct):
        faults["act"] = "Choose what the rule does."
    if typed["field"] not in set(RuleField):
        faults["field"] = "Choose where the rule looks."
    source = typed["source"]
    if source and not (source.isascii() and source.isdigit() and len(source) < 10):
        faults["source"] = "Choose a source, or all."
    if faults:
        raise InvalidInput("This is no rule yet.", faults)
    return Rule(
        act=RuleAct(typed["act"]),
        field=RuleField(typed["field"]),
        pattern=typed["pattern"],
        is_expression=bool(typed["expression"]),
        label=typed["label"],
        source_id=int(source) if source else None,
    )


def trial_address(rule: Rule) -> str:
    """The page with this rule in its form and the dry run beside it."""
    said = {
        "act": rule.act.value,
        "field": rule.field.value,
        "pattern": rule.pattern,
        "expression": "yes" if rule.is_expression else "",
        "label": rule.label,
        "source": str(rule.source_id or ""),
    }
    return f"{PATH}/try?{urlencode({key: value for key, value in said.items() if value})}#dry-run"


def _line(row: IntakeRule, names: Mapping[int, str], out: Mapping[int, int]) -> RuleLine:
    source_id = row.source_id
    return RuleLine(
        row=row,
        says=sentence(intake_rules.rule_of(row)),
        where="all sources" if source_id is None else names.get(source_id, "a source that was removed"),
        kept_out=out.get(id_of(row), 0),
    )


def _suggested(session: Session, names: Mapping[int, str]) -> list[Suggested]:
    rules, barren = suggested(session)
    return [
        *(
            Suggested(
                f"Block entries with “{each.rule.pattern}” in the title?",
                f"It would have kept out {each.dismissed + each.other:,}, all of them dismissed."
                if not each.other
                else f"It would have kept out {each.dismissed + each.other:,}; {each.dismissed:,} of them were "
                "dismissed, none let in.",
                trial_address(each.rule),
                "Try it",
            )
            for each in rules
        ),
        *(
            Suggested(
                f"Is {each.name} worth its place?",
                f"{each.dismissed:,} from it were dismissed as not for us, none let in.",
                f"/sources/{each.id}",
                "See the source",
            )
            for each in barren
            if each.id in names
        ),
    ]


def _tried(trial: Trial, names: Mapping[int, str]) -> Tried:
    rule = trial.rule
    touched = trial.touched
    where = names.get(rule.source_id or 0, "")
    of = f"Of the newest {_entries(trial.entries)}{f' of {where}' if where else ''}"
    said = {
        RuleAct.LABEL: f"{of} it would have labelled {len(trial.labelled):,}",
        RuleAct.BLOCK: f"{of} it would have kept out {len(trial.blocked):,}",
        RuleAct.REQUIRE: f"{of} it would have kept out {len(trial.blocked):,}"
        + (f", and let in {len(trial.let_in):,} more" if trial.let_in else ""),
    }[rule.act]
    accepted = trial.accepted
    proposing = len(accepted) + trial.dismissed + trial.undecided
    parts = [
        f"{count:,} {what}"
        for count, what in (
            (trial.dismissed, "speak of what was dismissed"),
            (trial.undecided, "of what is not decided yet"),
            (len(accepted), "of what was let in"),
            (len(trial.blocked) - proposing, "of nothing that waits for triage"),
        )
        if count
    ]
    warning = ""
    if accepted:
        were = "1 of these was" if len(accepted) == 1 else f"{len(accepted):,} of these were"
        warning = f"{were} let in by a reviewer"
    first = [*accepted, *(each for each in touched if each not in accepted)][:SHOWN]
    return Tried(
        says=said,
        detail=f"Of those {', '.join(parts)}." if parts else "",
        warning=warning,
        sample=first,
        more=len(touched) - len(first),
    )


def _entries(count: int) -> str:
    return f"{count:,} entr{'y' if count == 1 else 'ies'}"


def _event(event: tables.Event) -> Event:
    told = event.after.get("rule") or event.before.get("rule") or event.after.get("pattern") or ""
    if event.action == "rule.moved":
        told = f"Place {event.before.get('place')} → {event.after.get('place')}"
    if event.action == "rule.let_in":
        told = f"{_entries(int(event.after.get('entries', 0)))}"
    return Event(event.at, f"{HAPPENED.get(event.action, event.action)} by {event.actor}", str(told))


def told_of(session: Session, rule_id: int) -> str:
    """What was just done to a rule, read from the store."""
    row = intake_rules.get(session, rule_id)
    done = "is removed" if row.removed_at else "holds from now on"
    return f"The rule {done}: {sentence(intake_rules.rule_of(row))}"
