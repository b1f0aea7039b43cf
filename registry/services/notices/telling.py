"""A notice as followers get it: a piece of a mail, or the message of a webhook; the same entry as in the feeds."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlmodel import Session

from registry.domain.values import dataclass
from registry.publish.mail import Item
from registry.publish.notice import Block, Numbered, Paragraph
from registry.publish.notice import Notice as Entry
from registry.services.people.house import house
from registry.services.verdicts.entries import entries
from registry.services.verdicts.naming import naming
from registry.settings import Settings
from registry.store import news
from registry.store.tables import Notice

TYPE = "verdict.{kind}.v1"
"""Of a webhook's message: what happened, and the version of the message's form."""


@dataclass(frozen=True)
class Told:
    item: Item
    message: Mapping[str, Any]
    """JSON-ready."""


def items_of(session: Session, numbers: Collection[int], settings: Settings) -> list[Told]:
    """What there is to say of these notices, oldest first; of one whose verdict was taken back nothing.

    It never changes: each attempt to send it says the same.
    """
    found = news.found(session, numbers)
    if not found:
        return []
    base_url = settings.base_url
    called, organisation = naming(session, base_url), house(session, settings)
    told = entries(session, found, organisation, called, base_url=base_url, author=settings.name)
    return [
        Told(_item(entry), _message(notice, entry)) for (notice, *_), entry in zip(found, told, strict=True)
    ]


def _item(entry: Entry) -> Item:
    return Item(entry.title, entry.url, list(_paragraphs(entry.blocks)), entry.language)


def _paragraphs(blocks: Iterable[Block]) -> Iterable[str]:
    for block in blocks:
        if isinstance(block, Paragraph):
            yield f"{block.lead} {block.text}".strip()
        elif isinstance(block, Numbered):
            yield block.lead
            yield from (f"{number}. {item}" for number, item in enumerate(block.items, start=1))


def _message(notice: Notice, entry: Entry) -> Mapping[str, Any]:
    return {
        "type": TYPE.format(kind=notice.kind.value),
        "timestamp": notice.updated_at.isoformat(),
        "data": {
            "id": entry.id,
            "revision": notice.revision,
            "url": entry.url,
            "language": entry.language,
            "title": entry.title,
            "summary": entry.summary,
            "author": entry.author,
            "verdict": entry.verdict,
        },
    }
