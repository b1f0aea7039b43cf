"""A template and its page value, made into a reply with what every page of the site shows."""

from collections.abc import Sequence

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from registry.domain.language import WRITTEN_IN, joined
from registry.web.etag import conditional
from registry.web.parts import parts_of
from registry.web.rendering import SPOKEN, FeedLink, SignedIn, Site
from registry.web.understood import NOT_UNDERSTOOD
from registry.web.viewer import now_of, viewer

THEMES = ("light", "dark")


def render(
    request: Request,
    name: str,
    page: object,
    *,
    status: int = 200,
    feeds: Sequence[FeedLink] = (),
    indexed: bool = False,
) -> HTMLResponse:
    """The page `templates/<name>`, offering `feeds` to feed readers, and itself to search engines where `indexed`."""
    parts = parts_of(request)
    site = _site(request, feeds, indexed and parts.settings.public, spoken=name in SPOKEN)
    body = parts.environment.get_template(name).render(page=page, site=site)
    if site.not_understood and status == 200:
        status = 422
    return HTMLResponse(body, status, headers={"Cache-Control": "private, no-cache", "Vary": "Cookie"})


def render_document(request: Request, name: str, page: object, media_type: str) -> Response:
    """The same for everybody: a file from `templates/<name>` for programs, with its ETag."""
    body = parts_of(request).environment.get_template(name).render(page=page)
    return conditional(request, body.encode(), media_type)


def secretly(reply: Response) -> Response:
    """A page whose address is a secret: kept nowhere, and told to no other site."""
    reply.headers["Cache-Control"] = "no-store"
    reply.headers["Referrer-Policy"] = "no-referrer"
    return reply


def go(path: str) -> RedirectResponse:
    """After an act: to the page that shows what it did."""
    return RedirectResponse(local_path(path), status_code=303)


def local_path(path: str, otherwise: str = "/") -> str:
    """`path` where it leads to a page of this site, else `otherwise`: never to another host."""
    # Browsers read a backslash as a slash, drop control signs, and take // for a host.
    local = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if local and path.isascii() else otherwise


def _site(request: Request, feeds: Sequence[FeedLink], indexed: bool, *, spoken: bool) -> Site:
    parts, user = parts_of(request), viewer(request)
    settings, assets = parts.settings, parts.assets
    theme = request.cookies.get("theme", "")
    query = f"?{request.url.query}" if request.url.query else ""
    return Site(
        name=settings.name,
        language=settings.language,
        page_language=settings.language if spoken else WRITTEN_IN,
        contact=settings.contact,
        base_url=settings.base_url,
        path=request.url.path + query,
        now=None if parts.copy else now_of(request),
        stylesheet_url=assets.stylesheet_url,
        script_url=assets.script_url,
        icon_url=assets.icon_url,
        user=SignedIn(user.name, frozenset(user.roles)) if user else None,
        theme=theme if theme in THEMES else "",
        feed_links=feeds,
        indexed=indexed,
        requests_open=(settings.requests == "anybody" or user is not None)
        and (parts.copy is None or bool(parts.copy.live_url)),
        copy=parts.copy,
        not_understood=joined(" ", getattr(request.state, NOT_UNDERSTOOD, ())),
    )
