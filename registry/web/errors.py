"""One table from refusal to status, and the two ways to tell it: a problem document (RFC 9457), or a page."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from registry.domain import errors
from registry.domain.errors import InvalidInput, NotFound, NotSignedIn, RegistryError, SecondFactorMissing
from registry.domain.language import gettext_noop as _
from registry.domain.language import joined, said, worded
from registry.domain.values import dataclass
from registry.store.trouble import has_no_room, is_unreachable
from registry.web.headers import HEADERS
from registry.web.methods import hides_others, methods_of, route_of
from registry.web.parts import parts_of
from registry.web.refused import on_record
from registry.web.render import local_path, render
from registry.web.request_id import current
from registry.web.schemas import Problem
from registry.web.shapes import Fault, Link
from registry.web.viewer import bearer, forget_viewer

logger = logging.getLogger(__name__)

STATUSES: Mapping[type[RegistryError], int] = {
    errors.NotFound: 404,
    errors.RuleBroken: 409,
    errors.StaleVersion: 412,
    errors.NotSignedIn: 401,
    errors.NotAllowed: 403,
    errors.SignInRefused: 400,
    errors.InvalidInput: 422,
    errors.TooOften: 429,
    errors.RubricInvalid: 422,
    errors.UnknownCriterion: 422,
    errors.RatingOutOfRange: 422,
    errors.NoScorecards: 409,
}
"""Anything else is 400."""

SENTENCES: Mapping[int, str] = {
    400: _("What was sent cannot be read. Go back, look at it, and send it again."),
    404: _("There is no such page. The address may have been typed wrongly, or the page has moved."),
    405: _("This address does not take {method} requests; it takes {allowed}."),
    413: _("That is more than this address takes in one go. Send less."),
    429: _("Too much is being sent here at once. Wait a moment, then send it again."),
    503: _("The database does not answer at the moment. This mostly passes within a minute."),
    507: _(
        "Nothing can be written just now: the disk is full. Reading goes on; what you sent was not stored."
    ),
}
TITLES: Mapping[int, str] = {
    400: _("There is a problem with what was sent"),
    403: _("You may not do this"),
    404: _("We cannot find that page"),
    405: _("That is not possible here"),
    409: _("That does not work from here"),
    412: _("Somebody changed it meanwhile"),
    413: _("That is too much"),
    429: _("That is too much at once"),
    422: _("There is a problem with what was sent"),
    500: _("Something went wrong on our side"),
    503: _("Not available at the moment"),
    507: _("There is no room at the moment"),
}
PHRASES: Mapping[int, str] = {
    400: _("Bad Request"),
    401: _("Unauthorized"),
    403: _("Forbidden"),
    404: _("Not Found"),
    405: _("Method Not Allowed"),
    409: _("Conflict"),
    412: _("Precondition Failed"),
    413: _("Request Entity Too Large"),
    422: _("Unprocessable Entity"),
    429: _("Too Many Requests"),
    500: _("Internal Server Error"),
    503: _("Service Unavailable"),
    507: _("Insufficient Storage"),
}
"""The titles of problem documents (RFC 9457, 4.2.1), so that they can be said; the standard library's, which change."""
COME_BACK = {"Retry-After": "10", "Cache-Control": "no-store"}
PLAINLY = {
    "extra_forbidden": _("There is no such field here; look at its spelling, or leave it out."),
    "missing": _("This is needed."),
    "string_type": _("Write text here."),
    "list_type": _("Write a list here."),
    "string_too_short": _("Write something here."),
    "string_too_long": _("At most {max_length} characters fit here."),
    "too_short": _("At least {min_length} of it is needed."),
    "too_long": _("At most {max_length} of it can be sent at once."),
    "greater_than_equal": _("The least is {ge}."),
    "less_than_equal": _("The most is {le}."),
    "int_parsing": _("Write a whole number."),
    "int_type": _("Write a whole number."),
    "bool_type": _("Write true or false."),
    "bool_parsing": _("Write true or false."),
    "day": _("Write a day as year-month-day, such as 2027-03-01."),
    "enum": _("It is one of: {expected}."),
    "literal_error": _("It is one of: {expected}."),
    "json_invalid": _("This is no JSON that can be read."),
}
"""What the library words for programmers, by its name for the fault."""
HOME = Link(worded("Look a tool up"), "/")
UNSAID = frozenset({"action", "read_at", "seen", "version"})
"""What forms hold that nobody typed."""
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


