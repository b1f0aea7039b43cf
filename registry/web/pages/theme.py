"""The choice of colours, kept in a cookie."""

from fastapi import Request, Response

from registry.web.deps import Text
from registry.web.parts import parts_of
from registry.web.render import THEMES, go
from registry.web.routing import page_router

router = page_router()
A_YEAR_S = 365 * 24 * 3600


@router.post("/theme")
def choose_theme(request: Request, theme: Text = "", next: Text = "/") -> Response:  # noqa: A002
    """An unknown theme means: as the device has it."""
    reply = go(next)
    secure = parts_of(request).secure
    if theme in THEMES:
        reply.set_cookie("theme", theme, max_age=A_YEAR_S, secure=secure, httponly=True, samesite="lax")
    else:
        reply.delete_cookie("theme", secure=secure, httponly=True, samesite="lax")
    return reply
