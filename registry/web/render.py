"""A template and its page value, made into a reply with what every page of the site shows."""

from collections.abc import Sequence
from dataclasses import replace

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from registry.domain.language import WRITTEN_IN, joined
from registry.services.answers.shown import Shown
from registry.services.verdicts.turn import midnight
from registry.web.copy.digest import made_of
from registry.web.etag import conditional, matches
from registry.web.memory import THEMES, keep
from registry.web.parts import Parts, parts_of
from registry.web.rendering import SPOKEN, FeedLink, SignedIn, Site
from registry.web.understood import NOT_UNDERSTOOD
from registry.web.viewer import now_of, own_cookie, unready, viewer

NEVER_KEPT = ("/account", "/audit", "/outbox", "/people", "/webhooks")
"""Pages of which a browser keeps nothing. Others it may keep and must ask for again, so that a way back to a form finds
what was typed."""
ASK_AGAIN = "private, no-cache"


def render(
    request: Request,
    name: str,
    page: object,
    *,
    status: int = 200,
    feeds: Sequence[FeedLink] = (),
    indexed: bool = False,
    lasting: Shown | None = None,
) -> Response:
    """The page `templates/<name>`, offering `feeds` to feed readers, and itself to search engines where `indexed`.

    With `lasting` it reads the same for everybody who is not signed in, until something that it shows is written or the
    day is over.
    """
    parts = parts_of(request)
    site = _site(request, name, feeds, indexed)
    if site.not_understood and status == 200:
        status = 422
    if site.copy is not None and status == 200:
        return _of_copy(request, parts, name, page, site)
    body = parts.environment.get_template(name).render(page=page, site=site)
    if lasting is not None and status == 200 and site.user is None:
        keep(request, midnight(now_of(request), parts.settings.zone), lasting)
        return conditional(request, body.encode(), "text/html", cache=ASK_AGAIN, headers={"Vary": "Cookie"})
    kept = "no-store" if request.url.path.startswith(NEVER_KEPT) else ASK_AGAIN
    return HTMLResponse(body, status, headers={"Cache-Control": kept, "Vary": "Cookie"})


def _of_copy(request: Request, parts: Parts, name: str, page: object, site: Site) -> Response:
    """A page that is written as a file: under a tag of what it is made of, so that the same is not made again."""
    tag = f'"{made_of(parts.settings, [name, site, page])}"'
    if matches(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers={"ETag": tag})
    body = parts.environment.get_template(name).render(page=page, site=site)
    return HTMLResponse(body, headers={"ETag": tag})


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


def _site(request: Request, name: str, feeds: Sequence[FeedLink], indexed: bool) -> Site:
    parts, user = parts_of(request), viewer(request)
    greeted = user or unready(request)
    theme = request.cookies.get(own_cookie(parts, "theme"), "")
    query = f"?{request.url.query}" if request.url.query else ""
    return replace(
        site_of(parts, name, request.url.path + query, feeds, indexed=indexed),
        now=None if parts.copy else now_of(request),
        user=SignedIn(greeted.name, frozenset(user.roles if user else ())) if greeted else None,
        theme=theme if theme in THEMES else "",
        requests_open=(parts.settings.requests == "anybody" or user is not None)
        and (parts.copy is None or bool(parts.copy.live_url)),
        not_understood=joined(" ", getattr(request.state, NOT_UNDERSTOOD, ())),
    )


def site_of(
    parts: Parts, name: str, path: str, feeds: Sequence[FeedLink] = (), *, indexed: bool = False
) -> Site:
    """What the page `templates/<name>` shows to somebody of whom nothing is known, at no moment."""
    settings, assets, copy = parts.settings, parts.assets, parts.copy
    return Site(
        name=settings.name,
        language=settings.language,
        page_language=settings.language if name in SPOKEN else WRITTEN_IN,
        contact=settings.contact,
        base_url=settings.base_url,
        path=path,
        now=None,
        stylesheet_url=assets.stylesheet_url,
        script_url=assets.script_url,
        icon_url=assets.icon_url,
        feed_links=feeds,
        indexed=indexed and settings.public,
        requests_open=settings.requests == "anybody" and (copy is None or bool(copy.live_url)),
        copy=copy,
    )
