"""A colleague asks for a tool: the request joins a tool or a candidate, or makes one, and can be followed by a link."""

import hashlib
import hmac
import secrets
from datetime import datetime

from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.identity import name_key
from registry.domain.language import worded
from registry.domain.triage import CandidateStatus
from registry.domain.values import dataclass
from registry.services.candidates import triage
from registry.services.candidates.waking import wake_much_spoken_of
from registry.services.entries.keys import product_key
from registry.services.entries.ownership import standing, tools_by_link
from registry.services.evaluations.assigning import heed_request
from registry.services.notices import steps
from registry.services.people.acting import Actor, record
from registry.store import candidates, requests, tools
from registry.store.columns import id_of
from registry.store.engine import serialise, write_one
from registry.store.tables import Candidate, Request, Tool


@dataclass(frozen=True)
class Requested:
    request: Request
    secret: str
    """For the link by which the requester follows it; told once, and only its keyed hash is stored."""
    candidate: Candidate | None
    tool: Tool | None


def request_tool(
    session: Session,
    *,
    name: str,
    purpose: str,
    by: Actor,
    secret: bytes,
    now: datetime,
    homepage: str = "",
    data_class: str = "",
    needed_by: str = "",
    contact: str = "",
    solo: bool = False,
) -> Requested:
    """Record what a colleague asks for. `secret` is the registry's own key. Raises InvalidInput.

    It joins the tool or candidate that the address belongs to, a tool of exactly this name, or what others asked
    for by the same name when neither gave an address; else it makes a candidate.
    """
    name, purpose = " ".join(name.split()), purpose.strip()
    homepage = _checked(name, homepage, purpose)
    serialise(session, "candidates")
    tool = _known_tool(session, name, homepage)
    candidate = (
        None
        if tool
        else candidate_for(session, name=name, homepage=homepage, method="request", by=by, now=now)
    )
    token = secrets.token_urlsafe(24)
    request = Request(
        candidate_id=candidate.id if candidate else None,
        first_candidate_id=candidate.id if candidate else None,
        tool_id=tool.id if tool else None,
        user_id=by.id,
        contact=contact.strip()[:200],
        purpose=purpose[:2000],
        data_class=data_class.strip()[:40],
        needed_by=needed_by.strip()[:80],
        digest=digest(token, secret),
        at=now,
    )
    write_one(session, request)
    after = {"candidate": request.candidate_id, "tool": request.tool_id, "name": name}
    record(session, "tool.requested", ("request", request.id), by=by, now=now, after=after)
    if tool is not None and by.id is not None:
        heed_request(session, id_of(tool), solo=solo, by=by, now=now)
    if candidate is not None and candidate.status is CandidateStatus.WATCH:
        wake_much_spoken_of(session, [id_of(candidate)], now)
    return Requested(request, token, candidate, tool)


def follow(session: Session, token: str, *, secret: bytes) -> Requested:
    """The request that a follow-up link stands for, with where it stands now; links of mails are others than the one
    that was shown. Raises NotFound."""
    request = steps.by_link(session, token, secret=secret)
    if request is None:
        request = requests.get_by_digest(session, digest(token, secret))
    candidate = candidates.get(session, request.candidate_id) if request.candidate_id else None
    tool_id = request.tool_id or (candidate.tool_id if candidate else None)
    return Requested(request, token, candidate, tools.get_by_id(session, tool_id) if tool_id else None)


def digest(token: str, secret: bytes) -> str:
    return hmac.new(secret, b"request:" + token.encode(), hashlib.sha256).hexdigest()


def _checked(name: str, homepage: str, purpose: str) -> str:
    """The home page as it is kept."""
    faults = {}
    if not name_key(name) or len(name) > 120:
        faults["name"] = worded("must say what the tool is called, in at most 120 characters")
    if not purpose:
        faults["purpose"] = worded("must be said in a sentence or two")
    try:
        homepage = triage.address(homepage)
    except InvalidInput:
        faults["homepage"] = worded("must be a web address, such as https://example.org")
    if faults:
        raise InvalidInput(worded("The request lacks something. Complete what is marked."), faults)
    return homepage


def _known_tool(session: Session, name: str, homepage: str) -> Tool | None:
    if homepage:
        alias = tools_by_link(session, [homepage]).get(homepage)
        tool_id = alias.tool_id if alias else None
    else:
        tool_id = tools.find_id_by_name(session, name_key(name))
    return tools.get_by_id(session, tool_id) if tool_id is not None else None


def candidate_for(
    session: Session, *, name: str, homepage: str, method: str, by: Actor, now: datetime
) -> Candidate:
    """The candidate that has this home page, or where none is given the open one of this name; else a new one."""
    identity = product_key(homepage, name)
    known = candidates.find_by_identity(session, identity)
    if known is None and not homepage:
        known = candidates.find_open_named(session, name_key(name))
    if known is not None:
        return standing(session, known)
    return triage.make_candidate(
        session,
        name=name,
        homepage=homepage[:2000],
        identity=identity,
        tagline="",
        method=method,
        by=by,
        now=now,
    )
