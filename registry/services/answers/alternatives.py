"""What may be used instead: tools of the same kind on which the same question is answered with a yes."""

from datetime import datetime

from sqlmodel import Session

from registry.domain.lookup import AnswerCode, House, Question
from registry.domain.verdict import Scope
from registry.services.answers import lookup
from registry.services.answers.lookup import Suggestion
from registry.store import tools
from registry.store.columns import id_of
from registry.store.tables import Tool

MOST_SHOWN = 8
_YES = (AnswerCode.YES, AnswerCode.YES_IF)


def alternatives(
    session: Session, tool: Tool, scope: Scope, house: House, *, now: datetime
) -> list[Suggestion]:
    """Tools of the category that would be a yes for the widest question within the scope, plain yeses first."""
    if not tool.category:
        return []
    others = [each for each in tools.in_category(session, tool.category, limit=100) if each.id != tool.id]
    known = set(house.data_classes)
    asked = Question(
        at=now,
        data_class=scope.data_ceiling if scope.data_ceiling in known else None,
        account=_only(scope.accounts & set(house.account_types)),
        audience=_only(scope.audience & set(house.audiences)),
        office=_only(scope.offices & set(house.offices)),
    )
    found = lookup.suggested(session, [id_of(each) for each in others], asked, house, now=now)
    return sorted(
        (each for each in found if each.code in _YES),
        key=lambda each: (_YES.index(each.code), each.tool.name),
    )[:MOST_SHOWN]


def _only(values: frozenset[str]) -> str | None:
    """What was said, where exactly one value was."""
    return next(iter(values)) if len(values) == 1 else None
