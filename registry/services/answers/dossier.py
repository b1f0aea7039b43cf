"""All that is public of a tool beside its feed, read for any number of tools at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from registry.domain.answer import House, Question
from registry.domain.values import dataclass
from registry.services.answers import lookup
from registry.services.answers.index import Index
from registry.services.answers.lookup import LookUp
from registry.services.answers.matching import facts_of
from registry.services.outside import evidence
from registry.services.outside.evidence import NOTHING, Evidence
from registry.services.verdicts import publishing
from registry.services.verdicts.publishing import Published
from registry.store import dossier as store
from registry.store import rulings, tags
from registry.store.columns import id_of
from registry.store.dossier import Announced, Called, Happened, Review
from registry.store.profiles import Profile
from registry.store.tables import Tool

MOST_MENTIONS = 20
MOST_NEWS = 100


@dataclass(frozen=True)
class Dossier:
    tool: Tool | Profile
    found: LookUp
    verdicts: Sequence[Published]
    """The newest number first."""
    befell: Sequence[Happened]
    """What happened to the verdicts, oldest first."""
    evaluations: Sequence[Review]
    """The newest first."""
    aliases: Sequence[Called]
    tags: Sequence[str]
    mentions: Sequence[Announced]
    """That name one of its candidates, newest first."""
    news: Sequence[Happened]
    """What its sources told of it, newest first."""
    told_by: Mapping[int, Announced]
    """By id, the entries that the news come from."""
    evidence: Evidence
    """What other registries decided on it."""


def dossiers(
    session: Session,
    found: Sequence[Tool | Profile],
    house: House,
    *,
    now: datetime,
    edition: str = "",
    index: Index | None = None,
) -> list[Dossier]:
    """In their order, in a fixed number of queries; the look-up asks about `edition` where one is named."""
    ids, asked = [id_of(tool) for tool in found], Question(at=now, edition=edition or None)
    look_ups = lookup.check_tools(session, found, asked, house, now=now, index=index)
    rows = rulings.recorded_of(session, ids, now=now)
    known: dict[int, list[Published]] = {}
    tools = dict(zip(ids, found, strict=True))
    for each in publishing.published_of(session, rows, tools, house, now=now):
        known.setdefault(id_of(each.tool), []).append(each)
    befell: dict[int, list[Happened]] = {}
    of_verdict = {id_of(row): row.tool_id for row in rows}
    for event in store.befell(session, of_verdict.keys()):
        befell.setdefault(of_verdict[event.subject_id], []).append(event)
    cases, called, tagged = (
        store.reviews(session, ids),
        store.names(session, ids),
        tags.of_tools(session, ids),
    )
    mentions = store.mentions(session, ids, most=MOST_MENTIONS)
    news = store.news(session, ids, most=MOST_NEWS)
    told_by = store.entries(session, {_entry(event) for some in news.values() for event in some})
    told_of = [tool_id for tool_id, each in facts_of(index).about(session, ids).items() if each.others]
    others = evidence.on_tools(session, told_of, today=now.astimezone(house.zone).date(), now=now)
    return [
        Dossier(
            tool=tool,
            found=look_up,
            verdicts=known.get(tool_id, ()),
            befell=befell.get(tool_id, ()),
            evaluations=cases.get(tool_id, ()),
            aliases=called.get(tool_id, ()),
            tags=tagged.get(tool_id, ()),
            mentions=mentions.get(tool_id, ()),
            news=news.get(tool_id, ()),
            told_by={_entry(each): told_by[_entry(each)] for each in news.get(tool_id, ()) if _entry(each) in told_by},
            evidence=others.get(tool_id, NOTHING),
        )
        for tool_id, tool, look_up in zip(ids, found, look_ups, strict=True)
    ]  # fmt: skip


def _entry(event: Happened) -> int:
    return int(event.after.get("entry") or 0)
