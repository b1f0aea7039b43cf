"""The rules of intake, and trying one on stored entries."""

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.intake_rule import Rule, RuleAct, RuleField, sentence
from registry.services.entries import intake_rules as acts
from registry.services.entries.intake_rules import SHOWN, Trial
from registry.store import intake_rules, sources
from registry.store.columns import id_of
from registry.store.tables import IntakeRule
from registry.web.api.replies import Once, told
from registry.web.deps import Now, Read, RowId, SourceKeeper, SourceReader, Tx
from registry.web.routing import api_router
from registry.web.rule_schemas import LetInOut, RuleMoveIn
from registry.web.schemas import Page, RuleIn, RuleOut, TriedEntry, TriedOut

router = api_router("/rules", tag="sources")


@router.get("", response_model=Page[RuleOut], summary="Every rule, in the order in which they are asked")
def list_rules(request: Request, read: Read, _user: SourceReader) -> Response:
    """Those that hold, on one page."""
    names = {id_of(each): each.name for each in sources.sources(read)}
    out = intake_rules.kept_out(read)
    items = [
        _out(row, names.get(row.source_id or 0, ""), out.get(id_of(row), 0))
        for row in intake_rules.rows(read)
    ]
    return told(request, Page[RuleOut](items=items, next=None), private=True)


@router.post("", response_model=RuleOut, status_code=201, summary="Add a rule behind the others")
def add_rule(tx: Tx, user: SourceKeeper, now: Now, asked: RuleIn, once: Once) -> Response:
    """It holds for what comes in from now on. 422 where it cannot stand or is too slow on stored entries."""

    def act() -> RuleOut:
        row = acts.add(tx, _rule(asked), by=user, now=now)
        return _told(tx, row)

    return once(asked, act, by=user, status=201)


@router.post("/try", response_model=TriedOut, summary="Try a rule on stored entries")
def try_rule(_user: SourceKeeper, read: Read, asked: RuleIn) -> TriedOut:
    """What it would have done to the newest 2,000 entries of its source, or of all; nothing is stored."""
    return _tried(acts.try_rule(read, _rule(asked)))


@router.post("/{rule_id}/move", response_model=RuleOut, summary="Ask a rule earlier or later")
def move_rule(
    rule_id: RowId, tx: Tx, user: SourceKeeper, now: Now, asked: RuleMoveIn, once: Once
) -> Response:
    """One place up or down. The first rule that blocks is the one that is named."""

    def act() -> RuleOut:
        return _told(tx, acts.move(tx, rule_id, up=asked.to == "up", by=user, now=now))

    return once(asked, act, by=user)


@router.post("/{rule_id}/let-in", response_model=LetInOut, summary="Let in what an ended rule kept out")
def let_in(rule_id: RowId, tx: Tx, user: SourceKeeper, now: Now, once: Once) -> Response:
    """All of it at once. 409 while the rule still holds."""

    def act() -> LetInOut:
        return LetInOut(entries=acts.let_in_again(tx, rule_id, by=user, now=now))

    return once(None, act, by=user)


@router.delete("/{rule_id}", response_model=RuleOut, summary="End a rule")
def remove_rule(rule_id: RowId, tx: Tx, user: SourceKeeper, now: Now, once: Once) -> Response:
    """What it kept out stays out, until a person lets it in."""

    def act() -> RuleOut:
        return _told(tx, acts.remove(tx, rule_id, by=user, now=now))

    return once(None, act, by=user)


def _rule(asked: RuleIn) -> Rule:
    return Rule(
        act=asked.act,
        field=asked.field,
        pattern=asked.pattern,
        is_expression=asked.expression,
        label=asked.label,
        source_id=asked.source,
    )


def _told(session: Session, row: IntakeRule) -> RuleOut:
    return _out(
        row, intake_rules.source_name(session, row), intake_rules.kept_out(session).get(id_of(row), 0)
    )


def _out(row: IntakeRule, source_name: str, kept_out: int) -> RuleOut:
    return RuleOut(
        id=id_of(row),
        sentence=sentence(intake_rules.rule_of(row), source_name),
        act=RuleAct(row.act),
        field=RuleField(row.field),
        pattern=row.pattern,
        expression=row.is_expression,
        label=row.label,
        source=row.source_id,
        kept_out=kept_out,
    )


def _tried(trial: Trial) -> TriedOut:
    return TriedOut(
        entries=trial.entries,
        blocked=len(trial.blocked),
        labelled=len(trial.labelled),
        let_in=len(trial.let_in),
        accepted=len(trial.accepted),
        dismissed=trial.dismissed,
        sample=[
            TriedEntry(
                title=each.facts.title, link=each.facts.link, source=each.source_name, status=each.status
            )
            for each in trial.touched[:SHOWN]
        ],
    )
