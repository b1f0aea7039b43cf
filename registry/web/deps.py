"""What a handler may ask for: a place to read or write, the moment, the settings, and who may act.

def dismiss(candidate_id: int, reason: Text, tx: Tx, user: Triager, now: Now) -> Response: ...
"""

from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import Depends, Form, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import AfterValidator
from sqlmodel import Session

from registry.domain.errors import NotAllowed
from registry.domain.language import gettext_noop as _
from registry.domain.language import joined, worded
from registry.domain.typed import clean
from registry.domain.values import dataclass
from registry.services.answers.index import Index
from registry.services.answers.roll import Roll
from registry.services.decisions.library import KEEPERS
from registry.services.evaluations.calibration import KEEPERS as CASE_KEEPERS
from registry.services.people.acting import Actor
from registry.services.verdicts.shelf import Shelf
from registry.services.verdicts.verdict_life import SUSPENDERS
from registry.settings import Settings
from registry.store.tables import Role
from registry.web.parts import parts_of
from registry.web.viewer import (
    bearer,
    may_be_known,
    not_signed_in,
    now_of,
    require_unchanged,
    unready,
    viewer,
)
from registry.web.words import small_words


async def current_user(request: Request) -> Actor | None:
    return await run_in_threadpool(viewer, request) if may_be_known(request) else None


async def open_snapshot(request: Request) -> AsyncIterator[Session]:
    async with parts_of(request).reading() as session:
        yield session


async def open_transaction(
    request: Request, user: Annotated[Actor | None, Depends(current_user)]
) -> AsyncIterator[Session]:
    # A token that is none is told so even where anybody may act: it passed the guard against other sites.
    if user is None and bearer(request) is not None:
        raise not_signed_in(request)
    # Who is asking is known before the transaction begins, so that no second connection is wanted inside it;
    # it may have waited for one that shut them out.
    async with parts_of(request).writing(partial(require_unchanged, request)) as session:
        yield session


async def read_clock(request: Request) -> datetime:
    return now_of(request)


async def read_index(request: Request) -> Index | None:
    looked: Index | None = getattr(request.state, "index", None)  # when the request came
    if looked is not None:
        return looked
    following = parts_of(request).following
    return await run_in_threadpool(following.index) if following.may_wait else following.index()


async def read_shelf(request: Request) -> Shelf:
    shelving, now, heard = parts_of(request).shelving, now_of(request), _heard(request)
    at_hand = shelving.shelf_at_hand(now, heard) if heard is not None else None
    return at_hand if at_hand is not None else await run_in_threadpool(shelving.shelf, now, heard)


async def read_roll(request: Request) -> Roll:
    shelving, now, heard = parts_of(request).shelving, now_of(request), _heard(request)
    at_hand = shelving.roll_at_hand(now, heard) if heard is not None else None
    return at_hand if at_hand is not None else await run_in_threadpool(shelving.roll, now, heard)


def _heard(request: Request) -> int | None:
    """The newest change that was heard of; None where this request has not listened."""
    listened = getattr(request.state, "index", None) is not None
    return parts_of(request).following.written.newest if listened else None


async def read_settings(request: Request) -> Settings:
    return parts_of(request).settings


@dataclass(frozen=True)
class Right:
    """Lets in whoever holds one of the roles; a token needs the scope as well, and without one no token passes."""

    right: str
    roles: frozenset[Role]
    scope: str | None = None

    async def __call__(self, request: Request, user: Annotated[Actor | None, Depends(current_user)]) -> Actor:
        return self.let_in(request, user)

    def let_in(self, request: Request, user: Actor | None) -> Actor:
        """Raises NotSignedIn, NotAllowed and SecondFactorMissing."""
        if user is None:
            raise not_signed_in(request)
        if not user.roles & self.roles:
            told = _("This is for people with the role {role}. Ask an admin for it.")
            raise NotAllowed(worded(told, role=_either(self.roles)))
        if user.scopes is not None and (self.scope is None or self.scope not in user.scopes):
            if self.scope is None:
                raise NotAllowed(worded("This needs you in person, not a token."))
            raise NotAllowed(worded("This needs a token with the scope {scope}.", scope=self.scope))
        return user


class FirstRight(Right):
    """Lets in also whoever may do nothing else before this."""

    def let_in(self, request: Request, user: Actor | None) -> Actor:
        return super().let_in(request, user or unready(request))


def _either(roles: frozenset[Role]) -> str:
    *most, last = [small_words(role.value) for role in Role if role in roles]
    return worded("{some} or {last}", some=joined(", ", most), last=last) if most else last


