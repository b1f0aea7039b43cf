"""A notice as followers get it: as a piece of a mail, and as the message of a webhook."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from registry.domain.lookup import House
from registry.publish.mail import Item
from registry.services.verdicts.publishing import Published, as_json, published
from registry.store import news, verdicts
from registry.store.tables import Notice

TYPE = "verdict.{kind}.v1"
"""Of a webhook's message: what happened, and the version of the message's form."""


@dataclass(frozen=True)
class Told:
    item: Item
    message: Mapping[str, Any]
    """JSON-ready."""


def items_of(
    session: Session, numbers: Collection[int], house: House, *, base_url: str, now: datetime
) -> list[Told]:
    """What there is to say of these notices, oldest first; of one whose verdict was taken back nothing."""
    rows = news.by_numbers(session, numbers)
    found = verdicts.by_ids(session, {row.verdict_id for row in rows})
    ids = list(found)
    of_verdict = dict(
        zip(ids, published(session, [found[each] for each in ids], house, now=now), strict=True)
    )
    return [_told(row, of_verdict[row.verdict_id], base_url) for row in rows]


def _told(row: Notice, each: Published, base_url: str) -> Told:
    verdict = as_json(each, base_url=base_url)
    conditions = verdict["conditions"]
    for condition, became in zip(conditions, row.conditions, strict=False):
        condition.update(became)
    verdict |= {
        "validity": row.state.value,
        "ends_on": row.ends_on and row.ends_on.isoformat(),
        "replacement": row.replacement,
        "conditions": conditions,
        "pilot_result": row.pilot_result or None,
    }
    data = {
        "id": f"urn:uuid:{row.uid}",
        "revision": row.revision,
        "title": row.title,
        "sentence": row.sentence,
        "change": row.change,
        "reason": row.reason,
        "by": row.by,
        "happened_at": row.at.isoformat(),
        "before": row.state_before and row.state_before.value,
        "now": row.state.value,
        "verdict": verdict,
    }
    message = {
        "type": TYPE.format(kind=row.kind.value),
        "timestamp": row.updated_at.isoformat(),
        "data": data,
    }
    texts = [row.sentence, row.change, row.reason or each.row.rationale, *_conditions(row, each)]
    return Told(Item(row.title, verdict["url"], [text for text in texts if text]), message)


def _conditions(row: Notice, each: Published) -> list[str]:
    """What to keep to, where the notice is of a new verdict."""
    if row.state_before is not None:
        return []
    return [
        f"{number}. {condition.text}"
        for number, condition in enumerate(each.ruling.verdict.conditions, start=1)
    ]
