"""The result of a look-up laid out as the answer card and its lists of tools; it computes no answer."""

from collections.abc import Iterable, Sequence
from urllib.parse import quote, urlencode

from registry.domain.answer import PERMITS
from registry.domain.coverage import covers
from registry.domain.language import gettext_noop as _
from registry.domain.language import said
from registry.domain.lookup import Answer, AnswerCode, House
from registry.domain.outcome import MEANINGS
from registry.domain.tool import Tool
from registry.domain.validity import ValidityState
from registry.domain.verdict import NONE_KNOWN, Scope
from registry.publish.formats import FORMATS
from registry.services.answers.lookup import LookUp, Suggestion
from registry.store import tables
from registry.store.profiles import Profile
from registry.web.question import Typed, choices
from registry.web.shapes import AnswerCard, ConditionItem, Limit, Link, Narrow, Option, ToolLink
from registry.web.words import words

NOBODY = _("the people who keep this registry")
STOPPED = frozenset({ValidityState.REVOKED, ValidityState.SUNSET_REACHED, ValidityState.SUSPENDED})
OVER = frozenset({ValidityState.REVOKED, ValidityState.SUNSET_REACHED})
LIMITED_BY = {"data_class": "data_ceiling", "account": "accounts", "audience": "audience"}
"""Dimension to the field of a scope."""


def answer_card(
    found: LookUp,
    tool: Tool | tables.Tool | Profile,
    typed: Typed,
    house: House,
    *,
    base_url: str,
    offices: Sequence[Option] = (),
) -> AnswerCard:
    answer, verdict = found.answer, found.answer.verdict
    data, accounts, people = _limits(answer, house)
    named = [each.casefold() for each in verdict.alternatives] if verdict else []
    return AnswerCard(
        code=answer.code.value,
        tool_name=tool.name,
        tool_url=f"/tools/{tool.slug}",
        sentence=answer.sentence,
        address=base_url + typed.url(q=typed.q or tool.name),
        ask=house.contact or house.language.gettext(NOBODY),
        edition=typed.edition or (verdict.scope.edition if verdict else ""),
        data_class=words(typed.data_class),
        account_type=words(typed.account),
        audience=words(typed.audience),
        office=_office(typed.office, offices),
        conditions=[
            ConditionItem(each.text, each.duty or "user", each.due_on, each.state or "standing")
            for each in answer.conditions
        ],
        data=data,
        accounts=accounts,
        people=people,
        narrow=narrow(answer, tool, typed, house, offices),
        evidence=found.evidence.sentence,
        why=_why(answer),
        review_url=f"/verdicts/{verdict.number}" if verdict else "",
        alternatives=tool_links(found.alternatives, typed),
        no_alternative=not found.alternatives and named == [NONE_KNOWN],
        guidance=[Link(house.language.gettext("How to use it well"), f"/tools/{tool.slug}#guidance")]
        if tool.guidance
        else [],
        editions=[
            ToolLink(each.name, typed.url(q=typed.q or tool.name, edition=each.name), each.code.value)
            for each in answer.editions
        ],
        number=verdict.number if verdict else None,
        decided_by=said(verdict.decider, house.language) if verdict else "",
        decided_on=verdict.decided_at if verdict else None,
        valid_until=answer.validity.ends_on if answer.validity else None,
        follow=[
            Link(house.language.gettext("Mail"), follow_url(urlencode({"tool": tool.slug}))),
            *follow(tool),
        ],
        challenge_url=f"/challenge?tool={quote(tool.slug)}" if verdict else "",
        incident_url=f"/incident?tool={quote(tool.slug)}",
        request_url=request_url(tool.name),
    )


def narrow(
    answer: Answer,
    tool: Tool | tables.Tool | Profile,
    typed: Typed,
    house: House,
    offices: Sequence[Option] = (),
) -> Narrow | None:
    """The short form that asks what the answer depends on; None where it depends on nothing that can be chosen."""
    known = choices(typed, house, offices, [each.name for each in answer.editions])
    asked = [known[name] for name in answer.depends_on if name in known]
    if not asked:
        return None
    keep = typed.said(but=("q", *(choice.name for choice in asked)))
    return Narrow(asked, [("q", typed.q or tool.name), *keep])


def tool_links(found: Iterable[Suggestion], typed: Typed) -> list[ToolLink]:
    """Each leads to its own answer to the same question; a vendor called like its tool is not told twice."""
    return [
        ToolLink(
            each.tool.name,
            typed.url(q=each.tool.name, edition=""),
            each.code.value,
            each.tool.vendor if each.tool.vendor.casefold() != each.tool.name.casefold() else "",
        )
        for each in found
    ]


def follow(tool: Tool | tables.Tool | Profile) -> list[Link]:
    return [
        Link(each.name, f"/tools/{quote(tool.slug)}/verdicts.{ending}") for ending, each in FORMATS.items()
    ]


def _guidance(tool: Tool, house: House) -> list[Link]:
    well = house.language.gettext("How to use it well")
    return [Link(well, f"/tools/{tool.slug}#guidance")] if tool.guidance else []


def follow_url(query: str) -> str:
    """Where a list of verdicts, or one tool's, is followed by mail."""
    return f"/follow?{query}".rstrip("?")


def request_url(name: str) -> str:
    return "/request?" + urlencode({"name": name})


def _why(answer: Answer) -> str:
    """What speaks for the answer: of what was stopped, why it was stopped, never what once spoke for it."""
    if answer.verdict is None:
        return ""
    if answer.validity is not None and answer.validity.state in STOPPED:
        return answer.validity.reason
    return answer.verdict.rationale


def _limits(answer: Answer, house: House) -> tuple[list[Limit], list[Limit], list[Limit]]:
    """What may be entered, with which accounts, by whom; nothing where the verdict limits nothing or is no yes."""
    verdict = answer.verdict
    stands = answer.validity is not None and answer.validity.state not in OVER
    speaks = answer.code in PERMITS or answer.code is AnswerCode.NO
    if verdict is None or not (stands and speaks and MEANINGS[verdict.outcome].may_use):
        return [], [], []
    own = (verdict.scope,)
    return (
        _limit("data_class", answer.scopes or own, house.data_classes, house),
        _limit("account", own, house.account_types, house),
        _limit("audience", own, house.audiences, house),
    )


def _limit(dimension: str, scopes: Sequence[Scope], values: Sequence[str], house: House) -> list[Limit]:
    """Nothing where one of them leaves it open."""
    if not all(getattr(scope, LIMITED_BY[dimension]) for scope in scopes):
        return []
    return [
        Limit(words(value), any(covers(dimension, scope, value, house) for scope in scopes))
        for value in values
    ]


def _office(code: str, offices: Sequence[Option]) -> str:
    return next((each.label for each in offices if each.value == code), code)
