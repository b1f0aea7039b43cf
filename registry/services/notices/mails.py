"""What is written in each mail, made when it is sent from what stands in the store then."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage
from urllib.parse import urlsplit

from sqlmodel import Session

from registry.domain.language import gettext_noop as _
from registry.domain.language import joined, said, worded, worded_n
from registry.domain.values import dataclass
from registry.publish.mail import Envelope, Letter, write
from registry.services.notices import following, steps, telling, work_mails
from registry.services.notices.wanted import sentence_of
from registry.services.people import invitations, losing
from registry.settings import Settings
from registry.store.tables import Delivery, DeliveryKind, Follower, Request, User


@dataclass(frozen=True)
class Mail:
    to: str
    message: EmailMessage


def mail_of(session: Session, row: Delivery, settings: Settings, now: datetime) -> Mail | str:
    """The mail; or why there is nothing to say any more, in a sentence."""
    if row.request_id is not None:
        return _of_request(session, row, session.get_one(Request, row.request_id), settings, now)
    if row.kind is DeliveryKind.SIGN_IN:
        return _link(session, row, settings, now)
    if row.kind is DeliveryKind.FACTOR_RESET:
        told = losing.letter_of(session, row, settings)
        return _to_person(row, *told, settings, now) if told else "The account is disabled."
    if row.kind is DeliveryKind.SIGN_IN_CHANGED:
        changed = losing.letter_of_change(session, row, settings)
        return _to_person(row, *changed, settings, now) if changed else "The account is disabled."
    if row.kind is DeliveryKind.WORK:
        return _of_work(session, row, settings, now)
    follower = session.get_one(Follower, row.follower_id)
    if row.kind is DeliveryKind.CONFIRM:
        return _sealed(row, follower, _asking(session, follower, settings), settings, now)
    if follower.confirmed_at is None:
        return "The address has not been confirmed."
    items = telling.items_of(session, row.notices, settings)
    if not items:
        return "What it told was taken back."
    letter = (_digest if row.kind is DeliveryKind.DIGEST else _single)(session, follower, items, settings)
    return _sealed(row, follower, letter, settings, now)


def manage_url(follower: Follower, settings: Settings) -> str:
    return f"{settings.base_url}/follow/{following.token_of(follower, secret=settings.secret)}"


def _asking(session: Session, follower: Follower, settings: Settings) -> Letter:
    what, url = sentence_of(session, follower.wanted), manage_url(follower, settings)
    if follower.confirmed_at is not None:
        return Letter(
            worded("You follow this already: {registry}", registry=settings.name),
            [
                worded(
                    "Somebody, probably you, asked to follow {what}. This address does so already.", what=what
                )
            ],
            action=(worded("Change or end it"), url),
            closing=[worded("If it was not you, there is nothing to do.")],
        )
    weekly = _("Somebody, probably you, asked that this address be told once a week of {what}.")
    each = _("Somebody, probably you, asked that this address be told whenever something changes of {what}.")
    return Letter(
        worded("Please confirm: follow {registry}", registry=settings.name),
        [
            worded(weekly if follower.weekly else each, what=what),
            worded("You are told of nothing until you say yes on this page:"),
        ],
        action=(worded("Yes, tell me"), url),
        closing=[
            worded(
                "If it was not you, do nothing: the address is forgotten after seven days, and no other mail comes."
            )
        ],
    )


def _single(
    session: Session, follower: Follower, items: Sequence[telling.Told], settings: Settings
) -> Letter:
    first = items[0]
    return Letter(
        first.item.title,
        [],
        [each.item for each in items],
        closing=[_why(session, follower)],
        links=_ends(follower, settings),
    )


def _digest(
    session: Session, follower: Follower, items: Sequence[telling.Told], settings: Settings
) -> Letter:
    count = len(items)
    changes = worded_n("{n} change this week", "{n} changes this week", count)
    subject = joined(": ", [settings.name, changes])
    opening = [
        worded("One thing changed since the mail before, oldest first.")
        if count == 1
        else worded("{n} things changed since the mail before, oldest first.", n=count)
    ]
    return Letter(
        subject,
        opening,
        [each.item for each in items],
        closing=[_why(session, follower)],
        links=_ends(follower, settings),
    )


def _why(session: Session, follower: Follower) -> str:
    what = sentence_of(session, follower.wanted)
    return worded("You get this because this address follows {what}.", what=what)


def _ends(follower: Follower, settings: Settings) -> Sequence[tuple[str, str]]:
    url = manage_url(follower, settings)
    return ((worded("Change how often"), url), (worded("Leave"), f"{url}/leave"))


def _sealed(row: Delivery, follower: Follower, letter: Letter, settings: Settings, now: datetime) -> Mail:
    """With the headers of the list."""
    host = urlsplit(settings.base_url).hostname or "localhost"
    envelope = Envelope(
        to=follower.address,
        sender=sender_of(settings),
        sender_name=settings.name,
        message_id=message_id(row, settings),
        date=now,
        list_name=settings.name,
        list_id=f"verdicts.{host}",
        leave_url=f"{manage_url(follower, settings)}/leave",
    )
    return Mail(follower.address, write(_spoken(letter, settings), envelope))


def _of_request(
    session: Session, row: Delivery, request: Request, settings: Settings, now: datetime
) -> Mail | str:
    to = steps.address_of(session, request)
    if not to:
        return "The requester left no address, or wants no mail."
    letter = steps.letter_of(session, request, row.about, settings, now)
    if letter is None:
        return "It had changed again before its turn came."
    envelope = Envelope(
        to=to,
        sender=sender_of(settings),
        sender_name=settings.name,
        message_id=message_id(row, settings),
        date=now,
        leave_url=f"{steps.url_of(request, settings)}/leave",
    )
    return Mail(to, write(_spoken(letter, settings), envelope))


def _spoken(letter: Letter, settings: Settings) -> Letter:
    """In the registry's language; what it tells of notices is said in it already."""
    language = settings.words

    def every(texts: Iterable[str]) -> list[str]:
        return [said(each, language) for each in texts]

    return replace(
        letter,
        subject=said(letter.subject, language),
        opening=every(letter.opening),
        items=[
            replace(each, title=said(each.title, language), paragraphs=every(each.paragraphs))
            for each in letter.items
        ],
        action=(said(letter.action[0], language), letter.action[1]) if letter.action else None,
        closing=every(letter.closing),
        links=[(said(words, language), url) for words, url in letter.links],
        language=settings.language,
    )


def _link(session: Session, row: Delivery, settings: Settings, now: datetime) -> Mail | str:
    told = invitations.letter_of(session, row, settings, now)
    if told is None:
        return "The link was used, has expired, or was replaced by another."
    return _to_person(row, *told, settings, now)


def _of_work(session: Session, row: Delivery, settings: Settings, now: datetime) -> Mail | str:
    told = work_mails.letter_of(session, row, settings, now)
    return told if isinstance(told, str) else _to_person(row, *told, settings, now)


def _to_person(row: Delivery, user: User, letter: Letter, settings: Settings, now: datetime) -> Mail:
    envelope = Envelope(
        to=user.email,
        sender=sender_of(settings),
        sender_name=settings.name,
        message_id=message_id(row, settings),
        date=now,
    )
    return Mail(user.email, write(_spoken(letter, settings), envelope))


def sender_of(settings: Settings) -> str:
    """Where mails are only put into a folder, no address need be set."""
    return settings.smtp_sender or "registry@localhost"


def message_id(row: Delivery, settings: Settings) -> str:
    return f"{row.uid}@{sender_of(settings).partition('@')[2]}"
