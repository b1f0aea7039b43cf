"""Whom the demo's office tells of changes: colleagues by mail, its chat, and a desk that is there no more."""

from datetime import datetime, timedelta

from sqlmodel import Session

from registry.demo.ground import Ground
from registry.demo.publisher import CHAT
from registry.services.notices import following, hooks, outbox, work_mails
from registry.services.notices.outbox import Reply
from registry.settings import Settings
from registry.store import followers
from registry.store import outbox as store
from registry.store.columns import id_of
from registry.store.tables import Channel, Delivery, Role, WorkMails

FOLLOWERS = (
    ("lotte.brandt@office.example", "", True),
    ("hugo.maske@office.example", "outcome=rejected", False),
)
"""Address, what is followed, whether a week in one mail."""
WORKING = ("rosa", "amir")
"""Who is told at once of what waits for them; the others each morning."""
BUSY = Reply(False, 503, "The chat is being updated. Try again later.", for_good=True)
"""As it would be after three days and a half."""


def prepare(session: Session, ground: Ground, settings: Settings, feeds_url: str, *, now: datetime) -> None:
    """Followers, a webhook that works with one message that was given up, and one that was switched off."""
    admin = next(each for each in ground.people.values() if Role.ADMIN in each.roles)
    begun = now - timedelta(days=20)
    for address, wanted, weekly in FOLLOWERS:
        following.ask(session, address=address, wanted=wanted, weekly=weekly, now=begun)
    session.flush()
    for follower in followers.unconfirmed(session, now):
        following.confirm(follower, now=begun + timedelta(hours=2))
    for asked in store.deliveries(session)[::-1]:
        _done(session, asked, Reply(True, None, "Put into the folder of mails."), begun)
    chat, _ = hooks.add(
        session, url=f"{feeds_url}{CHAT}", note="The office’s chat", settings=settings, by=admin, now=begun
    )
    taken = Reply(True, 200, "OK")
    for days, reply in ((0, taken), (9, BUSY), (12, taken)):
        at = begun + timedelta(days=days)
        _done(session, hooks.send_test(session, id_of(chat), by=admin, now=at), reply, at)
    desk, _ = hooks.add(
        session,
        url="https://desk.example/registry",
        wanted="outcome=rejected",
        note="The help desk that was",
        settings=settings,
        by=admin,
        now=begun,
    )
    at = begun + timedelta(days=3)
    gone = Reply(False, outbox.GONE, "Gone", for_good=True)
    _done(session, hooks.send_test(session, id_of(desk), by=admin, now=at), gone, at)

    for each in WORKING:
        person = ground.people[each]
        work_mails.choose(session, person.person_id, WorkMails.AT_ONCE, by=person, now=begun)


def _done(session: Session, row: Delivery, reply: Reply, at: datetime) -> None:
    [claim] = outbox.claim(session, Channel(row.channel), owner="demo", now=at, limit=1)
    outbox.settle(session, claim, reply, at)