@dataclass(frozen=True)
class SignedOut:
    """A form came after its session had ended: what was typed, to be sent again to where it was going."""

    action: str
    login_url: str
    typed: Sequence[tuple[str, str]]


def status_of(error: RegistryError) -> int:
    return next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), 400)


def add_handlers(app: FastAPI) -> None:
    app.add_exception_handler(RegistryError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, tell_status)
    app.add_exception_handler(SQLAlchemyError, _store_failed)
    app.add_exception_handler(Exception, _unexpected)


def asks_for_json(request: Request) -> bool:
    """Whether the asker is a program: it asks under /api/, or accepts JSON and no page."""
    accepts = request.headers.get("accept", "")
    return request.url.path.startswith("/api/") or ("json" in accepts and "text/html" not in accepts)


async def refuse(request: Request, error: RegistryError) -> Response:
    """The reply to a refusal: problem document or page; a page that needs a person leads to the sign-in first."""
    status = status_of(error)
    faults = error.faults if isinstance(error, InvalidInput) else {}
    if asks_for_json(request) or (isinstance(error, NotSignedIn) and bearer(request) is not None):
        return problem(request, status, error.sentence, error.code, faults)
    if isinstance(error, SecondFactorMissing) and request.method == "GET":
        way = quote(_way_back(request), safe="")
        return RedirectResponse(f"/account/second-factor?next={way}", status_code=303)
    if isinstance(error, NotSignedIn):
        kept = await _typed(request)
        if kept:
            page = SignedOut(request.url.path, f"/login?next={quote(_parent(request), safe='')}", kept)
            return await run_in_threadpool(render, request, "session/again.html", page, status=status)
        return RedirectResponse(f"/login?next={quote(_way_back(request), safe='')}", status_code=303)
    # Not for 403: that may be what another site sent, in the words of others.
    typed = await _typed(request) if status in (409, 412, 422) else ()
    held = dict.fromkeys(value for name, value in typed if value and name not in UNSAID)
    return await _page(request, status, error.sentence, [*held])


async def _typed(request: Request) -> list[tuple[str, str]]:
    """What a form sent, so that a session that ended meanwhile costs nobody their words; never a password."""
    if request.method != "POST" or not request.headers.get("content-type", "").startswith(FORMS):
        return []
    try:
        form = await request.form()
    except (HTTPException, ClientDisconnect):
        return []
    return [
        (name, value)
        for name, value in form.multi_items()
        if isinstance(value, str) and "password" not in name and name != "one_time_code"
    ]


