"""From a notice that became public to what is to be sent: one delivery for everybody who follows it.

The notice was written in the transaction of its act. This writes all its deliveries, and that it did, in one
transaction: nobody is told twice, nobody is left out, and nothing is told that was not stored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta, tzinfo
from typing import Any
from urllib.parse import urlencode

from sqlmodel import Session

from registry.domain.lookup import House
from registry.domain.outcome import MEANINGS
from registry.publish.formats import FORMATS
from registry.services.notices import outbox
from registry.services.notices.wanted import as_filter, kinds_of
from registry.services.people.house import house
from registry.services.verdicts.listing import saying
from registry.services.verdicts.publishing import Published, published
from registry.services.verdicts.shelf import Judges, Shelf
from registry.settings import Settings
from registry.store import followers, news, rubrics, verdicts
from registry.store import outbox as store
from registry.store import shelf as shelves
from registry.store.columns import id_of
from registry.store.engine import serialise, write_all
from registry.store.tables import Channel, Delivery, DeliveryKind, Follower, Notice, ToldNotice, Webhook

MOST_NOTICES = 50
MOST_WRITTEN = 2_000
"""Deliveries in one transaction, but for those of its last notice."""
DIGEST_DAY, DIGEST_HOUR = 0, 7
"""Monday, at seven in the organisation's time zone."""


def anything(session: Session, now: datetime) -> bool:
    """Whether `spread` would write anything."""
    return bool(news.untold(session, now, 1))


def spread(session: Session, settings: Settings, now: datetime) -> int:
    """Write the deliveries of some of the notices that became public; gives how many notices, 0 when all are done.

    Who began to follow after a notice became public is not told of it.
    """
    serialise(session, "spreading")
    rows = news.untold(session, now, MOST_NOTICES)
    if not rows:
        return 0
    spreading = _Spreading(session, settings, rows, now)
    done = 0
    for row in rows:
        number = spreading.tell(row)
        session.add(ToldNotice(notice_number=number, at=now))
        done += 1
        if len(spreading.written) >= MOST_WRITTEN:
            break
    write_all(session, Delivery, spreading.written)
    session.flush()
    return done


class _Spreading:
    def __init__(self, session: Session, settings: Settings, rows: Sequence[Notice], now: datetime) -> None:
        self._session, self._settings, self._now = session, settings, now
        self._house: House = house(session, settings)
        self._followers: Sequence[Follower] = followers.confirmed(session, now)
        self._webhooks: Sequence[Webhook] = [
            each for each in followers.webhooks(session) if each.disabled_at is None
        ]
        found = verdicts.by_ids(session, {row.verdict_id for row in rows})
        known = published(session, list(found.values()), self._house, now=now)
        self._verdicts: Mapping[int, Published] = dict(zip(found, known, strict=True))
        facts = shelves.facts(session, now=now, zone=settings.zone, tool_ids={row.tool_id for row in rows})
        self._facts = {each.id: each for each in facts}
        self._judges = Judges(*rubrics.judges(session))
        weekly = [id_of(each) for each in self._followers if each.weekly]
        self._digests: dict[int, Delivery | dict[str, Any]] = dict(
            store.waiting_digests(session, weekly, now)
        )
        self._pinged = store.pinged(session)
        self._next_digest = next_digest(now, settings.zone)
        self.written: list[dict[str, Any]] = []

    def tell(self, row: Notice) -> int:
        """Gives the notice's number."""
        assert row.number is not None
        shelf = Shelf([replace(self._facts[row.verdict_id], state=row.state)])  # as it was with this notice
        wanted: dict[str, bool] = {}
        for each in self._followers:
            if (
                each.confirmed_at
                and each.confirmed_at <= row.updated_at
                and self._wants(each.wanted, row, shelf, wanted)
            ):
                self._mail(each, row.number)
        for hook in self._webhooks:
            if hook.created_at <= row.updated_at and self._wants(hook.wanted, row, shelf, wanted):
                self._write(Channel.WEBHOOK, DeliveryKind.NOTICE, webhook_id=hook.id, notices=[row.number])
        if self._settings.websub_hub:
            tagged = self._facts[row.verdict_id].tags
            for topic in topics_of(self._verdicts[row.verdict_id], tagged, self._settings.base_url):
                if topic not in self._pinged:
                    self._pinged.add(topic)
                    self._write(Channel.HUB, DeliveryKind.PING, about=topic)
        return row.number

    def _wants(self, query: str, row: Notice, shelf: Shelf, known: dict[str, bool]) -> bool:
        """Many follow the same."""
        if query not in known:
            wanted = as_filter(query)
            kinds = kinds_of(query)
            says = saying(self._session, shelf, wanted.text)
            known[query] = (not kinds or row.kind in kinds) and bool(
                shelf.find(wanted, self._house, self._judges, says)
            )
        return known[query]

    def _mail(self, follower: Follower, number: int) -> None:
        if not follower.weekly:
            self._write(Channel.MAIL, DeliveryKind.NOTICE, follower_id=follower.id, notices=[number])
            return
        digest = self._digests.get(id_of(follower))
        if digest is None:
            self._digests[id_of(follower)] = self._write(
                Channel.MAIL,
                DeliveryKind.DIGEST,
                follower_id=follower.id,
                notices=[number],
                due_at=self._next_digest,
            )
        elif isinstance(digest, Delivery):
            digest.notices = [*digest.notices, number]
        else:
            digest["notices"] = [*digest["notices"], number]

    def _write(self, channel: Channel, kind: DeliveryKind, **values: Any) -> dict[str, Any]:
        made = outbox.row_of(channel, kind, now=self._now, **values)
        self.written.append(made)
        return made


def topics_of(each: Published, tagged: Sequence[str], base_url: str) -> list[str]:
    """The feeds that the hub is told of: the whole one, the tool's, and those of each single facet of the verdict.

    A combination of facets is nobody's topic: there are too many of them.
    """
    row, tool = each.row, each.tool
    outcomes = dict.fromkeys([row.outcome, MEANINGS[row.outcome].group])
    facets = [
        *(("outcome", outcome.value) for outcome in outcomes),
        *([("category", tool.category)] if tool.category else []),
        *(("tag", tag) for tag in tagged),
        *(("office", office) for office in row.offices),
    ]
    paths = ["/feeds/verdicts.{}", f"/tools/{tool.slug}/verdicts.{{}}"]
    paths += [f"/feeds/verdicts.{{}}?{urlencode([facet]).replace('{', '%7B')}" for facet in facets]
    return [base_url + path.format(ending) for path in paths for ending in FORMATS]


def next_digest(now: datetime, zone: tzinfo) -> datetime:
    """The next Monday morning in the organisation's time zone."""
    local = now.astimezone(zone)
    day = local.date() + timedelta(days=(DIGEST_DAY - local.weekday()) % 7)
    found = datetime.combine(day, time(DIGEST_HOUR), zone)
    if found <= local:
        found = datetime.combine(day + timedelta(days=7), time(DIGEST_HOUR), zone)
    return found.astimezone(now.tzinfo)
