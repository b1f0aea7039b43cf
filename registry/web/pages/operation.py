"""For those who run the site: whether the process lives, and whether it can serve."""

from fastapi import Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from registry.domain.errors import NotFound
from registry.services.health import readiness, reading
from registry.web.deps import Now
from registry.web.errors import SENTENCES
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

    `reasons` says what is wrong, `warnings` what somebody should mend though all requests are served.
    """
    parts = parts_of(request)
    checks = readiness(parts.settings, parts.engine) + [look(now) for look in parts.watched]
    ready = all(check.ok for check in checks)
    if ready:
        checks.append(reading(parts.settings, parts.engine, now))
    told = {check.name: "ok" if check.ok else "failing" for check in checks}
    body = {
        "status": "ok" if ready else "failing",
        "checks": told,
        "reasons": {check.name: check.sentence for check in checks if not check.ok},
        "warnings": {check.name: check.sentence for check in checks if check.warns},
    }
    return JSONResponse(body, 200 if ready else 503, headers=FRESH)


@router.get("/metrics")
def tell_metrics(request: Request) -> Response:
    """For whoever sends the token of the settings; without such a token there is no such page."""
    parts = parts_of(request)
    if parts.metrics is None or not parts.settings.metrics_secret:
        raise NotFound(SENTENCES[404])
    from registry.web.metrics import FORMAT, allows  # loaded already, by those who made them

    if not allows(parts.settings, request.headers.get("authorization", "")):
        refused = "This is told to whoever sends the token of REGISTRY_METRICS_TOKEN as a bearer token.\n"
        return PlainTextResponse(refused, 401, headers=FRESH | {"WWW-Authenticate": "Bearer"})
    return Response(parts.metrics.text(), headers=FRESH, media_type=FORMAT)