Read = Annotated[Session, Depends(open_snapshot, scope="function")]
"""For GET: read-only, one moment's view, never waits for a writer."""
Tx = Annotated[Session, Depends(open_transaction, scope="function")]
"""For acts: commits before the reply leaves, rolls back when the handler raises."""
Now = Annotated[datetime, Depends(read_clock)]
House = Annotated[Settings, Depends(read_settings)]
Known = Annotated[Index | None, Depends(read_index)]
"""All ways to say a tool, in memory; None while that is made. Asked for before `Read`, which is then no older."""

Shelved = Annotated[Shelf, Depends(read_shelf)]
"""The published verdicts, in memory. Asked for before `Read`, which is then no older."""
Called = Annotated[Roll, Depends(read_roll)]
"""The tools that have an answer of their own, in memory. Asked for before `Read`, which is then no older."""

CurrentUser = Annotated[Actor | None, Depends(current_user)]
"""Whoever asks, or None."""
SignedIn = Annotated[Actor, Depends(Right("signed in", frozenset(Role), "read"))]
InPerson = Annotated[Actor, Depends(Right("one's own account", frozenset(Role)))]
"""In person, never by token: what is the person's own, and only their own."""
OwnFactor = Annotated[Actor, Depends(FirstRight("one's own second factor", frozenset(Role)))]
"""In person too, and before the roles count for which one must have it."""
TRIAGERS = frozenset({Role.REVIEWER, Role.APPROVER})
INSIDERS = TRIAGERS | {Role.AUDITOR}
Insider = Annotated[Actor, Depends(Right("see work in progress", INSIDERS, "read"))]
SourceReader = Annotated[Actor, Depends(Right("see the sources", INSIDERS | {Role.ADMIN}, "read"))]
RubricReader = Annotated[Actor, Depends(Right("see the rubrics", INSIDERS | {Role.ADMIN}, "read"))]
Triager = Annotated[Actor, Depends(Right("triage", TRIAGERS, "triage"))]
Reviewer = Annotated[Actor, Depends(Right("score", frozenset({Role.REVIEWER}), "score"))]
Approver = Annotated[Actor, Depends(Right("decide", frozenset({Role.APPROVER})))]
Decider = Annotated[
    Actor, Depends(Right("decide, or the quick lane", frozenset({Role.REVIEWER, Role.APPROVER})))
]
"""In person, never by token; which reviewer may, in the quick lane, is services/decisions/decider.py's to say."""
CaseReader = Annotated[Actor, Depends(Right("see reference cases", INSIDERS | {Role.ADMIN}, "read"))]
CaseKeeper = Annotated[Actor, Depends(Right("keep reference cases", CASE_KEEPERS, "score"))]
CONDITION_READERS = INSIDERS | {Role.ADMIN}
ConditionReader = Annotated[Actor, Depends(Right("see the conditions", CONDITION_READERS, "read"))]
ConditionKeeper = Annotated[Actor, Depends(Right("conditions", KEEPERS, "conditions"))]
Suspender = Annotated[Actor, Depends(Right("suspend", SUSPENDERS))]
SourceKeeper = Annotated[Actor, Depends(Right("sources", frozenset({Role.ADMIN}), "sources"))]
RubricKeeper = Annotated[Actor, Depends(Right("rubrics and offices", frozenset({Role.ADMIN}), "settings"))]
HookKeeper = Annotated[Actor, Depends(Right("webhooks and the outbox", frozenset({Role.ADMIN}), "settings"))]
Admin = Annotated[Actor, Depends(Right("people and settings", frozenset({Role.ADMIN})))]
Auditor = Annotated[Actor, Depends(Right("audit", frozenset({Role.ADMIN, Role.AUDITOR}), "audit"))]


Plain = Annotated[str, AfterValidator(clean)]
"""Text of the API: in an address `Annotated[Plain, Query(...)]`, in a body `note: Plain = ""`."""
Text = Annotated[str, Form(), AfterValidator(clean)]
"""One field of a form: `name: Text = ""`. Its rules are the service's, which answers with InvalidInput."""
Secret = Annotated[str, Form()]
"""A password, just as it was typed."""
Several = Annotated[tuple[str, ...], Form()]
"""Checkboxes or a multiple choice: `roles: Several = ()`."""
Asked = Annotated[str, Query(), AfterValidator(clean)]
"""One parameter of an address, as somebody may have typed it: `q: Asked = ""`."""
Slug = Annotated[str, Path(max_length=120), AfterValidator(clean)]
"""A tool's name in an address."""
RowId = Annotated[int, Path(ge=1, le=2**31 - 1)]
"""An id in an address: what no row can have is 404, as everything that is not there."""
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
"""A verdict's number in an address."""
