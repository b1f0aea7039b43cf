"""One's own account as its page and the API both tell it."""

from collections.abc import Sequence
from datetime import datetime

from fastapi import Request
from sqlmodel import Session

from registry.domain.language import gettext_noop as _
from registry.domain.language import worded
from registry.domain.values import dataclass
from registry.services.notices.work_mails import FEW
from registry.services.people import sign_in
from registry.services.people.api_tokens import SCOPES
from registry.store import sign_ins
from registry.store.tables import Role, SignInWay, WorkMails
from registry.web.shapes import Option
from registry.web.viewer import now_of
from registry.web.visiting import present_session

SCOPE_WORDS = {
    "read": _("Read what you may read"),
    "request": _("Request tools and report"),
    "triage": _("Triage candidates and run evaluations"),
    "score": _("Score"),
    "conditions": _("Look after conditions"),
    "sources": _("Look after sources"),
    "settings": _("Look after rubrics, offices and webhooks"),
    "audit": _("Read the audit log"),
}

WORK_MAIL_WORDS = {
    WorkMails.AT_ONCE: _("At once"),
    WorkMails.DAILY: _("Once a day, at seven in the morning"),
    WorkMails.NONE: _("Not by mail"),
}

AT_ONCE_MEANS = _(
    "{n} mails within an hour at most; what follows them comes in one mail when that hour is over."
)


@dataclass(frozen=True)
class Here:
    """A session as its person is told of it."""

    name: str
    how: SignInWay
    device: str
    place: str
    since: datetime
    seen: datetime
    expires: datetime
    here: bool
    """Whether it is the one that asks."""


def sessions_of(request: Request, session: Session, user_id: int) -> list[Here]:
    """The one that asks first, then the latest used."""
    now, present = now_of(request), present_session(request)
    found = [
        Here(
            name=sign_in.name_of(each),
            how=each.how,
            device=each.device,
            place=each.place,
            since=each.created_at,
            seen=each.seen_at,
            expires=each.expires_at,
            here=sign_in.name_of(each) == present,
        )
        for each in sign_ins.sessions_of(session, user_id, now)
    ]
    return sorted(found, key=lambda each: not each.here)


def scope_options(roles: frozenset[Role]) -> Sequence[Option]:
    """What a token of somebody with these roles may be for; the words are marked for the catalogues."""
    return [Option(scope, SCOPE_WORDS[scope]) for scope, holders in SCOPES.items() if roles & holders]


def work_mail_options() -> Sequence[Option]:
    hints = {WorkMails.AT_ONCE: worded(AT_ONCE_MEANS, n=FEW)}
    return [Option(when.value, worded(words), hints.get(when, "")) for when, words in WORK_MAIL_WORDS.items()]
