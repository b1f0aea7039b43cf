"""`registry rules`: what comes in by rule, from a terminal."""

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from registry.cli.acting import As, acting
from registry.cli.common import AsJson, opened, print_json, print_rows, utc_now
from registry.domain.intake_rule import Rule, RuleAct, RuleField, sentence
from registry.store.columns import id_of

if TYPE_CHECKING:
    from sqlmodel import Session

    from registry.services.entries.intake_rules import Trial
    from registry.store.tables import IntakeRule

app = typer.Typer(no_args_is_help=True, help="What comes in by rule, and what stays out.")


class Way(StrEnum):
    UP = "up"
    DOWN = "down"


Number = Annotated[int, typer.Argument(metavar="RULE", help="Its number.")]
Act = Annotated[RuleAct, typer.Argument(help="What it does with the entries that fit.")]
Pattern = Annotated[str, typer.Argument(help="Words as they stand, or an expression.")]
Where = Annotated[RuleField, typer.Option("--in", help="Where it looks.")]
Expression = Annotated[bool, typer.Option("--expression", help="The pattern is a regular expression.")]
Label = Annotated[str, typer.Option(help="The label that it puts on them.")]
Source = Annotated[str, typer.Option(help="Number, address or name of the one source that it holds for.")]


@app.command("list")
def list_rules(as_json: AsJson = False) -> None:
    """The rules in their order, and how many entries each keeps out."""
    from registry.store import intake_rules
    from registry.store.engine import snapshot

    with opened() as (_settings, engine), snapshot(engine) as session:
        out = intake_rules.kept_out(session)
        rows = [_row(session, row, out.get(id_of(row), 0)) for row in intake_rules.rows(session)]
        removed = intake_rules.rows(session, removed=True)
        gone = [_row(session, row, out[id_of(row)]) for row in removed if row.id in out]
    if as_json:
        print_json({"rules": rows, "removed": gone})
        return
    shown = ("id", "rule", "kept_out")
    print_rows([{key: row[key] for key in shown} for row in rows], none="No rule: everything comes in.")
    for row in gone:
        print(
            f"Removed, and still keeping out {row['kept_out']}: {row['id']}, {row['rule']}", file=sys.stderr
        )


@app.command("try")
def try_rule(
    act: Act,
    pattern: Pattern,
    where: Where = RuleField.TITLE,
    expression: Expression = False,
    label: Label = "",
    source: Source = "",
    as_json: AsJson = False,
) -> None:
    """What a rule would have done to the newest 2,000 entries; nothing is stored."""
    from registry.services.entries import intake_rules
    from registry.store.engine import snapshot

    with opened() as (_settings, engine), snapshot(engine) as session:
        rule = _rule(session, act, pattern, where, expression, label, source)
        told = _tried(intake_rules.try_rule(session, rule))
    if as_json:
        print_json(told)
        return
    print(
        f"{told['rule']}: of {told['entries']} entries {told['blocked']} kept out, {told['labelled']} labelled, "
        f"{told['let_in']} let in that are kept out now."
    )
    if told["accepted"]:
        print(f"{told['accepted']} of those kept out were let in by a reviewer.", file=sys.stderr)
    for each in told["sample"]:
        print(f"  {each['status'] or '-'}  {each['title']}  {each['link']}")


@app.command("add")
def add(
    act: Act,
    pattern: Pattern,
    where: Where = RuleField.TITLE,
    expression: Expression = False,
    label: Label = "",
    source: Source = "",
    as_email: As = "",
    as_json: AsJson = False,
) -> None:
    """Add a rule behind the others; it holds for what comes in from now on."""
    from registry.services.entries import intake_rules
    from registry.store.engine import transaction

    with opened() as (_settings, engine), transaction(engine) as session:
        rule = _rule(session, act, pattern, where, expression, label, source)
        row = intake_rules.add(session, rule, by=acting(session, as_email), now=utc_now())
        told = _row(session, row, 0)
    _print(told, as_json, f"Rule {told['id']} holds from now on: {told['rule']}.")


@app.command("move")
def move(
    rule: Number,
    way: Annotated[Way, typer.Argument(help="Where to.")],
    as_email: As = "",
    as_json: AsJson = False,
) -> None:
    """Let a rule change places with the one before it, or behind it."""
    from registry.services.entries import intake_rules
    from registry.store.engine import transaction

    with opened() as (_settings, engine), transaction(engine) as session:
        by = acting(session, as_email)
        told = _row(session, intake_rules.move(session, rule, up=way is Way.UP, by=by, now=utc_now()), 0)
    _print(told, as_json, f"Rule {rule} is number {told['place']} now.")


@app.command("remove")
def remove(
    rule: Number,
    let_in: Annotated[bool, typer.Option("--let-in", help="Let in what it kept out.")] = False,
    as_email: As = "",
    as_json: AsJson = False,
) -> None:
    """End a rule; what it kept out stays out unless it is let in, now or later by the same command."""
    from registry.services.entries import intake_rules
    from registry.store import intake_rules as stored
    from registry.store.engine import transaction

    with opened() as (_settings, engine), transaction(engine) as session:
        by, now = acting(session, as_email), utc_now()
        row = stored.get(session, rule)
        if row.removed_at is None or not let_in:
            row = intake_rules.remove(session, rule, by=by, now=now)
        kept_out = stored.kept_out(session).get(rule, 0)
        came_in = intake_rules.let_in_again(session, rule, by=by, now=now) if let_in and kept_out else 0
        told = {**_row(session, row, stored.kept_out(session).get(rule, 0)), "let_in": came_in}
    _print(told, as_json, f"Rule {rule} is removed. {came_in} let in, {told['kept_out']} still kept out.")


def _print(told: dict[str, Any], as_json: bool, sentence_: str) -> None:
    if as_json:
        print_json(told)
    else:
        print(sentence_)


def _rule(
    session: "Session",
    act: RuleAct,
    pattern: str,
    where: RuleField,
    expression: bool,
    label: str,
    source: str,
) -> Rule:
    from registry.store import sources

    source_id = id_of(sources.named(session, source)) if source else None
    return Rule(act, where, pattern, expression, label, source_id)


def _row(session: "Session", row: "IntakeRule", kept_out: int) -> dict[str, Any]:
    from registry.store import intake_rules

    return {
        "id": row.id,
        "place": row.place,
        "rule": sentence(intake_rules.rule_of(row), intake_rules.source_name(session, row)),
        "act": row.act,
        "in": row.field,
        "pattern": row.pattern,
        "expression": row.is_expression,
        "label": row.label,
        "source": row.source_id,
        "kept_out": kept_out,
    }


def _tried(trial: "Trial") -> dict[str, Any]:
    from registry.services.entries.intake_rules import SHOWN

    return {
        "rule": sentence(trial.rule),
        "entries": trial.entries,
        "blocked": len(trial.blocked),
        "labelled": len(trial.labelled),
        "let_in": len(trial.let_in),
        "accepted": len(trial.accepted),
        "dismissed": trial.dismissed,
        "sample": [
            {
                "title": each.facts.title,
                "link": each.facts.link,
                "source": each.source_name,
                "status": each.status.value if each.status else None,
            }
            for each in trial.touched[:SHOWN]
        ],
    }