def problem(
    request: Request,
    status: int,
    sentence: str,
    code: str,
    faults: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    language = parts_of(request).settings.words
    wrong = {name: said(fault, language) for name, fault in (faults or {}).items()}
    body = Problem(
        title=said(worded(_phrase(status)), language),
        status=status,
        detail=said(sentence, language),
        code=code,
        faults=wrong,
        request_id=current(),
    )
    sent = dict(headers or {}) | {"Cache-Control": "no-store"}
    if status == HTTPStatus.UNAUTHORIZED:
        sent["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body.model_dump(), status, headers=sent, media_type="application/problem+json")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RegistryError)
    return on_record(request, error, await refuse(request, error))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if any(each["loc"][0] == "path" for each in error.errors()):
        if hides_others(request):
            return await tell_status(request, HTTPException(405))
        return await refuse(request, NotFound(worded(SENTENCES[404])))
    faults = {_field(each["loc"]): _plainly(each) for each in error.errors()}
    each = joined(" ", [joined(": ", pair) for pair in faults.items()])
    sentence = worded("What was sent cannot be taken. {faults}", faults=each)
    return await refuse(request, InvalidInput(sentence, faults))


def _plainly(fault: Mapping[str, Any]) -> str:
    # Where a text is cleaned before it is measured, the library measures it as it would a list.
    of_text = fault["type"] in ("too_short", "too_long") and isinstance(fault["input"], str)
    told = PLAINLY.get(f"string_{fault['type']}" if of_text else fault["type"])
    return worded(told, **fault.get("ctx", {})) if told else f"{fault['msg']}."


async def tell_status(request: Request, error: Exception) -> Response:
    """The reply to an HTTPException, in words: problem document or page."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    status = error.status_code
    if status == 405:
        headers["Allow"] = ", ".join(methods_of(request))
    gaps = {"method": request.method, "allowed": headers.get("Allow", "others")} if status == 405 else {}
    sentence = worded(SENTENCES.get(status, f"{_phrase(status)}."), **gaps)
    if asks_for_json(request):
        return problem(request, status, sentence, _phrase(status).lower().replace(" ", "_"), headers=headers)
    reply = await _page(request, status, sentence)
    reply.headers.update(headers)
    return reply


async def _store_failed(request: Request, error: Exception) -> Response:
    """While the database is away, or its disk full: what was typed comes back, to be sent again.

    While it is away nobody is looked up to tell it.
    """
    full = has_no_room(error)
    if not full and not is_unreachable(error):
        raise error
    status, code = (507, "no_room") if full else (503, "unavailable")
    where = (code, current(), request.method, route_of(request.scope, request.app), type(error).__name__)
    logger.warning("database unusable why=%s request=%s method=%s route=%s error=%s", *where)
    sentence = worded(SENTENCES[status])
    if asks_for_json(request):
        return problem(request, status, sentence, code, headers=COME_BACK)
    if not full:
        forget_viewer(request)
    steps = [Link(worded("Try this page again"), local_path(_way_back(request)))]
    typed = await _typed(request)
    page = Fault(status, worded(TITLES[status]), sentence, steps, current(), request.url.path, typed)
    reply = await run_in_threadpool(render, request, "errors/error.html", page, status=status)
    reply.headers.update(COME_BACK)
    return reply


async def _unexpected(request: Request, error: Exception) -> Response:
    """Told without its inner workings; the log has them under the request's id, which the reply names."""
    where = (current(), request.method, route_of(request.scope, request.app))
    logger.error("request failed request=%s method=%s route=%s", *where, exc_info=error)
    sentence = worded("This should not happen. When you tell us, name {reference}.", reference=current())
    # The template or the store may be just what failed, and this reply passes no middleware.
    return in_plain_text(request, 500, sentence, "unexpected", HEADERS)


def in_plain_text(
    request: Request, status: int, sentence: str, code: str, headers: Mapping[str, str] | None = None
) -> Response:
    """A refusal without a page, for where none can be made, or would lead nowhere; a problem document for a program."""
    if asks_for_json(request):
        return problem(request, status, sentence, code, headers=headers)
    whole = said(joined(". ", [worded(TITLES[status]), sentence]), parts_of(request).settings.words)
    return PlainTextResponse(whole, status, headers=dict(headers or {}) | {"Cache-Control": "no-store"})


async def _page(request: Request, status: int, sentence: str, typed: Sequence[str] = ()) -> Response:
    whole = request.method == "GET" and status == STATUSES[InvalidInput] and request.url.query
    steps = [HOME]
    if whole:
        steps.insert(0, Link(worded("See the page without what its address asks for"), request.url.path))
    elif status in (403, 409) and (parent := _parent(request)) != "/":
        steps.insert(0, Link(worded("Go back to what this belongs to"), parent))
    title = worded(TITLES.get(status, _phrase(status)))
    page = Fault(status, title, sentence, steps, current(), in_sight=typed)
    return await run_in_threadpool(render, request, "errors/error.html", page, status=status)


def _field(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location[1:]) or str(location[0])


def _parent(request: Request) -> str:
    """A page to land on after signing in: that of the thing that the form was about."""
    return request.url.path.rsplit("/", 1)[0] or "/"


def _way_back(request: Request) -> str:
    if request.method != "GET":
        return "/"
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _phrase(status: int) -> str:
    if status in PHRASES:
        return PHRASES[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Error {status}"
