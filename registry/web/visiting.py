"""Cookies of signing in, and how a visit is remembered: by which browser, and roughly from where."""

from datetime import timedelta

from fastapi import Request, Response
from starlette.requests import HTTPConnection

from registry.services.people import limits, sign_in
from registry.services.people.sign_in import Lives, Visit
from registry.settings import Settings
from registry.store.tables import SignInWay
from registry.web.parts import Parts, parts_of
from registry.web.viewer import bearer, cookie_name

KNOWN_FOR = timedelta(days=365)
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrom", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
    ("curl", "curl"),
)
"""What stands in a User-Agent -> the browser; the first that is found, since each names the others."""
SYSTEMS = (
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Mac OS", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def lives_of(settings: Settings) -> Lives:
    return Lives(timedelta(hours=settings.session_idle_h), timedelta(hours=settings.session_h))


def host_of(connection: HTTPConnection) -> str:
    return connection.client.host if connection.client else ""


def place_of(connection: HTTPConnection) -> str:
    """What counts as one place, so that nobody is many by the many addresses of their own network."""
    return limits.network_key(host_of(connection))


def visit_of(request: Request, how: SignInWay) -> Visit:
    return Visit(how, device(request.headers.get("user-agent", "")), limits.network_of(host_of(request)))


def device(user_agent: str) -> str:
    """Firefox on Windows; empty where neither can be told."""
    browser = next((name for sign, name in BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in SYSTEMS if sign in user_agent), "")
    return " on ".join(part for part in (browser, system) if part)


def present_cookie(connection: HTTPConnection) -> str:
    """The session's; empty beside a token, which alone says who asks."""
    if bearer(connection) is not None:
        return ""
    return connection.cookies.get(cookie_name(parts_of(connection)), "")


def known_cookie(connection: HTTPConnection) -> str:
    return connection.cookies.get(_known(parts_of(connection)), "")


def signed_in(reply: Response, parts: Parts, value: str, user_id: int) -> Response:
    """The reply with the cookie of a new session, and the one by which this browser is known again."""
    set_cookie(reply, parts, cookie_name(parts), value, lives_of(parts.settings).at_most)
    known = limits.known_browser(user_id, secret=parts.settings.secret)
    set_cookie(reply, parts, _known(parts), known, KNOWN_FOR)
    return reply


def signed_out(reply: Response, parts: Parts) -> Response:
    drop_cookie(reply, parts, cookie_name(parts))
    reply.headers["Clear-Site-Data"] = '"cache", "storage"'
    return reply


def set_cookie(reply: Response, parts: Parts, name: str, value: str, life: timedelta) -> None:
    reply.set_cookie(
        name,
        value,
        max_age=int(life.total_seconds()),
        path="/",
        secure=parts.secure,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(reply: Response, parts: Parts, name: str) -> None:
    reply.delete_cookie(name, path="/", secure=parts.secure, httponly=True, samesite="lax")


def present_session(connection: HTTPConnection) -> str:
    """The name of the session that this request came with; empty for none."""
    cookie = present_cookie(connection)
    return sign_in.name_of_value(cookie, secret=parts_of(connection).settings.secret) if cookie else ""


def _known(parts: Parts) -> str:
    return f"{cookie_name(parts)}-known"
