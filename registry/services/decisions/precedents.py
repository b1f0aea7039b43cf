"""The verdicts on the tools most like this one, so that like cases are decided alike or the difference is meant."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from registry.domain.lookup import House
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.precedent import LEAST, Case, Likeness, likeness
from registry.domain.validity import ValidityState
from registry.domain.values import dataclass
from registry.services.evaluations.assessing import Weighed
from registry.services.verdicts import publishing
from registry.services.verdicts.publishing import Published
from registry.store import tools, verdicts
from registry.store.columns import id_of
from registry.store.tables import Evaluation, Tool, Verdict

MOST_SHOWN = 5
MOST_COMPARED = 400


@dataclass(frozen=True)
class Precedent:
    verdict: Published
    likeness: Likeness


def precedents(
    session: Session, tool: Tool, evaluation: Evaluation, weighed: Weighed, house: House, *, now: datetime
) -> list[Precedent]:
    """The likest decided tools, the likest first, each with its newest verdict; a fixed number of queries.

    Compared are the newest 400 verdicts on other tools of the category or the vendor.
    """
    others = tools.alike(session, category=tool.category, vendor=tool.vendor)
    ids = [id_of(each) for each in others if each.id != tool.id]
    rows = verdicts.published(session, now=now, tool_ids=ids, limit=MOST_COMPARED) if ids else []
    case = Case(
        category=tool.category,
        vendor=tool.vendor,
        data_class=str(evaluation.intended_use.get("data_class", "")),
        accounts=frozenset(evaluation.intended_use.get("accounts", ())),
        audience=frozenset(evaluation.intended_use.get("audience", ())),
        ratings={each.criterion_id: each.rating.value for each in weighed.assessment.criteria},
    )
    by_id = {id_of(each): each for each in others}
    ranked = [(row, likeness(case, _past(row, by_id[row.tool_id]))) for row in _newest_of_each(rows)]
    likest = sorted(ranked, key=lambda each: (-each[1].points, -each[0].number))[:MOST_SHOWN]
    near = {row.number: alike for row, alike in likest if alike.points >= LEAST}
    found = publishing.published(session, [row for row, _ in likest if row.number in near], house, now=now)
    return [Precedent(each, near[each.row.number]) for each in found]


def hint(chosen: Outcome, found: Sequence[Precedent]) -> str:
    """How the choice sits among the precedents, in words; empty where there are none or all agree with it.

    What lapsed or was never scored is shown and not counted: nobody keeps to it, or nobody weighed it.
    """
    counted = [each for each in found if _counts(each.verdict)]
    group = MEANINGS[chosen].group
    other = [each for each in counted if MEANINGS[each.verdict.row.outcome].group is not group]
    if not other:
        return ""
    numbers = ", ".join(str(each.verdict.row.number) for each in other)
    which = f"verdict {numbers}" if len(other) == 1 else f"verdicts {numbers}"
    return f"You would decide otherwise than {len(other)} of {len(counted)} precedents did ({which}). Is that meant?"


def _counts(past: Published) -> bool:
    return past.validity.state is not ValidityState.LAPSED and bool(past.row.assessment.get("criteria"))


def _newest_of_each(rows: Iterable[Verdict]) -> list[Verdict]:
    """One a tool and edition; the rows come newest first."""
    newest: dict[tuple[int, str], Verdict] = {}
    for row in rows:
        newest.setdefault((row.tool_id, row.edition), row)
    return list(newest.values())


def _past(row: Verdict, tool: Tool) -> Case:
    kept: Mapping[str, Any] = row.assessment
    return Case(
        category=tool.category,
        vendor=tool.vendor,
        data_class=row.data_ceiling or "",
        accounts=frozenset(row.accounts),
        audience=frozenset(row.audience),
        ratings={each["id"]: each["rating"] for each in kept.get("criteria", ())},
    )
