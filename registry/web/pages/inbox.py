"""The list of candidates, with acts on several at once; acts on one stand in candidates.py."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Cookie, Request, Response
from sqlmodel import Session
from starlette.datastructures import QueryParams

from registry.domain.errors import InvalidInput, NotFound, RegistryError, RuleBroken, StaleVersion
from registry.domain.triage import CandidateStatus, DismissReason
from registry.services import triage
from registry.store import candidates
from registry.web.deps import Insider, Now, Read, Several, Text, Triager, Tx
from registry.web.pages.inbox_view import Wanted, as_wanted, inbox_page, number
from registry.web.parts import parts_of
from registry.web.render import go, local_path, render
from registry.web.shapes import Form

router = APIRouter(prefix="/inbox")
KEYS_COOKIE = "keys"
Keys = Annotated[str, Cookie(alias=KEYS_COOKIE)]
YEAR_S = 365 * 86_400


@router.get("")
def show_inbox(
    request: Request, read: Read, user: Insider, now: Now, done: str = "", keys: Keys = ""
) -> Response:
    acted = [each for each in map(number, done.split(",")) if each is not None]
    page = inbox_page(
        read, as_wanted(request.query_params), user=user, now=now, keys=keys != "off", done=acted
    )
    return render(request, "inbox/list.html", page)


@router.post("/bulk")
def act_on_several(
    request: Request,
    tx: Tx,
    user: Triager,
    now: Now,
    act: Text = "",
    ids: Several = (),
    reason: Text = "",
    back: Text = "",
    keys: Keys = "",
) -> Response:
    """All of them or none: where one cannot be acted on, nothing is done, and it comes back unticked with why."""
    read_as = [(each, *_read_as(each)) for each in ids[:200]]
    kept, refused = [], []
    try:
        if act not in ("accept", "dismiss"):
            raise InvalidInput("Choose what to do with them: accept or dismiss.")
        if not ids:
            raise InvalidInput(
                "Tick at least one candidate first.", {"ids": "Tick at least one candidate first."}
            )
        if act == "dismiss" and reason not in set(DismissReason):
            raise InvalidInput("Say why you dismiss them.", {"reason": "Say why you dismiss them."})
        with tx.begin_nested():
            for typed, candidate_id, version in read_as:
                try:
                    with tx.begin_nested():
                        if act == "accept":
                            triage.accept(tx, candidate_id, version=version, by=user, now=now)
                        else:
                            why = DismissReason(reason)
                            triage.dismiss(tx, candidate_id, version=version, reason=why, by=user, now=now)
                    kept.append(typed)
                except (RuleBroken, StaleVersion, NotFound) as error:
                    refused.append(f"{_name(tx, candidate_id)}: {error.sentence}")
            if refused:
                raise RuleBroken("Nothing was done.")
    except (InvalidInput, RuleBroken) as error:
        faults = error.faults if isinstance(error, InvalidInput) else {}
        bulk = Form({"ids": tuple(kept) or (() if refused else ids), "reason": reason}, faults)
        page = inbox_page(
            tx,
            _wanted_in(back),
            user=user,
            now=now,
            keys=keys != "off",
            bulk=bulk,
            refused=refused or [error.sentence],
        )
        return render(request, "inbox/list.html", page, status=409 if refused else 422)
    return go(with_done(back, [candidate_id for _, candidate_id, _ in read_as]))


@router.post("/undo")
def undo(tx: Tx, user: Triager, now: Now, ids: Several = (), back: Text = "") -> Response:
    """Makes dismissed, watched and merged candidates new again. Refused whole where one of them cannot be."""
    wanted = [each for each in map(number, ids) if each is not None]
    for candidate_id in wanted:
        if candidates.get(tx, candidate_id).status is CandidateStatus.MERGED:
            triage.unmerge(tx, candidate_id, by=user, now=now)
        else:
            triage.reopen(tx, candidate_id, by=user, now=now)
    return go(with_done(back, wanted))


@router.post("/keys")
def switch_keys(request: Request, _user: Insider, on: Text = "", back: Text = "") -> Response:
    reply = go(_inside(back))
    secure = parts_of(request).secure
    value = "on" if on else "off"
    reply.set_cookie(KEYS_COOKIE, value, max_age=YEAR_S, httponly=True, samesite="lax", secure=secure)
    return reply


def with_done(back: str, ids: Sequence[int]) -> str:
    """The page an act came from, told which candidates were acted on."""
    path, _, query = _inside(back).partition("?")
    kept = "&".join(part for part in query.split("&") if part and not part.startswith("done="))
    done = f"done={','.join(map(str, ids))}" if ids else ""
    query = "&".join(part for part in (kept, done) if part)
    return f"{path}?{query}" if query else path


def _inside(back: str) -> str:
    path = local_path(back, "/inbox")
    return path if path.split("?")[0].split("/")[1:2] == ["inbox"] else "/inbox"


def _wanted_in(back: str) -> Wanted:
    try:
        return as_wanted(QueryParams(parse_qsl(urlsplit(_inside(back)).query)))
    except InvalidInput:
        return Wanted()


def _read_as(typed: str) -> tuple[int, int]:
    """Id and version of `12:3`; zeros, which nothing has, for anything else."""
    candidate_id, _, version = typed.partition(":")
    return number(candidate_id) or 0, number(version) or 0


def _name(session: Session, candidate_id: int) -> str:
    try:
        return f"“{candidates.get(session, candidate_id).name}”"
    except RegistryError:
        return f"Candidate {candidate_id}"
