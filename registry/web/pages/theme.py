"""The choice of colours, kept in a cookie."""

from fastapi import Request, Response

from registry.web.deps import Text
from registry.web.memory import THEMES
from registry.web.parts import parts_of
from registry.web.render import go
from registry.web.routing import page_router
from registry.web.viewer import own_cookie

router = page_router()
A_YEAR_S = 365 * 24 * 3600


@router.post("/theme")
def choose_theme(request: Request, theme: Text = "", next: Text = "/") -> Response:  # noqa: A002
    """An unknown theme means: as the device has it."""
    reply = go(next)
    parts = parts_of(request)
    name, secure = own_cookie(parts, "theme"), parts.secure
    if theme in THEMES:
        reply.set_cookie(name, theme, max_age=A_YEAR_S, secure=secure, httponly=True, samesite="lax")
    else:
        reply.delete_cookie(name, secure=secure, httponly=True, samesite="lax")
    return reply
