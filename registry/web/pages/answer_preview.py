"""The answer card of one tool, as an employee who says nothing more would read it."""

from sqlmodel import Session

from registry.domain.lookup import House
from registry.domain.verdict import NONE_KNOWN
from registry.services.lookup import LookUp
from registry.store import tools
from registry.store.tables import Tool, Verdict
from registry.web.shapes import AnswerCard, ConditionItem, Limit, Link, ToolLink
from registry.web.words import words


def preview_card(
    session: Session, found: LookUp, tool: Tool, row: Verdict, house: House, *, base_url: str
) -> AnswerCard:
    """Of the verdict behind the answer; `row` where another one answers first."""
    answer = found.answer
    verdict = answer.verdict
    named = verdict.alternatives if verdict else tuple(row.alternatives)
    known = tools.by_slugs(session, named)
    codes = {each.tool.slug: each.code.value for each in found.alternatives}
    return AnswerCard(
        code=answer.code.value,
        tool_name=tool.name,
        tool_url=f"/tools/{tool.slug}",
        sentence=answer.sentence,
        address=f"{base_url}/tools/{tool.slug}",
        ask=house.contact or "the office that keeps this registry",
        edition=verdict.scope.edition if verdict else "",
        conditions=[
            ConditionItem(each.text, each.duty or "user", each.due_on, each.state or "standing")
            for each in answer.conditions
        ],
        data=_up_to(verdict.scope.data_ceiling if verdict else None, house.data_classes),
        accounts=_limits(verdict.scope.accounts if verdict else frozenset(), house.account_types),
        people=_limits(verdict.scope.audience if verdict else frozenset(), house.audiences),
        why=verdict.rationale if verdict else "",
        alternatives=[
            ToolLink(each.name, f"/tools/{slug}", codes.get(slug, "not_reviewed"))
            for slug, each in known.items()
        ],
        no_alternative=NONE_KNOWN in named,
        guidance=[Link("Guidance", tool.guidance)] if tool.guidance else [],
        number=verdict.number if verdict else None,
        decided_by=verdict.decided_by if verdict else "",
        decided_on=verdict.decided_at if verdict else None,
        valid_until=answer.validity.ends_on if answer.validity else None,
    )


def _up_to(ceiling: str | None, order: tuple[str, ...]) -> list[Limit]:
    if ceiling is None or ceiling not in order:
        return []
    return [Limit(words(each), order.index(each) <= order.index(ceiling)) for each in order]


def _limits(allowed: frozenset[str], every: tuple[str, ...]) -> list[Limit]:
    return [Limit(words(each), each in allowed) for each in every] if allowed else []
