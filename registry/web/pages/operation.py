"""For those who run the site: whether the process lives, and whether it can serve."""

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from registry.services.health import readiness
from registry.web.deps import Now
from registry.web.parts import parts_of
from registry.web.routing import page_router

router = page_router()
FRESH = {"Cache-Control": "no-store"}


@router.get("/healthz")
async def is_alive() -> Response:
    return JSONResponse({"status": "ok"}, headers=FRESH)


@router.get("/readyz")
def is_ready(request: Request, now: Now) -> Response:
    """200 where requests can be served, 503 where not; each check by name, without paths or addresses of ours.

    `warnings` says what somebody should mend though all requests are served.
    """
    parts = parts_of(request)
    checks = readiness(parts.settings, parts.engine) + [look(now) for look in parts.watched]
    ready = all(check.ok for check in checks)
    told = {check.name: "ok" if check.ok else "failing" for check in checks}
    body = {
        "status": "ok" if ready else "failing",
        "checks": told,
        "warnings": {check.name: check.sentence for check in checks if check.warns},
    }
    return JSONResponse(body, 200 if ready else 503, headers=FRESH)
