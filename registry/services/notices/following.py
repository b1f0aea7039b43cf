"""Following by mail: asked for by anybody, begun by whoever reads the address's mail, ended with one click.

An address is personal data: it stands in its row alone, in no event and no log line, and goes with the row.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from registry.domain.errors import RuleBroken
from registry.domain.language import worded
from registry.services.notices import links, outbox
from registry.services.notices.addresses import fold
from registry.settings import Settings
from registry.store import followers
from registry.store import outbox as store
from registry.store.columns import id_of
from registry.store.engine import serialise
from registry.store.tables import Channel, DeliveryKind, Follower

PATIENCE = timedelta(days=7)
"""An address that nobody confirmed is forgotten after so long."""
MOST_ASKED = 5
"""Mails that one address is asked by within a day, whoever gives it."""
MOST_FOLLOWED = 50
"""By one address; beyond them nothing more is asked."""
KIND = "follow"


def ask(session: Session, *, address: str, wanted: str, weekly: bool, now: datetime) -> None:
    """Have an address asked by mail whether it wants to follow. What follows already is told so, by mail alone.

    `wanted` is a query of the list. Nothing tells the caller whether the address was known, or was asked too often.
    Raises InvalidInput for what is no address.
    """
    folded = fold(address)
    serialise(session, "follower")
    if store.asked_since(session, folded, now - timedelta(days=1)) >= MOST_ASKED:
        return
    row = followers.find(session, folded, wanted)
    if row is None:
        if len(followers.of_address(session, folded)) >= MOST_FOLLOWED:
            return
        nonce = secrets.token_hex(16)
        row = Follower(address=folded, wanted=wanted, weekly=weekly, nonce=nonce, asked_at=now)
        session.add(row)
    elif row.confirmed_at is None:
        row.weekly, row.asked_at = weekly, now
    session.flush()
    outbox.write(session, Channel.MAIL, DeliveryKind.CONFIRM, follower_id=id_of(row), now=now)


def require_mail(settings: Settings) -> None:
    """Raises RuleBroken where mails go nowhere: nobody shall wait for one."""
    if not settings.mails:
        raise RuleBroken(worded("This registry sends no mail. Follow by feed instead: /feeds says how."))


def by_link(session: Session, token: str, *, secret: bytes) -> Follower:
    """Whom a link in a mail was made for. Raises NotFound."""
    row = session.get(Follower, links.row_in(token))
    if row is None or not links.proves(token, KIND, id_of(row), row.nonce, secret):
        raise links.unknown()
    return row


def token_of(row: Follower, *, secret: bytes) -> str:
    return links.token_of(KIND, id_of(row), row.nonce, secret)


def all_of(session: Session, row: Follower) -> Sequence[Follower]:
    """All that the same address follows; of one that is not confirmed yet, itself alone."""
    if row.confirmed_at is None:
        return [row]
    return [each for each in followers.of_address(session, row.address) if each.confirmed_at is not None]


def confirm(row: Follower, *, now: datetime) -> None:
    """From now on. To confirm twice changes nothing."""
    if row.confirmed_at is None:
        row.confirmed_at = now


def choose(session: Session, row: Follower, *, weekly: bool, now: datetime) -> None:
    """Each notice by itself, or all of a week together; what was gathered goes out at once where it is each."""
    row.weekly = weekly
    gathered = store.waiting_digest(session, id_of(row), now)
    if gathered is not None and not weekly:
        gathered.due_at = now


def leave(session: Session, rows: Sequence[Follower]) -> None:
    """Forget them: address, what was sent, and what was to be sent."""
    store.forget(session, follower_ids=[id_of(each) for each in rows])
    for each in rows:
        session.delete(each)
    session.flush()


def forget_unconfirmed(session: Session, now: datetime) -> int:
    """Addresses that were asked a week ago and never said yes."""
    rows = followers.unconfirmed(session, now - PATIENCE)
    leave(session, rows)
    return len(rows)
